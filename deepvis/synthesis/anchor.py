"""Keeps a picture near the one its synthesis started from: what in this very picture would the unit want more of?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from deepvis.synthesis.regularizers.slots import Regularizer

_TINY = 1e-12


class Anchor:
    """The distance from the start, in pixels and in a layer's activations (Hamblin et al. 2024, arXiv 2402.10039)."""

    def __init__(self, parts: Sequence[Regularizer], start: torch.Tensor | None) -> None:
        """Take the weights out of a recipe's regularizers.

        Args:
            parts: all regularizers of the recipe.
            start: `(batch, 3, height, width)` in 0..1; None: noise, which nothing is kept near to.
        """
        self._start = start
        self._pixels = sum(part.anchor for part in parts if part.anchor is not None)
        self._features = sum(part.feature_anchor for part in parts if part.feature_anchor is not None)

    @property
    def is_wanted(self) -> bool:
        """The recipe has such a regularizer."""
        return bool(self._pixels or self._features)

    @property
    def start(self) -> torch.Tensor | None:
        """The picture whose activations are wanted at every step, through the step's own views; None: not wanted."""
        return self._start if self._features else None

    def distance(
        self, images: torch.Tensor, maps: torch.Tensor, start_maps: torch.Tensor | None
    ) -> torch.Tensor | None:
        """What is to be taken off the objective, `(batch,)`; None where there is nothing.

        Args:
            images: `(batch, 3, height, width)` in 0..1.
            maps: of the layer, `(batch, units, rows, columns)`.
            start_maps: the same of the start, seen through the same views.
        """
        if self._start is None or not self.is_wanted:
            return None
        distance = images.new_zeros(len(images))
        if self._pixels:
            distance = distance + self._pixels * (images - self._start).square().mean((1, 2, 3))
        if start_maps is not None:
            off = (maps - start_maps).square().sum((1, 2, 3))
            distance = distance + self._features * off / start_maps.square().sum((1, 2, 3)).clamp_min(_TINY)
        return distance
