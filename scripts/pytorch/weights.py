"""Weights between PyTorch and Descent, through safetensors.

usage: python weights.py FOLDER          writes from_pytorch.safetensors and .json
       python weights.py --check FOLDER  loads to_pytorch.safetensors, which Descent wrote

FOLDER is crates/train/tests/fixtures. The names and shapes are those of nn.Linear.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(6, 5)
        self.fc2 = nn.Linear(5, 4)
        self.fc3 = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))


def write(folder):
    torch.manual_seed(0)
    net, x = Net(), torch.randn(2, 6)
    save_file(net.state_dict(), folder / "from_pytorch.safetensors")
    values = {"input": x.flatten().tolist(), "output": net(x).flatten().tolist()}
    (folder / "from_pytorch.json").write_text(json.dumps(values) + "\n")


def check(folder):
    net = Net()
    net.load_state_dict(load_file(folder / "to_pytorch.safetensors"), strict=True)
    bound = net.fc1.weight.abs().max().item()
    assert 0 < bound <= 6**-0.5, bound
    print("PyTorch", torch.__version__, "loads to_pytorch.safetensors:", {n: list(p.shape) for n, p in net.named_parameters()})


if sys.argv[1] == "--check":
    check(Path(sys.argv[2]))
else:
    write(Path(sys.argv[1]))
