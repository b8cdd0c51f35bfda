"""Penalties: how unnatural a picture is, as a number taken off the objective.

Pixels come in gray levels from the mean and are brought to -1..1 (divided by 255) here, so that weights are of the size
the papers give for pictures in 0..1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis.synthesis.regularizers.slots import Regularizer

if TYPE_CHECKING:
    from deepvis.synthesis.regularizers.slots import Penalty

_WHITE = 255.0


def l2(weight: float) -> Regularizer:
    """Squared distance from the mean color, summed over all pixels (Simonyan et al. 2013)."""
    return _penalty(lambda pixels: weight * pixels.square().sum((1, 2, 3)))


def l1(weight: float) -> Regularizer:
    """Distance from the mean color, summed over all pixels (lucid)."""
    return _penalty(lambda pixels: weight * pixels.abs().sum((1, 2, 3)))


def alpha_norm(weight: float, alpha: float) -> Regularizer:
    """Sum of powers: keeps values in range, whatever they are inside it (Mahendran and Vedaldi 2015)."""
    return _penalty(lambda pixels: weight * pixels.abs().pow(alpha).sum((1, 2, 3)))


def total_variation(weight: float, beta: float) -> Regularizer:
    """Differences of neighbors, squared, to the power beta / 2 (Mahendran and Vedaldi 2015)."""

    def penalty(pixels: torch.Tensor) -> torch.Tensor:
        down = pixels[:, :, 1:, :-1] - pixels[:, :, :-1, :-1]
        right = pixels[:, :, :-1, 1:] - pixels[:, :, :-1, :-1]
        squares = down.square() + right.square()
        powers = squares if beta == 2 else (squares + 1e-8).pow(beta / 2)
        return weight * powers.sum((1, 2, 3))

    return _penalty(penalty)


def blur_difference(weight: float) -> Regularizer:
    """Half the squared distance from the picture's own blur, which is held fixed (lucid)."""

    def penalty(pixels: torch.Tensor) -> torch.Tensor:
        kernel = torch.tensor((0.5, 1.0, 0.5), device=pixels.device, dtype=pixels.dtype)
        square = (kernel[:, None] * kernel[None]) / 4
        padded = functional.pad(pixels.detach(), (1, 1, 1, 1), mode="replicate")
        blurred = functional.conv2d(padded, square.expand(3, 1, 3, 3), groups=3)
        return weight / 2 * (pixels - blurred).square().sum((1, 2, 3))

    return _penalty(penalty)


def border(weight: float, width: int) -> Regularizer:
    """Keeps a frame of `width` pixels near the mean color (lucid)."""

    def penalty(pixels: torch.Tensor) -> torch.Tensor:
        return weight * (pixels * _frame(pixels, width)).square().sum((1, 2, 3))

    return _penalty(penalty)


def _frame(pixels: torch.Tensor, width: int) -> torch.Tensor:
    frame = torch.ones(pixels.shape[2:], device=pixels.device)
    rows, columns = frame.shape
    frame[width : max(width, rows - width), width : max(width, columns - width)] = 0
    return frame


def _penalty(of_unit_range: Penalty) -> Regularizer:
    return Regularizer(penalty=lambda pixels: of_unit_range(pixels / _WHITE))
