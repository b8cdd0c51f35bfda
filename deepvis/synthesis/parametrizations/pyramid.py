"""Pictures as a sum of coarse and fine ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis.synthesis.parametrizations.color import Colors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.synthesis.parametrizations.protocol import Canvas


class Pyramid:
    """A Laplacian pyramid: each level at half the size of the one before, all added (lucid's `lowres_tensor`)."""

    def __init__(self, canvas: Canvas, levels: int, std: float, *, decorrelated: bool) -> None:
        """Start from noise of `std` on every level."""
        self._colors = Colors(canvas, decorrelated=decorrelated)
        self._size = (canvas.height, canvas.width)
        sizes = [(max(1, canvas.height >> level), max(1, canvas.width >> level)) for level in range(levels)]
        self._levels = [canvas.draws.normal(3, *size, std=std).requires_grad_() for size in sizes]

    @property
    def variables(self) -> Sequence[torch.Tensor]:
        """One tensor per level, float32 `(batch, 3, height of it, width of it)`, finest first."""
        return self._levels

    def images(self) -> torch.Tensor:
        """As `Parametrization.images`."""
        return self._colors.images(sum((self._full(level) for level in self._levels[1:]), self._levels[0]))

    def assign(self, images: torch.Tensor) -> None:
        """As `Parametrization.assign`: the coarsest level first, each next one the rest."""
        with torch.no_grad():
            rest = self._colors.free(images)
            for level in reversed(self._levels[1:]):
                level.copy_(functional.interpolate(rest, level.shape[2:], mode="area"))
                rest = rest - self._full(level)
            self._levels[0].copy_(rest)

    def project(self) -> None:
        """Nothing to do: every value is a picture."""

    def _full(self, level: torch.Tensor) -> torch.Tensor:
        return functional.interpolate(level, self._size, mode="bilinear", align_corners=False)
