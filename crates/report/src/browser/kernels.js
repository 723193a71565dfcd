// In a worker: the kernels, and rooms in their memory.
let kernels = null;

// Text of a page back into bytes: base64, then gzip.
const unpack = async (text) => {
  const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

const load = async (text) => {
  kernels = (await WebAssembly.instantiate(await unpack(text))).instance.exports;
};

// Views are made when they are used: memory that grows is another buffer.
const bytes = (place, count) => new Uint8Array(kernels.memory.buffer, place, count);
const singles = (place, count) => new Float32Array(kernels.memory.buffer, place, count);
const doubles = (place, count) => new Float64Array(kernels.memory.buffer, place, count);

const SETTINGS = 8;
const norm = (kernel) => kernel.max_norm ?? Infinity;

// Answers messages one after the other; a mistake is told to the page and not to the console alone.
const answer = (work) => {
  let turn = Promise.resolve();
  onmessage = ({ data }) => {
    turn = turn.then(() => work(data)).catch((error) => postMessage({ failed: String(error) }));
  };
};
