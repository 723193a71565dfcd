"""PyTorch's optimizers as baselines of `cargo xtask bench optim --baselines`: updates alone, from given gradients.
Variants: fused, foreach, forloop (PyTorch's three implementations)."""

import sys
import time
from functools import partial

import torch

import protocol

OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "asgd": torch.optim.ASGD,
    "rprop": torch.optim.Rprop,
    "adagrad": torch.optim.Adagrad,
    "adadelta": torch.optim.Adadelta,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "adamax": torch.optim.Adamax,
    "nadam": torch.optim.NAdam,
    "nadamw": partial(torch.optim.NAdam, weight_decay=0.01, decoupled_weight_decay=True),
    "radam": torch.optim.RAdam,
    "adafactor": torch.optim.Adafactor,
    "muon": torch.optim.Muon,
}


def prepare(workload, variant):
    update = protocol.Update(workload)
    if update.rule not in OPTIMIZERS:
        raise protocol.Skip(f"no {update.rule}")
    if update.rule == "muon" and any(len(shape) != 2 for shape in update.shapes):
        raise protocol.Skip("Muon is for matrices alone")
    if variant == "fused" and update.rule not in ("sgd", "adagrad", "adam", "adamw"):
        raise protocol.Skip(f"no fused {update.rule} on a CPU")
    flags = {"fused": True} if variant == "fused" else {"foreach": variant == "foreach"}
    if update.rule == "muon":
        flags = {}
    if update.rule == "adagrad" and variant == "fused":
        flags["foreach"] = False
    weights = [torch.ones(shape, requires_grad=True) for shape in update.shapes]
    for weight, gradient in zip(weights, update.gradients()):
        weight.grad = torch.from_numpy(gradient)

    def repetition():
        with torch.no_grad():
            for weight in weights:
                weight.fill_(1.0)
        optimizer = OPTIMIZERS[update.rule](weights, **update.settings, **flags)
        for _ in range(update.warm):
            optimizer.step()
        begun = time.perf_counter()
        for _ in range(update.updates):
            optimizer.step()
        seconds = time.perf_counter() - begun
        moved = sum((weight.detach() - 1).abs().sum(dtype=torch.float64).item() for weight in weights)
        return seconds, update.distance(moved)

    return repetition


def main():
    args = protocol.arguments(__doc__)
    torch.set_num_threads(args.threads)
    version = f"torch {torch.__version__}, Python {sys.version.split()[0]}"
    protocol.serve(args, f"PyTorch {args.variant}", version, lambda workload: prepare(workload, args.variant))


if __name__ == "__main__":
    main()
