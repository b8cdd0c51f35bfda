"""Small networks that take two pictures at once, as a person would write them."""

from __future__ import annotations

import textwrap

from deepvis.models.engine import build_engine
from deepvis.records import ModelRequest

PAIR_NETWORKS = textwrap.dedent(
    """
    import torch
    from torch import nn

    def branch(channels=3):
        return nn.Sequential(nn.Conv2d(channels, 4, 3, stride=2), nn.ReLU(inplace=True), nn.Conv2d(4, 6, 3, stride=2))

    class Siamese(nn.Module):
        def __init__(self, channels=3):
            super().__init__()
            self.branch = branch(channels)
            self.act = nn.ReLU()
            self.join = nn.Conv2d(6, 5, 1)
            self.head = nn.Linear(5, 2)

        def forward(self, left, right):
            a, b = self.act(self.branch(left)), self.act(self.branch(right))
            return self.head(self.act(self.join((a - b).abs())).mean((2, 3)))

    def gray():
        return Siamese(channels=1)

    class Apart(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right = branch(), branch()
            self.head = nn.Linear(6, 2)

        def forward(self, left, right, scale=1.0):
            return self.head((self.left(left) - self.right(right)).mean((2, 3)) * scale)

    class AsOneBatch(nn.Module):
        def __init__(self):
            super().__init__()
            self.branch = branch()
            self.head = nn.Linear(6, 2)

        def forward(self, left, right):
            both = self.branch(torch.cat([left, right])).mean((2, 3))
            return self.head(both[:1] - both[1:])

    class Any(Siamese):
        def forward(self, *pictures):
            return super().forward(*pictures)

    def stacked(channels=6):
        body = nn.Conv2d(channels, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1)
        return nn.Sequential(*body, nn.Flatten(), nn.Linear(4, 2))

    def stacked_gray():
        return stacked(channels=2)

    def single():
        return stacked(channels=3)

    def never_steady():
        network = Siamese()
        network.act = nn.Dropout(0.5)
        network.act.eval = network.act.train = lambda *_: network.act
        return network
    """
)


def pair_request(folder, factory="Siamese", input_size=(32, 48), **options) -> ModelRequest:
    """How to ask for one of them; the file is written into the folder."""
    file = folder / "pair_nets.py"
    file.write_text(PAIR_NETWORKS)
    return ModelRequest(f"{file}:{factory}", input_size=input_size, **options)


def pair_engine(folder, factory="Siamese", **options):
    """One of them, loaded."""
    request = pair_request(folder, factory, **options)
    return build_engine(request, progress=lambda _text, _fraction: None, canceled=lambda: False)
