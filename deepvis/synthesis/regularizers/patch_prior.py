"""The data-driven patch prior (Wei et al. 2015, arXiv 1507.02379): every patch goes toward its nearest natural one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis.synthesis.regularizers.slots import Regularizer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deepvis.synthesis.regularizers.slots import Stepped

_SEARCHED_AT_ONCE = 1 << 24
"""Distances held in memory at a time."""


def patch_prior(strength: float, every: int, patches: torch.Tensor | None) -> Regularizer:
    """Pull every patch toward its nearest one.

    Args:
        strength: part of the way.
        every: steps from one to the next.
        patches: natural ones, float32 `(patches, 3, side, side)` in gray levels 0..255.

    Raises:
        ValueError: there are no patches.
    """
    if patches is None or patches.dim() != 4 or len(patches) == 0:
        raise ValueError("The patch prior needs patches of natural pictures; give the ascent some.")
    known = _centered(patches.flatten(1))
    side = patches.shape[2]

    def operator(stepped: Stepped) -> torch.Tensor | None:
        if stepped.step % every:
            return None
        return stepped.pixels.lerp(_rebuilt(stepped.pixels, known.to(stepped.pixels.device), side), strength)

    return Regularizer(operator=operator)


def patches_of(pictures: Iterable[torch.Tensor], side: int, count: int, seed: int = 0) -> torch.Tensor:
    """Random patches of pictures, as many of each.

    Args:
        pictures: uint8 `(3, height, width)`; those smaller than a patch are left out.
        side: of a patch, in pixels.
        count: of each picture.
        seed: of the choice.

    Returns:
        Float32 `(patches, 3, side, side)` in gray levels 0..255.
    """
    generator = torch.Generator().manual_seed(seed)
    chosen = []
    for picture in pictures:
        rows, columns = picture.shape[1] - side + 1, picture.shape[2] - side + 1
        if rows < 1 or columns < 1:
            continue
        tops = torch.randint(rows, (count,), generator=generator).tolist()
        lefts = torch.randint(columns, (count,), generator=generator).tolist()
        for top, left in zip(tops, lefts, strict=True):
            chosen.append(picture[:, top : top + side, left : left + side].float())
    return torch.stack(chosen) if chosen else torch.zeros(0, 3, side, side)


def _rebuilt(pixels: torch.Tensor, known: torch.Tensor, side: int) -> torch.Tensor:
    """Overlapping patches replaced by their nearest ones, each with its own mean, and averaged."""
    stride = max(1, side // 2)
    height, width = pixels.shape[2:]
    padding = (side, side + (-width) % stride, side, side + (-height) % stride)
    padded = functional.pad(pixels, padding, mode="replicate")
    size = (padded.shape[2], padded.shape[3])
    columns = functional.unfold(padded, side, stride=stride).transpose(1, 2)
    means = _mean_colors(columns)
    flat = (columns - means).flatten(0, 1)
    nearest = torch.cat([_nearest(part, known) for part in torch.split(flat, max(1, _SEARCHED_AT_ONCE // len(known)))])
    replaced = (known[nearest].view(columns.shape) + means).transpose(1, 2)
    total = functional.fold(replaced, size, side, stride=stride)
    counts = functional.fold(torch.ones_like(replaced), size, side, stride=stride)
    return (total / counts)[:, :, side : side + height, side : side + width]


def _nearest(patches: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    # the square of the patch itself is the same for all candidates
    return (known.square().sum(1) - 2 * patches @ known.T).argmin(1)


def _centered(patches: torch.Tensor) -> torch.Tensor:
    return patches - _mean_colors(patches)


def _mean_colors(patches: torch.Tensor) -> torch.Tensor:
    """Mean of each color, repeated over the patch: `(..., 3 * side * side)`."""
    colors = patches.view(*patches.shape[:-1], 3, -1)
    return colors.mean(-1, keepdim=True).expand(colors.shape).flatten(-2)
