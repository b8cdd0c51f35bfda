"""Changes of the gradient before a step."""

from __future__ import annotations

import torch
from torch.nn import functional

from deepvis.synthesis.regularizers.operators import center_weights
from deepvis.synthesis.regularizers.slots import Regularizer

_TINY = 1e-12


def mean_abs(step: float) -> Regularizer:
    """The gradient over its mean size, times `step` (DeepDream; Nguyen et al. 2016)."""

    def change(gradient: torch.Tensor) -> torch.Tensor:
        normalized = gradient / gradient.abs().mean((1, 2, 3), keepdim=True).clamp_min(_TINY)
        return step * normalized

    return Regularizer(gradient=change)


def unit_length(step: float) -> Regularizer:
    """The gradient over its length, times `step` (lucid's `normalize_gradient`)."""

    def change(gradient: torch.Tensor) -> torch.Tensor:
        lengths: torch.Tensor = gradient.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
        return step * gradient / lengths.clamp_min(_TINY)

    return Regularizer(gradient=change)


def laplacian_pyramid(levels: int, step: float) -> Regularizer:
    """Every band of frequencies of the gradient over its deviation (TensorFlow's DeepDream tutorial)."""

    def change(gradient: torch.Tensor) -> torch.Tensor:
        parts = []
        rest = gradient
        for _ in range(levels - 1):
            coarse = functional.avg_pool2d(rest, 2, ceil_mode=True, count_include_pad=False)
            parts.append(rest - _grown(coarse, rest))
            rest = coarse
            if min(rest.shape[2:]) == 1:
                break
        merged = _scaled(rest)
        for part in reversed(parts):
            merged = _grown(merged, part) + _scaled(part)
        return step * merged

    return Regularizer(gradient=change)


def center_bias(sigma: float) -> Regularizer:
    """The gradient counts less toward the border (Nguyen et al. 2016, arXiv 1602.03616, with a soft edge)."""

    def change(gradient: torch.Tensor) -> torch.Tensor:
        return gradient * center_weights(gradient.shape[2], gradient.shape[3], sigma).to(gradient.device)

    return Regularizer(gradient=change)


def center_mask(part: float) -> Regularizer:
    """No gradient outside a window in the middle, whose sides are `part` of the picture's (Nguyen et al. 2016)."""

    def change(gradient: torch.Tensor) -> torch.Tensor:
        masked = torch.zeros_like(gradient)
        rows, columns = (_middle(side, part) for side in gradient.shape[2:])
        masked[:, :, rows, columns] = gradient[:, :, rows, columns]
        return masked

    return Regularizer(gradient=change)


def _middle(side: int, part: float) -> slice:
    kept = max(1, round(part * side))
    first = (side - kept) // 2
    return slice(first, first + kept)


def _grown(coarse: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(coarse, like.shape[2:], mode="bilinear", align_corners=False)


def _scaled(part: torch.Tensor) -> torch.Tensor:
    return part / part.flatten(1).std(1).view(-1, 1, 1, 1).clamp_min(_TINY)
