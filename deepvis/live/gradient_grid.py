"""What is remembered of a layer's gradients while the grid shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis.live.summary import SteadyRange, UnitSummary, summarize
from deepvis.live.tile_order import LayerTrack

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, eq=False)
class Graded:
    """Gradients `(units, height, width)`, their summary, and the extent of their color scale."""

    maps: torch.Tensor
    summary: UnitSummary
    extent: tuple[float, float]


class GradientGrid:
    """Color range and order of the tiles, apart from those of the activations, which come back as they were.

    Attributes:
        track: order of the tiles.
    """

    def __init__(self) -> None:
        self.track = LayerTrack()
        self._layer: object = None
        self._range = SteadyRange()
        self._about: object = None
        self._graded: Graded | None = None

    def forget(self) -> None:
        """The gradients are not shown any more."""
        self._graded = self._about = None

    def see(self, maps: torch.Tensor, layer: object, about: object, *, still: bool) -> Graded:
        """Take in the gradients of a frame; the same tensor again changes nothing.

        Args:
            maps: `(units, height, width)`.
            layer: another one begins with an order of its own.
            about: what they are gradients of; another one begins with a color range of its own.
            still: the frame stands still and gets its own range exactly.
        """
        if self._graded is not None and self._graded.maps is maps:
            return self._graded
        if layer != self._layer:
            self.track, self._layer = LayerTrack(), layer
        if (layer, about) != self._about:
            self._range, self._about = SteadyRange(), (layer, about)
        summary = summarize(maps)
        self._graded = Graded(maps, summary, self._range.follow(summary.extent(), still=still))
        return self._graded
