// Elements, requests and numbers in words. Text from outside becomes text nodes and nothing else.
export const byId = (id) => document.getElementById(id);

export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const SVG = "http://www.w3.org/2000/svg";
export function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// Text of a node, changed only where it differs, so that readers of the screen are not told the same twice.
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// A request to this server; throws an error with a hint.
export async function ask(path, body) {
  const options = body === undefined ? {} : { method: "POST", body: body instanceof Uint8Array ? body : JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw Object.assign(new Error("the program does not answer"), { hint: "it may have ended: start it again" });
  }
  const kind = answer.headers.get("content-type") ?? "";
  if (answer.ok) return answer.json();
  const told = kind.startsWith("application/json") ? await answer.json() : {};
  const error = new Error(told.error ?? `the server refused this (${answer.status})`);
  error.hint = told.hint ?? "open the address that the program printed";
  throw error;
}

// Shows an error with its hint, or nothing.
export function complain(node, error) {
  node.replaceChildren();
  if (!error) return;
  node.append(el("span", {}, error.message));
  if (error.hint) node.append(el("small", {}, `hint: ${error.hint}`));
}

// A number in words: a percentage, or four digits.
export function words(x, percent = false) {
  if (x === null || x === undefined || !Number.isFinite(x)) return "–";
  if (percent) return `${(100 * x).toFixed(2)}%`;
  const size = Math.abs(x);
  if (x === 0) return "0";
  if (size >= 1e6 || size < 1e-4) return Number(x.toPrecision(3)).toExponential().replace("e+", "e");
  return String(Number(x.toPrecision(4)));
}

// A long text without its middle, for places with little room.
export const brief = (text) => (text.length <= 90 ? text : `${text.slice(0, 60)}…${text.slice(-25)}`);

// Calls a function at most once in `gap` milliseconds, the last time with the last arguments.
export function throttled(gap, act) {
  let timer = null;
  let last = -Infinity;
  let waiting = null;
  return (...args) => {
    waiting = args;
    if (timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      last = performance.now();
      act(...waiting);
    }, Math.max(0, last + gap - performance.now()));
  };
}
