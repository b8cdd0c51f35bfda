"""Random numbers of a batch in which every image has its own seed.

What an image draws depends on its seed only: not on its place in the batch, nor on how many others there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence


class Draws:
    """One generator per image, on the CPU, where the numbers are the same on every machine."""

    def __init__(self, seeds: Sequence[int], device: torch.device | str = "cpu") -> None:
        """Begin from `seeds`, one per image; what is drawn is put on `device`."""
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._device = device

    def __len__(self) -> int:
        return len(self._generators)

    def keep(self, places: Sequence[int]) -> None:
        """Go on with some of the images only."""
        self._generators = [self._generators[place] for place in places]

    def ahead(self) -> Draws:
        """Others that will draw what these will draw; these stay where they are."""
        twin = Draws((), self._device)
        twin._generators = [torch.Generator() for _ in self._generators]
        for copy, own in zip(twin._generators, self._generators, strict=True):
            copy.set_state(own.get_state())
        return twin

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
        """Float32 `(batch, *shape)`, `low` to `high`."""
        drawn = torch.stack([torch.rand(shape, generator=generator) for generator in self._generators])
        return drawn.to(self._device).mul_(high - low).add_(low)

    def normal(self, *shape: int, std: float = 1.0) -> torch.Tensor:
        """Float32 `(batch, *shape)` around 0."""
        drawn = torch.stack([torch.randn(shape, generator=generator) for generator in self._generators])
        return drawn.to(self._device).mul_(std)
