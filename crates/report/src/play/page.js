// The numbers come from the worker; here they are drawn.
const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);
const [choice, rate, seed, batch, runButton, status] = ["optimizer", "rate", "seed", "batch", "run", "status"].map(byId);
let worker = null, ready = false, running = false, run = null, runs = [], begun = 0, tested = -1;

const node = (name, attributes, parent) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
};
const rateNow = () => Number((10 ** Number(rate.value)).toExponential(2));
const showRate = () => {
  byId("rate-value").textContent = rateNow();
  rate.setAttribute("aria-valuetext", rateNow());
};
const percent = (fraction) => `${(100 * fraction).toFixed(1)}%`;

// A run begins when it is first asked to train, so that choices before it leave no trace.
const begin = () => {
  const kernel = { ...play.kernels[choice.value] };
  kernel.settings = [rateNow(), ...kernel.settings.slice(1)];
  const whole = (input, least, most) => Math.min(most, Math.max(least, Math.round(Number(input.value) || 0)));
  [seed.value, batch.value] = [whole(seed, 0, 4294967295), whole(batch, 1, play.train)];
  const name = kernel.recipe.replace("{}", kernel.settings[0]);
  begun += 1;
  run = { id: begun, name, batch: Number(batch.value), seed: Number(seed.value), curve: [], tests: [], steps: 0, seconds: 0, said: 0 };
  worker.postMessage({ start: { id: run.id, kernel, seed: run.seed, batch: run.batch } });
};
const reset = () => {
  running = false;
  worker?.postMessage({ running: false });
  run = null;
  runButton.textContent = "Train";
  byId("progress").value = 0;
  status.textContent = ready ? "a new run, not yet trained" : status.textContent;
  if (ready) begin();
  draw();
};
const toggle = () => {
  if (!ready) return;
  if (!run || run.diverged) reset();
  if (!runs.includes(run)) runs.push(run);
  running = !running;
  runButton.textContent = running ? "Pause" : "Train";
  worker.postMessage({ running });
};

const heard = (message) => {
  if (message.failed) {
    status.textContent = `Nothing can be trained here: ${message.failed}.`;
    for (const control of document.querySelectorAll("button, select, input")) control.disabled = true;
    worker = null;
  } else if (message.ready) {
    ready = true;
    runButton.disabled = byId("reset").disabled = byId("sample").disabled = false;
    reset();
  } else if (message.progress) {
    progress(message.progress);
  } else if (message.probabilities) {
    chances(message.probabilities);
  } else if (message.digit) {
    shown(message.digit, message.label);
  }
};

const progress = ({ id, perEpoch, steps, seconds, diverged, curve, tests }) => {
  // Reports of an earlier run may still come.
  if (id !== run?.id) return;
  run.curve.push(...curve);
  run.tests.push(...tests);
  Object.assign(run, { steps, seconds, perEpoch, diverged });
  byId("progress").value = (steps % perEpoch) / perEpoch || (steps > 0 ? 1 : 0);
  if (steps === 0) return;
  const last = run.tests[run.tests.length - 1];
  const epochs = steps / perEpoch;
  const parts = [`epoch ${epochs.toFixed(2)}`, `${steps} steps`, `${(seconds / epochs).toFixed(2)} s an epoch`];
  if (last[0] > 0) parts.push(`test accuracy ${percent(last[2])}`);
  if (diverged) {
    running = false;
    runButton.textContent = "Train";
    parts.push("diverged: the loss is no number any more");
  }
  status.textContent = parts.join(" · ");
  // Readers who listen hear of each epoch, not of each step.
  if (Math.floor(epochs) > run.said) {
    run.said = Math.floor(epochs);
    byId("said").textContent = `${run.said} epochs: test accuracy ${percent(last[2])}`;
  }
  draw();
};

// Charts: the width of the page, so that letters keep their size on a phone.
const chart = (svg, lines, { log, ticks, label }) => {
  svg.replaceChildren();
  const [width, height] = [svg.clientWidth || 400, svg.clientHeight || 230];
  const box = { left: 46, right: width - 8, top: 10, bottom: height - 24 };
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const points = lines.flatMap((line) => line.points);
  const end = Math.max(1, Math.ceil(Math.max(0, ...points.map(([epoch]) => epoch))));
  const scale = log ? Math.log10 : (y) => y;
  const values = points.map(([, y]) => y).filter((y) => isFinite(y) && (!log || y > 0));
  const [low, high] = ticks.range(values);
  const x = (epoch) => box.left + ((box.right - box.left) * epoch) / end;
  const y = (value) => box.bottom - ((box.bottom - box.top) * (scale(value) - scale(low))) / (scale(high) - scale(low));
  const write = (text, at, down, anchor) => {
    node("text", { x: at, y: down, "text-anchor": anchor, "font-size": 12, fill: "var(--soft)" }, svg).textContent = text;
  };
  for (const value of ticks.of(low, high)) {
    node("path", { d: `M${box.left},${y(value)}H${box.right}`, stroke: "var(--rule)" }, svg);
    write(ticks.text(value), box.left - 6, y(value) + 4, "end");
  }
  const every = Math.max(1, Math.ceil(end / 8));
  for (let epoch = 0; epoch < end; epoch += every) write(epoch, x(epoch), height - 8, epoch === 0 ? "start" : "middle");
  write(`${end} ${end === 1 ? "epoch" : "epochs"}`, box.right, height - 8, "end");
  for (const { hue, color, dash, points, faint } of lines) {
    const path = points.filter(([, value]) => isFinite(value) && (!log || value > 0));
    if (!path.length) continue;
    const inside = (value) => Math.min(box.bottom, Math.max(box.top, value));
    const d = "M" + path.map(([epoch, value]) => `${x(epoch).toFixed(1)},${inside(y(value)).toFixed(1)}`).join("L");
    node("path", { class: "s" + hue, d, stroke: color, fill: "none", "stroke-width": faint ? 1.2 : 2, "stroke-dasharray": dash, "stroke-opacity": faint ? 0.55 : 1 }, svg);
    const [epoch, value] = path[path.length - 1];
    node("circle", { class: "f" + hue, cx: x(epoch), cy: inside(y(value)), r: 3, fill: color }, svg);
  }
  svg.setAttribute("aria-label", label);
};

const losses = {
  range: (values) => [Math.min(0.2, ...values) / 1.1, Math.max(2.5, ...values.filter((value) => value < 20))],
  of: (low, high) => [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20].filter((value) => value >= low && value <= high),
  text: String,
};
const accuracies = {
  range: (values) => [Math.min(0.9, Math.max(0, Math.floor(10 * Math.min(0.9, ...values)) / 10)), 1],
  of: (low) => [0, 0.2, 0.4, 0.6, 0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.98, 1].filter((value) => value >= low && (low >= 0.9 ? value >= 0.9 : Math.round(value * 100) % (low >= 0.7 ? 10 : 20) === 0 || (low >= 0.7 && value === 0.85))),
  text: (value) => `${Math.round(100 * value)}%`,
};

const draw = () => {
  const looked = runs.map((one, index) => {
    const [hue, color] = looks[index % looks.length];
    return { ...one, hue, color };
  });
  const last = runs[runs.length - 1];
  const words = last ? `${last.name}: training loss ${(last.curve[last.curve.length - 1] ?? [0, NaN])[1].toFixed(3)}` : "no run yet";
  const lines = looked.flatMap(({ hue, color, curve, tests }) => [
    { hue, color, dash: "none", points: curve, faint: true },
    { hue, color, dash: "none", points: tests.map(([epoch, loss]) => [epoch, loss]) },
  ]);
  chart(byId("loss"), lines, { log: true, ticks: losses, label: `Loss over epochs. ${words}.` });
  const right = looked.map(({ hue, color, tests }) => {
    // Before the first step the accuracy is that of chance, which would only stretch the axis.
    return { hue, color, dash: "none", points: tests.filter(([epoch]) => epoch > 0).map(([epoch, , accuracy]) => [epoch, accuracy]) };
  });
  const reached = last?.tests.length > 1 ? percent(last.tests[last.tests.length - 1][2]) : "none yet";
  chart(byId("accuracy"), right, { log: false, ticks: accuracies, label: `Test accuracy over epochs, ${reached}.` });
  const body = byId("runs").tBodies[0];
  body.replaceChildren();
  for (const { name, hue, color, batch, seed, steps, perEpoch, seconds, tests, diverged } of looked) {
    const row = body.insertRow(), first = row.insertCell();
    const key = node("svg", { class: "curves", width: 16, height: 12, viewBox: "0 0 16 12", "aria-hidden": "true" }, first);
    node("circle", { class: "f" + hue, cx: 6, cy: 6, r: 5, fill: color }, key);
    first.append(` ${name}`);
    const end = tests[tests.length - 1];
    const epochs = perEpoch ? steps / perEpoch : 0;
    const cells = [batch, seed, epochs.toFixed(2), diverged ? "diverged" : end && end[0] > 0 ? percent(end[2]) : "–", epochs > 0 ? (seconds / epochs).toFixed(2) : "–"];
    for (const cell of cells) row.insertCell().textContent = cell;
  }
};

// A drawn digit becomes what the net was trained on: 20 pixels long, its center of mass in the middle of 28 by 28.
const pad = byId("pad"), pen = pad.getContext("2d", { willReadFrequently: true }), seen = byId("seen").getContext("2d");
const small = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
small.canvas.width = small.canvas.height = 28;
let from = null, sampled = false, waiting = false;

const look = () => {
  const { width, height } = pad;
  const ink = pen.getImageData(0, 0, width, height).data;
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
    if (ink[4 * (y * width + x)] < 32) continue;
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  }
  if (right < 0) return;
  const [w, h] = [right - left + 1, bottom - top + 1], factor = 20 / Math.max(w, h);
  const put = (dx, dy) => {
    small.fillStyle = "#000";
    small.fillRect(0, 0, 28, 28);
    small.imageSmoothingQuality = "high";
    small.drawImage(pad, left, top, w, h, dx, dy, w * factor, h * factor);
    return small.getImageData(0, 0, 28, 28).data;
  };
  const [dx, dy] = [14 - (w * factor) / 2, 14 - (h * factor) / 2];
  const first = put(dx, dy);
  let [mass, across, down] = [0, 0, 0];
  for (let at = 0; at < 784; at += 1) {
    const value = first[4 * at];
    [mass, across, down] = [mass + value, across + value * ((at % 28) + 0.5), down + value * (Math.floor(at / 28) + 0.5)];
  }
  const moved = put(dx + Math.round(14 - across / mass), dy + Math.round(14 - down / mass));
  send(Uint8Array.from({ length: 784 }, (_, at) => moved[4 * at]));
};

const send = (image) => {
  const data = seen.createImageData(28, 28);
  image.forEach((value, at) => data.data.set([value, value, value, 255], 4 * at));
  seen.putImageData(data, 0, 0);
  worker?.postMessage({ image });
};

const clear = () => {
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, pad.width, pad.height);
};
const spot = (event) => {
  const box = pad.getBoundingClientRect();
  return [((event.clientX - box.left) * pad.width) / box.width, ((event.clientY - box.top) * pad.height) / box.height];
};
const stroke = (to) => {
  [pen.lineWidth, pen.lineCap, pen.lineJoin, pen.strokeStyle] = [22, "round", "round", "#fff"];
  pen.beginPath();
  pen.moveTo(...(from ?? to));
  pen.lineTo(to[0] + 0.01, to[1]);
  pen.stroke();
  from = to;
};
const soon = () => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; look(); });
};
pad.addEventListener("pointerdown", (event) => {
  if (sampled) { clear(); sampled = false; }
  byId("label").textContent = "";
  pad.setPointerCapture(event.pointerId);
  from = null;
  stroke(spot(event));
  soon();
});
pad.addEventListener("pointermove", (event) => { if (from) { stroke(spot(event)); soon(); } });
for (const name of ["pointerup", "pointercancel"]) pad.addEventListener(name, () => { from = null; });

// A digit of the test set, for those who do not draw.
const shown = (digit, label) => {
  clear();
  sampled = true;
  send(digit);
  small.putImageData(seen.getImageData(0, 0, 28, 28), 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small.canvas, 0, 0, pad.width, pad.height);
  pen.imageSmoothingEnabled = true;
  byId("label").textContent = `A test image: ${play.classes[label]}.`;
};
const chances = (probabilities) => {
  const best = probabilities.indexOf(Math.max(...probabilities));
  byId("answer").textContent = best < 0 ? "" : `${play.classes[best]}, ${percent(probabilities[best])}`;
  [...byId("classes").children].forEach((item, index) => {
    item.querySelector(".bar").style.width = `${100 * probabilities[index]}%`;
    item.querySelector(".chance").textContent = percent(probabilities[index]);
    item.classList.toggle("best", index === best);
  });
};

choice.onchange = () => {
  rate.value = Math.log10(play.kernels[choice.value].settings[0]);
  showRate();
  reset();
};
rate.oninput = () => {
  showRate();
  if (!run) return;
  if (run.steps === 0) return reset();
  worker.postMessage({ rate: rateNow() });
  if (!run.name.endsWith(", rate changed")) run.name += ", rate changed";
};
for (const input of [seed, batch]) input.onchange = reset;
runButton.onclick = toggle;
byId("reset").onclick = reset;
byId("forget").onclick = () => { runs = running ? [run] : []; draw(); };
byId("clear").onclick = () => { clear(); seen.clearRect(0, 0, 28, 28); byId("answer").textContent = byId("label").textContent = ""; };
byId("sample").onclick = () => { tested += 1; worker.postMessage({ test: tested }); };
window.addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

play.classes.forEach((name) => {
  const item = document.createElement("li"), track = document.createElement("span"), bar = document.createElement("span");
  const [word, chance] = [document.createElement("span"), document.createElement("span")];
  [word.textContent, track.className, bar.className, chance.className] = [name, "track", "bar", "chance"];
  bar.style.display = "block";
  track.append(bar);
  item.append(word, track, chance);
  byId("classes").append(item);
});
rate.value = Math.log10(play.kernels[choice.value].settings[0]);
showRate();
clear();
draw();
status.textContent = "unpacking the digits";
worker = startWorker(WORKER, heard);
worker?.postMessage({ kernels: KERNELS, train: DIGITS.train, test: DIGITS.test });
