// SimpleNN on the digits of the page, a slice of milliseconds at a time, so that messages are heard between.
const TRAIN = 0, TEST = 1, PIXELS = 784;
const SLICE = 15, QUIET = 60; // milliseconds of a slice, and between two reports
const CURVE = 20, EVALUATIONS = 4; // points and evaluations of an epoch

const counts = [0, 0];
let room = null, run = null, image = null, testPixels = 0;
const next = new MessageChannel();

const give = async (split, { pixels, labels }) => {
  const [images, classes] = [await unpack(pixels), await unpack(labels)];
  counts[split] = classes.length;
  const place = kernels.digits_pixels(split, classes.length);
  bytes(place, images.length).set(images);
  if (split === TEST) testPixels = place;
  bytes(kernels.digits_labels(split), classes.length).set(classes);
};

const start = ({ id, kernel, seed, batch }) => {
  doubles(room, SETTINGS).set(kernel.settings);
  kernels.train_start(kernel.rule, room, norm(kernel), seed, batch);
  const perEpoch = Math.ceil(counts[TRAIN] / batch);
  run = { id, perEpoch, steps: 0, seconds: 0, running: false, told: 0, sum: 0, count: 0, curve: [], tests: [] };
  evaluate();
  report();
};

const evaluate = () => {
  let [loss, correct] = [0, 0];
  for (let from = 0; from < counts[TEST]; from += 500) {
    kernels.train_evaluate(TEST, from, Math.min(counts[TEST], from + 500), room);
    const [more, right] = doubles(room, 2);
    [loss, correct] = [loss + more, correct + right];
  }
  run.tests.push([run.steps / run.perEpoch, loss / counts[TEST], correct / counts[TEST]]);
};

// True at the steps that divide an epoch into equal parts, and at its end.
const falls = (parts) => {
  const place = (run.steps - 1) % run.perEpoch;
  return Math.floor(((place + 1) * parts) / run.perEpoch) > Math.floor((place * parts) / run.perEpoch);
};

const slice = () => {
  if (!run?.running) return;
  const until = performance.now() + SLICE;
  while (performance.now() < until && run.running) step();
  if (!run.running || performance.now() - run.told > QUIET) report();
  next.port2.postMessage(null);
};

const step = () => {
  const began = performance.now();
  const loss = kernels.train_run(1);
  run.seconds += (performance.now() - began) / 1000;
  run.steps += 1;
  [run.sum, run.count] = [run.sum + loss, run.count + 1];
  if (!isFinite(loss)) {
    [run.running, run.diverged] = [false, true];
    return;
  }
  if (falls(CURVE)) {
    run.curve.push([(run.steps - run.count / 2) / run.perEpoch, run.sum / run.count]);
    [run.sum, run.count] = [0, 0];
  }
  if (falls(EVALUATIONS)) evaluate();
};

// What is new since the last report.
const report = () => {
  const { id, perEpoch, steps, seconds, diverged, curve, tests } = run;
  run.told = performance.now();
  postMessage({ progress: { id, perEpoch, steps, seconds, diverged: !!diverged, curve, tests } });
  [run.curve, run.tests] = [[], []];
  if (image && steps > 0) predict();
};

const predict = () => {
  bytes(room, PIXELS).set(image);
  kernels.train_predict(room, room + PIXELS);
  postMessage({ probabilities: singles(room + PIXELS, 10).slice() });
};

next.port1.onmessage = slice;

answer(async (message) => {
  if (message.kernels) {
    await load(message.kernels);
    room = kernels.reserve(PIXELS + 40);
    await give(TRAIN, message.train);
    await give(TEST, message.test);
    postMessage({ ready: counts });
  } else if (message.start) {
    start(message.start);
  } else if ("running" in message && run && !run.diverged) {
    run.running = message.running;
    if (message.running) next.port2.postMessage(null);
    else report();
  } else if (message.rate) {
    kernels.train_set_rate(message.rate);
  } else if (message.image) {
    image = message.image;
    if (run) predict();
  } else if ("test" in message) {
    const index = message.test % counts[TEST];
    const place = testPixels + index * PIXELS;
    postMessage({ digit: bytes(place, PIXELS).slice(), label: bytes(kernels.digits_labels(TEST), counts[TEST])[index] });
  }
});
