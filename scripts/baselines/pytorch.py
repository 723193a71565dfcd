"""PyTorch as a baseline of `cargo xtask bench --baselines`. Variants: loader (eager, as the notebook has it,
with torchvision's data set, transforms and DataLoader), eager (preloaded tensors), fused (the same
with PyTorch's fused optimizers), compiled (torch.compile of the loss and of the update)."""

import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

import protocol
import pytorch_tasks

OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}


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


class TwoConvTwoDense(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.fc1 = nn.Linear(3136, 1024)
        self.fc2 = nn.Linear(1024, 10)

    def forward(self, x):
        x = x.view(-1, 1, 28, 28)
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


MODELS = {"simplenn": SimpleNN, "2c2d": TwoConvTwoDense}


def start(model, training):
    with torch.no_grad():
        for parameter, values in zip(model.parameters(), training.weights, strict=True):
            parameter.copy_(torch.from_numpy(values))


def fresh(training, **flags):
    """The model at its start and a new optimizer."""
    model = MODELS[training.model]()
    start(model, training)
    if training.model == "2c2d":
        model = model.to(memory_format=torch.channels_last)
    return model, OPTIMIZERS[training.optimizer](model.parameters(), lr=training.lr, **flags)


def loader(training, folder):
    """The notebook's loop, with the order given."""
    import torchvision
    from torchvision import transforms

    if training.model != "simplenn" or training.is_full:
        raise protocol.Skip("the notebook trains the SimpleNN in batches")
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    images = torchvision.datasets.MNIST(root=folder, train=True, transform=transform)
    order = [int(i) for i in training.order[: training.updates * training.batch]]

    def repetition(order=order):
        batches = torch.utils.data.DataLoader(images, batch_size=training.batch, sampler=order)
        model, optimizer = fresh(training)
        criterion = nn.CrossEntropyLoss()
        begun, total = time.perf_counter(), 0.0
        for x, y in batches:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        return time.perf_counter() - begun, total / training.updates

    repetition(order[: 10 * training.batch])
    return repetition


def preloaded(training, variant):
    """The notebook's loop over tensors in memory."""
    x = (torch.from_numpy(training.pixels).float() / 255 - 0.5) / 0.5
    y = torch.from_numpy(training.labels).long()
    batches = [torch.from_numpy(batch) for batch in training.batches()]
    criterion = nn.CrossEntropyLoss()
    fused = variant == "fused"
    if fused and training.optimizer == "rmsprop":
        raise protocol.Skip("no fused RMSprop on a CPU")
    kept = fresh(training) if variant == "compiled" else None
    if kept:
        model, optimizer = kept
        compiled_loss = torch.compile(lambda x, y: criterion(model(x), y), dynamic=False)
        compiled_update = torch.compile(optimizer.step)

    def repetition(batches=batches):
        if kept:
            model, optimizer = kept
            start(model, training)
            for state in optimizer.state.values():
                for value in state.values():
                    value.zero_()
            loss_of, update = compiled_loss, compiled_update
        else:
            model, optimizer = fresh(training, **({"fused": True} if fused else {}))
            loss_of, update = lambda x, y: criterion(model(x), y), optimizer.step
        begun, total = time.perf_counter(), 0.0
        for batch in batches:
            optimizer.zero_grad()
            loss = loss_of(x, y) if training.is_full else loss_of(x[batch], y[batch])
            loss.backward()
            update()
            total += loss.item()
        return time.perf_counter() - begun, total / len(batches)

    # The smaller last batch of an epoch is compiled, too.
    few = batches[:3] + [batch for batch in batches if len(batch) != len(batches[0])][:2]
    repetition(few)
    repetition(few)
    return repetition


def main():
    args = protocol.arguments(__doc__)
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)

    def prepare(workload):
        if workload.split()[0] in protocol.Task.NAMES:
            return pytorch_tasks.repetition_of(protocol.Task(workload, args.data), args.variant)
        training = protocol.Training(workload, args.data)
        return loader(training, args.data) if args.variant == "loader" else preloaded(training, args.variant)

    names = {"loader": "PyTorch, DataLoader", "eager": "PyTorch eager", "fused": "PyTorch eager, fused",
             "compiled": "PyTorch compiled"}
    version = f"torch {torch.__version__}, Python {sys.version.split()[0]}"
    protocol.serve(args, names[args.variant], version, prepare)


if __name__ == "__main__":
    main()
