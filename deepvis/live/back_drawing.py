"""An attribution on its way to the pane: drawn once for every look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis.imaging.attribution_views import histogram, overlaid
from deepvis.kinds import BackView
from deepvis.live.unit_picture import fitted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.kinds import Overlay
    from deepvis.records import Backward


@dataclass(frozen=True, slots=True)
class Look:
    """How an attribution is drawn; `size` is `(height, width)`."""

    view: BackView
    colormap: str
    overlay: Overlay
    opacity: float
    size: tuple[int, int]


def look_of(back: Backward, shape: tuple[int, int]) -> Look:
    """The look the person wants, in the largest size of the input's aspect that fits into the pane.

    Args:
        back: what the person wants; the pane has a size.
        shape: `(height, width)` of the network's input.
    """
    return Look(back.view, back.colormap, back.overlay, back.opacity, fitted(shape, (back.height, back.width)))


class Drawable:
    """The values of an attribution on the host, and what was drawn of them last.

    Args:
        values: float32 `(channels, height, width)` or `(height, width)`, on any device.
        seen: what the network saw, uint8 `(1 or 3, rows, columns)` on the host; of two pictures the channels of both.
        pictures: that it saw at once. Two are drawn side by side; a map that is of no picture alone lies over both.
    """

    def __init__(self, values: torch.Tensor, seen: torch.Tensor, pictures: int = 1) -> None:
        self.values: NDArray[np.float32] = values.detach().float().cpu().numpy()
        self._seen = seen
        if pictures > 1:
            parts = np.split(self.values, pictures) if self.values.ndim == 3 else [self.values] * pictures
            self.values = np.concatenate(parts, axis=-1)
            self._seen = torch.cat(seen.chunk(pictures), dim=2)
        self._drawn: tuple[Look, NDArray[np.uint8]] | None = None

    def picture(self, look: Look) -> NDArray[np.uint8]:
        """uint8 `(*look.size, 3)`; the same array for the same look."""
        if self._drawn is None or self._drawn[0] != look:
            seen_rgb = self._seen.expand(3, -1, -1).permute(1, 2, 0).numpy()
            drawn = overlaid(seen_rgb, self.values, look.view, look.colormap, look.overlay, look.opacity, look.size)
            self._drawn = look, drawn
        return self._drawn[1]

    def figures(self, look: Look) -> tuple[tuple[float, float], NDArray[np.int64] | None]:
        """Lowest and highest value, and the counts of the histogram where that is looked at."""
        if look.view is BackView.HISTOGRAM:
            counts, extent = histogram(self.values)
            return extent, counts
        finite = self.values[np.isfinite(self.values)]
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0), None
