"""Records what optimizers without a schedule or a step size do with given gradients, for the
tests of `optim`.

usage: python parameter_free.py DIR

Reads DIR/stream.safetensors, which trajectories.py writes, and writes
DIR/parameter_free.safetensors: for each recipe, in the spelling of `optim`, the weights after
steps 1, 10, 100 and 1000, and for schedule-free rules then the weights to evaluate at (the
package's eval mode) after the same steps. Arrays are float32.
"""

import argparse
import json
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
import schedulefree
import torch
from safetensors.numpy import load_file, save_file

SAMPLED = [1, 10, 100, 1000]

# Each takes our names with our defaults, so a recipe that gives no value tests the default.


def schedule_free_sgd(
    p, lr=1.0, momentum=0.9, weight_decay=0, warmup_steps=0, r=0, weight_lr_power=2
):
    return schedulefree.SGDScheduleFree(
        p, lr, momentum, weight_decay, warmup_steps, r, weight_lr_power, foreach=False
    )


def schedule_free_adamw(
    p, lr=2.5e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0, warmup_steps=0, r=0,
    weight_lr_power=2,
):  # fmt: skip
    return schedulefree.AdamWScheduleFree(
        p, lr, (beta1, beta2), eps, weight_decay, warmup_steps, r, weight_lr_power, foreach=False
    )


RULES = {f.__name__: f for f in [schedule_free_sgd, schedule_free_adamw]}

RECIPES = [
    "schedule_free_sgd",
    "schedule_free_sgd lr=0.1 momentum=0.98 weight_decay=0.1",
    "schedule_free_sgd lr=0.3 momentum=0.5 warmup_steps=50 r=1",
    "schedule_free_sgd lr=0.1 warmup_steps=200 weight_lr_power=0",
    "schedule_free_adamw",
    "schedule_free_adamw lr=0.01 beta1=0.95 beta2=0.99 weight_decay=0.1 warmup_steps=100",
    "schedule_free_adamw beta1=0.5 eps=1e-4 r=0.5 weight_lr_power=1",
]


def value(text):
    return {"true": True, "false": False}.get(text) if text in ("true", "false") else float(text)


def replay(recipe, start, gradients):
    name, *words = recipe.split()
    w = torch.nn.Parameter(torch.from_numpy(start.copy()))
    settings = {key: value(text) for key, text in (word.split("=") for word in words)}
    optimizer = RULES[name]([w], **settings)
    averages = hasattr(optimizer, "eval")
    if averages:
        optimizer.train()
    seen, evaluated = [], []
    for step, gradient in enumerate(gradients, 1):
        w.grad = torch.from_numpy(gradient.copy())
        optimizer.step()
        if step in SAMPLED:
            seen.append(w.detach().numpy().copy())
            if averages:
                optimizer.eval()
                evaluated.append(w.detach().numpy().copy())
                optimizer.train()
                # Not those that came back, which are rounded twice.
                w.data.copy_(torch.from_numpy(seen[-1]))
    return np.stack(seen + evaluated)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=Path)
    folder = arguments.parse_args().folder
    torch.set_num_threads(1)
    packages = ["numpy", "torch", "schedulefree"]
    made_with = {"python": platform.python_version()} | {name: version(name) for name in packages}
    print(json.dumps(made_with))
    stream = load_file(folder / "stream.safetensors")
    recorded = {
        recipe: replay(recipe, stream["start"], stream["gradients"]) for recipe in RECIPES
    }
    assert all(np.isfinite(w).all() for w in recorded.values()), "a recipe diverged"
    path = folder / "parameter_free.safetensors"
    # One entry, since the order of several would change from run to run.
    save_file(recorded, path, {"made_with": json.dumps({**made_with, "steps": SAMPLED})})
    print(f"{path}: {len(recorded)} arrays, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
