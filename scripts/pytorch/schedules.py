"""Records learning rates over time from torch and optax, for the tests of `optim`.

usage: python schedules.py OUT_FILE

Writes JSON: for each schedule, by its spelling in `optim`, the factors of the learning rate at
steps 0, 1, 2, … and the total that they are of; and for the plateau, the losses that it saw and the
factor after each. `momentum` has the values of a momentum that goes with the rate. optax stands in
for what torch lacks. All numbers are double precision.
"""

import json
import math
import sys
from importlib.metadata import version
from pathlib import Path

import jax
import optax
import torch
from torch.optim import lr_scheduler as lrs

jax.config.update("jax_enable_x64", True)

TOTAL = 40


def optimizer(lr=1.0):
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)


def torch_factors(make, total, steps, top=1.0):
    sgd = optimizer(top)
    scheduler = make(sgd)
    factors = []
    for _ in range(steps):
        factors.append(float(sgd.param_groups[0]["lr"]) / top)
        sgd.step()
        scheduler.step()
    return {"total": total, "factors": factors}


def optax_factors(schedule, total, steps):
    return {"total": total, "factors": [float(schedule(step)) for step in range(steps)]}


# The spelling, the scheduler of an optimizer, and how many steps of TOTAL are recorded.
TORCH = [
    ("constant value=0.25", lambda o: lrs.ConstantLR(o, 0.25, 1000), TOTAL),
    ("linear", lambda o: lrs.LinearLR(o, 1.0, 0.0, TOTAL), TOTAL + 5),
    ("linear from=0.25 to=1 over=12", lambda o: lrs.LinearLR(o, 0.25, 1.0, 12), TOTAL + 5),
    ("step", lambda o: lrs.StepLR(o, 12), TOTAL + 5),
    ("step every=7 gamma=0.5", lambda o: lrs.StepLR(o, 7, 0.5), TOTAL + 5),
    ("multistep", lambda o: lrs.MultiStepLR(o, [20, 30]), TOTAL + 5),
    ("multistep at=5/6/33 gamma=0.3", lambda o: lrs.MultiStepLR(o, [5, 6, 33], 0.3), TOTAL + 5),
    ("exponential gamma=0.9 every=1", lambda o: lrs.ExponentialLR(o, 0.9), TOTAL + 5),
    ("polynomial power=1", lambda o: lrs.PolynomialLR(o, TOTAL), TOTAL),
    ("polynomial", lambda o: lrs.PolynomialLR(o, TOTAL, 0.9), TOTAL),
    ("polynomial power=2.5 over=50%", lambda o: lrs.PolynomialLR(o, 20, 2.5), TOTAL + 5),
    ("cosine", lambda o: lrs.CosineAnnealingLR(o, TOTAL), TOTAL),
    ("cosine floor=0.125", lambda o: lrs.CosineAnnealingLR(o, TOTAL, 0.125), TOTAL + 1),
    ("cosine_restarts", lambda o: lrs.CosineAnnealingWarmRestarts(o, 8), TOTAL + 5),
    (
        "cosine_restarts period=3 t_mul=2 floor=0.1",
        lambda o: lrs.CosineAnnealingWarmRestarts(o, 3, 2, 0.1),
        100,
    ),
    ("one_cycle", lambda o: lrs.OneCycleLR(o, 1.0, TOTAL, cycle_momentum=False), TOTAL),
    (
        "one_cycle anneal=linear",
        lambda o: lrs.OneCycleLR(o, 1.0, TOTAL, anneal_strategy="linear", cycle_momentum=False),
        TOTAL,
    ),
    (
        "one_cycle three_phase=true",
        lambda o: lrs.OneCycleLR(o, 1.0, TOTAL, three_phase=True, cycle_momentum=False),
        TOTAL,
    ),
    (
        "one_cycle rise=10% div=5 final_div=100 anneal=linear three_phase=true",
        lambda o: lrs.OneCycleLR(
            o, 1.0, TOTAL, None, None, 0.1, "linear", False,
            div_factor=5, final_div_factor=100, three_phase=True,
        ),
        TOTAL,
    ),
    ("cyclic", lambda o: lrs.CyclicLR(o, 0.25, 1.0, 4, cycle_momentum=False), TOTAL + 5),
    (
        "cyclic floor=0.1 up=3 down=8 mode=triangular2",
        lambda o: lrs.CyclicLR(o, 0.1, 1.0, 3, 8, "triangular2", cycle_momentum=False),
        TOTAL + 5,
    ),
    (
        "cyclic floor=0.2 up=6 down=5 mode=exp_range gamma=0.97",
        lambda o: lrs.CyclicLR(o, 0.2, 1.0, 6, 5, "exp_range", 0.97, cycle_momentum=False),
        TOTAL + 5,
    ),
    (
        "linear from=0.1 to=1 until=10 then step every=6 gamma=0.5",
        lambda o: lrs.SequentialLR(
            o, [lrs.LinearLR(o, 0.1, 1.0, 10), lrs.StepLR(o, 6, 0.5)], [10]
        ),
        TOTAL + 5,
    ),
]


def warm(steps, then):
    """The straight line from 1/steps to 1, then another schedule."""
    return optax.join_schedules([optax.linear_schedule(1 / steps, 1.0, steps - 1), then], [steps])


def warm_restarts(period, t_mul, m_mul, times):
    lengths = [period * t_mul**i for i in range(times)]
    tops = [m_mul**i for i in range(times)]
    return optax.sgdr_schedule(
        [
            dict(init_value=top, peak_value=top, warmup_steps=0, decay_steps=length)
            for length, top in zip(lengths, tops)
        ]
    )


OPTAX = [
    ("cosine warmup=10%", warm(4, optax.cosine_decay_schedule(1.0, 36)), TOTAL + 5),
    ("cosine floor=0.1 warmup=8", warm(8, optax.cosine_decay_schedule(1.0, 32, 0.1)), TOTAL + 5),
    ("linear warmup=25%", warm(10, optax.linear_schedule(1.0, 0.0, 30)), TOTAL + 5),
    ("exponential", optax.exponential_decay(1.0, TOTAL, 0.01), TOTAL + 5),
    (
        "exponential gamma=0.6 every=7 staircase=true floor=0.2",
        optax.exponential_decay(1.0, 7, 0.6, staircase=True, end_value=0.2),
        TOTAL + 5,
    ),
    ("polynomial power=3 floor=0.05", optax.polynomial_schedule(1.0, 0.05, 3, TOTAL), TOTAL + 5),
    ("cosine_restarts period=4 t_mul=2 m_mul=0.7", warm_restarts(4, 2, 0.7, 4), 60),
    (
        "piecewise values=1/0.5/0.05 at=10/25",
        optax.piecewise_constant_schedule(1.0, {10: 0.5, 25: 0.1}),
        TOTAL + 5,
    ),
    (
        "piecewise values=0.5/1/0.25 at=10/30 between=linear",
        optax.piecewise_interpolate_schedule("linear", 0.5, {10: 2.0, 30: 0.25}),
        TOTAL,
    ),
    (
        "piecewise values=0.5/1/0.25 at=10/30 between=cosine",
        optax.piecewise_interpolate_schedule("cosine", 0.5, {10: 2.0, 30: 0.25}),
        TOTAL,
    ),
    (
        "linear to=0.5 until=15 then cosine",
        optax.join_schedules(
            [optax.linear_schedule(1.0, 0.5, 15), optax.cosine_decay_schedule(1.0, 25)], [15]
        ),
        TOTAL + 5,
    ),
]

# A momentum that is lowered while the rate is high: the spelling, and the scheduler that moves both.
MOMENTUM = [
    ("one_cycle 0.95..0.85", lambda o: lrs.OneCycleLR(o, 1.0, TOTAL)),
    ("one_cycle anneal=linear 0.9..0.8", lambda o: lrs.OneCycleLR(
        o, 1.0, TOTAL, anneal_strategy="linear", base_momentum=0.8, max_momentum=0.9)),
    ("one_cycle rise=20% three_phase=true 0.95..0.5", lambda o: lrs.OneCycleLR(
        o, 1.0, TOTAL, pct_start=0.2, three_phase=True, base_momentum=0.5, max_momentum=0.95)),
    ("cyclic 0.9..0.8", lambda o: lrs.CyclicLR(o, 0.25, 1.0, 4)),
    ("cyclic up=3 down=8 mode=triangular2 0.95..0.5", lambda o: lrs.CyclicLR(
        o, 0.1, 1.0, 3, 8, "triangular2", base_momentum=0.5, max_momentum=0.95)),
    ("cyclic up=6 down=5 mode=exp_range gamma=0.97 0.9..0.1", lambda o: lrs.CyclicLR(
        o, 0.1, 1.0, 6, 5, "exp_range", 0.97, base_momentum=0.1, max_momentum=0.9)),
]

# The settings as `optim` spells them, and torch's.
PLATEAU = [
    ("patience=2", dict(patience=2)),
    ("patience=1 gamma=0.5 cooldown=3", dict(patience=1, factor=0.5, cooldown=3)),
    ("patience=0 threshold=0.05 floor=0.02", dict(patience=0, threshold=0.05, min_lr=0.02)),
    ("patience=0 gamma=0.7 cooldown=5", dict(patience=0, factor=0.7, cooldown=5)),
    ("patience=3 gamma=0.2 cooldown=1", dict(patience=3, factor=0.2, cooldown=1)),
]


def plateau(settings):
    sgd = optimizer()
    scheduler = lrs.ReduceLROnPlateau(sgd, eps=0, **settings)
    losses = [1 / (1 + i) + 0.1 * math.sin(3 * i) + 0.02 * i for i in range(40)]
    factors = []
    for loss in losses:
        scheduler.step(loss)
        factors.append(sgd.param_groups[0]["lr"])
    return {"losses": losses, "factors": factors}


def momentum(make):
    sgd = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
    scheduler = make(sgd)
    values = []
    for _ in range(TOTAL):
        values.append(float(sgd.param_groups[0]["momentum"]))
        sgd.step()
        scheduler.step()
    return {"total": TOTAL, "values": values}


def main():
    schedules = {name: torch_factors(make, TOTAL, steps) for name, make, steps in TORCH}
    schedules |= {name: optax_factors(schedule, TOTAL, steps) for name, schedule, steps in OPTAX}
    recorded = {
        "versions": {name: version(name) for name in ["torch", "optax", "jax"]},
        "schedules": schedules,
        "momentum": {name: momentum(make) for name, make in MOMENTUM},
        "plateau": {name: plateau(settings) for name, settings in PLATEAU},
    }
    lines = json.dumps(recorded, indent=1).replace("\n    ", " ").replace("\n   ]", "]")
    Path(sys.argv[1]).write_text(lines + "\n")


if __name__ == "__main__":
    main()
