// A race on a test function: the start is dragged, and the server makes the paths again.
import { ask, byId, complain, el, say, svg, words } from "./dom.js";
import { lookOf, swatch } from "./chart.js";
import * as situation from "./situation.js";

const [LEFT, TOP, SIDE] = [10, 10, 580];
const board = byId("board");
const [fn, racers, steps, noise, lr, preset, scrub] = ["function", "racers", "steps", "noise", "race-lr", "preset", "race-step"].map(byId);
let choices = null;
let ground = null; // of the function that is shown
let paths = null;
let start = null;
let hasBegun = false;
let timer = null;
const layers = { contours: svg("path", { class: "base contour" }), minima: svg("g"), predicted: svg("path", { class: "base predicted" }), paths: svg("g"), handle: svg("g") };
board.append(svg("rect", { class: "grid frame-line", x: LEFT, y: TOP, width: SIDE, height: SIDE }), layers.contours, layers.minima, layers.predicted, layers.paths, layers.handle);

const handle = svg("circle", { id: "race-start", r: 11, tabindex: 0, role: "slider", "aria-label": "Start", "aria-valuetext": "" });
layers.handle.append(handle);

const clamp = (x) => Math.max(-0.2, Math.min(1.2, x));
const place = ([x, y]) => {
  const [[x0, x1], [y0, y1]] = ground.domain;
  return [LEFT + clamp((x - x0) / (x1 - x0)) * SIDE, TOP + (1 - clamp((y - y0) / (y1 - y0))) * SIDE];
};
const heat = () => (byId("heat-tuned").checked ? 1 : 0);
const digits = (x) => Number(x.toPrecision(5));

function drawGround() {
  const { contours, domain: [[x0, x1], [y0, y1]], minima } = ground;
  let d = "";
  for (const pieces of contours) {
    for (let i = 0; i < pieces.length; i += 4) {
      d += `M${LEFT + pieces[i] * SIDE},${TOP + (1 - pieces[i + 1]) * SIDE}L${LEFT + pieces[i + 2] * SIDE},${TOP + (1 - pieces[i + 3]) * SIDE}`;
    }
  }
  layers.contours.setAttribute("d", d);
  layers.minima.replaceChildren(...minima.map((at) => {
    const [x, y] = place(at);
    return svg("path", { class: "minimum", d: `M${x - 6},${y - 6}l12,12m0,-12l-12,12` });
  }));
  say(byId("race-x"), `x from ${words(x0)} to ${words(x1)}`);
  say(byId("race-y"), `y from ${words(y0)} to ${words(y1)}`);
  say(byId("race-formula"), `${ground.function}: ${ground.formula}`);
}

function drawPaths() {
  const lanes = paths?.heats[Math.min(heat(), (paths?.heats.length ?? 1) - 1)]?.lanes ?? [];
  const most = Math.max(0, ...lanes.map((lane) => lane.path.length - 1));
  if (Number(scrub.max) !== most) {
    const wasAtEnd = Number(scrub.value) >= Number(scrub.max);
    scrub.max = most;
    if (wasAtEnd) scrub.value = most;
  }
  const upTo = Number(scrub.value);
  say(byId("race-step-text"), String(upTo));
  layers.paths.replaceChildren();
  const rows = lanes.map((lane, index) => {
    const look = lookOf(index);
    const last = Math.min(upTo, lane.path.length - 1);
    const points = lane.path.slice(0, last + 1).filter((at) => at[0] !== null && at[1] !== null).map(place);
    const dash = look.dash || "none";
    layers.paths.append(svg("path", { class: `s${look.hue}`, stroke: look.color, fill: "none", "stroke-width": 2.2, "stroke-linejoin": "round", "stroke-dasharray": dash, d: points.length ? `M${points.join("L")}` : "" }));
    const [x, y] = points.at(-1) ?? [-99, -99];
    const paint = { class: `f${look.hue} halo`, fill: look.color };
    layers.paths.append(look.marker.length ? svg("polygon", { ...paint, points: look.marker.map(([dx, dy]) => `${x + 1.6 * dx},${y + 1.6 * dy}`).join(" ") }) : svg("circle", { ...paint, cx: x, cy: y, r: 6 }));
    const at = lane.path[last] ?? [null, null];
    const ended = last < upTo ? ` (ended at step ${last})` : "";
    return el("tr", {}, el("td", { class: "words" }, swatch(index), " ", el("bdi", {}, lane.recipe), ended), ...[lane.values[last], at[0], at[1]].map((x) => el("td", { class: "number" }, words(x))));
  });
  byId("race-rows").replaceChildren(...rows);
  const predicted = paths?.prediction?.path ?? [];
  layers.predicted.setAttribute("d", predicted.length ? `M${predicted.map(place).join("L")}` : "");
  if (paths?.prediction) say(byId("race-formula"), `${ground.function}: ${ground.formula}. Prediction, dashed: ${paths.prediction.label}`);
  if (paths) {
    say(byId("heat-same-text"), paths.heats[0]?.rates ?? "the same for all");
    if (paths.heats[1]) say(byId("heat-tuned-text"), paths.heats[1].rates);
  }
}

function drawHandle() {
  const isFree = !preset.value && start && ground;
  layers.handle.style.display = isFree ? "" : "none";
  // A known failure has its own start and rates.
  byId("heats").hidden = byId("race-hint").hidden = Boolean(preset.value);
  if (!isFree) return;
  const [x, y] = place(start);
  handle.setAttribute("cx", x);
  handle.setAttribute("cy", y);
  handle.setAttribute("aria-valuetext", `x ${words(start[0])}, y ${words(start[1])}`);
}

// One request at a time: while one is under way, the last wish waits.
let busy = false;
let next = null;
async function run(isDragging = false) {
  if (busy) {
    next = isDragging;
    return;
  }
  busy = true;
  try {
    const name = preset.value ? null : fn.value;
    if (name && ground?.function !== name) {
      ground = await ask(`race/ground/${encodeURIComponent(name)}`);
      drawGround();
      if (!start) start = ground.start;
    }
    const body = name
      ? { function: name, recipes: racers.value.split(";").map((text) => text.trim()).filter(Boolean), start, steps: Number(steps.value), noise: Number(noise.value) || 0, trials: heat() ? (isDragging ? 7 : 25) : 0 }
      : { preset: preset.value };
    if (name && lr.value.trim()) body.lr = Number(lr.value);
    paths = await ask("race", body);
    if (paths.ground) {
      ground = paths.ground;
      drawGround();
    }
    complain(byId("race-error"));
    drawPaths();
    drawHandle();
  } catch (error) {
    complain(byId("race-error"), error);
  }
  busy = false;
  if (next !== null) {
    const wish = next;
    next = null;
    run(wish);
  }
}

function remember() {
  const usual = ground?.start && start && ground.start.every((x, i) => x === start[i]);
  situation.set({
    race: fn.value, racers: racers.value, steps: steps.value === "200" ? null : steps.value, noise: noise.value === "0" ? null : noise.value, lr: lr.value,
    preset: preset.value, heat: heat() ? "tuned" : null, start: usual || !start ? null : start.join(","),
  });
}

function changed() {
  remember();
  stop();
  scrub.value = scrub.max;
  run();
}

// Dragging.
function move(to, isDragging) {
  const [[x0, x1], [y0, y1]] = ground.domain;
  start = [Math.max(x0, Math.min(x1, to[0])), Math.max(y0, Math.min(y1, to[1]))].map(digits);
  drawHandle();
  remember();
  run(isDragging);
}
const pointOf = (event) => {
  const box = board.getBoundingClientRect();
  const unit = board.viewBox.baseVal.width / box.width;
  const [x, y] = [(event.clientX - box.left) * unit, (event.clientY - box.top) * unit];
  const [[x0, x1], [y0, y1]] = ground.domain;
  return [x0 + ((x - LEFT) / SIDE) * (x1 - x0), y0 + (1 - (y - TOP) / SIDE) * (y1 - y0)];
};
handle.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  handle.setPointerCapture(event.pointerId);
  handle.focus({ preventScroll: true });
});
handle.addEventListener("pointermove", (event) => {
  if (handle.hasPointerCapture(event.pointerId)) move(pointOf(event), true);
});
handle.addEventListener("pointerup", () => run());
board.addEventListener("click", (event) => {
  if (event.target !== handle && !preset.value && ground) move(pointOf(event), false);
});
handle.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (!way) return;
  event.preventDefault();
  const size = event.shiftKey ? 0.05 : 0.005;
  move(start.map((x, i) => x + way[i] * size * (ground.domain[i][1] - ground.domain[i][0])), false);
});

// Playing.
function stop() {
  clearInterval(timer);
  timer = null;
  say(byId("race-play"), "Play");
}
byId("race-play").addEventListener("click", () => {
  if (timer) return stop();
  if (Number(scrub.value) >= Number(scrub.max)) scrub.value = 0;
  say(byId("race-play"), "Stop");
  timer = setInterval(() => {
    scrub.value = Number(scrub.value) + 1;
    drawPaths();
    if (Number(scrub.value) >= Number(scrub.max)) stop();
  }, 40);
});
scrub.addEventListener("input", () => {
  stop();
  drawPaths();
});
byId("race-home").addEventListener("click", () => {
  start = choices.functions.find((one) => one.name === fn.value)?.start ?? null;
  changed();
});
for (const node of [racers, steps, noise, lr, preset]) node.addEventListener("change", changed);
for (const node of document.getElementsByName("heat")) node.addEventListener("change", changed);
fn.addEventListener("change", () => {
  preset.value = "";
  start = null;
  ground = null;
  changed();
});
byId("race-form").addEventListener("submit", (event) => {
  event.preventDefault();
  changed();
});

export function prepare(all) {
  choices = all;
  fn.append(...choices.functions.map((one) => el("option", { value: one.name }, one.name)));
  preset.append(...choices.presets.map((one) => el("option", { value: one.name, title: one.why }, `${one.name}: ${one.why}`)));
}

// The view is shown: its first race is made then.
export function begin() {
  if (hasBegun) return;
  hasBegun = true;
  run();
}

export function apply() {
  const has = (list, name) => list.some((one) => one.name === name);
  fn.value = has(choices.functions, situation.get("race")) ? situation.get("race") : "rosenbrock";
  racers.value = situation.get("racers") ?? "sgd; momentum; adam";
  steps.value = situation.get("steps") ?? 200;
  noise.value = situation.get("noise") ?? 0;
  lr.value = situation.get("lr") ?? "";
  preset.value = has(choices.presets, situation.get("preset")) ? situation.get("preset") : "";
  byId(situation.get("heat") === "tuned" ? "heat-tuned" : "heat-same").checked = true;
  const at = (situation.get("start") ?? "").split(",").map(Number);
  start = at.length === 2 && at.every(Number.isFinite) ? at : choices.functions.find((one) => one.name === fn.value).start;
  if (hasBegun) run();
}
