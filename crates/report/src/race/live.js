// Another start or another rate: the worker computes the paths again. `live` has what it is given.
const recorded = { start: race.heats[0].lanes.find((lane) => lane.steps.length)?.steps[0].at, heats: race.heats };
const rateInput = byId("rate"), auto = byId("rate-auto"), told = byId("computed");
const starts = [byId("start-x"), byId("start-y")];
const names = [...document.querySelectorAll("#heats label span")];
let start = recorded.start, lr = live.lr, worker = null, busy = true, waiting = false, settled = true;

const board = byId("board");
const handle = node("g", { id: "start", tabindex: 0, role: "button", "aria-label": "Start of the paths; arrow keys move it" }, board);
node("circle", { r: 20, fill: "transparent" }, handle);
node("circle", { r: 8, fill: "none", stroke: "var(--ink)", "stroke-width": 2 }, handle);
node("path", { d: "M-12,0H12M0,-12V12", stroke: "var(--ink)", "stroke-width": 1 }, handle);

const shortened = (x) => Number(x.toPrecision(6));
const showStart = () => {
  const [x, y] = place(start);
  handle.setAttribute("transform", `translate(${x},${y})`);
  starts.forEach((input, axis) => { if (input !== document.activeElement) input.value = shortened(start[axis]); });
};
const showRate = (rate) => {
  rateInput.value = Math.log10(rate);
  rateInput.setAttribute("aria-valuetext", rate);
  byId("rate-value").textContent = rate;
};

// A worker has one question at a time; what is asked meanwhile is asked once, at the end.
const ask = () => {
  settled = false;
  if (!worker) return;
  if (busy) { waiting = true; return; }
  busy = true;
  worker.postMessage({ start, lr });
};

const points = ({ width, points }, arrays) => {
  const steps = [];
  for (let at = 0; at < points.length; at += width) {
    const row = points.subarray(at, at + width), pair = (from) => [row[from], row[from + 1]];
    const state = arrays.map((name, index) => [name, pair(7 + 2 * index)]);
    steps.push({ at: pair(0), value: row[2], gradient: pair(3), update: pair(5), state });
  }
  return steps;
};

const answered = ({ rate, heats, milliseconds }) => {
  race.heats = heats.map((heat, index) => ({
    rates: recorded.heats[index].rates,
    lanes: heat.map((lane, entrant) => {
      const { kernel, recipe } = live.setup.entrants[entrant];
      if (!lane) return { recipe, steps: [], missing: true };
      return { recipe: kernel.recipe.replace("{}", lane.rate), steps: points(lane, kernel.arrays) };
    }),
  }));
  if (live.tunable) {
    names[0].textContent = `the same rate, ${rate < 1e-3 ? rate.toExponential(2) : rate}${live.kept}`;
    if (lr === null) showRate(rate);
  }
  byId("predicted").style.display = "none";
  const missing = race.heats[0].lanes.filter((lane) => !lane.steps.length && lane.missing).map((lane) => lane.recipe);
  const without = missing.length ? `, without ${missing.join(" and ")}, which pages do not compute` : "";
  const predicted = race.prediction ? "; the prediction was for the recorded start" : "";
  told.textContent = `computed in this page in ${Math.max(1, Math.round(milliseconds))} ms${without}${predicted}`;
  at = Math.min(Math.max(at, 0), length());
  draw();
};

const heard = (message) => {
  busy = false;
  if (message.failed) {
    worker = null;
    byId("compute").disabled = true;
    handle.remove();
    told.textContent = `The recorded paths play, but nothing is computed: ${message.failed}.`;
    return;
  }
  if (message.ready) byId("compute").disabled = false;
  else if (!settled) answered(message);
  if (waiting) { waiting = false; ask(); }
  else if (!message.ready) settled = true;
};

const moveTo = (point) => {
  if (!worker || !point.every(isFinite)) return;
  stop();
  // A start is in the picture, and in single precision as in the program.
  start = point.map((x, axis) => Math.fround(Math.min(race.domain[axis][1], Math.max(race.domain[axis][0], x))));
  at = race.heats[heat].lanes.length ? live.setup.steps : at;
  showStart();
  ask();
};
const under = (event) => {
  const box = board.getBoundingClientRect(), scale = board.viewBox.baseVal.width / box.width;
  const across = ((event.clientX - box.left) * scale - frame.left) / frame.side;
  const up = 1 - ((event.clientY - box.top) * scale - frame.top) / frame.side;
  return [across, up].map((part, axis) => race.domain[axis][0] + part * (race.domain[axis][1] - race.domain[axis][0]));
};

// A mouse drags from anywhere, a finger from the start, so that a page still scrolls; a tap moves the start.
let dragging = false;
board.addEventListener("pointerdown", (event) => {
  if (!worker || (event.pointerType !== "mouse" && !handle.contains(event.target))) return;
  dragging = true;
  board.setPointerCapture(event.pointerId);
  event.preventDefault();
  moveTo(under(event));
});
board.addEventListener("pointermove", (event) => { if (dragging) moveTo(under(event)); });
for (const name of ["pointerup", "pointercancel"]) board.addEventListener(name, () => { dragging = false; });
board.addEventListener("click", (event) => { if (event.pointerType && event.pointerType !== "mouse") moveTo(under(event)); });
handle.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (!way) return;
  event.preventDefault();
  const size = (event.shiftKey ? 0.1 : 0.01);
  moveTo(start.map((x, axis) => x + way[axis] * size * (race.domain[axis][1] - race.domain[axis][0])));
});
starts.forEach((input, axis) => {
  input.oninput = () => {
    if (input.value === "" || !isFinite(Number(input.value))) return;
    moveTo(start.map((x, other) => (other === axis ? Number(input.value) : x)));
  };
  input.onblur = showStart;
});
rateInput.oninput = () => {
  lr = Number((10 ** Number(rateInput.value)).toExponential(2));
  auto.checked = false;
  showRate(lr);
  stop();
  ask();
};
auto.onchange = () => {
  lr = auto.checked ? null : Number((10 ** Number(rateInput.value)).toExponential(2));
  stop();
  ask();
};
byId("recorded").onclick = () => {
  stop();
  race.heats = recorded.heats;
  [start, lr, settled, waiting] = [recorded.start, live.lr, true, false];
  names.forEach((name, index) => { name.textContent = recorded.heats[index].rates; });
  auto.checked = live.lr === null;
  if (live.tunable) showRate(live.shown);
  byId("predicted").style.display = "";
  told.textContent = "the recorded paths";
  showStart();
  draw();
};

byId("compute").hidden = false;
byId("compute").disabled = true;
byId("rates").hidden = !live.tunable;
auto.checked = live.lr === null;
if (live.tunable) showRate(live.shown);
showStart();
worker = startWorker(WORKER, heard);
worker?.postMessage({ kernels: KERNELS, setup: live.setup });
