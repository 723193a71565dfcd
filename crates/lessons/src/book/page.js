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
function save(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
function savePng(name, text) {
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [2 * image.width, 2 * image.height];
    const pen = canvas.getContext("2d");
    pen.scale(2, 2);
    pen.drawImage(image, 0, 0);
    canvas.toBlob((file) => save(name, file));
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}
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
    button("SVG", "Save the figure as SVG", () => save(`${name}.svg`, picture(), "image/svg+xml")),
    button("PNG", "Save the figure as PNG", () => savePng(`${name}.png`, picture())),
    button("CSV", "Save the numbers of the figure as CSV", () => save(`${name}.csv`, csv, "text/csv")),
  );
  figure.append(bar);
}
