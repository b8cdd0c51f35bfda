"""An attribution on its way to the pane: drawn once for every look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch

from deepvis.attribution.methods import METHODS
from deepvis.attribution.two_pictures import of_each
from deepvis.imaging.attribution_views import histogram, overlaid
from deepvis.kinds import BackView, Pair
from deepvis.live.pair_pictures import draw_seam
from deepvis.live.unit_picture import fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis.attribution.attribution import Attribution
    from deepvis.kinds import Overlay
    from deepvis.records import Backward

T = TypeVar("T")

SEAM = (224, 226, 230)
"""Of the line between two pictures: zero is mid gray in some views and black in others."""


@dataclass(frozen=True, slots=True)
class Look:
    """How an attribution is drawn; `size` is `(height, width)`, `pair` tells which of two pictures are drawn."""

    view: BackView
    colormap: str
    overlay: Overlay
    opacity: float
    size: tuple[int, int]
    pair: Pair = Pair.BOTH


def look_of(back: Backward, shape: tuple[int, int], pair: Pair = Pair.BOTH) -> Look:
    """The look the person wants, in the largest size of the input's aspect that fits into the pane.

    Args:
        back: what the person wants; the pane has a size.
        shape: `(height, width)` of what the network sees of the pictures that are drawn.
        pair: which of two pictures are drawn.
    """
    size = fitted(shape, (back.height, back.width))
    return Look(back.view, back.colormap, back.overlay, back.opacity, size, pair)


class Drawable:
    """The values of an attribution on the host, and what was drawn of them last.

    Args:
        attribution: its values may be on any device.
        seen: what the network saw, uint8 `(1 or 3, rows, columns)` on the host; of two pictures the channels of both.
        pictures: that it saw at once; two are drawn side by side, with one range.
    """

    def __init__(self, attribution: Attribution, seen: torch.Tensor, pictures: int = 1) -> None:
        values: NDArray[np.float32] = attribution.values.detach().float().cpu().numpy()
        self._parts = of_each(values, pictures, is_map=METHODS[attribution.method].is_map)
        self._seen = seen.chunk(pictures)
        self._drawn: tuple[Look, NDArray[np.uint8]] | None = None

    def picture(self, look: Look) -> NDArray[np.uint8]:
        """uint8 `(*look.size, 3)`; the same array for the same look."""
        if self._drawn is None or self._drawn[0] != look:
            seen = torch.cat(tuple(self._of(self._seen, look.pair)), dim=2)
            seen_rgb = seen.expand(3, -1, -1).permute(1, 2, 0).numpy()
            values = self._values(look.pair)
            shown = len(self._of(self._parts, look.pair))
            drawn = overlaid(seen_rgb, values, look.view, look.colormap, look.overlay, look.opacity, look.size, shown)
            if shown > 1 and look.view is not BackView.HISTOGRAM:
                draw_seam(drawn, SEAM)
            self._drawn = look, drawn
        return self._drawn[1]

    def figures(self, look: Look) -> tuple[tuple[float, float], NDArray[np.int64] | None]:
        """Lowest and highest value, and the counts of the histogram where that is looked at."""
        values = self._values(look.pair)
        if look.view is BackView.HISTOGRAM:
            counts, extent = histogram(values)
            return extent, counts
        finite = values[np.isfinite(values)]
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0), None

    def is_blank(self, pair: Pair) -> bool:
        """Whether the values of a picture are all zero."""
        return not self._values(pair).any()

    def _values(self, pair: Pair) -> NDArray[np.float32]:
        parts = self._of(self._parts, pair)
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)

    def _of(self, parts: Sequence[T], pair: Pair) -> Sequence[T]:
        """Those of the pictures that are drawn."""
        if len(parts) == 1 or pair is Pair.BOTH:
            return parts
        return parts[:1] if pair is Pair.FIRST else parts[1:]
