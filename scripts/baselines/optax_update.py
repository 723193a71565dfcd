"""optax as a baseline of `cargo xtask bench optim --baselines`: one update in one jit, weights and state donated.
Variants: jit."""

import sys
import time

import protocol

args = protocol.arguments(__doc__)
protocol.pin(args.threads)

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib

# Where optax's name is another; all others are looked up by Descent's.
NAMES = {"optimistic_gd": "optimistic_gradient_descent", "dadapt_adam": "dadapt_adamw"}

# Descent's and PyTorch's settings where optax has others.
SETTINGS = {
    "rmsprop": {"decay": 0.99, "eps_in_sqrt": False},
    "adagrad": {"initial_accumulator_value": 0.0, "eps": 1e-10},
    "adamw": {"weight_decay": 0.01},
    "nadamw": {"weight_decay": 0.01},
    "lamb": {"weight_decay": 0.01},
    "novograd": {"b1": 0.95, "b2": 0.98},
    "lion": {"weight_decay": 0.0},
    "noisy_sgd": {"key": 0},
    "adadelta": {"rho": 0.9, "eps": 1e-6},
}


def prepare(workload):
    update = protocol.Update(workload)
    name = NAMES.get(update.rule, update.rule)
    make = getattr(optax, name, None) or getattr(optax.contrib, name, None)
    if make is None:
        raise protocol.Skip(f"no {update.rule}")
    if "lr" not in update.settings:
        raise protocol.Skip(f"{update.rule} has no one learning rate")
    optimizer = make(update.settings["lr"], **SETTINGS.get(update.rule, {}))
    gradients = [jnp.array(gradient) for gradient in update.gradients()]

    def once(weights, state, gradients):
        updates, state = optimizer.update(gradients, state, weights)
        return optax.apply_updates(weights, updates), state

    jitted = jax.jit(once, donate_argnums=(0, 1))

    def repetition():
        weights = [jnp.ones(shape, jnp.float32) for shape in update.shapes]
        # A state that holds the weights themselves cannot be donated with them.
        carry = weights, jax.tree.map(jnp.copy, optimizer.init(weights))
        for _ in range(update.warm):
            carry = jitted(*carry, gradients)
        jax.block_until_ready(carry)
        begun = time.perf_counter()
        for _ in range(update.updates):
            carry = jitted(*carry, gradients)
        jax.block_until_ready(carry)
        seconds = time.perf_counter() - begun
        moved = sum(np.abs(np.asarray(weight, np.float64) - 1).sum() for weight in carry[0])
        return seconds, update.distance(moved)

    return repetition


if __name__ == "__main__":
    protocol.serve(args, "optax, one jit",
                   f"jax {jax.__version__}, optax {optax.__version__}, Python {sys.version.split()[0]}", prepare)
