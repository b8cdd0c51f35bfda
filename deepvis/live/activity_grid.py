"""The grid of activity: a tile per unit with the histogram of its largest value per image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis.gallery.histogram import ZERO_BIN, edges
from deepvis.gallery.layer_histograms import LayerHistograms
from deepvis.imaging.maxima_tiles import AXIS, BARS, GROUND, SILENT, maxima_tiles
from deepvis.imaging.tiling import lay_out
from deepvis.live.pages import PatternPicture
from deepvis.live.pattern_tiles import arranged
from deepvis.live.weight_grid import HISTOGRAM_SHAPE, LARGEST_HISTOGRAM, compose
from deepvis.records import Sort

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.gallery.records import LayerRecord
    from deepvis.live.errand import Errand
    from deepvis.live.gallery_shelf import OpenGallery
    from deepvis.records import GridView, LayerInfo, View

COLUMNS = 50
"""Of a histogram, as in the 2015 toolbox's fork: narrower ones only show chance."""
AT_ONCE = 256
"""Tiles that are drawn between two questions whether to go on."""
_BAR_SHARE = 0.62
SILENT_COLORS = ((232, 100, 88), (196, 52, 42))
"""Of the bar at zero, on dark ground and on light."""


class ActivityGrids:
    """Draws the grid of a layer, and remembers the histograms of the one looked at last."""

    def __init__(self) -> None:
        self._kept: tuple[object, LayerHistograms] | None = None

    def forget(self) -> None:
        """The galleries were written to."""
        self._kept = None

    def draw(
        self, view: View, layer: LayerInfo, found: tuple[OpenGallery, LayerRecord], errand: Errand
    ) -> PatternPicture:
        """Draw the visible tiles.

        Args:
            view: what is asked for; its pane has a size.
            layer: the viewed layer.
            found: the gallery that has scanned it, and its figures.
            errand: asked now and then.

        Raises:
            Superseded: the errand is over.
            GalleryError: the gallery is damaged.
        """
        gallery, record = found
        key = (gallery.number, layer.name)
        if self._kept is None or self._kept[0] != key:
            self._kept = key, LayerHistograms(gallery.reader, layer.name)
        layout = lay_out(in_order(layer, view.grid, record), *HISTOGRAM_SHAPE, view.grid)
        rows, columns = layout.visible()
        places = np.add.outer(np.asarray(rows, np.int64) * layout.columns, np.asarray(columns, np.int64)).ravel()
        places = places[places < len(layout.units)]
        width, height = min(layout.tile_width, COLUMNS), min(layout.tile_height, LARGEST_HISTOGRAM)
        parts = [np.empty((0, height, width), np.uint8)]
        missing = 0
        for start in range(0, len(places), AT_ONCE):
            errand.go_on()
            counts = self._kept[1].counts(layout.units[places[start : start + AT_ONCE]])
            missing += int((counts.sum(axis=1) == 0).sum())
            parts.append(maxima_tiles(counts, edges(), ZERO_BIN, (height, width)))
        pictures = _colors(view.grid)[np.concatenate(parts)]
        return PatternPicture(view, compose(pictures, places, layout, view.grid), layout, missing)


def in_order(layer: LayerInfo, view: GridView, record: LayerRecord) -> NDArray[np.int64]:
    """Units in the order of their tiles, by their figures in the data set, int64."""
    order = arranged(layer.units, view, None, record)
    if view.sort is not Sort.MAXIMUM:
        return order
    largest = np.nan_to_num(record.maximum[order], nan=-np.inf)
    return order[np.argsort(-largest, kind="stable")]


def _colors(view: GridView) -> NDArray[np.uint8]:
    """Colors of a tile's values, uint8 `(4, 3)`: they stand out from the ground in both themes."""
    ground = np.array(view.background, np.float64)
    dark = ground.mean() < 128
    colors = np.stack([ground] * 4)
    colors[GROUND] = ground
    colors[AXIS] = view.gap
    colors[BARS] = ground + _BAR_SHARE * ((255 if dark else 0) - ground)
    colors[SILENT] = SILENT_COLORS[0 if dark else 1]
    return colors.round().astype(np.uint8)
