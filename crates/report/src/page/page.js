// The values under the pointer. The page is complete without it.
"use strict";
for (const panel of JSON.parse(document.getElementById("spots").textContent)) {
  const picture = document.querySelector(`svg[data-panel="${panel.panel}"]`);
  if (!picture || panel.lines.length === 0) continue;
  const stops = [...new Set(panel.lines.flatMap((line) => line.spots.map((spot) => spot.x)))];

  const hair = document.createElementNS(picture.namespaceURI, "line");
  hair.setAttribute("class", "crosshair");
  hair.setAttribute("y1", panel.top);
  hair.setAttribute("y2", panel.bottom);
  const tip = document.createElement("div");
  tip.className = "tip";

  const show = (event) => {
    const matrix = picture.getScreenCTM();
    if (!matrix) return;
    const pointer = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    const x = stops.reduce((a, b) => (Math.abs(b - pointer.x) < Math.abs(a - pointer.x) ? b : a));
    const here = [];
    for (const line of panel.lines) {
      const spot = line.spots.find((spot) => spot.x === x);
      if (spot) here.push({ ...spot, name: line.name, look: line.look });
    }
    here.sort((a, b) => a.y - b.y);

    const heading = document.createElement("b");
    heading.textContent = `epoch ${here[0].epoch}`;
    tip.replaceChildren(heading, ...here.map(row));
    hair.setAttribute("x1", x);
    hair.setAttribute("x2", x);
    if (!hair.parentNode) {
      picture.append(hair);
      picture.parentNode.append(tip);
    }
    // Under the picture, so that it covers no line; over it where the window ends.
    const frame = picture.getBoundingClientRect();
    const under = frame.bottom + tip.offsetHeight + 8 < innerHeight;
    tip.style.top = under ? "calc(100% + 4px)" : "auto";
    tip.style.bottom = under ? "auto" : "calc(100% + 4px)";
  };
  const hide = () => {
    hair.remove();
    tip.remove();
  };
  picture.addEventListener("pointermove", show);
  picture.addEventListener("pointerdown", show);
  picture.addEventListener("pointerleave", hide);
}

function row(spot) {
  const line = document.createElement("div");
  const key = document.querySelector(`[data-look="${spot.look}"] svg`);
  const name = document.createElement("bdi");
  name.textContent = spot.name;
  const value = document.createElement("span");
  value.textContent = spot.value;
  line.append(key ? key.cloneNode(true) : "", name, value);
  return line;
}

// Paper has no button to open them.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
