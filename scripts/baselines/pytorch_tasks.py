"""The models of the tasks in PyTorch, with the names of their parameters in Descent, and their losses."""

import time

import torch
import torch.nn.functional as F
from torch import nn

import protocol


class CharLstm(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.embedding, self.linear = nn.Embedding(vocabulary, 128), nn.Linear(128, vocabulary)
        self.lstm = nn.LSTM(128, 128, batch_first=True)

    def forward(self, x):
        return self.linear(self.lstm(self.embedding(x))[0])


class Attention(nn.Module):
    """Four causal heads, by PyTorch's fastest function for them."""

    def __init__(self):
        super().__init__()
        self.in_proj_weight, self.in_proj_bias = nn.Parameter(torch.empty(384, 128)), nn.Parameter(torch.empty(384))
        self.out_proj = nn.Linear(128, 128)

    def forward(self, x):
        n, length, width = x.shape
        heads = F.linear(x, self.in_proj_weight, self.in_proj_bias).view(n, length, 3, 4, width // 4)
        q, k, v = heads.permute(2, 0, 3, 1, 4)
        x = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out_proj(x.transpose(1, 2).reshape(n, length, width))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2, self.attn = nn.LayerNorm(128), nn.LayerNorm(128), Attention()
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(128, 512), "c_proj": nn.Linear(512, 128)})

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp["c_proj"](F.gelu(self.mlp["c_fc"](self.ln_2(x)), approximate="tanh"))


class Transformer(nn.Module):
    def __init__(self, vocabulary, length=50):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, 128), nn.Embedding(length, 128)
        self.h = nn.ModuleList([Block(), Block()])
        self.ln_f, self.lm_head = nn.LayerNorm(128), nn.Linear(128, vocabulary)

    def forward(self, x):
        x = self.wte(x) + self.wpe.weight
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 64, 4, 2, padding=1), nn.Conv2d(64, 64, 4, 2, padding=1)
        self.conv3 = nn.Conv2d(64, 64, 4)
        self.dense1, self.dense2 = nn.Linear(7 * 7 * 64, 8), nn.Linear(7 * 7 * 64, 8)
        self.dense3, self.dense4 = nn.Linear(8, 24), nn.Linear(24, 49)
        self.deconv1 = nn.ConvTranspose2d(1, 64, 4, 2, padding=1)
        self.deconv2, self.deconv3 = nn.ConvTranspose2d(64, 64, 4), nn.ConvTranspose2d(64, 64, 4)
        self.dense5 = nn.Linear(14 * 14 * 64, 784)

    def forward(self, x):
        def leaky(x):
            return F.leaky_relu(x, 0.3)

        def crop(x):
            return x[:, :, 1:-2, 1:-2]

        x = F.dropout(leaky(self.conv1(x.view(-1, 1, 28, 28))), 0.2)
        x = F.dropout(leaky(self.conv2(x)), 0.2)
        x = F.dropout(leaky(self.conv3(F.pad(x, (1, 2, 1, 2)))), 0.2).flatten(1)
        mean, log_variance = self.dense1(x), self.dense2(x)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        x = leaky(self.dense4(leaky(self.dense3(z)))).view(-1, 1, 7, 7)
        x = F.dropout(F.relu(self.deconv1(x)), 0.2)
        x = F.dropout(F.relu(crop(self.deconv2(x))), 0.2)
        x = F.relu(crop(self.deconv3(x)))
        return torch.sigmoid(self.dense5(x.flatten(1))), mean, log_variance


class Mnist1dConv(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(1, 25, 5, stride=2, padding=1)
        self.conv2 = nn.Conv1d(25, 25, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(25, 25, 3, stride=2, padding=1)
        self.linear = nn.Linear(125, 10)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x.unsqueeze(1)))))
        return self.linear(F.relu(self.conv3(x)).flatten(1))


def next_character(model, x, y):
    return F.cross_entropy(model(x).flatten(0, 1), y.flatten())


def elbo(model, x, _):
    output, mean, log_variance = model(x)
    divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1)
    return ((output - x).square().sum(1) + divergence).mean()


MODELS = {
    "char-lstm": lambda task: (CharLstm(task.vocabulary), next_character),
    "char-transformer": lambda task: (Transformer(task.vocabulary), next_character),
    "vae": lambda task: (Vae(), elbo),
    "mnist1d-conv": lambda task: (Mnist1dConv(), lambda model, x, y: F.cross_entropy(model(x), y)),
}


def repetition_of(task, variant):
    """One repetition of a task's workload: eager, with the fused update, or compiled."""
    if variant not in ("eager", "fused", "compiled"):
        raise protocol.Skip("tasks have no DataLoader")
    x, y = torch.from_numpy(task.inputs), torch.from_numpy(task.targets)
    batches = [torch.from_numpy(batch) for batch in task.batches()]
    model, loss_of = MODELS[task.model](task)
    optimizer = torch.optim.Adam(model.parameters(), lr=task.lr, fused=variant == "fused")
    update = optimizer.step
    if variant == "compiled":
        loss_of, update = torch.compile(loss_of, dynamic=False), torch.compile(update)
    start = {name: torch.from_numpy(values) for name, values in task.weights.items()}

    def repetition(batches=batches):
        model.load_state_dict(start)
        for state in optimizer.state.values():
            for value in state.values():
                value.zero_()
        begun, total = time.perf_counter(), 0.0
        for batch in batches:
            optimizer.zero_grad()
            loss = loss_of(model, x[batch], y[batch])
            loss.backward()
            update()
            total += loss.item()
        return time.perf_counter() - begun, total / len(batches)

    repetition(batches[:3])
    repetition(batches[:3])
    return repetition
