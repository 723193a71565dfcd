// Paths from any start, as `descent race` computes them.
let setup = null, room = null;

const rounded = (rate) => Number(rate.toExponential(2));

// The arguments of a path: settings, norm, start, noise.
const argumentsOf = (kernel, start, rate) => {
  const settings = kernel.settings.slice();
  if (rate !== null) settings[0] = rate;
  doubles(room.arguments, SETTINGS + 4).set([...settings, norm(kernel), ...start, setup.noise]);
};

// Numbers that a path is computed with next to its arguments.
const more = ({ factors }) => {
  doubles(room.factors, factors.length).set(factors);
  return [setup.steps, room.normals, setup.normals.length, room.factors, factors.length];
};

const path = (kernel, start, rate) => {
  argumentsOf(kernel, start, rate);
  const width = 7 + 2 * kernel.arrays.length;
  const count = kernels.race_path(setup.function, kernel.rule, room.arguments, ...more(kernel), room.points);
  return { rate: rate ?? kernel.settings[0], width, points: doubles(room.points, width * count).slice() };
};

const tuned = (kernel, start) => {
  argumentsOf(kernel, start, null);
  const numbers = [...more(kernel), room.rates, setup.rates.length];
  const best = kernels.race_best_rate(setup.function, kernel.rule, room.arguments, ...numbers);
  return path(kernel, start, setup.rates[best]);
};

const compute = ({ start, lr }) => {
  const began = performance.now();
  const rate = rounded(lr ?? 1 / kernels.race_curvature(setup.function, ...start));
  const heat = (run) => setup.entrants.map(({ kernel, keeps_rate }) => {
    if (!kernel) return null;
    return keeps_rate ? path(kernel, start, null) : run(kernel);
  });
  const heats = [heat((kernel) => path(kernel, start, rate)), heat((kernel) => tuned(kernel, start))];
  return { start, rate, heats: heats.slice(0, setup.heats), milliseconds: performance.now() - began };
};

answer(async (message) => {
  if (!message.kernels) return postMessage(compute(message));
  await load(message.kernels);
  setup = message.setup;
  const widest = Math.max(7, ...setup.entrants.map(({ kernel }) => 7 + 2 * (kernel ? kernel.arrays.length : 0)));
  room = {
    arguments: kernels.reserve(8 * (SETTINGS + 4)),
    points: kernels.reserve(8 * widest * (setup.steps + 1)),
    normals: kernels.reserve(4 * setup.normals.length),
    rates: kernels.reserve(8 * setup.rates.length),
    factors: kernels.reserve(8 * setup.steps),
  };
  singles(room.normals, setup.normals.length).set(setup.normals);
  doubles(room.rates, setup.rates.length).set(setup.rates);
  postMessage({ ready: true });
});
