// The page: the stream of events, runs with their controls, and the views.
import { ask, brief, byId, complain, el, say, throttled, words } from "./dom.js";
import { Chart, swatch } from "./chart.js";
import * as situation from "./situation.js";
import * as draw from "./draw.js";
import * as race from "./race.js";
import * as study from "./study.js";

const runs = new Map(); // by id: the latest facts, curves, and the card
const stored = new Map(); // by key: chosen stored runs
const taken = new Set(); // looks in use
let choices = null;

// Views.
const VIEWS = ["train", "race", "study"];
function show(view) {
  for (const name of VIEWS) {
    byId(name).hidden = name !== view;
    const button = byId(`view-${name}`);
    if (name === view) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  if (view === "race") race.begin();
  redraw();
}
for (const name of VIEWS) {
  byId(`view-${name}`).addEventListener("click", () => {
    situation.set({ view: name === "train" ? null : name });
    show(name);
  });
}
const viewNow = () => (VIEWS.includes(situation.get("view")) ? situation.get("view") : "train");

byId("copy-link").addEventListener("click", async () => {
  const button = byId("copy-link");
  try {
    await navigator.clipboard.writeText(location.href);
    say(button, "Copied");
  } catch {
    say(button, "Copy it from the address bar");
  }
  setTimeout(() => say(button, "Copy link"), 2500);
});

// The first free look, so that colors stay while runs come and go.
function takeLook() {
  let look = 0;
  while (taken.has(look)) look += 1;
  taken.add(look);
  return look;
}

// Charts.
const axis = byId("axis");
const across = () => (axis.value === "seconds" ? 1 : 0);
const isShown = (run) => run.visible && run.head?.task === taskNow();
const lossChart = new Chart(byId("loss-chart"), byId("loss-tip"), () => [...runs.values()].filter(isShown).map((run) => line(run, run.losses, 2)).concat([...stored.values()].map((run) => line(run, run.losses, 2))));
const metricChart = new Chart(byId("metric-chart"), byId("metric-tip"), () => [...runs.values()].filter(isShown).map((run) => line(run, watched(run.evaluations), 3)).concat([...stored.values()].map((run) => line(run, watched(run.evaluations), 3))));
// Evaluations while training are of one split; the test at the end of a task with validation examples is not on its curve.
const watched = (points) => points.filter((point) => point[4] === points[0][4]);
const line = (run, points, value) => ({
  name: run.name, look: run.look, faint: run.isStored, plain: value === 3, points: points.map((point) => [point[across()], point[value]]),
});

function redraw() {
  if (byId("train").hidden) return;
  const all = [...runs.values()].filter(isShown);
  const one = all[0]?.head ?? [...stored.values()][0]?.head;
  lossChart.log = byId("log").getAttribute("aria-pressed") === "true";
  lossChart.smooth = Number(byId("smooth").value);
  for (const chart of [lossChart, metricChart]) chart.across = axis.value === "seconds" ? "seconds of training" : "epochs";
  lossChart.title = "Training loss";
  const split = all.map((run) => run.evaluations[0]?.[4]).find(Boolean) ?? "test";
  const metric = one?.metric ?? choices?.tasks.find((task) => task.name === taskNow().split(":")[0])?.metric ?? "measure";
  metricChart.title = `${split === "validation" ? "Validation" : "Test"} ${metric}`;
  metricChart.percent = one?.is_fraction ?? metric === "accuracy";
  say(byId("metric-title"), metricChart.title);
  lossChart.draw();
  metricChart.draw();
}

for (const [node, key, value] of [[axis, "across", () => (axis.value === "epoch" ? null : axis.value)], [byId("smooth"), "smooth", () => byId("smooth").value]]) {
  node.addEventListener("input", () => {
    situation.set({ [key]: value() });
    redraw();
  });
}
byId("log").addEventListener("click", () => {
  const isLog = byId("log").getAttribute("aria-pressed") !== "true";
  byId("log").setAttribute("aria-pressed", isLog);
  situation.set({ log: isLog ? null : "0" });
  redraw();
});

// The form.
const [task, set, recipes, epochs, seed, pace] = ["task", "set", "recipes", "epochs", "seed", "pace"].map(byId);
const PACES = [["", "full"], ["1000", "1000 batches/s"], ["100", "100 batches/s"], ["20", "20 batches/s"], ["5", "5 batches/s"], ["1", "1 batch/s"]];
const paceOptions = () => PACES.map(([value, text]) => el("option", { value }, text));

function taskNow() {
  const info = choices?.tasks.find((other) => other.name === task.value);
  return info?.set && set.value && set.value !== info.set ? `${task.value}:${set.value}` : task.value;
}

function choose(name) {
  const [of, data] = name.split(":");
  const info = choices.tasks.find((other) => other.name === of) ?? choices.tasks[0];
  task.value = info.name;
  byId("set-field").hidden = !info.set;
  if (info.set) set.value = choices.sets.some((other) => other.name === data) ? data : info.set;
  epochs.placeholder = info.epochs;
  say(byId("task-why"), `${info.why} (${info.model}; batches of ${info.batch} unless a recipe says otherwise)`);
}

function changed() {
  choose(taskNow());
  const info = choices.tasks.find((other) => other.name === task.value);
  situation.set({
    task: taskNow(), recipes: recipes.value, epochs: epochs.value === String(info.epochs) ? null : epochs.value,
    seed: seed.value === "0" ? null : seed.value, pace: pace.value,
  });
  for (const run of runs.values()) card(run);
  if (byId("stored").open) loadStored();
  redraw();
  draw.update(drawable());
}
for (const node of [task, set, recipes, epochs, seed, pace]) node.addEventListener("change", changed);
task.addEventListener("change", () => {
  epochs.value = "";
  stored.forEach((run, key) => unchoose(key));
});

byId("start-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  changed();
  complain(byId("start-error"));
  const body = { task: taskNow(), recipes: recipes.value, seed: seed.value };
  if (epochs.value) body.epochs = Number(epochs.value);
  if (pace.value) body.pace = Number(pace.value);
  try {
    await ask("runs", body);
  } catch (error) {
    complain(byId("start-error"), error);
  }
});

// Runs.
async function wish(id, what) {
  const run = runs.get(id);
  try {
    await ask(`runs/${id}`, what);
    complain(run.parts.error);
  } catch (error) {
    complain(run.parts.error, error);
  }
}

function button(id, label, name, act) {
  const node = el("button", { type: "button", id: `${id}-${name}` }, label);
  node.addEventListener("click", act);
  return node;
}

function makeCard(run) {
  const { id } = run;
  const own = `run-${id}`;
  const parts = {
    recipe: el("bdi", { class: "recipe" }), facts: el("small"), state: el("b"), numbers: el("span", { class: "numbers" }),
    bar: el("progress", { id: `${own}-progress`, max: 1, value: 0, "aria-label": "Progress" }),
    error: el("p", { class: "error", role: "status" }), warnings: el("ul", { class: "plain soft" }),
    visible: el("input", { type: "checkbox", id: `${own}-show` }),
    rate: el("input", { type: "range", id: `${own}-rate`, min: -2, max: 2, step: 0.05, value: 0 }),
    rateText: el("output", { id: `${own}-rate-text` }),
    pace: el("select", { id: `${own}-pace`, "aria-label": "Speed" }, ...paceOptions()),
    pause: button(own, "Pause", "pause", () => wish(id, { do: run.head.status === "paused" ? "resume" : "pause" })),
    stop: button(own, "Stop", "stop", () => wish(id, { do: "stop" })),
    resume: button(own, "Go on", "resume", () => wish(id, { do: "resume" })),
    remove: button(own, "Take off the list", "remove", () => wish(id, { do: "remove" })),
    reset: button(own, "×1", "rate-reset", () => setRate(0)),
  };
  parts.visible.checked = true;
  parts.visible.addEventListener("change", () => {
    run.visible = parts.visible.checked;
    redraw();
    draw.update(drawable());
  });
  const send = throttled(100, (scale) => wish(id, { do: "rate", scale }));
  const setRate = (power) => {
    parts.rate.value = power;
    run.dragged = performance.now();
    send(Number((10 ** Number(power)).toPrecision(4)));
    rateText(run);
  };
  parts.rate.addEventListener("input", () => setRate(parts.rate.value));
  parts.pace.addEventListener("change", () => wish(id, { do: "pace", pace: parts.pace.value ? Number(parts.pace.value) : null }));
  parts.live = el("div", { class: "controls" }, parts.pause, parts.stop,
    el("label", {}, "rate", parts.rate, parts.rateText), parts.reset, el("label", {}, "speed", parts.pace));
  const node = el("article", { class: "run", id: own },
    el("div", { class: "title" }, el("label", { class: "key" }, parts.visible, swatch(run.look)), parts.recipe, parts.facts),
    el("div", { class: "line" }, parts.state, parts.numbers), parts.bar, parts.live,
    el("div", { class: "controls" }, parts.resume, parts.remove), parts.error, parts.warnings);
  byId("runs").prepend(node);
  Object.assign(run, { parts, node });
}

function rateText(run) {
  const scale = 10 ** Number(run.parts.rate.value);
  say(run.parts.rateText, `×${words(Number(scale.toPrecision(3)))}${run.lr === null ? "" : ` = ${words(run.lr)}`}`);
}

const STATES = { waiting: "waits for a core", loading: "loads data", running: "trains", paused: "paused", finished: "finished", diverged: "diverged", stopped: "stopped", failed: "failed" };

// Writes the facts of a run into its card.
function card(run) {
  const { head, parts, node } = run;
  if (!head) return;
  node.dataset.status = head.status;
  node.classList.toggle("elsewhere", head.task !== taskNow());
  say(parts.recipe, head.recipe);
  const sample = head.data?.sample ? ", embedded sample" : "";
  say(parts.facts, ` ${head.task}${head.data ? ` on ${head.data.name}${sample}` : ""}, seed ${head.seed}, ${head.epochs} ${head.epochs === 1 ? "epoch" : "epochs"}${head.file ? `, ${head.file}` : ""}`);
  say(parts.state, STATES[head.status] ?? head.status);
  parts.live.hidden = head.is_over;
  parts.resume.hidden = !head.can_resume;
  parts.remove.hidden = !head.is_over;
  say(parts.pause, head.status === "paused" ? "Go on" : "Pause");
  parts.pace.value = head.pace === null ? "" : String(head.pace);
  // Another page may have dragged it; a hand on the slider comes first.
  if (performance.now() - (run.dragged ?? -Infinity) > 800) parts.rate.value = head.lr_scale > 0 ? Math.log10(head.lr_scale) : -2;
  parts.rate.disabled = run.lr === null && head.status !== "waiting" && head.status !== "loading";
  complain(parts.error, head.error ? { message: head.error, hint: head.hint } : null);
  parts.warnings.replaceChildren(...(head.warnings ?? []).map((text) => el("li", {}, text)));
  numbers(run);
}

// The numbers of a run, which change with every event.
function numbers(run) {
  const { head, parts } = run;
  if (!head) return;
  const total = head.batches_per_epoch ? head.batches_per_epoch * head.epochs : 0;
  parts.bar.value = total ? run.batches / total : Number(head.status === "finished");
  const told = [];
  if (head.batches_per_epoch) told.push(`epoch ${(run.batches / head.batches_per_epoch).toFixed(2)} of ${head.epochs}`);
  const loss = run.losses.at(-1);
  if (loss) told.push(`training loss ${words(loss[2])}`);
  const last = run.evaluations.at(-1);
  if (last) told.push(`${last[4]} ${head.metric} ${words(last[3], head.is_fraction)}`);
  if (run.seconds) told.push(`${words(Number(run.seconds.toFixed(2)))} s`);
  if (head.is_changed) told.push("rate changed by hand: not stored as this recipe");
  else if (head.stored) told.push("stored");
  say(parts.numbers, told.join(" · "));
  rateText(run);
}

function take(news) {
  let run = runs.get(news.id);
  if (!run) {
    run = { id: news.id, look: takeLook(), losses: [], evaluations: [], visible: true, batches: 0, seconds: 0, lr: null };
    runs.set(news.id, run);
    makeCard(run);
  }
  run.losses.splice(news.from, Infinity, ...news.losses);
  run.evaluations.splice(news.from_evaluation, Infinity, ...news.evaluations);
  [run.batches, run.seconds, run.lr] = [news.batches, news.seconds ?? 0, news.lr];
  if (news.head) {
    run.head = news.head;
    run.name = news.head.recipe;
    card(run);
  } else {
    numbers(run);
  }
}

function forget(id) {
  const run = runs.get(id);
  if (!run) return;
  run.node.remove();
  taken.delete(run.look);
  runs.delete(id);
}

// Runs that can answer to a drawing.
const drawable = () => [...runs.values()].filter((run) => isShown(run) && run.head.classes?.length > 0);

// Stored runs.
async function loadStored() {
  complain(byId("stored-error"));
  try {
    const found = await ask(`stored/of/${encodeURIComponent(taskNow())}`);
    const rows = found.runs.map(storedRow);
    byId("stored-rows").replaceChildren(...rows);
    say(byId("stored-count"), found.runs.length === 0 ? "none of this task" : `${found.runs.length} of this task${found.more ? `, ${found.more} older ones not listed` : ""}`);
    filterStored();
  } catch (error) {
    complain(byId("stored-error"), error);
  }
}

function storedRow(run) {
  const box = el("input", { type: "checkbox", "aria-label": `Show ${run.recipe}, seed ${run.seed}` });
  box.checked = stored.has(run.key);
  box.dataset.key = run.key;
  box.addEventListener("change", () => (box.checked ? chooseStored(run.key) : unchoose(run.key)));
  const key = el("td", {}, box);
  const row = el("tr", { "data-key": run.key }, key, el("td", { class: "words" }, el("bdi", {}, run.recipe)), el("td", { class: "number" }, run.seed), el("td", { class: "number" }, String(run.epochs)),
    el("td", { class: "number" }, run.status === "diverged" ? "diverged" : words(run.value, run.metric === "accuracy")), el("td", { class: "number" }, el("code", {}, run.key.slice(0, 8))));
  if (stored.has(run.key)) key.append(swatch(stored.get(run.key).look));
  return row;
}

function filterStored() {
  const part = byId("stored-filter").value.trim().toLowerCase();
  for (const row of byId("stored-rows").rows) row.hidden = !row.cells[1].textContent.toLowerCase().includes(part);
}

async function chooseStored(key) {
  try {
    const found = await ask(`stored/run/${encodeURIComponent(key)}`);
    if (stored.has(found.key)) return;
    const run = { ...found, head: found, isStored: true, look: takeLook(), name: `${found.recipe} (stored, seed ${found.seed})` };
    stored.set(found.key, run);
    rememberStored();
    for (const row of byId("stored-rows").rows) {
      if (row.dataset.key !== found.key) continue;
      row.cells[0].querySelector("input").checked = true;
      row.cells[0].append(swatch(run.look));
    }
  } catch (error) {
    complain(byId("stored-error"), error);
    byId("stored").open = true;
  }
  redraw();
}

function unchoose(key) {
  const run = stored.get(key);
  if (!run) return;
  taken.delete(run.look);
  stored.delete(key);
  rememberStored();
  for (const row of byId("stored-rows").rows) {
    if (row.dataset.key !== key) continue;
    row.cells[0].querySelector("input").checked = false;
    row.cells[0].querySelector("svg")?.remove();
  }
  redraw();
}

const rememberStored = () => situation.set({ stored: [...stored.keys()].map((key) => key.slice(0, 12)).join(",") });
byId("stored").addEventListener("toggle", () => byId("stored").open && loadStored());
byId("stored-filter").addEventListener("input", filterStored);
byId("stored-reload").addEventListener("click", loadStored);

// Events. A page that nobody sees holds no connection, since a browser has few for one server.
let source = null;
let isFresh = false;
function connect() {
  if (source || document.hidden) return;
  source = new EventSource("events");
  source.addEventListener("open", () => {
    isFresh = true;
    say(byId("connection"), "connected");
  });
  source.addEventListener("error", () => {
    const isOver = source?.readyState === EventSource.CLOSED;
    say(byId("connection"), isOver ? "the program has ended, or was started again: open its new address" : "connection lost, trying again");
    if (isOver) source = null;
  });
  source.addEventListener("message", (event) => {
    const news = JSON.parse(event.data);
    if (isFresh) {
      const there = new Set((news.runs ?? []).map((run) => run.id));
      [...runs.keys()].filter((id) => !there.has(id)).forEach(forget);
      study.keep(new Set((news.studies ?? []).map((one) => one.id)));
      isFresh = false;
      settle(news);
    }
    news.runs?.forEach(take);
    news.gone?.forEach(forget);
    news.studies?.forEach(study.take);
    byId("no-runs").hidden = runs.size > 0;
    redraw();
    draw.update(drawable());
  });
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return connect();
  source?.close();
  source = null;
});

// Without a task in the address, the page shows that of the latest run.
function settle(news) {
  const latest = news.runs?.at(-1)?.head?.task;
  if (!situation.get("task") && latest) choose(latest);
}

// Names in the address that this program does not have: something else is shown for them, which is said.
function unknown() {
  const found = [];
  const look = (what, name, list) => name && !list.some((one) => one.name === name) && found.push(`${what} “${brief(name)}”`);
  const [of, data] = (situation.get("task") ?? "").split(":");
  look("task", of, choices.tasks);
  look("data set", data, choices.tasks.find((one) => one.name === of)?.set ? choices.sets : []);
  look("view", situation.get("view"), VIEWS.map((name) => ({ name })));
  look("function", situation.get("race"), choices.functions);
  look("failure", situation.get("preset"), choices.presets);
  return found.length ? { message: `unknown in the address: ${found.join(", ")}`, hint: "the usual choice is shown instead" } : null;
}

// Takes the situation from the address.
function apply() {
  complain(byId("address-error"), unknown());
  choose(situation.get("task") ?? "simplenn");
  recipes.value = situation.get("recipes") ?? "sgd lr=0.1; adam";
  epochs.value = situation.get("epochs") ?? "";
  seed.value = situation.get("seed") ?? "0";
  pace.value = PACES.some(([value]) => value === situation.get("pace")) ? situation.get("pace") : "";
  axis.value = situation.get("across") === "seconds" ? "seconds" : "epoch";
  byId("log").setAttribute("aria-pressed", situation.get("log") !== "0");
  const smooth = Number(situation.get("smooth") ?? 0.8);
  byId("smooth").value = Number.isFinite(smooth) ? smooth : 0.8;
  const wanted = (situation.get("stored") ?? "").split(",").filter(Boolean);
  [...stored.keys()].filter((key) => !wanted.some((start) => key.startsWith(start))).forEach(unchoose);
  wanted.filter((start) => ![...stored.keys()].some((key) => key.startsWith(start))).forEach(chooseStored);
  if (wanted.length > 0) byId("stored").open = true;
  for (const run of runs.values()) card(run);
  draw.apply();
  race.apply();
  study.apply();
  show(viewNow());
}

try {
  choices = await ask("choices");
  const tasks = (wanted) => choices.tasks.filter((one) => one.is_formula === wanted).map((one) => el("option", { value: one.name }, one.name));
  task.append(el("optgroup", { label: "With examples" }, ...tasks(false)), el("optgroup", { label: "Test functions" }, ...tasks(true)));
  set.append(...choices.sets.map((one) => el("option", { value: one.name }, one.title)));
  byId("rules").append(...choices.rules.map((rule) => el("option", { value: rule.name }, rule.title)));
  pace.append(...paceOptions());
  draw.prepare(drawable);
  race.prepare(choices);
  study.prepare(choices);
  apply();
  situation.onChange(apply);
  connect();
} catch (error) {
  complain(byId("start-error"), error);
  say(byId("connection"), "not connected");
}
