"""Records what NumPy, mnist1d, DeepOBS's formulas and scikit-learn draw, for the tests of `data`.

usage: python generated.py OUT_FILE

Writes JSON. Numbers are double precision, written so that they read back exactly; `sha256` is of the
little-endian `f32` bytes of an array in row-major order. MNIST-1D is made by the package itself,
Friedman's table by scikit-learn, the quadratic problem by NumPy in the order of DeepOBS's source
(deepobs/pytorch/testproblems/quadratic_deep.py and datasets/quadratic.py, MIT).
"""

import hashlib
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from mnist1d.data import get_dataset_args, make_dataset
from sklearn.datasets import make_friedman1


def sha256(array):
    return hashlib.sha256(np.ascontiguousarray(array, dtype="<f4").tobytes()).hexdigest()


def random_state(seed):
    """A little of everything, in turns, so that each draw begins where the other ended."""
    rng = np.random.RandomState(seed)
    drawn = {"seed": seed, "uniform": rng.uniform(size=5).tolist()}
    drawn["normal"] = rng.standard_normal(7).tolist()
    drawn["below"] = [[n, int(rng.randint(n))] for n in (1, 2, 3, 10, 48, 49, 1000, 2**20, 2**31)]
    drawn["permutation"] = rng.permutation(20).tolist()
    drawn["uniform_30_60"] = rng.uniform(30, 60, 3).tolist()
    drawn["normal_after"] = rng.normal(size=4).tolist()
    # Beyond several turns of the twister.
    rng.uniform(size=5000)
    drawn["uniform_later"] = rng.uniform(size=3).tolist()
    return drawn


def mnist1d(**settings):
    args = get_dataset_args(as_dict=True) | settings
    made = make_dataset(type("Args", (), args)())
    x, y = np.concatenate([made["x"], made["x_test"]]), np.concatenate([made["y"], made["y_test"]])
    return {
        "settings": settings,
        "train": len(made["y"]),
        "sha256": sha256(x),
        "first": x[0].tolist(),
        "last": x[-1].tolist(),
        "labels": "".join(map(str, y)),
    }


def rotation(dimensions, rng):
    angle = 2 * np.pi * rng.uniform()
    r = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    for d in range(2, dimensions):
        v = rng.normal(size=(d + 1, 1))
        v = v / np.sqrt(v.T.dot(v))
        e = np.zeros((d + 1, 1))
        e[0] = 1
        x = (e - v) / np.sqrt((e - v).T.dot(e - v))
        larger = np.block([[np.ones((1, 1)), np.zeros((1, d))], [np.zeros((d, 1)), r]])
        r = larger - 2 * np.outer(x, x.T.dot(larger))
    return -r


def quadratic_deep():
    rng = np.random.RandomState(42)
    eigenvalues = np.concatenate([rng.uniform(0, 1, 90), rng.uniform(30, 60, 10)])
    r = rotation(100, rng)
    hessian = r.T @ (np.diag(eigenvalues) @ r)
    train, test = (np.float32(np.random.RandomState(seed).normal(0, 0.6, (1000, 100))) for seed in (42, 43))

    def loss(theta, points):
        d = theta - points.astype(np.float64)
        return float((0.5 * np.einsum("ni,ij,nj->n", d, hessian, d)).mean())

    mean = train.astype(np.float64).mean(axis=0)
    return {
        "trace": float(np.trace(hessian)),
        "largest_eigenvalue": float(np.linalg.eigvalsh(hessian)[-1]),
        "first_row": hessian[0].tolist(),
        "last_row": hessian[-1].tolist(),
        "train_sha256": sha256(train),
        "test_sha256": sha256(test),
        "start_loss": loss(np.ones(100), test[:896]),
        "loss_at_mean": loss(mean, test[:896]),
        "loss_at_mean_train": loss(mean, train),
    }


def friedman(rows, features, noise, seed):
    x, y = make_friedman1(rows, features, noise=noise, random_state=seed)
    made = {"rows": rows, "features": features, "noise": noise, "seed": seed}
    return made | {"x_sha256": sha256(x), "y": y[:10].tolist(), "y_last": float(y[-1])}


packages = ["numpy", "scipy", "mnist1d", "scikit-learn"]
recording = {
    "made_with": {"python": platform.python_version()} | {name: version(name) for name in packages},
    "random_state": [random_state(seed) for seed in (0, 42, 2**32 - 1)],
    "mnist1d": [
        mnist1d(),
        mnist1d(num_samples=200, seed=7, shuffle_seq=True),
        mnist1d(num_samples=130, seed=3, padding=[0, 20], max_translation=1, final_seq_length=65, train_split=0.5),
    ],
    "quadratic_deep": quadratic_deep(),
    "friedman": [friedman(1000, 10, 1.0, 42), friedman(50, 5, 0.0, 3)],
}
Path(sys.argv[1]).write_text(json.dumps(recording, indent=1) + "\n")
