"""Records what PyTorch's L-BFGS does, for the tests of `optim`.

usage: python lbfgs.py DIR

Reads the data of DIR/closed_loop.safetensors, which trajectories.py writes, and writes
DIR/lbfgs.safetensors: for each `problem dtype: recipe`, in the spelling of `optim`, a row for every
step: the loss before it, the gradients taken so far, and the weights after it. Gradients are
torch's, so they depend on the weights; all of it is computed in the dtype named and stored as
float64.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file

sys.path.append(str(Path(__file__).parents[1]))
import recording  # noqa: E402


def lbfgs(
    p, lr=1, max_iter=20, max_eval=0, history=100, tolerance_grad=1e-7, tolerance_change=1e-9,
    line_search="strong_wolfe",
):  # fmt: skip
    return torch.optim.LBFGS(
        p, lr, int(max_iter), int(max_eval) or None, tolerance_grad, tolerance_change,
        int(history), None if line_search == "none" else line_search,
    )  # fmt: skip


# For each problem: recipes and the number of steps, which end before what is left to gain is lost
# in the rounding of the loss.
RECIPES = {
    "rosenbrock": {
        "lbfgs": 2,
        "lbfgs max_iter=4": 6,
        "lbfgs max_iter=1 max_eval=20": 8,
        "lbfgs max_iter=4 history=2": 6,
        "lbfgs lr=0.5 max_iter=5 max_eval=6": 6,
        "lbfgs lr=1e-3 max_iter=10 line_search=none": 10,
    },
    "softmax": {
        "lbfgs": 1,
        "lbfgs max_iter=5": 4,
        "lbfgs max_iter=3 history=3": 6,
        "lbfgs lr=0.5 max_iter=5 max_eval=7": 3,
        "lbfgs lr=0.1 line_search=none": 3,
        "lbfgs lr=0.5 max_iter=4 history=5 line_search=none": 5,
    },
}


def rosenbrock(w, _data):
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


def softmax(w, data):
    x, y = data
    return torch.nn.functional.cross_entropy(x @ w.view(8, 4), y)


PROBLEMS = {"rosenbrock": (rosenbrock, [-1.2, 1.0]), "softmax": (softmax, [0.0] * 32)}


def value(text):
    return text if text[0].isalpha() else float(text)


def record(problem, dtype, recipe, steps, data):
    loss_of, start = PROBLEMS[problem]
    w = torch.nn.Parameter(torch.tensor(start, dtype=dtype))
    optimizer = lbfgs([w], **{k: value(v) for k, v in (s.split("=") for s in recipe.split()[1:])})

    def closure():
        optimizer.zero_grad()
        loss = loss_of(w, data)
        loss.backward()
        return loss

    rows = []
    for _ in range(steps):
        loss = optimizer.step(closure).item()
        evaluations = optimizer.state[w]["func_evals"]
        rows.append([loss, evaluations, *w.detach().double().tolist()])
    return np.array(rows)


def main():
    folder, made_with = recording.begin(__doc__, ["numpy", "torch"])
    torch.set_num_threads(1)
    data = load_file(folder / "closed_loop.safetensors")
    x, y = torch.from_numpy(data["x"]), torch.from_numpy(data["y"]).long()
    recorded = {}
    for problem, recipes in RECIPES.items():
        for dtype in [torch.float32, torch.float64]:
            for recipe, steps in recipes.items():
                name = f"{problem} {str(dtype).removeprefix('torch.')}: {recipe}"
                recorded[name] = record(problem, dtype, recipe, steps, (x.to(dtype), y))
    recording.save(folder / "lbfgs.safetensors", recorded, made_with)


if __name__ == "__main__":
    main()
