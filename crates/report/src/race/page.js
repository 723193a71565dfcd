// The numbers are in `race`; here they are only drawn.
const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);
const [scrub, out, paths, lanes] = ["scrub", "step", "paths", "lanes"].map(byId);
const dark = matchMedia("(prefers-color-scheme: dark)");
let heat = 0, at = 0, timer = null;

const place = ([x, y]) => {
  const [[left, right], [bottom, top]] = race.domain;
  const fraction = (value, low, high) => Math.min(1, Math.max(0, (value - low) / (high - low)));
  return [frame.left + frame.side * fraction(x, left, right), frame.top + frame.side * (1 - fraction(y, bottom, top))];
};
const node = (name, attributes, parent) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
};
const number = (x) => (x === 0 ? "0" : Math.abs(x) >= 1e5 || Math.abs(x) < 1e-3 ? x.toExponential(2) : x.toPrecision(4));
const length = () => Math.max(...race.heats[heat].lanes.map((lane) => lane.steps.length)) - 1;

// An arrow of a fixed range of lengths, since gradients and updates differ by orders of magnitude.
const arrow = (parent, from, [dx, dy], hue, color, dash) => {
  const [[left, right], [bottom, top]] = race.domain;
  const [px, py] = [(dx / (right - left)) * frame.side, (-dy / (top - bottom)) * frame.side];
  const size = Math.hypot(px, py);
  if (!(size > 0) || !isFinite(size)) return;
  const shown = Math.min(70, Math.max(14, size)), [ux, uy] = [px / size, py / size];
  const [x, y] = [from[0] + ux * shown, from[1] + uy * shown];
  const line = { class: "s" + hue, stroke: color, "stroke-width": 1.6, fill: "none" };
  node("path", { ...line, d: `M${from}L${x},${y}`, "stroke-dasharray": dash }, parent);
  node("path", { ...line, d: `M${x - 6 * ux + 3 * uy},${y - 6 * uy - 3 * ux}L${x},${y}L${x - 6 * ux - 3 * uy},${y - 6 * uy + 3 * ux}` }, parent);
};

const bar = (cell, value, largest) => {
  const svg = node("svg", { viewBox: "0 0 100 10", "aria-hidden": "true" }, cell);
  // Infinity is as long as a bar is; next to it nothing else is seen.
  const part = isFinite(largest) ? Math.abs(value) / (largest || 1) : Number(!isFinite(value));
  const width = 50 * part;
  node("rect", { x: value < 0 ? 50 - width : 50, y: 1, width, height: 8, fill: "var(--accent)" }, svg);
  node("path", { d: "M50,0V10", stroke: "var(--soft)" }, svg);
};

const row = (table, cells, bars) => {
  const line = table.insertRow();
  for (const cell of cells) line.insertCell().textContent = cell;
  for (const [value, largest] of bars ?? []) {
    const cell = line.insertCell();
    cell.className = "bar";
    bar(cell, value, largest);
  }
};

const draw = () => {
  at = Math.min(at, length());
  scrub.max = length();
  scrub.value = at;
  out.textContent = `step ${at}`;
  paths.replaceChildren();
  lanes.replaceChildren();
  race.heats[heat].lanes.forEach((lane, index) => {
    const [hue, color] = looks[index % looks.length];
    const last = Math.min(at, lane.steps.length - 1);
    const step = lane.steps[last];
    if (!step) return;
    const points = lane.steps.slice(0, last + 1).map((step) => place(step.at));
    node("path", { class: "s" + hue, d: "M" + points.join("L"), stroke: color, "stroke-width": 2, fill: "none" }, paths);
    const here = points[points.length - 1];
    arrow(paths, here, step.gradient.map((g) => -g), hue, color, "3 3");
    arrow(paths, here, step.update, hue, color, "none");
    node("circle", { class: "f" + hue, cx: here[0], cy: here[1], r: 5, fill: color }, paths);
    const part = document.createElement("section");
    part.className = "lane";
    const title = document.createElement("h2");
    const key = node("svg", { class: "curves", width: 16, height: 12, viewBox: "0 0 16 12", "aria-hidden": "true" }, title);
    node("circle", { class: "f" + hue, cx: 6, cy: 6, r: 5, fill: color }, key);
    const ended = last < at ? `, ended at step ${last}` : "";
    title.append(` ${lane.recipe}: f = ${number(step.value)}${ended}`);
    const scroll = document.createElement("div");
    scroll.className = "scroll";
    const table = document.createElement("table");
    row(table, ["", "x", "y", "", ""]);
    row(table, ["point", ...step.at.map(number), "", ""]);
    for (const [name, values] of [["gradient", step.gradient], ...step.state, ["update", step.update]]) {
      // A bar is relative to the largest entry of its row.
      const largest = Math.max(...values.map(Math.abs));
      row(table, [name, ...values.map(number)], values.map((value) => [value, largest]));
    }
    scroll.append(table);
    part.append(title, scroll);
    lanes.append(part);
  });
};

const stop = () => {
  clearInterval(timer);
  timer = null;
  byId("play").textContent = "Play";
};
const go = (to) => {
  at = Math.max(0, Math.min(length(), to));
  draw();
};
const play = () => {
  if (at >= length()) at = 0;
  byId("play").textContent = "Stop";
  timer = setInterval(() => (at >= length() ? stop() : go(at + 1)), 60);
};
byId("play").onclick = () => (timer ? stop() : play());
byId("back").onclick = () => { stop(); go(at - 1); };
byId("next").onclick = () => { stop(); go(at + 1); };
scrub.oninput = () => { stop(); go(Number(scrub.value)); };
for (const choice of document.getElementsByName("heat")) choice.onchange = () => { heat = Number(choice.value); draw(); };
dark.onchange = draw;
// Paper shows the whole way.
window.onbeforeprint = () => { stop(); go(length()); };
go(0);
if (!matchMedia("(prefers-reduced-motion: reduce)").matches) play();
