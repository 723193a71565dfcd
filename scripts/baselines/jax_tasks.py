"""The models of the tasks in JAX, from Descent's parameters by name, and their losses."""

import time

import jax
import jax.numpy as jnp
import optax
from jax import lax


def dense(p, name, x):
    return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def cross_entropy(scores, y):
    return optax.softmax_cross_entropy_with_integer_labels(scores, y).mean()


def char_lstm(p, x, y, _):
    hidden = p["lstm.weight_hh_l0"].shape[1]
    bias = p["lstm.bias_ih_l0"] + p["lstm.bias_hh_l0"]
    gates = p["embedding.weight"][x] @ p["lstm.weight_ih_l0"].T + bias
    recurrent = p["lstm.weight_hh_l0"].T

    def step(carry, gates):
        h, c = carry
        i, f, g, o = jnp.split(gates + h @ recurrent, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros((len(x), hidden))
    _, states = lax.scan(step, (zeros, zeros), gates.swapaxes(0, 1))
    return cross_entropy(dense(p, "linear", states.swapaxes(0, 1)), y)


def layer_norm(p, name, x):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + 1e-5) * p[f"{name}.weight"] + p[f"{name}.bias"]


def attention(p, name, x):
    n, length, width = x.shape
    heads = x @ p[f"{name}.in_proj_weight"].T + p[f"{name}.in_proj_bias"]
    q, k, v = heads.reshape(n, length, 3, 4, width // 4).transpose(2, 0, 3, 1, 4)
    scores = q @ k.swapaxes(2, 3) / jnp.sqrt(width // 4)
    scores = jnp.where(jnp.tril(jnp.ones((length, length), bool)), scores, -jnp.inf)
    mixed = (jax.nn.softmax(scores) @ v).transpose(0, 2, 1, 3).reshape(n, length, width)
    return dense(p, f"{name}.out_proj", mixed)


def char_transformer(p, x, y, _):
    x = p["wte.weight"][x] + p["wpe.weight"]
    for block in ("h.0", "h.1"):
        x = x + attention(p, f"{block}.attn", layer_norm(p, f"{block}.ln_1", x))
        hidden = jax.nn.gelu(dense(p, f"{block}.mlp.c_fc", layer_norm(p, f"{block}.ln_2", x)), approximate=True)
        x = x + dense(p, f"{block}.mlp.c_proj", hidden)
    return cross_entropy(dense(p, "lm_head", layer_norm(p, "ln_f", x)), y)


def conv(p, name, x, stride, padding):
    w = p[f"{name}.weight"].transpose(2, 3, 1, 0)
    x = lax.conv_general_dilated(x, w, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return x + p[f"{name}.bias"]


def deconv(p, name, x, stride, padding):
    """A transposed convolution is one of the input with zeros between, with the kernel turned round."""
    w = p[f"{name}.weight"][:, :, ::-1, ::-1].transpose(2, 3, 0, 1)
    x = lax.conv_general_dilated(
        x, w, (1, 1), padding, lhs_dilation=(stride, stride), dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    return x + p[f"{name}.bias"]


def vae(p, x, _, key):
    keys = jax.random.split(key, 6)

    def drop(x, key):
        return jnp.where(jax.random.bernoulli(key, 0.8, x.shape), x / 0.8, 0.0)

    def leaky(x):
        return jax.nn.leaky_relu(x, 0.3)

    def pad(low, high):
        return ((low, high), (low, high))

    # PyTorch's order of the flattened features is channel, row, column.
    def flat(x):
        return x.transpose(0, 3, 1, 2).reshape(len(x), -1)

    h = drop(leaky(conv(p, "conv1", x.reshape(-1, 28, 28, 1), 2, pad(1, 1))), keys[0])
    h = drop(leaky(conv(p, "conv2", h, 2, pad(1, 1))), keys[1])
    h = flat(drop(leaky(conv(p, "conv3", h, 1, pad(1, 2))), keys[2]))
    mean, log_variance = dense(p, "dense1", h), dense(p, "dense2", h)
    z = mean + jnp.exp(0.5 * log_variance) * jax.random.normal(keys[3], mean.shape)
    h = leaky(dense(p, "dense4", leaky(dense(p, "dense3", z)))).reshape(-1, 7, 7, 1)
    h = drop(jax.nn.relu(deconv(p, "deconv1", h, 2, pad(2, 2))), keys[4])
    h = drop(jax.nn.relu(deconv(p, "deconv2", h, 1, pad(2, 1))), keys[5])
    h = jax.nn.relu(deconv(p, "deconv3", h, 1, pad(2, 1)))
    output = jax.nn.sigmoid(dense(p, "dense5", flat(h)))
    divergence = -0.5 * (1 + log_variance - mean**2 - jnp.exp(log_variance)).sum(1)
    return (((output - x) ** 2).sum(1) + divergence).mean()


def conv1d(p, name, x):
    w = p[f"{name}.weight"].transpose(2, 1, 0)
    x = lax.conv_general_dilated(x, w, (2,), ((1, 1),), dimension_numbers=("NWC", "WIO", "NWC"))
    return jax.nn.relu(x + p[f"{name}.bias"])


def mnist1d_conv(p, x, y, _):
    x = conv1d(p, "conv3", conv1d(p, "conv2", conv1d(p, "conv1", x[:, :, None])))
    return cross_entropy(dense(p, "linear", x.transpose(0, 2, 1).reshape(len(x), -1)), y)


LOSSES = {
    "char-lstm": char_lstm,
    "char-transformer": char_transformer,
    "vae": vae,
    "mnist1d-conv": mnist1d_conv,
}

# Inside a scan over batches XLA's convolutions are many times slower on a CPU: these have a jit for each update.
CONVOLUTIONS = ("vae", "mnist1d-conv")


def repetition_of(task):
    """One repetition of a task's workload, in one jit."""
    loss_of, optimizer = LOSSES[task.model], optax.adam(task.lr)
    x, y = jnp.array(task.inputs), jnp.array(task.targets)
    batches = jnp.array(task.batches(), dtype=jnp.int32)
    key = jax.random.key(0, impl="rbg")

    def update(carry, batch, x, y):
        params, state, step = carry
        noise = jax.random.fold_in(key, step)
        value, gradients = jax.value_and_grad(loss_of)(params, x[batch], y[batch], noise)
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state, step + 1), value

    def epoch(carry, batches, x, y):
        carry, losses = lax.scan(lambda carry, batch: update(carry, batch, x, y), carry, batches)
        return carry, losses.sum()

    one_jit, one_step = jax.jit(epoch, donate_argnums=0), jax.jit(update, donate_argnums=0)

    def steps(carry, batches, x, y):
        total = 0.0
        for batch in batches:
            carry, loss = one_step(carry, batch, x, y)
            total += loss
        return carry, total

    is_conv = task.model in CONVOLUTIONS
    run, given = (steps, list(batches)) if is_conv else (one_jit, batches)

    def repetition():
        params = {name: jnp.array(values) for name, values in task.weights.items()}
        carry = jax.block_until_ready((params, optimizer.init(params), jnp.int32(0)))
        begun = time.perf_counter()
        _, total = run(carry, given, x, y)
        value = float(total) / task.updates
        return time.perf_counter() - begun, value

    repetition()
    return repetition
