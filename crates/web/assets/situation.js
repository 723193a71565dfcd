// The situation of the page, in the part of the address after #: the same address shows the same.
let values = read();
const listeners = [];

function read() {
  const text = location.hash.slice(1);
  const found = new Map();
  for (const part of text.split("&")) {
    const at = part.indexOf("=");
    if (at < 1) continue;
    try {
      found.set(decodeURIComponent(part.slice(0, at)), decodeURIComponent(part.slice(at + 1).replaceAll("+", "%20")));
    } catch {
      // A part that was cut off is left out.
    }
  }
  return found;
}

export const get = (key) => values.get(key);

// Letters that an address shows as they are stay readable.
const encode = (text) => encodeURIComponent(text).replaceAll("%3B", ";").replaceAll("%2C", ",").replaceAll("%3D", "=").replaceAll("%3A", ":").replaceAll("%20", "+");

// Takes changes: `null` and the empty text leave a part out.
export function set(changes) {
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") values.delete(key);
    else values.set(key, String(value));
  }
  const text = [...values].map(([key, value]) => `${encodeURIComponent(key)}=${encode(value)}`).join("&");
  history.replaceState(null, "", text ? `#${text}` : location.pathname);
}

// Told when somebody has changed the address by hand or by a link.
export const onChange = (listener) => listeners.push(listener);

addEventListener("hashchange", () => {
  values = read();
  listeners.forEach((listener) => listener());
});
