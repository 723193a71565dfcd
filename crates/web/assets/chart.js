// Curves on a canvas: drawn again when something has changed, at most once a frame.
import looks from "./looks.js";
import { brief, el, say, svg, words } from "./dom.js";

// Colors of lines on either ground are those of the reports; a hidden picture has them.
const probe = svg("svg", { class: "curves probe", "aria-hidden": "true", width: 0, height: 0 });
const samples = Array.from({ length: 12 }, (_, hue) => svg("path", { class: `s${hue}`, stroke: looks.find((look) => look.hue === hue).color }));
probe.append(...samples);
document.body.append(probe);

let theme = null;
const dark = matchMedia("(prefers-color-scheme: dark)");
const charts = [];
dark.addEventListener("change", () => {
  theme = null;
  charts.forEach((chart) => chart.draw());
});

function colors() {
  if (theme) return theme;
  const root = getComputedStyle(document.documentElement);
  const named = (name) => root.getPropertyValue(name).trim();
  theme = {
    hues: samples.map((sample) => getComputedStyle(sample).stroke),
    ink: named("--ink"), soft: named("--soft"), rule: named("--rule"), ground: named("--ground"),
  };
  return theme;
}

export const lookOf = (index) => looks[index % looks.length];

// A short stretch of a line with its marker.
export function swatch(index) {
  const look = lookOf(index);
  const line = svg("line", { x1: 2, y1: 6, x2: 26, y2: 6, class: `s${look.hue}`, stroke: look.color, "stroke-width": 2, "stroke-dasharray": look.dash || "none" });
  const paint = { class: `f${look.hue} halo`, fill: look.color };
  const marker = look.marker.length > 0
    ? svg("polygon", { ...paint, points: look.marker.map(([x, y]) => `${x + 14},${y + 6}`).join(" ") })
    : svg("circle", { ...paint, cx: 14, cy: 6, r: 3.8 });
  return svg("svg", { class: "curves swatch", viewBox: "0 0 28 12", width: 28, height: 12, "aria-hidden": "true" }, line, marker);
}

function ticks([low, high], log, most) {
  const found = [];
  if (log) {
    const decades = Math.log10(high / low);
    const digits = decades > most ? [1] : decades > most / 3 ? [1, 3] : [1, 2, 5];
    const every = Math.ceil(decades / most);
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
      if (digits.length === 1 && power % every !== 0) continue;
      for (const digit of digits) {
        const at = digit * 10 ** power;
        if (at >= low * 0.9999 && at <= high * 1.0001) found.push(at);
      }
    }
    if (found.length > 1) return found;
    found.length = 0;
  }
  const raw = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((digit) => digit * power >= raw * 0.9999) * power;
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n += 1) found.push(Math.abs(n * step) < step * 1e-9 ? 0 : n * step);
  return found;
}

// An exponential moving average without the bias of its start.
function smoothed(values, weight) {
  let [sum, mass] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    mass = weight * mass + 1 - weight;
    return sum / mass;
  });
}

// The greatest loss of the axis, as on the reports' pages: of what ends below the loss before training, with the others as
// far as they fit above it. What rises higher has not learned and would leave no room for what has.
function ceiling(lines) {
  const values = (line) => line.shown.filter((value) => value !== null);
  const [firsts, all] = [lines.flatMap((line) => values(line).slice(0, 1)), lines.flatMap(values)];
  const least = Math.min(...firsts);
  const [start, greatest] = [Math.max(...firsts.filter((first) => first <= 10 * least)), all.reduce((a, b) => Math.max(a, b), -Infinity)];
  if (!(start > 0)) return greatest;
  const learned = lines.filter((line) => values(line).at(-1) < 0.95 * start).flatMap(values);
  const most = learned.length > 0 ? Math.max(learned.reduce((a, b) => Math.max(a, b)), 1.1 * start) : Infinity;
  return Math.min(greatest, 10 * start, most);
}

export class Chart {
  // `lines` gives { name, look, faint, points: [[x, y], …] } when they are wanted.
  constructor(canvas, tip, lines) {
    Object.assign(this, { canvas, tip, lines, log: false, percent: false, smooth: 0, across: "epochs", title: "", at: null });
    charts.push(this);
    this.note = el("p", { class: "beyond" });
    canvas.after(this.note);
    new ResizeObserver(() => this.draw()).observe(canvas.parentElement);
    canvas.addEventListener("pointermove", (event) => this.read(event.offsetX));
    canvas.addEventListener("pointerdown", (event) => this.read(event.offsetX));
    canvas.addEventListener("pointerleave", () => this.read(null));
    canvas.addEventListener("blur", () => this.read(null));
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
      if (step === undefined || !this.box) return;
      event.preventDefault();
      const { left, right } = this.box;
      this.read(Math.max(left, Math.min(right, (this.at ?? left) + step * (right - left) / 40)));
    });
  }

  // Asks to be drawn in the next frame.
  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      this.render();
    });
  }

  read(x) {
    this.at = x;
    this.draw();
  }

  render() {
    const { canvas, log, percent } = this;
    const width = canvas.parentElement.clientWidth;
    if (width <= 0) return;
    const height = Math.round(Math.max(190, Math.min(330, width * 0.6)));
    const scale = devicePixelRatio || 1;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
    const c = canvas.getContext("2d");
    c.setTransform(scale, 0, 0, scale, 0, 0);
    c.clearRect(0, 0, width, height);
    const { hues, ink, soft, rule, ground } = colors();

    const lines = this.lines().filter((line) => line.points.length > 0);
    const fits = (y) => y !== null && (!log || y > 0);
    let [x0, x1, y0, y1] = [0, -Infinity, Infinity, -Infinity];
    for (const line of lines) {
      line.raw = line.points.map(([, y]) => (fits(y) ? y : null));
      line.shown = this.smooth > 0 && !line.plain ? smoothed(line.raw, this.smooth) : line.raw;
      x1 = Math.max(x1, line.points.at(-1)[0] ?? 0);
      for (const y of line.shown) {
        if (y === null) continue;
        y0 = Math.min(y0, y);
        y1 = Math.max(y1, y);
      }
    }
    if (!percent && y0 <= y1) y1 = Math.max(y0, ceiling(lines));
    if (log && y0 <= y1) y0 = Math.max(y0, y1 * 1e-6);
    if (!(x1 > x0)) x1 = x0 + 1;
    if (y0 > y1) [y0, y1] = log ? [0.1, 1] : [0, 1];
    if (y0 === y1) [y0, y1] = log ? [y0 / 2, y1 * 2] : [y0 - (Math.abs(y0) || 1) / 2, y1 + (Math.abs(y1) || 1) / 2];
    [y0, y1] = log ? [y0 / 1.1, y1 * 1.1] : [y0 - (y1 - y0) * 0.04, y1 + (y1 - y0) * 0.04];

    c.font = "12px system-ui, sans-serif";
    const up = ticks([y0, y1], log, 6);
    const label = (y) => (percent ? `${Number((100 * y).toFixed(4))}%` : words(y));
    const left = Math.max(34, 12 + Math.max(...up.map((at) => c.measureText(label(at)).width), 0));
    const [top, right, bottom] = [10, width - 8, height - 40];
    this.box = { left, right };
    const of = log ? Math.log10 : (y) => y;
    const [low, span] = [of(y0), of(y1) - of(y0)];
    const x = (value) => left + ((value - x0) / (x1 - x0)) * (right - left);
    const y = (value) => bottom - ((of(value) - low) / span) * (bottom - top);

    c.textBaseline = "middle";
    c.lineWidth = 1;
    for (const at of up) {
      c.strokeStyle = rule;
      c.beginPath();
      c.moveTo(left, y(at));
      c.lineTo(right, y(at));
      c.stroke();
      c.fillStyle = soft;
      c.textAlign = "right";
      c.fillText(label(at), left - 7, y(at));
    }
    c.textAlign = "center";
    for (const at of ticks([x0, x1], false, Math.max(3, Math.min(8, (right - left) / 70)))) c.fillText(words(at), x(at), bottom + 14);
    c.fillText(this.across, (left + right) / 2, bottom + 31);

    c.save();
    c.beginPath();
    c.rect(left - 5, top - 6, right - left + 12, bottom - top + 12);
    c.clip();
    const beyond = [];
    for (const line of lines.toReversed()) {
      const look = lookOf(line.look);
      c.strokeStyle = hues[look.hue];
      c.fillStyle = hues[look.hue];
      c.setLineDash(look.dash ? look.dash.split(" ").map(Number) : []);
      const stroke = (values, lineWidth, alpha) => {
        [c.lineWidth, c.globalAlpha] = [lineWidth, alpha];
        c.beginPath();
        let drawing = false;
        line.points.forEach(([at], i) => {
          const value = values[i];
          if (value === null || at === null) {
            drawing = false;
            return;
          }
          if (drawing) c.lineTo(x(at), y(value));
          else c.moveTo(x(at), y(value));
          drawing = true;
        });
        c.stroke();
      };
      const alpha = line.faint ? 0.6 : 1;
      if (line.shown !== line.raw) stroke(line.raw, 1, 0.22);
      stroke(line.shown, line.faint ? 1.4 : 2, alpha);
      c.setLineDash([]);
      const some = line.shown.length <= 24 && line.plain ? line.shown.map((_, i) => i) : [line.shown.findLastIndex((value) => value !== null)];
      for (const i of some) {
        if (i < 0 || line.shown[i] === null) continue;
        const isBeyond = line.shown[i] > y1;
        if (isBeyond && i !== line.shown.length - 1) continue;
        // Ends above the picture are at its border, each to be seen.
        if (isBeyond) beyond.push(line.name);
        const aside = isBeyond ? 12 * (beyond.length - 1) : 0;
        marker(c, look, x(line.points[i][0]) - aside, isBeyond ? top : y(line.shown[i]), ground);
      }
      c.globalAlpha = 1;
    }
    c.restore();
    say(this.note, beyond.length > 0 ? `Above the picture: ${beyond.map(brief).join(", ")}.` : "");
    this.tell(lines, c, { x0, x1, left, right, top, bottom, soft, ink });
    canvas.setAttribute("aria-label", `${this.title}${lines.length ? ". " + lines.map((line) => `${brief(line.name)}: ${this.value(line.shown.findLast((value) => value !== null))}`).join("; ") : ", no curve yet"}. Arrow keys read values.`);
  }

  value(y) {
    return y === undefined || y === null ? "–" : words(y, this.percent);
  }

  // The values under the pointer.
  tell(lines, c, { x0, x1, left, right, top, bottom, soft }) {
    const { tip, at } = this;
    tip.hidden = at === null || lines.length === 0 || at < left - 10 || at > right + 10;
    if (tip.hidden) return;
    const place = Math.max(left, Math.min(right, at));
    const where = x0 + ((place - left) / (right - left)) * (x1 - x0);
    c.strokeStyle = soft;
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(place, top);
    c.lineTo(place, bottom);
    c.stroke();
    const rows = lines.map((line) => {
      let near = null;
      line.points.forEach(([point], i) => {
        if (point === null || line.shown[i] === null) return;
        if (near === null || Math.abs(point - where) < Math.abs(line.points[near][0] - where)) near = i;
      });
      const value = near === null || where > line.points.at(-1)[0] + (x1 - x0) / 50 ? null : line.shown[near];
      return el("div", {}, swatch(line.look), el("bdi", {}, brief(line.name)), el("span", {}, this.value(value)));
    });
    tip.replaceChildren(el("b", {}, `${words(where)} ${this.across}`), ...rows);
    const room = this.canvas.clientWidth;
    const width = tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(room - width, place < room / 2 ? place + 12 : place - width - 12))}px`;
    tip.style.top = `${this.canvas.offsetTop + 12}px`;
  }
}

function marker(c, look, x, y, ground) {
  c.beginPath();
  if (look.marker.length === 0) c.arc(x, y, 3.8, 0, 7);
  else look.marker.forEach(([dx, dy], i) => (i ? c.lineTo(x + dx, y + dy) : c.moveTo(x + dx, y + dy)));
  c.closePath();
  c.fill();
  c.strokeStyle = ground;
  c.lineWidth = 1.2;
  c.stroke();
}
