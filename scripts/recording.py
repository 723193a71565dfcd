"""What the scripts that record something for the tests of `optim` begin and end with."""

import argparse
import json
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file


def begin(about, packages):
    """The folder that the script was started with, and what the recording is made with."""
    arguments = argparse.ArgumentParser(description=about.splitlines()[0])
    arguments.add_argument("folder", type=Path)
    folder = arguments.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    made_with = {"python": platform.python_version()} | {name: version(name) for name in packages}
    print(json.dumps(made_with))
    return folder, made_with


def save(path, arrays, made_with, **more):
    """Writes the arrays, if all of them are finite."""
    diverged = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    assert not diverged, f"not finite: {diverged}"
    # One entry, since the order of several would change from run to run.
    save_file(arrays, path, {"made_with": json.dumps({**made_with, **more})})
    print(f"{path}: {len(arrays)} arrays, {path.stat().st_size} bytes")
