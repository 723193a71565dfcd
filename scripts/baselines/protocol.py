"""How a baseline talks to `cargo xtask bench`: one line in, one line out.

A baseline is started with the folder of the data, its number of threads and its variant. It says
hello with one JSON line, {"baseline": NAME, "version": TEXT}, and then answers each line
`run WORKLOAD` with one of

    {"seconds": S, "value": V}    one timed repetition, and a number that all baselines must agree on;
                                  without it there is nothing to agree on
    {"skip": WHY}                 it has nothing of the kind
    {"error": WHY}                it tried and failed

until its input ends. Warming up and compiling belong to the first answer, outside its seconds.
The data folder holds torchvision's MNIST/raw, the order of the examples (order.u32) and each
model's starting weights (MODEL.f32), and all of that of each task in tasks/TASK, so that every
baseline learns the same from the same start.
"""

import argparse
import json
import math
import os
import sys
import traceback
from pathlib import Path

# The shapes of each model's parameters, in the order in which they stand in its file.
SHAPES = {
    "simplenn": [(128, 784), (128,), (64, 128), (64,), (10, 64), (10,)],
    "2c2d": [(32, 1, 5, 5), (32,), (64, 32, 5, 5), (64,), (1024, 3136), (1024,), (10, 1024), (10,)],
}

LEARNING_RATES = {"sgd": 0.01, "adam": 0.001, "rmsprop": 0.001}


class Skip(Exception):
    """This baseline has no such workload."""


def arguments(about):
    """What every baseline is started with. Standard output is kept for answers alone."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--variant", required=True)
    args = parser.parse_args()
    args.answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return args


def serve(args, baseline, version, prepare):
    """Says hello and answers. `prepare(workload)` warms up and returns a function that does one
    repetition and returns (seconds, value); it is called once for each workload."""

    def answer(line):
        print(json.dumps(line), file=args.answers, flush=True)

    answer({"baseline": baseline, "version": version})
    ready = {}
    for line in sys.stdin:
        workload = line.removeprefix("run ").strip()
        try:
            if workload not in ready:
                # Only one at a time is kept: the next workload's memory should be free.
                ready.clear()
                ready[workload] = prepare(workload)
            seconds, value = ready[workload]()
            answer({"seconds": seconds} | ({} if value is None else {"value": value}))
        except Skip as why:
            answer({"skip": str(why)})
        except Exception as why:  # whatever a library throws is this workload's result
            traceback.print_exc()
            answer({"error": f"{type(why).__name__}: {why}"[:300]})


def pin(threads):
    """Keeps this process on so many cores: XLA starts as many threads as it sees, and has no other
    setting."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


class Training:
    """The workload `MODEL OPTIMIZER batch=B updates=U` with its data."""

    def __init__(self, workload, folder):
        import numpy as np

        model, optimizer, *sizes = workload.split()
        if model not in SHAPES:
            raise Skip(f"no workload {workload}")
        sizes = dict(size.split("=") for size in sizes)
        self.model, self.optimizer = model, optimizer
        self.batch, self.updates = int(sizes["batch"]), int(sizes["updates"])
        self.lr = LEARNING_RATES[optimizer]
        raw = folder / "MNIST" / "raw"
        self.pixels = np.fromfile(raw / "train-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 784)
        self.labels = np.fromfile(raw / "train-labels-idx1-ubyte", np.uint8, offset=8)
        flat = np.fromfile(folder / f"{model}.f32", np.float32)
        ends = np.cumsum([int(np.prod(shape)) for shape in SHAPES[model]])
        assert ends[-1] == len(flat), f"{model}.f32 has {len(flat)} weights, expected {ends[-1]}"
        parts = np.split(flat, ends[:-1])
        self.weights = [part.reshape(shape) for part, shape in zip(parts, SHAPES[model])]
        self.order = np.fromfile(folder / "order.u32", np.uint32).astype(np.int64)
        assert len(self.order) == len(self.labels), "as many places in the order as examples"

    def batches(self):
        """The indices of each update's batch; the last batch of an epoch may be smaller."""
        starts = range(0, len(self.order), self.batch)
        return [self.order[starts[k % len(starts)] :][: self.batch] for k in range(self.updates)]

    @property
    def is_full(self):
        """Whether each batch is all examples, so that nothing need be gathered."""
        return self.batch >= len(self.order)


class Task:
    """The workload `TASK adam batch=B updates=U` with its data in `tasks/TASK`: inputs, targets, the order of the
    examples, and the parameters by name as PyTorch has them."""

    NAMES = ("char-lstm", "char-transformer", "vae", "mnist1d-conv")

    def __init__(self, workload, folder):
        import numpy as np

        self.model, _, *sizes = workload.split()
        sizes = dict(size.split("=") for size in sizes)
        self.batch, self.updates, self.lr = int(sizes["batch"]), int(sizes["updates"]), LEARNING_RATES["adam"]
        folder = folder / "tasks" / self.model
        about = json.loads((folder / "task.json").read_text())
        self.vocabulary = about["vocabulary"]
        inputs = np.fromfile(folder / "inputs", np.dtype(about["inputs"])).reshape(-1, about["size"])
        self.inputs = inputs.astype(np.float32) / 255 if about["inputs"] == "uint8" else inputs
        if about["inputs"] == "uint32":
            self.inputs = inputs.astype(np.int64)
        targets = np.fromfile(folder / "targets", np.uint32).astype(np.int64)
        self.targets = targets.reshape(len(inputs), -1) if self.vocabulary else targets
        if not len(targets):
            self.targets = np.zeros(len(inputs), np.int64)
        flat, self.weights, place = np.fromfile(folder / "weights", np.float32), {}, 0
        for name, shape in about["parameters"]:
            count = int(np.prod(shape))
            self.weights[name] = flat[place : place + count].reshape(shape)
            place += count
        assert place == len(flat), f"{self.model} has {len(flat)} weights, expected {place}"
        self.order = np.fromfile(folder / "order", np.uint32).astype(np.int64)

    def batches(self):
        """The indices of each update's batch, all of one size."""
        whole = len(self.order) // self.batch
        return [self.order[k % whole * self.batch :][: self.batch] for k in range(self.updates)]


class Update:
    """The workload `update RULE SETTING=X … weights=N warm=K updates=U`: all weights begin at 1, the
    gradients stay, K updates are made before the U that are timed, and the value is the mean distance
    moved."""

    def __init__(self, workload):
        _, self.rule, *words = workload.split()
        numbers = dict(word.split("=") for word in words)
        self.weights, self.warm, self.updates = (
            int(numbers.pop(name)) for name in ("weights", "warm", "updates")
        )
        self.settings = {name: float(number) for name, number in numbers.items()}
        simplenn = sum(self.size(shape) for shape in SHAPES["simplenn"])
        side = round(self.weights**0.5)
        if self.weights == simplenn:
            self.shapes = SHAPES["simplenn"]
        else:
            self.shapes = [(side, side) if side * side == self.weights else (self.weights,)]

    @staticmethod
    def size(shape):
        size = 1
        for n in shape:
            size *= n
        return size

    def distance(self, moved):
        """The mean distance; nothing where the weights have grown beyond all numbers, as with rules that
        double their steps while gradients stay."""
        return moved / self.weights if math.isfinite(moved) else None

    def gradients(self):
        import numpy as np

        flat = ((np.arange(self.weights) % 97) - 48).astype(np.float32) * np.float32(1e-3)
        ends = np.cumsum([self.size(shape) for shape in self.shapes])[:-1]
        return [part.reshape(shape).copy() for part, shape in zip(np.split(flat, ends), self.shapes)]
