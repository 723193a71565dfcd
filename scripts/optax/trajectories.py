"""Records what optax's optimizers do with given gradients, for the tests of `optim`.

usage: python trajectories.py DIR

Reads DIR/stream.safetensors, which scripts/pytorch/trajectories.py writes, and writes
DIR/optax.safetensors: for each recipe, in the spelling of `optim`, the weights after steps 1,
10, 100 and 1000. Rules that ask for the loss are told that of `loss`. Arrays are float32; 64-bit mode is on only so that bias corrections are
computed in float64, as they are in PyTorch and here.
"""

import sys
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402
import optax.contrib  # noqa: E402
from safetensors.numpy import load_file  # noqa: E402

sys.path.append(str(Path(__file__).parents[1]))
import recording  # noqa: E402

SAMPLED = [1, 10, 100, 1000]
# What the weights are for a rule that looks at whole parameters; for the others, one vector.
SHAPES = [(5, 3), (5,), (2, 8), (4,)]

# Each takes our names with our defaults, so a recipe that gives no value tests the default.


def lion(lr=1e-4, beta1=0.9, beta2=0.99, weight_decay=0):
    return optax.lion(lr, beta1, beta2, weight_decay=weight_decay)


def sign_sgd(lr=1e-3):
    return optax.sign_sgd(lr)


def signum(lr=1e-3, momentum=0.9):
    return optax.signum(lr, momentum)


def adabelief(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-16):
    return optax.adabelief(lr, beta1, beta2, eps, eps_root=eps)


def yogi(lr=1e-2, beta1=0.9, beta2=0.999, eps=1e-3, initial_accumulator=1e-6):
    """optax starts the mean gradient from the initial accumulator too; the paper, and we, from 0."""
    scale = optax.scale_by_yogi(beta1, beta2, eps, initial_accumulator_value=initial_accumulator)

    def init(params):
        return scale.init(params)._replace(mu=jax.tree.map(jnp.zeros_like, params))

    return optax.chain(
        optax.GradientTransformation(init, scale.update), optax.scale_by_learning_rate(lr)
    )


def adopt(lr=1e-3, beta1=0.9, beta2=0.9999, eps=1e-6, clip=True):
    return optax.contrib.adopt(lr, beta1, beta2, eps, use_clipping=clip)


def ademamix(lr=1e-3, beta1=0.9, beta2=0.999, beta3=0.9999, alpha=5, eps=1e-8, weight_decay=0):
    return optax.contrib.ademamix(
        lr, beta1, beta2, beta3, alpha, eps, weight_decay=weight_decay
    )


def madgrad(lr=1e-2, momentum=0.9, eps=1e-6):
    return optax.contrib.madgrad(lr, momentum, eps=eps)


def noisy_sgd(lr=1e-2, eta=0.01, gamma=0.55):
    """Without noise: two libraries' random numbers differ."""
    assert eta == 0
    return optax.noisy_sgd(lr, eta, gamma, key=0)


def optimistic_gd(lr=1e-2, alpha=1.0, beta=1.0):
    return optax.optimistic_gradient_descent(lr, alpha, beta)


def lars(lr=1.0, momentum=0.9, trust=1e-3, weight_decay=0):
    return optax.lars(lr, weight_decay, trust_coefficient=trust, momentum=momentum)


def lamb(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-6, weight_decay=1e-2):
    return optax.lamb(lr, beta1, beta2, eps, weight_decay=weight_decay)


def dog(lr=1.0, initial=1e-6, eps=1e-8, weight_decay=0):
    return optax.contrib.dog(lr, ("heuristic", initial), eps, weight_decay)


def dowg(lr=1.0, initial=1e-6, eps=1e-8, weight_decay=0):
    return optax.contrib.dowg(lr, initial**2, eps, weight_decay)


def cocob(lr=1.0, alpha=100, eps=1e-8, weight_decay=0):
    return optax.contrib.cocob(lr, alpha, eps, weight_decay)


def polyak_sps(lr=1.0, max_lr=1.0, f_min=0.0, eps=0.0, positive=False):
    """optax squares the gradient times lr; the paper, and we, the gradient."""
    sps = optax.polyak_sgd(max_lr, 1.0, f_min, eps, "sps+" if positive else "sps")
    return optax.chain(sps, optax.scale(lr))


def momo(lr=1.0, beta=0.9, lower_bound=0.0, adapt_lower_bound=False, weight_decay=0):
    return optax.contrib.momo(lr, beta, lower_bound, weight_decay, adapt_lower_bound)


RULES = {
    f.__name__: f
    for f in [
        lion, sign_sgd, signum, adabelief, yogi, adopt, ademamix, madgrad, noisy_sgd,
        optimistic_gd, lars, lamb, dog, dowg, cocob, polyak_sps, momo,
    ]
}  # fmt: skip

# Those that look at whole parameters.
TENSOR_RULES = {"lars", "lamb"}
# Those that take differences of inner products, which optax adds up in the arrays' own precision. In
# double precision, so that what is left of them is not optax's rounding.
IN_DOUBLE_PRECISION = {"polyak_sps", "momo"}

RECIPES = [
    "lion",
    "lion lr=0.01 weight_decay=0.1",
    "lion lr=1e-3 beta1=0.95 beta2=0.98",
    "sign_sgd",
    "sign_sgd lr=0.1",
    "signum",
    "signum lr=0.01 momentum=0.5",
    "adabelief",
    "adabelief lr=0.01 beta1=0.8 beta2=0.95 eps=1e-8",
    "yogi",
    "yogi lr=1e-3 beta1=0.5 beta2=0.9 eps=1e-4 initial_accumulator=1e-3",
    "yogi initial_accumulator=0",
    "adopt",
    "adopt lr=0.01 clip=false eps=1e-3",
    "adopt lr=0.01 beta1=0.5 beta2=0.99 eps=1e-3",
    "ademamix",
    "ademamix lr=3e-3 beta3=0.99 alpha=2 weight_decay=0.1",
    "ademamix beta1=0.5 beta2=0.95 beta3=0.999 eps=1e-4",
    "madgrad",
    "madgrad lr=1e-3 momentum=0.5",
    "madgrad lr=0.1 momentum=0 eps=1e-3",
    "noisy_sgd eta=0",
    "noisy_sgd lr=0.1 eta=0 gamma=0",
    "lars",
    "lars lr=0.1 momentum=0.5 trust=0.01 weight_decay=1e-3",
    "lamb",
    "lamb lr=0.01 beta1=0.8 beta2=0.95 eps=1e-4 weight_decay=0.1",
    "lamb weight_decay=0",
    "optimistic_gd",
    "optimistic_gd lr=0.1 alpha=0.5 beta=2",
    "dog",
    "dog initial=0.1",
    "dog lr=0.5 initial=0.1 eps=1e-4 weight_decay=0.1",
    "dowg",
    "dowg initial=0.5",
    "dowg lr=0.5 initial=1 eps=1e-4 weight_decay=0.1",
    "cocob",
    "cocob lr=0.5 alpha=10 eps=1e-4 weight_decay=0.01",
    "polyak_sps",
    "polyak_sps lr=0.5 max_lr=0.1 f_min=0.5 eps=1e-3",
    "polyak_sps max_lr=0.01 f_min=-1 positive=true",
    "polyak_sps f_min=0.5 positive=true",
    "momo",
    "momo lr=0.1 beta=0.5 weight_decay=0.1",
    "momo lr=0.01 lower_bound=0.5",
    "momo lr=0.05 lower_bound=-1 adapt_lower_bound=true weight_decay=0.01",
]


def value(text):
    return {"true": True, "false": False}.get(text) if text in ("true", "false") else float(text)


def loss(step):
    """From 2 to 0.18, as if something were learnt."""
    return 2 / (1 + step / 100)


def replay(recipe, start, gradients):
    name, *words = recipe.split()
    rule = RULES[name](**{key: value(text) for key, text in (word.split("=") for word in words)})
    shapes = SHAPES if name in TENSOR_RULES else [start.shape]
    precision = jnp.float64 if name in IN_DOUBLE_PRECISION else jnp.float32
    start, gradients = start.astype(precision), gradients.astype(precision)
    w = split(start, shapes)
    state = rule.init(w)
    rule = optax.with_extra_args_support(rule)
    seen = []
    for step, gradient in enumerate(gradients, 1):
        update, state = rule.update(split(gradient, shapes), state, w, value=loss(step))
        w = optax.apply_updates(w, update)
        if step in SAMPLED:
            seen.append(np.concatenate([np.asarray(part).reshape(-1) for part in w]))
    assert all(part.dtype == precision for part in w)
    return np.stack(seen).astype(np.float32)


def split(flat, shapes):
    """One array a shape, cut from the flat one in order."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = np.split(flat, ends[:-1])
    return [jnp.asarray(part.reshape(shape)) for part, shape in zip(parts, shapes)]


def main():
    folder, made_with = recording.begin(__doc__, ["numpy", "jax", "optax"])
    stream = load_file(folder / "stream.safetensors")
    recorded = {
        recipe: replay(recipe, stream["start"], stream["gradients"]) for recipe in RECIPES
    }
    recording.save(folder / "optax.safetensors", recorded, made_with, steps=SAMPLED)


if __name__ == "__main__":
    main()
