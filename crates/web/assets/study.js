// Studies: started from their text, followed, and shown as pages.
import { ask, byId, complain, el, say } from "./dom.js";
import * as situation from "./situation.js";

const text = byId("study-text");
const preset = byId("study-preset");
const studies = new Map();
let choices = null;

preset.addEventListener("change", () => {
  text.value = choices.studies[Number(preset.value)].text;
  remember();
});
text.addEventListener("change", remember);

// The text is in the address only where it is not one that the page has.
function remember() {
  const known = choices.studies.findIndex((one) => one.text === text.value);
  situation.set({ study: known > 0 ? String(known) : null, toml: known < 0 ? text.value : null });
}

byId("study-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  complain(byId("study-error"));
  try {
    await ask("studies", { text: text.value });
  } catch (error) {
    complain(byId("study-error"), error);
  }
});

const STATES = { loading: "loads data", running: "runs", finished: "finished", stopped: "stopped: start it again to go on", failed: "failed" };

function makeCard(id) {
  const own = `study-${id}`;
  const parts = {
    name: el("bdi", { class: "recipe" }), state: el("b"), what: el("span", { class: "numbers" }), bar: el("progress", { id: `${own}-progress`, max: 1, value: 0, "aria-label": "Progress" }),
    stop: el("button", { type: "button", id: `${own}-stop` }, "Stop"), page: el("a", { id: `${own}-page`, href: `studies/${id}/page`, target: "_blank", rel: "noopener" }, "Open its page"),
    error: el("p", { class: "error", role: "status" }),
  };
  parts.stop.addEventListener("click", async () => {
    try {
      await ask(`studies/${id}`, { do: "stop" });
    } catch (error) {
      complain(parts.error, error);
    }
  });
  const node = el("article", { class: "run", id: own }, el("div", { class: "title" }, parts.name), el("div", { class: "line" }, parts.state, parts.what), parts.bar, el("div", { class: "controls" }, parts.stop, parts.page), parts.error);
  byId("studies").prepend(node);
  return { parts, node };
}

export function take(news) {
  const one = studies.get(news.id) ?? makeCard(news.id);
  studies.set(news.id, one);
  const { parts, node } = one;
  node.dataset.status = news.status;
  say(parts.name, news.name);
  say(parts.state, STATES[news.status] ?? news.status);
  say(parts.what, `${news.runs} of at most ${news.planned} runs${news.what ? ` · ${news.what}` : ""}`);
  parts.bar.value = news.fraction ?? 0;
  parts.stop.hidden = news.is_over;
  parts.page.hidden = news.status === "loading" || news.status === "failed";
  complain(parts.error, news.error ? { message: news.error, hint: news.hint } : null);
  byId("no-studies").hidden = true;
}

// Only these are still there.
export function keep(ids) {
  for (const [id, { node }] of studies) {
    if (ids.has(id)) continue;
    node.remove();
    studies.delete(id);
  }
}

export function prepare(all) {
  choices = all;
  preset.append(...choices.studies.map((one, index) => el("option", { value: index }, one.name)));
}

export function apply() {
  const known = choices.studies[Number(situation.get("study") ?? 0)] ?? choices.studies[0];
  preset.value = choices.studies.indexOf(known);
  text.value = situation.get("toml") ?? known.text;
}
