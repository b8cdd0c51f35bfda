from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from deepvis.models.engine import Engine
from deepvis.models.layers import describe_layers
from deepvis.models.preprocess import Preprocessing
from deepvis.models.zoo import LoadedModel

SIDE = 32


def make_loaded(network, *, name="tiny", labels=(), side=SIDE, sha256="0", probabilities=False):
    network = network.eval().requires_grad_(requires_grad=False)
    preprocessing = Preprocessing((side, side), 3, (0.5,) * 3, (0.25,) * 3)
    return LoadedModel(name, network, preprocessing, tuple(labels), "made here", sha256, probabilities)


def make_engine(network, **wanted):
    loaded = make_loaded(network, **wanted)
    side = loaded.preprocessing.input_size[0]
    batch = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    labels, probabilities = loaded.labels, loaded.emits_probabilities
    return Engine(loaded, describe_layers(loaded.network, batch, labels=labels, emits_probabilities=probabilities))


def small_network(seed=0, classes=5):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(3, 8, 5, stride=2, padding=2),
                act1=nn.ReLU(),
                conv2=nn.Conv2d(8, 12, 3, padding=1),
                act2=nn.ReLU(),
                pool=nn.AdaptiveAvgPool2d(1),
                flat=nn.Flatten(),
                head=nn.Linear(12, classes),
            )
        )


LABELS = ("ant", "bee", "cat", "dog", "elk")


@pytest.fixture
def engine():
    return make_engine(small_network(), labels=LABELS)


@pytest.fixture
def engines():
    """Makes engines of networks: `engines(network, name=..., labels=..., side=...)`."""
    return make_engine


@pytest.fixture
def loaded():
    """Makes models of networks, as `engines`."""
    return make_loaded


@pytest.fixture
def networks_like():
    """Makes small networks: `networks_like(seed, classes=5)`."""
    return small_network


@pytest.fixture
def noise():
    """Makes uint8 pictures: `noise(size, seed)`."""
    return lambda size=SIDE, seed=0: np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)
