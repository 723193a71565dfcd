"""JAX as a baseline of `cargo xtask bench --baselines`: the whole epoch in one jit (lax.scan over the batches,
optax's update), weights and state donated. The convolutional net has a jit for each update instead:
inside a scan XLA's convolutions take forty times as long on a CPU. Variants: jit."""

import sys
import time

import protocol

args = protocol.arguments(__doc__)
protocol.pin(args.threads)

import jax
import jax.numpy as jnp
import optax

import jax_tasks

OPTIMIZERS = {
    "sgd": lambda lr: optax.sgd(lr),
    "adam": lambda lr: optax.adam(lr),
    # PyTorch's RMSprop: decay 0.99 from zero, epsilon beside the root.
    "rmsprop": lambda lr: optax.rmsprop(lr, decay=0.99, eps=1e-8, eps_in_sqrt=False),
}


def dense(x, w, b):
    return x @ w.T + b


def simplenn(p, x):
    x = jax.nn.relu(dense(x, p[0], p[1]))
    x = jax.nn.relu(dense(x, p[2], p[3]))
    return dense(x, p[4], p[5])


def two_conv_two_dense(p, x):
    def block(x, w, b):
        x = jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        x = jax.nn.relu(x + b)
        n, h, w, c = x.shape
        return x.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))

    x = block(x.reshape(-1, 28, 28, 1), p[0], p[1])
    x = block(x, p[2], p[3])
    x = jax.nn.relu(dense(x.reshape(len(x), -1), p[4], p[5]))
    return dense(x, p[6], p[7])


MODELS = {"simplenn": simplenn, "2c2d": two_conv_two_dense}


def weights(training):
    """The starting weights; convolutions and what follows them with channels last, as XLA likes."""
    p = list(training.weights)
    if training.model == "2c2d":
        p[0], p[2] = p[0].transpose(2, 3, 1, 0), p[2].transpose(2, 3, 1, 0)
        p[4] = p[4].reshape(1024, 64, 7, 7).transpose(0, 2, 3, 1).reshape(1024, 3136)
    return [jnp.array(w) for w in p]


def prepare(workload):
    if workload.split()[0] in protocol.Task.NAMES:
        return jax_tasks.repetition_of(protocol.Task(workload, args.data))
    training = protocol.Training(workload, args.data)
    forward, optimizer = MODELS[training.model], OPTIMIZERS[training.optimizer](training.lr)
    pixels = (jnp.array(training.pixels).astype(jnp.float32) / 255 - 0.5) / 0.5
    labels = jnp.array(training.labels.astype("int32"))
    batches = training.batches()
    whole = [batch for batch in batches if len(batch) == len(batches[0])]
    rest = [jnp.array(batch, dtype=jnp.int32) for batch in batches[len(whole) :]]

    def update(carry, x, y):
        params, state = carry

        def loss(params):
            return optax.softmax_cross_entropy_with_integer_labels(forward(params, x), y).mean()

        value, gradients = jax.value_and_grad(loss)(params)
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    def gathered(carry, pixels, labels, batch):
        return update(carry, pixels[batch], labels[batch])

    def epoch(carry, pixels, labels, whole, rest):
        if training.is_full:
            step = lambda carry, _: update(carry, pixels, labels)
            carry, losses = jax.lax.scan(step, carry, length=len(batches))
        else:
            step = lambda carry, batch: gathered(carry, pixels, labels, batch)
            carry, losses = jax.lax.scan(step, carry, whole)
        total = losses.sum()
        for batch in rest:
            carry, loss = gathered(carry, pixels, labels, batch)
            total += loss
        return carry, total

    one_jit = jax.jit(epoch, donate_argnums=0)
    one_step = jax.jit(gathered, donate_argnums=0)

    def steps(carry, pixels, labels, whole, rest):
        total = 0.0
        for batch in [*whole, *rest]:
            carry, loss = one_step(carry, pixels, labels, batch)
            total += loss
        return carry, total

    if training.model == "2c2d":
        run, whole = steps, [jnp.array(batch, dtype=jnp.int32) for batch in whole]
    elif training.is_full:
        run, whole = one_jit, None
    else:
        run, whole = one_jit, jnp.array(whole, dtype=jnp.int32)

    def repetition():
        params = weights(training)
        carry = jax.block_until_ready((params, optimizer.init(params)))
        begun = time.perf_counter()
        _, total = run(carry, pixels, labels, whole, rest)
        value = float(total) / training.updates
        return time.perf_counter() - begun, value

    repetition()
    return repetition


if __name__ == "__main__":
    protocol.serve(args, "JAX, an epoch in one jit",
                   f"jax {jax.__version__}, optax {optax.__version__}, Python {sys.version.split()[0]}", prepare)
