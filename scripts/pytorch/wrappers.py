"""Records what stands around an update rule, written in PyTorch, for the tests of `optim`.

usage: python wrappers.py DIR

Reads DIR/stream.safetensors, which trajectories.py writes, and writes DIR/wrappers.safetensors: for
each recipe, in the spelling of `optim`, the weights after steps 1, 10, 100 and 1000, and where others
are evaluated, those after the same steps. Then trains on the data of DIR/closed_loop.safetensors
and writes DIR/wrappers_closed_loop.safetensors, the weights after 100 and 1000 steps. Arrays are
float32.
"""

import sys
from pathlib import Path

import numpy as np
import pytorch_optimizer
import timm.optim
import torch
from pytorch_optimizer.optimizer.gradient_centralization import centralize_gradient
from safetensors.numpy import load_file
from timm.utils.agc import adaptive_clip_grad
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

sys.path.append(str(Path(__file__).parents[1]))
import recording  # noqa: E402
from trajectories import CLOSED_LOOP_SAMPLED, SAMPLED, SHAPES, STEPS, split  # noqa: E402

# Of the parameters that the weights are: a.weight, a.bias, b.weight, b.bias.
BIASES = [1, 3]


def sgd(p, lr, momentum=0, maximize=False):
    return torch.optim.SGD(p, lr, momentum, maximize=maximize, foreach=False)


def adam(p, lr, maximize=False):
    return torch.optim.Adam(p, lr, maximize=maximize, foreach=False)


def adamw(p, lr, **settings):
    return torch.optim.AdamW(p, lr, foreach=False, **settings)


class Prepared:
    """A step after something has been done to the gradients."""

    def __init__(self, prepare, make):
        self.prepare, self.make = prepare, make

    def start(self, ws):
        self.ws, self.optimizer = ws, self.make(ws)
        return self

    def step(self):
        self.prepare(self.ws)
        self.optimizer.step()

    def evaluated(self):
        return None


def each(prepare):
    """The same for each parameter by itself."""
    return lambda ws: [prepare(w) for w in ws]


class Several:
    """Several optimizers, each of its parameters."""

    def __init__(self, make):
        self.make = make

    def start(self, ws):
        self.optimizers = self.make(ws)
        return self

    def step(self):
        for optimizer in self.optimizers:
            optimizer.step()

    def evaluated(self):
        return None


class Averaged:
    """PyTorch's AveragedModel beside an optimizer, at the steps that count."""

    def __init__(self, make, counts, average=None, from_start=False):
        self.make, self.counts, self.average, self.from_start = make, counts, average, from_start

    def start(self, ws):
        self.model, self.optimizer, self.steps = torch.nn.ParameterList(ws), self.make(ws), 0
        self.averaged = AveragedModel(self.model, multi_avg_fn=self.average)
        if self.from_start:
            self.averaged.update_parameters(self.model)
        return self

    def step(self):
        self.optimizer.step()
        self.steps += 1
        if self.counts(self.steps):
            self.averaged.update_parameters(self.model)

    def evaluated(self):
        return self.averaged.module if self.averaged.n_averaged > 0 else self.model


def ema(make, decay):
    average = get_ema_multi_avg_fn(decay)
    return Averaged(make, lambda step: True, average, from_start=True)


def warmed_up_ema(make, decay):
    """TensorFlow's rule for the decay at step t: min(decay, (1 + t)/(10 + t))."""

    def average(averaged, current, t):
        get_ema_multi_avg_fn(min(decay, (1 + t.item()) / (10 + t.item())))(averaged, current, t)

    return Averaged(make, lambda step: True, average, from_start=True)


class Lookahead:
    def __init__(self, make, k, alpha):
        self.make, self.k, self.alpha = make, k, alpha

    def start(self, ws):
        self.ws = ws
        self.optimizer = pytorch_optimizer.Lookahead(self.make(ws), self.k, self.alpha)
        return self

    def step(self):
        self.optimizer.step()

    def evaluated(self):
        return [self.optimizer.state[w]["slow_params"] for w in self.ws]


def biases(ws):
    return [ws[i] for i in BIASES]


def matrices(ws):
    return [w for i, w in enumerate(ws) if i not in BIASES]


def groups(of_matrices, of_biases):
    return lambda ws: [of_matrices(matrices(ws)), of_biases(biases(ws))]


REPLAYED = {
    "adamw lr=0.01, clip_value=0.5": Prepared(
        lambda ws: clip_grad_value_(ws, 0.5, foreach=False), lambda p: adamw(p, 0.01)
    ),
    "sgd lr=0.1 momentum=0.9, clip_tensor=1": Prepared(
        each(lambda w: clip_grad_norm_([w], 1.0, foreach=False)), lambda p: sgd(p, 0.1, 0.9)
    ),
    "adam lr=0.01, clip_tensor=0.1": Prepared(
        each(lambda w: clip_grad_norm_([w], 0.1, foreach=False)), lambda p: adam(p, 0.01)
    ),
    "sgd lr=0.1, agc=0.01": Prepared(adaptive_clip_grad, lambda p: sgd(p, 0.1)),
    "adamw lr=0.01, agc=0.1": Prepared(
        lambda ws: adaptive_clip_grad(ws, 0.1), lambda p: adamw(p, 0.01)
    ),
    "sgd lr=0.1 momentum=0.9, maximize": Several(lambda p: [sgd(p, 0.1, 0.9, maximize=True)]),
    "adam lr=0.01, maximize": Several(lambda p: [adam(p, 0.01, maximize=True)]),
    "adamw lr=0.01 weight_decay=0.1, maximize": Several(
        lambda p: [adamw(p, 0.01, weight_decay=0.1, maximize=True)]
    ),
    "adamw lr=0.01 weight_decay=0.3, no_decay=bias": Several(
        lambda ws: [
            torch.optim.AdamW(
                [
                    {"params": matrices(ws), "weight_decay": 0.3},
                    {"params": biases(ws), "weight_decay": 0},
                ],
                0.01,
                foreach=False,
            )
        ]
    ),
    "adamw lr=0.01, bias: lr=0.1 beta1=0.5": Several(
        groups(lambda p: adamw(p, 0.01), lambda p: adamw(p, 0.1, betas=(0.5, 0.999)))
    ),
    "adamw lr=0.01, *.bias: sgd lr=0.1 momentum=0.9": Several(
        groups(lambda p: adamw(p, 0.01), lambda p: sgd(p, 0.1, 0.9))
    ),
    "centralized(sgd lr=0.1 momentum=0.9)": Prepared(
        each(lambda w: centralize_gradient(w.grad)), lambda p: sgd(p, 0.1, 0.9)
    ),
    "centralized(adamw lr=0.01)": Prepared(
        each(lambda w: centralize_gradient(w.grad)), lambda p: adamw(p, 0.01)
    ),
    "lookahead(sgd lr=0.1 momentum=0.9)": Lookahead(lambda p: sgd(p, 0.1, 0.9), 5, 0.5),
    "lookahead(adamw lr=0.01) k=7 alpha=0.8": Lookahead(lambda p: adamw(p, 0.01), 7, 0.8),
    "ema(adamw lr=0.01) decay=0.99 warm_up=false": ema(lambda p: adamw(p, 0.01), 0.99),
    "ema(sgd lr=0.1)": warmed_up_ema(lambda p: sgd(p, 0.1), 0.999),
    "ema(sgd lr=0.1) decay=0.9": warmed_up_ema(lambda p: sgd(p, 0.1), 0.9),
    "swa(sgd lr=0.1)": Averaged(
        lambda p: sgd(p, 0.1), lambda step: step > 750 and (step - 750) % 10 == 0
    ),
    "swa(adamw lr=0.01) start=40 every=7": Averaged(
        lambda p: adamw(p, 0.01), lambda step: step > 40 and (step - 40) % 7 == 0
    ),
    "tail_average(sgd lr=0.1)": Averaged(lambda p: sgd(p, 0.1), lambda step: step > 500),
    "tail_average(adamw lr=0.01) start=0": Averaged(
        lambda p: adamw(p, 0.01), lambda step: True
    ),
}


class AuthorsAsam:
    """As github.com/SamsungLabs/ASAM computes it for a weight; it leaves biases as they are."""

    def __init__(self, w, optimizer, rho, eta):
        self.w, self.optimizer, self.rho, self.eta = w, optimizer, rho, eta

    @torch.no_grad()
    def step(self, closure):
        t_w = self.w.detach().clone().abs_().add_(self.eta)
        self.w.grad.mul_(t_w)
        norm = torch.norm(torch.stack([torch.norm(self.w.grad, p=2)]), p=2) + 1.0e-16
        self.w.grad.mul_(t_w)
        start = self.w.detach().clone()
        self.w.add_(self.w.grad.detach().clone().mul_(self.rho / norm))
        with torch.enable_grad():
            closure()
        self.w.copy_(start)
        self.optimizer.step()


CLOSED_LOOP = {
    "sam(sgd lr=0.1 momentum=0.9)": lambda w: pytorch_optimizer.SAM(
        [w], torch.optim.SGD, 0.05, lr=0.1, momentum=0.9
    ),
    "sam(adamw lr=0.01) rho=0.2": lambda w: pytorch_optimizer.SAM(
        [w], torch.optim.AdamW, 0.2, lr=0.01
    ),
    "asam(sgd lr=0.1) rho=0.2 eta=0": lambda w: pytorch_optimizer.SAM(
        [w], torch.optim.SGD, 0.2, adaptive=True, lr=0.1
    ),
    "asam(sgd lr=0.1 momentum=0.9)": lambda w: AuthorsAsam(w, sgd([w], 0.1, 0.9), 0.5, 0.01),
    "asam(adamw lr=0.01) rho=1 eta=0.1": lambda w: AuthorsAsam(w, adamw([w], 0.01), 1.0, 0.1),
    # timm keeps decoupled weight decay out of what is masked; without decay there is no difference.
    "cautious(adamw lr=0.01 weight_decay=0)": lambda w: timm.optim.adamw.AdamWLegacy(
        [w], 0.01, weight_decay=0, caution=True, foreach=False
    ),
    "cautious(adam lr=0.01 beta1=0.95 amsgrad=true)": lambda w: timm.optim.adamw.AdamWLegacy(
        [w], 0.01, (0.95, 0.999), weight_decay=0, amsgrad=True, caution=True, foreach=False
    ),
    "cautious(sgd lr=0.05 momentum=0.9)": lambda w: timm.optim.SGDW(
        [w], 0.05, 0.9, caution=True, foreach=False
    ),
    "cautious(sgd lr=0.05 momentum=0.9 nesterov=true)": lambda w: timm.optim.SGDW(
        [w], 0.05, 0.9, nesterov=True, caution=True, foreach=False
    ),
}


def replay(method, start, gradients):
    ws = [torch.nn.Parameter(w) for w in split(start, SHAPES)]
    running = method.start(ws)
    seen, evaluated = [], []
    for step, gradient in enumerate(gradients, 1):
        for w, part in zip(ws, split(gradient, SHAPES)):
            w.grad = part
        running.step()
        if step in SAMPLED:
            seen.append(flat(ws))
            if running.evaluated() is not None:
                evaluated.append(flat(running.evaluated()))
    return np.stack(seen + evaluated)


def flat(ws):
    return np.concatenate([w.detach().numpy().reshape(-1) for w in ws])


def closed_loop(make, x, y):
    """Softmax regression on batches of 64, taken in order."""
    x, y = torch.from_numpy(x), torch.from_numpy(y).long()
    w = torch.nn.Parameter(torch.zeros(8, 4))
    optimizer = make(w)
    seen = []
    for step in range(1, STEPS + 1):
        batch = slice((step - 1) % 4 * 64, (step - 1) % 4 * 64 + 64)

        def loss_and_gradient():
            w.grad = None
            loss = torch.nn.functional.cross_entropy(x[batch] @ w, y[batch])
            loss.backward()
            return loss

        loss_and_gradient()
        if isinstance(optimizer, pytorch_optimizer.SAM | AuthorsAsam):
            optimizer.step(loss_and_gradient)
        else:
            optimizer.step()
        if step in CLOSED_LOOP_SAMPLED:
            seen.append(w.detach().numpy().reshape(-1).copy())
    return np.stack(seen)


def main():
    folder, made_with = recording.begin(__doc__, ["numpy", "torch", "timm", "pytorch_optimizer"])
    torch.set_num_threads(1)

    stream = load_file(folder / "stream.safetensors")
    recorded = {
        recipe: replay(method, stream["start"], stream["gradients"])
        for recipe, method in REPLAYED.items()
    }
    recording.save(folder / "wrappers.safetensors", recorded, made_with, steps=SAMPLED)

    data = load_file(folder / "closed_loop.safetensors")
    recorded = {
        recipe: closed_loop(make, data["x"], data["y"]) for recipe, make in CLOSED_LOOP.items()
    }
    path = folder / "wrappers_closed_loop.safetensors"
    recording.save(path, recorded, made_with, steps=CLOSED_LOOP_SAMPLED)


if __name__ == "__main__":
    main()
