"""Records what stands around optax's optimizers, for the tests of `optim`.

usage: python wrappers.py DIR

Reads DIR/stream.safetensors, which scripts/pytorch/trajectories.py writes, and writes
DIR/wrappers_optax.safetensors: for each recipe, in the spelling of `optim`, the weights after
steps 1, 10, 100 and 1000, and where others are evaluated, those after the same steps. For
if_finite, one gradient in seven is not finite. Arrays are float32; 64-bit mode is on only so
that bias corrections and schedules are computed in float64.
"""

import sys
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402
from safetensors.numpy import load_file  # noqa: E402

sys.path.append(str(Path(__file__).parents[1]))
import recording  # noqa: E402

SAMPLED = [1, 10, 100, 1000]


def accumulated(rule, every):
    return optax.MultiSteps(rule, every).gradient_transformation()


METHODS = {
    "accumulate(sgd lr=0.1 momentum=0.9)": accumulated(optax.sgd(0.1, 0.9), 4),
    "accumulate(adam lr=0.01) every=7": accumulated(optax.adam(0.01), 7),
    # Of 1000 batches, 333 updates: the schedule counts those.
    "accumulate(sgd lr=0.1 momentum=0.9) every=3, cosine": accumulated(
        optax.sgd(optax.cosine_decay_schedule(0.1, 333), 0.9), 3
    ),
    "if_finite(sgd lr=0.1 momentum=0.9) most=1": optax.apply_if_finite(optax.sgd(0.1, 0.9), 1),
    "if_finite(adam lr=0.01)": optax.apply_if_finite(optax.adam(0.01), 5),
    "if_finite(accumulate(adam lr=0.01) every=2)": optax.apply_if_finite(
        accumulated(optax.adam(0.01), 2), 5
    ),
    "lookahead(sgd lr=0.1 momentum=0.9) k=6 alpha=0.3": optax.lookahead(
        optax.sgd(0.1, 0.9), 6, 0.3
    ),
}


def replay(recipe, start, gradients):
    method, w = METHODS[recipe], jnp.asarray(start)
    steps_back = recipe.startswith("lookahead")
    params = optax.LookaheadParams.init_synced(w) if steps_back else w
    state = method.init(params)
    update_of = jax.jit(method.update)
    seen, evaluated = [], []
    for step, gradient in enumerate(gradients, 1):
        if "if_finite" in recipe and step % 7 == 3:
            gradient = gradient.copy()
            gradient[5] = np.inf if step % 2 == 0 else np.nan
        update, state = update_of(jnp.asarray(gradient), state, params)
        params = optax.apply_updates(params, update)
        if step in SAMPLED:
            seen.append(np.asarray(params.fast if steps_back else params))
            if steps_back:
                evaluated.append(np.asarray(params.slow))
    assert all(w.dtype == np.float32 for w in seen)
    return np.stack(seen + evaluated)


def main():
    folder, made_with = recording.begin(__doc__, ["numpy", "jax", "optax"])
    stream = load_file(folder / "stream.safetensors")
    recorded = {
        recipe: replay(recipe, stream["start"], stream["gradients"]) for recipe in METHODS
    }
    recording.save(folder / "wrappers_optax.safetensors", recorded, made_with, steps=SAMPLED)


if __name__ == "__main__":
    main()
