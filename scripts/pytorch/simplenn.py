"""The notebook's experiment in PyTorch, for comparison: one JSON line a run.

usage: python simplenn.py MNIST_RAW_FOLDER [--seeds 20] [--epochs 5] > runs.jsonl

The model, initialisation, data, batches and optimizers are the notebook's; only the data
loader is left out (pixels are preloaded and shuffled with randperm), which changes the
speed and not the distribution of the results.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn


class SimpleNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(28 * 28, 128)
        self.fc2 = nn.Linear(128, 64)
        self.fc3 = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01),
    "adam": lambda p: torch.optim.Adam(p, lr=0.001),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.001),
}


def images(path):
    pixels = np.frombuffer(path.read_bytes(), np.uint8, offset=16).reshape(-1, 784)
    return (torch.from_numpy(pixels.copy()).float() / 255 - 0.5) / 0.5


def labels(path):
    return torch.from_numpy(np.frombuffer(path.read_bytes(), np.uint8, offset=8).astype(np.int64))


def run(name, seed, data, epochs, batch):
    train_x, train_y, test_x, test_y = data
    torch.manual_seed(seed)
    model = SimpleNN()
    criterion = nn.CrossEntropyLoss()
    optimizer = OPTIMIZERS[name](model.parameters())
    losses, seconds, accuracies = [], [], []
    for _ in range(epochs):
        start = time.perf_counter()
        order = torch.randperm(len(train_x))
        total = 0.0
        chunks = order.split(batch)
        for chunk in chunks:
            optimizer.zero_grad()
            loss = criterion(model(train_x[chunk]), train_y[chunk])
            loss.backward()
            optimizer.step()
            total += loss.item()
        seconds.append(time.perf_counter() - start)
        losses.append(total / len(chunks))
        with torch.no_grad():
            right = (model(test_x).argmax(1) == test_y).float().mean().item()
        accuracies.append(right)
    return {"optimizer": name, "seed": seed, "train_loss": losses,
            "test_accuracy": accuracies, "seconds": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    data = (images(args.folder / "train-images-idx3-ubyte"), labels(args.folder / "train-labels-idx1-ubyte"),
            images(args.folder / "t10k-images-idx3-ubyte"), labels(args.folder / "t10k-labels-idx1-ubyte"))
    for seed in range(args.seeds):
        for name in OPTIMIZERS:
            print(json.dumps(run(name, seed, data, args.epochs, args.batch)), flush=True)


main()
