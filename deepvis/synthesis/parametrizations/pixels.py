"""The pixels themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from deepvis.synthesis.parametrizations.color import Colors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.synthesis.parametrizations.protocol import Canvas

WHITE = 255.0


class ClippedPixels:
    """Pixels in 0..255 minus the mean, clipped before every forward pass (Yosinski et al. 2015)."""

    def __init__(self, canvas: Canvas, std: float) -> None:
        """Start from the mean plus normal noise of `std` gray levels."""
        self._mean = torch.tensor(canvas.mean, device=canvas.device).view(3, 1, 1) * WHITE
        self._pixels = canvas.draws.normal(3, canvas.height, canvas.width, std=std).requires_grad_()
        self.project()

    @property
    def variables(self) -> Sequence[torch.Tensor]:
        """Float32 `(batch, 3, height, width)`, gray levels from the mean."""
        return (self._pixels,)

    def images(self) -> torch.Tensor:
        """As `Parametrization.images`."""
        return (self._pixels + self._mean) / WHITE

    def assign(self, images: torch.Tensor) -> None:
        """As `Parametrization.assign`; exact."""
        with torch.no_grad():
            self._pixels.copy_(images * WHITE - self._mean)

    def project(self) -> None:
        """Back into what a picture can hold."""
        with torch.no_grad():
            torch.maximum(self._pixels, -self._mean, out=self._pixels)
            torch.minimum(self._pixels, WHITE - self._mean, out=self._pixels)


class FreePixels:
    """Unbounded pixels behind a sigmoid, with or without decorrelated colors (lucid's `pixel_image`)."""

    def __init__(self, canvas: Canvas, std: float, *, decorrelated: bool) -> None:
        """Start from gray plus normal noise of `std`."""
        self._colors = Colors(canvas, decorrelated=decorrelated)
        self._free = canvas.draws.normal(3, canvas.height, canvas.width, std=std).requires_grad_()

    @property
    def variables(self) -> Sequence[torch.Tensor]:
        """Float32 `(batch, 3, height, width)`."""
        return (self._free,)

    def images(self) -> torch.Tensor:
        """As `Parametrization.images`."""
        return self._colors.images(self._free)

    def assign(self, images: torch.Tensor) -> None:
        """As `Parametrization.assign`."""
        with torch.no_grad():
            self._free.copy_(self._colors.free(images))

    def project(self) -> None:
        """Nothing to do: every value is a picture."""
