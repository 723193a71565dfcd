// Draws the figures again with controls, and saves tables and figures. The page is complete without it.
"use strict";
(() => {
const { looks, figures } = JSON.parse(document.getElementById("figures").textContent);
const SVG = document.querySelector("svg")?.namespaceURI;
const views = new Map();
const MOST_SEEDS = 3000;

// Elements.
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}
function draw(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}
function button(label, title, act) {
  // With the visible word first, for those who speak it.
  const node = el("button", { type: "button", title, "aria-label": `${label}: ${title}` }, label);
  node.addEventListener("click", act);
  return node;
}
const round = (x) => Math.round(x * 100) / 100;

// Numbers in words: three digits, a thousand and more with commas, an exponent where it would be a row of zeros.
function words(x, percent, step) {
  if (percent) return (100 * x).toFixed(step ? decimals(100 * step) : 2) + "%";
  const size = Math.abs(x);
  if (x === 0 || (step && size < step * 1e-6)) return "0";
  if (size >= 1e7 || size < 1e-3) return Number(x.toPrecision(3)).toExponential().replace("e+", "e");
  if (step) return x.toLocaleString("en", { maximumFractionDigits: decimals(step), minimumFractionDigits: decimals(step) });
  return Number(x.toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 8 });
}
const decimals = (step) => Math.max(0, Math.min(10, -Math.floor(Math.log10(step) + 1e-9)));

// Round numbers of an axis.
function ticks([low, high], log, most) {
  const found = [];
  if (log) {
    const decades = Math.log10(high / low);
    const digits = decades > most ? [1] : decades > most / 3 ? [1, 3] : decades > 0.7 ? [1, 2, 5] : null;
    if (digits) {
      const every = Math.ceil(decades / most);
      for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
        if (digits.length === 1 && power % every !== 0) continue;
        for (const digit of digits) {
          const at = digit * 10 ** power;
          if (at >= low * 0.9999 && at <= high * 1.0001) found.push(at);
        }
      }
      if (found.length > 1) return { at: found };
    }
  }
  const raw = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((digit) => digit * power >= raw * 0.9999) * power;
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n += 1) found.push(n * step);
  return { at: found, step };
}

// One line after smoothing: an exponential moving average without the bias of its start.
function smoothed(y, weight) {
  let [sum, mass] = [0, 0];
  return y.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    mass = weight * mass + 1 - weight;
    return sum / mass;
  });
}

class View {
  constructor(figure, data) {
    this.figure = figure;
    this.data = data;
    this.initial = { x: 0, log: data.yLog, off: [], zoom: null, smooth: 0, seeds: false };
    this.state = { ...this.initial };
    this.picture = figure.querySelector("svg");
    this.tip = el("div", { class: "tip", role: "status" });
    this.tip.hidden = true;
    this.controls();
    this.listen();
    this.width = 0;
    new ResizeObserver(() => {
      const width = Math.round(figure.clientWidth);
      if (width > 0 && width !== this.width) this.show();
    }).observe(figure);
  }

  // The buttons.
  controls() {
    const { data, figure } = this;
    const change = (part) => () => this.set(part());
    const bar = el("div", { class: "controls", role: "toolbar", "aria-label": `Controls of ${data.title}` });
    if (data.x.length > 1) {
      this.choice = el("select", {}, ...data.x.map((name, index) => el("option", { value: index }, name)));
      this.choice.addEventListener("change", () => this.set({ x: Number(this.choice.value), zoom: null }));
      bar.append(el("label", {}, "across ", this.choice));
    }
    this.log = button("log", "Logarithmic or linear axis up", change(() => ({ log: !this.state.log, zoom: null })));
    bar.append(this.log);
    this.store = document.getElementById(`${data.id}-seeds`);
    if (this.store) {
      this.single = button("seeds", "Show or hide single seeds", change(() => ({ seeds: !this.state.seeds })));
      bar.append(this.single);
    }
    if (data.x[0] === "epochs" && data.lines.some((line) => line.draw === "line" && line.y.length > 8)) {
      this.slider = el("input", { type: "range", min: 0, max: 0.95, step: 0.05, value: 0 });
      this.slider.addEventListener("input", () => this.set({ smooth: Number(this.slider.value) }));
      this.amount = el("output");
      bar.append(el("label", {}, "smooth ", this.slider, this.amount));
    }
    this.reset = button("whole", "Show the whole figure (0)", change(() => ({ zoom: null })));
    bar.append(this.reset);
    bar.append(el("span", { class: "gap" }));
    bar.append(button("SVG", "Save the figure as SVG", () => save(`${data.id}.svg`, "image/svg+xml", this.file())));
    bar.append(button("PNG", "Save the figure as PNG", () => savePng(`${data.id}.png`, this.file())));
    bar.append(button("CSV", "Save the numbers of the figure as CSV", () => save(`${data.id}.csv`, "text/csv", this.rows())));

    this.legend = el("div", { class: "legend", role: "group", "aria-label": "Lines" });
    this.keys = data.lines.map((line, index) => {
      const key = button("", "Show or hide this line; double click shows it alone", () => {
        const off = new Set(this.state.off);
        if (!off.delete(index)) off.add(index);
        this.set({ off: [...off] });
      });
      key.addEventListener("dblclick", () => {
        const others = data.lines.map((_, other) => other).filter((other) => other !== index);
        this.set({ off: others });
      });
      key.append(swatch(looks[line.look], line.draw), el("bdi", {}, line.name));
      key.hidden = line.y.length === 0;
      return key;
    });
    this.legend.append(...this.keys);
    if (data.lines.length > 4) {
      this.legend.append(button("all", "Show all lines", () => this.set({ off: [] })));
    }
    const notes = el("figcaption", {}, ...data.notes.map((note) => el("p", {}, note)));
    figure.prepend(el("h3", {}, data.title), bar);
    figure.append(this.legend, this.tip, notes);
  }

  // Takes a change, shows it and writes it into the address.
  set(part) {
    Object.assign(this.state, part);
    this.show();
    remember();
  }

  // Single seeds, read when they are first wanted.
  runs() {
    if (!this.read && this.store) this.read = JSON.parse(this.store.textContent);
    return this.read ?? [];
  }

  across(line) {
    return line.x[Math.min(this.state.x, line.x.length - 1)];
  }

  visible() {
    return this.data.lines.map((line, index) => ({ line, index }))
      .filter(({ line, index }) => line.y.length > 0 && !this.state.off.includes(index));
  }

  // Lowest and highest number of both axes.
  limits() {
    const { data, state } = this;
    if (state.zoom) return [state.zoom.slice(0, 2), state.zoom.slice(2)];
    const fits = (value, log) => value !== null && (!log || value > 0);
    const range = (values, log) => {
      let [low, high] = [Infinity, -Infinity];
      for (const value of values) {
        if (!fits(value, log)) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      if (low > high) return log ? [0.1, 1] : [0, 1];
      if (low === high) return log ? [low / 2, low * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
      return [low, high];
    };
    const lines = this.visible().map(({ line }) => line);
    const marks = (axis) => data.marks[axis].map(([at]) => at);
    const xs = range([...lines.flatMap((line) => this.across(line)), ...(state.x === 0 ? marks(0) : [])], data.xLog);
    if (!data.xLog && xs[0] > 0 && data.x.length > 1) xs[0] = 0;
    let ys = lines.flatMap((line) => [...line.y, ...line.low, ...line.high]).concat(marks(1));
    if (data.window) {
      const [low, high] = data.window;
      const inside = ys.filter((value) => value !== null && value >= low - 1e-12 && value <= high * (1 + 1e-9));
      // A line that lies outside of the window alone is shown whole.
      if (inside.length > 1) ys = inside;
    }
    let [low, high] = range(ys, state.log);
    const room = state.log ? 1.1 : (high - low) * 0.04;
    [low, high] = state.log ? [low / room, high * room] : [low - room, high + room];
    return [xs, [low, high]];
  }

  // The picture at a width; with its legend inside for a file.
  render(width, forFile) {
    const { data, state } = this;
    const [xs, ys] = this.limits();
    const lines = this.visible();
    const up = ticks(ys, state.log, 6);
    const labels = up.at.map((at) => words(at, data.percent, up.step));
    const left = Math.max(34, 10 + 7 * Math.max(0, ...labels.map((label) => label.length)));
    const [top, right] = [forFile ? 58 : 26, width - 12];
    const plot = Math.max(190, Math.min(330, width * 0.56));
    const bottom = top + plot;
    const legend = forFile ? 18 * lines.length + 10 : 0;
    const height = bottom + 42 + legend;
    const svg = document.createElementNS(SVG, "svg");
    const set = { class: "curves", viewBox: `0 0 ${width} ${height}`, width, height, role: "img" };
    for (const [key, value] of Object.entries(set)) svg.setAttribute(key, value);
    svg.setAttribute("aria-label", data.summary);
    const place = ([low, high], log, from, to) => {
      const scale = (x) => (log ? Math.log10(Math.max(x, 1e-300)) : x);
      const [a, b] = [scale(low), scale(high)];
      return (x) => Math.max(-4000, Math.min(6000, from + ((scale(x) - a) / (b - a)) * (to - from)));
    };
    const [x, y] = [place(xs, data.xLog, left, right), place(ys, state.log, bottom, top)];
    Object.assign(svg, { place: { xs, ys, left, right, top, bottom, x, y } });

    const small = { class: "soft", fill: "#59636e", "font-size": 12 };
    up.at.forEach((at, index) => {
      const level = round(y(at));
      draw(svg, "line", { class: "grid", x1: left, x2: right, y1: level, y2: level, stroke: "#e3e6ea" });
      draw(svg, "text", { ...small, x: left - 7, y: level + 4, "text-anchor": "end" }, labels[index]);
    });
    draw(svg, "line", { class: "base", x1: left, x2: right, y1: bottom, y2: bottom, stroke: "#8b949e" });
    const along = ticks(xs, data.xLog, Math.max(3, Math.min(8, Math.floor((right - left) / 80))));
    for (const at of along.at) {
      draw(svg, "text", { ...small, x: round(x(at)), y: bottom + 17, "text-anchor": "middle" }, words(at, false, along.step));
    }
    draw(svg, "text", { ...small, x: (left + right) / 2, y: bottom + 35, "text-anchor": "middle" },
      data.x[state.x] + (data.xLog ? ", log scale" : ""));
    const smooth = state.smooth > 0 ? `; smoothed by ${state.smooth.toFixed(2)}, raw values pale` : "";
    draw(svg, "text", { ...small, x: 0, y: top - 12 }, `${data.y}${state.log ? ", log scale" : ""}${smooth}`);
    if (forFile) {
      draw(svg, "text", { class: "ink", fill: "#1b1f24", "font-size": 15, "font-weight": 600, x: 0, y: 20 }, data.title);
    }

    const clip = `clip-${data.id}${forFile ? "-file" : ""}`;
    const cut = draw(svg, "clipPath", { id: clip });
    draw(cut, "rect", { x: left, y: top - 3, width: right - left + 3, height: bottom - top + 6 });
    const inside = draw(svg, "g", { "clip-path": `url(#${clip})` });
    this.marks(inside, svg.place, small);
    if (state.seeds) this.drawSeeds(inside, x, y);
    const order = lines.toReversed();
    for (const { line } of order) this.band(inside, line, x, y, lines.length);
    this.ends = new Map();
    for (const { line } of order) this.line(inside, line, x, y, svg.place);
    if (forFile) {
      lines.forEach(({ line }, index) => {
        const level = bottom + 56 + 18 * index;
        const key = swatch(looks[line.look], line.draw);
        key.setAttribute("x", left);
        key.setAttribute("y", level - 10);
        svg.append(key);
        draw(svg, "text", { class: "ink", fill: "#1b1f24", "font-size": 12, x: left + 36, y: level }, line.name);
      });
    }
    return svg;
  }

  marks(parent, { x, y, left, right, top, bottom }, small) {
    const dashed = { class: "base", stroke: "#8b949e", "stroke-width": 1.2, "stroke-dasharray": "5 4" };
    const [across, up] = this.data.marks;
    if (this.state.x === 0) {
      for (const [at, name] of across) {
        draw(parent, "line", { ...dashed, x1: x(at), x2: x(at), y1: top, y2: bottom });
        draw(parent, "text", { ...small, "font-size": 11, x: x(at) + 4, y: top + 12 }, name);
      }
    }
    for (const [at, name] of up) {
      draw(parent, "line", { ...dashed, x1: left, x2: right, y1: y(at), y2: y(at) });
      const level = y(at) < top + 14 ? y(at) + 14 : y(at) - 5;
      draw(parent, "text", { ...small, "font-size": 11, x: left + 6, y: level }, name);
    }
  }

  drawSeeds(parent, x, y) {
    const runs = this.runs();
    let shown = 0;
    for (const { line, index } of this.visible()) {
      const { at = [], seeds = [] } = runs[index] ?? {};
      const look = looks[line.look];
      for (const run of seeds) {
        shown += 1;
        if (shown > MOST_SEEDS) break;
        const measure = this.data.x[this.state.x];
        const own = measure === "seconds" ? run.t : at.map((point) => this.across(line)[point]);
        draw(parent, "path", {
          d: path(own, run.y, x, y, this.state.log), class: `s${look.hue}`, fill: "none", stroke: look.color,
          "stroke-width": 0.8, "stroke-opacity": 0.45,
        });
      }
    }
    this.omitted = Math.max(0, shown - MOST_SEEDS);
  }

  band(parent, line, x, y, count) {
    if (line.low.length === 0) return;
    const across = this.across(line);
    const look = looks[line.look];
    const log = this.state.log;
    let [upper, lower, d] = [[], [], ""];
    const close = () => {
      if (upper.length > 1) d += `M${upper.join("L")}L${lower.reverse().join("L")}Z`;
      [upper, lower] = [[], []];
    };
    across.forEach((at, i) => {
      const [low, high] = [line.low[i], line.high[i]];
      if (low === null || high === null || (log && high <= 0)) return close();
      upper.push(`${round(x(at))},${round(y(high))}`);
      lower.push(`${round(x(at))},${round(y(low))}`);
    });
    close();
    draw(parent, "path", { d, class: `f${look.hue}`, fill: look.color, "fill-opacity": count > 6 ? 0.07 : 0.15 });
  }

  // Distance from the place of an end beyond the border, so that of several each is seen.
  beyond(level, at) {
    const place = `${level} ${round(at)}`;
    const before = this.ends.get(place) ?? 0;
    this.ends.set(place, before + 1);
    return 11 * before;
  }

  line(parent, line, x, y, box) {
    const across = this.across(line);
    const look = looks[line.look];
    const { log, smooth } = this.state;
    const style = {
      class: `s${look.hue}`, fill: "none", stroke: look.color, "stroke-width": 2, "stroke-linejoin": "round", "stroke-linecap": "round",
    };
    const dash = line.draw === "theory" ? "5 4" : look.dash;
    if (dash) style["stroke-dasharray"] = dash;
    const isLine = line.draw !== "points";
    const raw = line.y;
    const shown = smooth > 0 && line.draw === "line" ? smoothed(raw, smooth) : raw;
    if (shown !== raw) {
      draw(parent, "path", { ...style, d: path(across, raw, x, y, log), "stroke-width": 1.2, "stroke-opacity": 0.35 });
    }
    if (isLine) draw(parent, "path", { ...style, d: path(across, shown, x, y, log, line.draw === "steps") });
    const points = shown.map((value, i) => i).filter((i) => shown[i] !== null && (!log || shown[i] > 0));
    const few = line.draw === "points" || (points.length <= 16 && line.draw === "line");
    if (line.draw === "theory") return;
    for (const i of few ? points : points.slice(-1)) {
      const [px, py] = [x(across[i]), y(shown[i])];
      // An end outside of the picture is drawn at its border.
      const level = Math.max(box.top, Math.min(box.bottom, py));
      if (level !== py && i !== points.at(-1)) continue;
      const aside = level === py ? 0 : this.beyond(level, px);
      marker(parent, look, px - aside, level);
    }
  }

  // Draws again, as wide as there is room.
  show() {
    const { data, state, figure } = this;
    this.width = Math.round(figure.clientWidth);
    if (this.width <= 0) return;
    const next = this.render(Math.max(260, this.width), false);
    next.setAttribute("tabindex", 0);
    next.setAttribute("role", "application");
    next.setAttribute("aria-label", `${data.summary} Arrow keys read values, plus and minus zoom, shift with arrows moves, 0 shows all.`);
    const focused = document.activeElement === this.picture;
    this.picture.replaceWith(next);
    this.picture = next;
    if (focused) next.focus({ preventScroll: true });
    this.log.setAttribute("aria-pressed", state.log);
    this.single?.setAttribute("aria-pressed", state.seeds);
    this.reset.disabled = !state.zoom;
    if (this.choice) this.choice.value = state.x;
    if (this.slider) {
      this.slider.value = state.smooth;
      this.amount.textContent = state.smooth > 0 ? ` ${state.smooth.toFixed(2)}` : " off";
    }
    this.keys.forEach((key, index) => key.setAttribute("aria-pressed", !state.off.includes(index)));
  }

  // Pointer and keys.
  listen() {
    const { figure } = this;
    let start = null;
    let frame = null;
    const at = (event) => {
      const box = this.picture.getBoundingClientRect();
      const scale = this.picture.viewBox.baseVal.width / box.width;
      return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    };
    const isPicture = (event) => event.target.closest?.("svg") === this.picture;
    figure.addEventListener("pointerdown", (event) => {
      if (!isPicture(event) || event.button !== 0) return;
      const box = this.picture.place;
      const [x, y] = at(event);
      if (x < box.left - 4 || x > box.right + 4 || y < box.top - 4 || y > box.bottom + 4) return;
      start = [x, y];
      if (event.pointerType === "mouse") event.preventDefault();
      this.picture.focus({ preventScroll: true });
      figure.setPointerCapture?.(event.pointerId);
    });
    figure.addEventListener("pointermove", (event) => {
      if (!start) {
        if (isPicture(event)) this.readAt(at(event)[0]);
        else if (event.target !== this.tip) this.hide();
        return;
      }
      const [x, y] = at(event);
      frame ??= draw(this.picture, "rect", { class: "frame" });
      const [a, b] = [Math.min(x, start[0]), Math.min(y, start[1])];
      const size = { x: a, y: b, width: Math.abs(x - start[0]), height: Math.abs(y - start[1]) };
      for (const [key, value] of Object.entries(size)) frame.setAttribute(key, value);
    });
    const end = (event) => {
      if (!start) return;
      const [x, y] = at(event);
      const [from, to] = [start, [x, y]];
      start = null;
      frame?.remove();
      frame = null;
      if (event.type === "pointercancel") return;
      if (Math.abs(from[0] - x) < 8 && Math.abs(from[1] - y) < 8) return this.readAt(x);
      this.zoom(from, to);
    };
    figure.addEventListener("pointerup", end);
    figure.addEventListener("pointercancel", end);
    figure.addEventListener("pointerleave", () => start || this.hide());
    // A captured pointer makes the figure the target.
    figure.addEventListener("dblclick", (event) => {
      if (event.target === figure || isPicture(event)) this.set({ zoom: null });
    });
    figure.addEventListener("keydown", (event) => {
      if (event.target !== this.picture || event.ctrlKey || event.metaKey || event.altKey) return;
      const turns = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      const turn = turns[event.key];
      if (turn && event.shiftKey) this.move(turn[0] / 5, turn[1] / 5, 1);
      else if (turn && turn[0]) this.step(turn[0]);
      else if (event.key === "+" || event.key === "=") this.move(0, 0, 0.6);
      else if (event.key === "-") this.move(0, 0, 1 / 0.6);
      else if (event.key === "0" || event.key === "Escape") { this.hide(); this.set({ zoom: null }); }
      else return;
      event.preventDefault();
    });
    figure.addEventListener("focusout", () => this.hide());
  }

  // Number at a pixel of an axis.
  back(pixel, [low, high], log, from, to) {
    const share = (pixel - from) / (to - from);
    return log ? low * (high / low) ** share : low + share * (high - low);
  }

  zoom([x1, y1], [x2, y2]) {
    const { xs, ys, left, right, top, bottom } = this.picture.place;
    const within = (value, low, high) => Math.max(low, Math.min(high, value));
    // A flat frame keeps the axis that it does not divide.
    const [wide, tall] = [Math.abs(x2 - x1) > 12, Math.abs(y2 - y1) > 12];
    const across = wide ? [x1, x2].map((p) => within(p, left, right)).sort((a, b) => a - b) : [left, right];
    const up = tall ? [y1, y2].map((p) => within(p, top, bottom)).sort((a, b) => b - a) : [bottom, top];
    if (across[1] - across[0] < 2 || up[0] - up[1] < 2) return;
    this.set({ zoom: [
      ...across.map((p) => this.back(p, xs, this.data.xLog, left, right)),
      ...up.map((p) => this.back(p, ys, this.state.log, bottom, top)),
    ] });
  }

  // Moves by shares of the window and scales it about its middle.
  move(right, up, factor) {
    const [xs, ys] = this.limits();
    const part = ([low, high], log, by) => {
      const [a, b] = log ? [Math.log10(low), Math.log10(high)] : [low, high];
      const [middle, half] = [(a + b) / 2 + by * (b - a), ((b - a) / 2) * factor];
      return [middle - half, middle + half].map((end) => (log ? 10 ** end : end));
    };
    this.set({ zoom: [...part(xs, this.data.xLog, right), ...part(ys, this.state.log, up)] });
  }

  // The next point to a side of the one that is read.
  step(by) {
    const { xs } = this.picture.place;
    const stops = [...new Set(this.visible().flatMap(({ line }) => this.across(line)))]
      .filter((at) => at !== null && at >= xs[0] && at <= xs[1]).sort((a, b) => a - b);
    if (stops.length === 0) return;
    const here = this.at === undefined ? (by > 0 ? -1 : stops.length) : stops.findIndex((at) => at >= this.at);
    const next = stops[Math.max(0, Math.min(stops.length - 1, (here < 0 ? stops.length : here) + by))];
    this.readAt(this.picture.place.x(next));
  }

  // Shows the values nearest to a pixel.
  readAt(pixel) {
    const { x, y, left, right, top, bottom, xs } = this.picture.place;
    if (pixel < left - 8 || pixel > right + 8) return this.hide();
    let best = null;
    for (const { line } of this.visible()) {
      for (const at of this.across(line)) {
        if (at === null || at < xs[0] || at > xs[1]) continue;
        const distance = Math.abs(x(at) - pixel);
        if (!best || distance < best.distance) best = { at, distance };
      }
    }
    if (!best) return this.hide();
    this.at = best.at;
    const rows = [];
    for (const { line } of this.visible()) {
      const across = this.across(line);
      let i = across.findIndex((at) => Math.abs(x(at) - x(best.at)) < 0.75);
      if (line.draw === "steps") i = across.findLastIndex((at) => at <= best.at);
      if (i < 0 || line.y[i] === null) continue;
      const band = line.low.length && line.low[i] !== line.high[i]
        ? ` (${words(line.low[i], this.data.percent)} to ${words(line.high[i], this.data.percent)})` : "";
      rows.push({ line, level: line.y[i], text: words(line.y[i], this.data.percent) + band });
    }
    rows.sort((a, b) => b.level - a.level);
    this.hair?.remove();
    this.hair = draw(this.picture, "line", { class: "crosshair", x1: x(best.at), x2: x(best.at), y1: top, y2: bottom });
    const name = this.data.x[this.state.x];
    this.tip.replaceChildren(el("b", {}, `${name} ${words(best.at)}`), ...rows.map(({ line, text }) =>
      el("div", {}, swatch(looks[line.look], line.draw), el("bdi", {}, line.name), el("span", {}, text))));
    this.tip.hidden = false;
    // Under the picture, so that it covers no line.
    this.tip.style.top = `${this.picture.getBoundingClientRect().bottom - this.figure.getBoundingClientRect().top + 4}px`;
  }

  hide() {
    this.hair?.remove();
    this.hair = null;
    this.at = undefined;
    this.tip.hidden = true;
  }

  // The picture as a file.
  file() {
    const svg = this.render(760, true);
    return standalone(svg);
  }

  // The numbers as CSV: a row a point; single seeds too if they are shown.
  rows() {
    const { data, state } = this;
    const rows = [["line", "seed", ...data.x, "value", "low", "high"]];
    const runs = state.seeds ? this.runs() : [];
    for (const { line, index } of this.visible()) {
      line.y.forEach((value, i) => {
        rows.push([line.name, "", ...line.x.map((measure) => measure[i]), value, line.low[i], line.high[i]]);
      });
      const { at = [], seeds = [] } = runs[index] ?? {};
      for (const run of seeds) {
        at.forEach((point, i) => {
          const measures = data.x.map((name, k) => (name === "seconds" ? run.t[i] : line.x[k][point]));
          if (run.y[i] !== null) rows.push([line.name, run.seed, ...measures, run.y[i], "", ""]);
        });
      }
    }
    return csv(rows);
  }
}

// A line through the points that have a place.
function path(across, y, px, py, log, steps = false) {
  let [d, pen, last] = ["", "M", 0];
  for (let i = 0; i < y.length; i += 1) {
    if (y[i] === null || y[i] === undefined || (log && y[i] <= 0)) { pen = "M"; continue; }
    const [a, b] = [round(px(across[i])), round(py(y[i]))];
    if (steps && pen === "L") d += `L${a},${last}`;
    d += `${pen}${a},${b}`;
    [pen, last] = ["L", b];
  }
  return d;
}

function marker(parent, look, x, y) {
  const paint = { class: `f${look.hue} halo`, fill: look.color, stroke: "#ffffff", "stroke-width": 1.2 };
  if (look.marker.length === 0) return draw(parent, "circle", { ...paint, cx: round(x), cy: round(y), r: 3.8 });
  const corners = look.marker.map(([a, b]) => `${round(x + a)},${round(y + b)}`);
  return draw(parent, "polygon", { ...paint, points: corners.join(" ") });
}

function swatch(look, kind) {
  const svg = document.createElementNS(SVG, "svg");
  const size = { class: "curves swatch", viewBox: "0 0 28 12", width: 28, height: 12, "aria-hidden": true };
  for (const [key, value] of Object.entries(size)) svg.setAttribute(key, value);
  const dash = kind === "theory" ? "5 4" : look.dash;
  const style = { class: `s${look.hue}`, stroke: look.color, "stroke-width": 2 };
  if (dash) style["stroke-dasharray"] = dash;
  if (kind !== "points") draw(svg, "line", { ...style, x1: 2, x2: 26, y1: 6, y2: 6 });
  if (kind !== "theory") marker(svg, look, 14, 6);
  return svg;
}

// Files.
function standalone(svg) {
  const copy = svg.cloneNode(true);
  const [, , width, height] = copy.getAttribute("viewBox").split(" ").map(Number);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  const style = document.createElementNS(SVG, "style");
  style.textContent = document.getElementById("looks").textContent;
  const ground = document.createElementNS(SVG, "rect");
  for (const [key, value] of Object.entries({ class: "ground", width: "100%", height: "100%", fill: "#ffffff" })) {
    ground.setAttribute(key, value);
  }
  copy.prepend(style, ground);
  return new XMLSerializer().serializeToString(copy);
}
function csv(rows) {
  const field = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
}

// Tables as CSV: numbers in full where a cell has them.
for (const table of document.querySelectorAll("table[data-title]")) {
  const title = table.dataset.title;
  const name = title.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 60).replace(/^-|-$/g, "") || "table";
  const rows = () => {
    const keys = [...table.tHead.rows[0].cells].map((cell) => JSON.parse(cell.dataset.keys ?? "null"));
    const heads = [...table.tHead.rows[0].cells].flatMap((cell, i) => keys[i] ?? [cell.textContent.trim()]);
    const lines = [...table.tBodies[0].rows].map((row) => [...row.cells].flatMap((cell, i) => {
      if (!keys[i]) return [cell.textContent.trim()];
      const values = (cell.dataset.values ?? "").split("|");
      return keys[i].map((_, place) => values[place] ?? "");
    }));
    return csv([heads, ...lines]);
  };
  const tools = el("div", { class: "controls" });
  tools.append(button("CSV", `Save the table “${title}” as CSV`, () => save(`${name}.csv`, "text/csv", rows())));
  table.closest(".table").append(tools);
}

// Figures.
for (const data of figures) {
  const figure = document.querySelector(`figure[data-figure="${data.id}"]`);
  if (figure) views.set(data.id, new View(figure, data));
}
for (const figure of document.querySelectorAll("figure[data-figure]")) {
  const id = figure.dataset.figure;
  if (views.has(id)) continue;
  const bar = el("div", { class: "controls" });
  const file = () => standalone(figure.querySelector("svg"));
  bar.append(button("SVG", "Save the figure as SVG", () => save(`${id}.svg`, "image/svg+xml", file())));
  bar.append(button("PNG", "Save the figure as PNG", () => savePng(`${id}.png`, file())));
  figure.append(bar);
}

// The situation in the address: `#loss.x=4&loss.off=1,2`.
function remember() {
  const parts = [];
  for (const [id, { state, initial }] of views) {
    if (state.x !== initial.x) parts.push(`${id}.x=${state.x}`);
    if (state.log !== initial.log) parts.push(`${id}.log=${state.log ? 1 : 0}`);
    if (state.off.length > 0) parts.push(`${id}.off=${state.off.toSorted((a, b) => a - b).join(",")}`);
    if (state.zoom) parts.push(`${id}.zoom=${state.zoom.map((x) => Number(x.toPrecision(6))).join(",")}`);
    if (state.smooth > 0) parts.push(`${id}.smooth=${state.smooth}`);
    if (state.seeds) parts.push(`${id}.seeds=1`);
  }
  const fragment = parts.length ? `#${parts.join("&")}` : "#";
  try { history.replaceState(null, "", fragment); } catch { location.replace(fragment); }
}
function recall() {
  const fragment = location.hash.slice(1);
  if (fragment && !fragment.includes("=")) return;
  for (const view of views.values()) Object.assign(view.state, view.initial, { off: [] });
  for (const part of fragment.split("&")) {
    const [, id, key, text] = /^(.+)\.(x|log|off|zoom|smooth|seeds)=([-\d.,e+]*)$/.exec(part) ?? [];
    const view = views.get(id);
    if (!view) continue;
    const values = text.split(",").map(Number);
    if (!values.every(Number.isFinite)) continue;
    const { state, data } = view;
    if (key === "x" && data.x[values[0]] !== undefined) state.x = values[0];
    if (key === "log") state.log = values[0] === 1;
    if (key === "off") state.off = values.filter((index) => data.lines[index]);
    if (key === "zoom" && values.length === 4 && values[0] < values[1] && values[2] < values[3]) state.zoom = values;
    if (key === "smooth") state.smooth = Math.max(0, Math.min(0.95, values[0]));
    if (key === "seeds") state.seeds = values[0] === 1 && Boolean(view.store);
  }
  for (const view of views.values()) view.show();
}
addEventListener("hashchange", recall);
recall();

// Paper has no button to open them.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
})();
