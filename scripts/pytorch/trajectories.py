"""Records what optimizers written in PyTorch do with given gradients, for the tests of `optim`.

usage: python trajectories.py DIR

Writes stream.safetensors (1,000 gradients of 40 weights, and the weights at the start); for
torch, timm and pytorch_optimizer a file each with, for each recipe, the weights after steps 1,
10, 100 and 1000; for torch two more, with all gradients times 1e-30 and 1e30; and
closed_loop.safetensors (softmax regression with torch: the data, and the weights after 100 and 1000
steps). A recipe's name is its spelling in `optim`, so the tests know what to replay. All optimizers
run on their single-tensor paths in float32, but for shampoo and soap.
"""

import sys
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytorch_optimizer
import timm.optim
import torch
import torch.optim._muon
from pytorch_optimizer.base.optimizer import BaseOptimizer

sys.path.append(str(Path(__file__).parents[1]))
import recording  # noqa: E402

STEPS, WEIGHTS = 1000, 40
# What the weights are for a rule that looks at whole parameters; for the others, one vector.
SHAPES = [(5, 3), (5,), (2, 8), (4,)]
NAMES = ["a.weight", "a.bias", "b.weight", "b.bias"]
# The same with a parameter that has no weights, for recipes with groups.
SHAPES_OF_GROUPS = [(5, 3), (0, 3), (5,), (2, 8), (4,)]
NAMES_OF_GROUPS = ["a.weight", "none.weight", "a.bias", "b.weight", "b.bias"]
# For soap: where a matrix has more rows than columns, the axes that a first gradient leaves open are
# any that fit.
SQUARES = [(4, 4), (4,), (4, 4), (4,)]
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


def adadelta(p, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0):
    return torch.optim.Adadelta(p, lr, rho, eps, weight_decay, foreach=False)


def adamax(p, lr=2e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0):
    return torch.optim.Adamax(p, lr, (beta1, beta2), eps, weight_decay, foreach=False)


def nadam(p, lr=2e-3, beta1=0.9, beta2=0.999, eps=1e-8, momentum_decay=4e-3, weight_decay=0):
    return torch.optim.NAdam(
        p, lr, (beta1, beta2), eps, weight_decay, momentum_decay, foreach=False
    )


def nadamw(p, lr=2e-3, beta1=0.9, beta2=0.999, eps=1e-8, momentum_decay=4e-3, weight_decay=1e-2):
    return torch.optim.NAdam(
        p, lr, (beta1, beta2), eps, weight_decay, momentum_decay, True, foreach=False
    )


def radam(p, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0):
    return torch.optim.RAdam(p, lr, (beta1, beta2), eps, weight_decay, foreach=False)


def asgd(p, lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0):
    return torch.optim.ASGD(p, lr, lambd, alpha, t0, weight_decay, foreach=False)


def rprop(p, lr=1e-2, eta_minus=0.5, eta_plus=1.2, step_min=1e-6, step_max=50):
    return torch.optim.Rprop(
        p, lr, (eta_minus, eta_plus), (step_min, step_max), foreach=False
    )


def adafactor(p, lr=1e-2, beta2_decay=-0.8, eps1=None, eps2=1e-3, d=1.0, weight_decay=0):
    return torch.optim.Adafactor(p, lr, beta2_decay, (eps1, eps2), d, weight_decay, foreach=False)


def mars(
    p, lr=3e-3, beta1=0.95, beta2=0.99, gamma=0.025, eps=1e-8, weight_decay=0, adamw_lr=3e-3,
    adamw_beta1=0.9, adamw_beta2=0.95, adamw_weight_decay=0.1,
):  # fmt: skip
    return MarsWithEpsAfterCorrection(
        p, lr, (beta1, beta2), gamma, "adamw", False, adamw_lr, (adamw_beta1, adamw_beta2),
        weight_decay, adamw_weight_decay, eps=eps, foreach=False,
    )  # fmt: skip


def scion(
    p, lr=1e-3, momentum=0.1, scale=1.0, constraint=False, ns_steps=5, weight_decay=0
):
    assert ns_steps == 5
    return pytorch_optimizer.SCION(
        p, lr, momentum, constraint, scale=scale, weight_decay=weight_decay, foreach=False
    )


def shampoo(
    p, lr=1e-2, momentum=0, eps=1e-6, weight_decay=0, precondition_every=10, max_dim=256
):
    """Its momentum is of another kind than ours, and before the first roots it takes no steps."""
    assert momentum == 0 and precondition_every == 1
    return pytorch_optimizer.Shampoo(
        p, lr, weight_decay=weight_decay, preconditioning_compute_steps=1, matrix_eps=eps
    )


def soap(
    p, lr=3e-3, beta1=0.95, beta2=0.95, eps=1e-8, weight_decay=1e-2, precondition_every=10,
    max_dim=256,
):  # fmt: skip
    return pytorch_optimizer.SOAP(
        p, lr, (beta1, beta2), weight_decay=weight_decay, eps=eps,
        precondition_frequency=int(precondition_every), max_precondition_dim=int(max_dim),
    )  # fmt: skip


def adan(p, lr=1e-3, beta1=0.98, beta2=0.92, beta3=0.99, eps=1e-8, weight_decay=0, no_prox=False):
    return timm.optim.Adan(
        p, lr, (beta1, beta2, beta3), eps, weight_decay, no_prox, foreach=False
    )


def adamp(
    p, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0, delta=0.1, wd_ratio=0.1,
    nesterov=False,
):  # fmt: skip
    return timm.optim.AdamP(
        p, lr, (beta1, beta2), eps, weight_decay, delta, wd_ratio, nesterov
    )


def sgdp(
    p, lr=1e-2, momentum=0.9, dampening=0, nesterov=False, weight_decay=0, delta=0.1,
    wd_ratio=0.1, eps=1e-8,
):  # fmt: skip
    return timm.optim.SGDP(
        p, lr, momentum, dampening, weight_decay, nesterov, eps, delta, wd_ratio
    )


def adabound(
    p, lr=1e-3, final_lr=0.1, gamma=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, ams_bound=False
):
    return pytorch_optimizer.AdaBound(
        p, lr, final_lr, (beta1, beta2), gamma, eps=eps, ams_bound=ams_bound, foreach=False
    )


def amsbound(p, **settings):
    return adabound(p, ams_bound=True, **settings)


def laprop(p, lr=4e-4, beta1=0.9, beta2=0.999, eps=1e-15):
    return pytorch_optimizer.LaProp(p, lr, (beta1, beta2), eps=eps, foreach=False)


def qhm(p, lr=1e-3, momentum=0.999, nu=0.7):
    return pytorch_optimizer.QHM(p, lr, momentum, nu, foreach=False)


def qhadam(p, lr=1e-3, beta1=0.995, beta2=0.999, nu1=0.7, nu2=1.0, eps=1e-8):
    return pytorch_optimizer.QHAdam(p, lr, (beta1, beta2), (nu1, nu2), eps=eps, foreach=False)


def aggmo(p, lr=1e-3, beta1=0.0, beta2=0.9, beta3=0.99):
    return pytorch_optimizer.AggMo(p, lr, (beta1, beta2, beta3), foreach=False)


def novograd(p, lr=1e-3, beta1=0.95, beta2=0.98, eps=1e-8, weight_decay=0):
    return pytorch_optimizer.NovoGrad(
        p, lr, (beta1, beta2), weight_decay, weight_decouple=False, eps=eps, foreach=False
    )


class muon:
    """torch's Muon for matrices and AdamW for the rest."""

    def __init__(
        self, p, lr=2e-2, momentum=0.95, nesterov=True, ns_steps=5, eps=1e-7, weight_decay=0.1,
        match_rms_adamw=False, adamw_lr=3e-4,
    ):  # fmt: skip
        adjust = "match_rms_adamw" if match_rms_adamw else "original"
        matrices, rest = [q for q in p if q.ndim == 2], [q for q in p if q.ndim != 2]
        self.muon = torch.optim.Muon(
            matrices, lr, weight_decay, momentum, nesterov,
            eps=eps, ns_steps=int(ns_steps), adjust_lr_fn=adjust,
        )  # fmt: skip
        self.rest = adamw(rest, adamw_lr, weight_decay=weight_decay)

    def step(self):
        self.muon.step()
        self.rest.step()


def newton_schulz_in_single_precision(gradient, coefficients, steps, eps):
    """torch iterates in bfloat16, whose three digits no two implementations would share."""
    a, b, c = coefficients
    x = gradient.T if gradient.size(0) > gradient.size(1) else gradient
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if gradient.size(0) > gradient.size(1) else x


torch.optim._muon._zeropower_via_newtonschulz = newton_schulz_in_single_precision


def newton_schulz_for_scion(gradient, num_steps):
    coefficients = (3.4445, -4.7750, 2.0315)
    return newton_schulz_in_single_precision(gradient, coefficients, num_steps, 1e-7)


pytorch_optimizer.optimizer.scion.zero_power_via_newton_schulz_5 = newton_schulz_for_scion


class MarsWithEpsAfterCorrection(pytorch_optimizer.MARS):
    """The package adds eps before the correction of the mean of squares, the paper after it."""

    def step(self, closure=None):
        eps = [group["eps"] for group in self.param_groups]
        for group in self.param_groups:
            step = group.get("step", 0) + 1
            one = all(p.ndim == 1 for p in group["params"])
            beta2 = group["betas_1d" if one else "betas"][1]
            group["eps"] *= (1 - beta2**step) ** 0.5
        super().step(closure)
        for group, eps in zip(self.param_groups, eps):
            group["eps"] = eps

    def __init__(self, p, *args, **kwargs):
        """Vectors in a group of their own, since their beta2 is another."""
        matrices, vectors = [q for q in p if q.ndim > 1], [q for q in p if q.ndim == 1]
        super().__init__([{"params": matrices}, {"params": vectors}], *args, **kwargs)


def without_eps_under_the_root(apply_ams_bound):
    """pytorch_optimizer adds 1e-15 to means of squares before it takes the root, which neither
    AdaBound nor LaProp has, in the papers or in their authors' code."""

    def apply(*args, **kwargs):
        return apply_ams_bound(*args, **{**kwargs, "exp_avg_sq_eps": 0.0})

    return staticmethod(apply)


BaseOptimizer.apply_ams_bound = without_eps_under_the_root(BaseOptimizer.apply_ams_bound)

RULES = {
    f.__name__: f
    for f in [
        sgd, adagrad, adadelta, rmsprop, adam, adamw, adamax, nadam, nadamw, radam, asgd, rprop,
        adan, adabound, amsbound, laprop, qhm, qhadam, aggmo, novograd, muon,
        adafactor, adamp, sgdp, mars, scion, shampoo, soap,
    ]
}  # fmt: skip

# Those that look at whole parameters.
TENSOR_RULES = {
    "novograd", "muon", "adafactor", "adamp", "sgdp", "mars", "scion", "shampoo", "soap"
}  # fmt: skip
# Those that take roots or axes of sums of gradients. In double precision, since the package's roots of
# single precision are its own noise; and on gradients of one size, since the sums of the stream's have
# eigenvalues that differ by more than float32 has digits.
IN_DOUBLE_PRECISION = {"shampoo", "soap"}

# The settings of PyTorch's own optimizer tests (torch/testing/_internal/common_optimizers.py),
# then more of ours.
TORCH = [
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
    # The rest of PyTorch's rules.
    "adadelta",
    "adadelta lr=0.01",
    "adadelta weight_decay=0.1",
    "adadelta rho=0.95 weight_decay=0.9",
    "adadelta lr=3 rho=0.5 eps=1e-4",
    "adamax",
    "adamax lr=0.1",
    "adamax weight_decay=0.1",
    "adamax weight_decay=0.9",
    "adamax beta1=0.4 beta2=0.9 eps=1e-3, cosine",
    "nadam",
    "nadam lr=1e-3",
    "nadam momentum_decay=6e-3",
    "nadam weight_decay=0.1",
    "nadam momentum_decay=6e-3 weight_decay=0.1",
    "nadam beta1=0.95 beta2=0.9 eps=1e-3 momentum_decay=0",
    "nadamw",
    "nadamw momentum_decay=6e-3 weight_decay=0.9",
    "nadamw lr=0.01 weight_decay=0.1, cosine warmup=50, clip=1",
    "radam",
    "radam lr=2e-3",
    "radam eps=1e-6",
    "radam weight_decay=0.1",
    "radam lr=0.01 beta1=0.8 beta2=0.95 eps=1e-3, clip=1",
    "radam lr=1e-3 beta2=0.5",
    "asgd",
    "asgd lambd=0.1",
    "asgd lr=0.02",
    "asgd t0=100",
    "asgd weight_decay=0.1",
    "asgd lr=0.1 lambd=0.05 alpha=0.5 t0=10",
    "rprop",
    "rprop lr=2e-4",
    "rprop eta_plus=1.5",
    "rprop step_min=2e-6 step_max=100",
    "adafactor",
    "adafactor lr=0.01 weight_decay=0.1",
    "adafactor beta2_decay=-1",
    "adafactor lr=0.1 d=1.5 eps1=1e-5 eps2=0.1, clip=1",
    "muon",
    "muon lr=1e-3 momentum=0.8 nesterov=false weight_decay=0",
    "muon lr=1e-3 ns_steps=3 match_rms_adamw=true adamw_lr=0.01",
    "muon momentum=0.8 ns_steps=6 weight_decay=0.2",
    "rprop lr=0.1 eta_minus=0.3 eta_plus=1.1 step_min=1e-3 step_max=0.5",
    # Up instead of down.
    "sgd momentum=0.9 weight_decay=0.1, maximize",
    "adagrad weight_decay=0.1, maximize",
    "adadelta weight_decay=0.1, maximize",
    "rmsprop momentum=0.1 centered=true weight_decay=0.1, maximize",
    "adam amsgrad=true weight_decay=0.1, maximize",
    "adamw lr=0.01, maximize",
    "adamax weight_decay=0.1, maximize",
    "nadam weight_decay=0.1, maximize",
    "radam weight_decay=0.1, maximize",
    "asgd weight_decay=0.1, maximize",
    "rprop, maximize",
    "adafactor weight_decay=0.1, maximize",
    # Parameters with settings of their own, beside one that has no weights.
    "sgd lr=0.1 momentum=0.9, bias: lr=0.01 weight_decay=0.1",
    "sgd lr=0.1 momentum=0.9 nesterov=true weight_decay=0.1, bias: weight_decay=0, cosine, clip=1",
    "adagrad lr=0.1, bias: lr=0.5 weight_decay=0.1",
    "adadelta, bias: lr=0.1 weight_decay=0.1",
    "rmsprop lr=1e-3, bias: lr=0.01 weight_decay=0.1 centered=true",
    "adam, b.*: lr=0.05 beta1=0.5, maximize",
    "adam weight_decay=0.1, bias: lr=0.01 weight_decay=0 amsgrad=true",
    "adamw weight_decay=0.1, bias: weight_decay=0, a.*: lr=0.01, cosine warmup=50",
    "adamax, bias: lr=0.1 weight_decay=0.1",
    "nadam, bias: lr=0.01 weight_decay=0.1",
    "radam, bias: lr=0.01 weight_decay=0.1",
    "asgd, bias: lr=0.1 weight_decay=0.1 t0=100",
    "rprop, bias: lr=0.1 step_max=1",
    "adafactor, bias: lr=0.05 weight_decay=0.1",
]

# With all gradients times 1e-30 and 1e30, where what PyTorch computes is finite.
TORCH_TINY = [
    "sgd lr=1e28 momentum=0.9",
    "adagrad",
    "adadelta",
    "rmsprop",
    "adam",
    "adam amsgrad=true",
    "adamw lr=0.01",
    "adamax",
    "nadam",
    "radam",
    "asgd",
    "adafactor",
]
TORCH_HUGE = [
    "sgd lr=1e-32 momentum=0.9",
    "adagrad",
    "rmsprop",
    "adam",
    "adamw lr=0.01",
    "adamax",
    "nadam",
    "radam",
    "rprop",
]

TIMM = [
    "adan",
    "adan lr=0.01",
    "adan weight_decay=0.02",
    "adan lr=0.01 weight_decay=0.1 no_prox=true",
    "adamp",
    "adamp lr=0.01 weight_decay=0.1 delta=3",
    "adamp lr=0.01 beta1=0.8 beta2=0.95 delta=0.8 wd_ratio=0.5 weight_decay=0.1 nesterov=true",
    "sgdp",
    "sgdp lr=0.01 weight_decay=0.01 delta=3, clip=1",
    "sgdp momentum=0.8 dampening=0.2 delta=0.8 weight_decay=0.01 nesterov=true, cosine",
    "adan beta1=0.9 beta2=0.5 beta3=0.95 eps=1e-4, cosine, clip=1",
]

PYTORCH_OPTIMIZER = [
    "adabound",
    "adabound lr=0.01 final_lr=0.5",
    "adabound final_lr=0.01 gamma=0.1",
    "adabound beta1=0.4 beta2=0.9 eps=1e-3, cosine, clip=1",
    "amsbound",
    "amsbound lr=0.01 final_lr=0.05 gamma=1e-2",
    "amsbound final_lr=0.3, step every=100 gamma=0.5",
    "laprop",
    "laprop lr=0.01 beta1=0.95 beta2=0.9",
    "laprop beta1=0.3 beta2=0.99, clip=1",
    "qhm",
    "qhm lr=0.1 momentum=0.9 nu=0.5",
    "qhm lr=0.01 momentum=0.4 nu=1, cosine",
    "qhadam",
    "qhadam lr=0.01 beta1=0.9 beta2=0.95 nu1=0.8 nu2=0.6",
    "qhadam nu1=1 eps=1e-4, cosine warmup=20",
    "novograd",
    "novograd lr=0.01 beta1=0.8 beta2=0.5",
    "novograd lr=0.01 weight_decay=0.01 eps=1e-3, cosine, clip=1",
    "aggmo",
    "aggmo lr=0.01 beta1=0.5 beta2=0.8 beta3=0.95",
    "aggmo lr=0.01, step every=250 gamma=0.3, clip=1",
    "mars",
    "mars gamma=0.1 weight_decay=0.1 beta1=0.9 eps=1e-4",
    "mars lr=0.01 adamw_lr=1e-3 adamw_beta1=0.8 adamw_beta2=0.99 adamw_weight_decay=0, clip=1",
    "scion",
    "scion lr=0.01 momentum=0.5 scale=3 weight_decay=0.1",
    "scion lr=0.01 momentum=1 constraint=true scale=10",
    "shampoo precondition_every=1",
    "shampoo lr=0.1 eps=1e-2 weight_decay=0.1 precondition_every=1",
    "soap",
    "soap lr=0.01 beta1=0.9 beta2=0.99 weight_decay=0 precondition_every=5",
    "soap eps=1e-4 precondition_every=25",
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


def fits(selector, name):
    """Whether a parameter is one of those that a group is of: by role or by name."""
    return fnmatch(name, selector) or name.endswith("." + selector)


def parse(recipe):
    """What makes the optimizer of parameters with names, the schedule (or None) and the norm to clip
    at (or None)."""
    rule, *rest = recipe.split(", ")
    name, *words = rule.split()
    schedule, clip, maximize, groups = None, None, False, []
    for part in rest:
        if part.startswith("clip="):
            clip = float(part.removeprefix("clip="))
        elif part == "maximize":
            maximize = True
        elif ": " in part:
            selector, own = part.split(": ")
            groups.append((selector, settings(own.split())))
        else:
            schedule = part

    def make(ws, names):
        base = settings(words)
        if not groups and not maximize:
            return RULES[name](ws, **base)
        first = lambda n: next((i for i, (of, _) in enumerate(groups) if fits(of, n)), None)
        of = [first(n) for n in names]
        optimizer = RULES[name]([w for w, i in zip(ws, of) if i is None], **base)
        for i, (_, own) in enumerate(groups):
            # The same optimizer with the group's settings knows what PyTorch calls them.
            alone = RULES[name]([w for w, j in zip(ws, of) if j == i], **{**base, **own})
            optimizer.add_param_group(alone.param_groups[0])
        for group in optimizer.param_groups:
            group["maximize"] = maximize
        return optimizer

    return make, schedule, clip


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
    gradients[13::97] = 0
    gradients[31::101] *= 1e-25
    gradients[57::211] *= 1e3
    gradients[71::307] = 0.125
    gradients[:200, 5] = 0
    return start.astype(np.float32), gradients.astype(np.float32)


def replay(recipe, start, gradients, sampled=SAMPLED):
    make, schedule, clip = parse(recipe)
    name = recipe.replace(",", "").split()[0]
    shapes, names = [(WEIGHTS,)], ["w"]
    if name in TENSOR_RULES:
        shapes, names = SQUARES if name == "soap" else SHAPES, NAMES
    # torch's Adafactor divides by the number of weights.
    if ": " in recipe and name != "adafactor":
        shapes, names = SHAPES_OF_GROUPS, NAMES_OF_GROUPS
    if name in IN_DOUBLE_PRECISION:
        start, gradients = start.astype(np.float64), of_one_size(gradients).astype(np.float64)
    ws = [torch.nn.Parameter(w) for w in split(start, shapes)]
    optimizer = make(ws, names)
    scheduler = schedule and schedule_of(schedule, optimizer)
    seen = []
    for step, gradient in enumerate(gradients, 1):
        for w, part in zip(ws, split(gradient, shapes)):
            w.grad = part
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(ws, clip, foreach=False)
        optimizer.step()
        if scheduler:
            scheduler.step()
        if step in sampled:
            seen.append(np.concatenate([w.detach().numpy().reshape(-1) for w in ws]))
    return np.stack(seen).astype(np.float32)


def of_one_size(gradients):
    """Each number's sign and digits: from 0.5 to 1, or 0."""
    return np.frexp(gradients)[0]


def split(flat, shapes):
    """One tensor a shape, cut from the flat array in order."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = np.split(flat.copy(), ends[:-1])
    return [torch.from_numpy(part.copy()).reshape(shape) for part, shape in zip(parts, shapes)]


def made_data():
    """256 points of 8 features in 4 overlapping classes, so the best weights are finite."""
    random = np.random.default_rng(7)
    x = random.standard_normal((256, 8))
    y = (2 * x @ random.standard_normal((8, 4)) + random.gumbel(size=(256, 4)) * 2).argmax(1)
    return x.astype(np.float32), y.astype(np.float32)


def closed_loop(optimizer_of, x, y):
    """Softmax regression on batches of 64, taken in order."""
    x, y = torch.from_numpy(x), torch.from_numpy(y).long()
    w = torch.nn.Parameter(torch.zeros(8, 4))
    optimizer = optimizer_of(w)
    seen = []
    for step in range(1, STEPS + 1):
        batch = slice((step - 1) % 4 * 64, (step - 1) % 4 * 64 + 64)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(x[batch] @ w, y[batch]).backward()
        optimizer.step()
        if step in CLOSED_LOOP_SAMPLED:
            seen.append(w.detach().numpy().reshape(-1).copy())
    return np.stack(seen)


def main():
    packages = ["numpy", "torch", "timm", "pytorch_optimizer"]
    folder, made_with = recording.begin(__doc__, packages)
    torch.set_num_threads(1)

    start, gradients = stream()
    path = folder / "stream.safetensors"
    recording.save(path, {"start": start, "gradients": gradients}, made_with)

    files = {"torch": TORCH, "timm": TIMM, "pytorch_optimizer": PYTORCH_OPTIMIZER}
    files |= {"torch_tiny": TORCH_TINY, "torch_huge": TORCH_HUGE}
    for name, recipes in files.items():
        scale = np.float32({"torch_tiny": 1e-30, "torch_huge": 1e30}.get(name, 1))
        recorded = {recipe: replay(recipe, start, gradients * scale) for recipe in recipes}
        recording.save(folder / f"{name}.safetensors", recorded, made_with, steps=SAMPLED)

    x, y = made_data()
    recorded = {}
    for recipe in CLOSED_LOOP:
        make, _, _ = parse(recipe)
        recorded[recipe] = closed_loop(lambda w, make=make: make([w], ["w"]), x, y)
    recorded |= {"x": x, "y": y}
    path = folder / "closed_loop.safetensors"
    recording.save(path, recorded, made_with, steps=CLOSED_LOOP_SAMPLED)


if __name__ == "__main__":
    main()
