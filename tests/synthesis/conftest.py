from __future__ import annotations

from collections import OrderedDict

import pytest
import torch
from torch import nn

from deepvis.models.engine import Engine
from deepvis.models.layers import describe_layers
from deepvis.models.preprocess import Preprocessing
from deepvis.models.zoo import LoadedModel

SIDE = 24


def make_engine(network, *, side=SIDE, channels=3, probabilities=False, labels=()):
    network = network.eval().requires_grad_(requires_grad=False)
    preprocessing = Preprocessing((side, side), channels, (0.5,) * channels, (0.25,) * channels)
    batch = torch.randn(1, channels, side, side, generator=torch.Generator().manual_seed(0))
    taps = describe_layers(network, batch, labels=labels, emits_probabilities=probabilities)
    return Engine(LoadedModel("tiny", network, preprocessing, labels, "", "", probabilities), taps)


def seeded(make, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make()


def small_network():
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(3, 8, 5, stride=2, padding=2),
            norm1=nn.BatchNorm2d(8),
            act1=nn.ReLU6(inplace=True),
            conv2=nn.Conv2d(8, 12, 3, padding=1),
            act2=nn.ReLU(inplace=True),
            pool=nn.AdaptiveAvgPool2d(1),
            flat=nn.Flatten(),
            head=nn.Linear(12, 7),
        )
    )


@pytest.fixture
def engine():
    return make_engine(seeded(small_network))


@pytest.fixture
def engines():
    """Makes engines of other networks: `engines(network, side=..., channels=..., probabilities=...)`."""
    return make_engine
