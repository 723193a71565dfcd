"""Optimizers that PyTorch has made some steps with, exported, and where it went on to.

usage: python continued.py FOLDER

FOLDER is crates/optim/tests/fixtures; writes continued.safetensors there. A recording's name is the recipe
that goes on: `NAME/state` are the bytes of the exported state after 10 steps, `NAME/weights` the weights
then and after 1, 10 and 100 further steps with the rows of `gradients`.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
import trajectories  # noqa: F401: Muon in single precision
from export_optimizer import export
from safetensors.numpy import save_file
from torch import nn, optim

SHAPES = {"a.weight": (5, 3), "a.bias": (5,), "b.weight": (2, 7)}
BEFORE, AFTER, SAMPLED = 10, 100, (1, 10, 100)

CONFIGURATIONS = {
    "sgd lr=0.05": (optim.SGD, dict(lr=0.05)),
    "sgd lr=0.05 momentum=0.9": (optim.SGD, dict(lr=0.05, momentum=0.9)),
    "sgd lr=0.05 momentum=0.9 nesterov=true weight_decay=0.01": (
        optim.SGD,
        dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    ),
    "sgd lr=0.05 momentum=0.5 dampening=0.25": (optim.SGD, dict(lr=0.05, momentum=0.5, dampening=0.25)),
    "sgd lr=0.05 momentum=0.9, maximize": (optim.SGD, dict(lr=0.05, momentum=0.9, maximize=True)),
    "adagrad lr=0.05 lr_decay=0.01 initial_accumulator=0.1": (
        optim.Adagrad,
        dict(lr=0.05, lr_decay=0.01, initial_accumulator_value=0.1),
    ),
    "adadelta weight_decay=0.01": (optim.Adadelta, dict(weight_decay=0.01)),
    "rmsprop": (optim.RMSprop, dict()),
    "rmsprop momentum=0.5 centered=true": (optim.RMSprop, dict(momentum=0.5, centered=True)),
    "adam beta2=0.99": (optim.Adam, dict(betas=(0.9, 0.99))),
    "adam amsgrad=true weight_decay=0.01": (optim.Adam, dict(amsgrad=True, weight_decay=0.01)),
    "adam lr=0.01, maximize": (optim.Adam, dict(lr=0.01, maximize=True)),
    "adamw": (optim.AdamW, dict()),
    "adamw amsgrad=true": (optim.AdamW, dict(amsgrad=True)),
    "adamax": (optim.Adamax, dict()),
    "nadam": (optim.NAdam, dict()),
    "nadamw": (optim.NAdam, dict(weight_decay=0.01, decoupled_weight_decay=True)),
    "radam": (optim.RAdam, dict()),
    "asgd t0=4": (optim.ASGD, dict(t0=4.0)),
    "rprop": (optim.Rprop, dict()),
    "adafactor": (optim.Adafactor, dict()),
    "adafactor lr=0.02 weight_decay=0.01 d=2": (optim.Adafactor, dict(lr=0.02, weight_decay=0.01, d=2.0)),
}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Module(), nn.Module()
        for name, shape in SHAPES.items():
            layer, kind = name.split(".")
            setattr(getattr(self, layer), kind, nn.Parameter(torch.randn(shape)))


def record(out, name, gradients, make, steps=None):
    torch.manual_seed(1)
    net = Net()
    optimizer = make(net)

    def step(row):
        rest = torch.from_numpy(row)
        for parameter in net.parameters():
            parameter.grad = rest[: parameter.numel()].reshape(parameter.shape).clone()
            rest = rest[parameter.numel() :]
        optimizer.step()

    def weights():
        return torch.cat([p.detach().flatten() for p in net.parameters()]).numpy().copy()

    for row in gradients[:BEFORE]:
        step(row)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.safetensors"
        export(optimizer, path, net, steps)
        out[f"{name}/state"] = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    sampled = [weights()]
    for k in range(1, AFTER + 1):
        step(gradients[BEFORE + k - 1])
        if k in SAMPLED:
            sampled.append(weights())
    out[f"{name}/weights"] = np.stack(sampled)


def two_groups(net):
    others = [p for name, p in net.named_parameters() if name != "a.bias"]
    return optim.Adam([{"params": others}, {"params": [net.a.bias], "lr": 0.01}], lr=1e-3)


def matrices(net):
    return optim.Muon([net.a.weight, net.b.weight], lr=0.02)


def main(folder):
    generator = np.random.default_rng(7)
    n = sum(int(np.prod(shape)) for shape in SHAPES.values())
    gradients = generator.standard_normal((BEFORE + AFTER, n)).astype(np.float32)
    gradients[generator.random(gradients.shape) < 0.05] = 0.0
    out = {"gradients": gradients[BEFORE:]}
    for name, (kind, settings) in CONFIGURATIONS.items():
        steps = BEFORE if kind is optim.SGD else None
        record(out, name, gradients, lambda net: kind(net.parameters(), **settings), steps)
    record(out, "adam, bias: lr=0.01", gradients, two_groups)
    record(out, "muon", gradients, matrices, BEFORE)
    versions = {"torch": torch.__version__, "numpy": np.__version__}
    save_file(out, folder / "continued.safetensors", versions)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
