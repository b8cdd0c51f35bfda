"""Sorted activations against sorted activations (VITAL, ICCV 2025): the distance of two distributions of one channel.

The paper sorts every channel's values over all positions of the picture and of a real one, and takes the squared
difference: the picture may have its features where it likes, but of each as much and as strong as real ones have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn import functional

if TYPE_CHECKING:
    import torch

_TINY = 1e-12


class Quantiles:
    """What a layer's channels give on real pictures: the mean of their quantile functions, and how far they spread.

    Attributes:
        spread: float32 `()`: variance of the channels over positions and pictures, the mean over the channels.
    """

    def __init__(self, maps: torch.Tensor) -> None:
        """Measure real pictures, float32 `(pictures, channels, height, width)`."""
        values = maps.flatten(2)
        self._mean = values.sort(2).values.mean(0)
        self.spread = values.transpose(0, 1).flatten(1).var(1, correction=0).mean().clamp_min(_TINY)

    def at(self, positions: int) -> torch.Tensor:
        """The quantile functions at the middles of so many equal parts, `(channels, positions)`.

        At as many positions as the pictures have it is the very mean of their sorted values.
        """
        if positions == self._mean.shape[1]:
            return self._mean
        return functional.interpolate(self._mean[None], positions, mode="linear", align_corners=False)[0]


def distribution_distance(maps: torch.Tensor, quantiles: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
    """How unlike the references' the distributions are, `(batch,)`: 0 where they are the same.

    Args:
        maps: of pictures, float32 `(batch, channels, height, width)`.
        quantiles: `Quantiles.at` of each picture's references, `(batch, channels, height * width)`.
        spread: `(batch,)`: what a squared difference is measured by, so that all layers count alike.
    """
    ordered = maps.flatten(2).sort(2).values
    return (ordered - quantiles).square().mean((1, 2)) / spread
