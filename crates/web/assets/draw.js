// A drawn digit, and the answers of the networks, asked for again while they learn.
import { ask, brief, byId, complain, el, say, throttled, words } from "./dom.js";
import { swatch } from "./chart.js";
import * as situation from "./situation.js";

const pad = byId("pad");
const ink = pad.getContext("2d", { willReadFrequently: true });
const SIDE = pad.width;
const PEN = SIDE / 13;
const MOST = 4; // networks that answer
let strokes = []; // points from 0 to 99
let drawable = () => [];
let asked = ""; // what was last asked for
let busy = false;

// Digits for those who do not draw, as strokes.
const EXAMPLES = {
  0: [[[50, 15], [32, 25], [27, 50], [32, 75], [50, 85], [67, 75], [73, 50], [67, 25], [50, 15]]],
  1: [[[40, 28], [53, 15], [53, 85]]],
  2: [[[30, 30], [38, 18], [55, 15], [68, 24], [68, 38], [55, 55], [30, 84], [72, 84]]],
  3: [[[32, 20], [55, 15], [68, 25], [64, 42], [48, 49], [66, 56], [70, 70], [56, 84], [32, 80]]],
  4: [[[62, 85], [62, 15], [28, 62], [76, 62]]],
  5: [[[68, 16], [36, 16], [33, 46], [52, 42], [68, 52], [69, 70], [54, 84], [31, 79]]],
  6: [[[62, 15], [42, 34], [31, 60], [37, 80], [54, 84], [67, 72], [63, 56], [48, 52], [33, 62]]],
  7: [[[29, 17], [72, 17], [46, 85]]],
  8: [[[51, 48], [34, 36], [36, 20], [51, 14], [66, 21], [66, 36], [51, 48], [33, 62], [34, 78], [51, 86], [68, 78], [67, 62], [51, 48]]],
  9: [[[66, 34], [56, 46], [40, 44], [33, 31], [42, 17], [58, 16], [66, 28], [65, 50], [56, 85]]],
};

function paint() {
  ink.fillStyle = "#000";
  ink.fillRect(0, 0, SIDE, SIDE);
  ink.strokeStyle = "#fff";
  ink.lineWidth = PEN;
  ink.lineCap = ink.lineJoin = "round";
  for (const stroke of strokes) {
    ink.beginPath();
    stroke.forEach(([x, y], i) => {
      const at = [(x / 99) * (SIDE - 1), (y / 99) * (SIDE - 1)];
      if (i) ink.lineTo(...at);
      else ink.moveTo(...at);
    });
    // A dot is a stroke of one point.
    if (stroke.length === 1) ink.lineTo((stroke[0][0] / 99) * (SIDE - 1) + 0.1, (stroke[0][1] / 99) * (SIDE - 1));
    ink.stroke();
  }
}

// Strokes in an address: four digits a point, - between strokes.
const spell = (all) => all.map((stroke) => stroke.map((point) => point.map((x) => String(x).padStart(2, "0")).join("")).join("")).join("-");
const parse = (text) => text.split("-").map((part) => (part.match(/\d{4}/g) ?? []).map((point) => [Number(point.slice(0, 2)), Number(point.slice(2))])).filter((stroke) => stroke.length > 0);

function changed(remember) {
  paint();
  if (remember) situation.set({ drawing: spell(strokes) });
  asked = "";
  request();
}

function set(next) {
  strokes = next;
  changed(true);
}

let pointer = null;
const point = (event) => {
  const box = pad.getBoundingClientRect();
  const to = (x, size) => Math.max(0, Math.min(99, Math.round((x / size) * 99)));
  return [to(event.clientX - box.left, box.width), to(event.clientY - box.top, box.height)];
};
pad.addEventListener("pointerdown", (event) => {
  if (pointer !== null || event.button !== 0) return;
  event.preventDefault();
  pad.focus({ preventScroll: true });
  pointer = event.pointerId;
  pad.setPointerCapture(pointer);
  strokes.push([point(event)]);
  changed(false);
});
pad.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pointer) return;
  const stroke = strokes.at(-1);
  for (const part of event.getCoalescedEvents?.() ?? [event]) {
    const next = point(part);
    const last = stroke.at(-1);
    if (Math.hypot(next[0] - last[0], next[1] - last[1]) >= 2) stroke.push(next);
  }
  changed(false);
});
for (const name of ["pointerup", "pointercancel"]) {
  pad.addEventListener(name, (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    changed(true);
  });
}
pad.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in EXAMPLES) set(EXAMPLES[event.key]);
  else if (event.key === "Delete" || event.key === "Backspace") set([]);
  else return;
  event.preventDefault();
});
byId("clear-pad").addEventListener("click", () => set([]));
byId("example").addEventListener("change", (event) => {
  if (event.target.value) set(EXAMPLES[event.target.value]);
  event.target.value = "";
});

// Asks for answers, one request at a time, and not again for the same.
const request = throttled(150, async () => {
  const runs = drawable().slice(0, MOST);
  if (byId("draw").hidden || runs.length === 0) return;
  if (strokes.length === 0) {
    byId("answers").replaceChildren();
    clearSeen();
    complain(byId("draw-error"));
    return;
  }
  const what = runs.map((run) => `${run.id}:${run.batches}`).join();
  if (busy || what === asked) return;
  busy = true;
  asked = what;
  const pixels = ink.getImageData(0, 0, SIDE, SIDE).data.filter((_, i) => i % 4 === 0);
  try {
    const told = await ask(`digit/${runs.map((run) => run.id).join(",")}`, new Uint8Array(pixels));
    complain(byId("draw-error"));
    see(told.digit, told.side);
    answer(told.answers.filter(Boolean), runs);
  } catch (error) {
    complain(byId("draw-error"), error);
    byId("answers").replaceChildren();
  }
  busy = false;
  // What has changed meanwhile.
  request();
});

function clearSeen() {
  const seen = byId("seen");
  seen.getContext("2d").clearRect(0, 0, seen.width, seen.height);
}

function see(digit, side) {
  const context = byId("seen").getContext("2d");
  const image = context.createImageData(side, side);
  digit.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
  context.putImageData(image, 0, 0);
}

// Bars of each network, kept from answer to answer, so that they move.
const tables = new Map();
function answer(answers, runs) {
  const there = new Set();
  for (const { id, classes, probabilities, seen } of answers) {
    const run = runs.find((one) => one.id === id);
    let table = tables.get(id);
    if (!table || table.rows.length !== classes.length) {
      table = { node: el("div", { class: "answer", id: `answer-${id}` }), seen: el("b"), rows: [] };
      const title = el("p", {}, swatch(run.look), " ", el("bdi", {}, brief(run.name)), ": ", table.seen);
      const list = el("ol", { class: "bars" });
      for (const name of classes) {
        const row = { bar: el("i"), text: el("span") };
        row.node = el("li", {}, el("bdi", {}, name), el("span", { class: "track" }, row.bar), row.text);
        table.rows.push(row);
        list.append(row.node);
      }
      table.node.append(title, list);
      tables.set(id, table);
    }
    there.add(table.node);
    say(table.seen, classes[seen]);
    table.rows.forEach((row, i) => {
      row.bar.style.width = `${100 * (probabilities[i] ?? 0)}%`;
      row.node.classList.toggle("best", i === seen);
      say(row.text, words(probabilities[i], true));
    });
  }
  const box = byId("answers");
  const nodes = [...there];
  if (nodes.length !== box.children.length || nodes.some((node, i) => node !== box.children[i])) box.replaceChildren(...nodes);
}

export function prepare(runs) {
  drawable = runs;
  byId("example").append(...Object.keys(EXAMPLES).map((digit) => el("option", { value: digit }, digit)));
  paint();
}

// New numbers of the runs.
export function update(runs) {
  byId("draw").hidden = runs.length === 0;
  if (runs.length > 0) request();
}

// The drawing of the address.
export function apply() {
  strokes = parse(situation.get("drawing") ?? "");
  changed(false);
}
