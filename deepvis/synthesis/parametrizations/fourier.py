"""Pictures as Fourier coefficients, so that steps move smooth structure as easily as fine detail."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from deepvis.synthesis.natural_images import frequencies
from deepvis.synthesis.parametrizations.color import Colors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.synthesis.parametrizations.protocol import Canvas

_LUCID_SCALE = 4.0
"""lucid divides by it, which gives pictures of its usual contrast."""


class Fourier:
    """Coefficients scaled by a power of the frequency, as natural pictures are (Olah et al. 2017)."""

    def __init__(  # noqa: PLR0913  (all its settings)
        self,
        canvas: Canvas,
        std: float,
        decay: float,
        band: float,
        *,
        blur: float = 0.0,
        contrast: float = 0.0,
        decorrelated: bool,
    ) -> None:
        """Start from noise with the spectrum of natural pictures.

        Args:
            canvas: what it is made for.
            std: of the coefficients before scaling.
            decay: exponent of 1 / frequency; whatever it is, pixels vary as with 1.
            band: part of the frequencies that is used, 1 for all.
            blur: deviation, in pixels, of a Gaussian that every picture is blurred with: what only the finest detail
                says is not wanted.
            contrast: largest standard deviation of the unbounded channels, over all of them; 0 for any. Contrast that
                is scarce goes where it does most.
            decorrelated: with the color covariance of natural pictures.
        """
        self._size = (canvas.height, canvas.width)
        self._colors = Colors(canvas, decorrelated=decorrelated)
        self._scale = spectrum_scale(canvas.height, canvas.width, decay, band)
        self._scale *= gaussian_gain(canvas.height, canvas.width, blur)
        self._scale = self._scale.to(canvas.device)
        self._contrast = contrast
        self._power = self._scale.square() * _halves(canvas.width).to(canvas.device)
        shape = (3, canvas.height, canvas.width // 2 + 1, 2)
        self._coefficients = canvas.draws.normal(*shape, std=std).requires_grad_()

    @property
    def variables(self) -> Sequence[torch.Tensor]:
        """Float32 `(batch, 3, height, width // 2 + 1, 2)`: real and imaginary parts."""
        return (self._coefficients,)

    def images(self) -> torch.Tensor:
        """As `Parametrization.images`."""
        spectrum = torch.view_as_complex(self._coefficients) * self._scale
        return self._colors.images(torch.fft.irfft2(spectrum, s=self._size))

    def assign(self, images: torch.Tensor) -> None:
        """As `Parametrization.assign`; without what lies outside the band."""
        with torch.no_grad():
            spectrum = torch.fft.rfft2(self._colors.free(images))
            inverse = torch.where(self._scale > 0, 1 / self._scale.clamp_min(1e-12), 0)
            self._coefficients.copy_(torch.view_as_real(spectrum * inverse))

    def project(self) -> None:
        """Keep the contrast in its bounds."""
        if not self._contrast:
            return
        with torch.no_grad():
            squares = self._coefficients.square().sum(4)
            squares[:, :, 0, 0] = 0
            # Parseval: the mean square of the channels
            deviation = (squares * self._power).sum((1, 2, 3)).div(3).sqrt() / math.prod(self._size)
            factor = (self._contrast / deviation.clamp_min(1e-12)).clamp_max(1)
            self._coefficients.mul_(factor.view(-1, 1, 1, 1, 1))


def gaussian_gain(height: int, width: int, sigma: float) -> torch.Tensor:
    """What a Gaussian blur of `sigma` pixels leaves of every frequency, float32 `(height, width // 2 + 1)`."""
    return torch.exp(-2 * (math.pi * sigma * frequencies(height, width)).square())


def _halves(width: int) -> torch.Tensor:
    """How often a column of half a spectrum is in the whole one."""
    times = torch.full((width // 2 + 1,), 2.0)
    times[0] = 1
    if width % 2 == 0:
        times[-1] = 1
    return times


def spectrum_scale(height: int, width: int, decay: float, band: float = 1.0) -> torch.Tensor:
    """Factor of every coefficient, float32 `(height, width // 2 + 1)`: of constant power over all `decay`."""
    frequency = frequencies(height, width)
    slowest = 1 / max(height, width)
    usual = 1 / frequency.clamp_min(slowest)
    scale = usual**decay
    scale = scale * (usual.square().mean() / scale.square().mean()).sqrt()
    scale = scale * math.sqrt(height * width) / _LUCID_SCALE
    return scale * (frequency <= band * 0.5 * math.sqrt(2))
