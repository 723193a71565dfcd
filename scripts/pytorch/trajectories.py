"""Records what PyTorch's optimizers do with given gradients, for the tests of `optim`.

usage: python trajectories.py OUT_DIR

Writes stream.safetensors (1,000 gradients of 40 weights, and the weights at the start),
torch.safetensors (for each recipe, the weights after steps 1, 10, 100 and 1000) and
closed_loop.safetensors (softmax regression: the data, and the weights after 100 and 1000
steps). A recipe's name is its spelling in `optim`, so the tests know what to replay. All
optimizers run on PyTorch's single-tensor path in float32.
"""

import argparse
import json
import platform
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

STEPS, WEIGHTS = 1000, 40
SAMPLED = [1, 10, 100, 1000]
CLOSED_LOOP_SAMPLED = [100, 1000]

# Each takes our names with our defaults, so a recipe that gives no value tests the default.


def sgd(p, lr=1e-2, momentum=0, dampening=0, nesterov=False, weight_decay=0):
    return torch.optim.SGD(
        p, lr, momentum, dampening, weight_decay, nesterov, foreach=False, fused=False
    )


def adagrad(p, lr=1e-2, lr_decay=0, initial_accumulator=0, eps=1e-10, weight_decay=0):
    return torch.optim.Adagrad(
        p, lr, lr_decay, weight_decay, initial_accumulator, eps, foreach=False, fused=False
    )


def rmsprop(p, lr=1e-2, alpha=0.99, eps=1e-8, momentum=0, centered=False, weight_decay=0):
    return torch.optim.RMSprop(p, lr, alpha, eps, weight_decay, momentum, centered, foreach=False)


def adam(p, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, amsgrad=False, weight_decay=0):
    return torch.optim.Adam(
        p, lr, (beta1, beta2), eps, weight_decay, amsgrad, foreach=False, fused=False
    )


def adamw(p, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, amsgrad=False, weight_decay=1e-2):
    return torch.optim.AdamW(
        p, lr, (beta1, beta2), eps, weight_decay, amsgrad, foreach=False, fused=False
    )


RULES = {f.__name__: f for f in [sgd, adagrad, rmsprop, adam, adamw]}

# The settings of PyTorch's own optimizer tests (torch/testing/_internal/common_optimizers.py),
# then more of ours.
RECIPES = [
    "sgd",
    "sgd lr=0.1",
    "sgd weight_decay=0.5",
    "sgd momentum=0.9",
    "sgd momentum=0.9 dampening=0.5",
    "sgd momentum=0.9 weight_decay=0.1",
    "sgd momentum=0.9 nesterov=true weight_decay=0.1",
    "sgd lr=0.1 momentum=0.9 nesterov=true",
    "sgd lr=1e-4 momentum=1.5e-1 dampening=1",
    "adagrad",
    "adagrad weight_decay=0.1",
    "adagrad lr=0.1",
    "adagrad initial_accumulator=0.1 weight_decay=0.1",
    "adagrad lr=0.1 lr_decay=0.5 weight_decay=0.1",
    "adagrad lr=0.5 eps=1e-3",
    "rmsprop",
    "rmsprop lr=1e-3",
    "rmsprop weight_decay=0.1",
    "rmsprop centered=true weight_decay=0.1",
    "rmsprop momentum=0.1 centered=true weight_decay=0.1",
    "rmsprop lr=1e-3 momentum=0.9",
    "rmsprop lr=1e-3 centered=true",
    "rmsprop lr=1e-3 alpha=0.9 eps=1e-4",
    "rmsprop lr=1e-3 alpha=0.3 eps=1e-3 centered=true",
    "adam",
    "adam lr=0.01",
    "adam weight_decay=0.1",
    "adam amsgrad=true weight_decay=0.1",
    "adam lr=0.01 amsgrad=true",
    "adam beta1=0 beta2=0.9",
    "adam lr=0.1 beta1=0.4 beta2=0.5 eps=1e-3",
    "adam beta1=0.95 beta2=0.9999",
    "adamw",
    "adamw lr=0.01",
    "adamw weight_decay=0.1",
    "adamw amsgrad=true weight_decay=0.1",
    "adamw lr=0.01 weight_decay=0",
    "adamw lr=3e-3 beta1=0.8 beta2=0.95 eps=1e-6 weight_decay=0.3",
    # Schedules and clipping.
    "sgd lr=0.1, step every=30 gamma=0.5",
    "sgd lr=0.1 momentum=0.9, cosine",
    "adam lr=0.01, step every=100 gamma=0.1",
    "adam lr=0.01, cosine",
    "adamw lr=0.01, cosine floor=0.1",
    "adam lr=0.01, constant warmup=100",
    "adamw lr=0.01, cosine warmup=50",
    "sgd lr=0.1, clip=1",
    "adam lr=0.01, clip=0.5",
    "adamw lr=0.01, cosine floor=0.01 warmup=100, clip=1",
    "rmsprop lr=1e-3, clip=2",
]

CLOSED_LOOP = [
    "sgd lr=0.1",
    "sgd lr=0.05 momentum=0.9 nesterov=true weight_decay=1e-3",
    "adagrad lr=0.1",
    "rmsprop lr=1e-3",
    "adam lr=0.01",
    "adam lr=0.01 amsgrad=true",
    "adamw lr=0.01",
]


def value(text):
    return {"true": True, "false": False}.get(text) if text in ("true", "false") else float(text)


def settings(words):
    return {name: value(text) for name, text in (word.split("=") for word in words)}


def parse(recipe):
    """The optimizer's constructor, the schedule's (or None) and the norm to clip at (or None)."""
    rule, *rest = recipe.split(", ")
    name, *words = rule.split()
    schedule, clip = None, None
    for part in rest:
        if part.startswith("clip="):
            clip = float(part.removeprefix("clip="))
        else:
            schedule = part
    return (lambda p: RULES[name](p, **settings(words))), schedule, clip


def schedule_of(text, optimizer):
    """PyTorch's schedulers for one of our spellings, over STEPS steps."""
    lr = optimizer.param_groups[0]["lr"]
    name, *words = text.split()
    given = settings(words)
    warmup = int(given.pop("warmup", 0))
    schedulers = torch.optim.lr_scheduler
    if warmup:
        first = schedulers.LinearLR(optimizer, 1 / warmup, 1.0, total_iters=warmup - 1)
    if name == "step":
        main = schedulers.StepLR(optimizer, int(given["every"]), given["gamma"])
    elif name == "cosine":
        floor = given.get("floor", 0.0) * lr
        main = schedulers.CosineAnnealingLR(optimizer, STEPS - warmup, floor)
    else:
        main = schedulers.ConstantLR(optimizer, 1.0)
    if not warmup:
        return main
    return schedulers.SequentialLR(optimizer, [first, main], milestones=[warmup])


def stream():
    """Gradients of every kind: N(0, 1) times e^-12 … e^2, each weight's scale changing every 50
    steps; one in twenty exactly 0; a weight without any for 200 steps; steps that are all 0,
    tiny (their squares are 0 in float32), huge, or one number for all weights."""
    random = np.random.default_rng(20240501)
    start = random.standard_normal(WEIGHTS)
    gradients = random.standard_normal((STEPS, WEIGHTS))
    step, weight = np.arange(STEPS)[:, None], np.arange(WEIGHTS)[None, :]
    exponent = -12 + 14 * ((weight + 7 * (step // 50)) % WEIGHTS) / (WEIGHTS - 1)
    gradients *= np.exp(exponent)
    gradients[random.random((STEPS, WEIGHTS)) < 0.05] = 0
    gradients[:200, 5] = 0
    gradients[13::97] = 0
    gradients[31::101] *= 1e-25
    gradients[57::211] *= 1e3
    gradients[71::307] = 0.125
    return start.astype(np.float32), gradients.astype(np.float32)


def replay(recipe, start, gradients, sampled=SAMPLED):
    make, schedule, clip = parse(recipe)
    w = torch.nn.Parameter(torch.from_numpy(start.copy()))
    optimizer = make([w])
    scheduler = schedule and schedule_of(schedule, optimizer)
    seen = []
    for step, gradient in enumerate(gradients, 1):
        w.grad = torch.from_numpy(gradient.copy())
        if clip is not None:
            torch.nn.utils.clip_grad_norm_([w], clip, foreach=False)
        optimizer.step()
        if scheduler:
            scheduler.step()
        if step in sampled:
            seen.append(w.detach().numpy().copy())
    return np.stack(seen)


def made_data():
    """256 points of 8 features in 4 overlapping classes, so the best weights are finite."""
    random = np.random.default_rng(7)
    x = random.standard_normal((256, 8))
    y = (2 * x @ random.standard_normal((8, 4)) + random.gumbel(size=(256, 4)) * 2).argmax(1)
    return x.astype(np.float32), y.astype(np.float32)


def closed_loop(recipe, x, y):
    """Softmax regression on batches of 64, taken in order."""
    make, _, _ = parse(recipe)
    x, y = torch.from_numpy(x), torch.from_numpy(y).long()
    w = torch.nn.Parameter(torch.zeros(8, 4))
    optimizer = make([w])
    seen = []
    for step in range(1, STEPS + 1):
        batch = slice((step - 1) % 4 * 64, (step - 1) % 4 * 64 + 64)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(x[batch] @ w, y[batch]).backward()
        optimizer.step()
        if step in CLOSED_LOOP_SAMPLED:
            seen.append(w.detach().numpy().reshape(-1).copy())
    return np.stack(seen)


def versions(*modules):
    """What the recording was made with."""
    found = {module.__name__: module.__version__ for module in modules}
    return {"python": platform.python_version(), "numpy": np.__version__, **found}


def save(path, arrays, made_with, **more):
    save_file(arrays, path, {**made_with, **more})
    print(f"{path}: {len(arrays)} arrays, {path.stat().st_size} bytes")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("out", type=Path)
    out = arguments.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    made_with = versions(torch)
    print(json.dumps(made_with))

    start, gradients = stream()
    save(out / "stream.safetensors", {"start": start, "gradients": gradients}, made_with)

    recorded = {recipe: replay(recipe, start, gradients) for recipe in RECIPES}
    assert all(np.isfinite(w).all() for w in recorded.values()), "a recipe diverged"
    save(out / "torch.safetensors", recorded, made_with, steps=json.dumps(SAMPLED))

    x, y = made_data()
    recorded = {recipe: closed_loop(recipe, x, y) for recipe in CLOSED_LOOP}
    recorded |= {"x": x, "y": y}
    save(out / "closed_loop.safetensors", recorded, made_with, steps=json.dumps(CLOSED_LOOP_SAMPLED))


if __name__ == "__main__":
    main()
