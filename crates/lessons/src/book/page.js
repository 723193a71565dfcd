// The paper has no fold: open it for printing, and close it again.
const fold = document.getElementById("reveal");
if (fold) {
  let opened = false;
  addEventListener("beforeprint", () => { opened = fold.open; fold.open = true; });
  addEventListener("afterprint", () => { fold.open = opened; });
}

function button(label, title, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.title = title;
  made.addEventListener("click", act);
  return made;
}

// The index tells no verdict before it is asked for.
const first = document.querySelector(".lessons");
if (first) {
  const list = document.body.classList;
  list.add("guess");
  const both = ["Show the verdicts", "Hide the verdicts"];
  const shown = button(both[0], "Guess first: each page asks a question before it tells", () => {
    const hidden = list.toggle("guess");
    shown.textContent = both[hidden ? 0 : 1];
    shown.setAttribute("aria-pressed", String(!hidden));
  });
  shown.setAttribute("aria-pressed", "false");
  const bar = document.createElement("p");
  bar.className = "bar";
  bar.append(shown);
  first.closest("section").before(bar);
}

// Figures as files.
for (const figure of document.querySelectorAll("figure[data-csv]")) {
  const { name, csv } = figure.dataset;
  const picture = () => {
    const copy = figure.querySelector("svg").cloneNode(true);
    const [, , width, height] = copy.getAttribute("viewBox").split(" ");
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    return new XMLSerializer().serializeToString(copy);
  };
  const bar = document.createElement("p");
  bar.className = "bar";
  bar.append(
    button("SVG", "Save the figure as SVG", () => save(`${name}.svg`, "image/svg+xml", picture())),
    button("PNG", "Save the figure as PNG", () => savePng(`${name}.png`, picture())),
    button("CSV", "Save the numbers of the figure as CSV", () => save(`${name}.csv`, "text/csv", csv)),
  );
  figure.append(bar);
}
