"""Only the phase is varied: the magnitude of every frequency stays that of natural pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from deepvis.synthesis.parametrizations.color import Colors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.synthesis.parametrizations.protocol import Canvas


class PhaseOnly:
    """MACO (Fel et al. 2023, arXiv 2306.06805): a fixed natural magnitude, free phases, standardized pictures."""

    def __init__(self, canvas: Canvas, std: float) -> None:
        """Start from phases that are normal with `std` radians, as the authors' library does."""
        self._size = (canvas.height, canvas.width)
        self._colors = Colors(canvas, decorrelated=True)
        # the mean over colors: the colors are decorrelated here, and come with the rotation
        magnitude = canvas.natural.amplitude(canvas.height, canvas.width).mean(0, keepdim=True)
        magnitude[..., 0, 0] = 0
        self._magnitude = magnitude.to(canvas.device)
        self._phases = canvas.draws.normal(3, canvas.height, canvas.width // 2 + 1, std=std).requires_grad_()

    @property
    def variables(self) -> Sequence[torch.Tensor]:
        """Float32 `(batch, 3, height, width // 2 + 1)`; standardized where it becomes a phase."""
        return (self._phases,)

    def images(self) -> torch.Tensor:
        """As `Parametrization.images`."""
        spectrum = torch.polar(self._magnitude.expand_as(self._phases), _standardized(self._phases))
        return self._colors.images(_standardized(torch.fft.irfft2(spectrum, s=self._size)))

    def assign(self, images: torch.Tensor) -> None:
        """As `Parametrization.assign`: the phases of the picture; its magnitudes are not kept."""
        with torch.no_grad():
            phases = torch.fft.rfft2(self._colors.free(images)).angle()
            # phases are standardized before use: uniform ones have this spread already
            self._phases.copy_(phases - phases.mean((1, 2, 3), keepdim=True))
            self._phases.mul_(math.pi / math.sqrt(3) / self._phases.std((1, 2, 3), keepdim=True).clamp_min(1e-6))

    def project(self) -> None:
        """Nothing to do: every value is a picture."""


def _standardized(values: torch.Tensor) -> torch.Tensor:
    """Mean 0 and deviation 1 in each image."""
    centered = values - values.mean((1, 2, 3), keepdim=True)
    return centered / centered.std((1, 2, 3), keepdim=True).clamp_min(1e-5)
