"""What PyTorch computes for the layers and models of crates/nn, in double precision.

usage: python models.py FILE        writes crates/nn/tests/fixtures/pytorch.json

Weights and inputs are not in the file: they come from `numbers` below, which the test spells the
same way. For each case there are the output, and for each parameter the gradient's norm and some
of its elements (all, where there are few); of models with batch norm also the running statistics
after the pass, and the output in evaluation.
"""

import json
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

KEPT = 40


def numbers(count, salt, low=-1.0, high=1.0):
    """`count` numbers by a hash of place and salt: the same in any language."""
    with np.errstate(over="ignore"):
        x = np.arange(count, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(salt) * np.uint32(374761393)
        x = (x ^ (x >> np.uint32(15))) * np.uint32(2246822519)
        x = (x ^ (x >> np.uint32(13))) * np.uint32(3266489917)
        x = x ^ (x >> np.uint32(16))
    return torch.from_numpy(low + (high - low) * (x.astype(np.float64) / 2.0**32))


def words(seed, name, count):
    """Random words of `tensor::random::Stream`: Philox4x32-10, a stream of this name under the seed."""
    mask, low = np.uint64(0xFFFFFFFF), np.uint64(32)
    label = 0xCBF29CE484222325
    for byte in name.encode():
        label = ((label ^ byte) * 0x100000001B3) % 2**64
    index = np.arange(-(-count // 4), dtype=np.uint64)
    fill = lambda x: np.full(len(index), x, dtype=np.uint64)
    c = [index & mask, index >> low, fill(label % 2**32), fill(label >> 32)]
    k0, k1 = seed % 2**32, seed >> 32
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(b >> low) ^ c[1] ^ np.uint64(k0), b & mask, (a >> low) ^ c[3] ^ np.uint64(k1), a & mask]
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return np.stack(c, 1).reshape(-1)[:count]


def dropped(x, name, probability):
    """Dropout in step 0 of seed 0 of an array in the order of crates/nn, channels last."""
    uniform = (words(0, f"dropout {name} of step 0", x.numel()) >> np.uint64(8)).astype(np.float64) * 2.0**-24
    kept = torch.from_numpy((uniform >= probability) / (1 - probability))
    if x.dim() == 4:
        n, channels, height, width = x.shape
        return x * kept.view(n, height, width, channels).permute(0, 3, 1, 2)
    return x * kept.view_as(x)


def normals(name, *shape):
    """Normal numbers in step 0 of seed 0."""
    pairs = words(0, f"{name} of step 0", 2 * int(np.prod(shape))).reshape(-1, 2).astype(np.float64)
    length = np.sqrt(-2 * np.log((pairs[:, 0] + 1) / 2.0**32))
    return torch.from_numpy((length * np.cos(2 * np.pi * pairs[:, 1] / 2.0**32)).astype(np.float32)).double().view(*shape)


class Mlp(nn.Module):
    def __init__(self, *widths):
        super().__init__()
        self.count = len(widths) - 1
        for i in range(self.count):
            setattr(self, f"fc{i + 1}", nn.Linear(widths[i], widths[i + 1]))

    def forward(self, x):
        for i in range(1, self.count):
            x = F.relu(getattr(self, f"fc{i}")(x))
        return getattr(self, f"fc{self.count}")(x)


def planes(x, height, width, channels):
    """Images whose pixels have their channels next to each other, as PyTorch has them."""
    return x.view(-1, height, width, channels).permute(0, 3, 1, 2).reshape(-1, channels, height, width)


class TwoCTwoD(nn.Module):
    def __init__(self, height=28, width=28, channels=1):
        super().__init__()
        self.sizes = height, width, channels
        self.conv1, self.conv2 = nn.Conv2d(channels, 32, 5, padding="same"), nn.Conv2d(32, 64, 5, padding="same")
        self.fc1, self.fc2 = nn.Linear(64 * (height // 4) * (width // 4), 1024), nn.Linear(1024, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(planes(x, *self.sizes))), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


class LeNet(nn.Module):
    def __init__(self, height=28, width=28, channels=1):
        super().__init__()
        self.sizes = height, width, channels
        self.conv1, self.conv2 = nn.Conv2d(channels, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        pixels = ((height // 2 - 4) // 2) * ((width // 2 - 4) // 2)
        self.fc1, self.fc2, self.fc3 = nn.Linear(16 * pixels, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(planes(x, *self.sizes))), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x.flatten(1))))))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.bn1, self.bn2 = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNetMini(nn.Module):
    def __init__(self, height=28, width=28, channels=1):
        super().__init__()
        self.sizes = height, width, channels
        self.conv1, self.bn1 = nn.Conv2d(channels, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(Block(16, 16, 1))
        self.layer2 = nn.Sequential(Block(16, 32, 2))
        self.layer3 = nn.Sequential(Block(32, 64, 2))
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(planes(x, *self.sizes))))
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


class DeepSigmoid(Mlp):
    def forward(self, x):
        for i in range(1, self.count):
            x = torch.sigmoid(getattr(self, f"fc{i}")(x))
        return getattr(self, f"fc{self.count}")(x)


class Mnist1dMlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1, self.linear2, self.linear3 = nn.Linear(40, 100), nn.Linear(100, 100), nn.Linear(100, 10)

    def forward(self, x):
        h = F.relu(self.linear1(x))
        return self.linear3(h + F.relu(self.linear2(h)))


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


class Autoencoder(nn.Module):
    def __init__(self, *widths):
        super().__init__()

        def through(widths, last):
            pairs = [[nn.Linear(a, b), nn.Sigmoid()] for a, b in zip(widths, widths[1:])]
            layers = [layer for pair in pairs for layer in pair]
            return nn.Sequential(*(layers if last else layers[:-1]))

        self.encoder, self.decoder = through(widths, False), through(widths[::-1], True)

    def forward(self, x):
        return self.decoder(self.encoder(x))


class Mnist1dGru(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 6, batch_first=True, bidirectional=True)
        self.linear = nn.Linear(480, 10)

    def forward(self, x):
        return self.linear(self.gru(x.unsqueeze(2))[0].flatten(1))


class Vae(nn.Module):
    """In training; DeepOBS's of TensorFlow, whose images keep their size but for the strides."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 64, 4, 2), nn.Conv2d(64, 64, 4, 2)
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

        x = dropped(leaky(self.conv1(F.pad(x.view(-1, 1, 28, 28), (1, 1, 1, 1)))), "dropout1", 0.2)
        x = dropped(leaky(self.conv2(F.pad(x, (1, 1, 1, 1)))), "dropout2", 0.2)
        x = dropped(leaky(self.conv3(F.pad(x, (1, 2, 1, 2)))), "dropout3", 0.2).flatten(1)
        mean, log_variance = self.dense1(x), self.dense2(x)
        z = mean + (0.5 * log_variance).exp() * normals("noise of the code", len(x), 8)
        x = leaky(self.dense4(leaky(self.dense3(z)))).view(-1, 1, 7, 7)
        x = dropped(F.relu(self.deconv1(x)), "dropout4", 0.2)
        x = dropped(F.relu(crop(self.deconv2(x))), "dropout5", 0.2)
        x = F.relu(crop(self.deconv3(x)))
        return torch.cat([torch.sigmoid(self.dense5(x.flatten(1))), mean, log_variance], 1)


def tokens(x):
    """Whole numbers from 0 to 10."""
    return ((x + 1) * 5.5).floor().long()


class Char(nn.Module):
    def __init__(self, name, layer):
        super().__init__()
        self.name = name
        self.embedding, self.linear = nn.Embedding(11, 128), nn.Linear(128, 11)
        setattr(self, name, layer)

    def forward(self, x):
        return self.linear(getattr(self, self.name)(self.embedding(tokens(x)))[0])


class CharLstm2(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.linear = nn.Embedding(11, 128), nn.Linear(128, 11)
        self.lstm1, self.lstm2 = (nn.LSTM(128, 128, batch_first=True) for _ in range(2))

    def forward(self, x):
        x = self.embedding(tokens(x))
        for name in ("lstm1", "lstm2"):
            x = dropped(getattr(self, name)(dropped(x, f"{name} in", 0.2))[0], f"{name} out", 0.2)
        return self.linear(x)


class TransformerBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(128), nn.LayerNorm(128)
        self.attn = nn.MultiheadAttention(128, 4, batch_first=True)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(128, 512), "c_proj": nn.Linear(512, 128)})

    def forward(self, x):
        x = x + attend(self.attn, self.ln_1(x), True)
        return x + self.mlp["c_proj"](F.gelu(self.mlp["c_fc"](self.ln_2(x)), approximate="tanh"))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(11, 128), nn.Embedding(7, 128)
        self.h = nn.ModuleList([TransformerBlock(), TransformerBlock()])
        self.ln_f, self.lm_head = nn.LayerNorm(128), nn.Linear(128, 11)

    def forward(self, x):
        x = self.wte(tokens(x)) + self.wpe.weight
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))


def attend(layer, x, causal):
    mask = torch.full((x.shape[1], x.shape[1]), -torch.inf, dtype=x.dtype).triu(1) if causal else None
    return layer(x, x, x, attn_mask=mask, need_weights=False)[0]


class Images(nn.Module):
    """One layer on images that come in the order row, column, channel, as its result does."""

    def __init__(self, height, width, channels, layer):
        super().__init__()
        self.sizes, self.layer = (height, width, channels), layer

    def forward(self, x):
        return self.layer(x.view(-1, *self.sizes).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).flatten(1)


class Lines(nn.Module):
    """One layer on rows that come in the order position, channel, as its result does."""

    def __init__(self, length, channels, layer):
        super().__init__()
        self.sizes, self.layer = (length, channels), layer

    def forward(self, x):
        return self.layer(x.view(-1, *self.sizes).permute(0, 2, 1)).permute(0, 2, 1).flatten(1)


class Rows(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)


class Steps(nn.Module):
    """One layer on sequences."""

    def __init__(self, length, width, layer):
        super().__init__()
        self.sizes, self.layer = (length, width), layer

    def forward(self, x):
        return self.apply_to(x.view(-1, *self.sizes)).flatten(1)

    def apply_to(self, x):
        return self.layer(x)[0]


class Attention(Steps):
    def __init__(self, length, width, heads, causal):
        super().__init__(length, width, nn.MultiheadAttention(width, heads, batch_first=True))
        self.causal = causal

    def apply_to(self, x):
        return attend(self.layer, x, self.causal)


class LearnedPositions(Steps):
    def apply_to(self, x):
        return x + self.layer.weight[: x.shape[1]]


class SinusoidalPositions(Steps):
    def apply_to(self, x):
        length, width = self.sizes
        place = torch.arange(length, dtype=torch.float64).unsqueeze(1)
        frequency = torch.exp(torch.arange(0, width, 2, dtype=torch.float64) * (-np.log(10000.0) / width))
        table = torch.zeros(length, width, dtype=torch.float64)
        table[:, 0::2], table[:, 1::2] = torch.sin(place * frequency), torch.cos(place * frequency)
        return x + table


class Permute(nn.Module):
    def __init__(self, *order):
        super().__init__()
        self.order = order

    def forward(self, x):
        return x.permute(*self.order)


class Embedded(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Embedding(7, 5)

    def forward(self, x):
        # Whole numbers from 0 to 6.
        return self.layer(((x + 1) * 3.5).floor().long()).flatten(1)


MODELS = {
    "mlp": (Mlp(784, 128, 64, 10), 784),
    "logreg": (Mlp(784, 10), 784),
    "2c2d": (TwoCTwoD(), 784),
    "lenet": (LeNet(), 784),
    "resnet-mini": (ResNetMini(), 784),
    "table-mlp": (Mlp(12, 64, 64, 3), 12),
    "deep-sigmoid": (DeepSigmoid(784, *[32] * 8, 10), 784),
    "mnist1d-mlp": (Mnist1dMlp(), 40),
    "mnist1d-conv": (Mnist1dConv(), 40),
    "mnist1d-gru": (Mnist1dGru(), 40),
    "vae": (Vae(), 784),
    "char-rnn": (Char("rnn", nn.RNN(128, 128, batch_first=True)), 7),
    "char-gru": (Char("gru", nn.GRU(128, 128, batch_first=True)), 7),
    "char-lstm": (Char("lstm", nn.LSTM(128, 128, batch_first=True)), 7),
    "char-lstm2": (CharLstm2(), 7),
    "transformer": (Transformer(), 7),
    "autoencoder": (Autoencoder(784, 1000, 500, 250, 30), 784),
}

# Height, width and channels; the sides differ, so that neither is taken for the other.
COLOR = 20, 24, 3

COLOR_MODELS = {
    "mlp": Mlp(20 * 24 * 3, 128, 64, 10),
    "logreg": Mlp(20 * 24 * 3, 10),
    "2c2d": TwoCTwoD(*COLOR),
    "lenet": LeNet(*COLOR),
    "resnet-mini": ResNetMini(*COLOR),
}

LAYERS = {
    "conv 3, stride 2": (Images(7, 6, 3, nn.Conv2d(3, 4, 3, stride=2, padding=1)), 126),
    "conv 4, same": (Images(6, 5, 2, nn.Conv2d(2, 3, 4, padding="same")), 60),
    "conv 2, stride 3": (Images(7, 8, 2, nn.Conv2d(2, 5, 2, stride=3, bias=False)), 112),
    "max pool 3, stride 2": (Images(8, 7, 3, nn.MaxPool2d(3, 2)), 168),
    "avg pool 2": (Images(5, 6, 3, nn.AvgPool2d(2)), 90),
    "avg pool 3, stride 2": (Images(8, 7, 3, nn.AvgPool2d(3, 2)), 168),
    "batch norm, images": (Images(3, 2, 4, nn.BatchNorm2d(4)), 24),
    "batch norm, features": (Rows(nn.BatchNorm1d(6)), 6),
    "layer norm": (Rows(nn.LayerNorm(9)), 9),
    "conv 3, dilated": (Images(9, 8, 3, nn.Conv2d(3, 4, 3, stride=2, padding=2, dilation=2)), 216),
    "conv 3, 2 groups": (Images(6, 5, 4, nn.Conv2d(4, 6, 3, padding=1, groups=2)), 120),
    "conv 3, a group a channel": (Images(6, 5, 4, nn.Conv2d(4, 4, 3, padding=1, groups=4)), 120),
    "conv1d 5, stride 2": (Lines(11, 3, nn.Conv1d(3, 4, 5, stride=2, padding=1)), 33),
    "conv1d 3, dilated": (Lines(11, 2, nn.Conv1d(2, 3, 3, padding="same", dilation=3)), 22),
    "flatten rows": (nn.Sequential(nn.Unflatten(1, (6, 3)), Permute(0, 2, 1), nn.Flatten()), 18),
    "conv transpose 4, stride 2": (Images(4, 3, 3, nn.ConvTranspose2d(3, 2, 4, stride=2, padding=1)), 36),
    "conv transpose 3, output padding": (
        Images(4, 3, 2, nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=1)),
        24,
    ),
    "conv transpose1d 3, stride 2": (Lines(5, 3, nn.ConvTranspose1d(3, 2, 3, stride=2)), 15),
    "max pool1d 3, stride 2": (Lines(8, 3, nn.MaxPool1d(3, 2)), 24),
    "avg pool1d 2": (Lines(9, 2, nn.AvgPool1d(2)), 18),
    "upsample 2": (Images(3, 4, 3, nn.Upsample(scale_factor=2)), 36),
    "group norm, images": (Images(3, 4, 6, nn.GroupNorm(3, 6)), 72),
    "group norm, features": (Rows(nn.GroupNorm(2, 8)), 8),
    "instance norm": (Images(3, 4, 3, nn.InstanceNorm2d(3, affine=True)), 36),
    "rms norm": (Rows(nn.RMSNorm(9, eps=1e-5)), 9),
    "rnn": (Steps(5, 3, nn.RNN(3, 4, batch_first=True)), 15),
    "lstm, 2 layers": (Steps(5, 3, nn.LSTM(3, 4, 2, batch_first=True)), 15),
    "gru, 2 layers": (Steps(5, 3, nn.GRU(3, 4, 2, batch_first=True)), 15),
    "lstm, both ways": (Steps(5, 3, nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True)), 15),
    "gru, both ways": (Steps(6, 2, nn.GRU(2, 3, batch_first=True, bidirectional=True)), 12),
    "attention": (Attention(5, 12, 3, False), 60),
    "attention, causal": (Attention(6, 8, 2, True), 48),
    "learned positions": (LearnedPositions(4, 6, nn.Embedding(5, 6)), 24),
    "sinusoidal positions": (SinusoidalPositions(7, 6, None), 42),
    "embedding": (Embedded(), 3),
}


NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.InstanceNorm2d, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


def set_weights(model):
    for salt, (_, p) in enumerate(model.named_parameters()):
        # Around 1 for the scale of a normalization, else of the size that a layer starts with.
        bound = 0.5 if p.dim() == 1 else (p[0].numel()) ** -0.5
        p.data = numbers(p.numel(), salt, -bound, bound).view_as(p)
    for module in model.modules():
        if isinstance(module, NORMS):
            module.weight.data += 1


def summary(values):
    values = values.detach().flatten()
    step = max(1, len(values) // KEPT)
    return {"norm": values.norm().item(), "every": step, "some": values[::step].tolist()}


def record(model, inputs, n):
    model = model.double().train()
    set_weights(model)
    x = numbers(n * inputs, 1000).view(n, inputs).requires_grad_()
    y = model(x)
    # A number that weighs every output differently.
    (y.flatten() * numbers(y.numel(), 2000)).sum().backward()
    result = {"inputs": inputs, "batch": n, "output": summary(y), "gradients": {}}
    if x.grad is not None:
        result["input_gradient"] = summary(x.grad)
    for salt, (name, p) in enumerate(model.named_parameters()):
        result["gradients"][name] = {"salt": salt, "shape": list(p.shape), **summary(p.grad)}
    running = {name: b for name, b in model.named_buffers() if "running" in name}
    if running:
        result["running"] = {name: summary(b) for name, b in running.items()}
        result["evaluation"] = summary(model.eval()(x))
    return result


def main():
    torch.set_num_threads(1)
    cases = {"pytorch": torch.__version__}
    cases["models"] = {name: record(model, inputs, 3) for name, (model, inputs) in MODELS.items()}
    cases["color_models"] = {name: record(model, 20 * 24 * 3, 3) for name, model in COLOR_MODELS.items()}
    cases["layers"] = {name: record(model, inputs, 4) for name, (model, inputs) in LAYERS.items()}
    with open(sys.argv[1], "w") as file:
        json.dump(cases, file, indent=0)
        file.write("\n")


main()
