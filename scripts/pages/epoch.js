// Seconds an epoch of SimpleNN takes in the kernels of pages: node scripts/pages/epoch.js FOLDER
"use strict";
const { existsSync, readFileSync } = require("fs");
const { join } = require("path");
const { gunzipSync } = require("zlib");

const folder = process.argv[2];
if (!folder) {
  console.error("error: expected a folder with MNIST's four files");
  process.exit(2);
}
const read = (name) => {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`));
};

const file = join(__dirname, "../../crates/report/src/browser/kernels.wasm");
const kernels = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {}).exports;
const write = (place, bytes) => new Uint8Array(kernels.memory.buffer, place, bytes.length).set(bytes);
const doubles = (place, count) => new Float64Array(kernels.memory.buffer, place, count);

["train", "t10k"].forEach((name, split) => {
  const labels = read(`${name}-labels-idx1-ubyte`).subarray(8);
  write(kernels.digits_pixels(split, labels.length), read(`${name}-images-idx3-ubyte`).subarray(16));
  write(kernels.digits_labels(split), labels);
});

// Places of the rules in crates/wasm/src/rules.rs.
const room = kernels.reserve(64);
for (const [name, rule, settings] of [
  ["sgd lr=0.1", 0, [0.1]],
  ["adam lr=0.001", 8, [0.001, 0.9, 0.999, 1e-8]],
]) {
  doubles(room, 8).fill(0).set(settings);
  kernels.train_start(rule, room, Infinity, 0, 64);
  for (let epoch = 1; epoch <= 3; epoch += 1) {
    const began = performance.now();
    const loss = kernels.train_run(938);
    const seconds = (performance.now() - began) / 1000;
    kernels.train_evaluate(1, 0, 10000, room);
    const accuracy = doubles(room, 2)[1] / 100;
    console.log(`${name}, epoch ${epoch}: ${seconds.toFixed(2)} s, loss ${loss.toFixed(4)}, test ${accuracy.toFixed(2)}%`);
  }
}
