from __future__ import annotations

from collections import OrderedDict

import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis.attribution.subject import Subject
from deepvis.models.engine import Engine
from deepvis.models.layers import describe_layers
from deepvis.models.preprocess import Preprocessing
from deepvis.models.zoo import LoadedModel


def make_engine(network, *, side=24, channels=3, probabilities=False, labels=()):
    network = network.eval().requires_grad_(requires_grad=False)
    preprocessing = Preprocessing((side, side), channels, (0.5,) * channels, (0.25,) * channels)
    batch = torch.randn(1, channels, side, side, generator=torch.Generator().manual_seed(0))
    taps = describe_layers(network, batch, labels=labels, emits_probabilities=probabilities)
    return Engine(LoadedModel("tiny", network, preprocessing, labels, "", "", probabilities), taps)


def seeded(make, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = make()
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                # as after training: nothing is 0 or 1
                nn.init.normal_(module.running_mean, 0, 0.2)
                nn.init.uniform_(module.running_var, 0.5, 2)
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias, 0, 0.2)
        return network


def make_picture(side=24, channels=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (channels, side, side), dtype=torch.uint8, generator=generator)


class Residual(nn.Module):
    """A block with a skip connection that is added in place, and one rectifier that is used twice."""

    def __init__(self, channels, activation=nn.ReLU):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(channels)
        self.act1 = activation()
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(channels)
        self.act2 = activation()

    def forward(self, x):
        y = self.norm2(self.conv2(self.act1(self.norm1(self.conv1(x)))))
        y += x
        return self.act2(y)


def residual_network(activation=nn.ReLU):
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(3, 8, 3, padding=1),
            norm=nn.BatchNorm2d(8),
            act=activation(),
            pool=nn.MaxPool2d(2),
            block1=Residual(8, activation),
            block2=Residual(8, activation),
            mean=nn.AdaptiveAvgPool2d(2),
            flat=nn.Flatten(),
            hidden=nn.Linear(32, 10),
            act3=activation(),
            head=nn.Linear(10, 5),
        )
    )


class Tokens(nn.Module):
    """A small transformer that works on tokens, with a class token and GELU."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 6, stride=6)
        self.token = nn.Parameter(torch.randn(1, 1, 16))
        self.first = nn.TransformerEncoderLayer(16, 2, 32, 0.0, functional.gelu, batch_first=True)
        self.second = nn.TransformerEncoderLayer(16, 2, 32, 0.0, functional.gelu, batch_first=True)
        self.head = nn.Linear(16, 4)

    def forward(self, x):
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat((self.token.expand(len(x), -1, -1), tokens), 1)
        return self.head(self.second(self.first(tokens))[:, 0])


@pytest.fixture
def engines():
    """Makes engines: `engines(network, side=..., channels=..., probabilities=...)`."""
    return make_engine


@pytest.fixture
def residual():
    return make_engine(seeded(residual_network))


@pytest.fixture
def tokens():
    return make_engine(seeded(Tokens))


@pytest.fixture
def picture():
    return make_picture()


@pytest.fixture
def pictures():
    """Makes pictures: `pictures(side, channels, seed)`."""
    return make_picture


@pytest.fixture
def subject(residual, picture):
    return Subject(residual, picture)


@pytest.fixture
def made():
    """Networks with seeded weights: `made(residual_network)`."""
    return seeded


@pytest.fixture
def network_of():
    """Makes the residual network with another nonlinearity."""
    return lambda activation: seeded(lambda: residual_network(activation))
