// In a page: a worker from text, which a file from a disk may start too.
const startWorker = (source, told) => {
  const missing = ["WebAssembly", "Worker", "DecompressionStream"].find((name) => !(name in window));
  if (missing) {
    told({ failed: `this browser has no ${missing}` });
    return null;
  }
  try {
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(url);
    worker.onmessage = ({ data }) => told(data);
    worker.onerror = (event) => told({ failed: event.message || "the worker does not start" });
    return worker;
  } catch (error) {
    told({ failed: String(error) });
    return null;
  }
};
