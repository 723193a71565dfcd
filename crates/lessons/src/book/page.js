// The paper has no fold: open it for printing, and close it again.
const fold = document.getElementById("reveal");
if (fold) {
  let opened = false;
  addEventListener("beforeprint", () => { opened = fold.open; fold.open = true; });
  addEventListener("afterprint", () => { fold.open = opened; });
}
