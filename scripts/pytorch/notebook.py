"""Times one epoch of the notebook as it is written: torchvision's data set and transforms, the data
loader, SimpleNN, three optimizers. Prints seconds an epoch, one JSON line an optimizer.

usage: python notebook.py ROOT [--rounds 1]

ROOT holds torchvision's MNIST/raw.
"""

import argparse
import json
import time

import torch
import torchvision
from torch import nn
from torchvision import transforms


class SimpleNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(28 * 28, 128)
        self.fc2 = nn.Linear(128, 64)
        self.fc3 = nn.Linear(64, 10)

    def forward(self, x):
        x = x.view(-1, 28 * 28)
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


def epoch(name, root):
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    trainset = torchvision.datasets.MNIST(root=root, train=True, transform=transform)
    loader = torch.utils.data.DataLoader(trainset, batch_size=64, shuffle=True)
    model, criterion = SimpleNN(), nn.CrossEntropyLoss()
    optimizer = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.01),
        "adam": lambda p: torch.optim.Adam(p, lr=0.001),
        "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.001),
    }[name](model.parameters())
    start, total = time.perf_counter(), 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return time.perf_counter() - start, total / len(loader)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("root")
parser.add_argument("--rounds", type=int, default=1)
args = parser.parse_args()
for _ in range(args.rounds):
    for name in ("sgd", "adam", "rmsprop"):
        seconds, loss = epoch(name, args.root)
        print(json.dumps({"optimizer": name, "seconds": seconds, "train_loss": loss}), flush=True)
