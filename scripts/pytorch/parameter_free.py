"""Records what optimizers that need no schedule or no step size do, for the tests of `optim`.

usage: python parameter_free.py DIR

Reads DIR/stream.safetensors, which trajectories.py writes, and writes
DIR/parameter_free.safetensors: for each recipe, in the spelling of `optim`, the weights after
steps 1, 10, 100 and 1000, and for schedule-free rules then the weights to evaluate at (the
package's eval mode) after the same steps. Then trains on the data of DIR/closed_loop.safetensors
and writes DIR/parameter_free_closed_loop.safetensors, the weights after 100 and 1000 steps.
Arrays are float32.
"""

import sys
from pathlib import Path

import dadaptation
import numpy as np
import prodigyopt
import schedulefree
import torch
from safetensors.numpy import load_file

sys.path.append(str(Path(__file__).parents[1]))
import recording  # noqa: E402
from trajectories import CLOSED_LOOP_SAMPLED, SAMPLED, closed_loop  # noqa: E402

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


def prodigy(
    p, lr=1.0, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0, d0=1e-6, d_coef=1.0,
    bias_correction=False, safeguard_warmup=False,
):  # fmt: skip
    return prodigyopt.Prodigy(
        p, lr, (beta1, beta2), None, eps, weight_decay, True, bias_correction, safeguard_warmup,
        d0, d_coef,
    )  # fmt: skip


def dadapt_adam(
    p, lr=1.0, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0, decoupled=False, d0=1e-6,
    bias_correction=False,
):  # fmt: skip
    return dadaptation.DAdaptAdam(
        p, lr, (beta1, beta2), eps, weight_decay, 0, decoupled, bias_correction, d0
    )


def dadapt_sgd(p, lr=1.0, momentum=0, weight_decay=0, d0=1e-6):
    return dadaptation.DAdaptSGD(p, lr, momentum, weight_decay, 0, d0)


RULES = {
    f.__name__: f
    for f in [schedule_free_sgd, schedule_free_adamw, prodigy, dadapt_adam, dadapt_sgd]
}

RECIPES = [
    "schedule_free_sgd",
    "schedule_free_sgd lr=0.1 momentum=0.98 weight_decay=0.1",
    "schedule_free_sgd lr=0.3 momentum=0.5 warmup_steps=50 r=1",
    "schedule_free_sgd lr=0.1 warmup_steps=200 weight_lr_power=0",
    "schedule_free_adamw",
    "schedule_free_adamw lr=0.01 beta1=0.95 beta2=0.99 weight_decay=0.1 warmup_steps=100",
    "schedule_free_adamw beta1=0.5 eps=1e-4 r=0.5 weight_lr_power=1",
    "prodigy",
    "prodigy lr=0.5 weight_decay=0.1 d0=1e-4 bias_correction=true",
    "prodigy beta1=0.5 beta2=0.9 eps=1e-4 d_coef=2 safeguard_warmup=true",
    "dadapt_adam",
    "dadapt_adam lr=0.5 weight_decay=0.1 d0=1e-4 bias_correction=true",
    "dadapt_adam beta1=0.5 beta2=0.9 eps=1e-4 weight_decay=0.1 decoupled=true",
    "dadapt_sgd",
    "dadapt_sgd momentum=0.9 d0=1e-3",
    "dadapt_sgd lr=0.5 momentum=0.5 weight_decay=0.01",
]

CLOSED_LOOP = [
    "schedule_free_sgd lr=0.5",
    "schedule_free_adamw lr=0.01",
    "prodigy",
    "dadapt_adam",
    "dadapt_sgd",
]


def value(text):
    return {"true": True, "false": False}.get(text) if text in ("true", "false") else float(text)


def optimizer_of(recipe, w):
    """The optimizer, and whether it evaluates at other weights than it trains."""
    name, *words = recipe.split()
    settings = {key: value(text) for key, text in (word.split("=") for word in words)}
    optimizer = RULES[name]([w], **settings)
    averages = hasattr(optimizer, "eval")
    if averages:
        optimizer.train()
    return optimizer, averages


def replay(recipe, start, gradients):
    w = torch.nn.Parameter(torch.from_numpy(start.copy()))
    optimizer, averages = optimizer_of(recipe, w)
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
    packages = ["numpy", "torch", "schedulefree", "prodigyopt", "dadaptation"]
    folder, made_with = recording.begin(__doc__, packages)
    torch.set_num_threads(1)

    stream = load_file(folder / "stream.safetensors")
    recorded = {
        recipe: replay(recipe, stream["start"], stream["gradients"]) for recipe in RECIPES
    }
    path = folder / "parameter_free.safetensors"
    recording.save(path, recorded, made_with, steps=SAMPLED)

    data = load_file(folder / "closed_loop.safetensors")
    recorded = {
        recipe: closed_loop(lambda w, recipe=recipe: optimizer_of(recipe, w)[0], data["x"], data["y"])
        for recipe in CLOSED_LOOP
    }
    path = folder / "parameter_free_closed_loop.safetensors"
    recording.save(path, recorded, made_with, steps=CLOSED_LOOP_SAMPLED)


if __name__ == "__main__":
    main()
