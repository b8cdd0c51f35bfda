"""Operators: what is done to the pixels after a step (Yosinski et al. 2015 and followers)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis.synthesis.regularizers.slots import Regularizer, quantile

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.synthesis.regularizers.slots import Stepped

_TRUNCATE = 4.0
"""Deviations at which a Gaussian ends, as in SciPy."""


def decay(rate: float) -> Regularizer:
    """Every pixel goes a part of the way to the mean."""
    return Regularizer(operator=lambda stepped: stepped.pixels * (1 - rate))


def gaussian_blur(sigma: float, every: int) -> Regularizer:
    """Blur at steps 0, `every`, 2 `every`, ...; `sigma` in pixels."""
    return Regularizer(operator=_every(every, lambda stepped: blurred(stepped.pixels, sigma)))


def small_values(percent: float) -> Regularizer:
    """The smallest values become the mean."""

    def operator(stepped: Stepped) -> torch.Tensor:
        sizes = stepped.pixels.abs()
        return stepped.pixels * _kept(sizes, quantile(sizes, percent))

    return Regularizer(operator=operator)


def small_norm(percent: float) -> Regularizer:
    """The pixels with the smallest color norm become the mean."""

    def operator(stepped: Stepped) -> torch.Tensor:
        norms = stepped.pixels.norm(dim=1, keepdim=True)
        return stepped.pixels * _kept(norms, quantile(norms, percent))

    return Regularizer(operator=operator)


def small_contribution(percent: float, signed: bool) -> Regularizer:
    """The pixels that matter least become the mean: the product of pixel and gradient, summed over colors.

    Args:
        percent: how many.
        signed: the lowest products, instead of those nearest to 0.
    """

    def operator(stepped: Stepped) -> torch.Tensor:
        products = (stepped.pixels * stepped.gradient).sum(1, keepdim=True)
        benefits = products if signed else products.abs()
        return stepped.pixels * _kept(benefits, quantile(benefits, percent))

    return Regularizer(operator=operator)


def bilateral(radius: int, sigma: float, color: float, every: int) -> Regularizer:
    """A blur that stops at edges (Tyka 2016; Tomasi and Manduchi 1998).

    Args:
        radius: of the window, in pixels.
        sigma: of the distance, in pixels.
        color: of the difference of colors, in gray levels.
        every: steps from one to the next.
    """
    return Regularizer(operator=_every(every, lambda stepped: edge_preserving(stepped.pixels, radius, sigma, color)))


def total_variation_step(weight: float, iterations: int, every: int) -> Regularizer:
    """The picture with the least total variation near this one (Nguyen et al. 2016, arXiv 1602.03616).

    Args:
        weight: of the distance to the picture, for gray levels; small means smooth.
        iterations: of Chambolle's method.
        every: steps from one to the next.
    """
    return Regularizer(operator=_every(every, lambda stepped: denoised(stepped.pixels, 1 / weight, iterations)))


def blurred(pixels: torch.Tensor, sigma: float) -> torch.Tensor:
    """Gaussian blur of `(batch, channels, height, width)`, the borders mirrored as SciPy does."""
    if sigma <= 0:
        return pixels
    radius = int(_TRUNCATE * sigma + 0.5)
    places = torch.arange(-radius, radius + 1, device=pixels.device, dtype=pixels.dtype)
    kernel = torch.exp(-0.5 * (places / sigma) ** 2)
    kernel = kernel / kernel.sum()
    for dimension in (2, 3):
        pixels = _convolved(pixels, kernel, dimension)
    return pixels


def edge_preserving(pixels: torch.Tensor, radius: int, sigma: float, color: float) -> torch.Tensor:
    """Bilateral filter of `(batch, 3, height, width)`; borders repeat."""
    height, width = pixels.shape[2:]
    padded = functional.pad(pixels, (radius, radius, radius, radius), mode="replicate")
    total = torch.zeros_like(pixels)
    weights = torch.zeros_like(pixels[:, :1])
    for row in range(2 * radius + 1):
        for column in range(2 * radius + 1):
            shifted = padded[:, :, row : row + height, column : column + width]
            distance = ((row - radius) ** 2 + (column - radius) ** 2) / (2 * sigma**2)
            different = (shifted - pixels).square().sum(1, keepdim=True) / (2 * color**2)
            weight = torch.exp(-distance - different)
            total = total + weight * shifted
            weights = weights + weight
    return total / weights


def denoised(pixels: torch.Tensor, strength: float, iterations: int) -> torch.Tensor:
    """The minimum over u of `TV(u) + |u - pixels|^2 / (2 strength)`, colors by themselves.

    Chambolle, "An algorithm for total variation minimization and applications", 2004.

    Args:
        pixels: `(batch, channels, height, width)`.
        strength: larger is smoother.
        iterations: 10 to 30 are enough between steps.
    """
    down, right = torch.zeros_like(pixels), torch.zeros_like(pixels)
    step = 0.249
    for _ in range(iterations):
        inner = _divergence(down, right) - pixels / strength
        rise_down = functional.pad(inner[:, :, 1:] - inner[:, :, :-1], (0, 0, 0, 1))
        rise_right = functional.pad(inner[:, :, :, 1:] - inner[:, :, :, :-1], (0, 1))
        scale = 1 + step * torch.sqrt(rise_down.square() + rise_right.square())
        down, right = (down + step * rise_down) / scale, (right + step * rise_right) / scale
    return pixels - strength * _divergence(down, right)


def _divergence(down: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    vertical = down - functional.pad(down[:, :, :-1], (0, 0, 1, 0))
    return vertical + right - functional.pad(right[:, :, :, :-1], (1, 0))


def _convolved(pixels: torch.Tensor, kernel: torch.Tensor, dimension: int) -> torch.Tensor:
    radius = len(kernel) // 2
    size = pixels.shape[dimension]
    # mirrored with the edge repeated, as often as a wide kernel on a small picture needs it
    places = torch.arange(-radius, size + radius, device=pixels.device) % (2 * size)
    places = torch.where(places < size, places, 2 * size - 1 - places)
    padded = pixels.index_select(dimension, places).flatten(0, 1)[:, None]
    shape = (1, 1, -1, 1) if dimension == 2 else (1, 1, 1, -1)
    return functional.conv2d(padded, kernel.view(shape)).view(pixels.shape)


def _every(every: int, change: Callable[[Stepped], torch.Tensor]) -> Callable[[Stepped], torch.Tensor | None]:
    return lambda stepped: change(stepped) if stepped.step % every == 0 else None


def _kept(sizes: torch.Tensor, threshold: torch.Tensor) -> torch.Tensor:
    return sizes >= threshold.view(-1, 1, 1, 1)


def center_weights(height: int, width: int, sigma: float) -> torch.Tensor:
    """1 in the middle, falling off as a Gaussian; `sigma` in halves of the picture; `(height, width)`."""
    rows = torch.linspace(-1, 1, height)[:, None]
    columns = torch.linspace(-1, 1, width)[None]
    return torch.exp(-(rows**2 + columns**2) / (2 * max(sigma, math.ulp(1.0)) ** 2))
