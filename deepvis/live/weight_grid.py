"""The grid of a layer's weights: a tile per unit with its kernel or its histogram, at the size of the pane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis.imaging.kernels import BARS, MIDDLE, histogram_tiles, reach_pictures
from deepvis.imaging.tiling import GAP, lay_out
from deepvis.live.pages import PatternPicture
from deepvis.live.weight_pages import tile_choices, whole_pictures
from deepvis.records import WeightTiles
from deepvis.statistics.weight_figures import unit_histograms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.imaging.tiling import GridLayout
    from deepvis.live.errand import Errand
    from deepvis.models.unit_weights import UnitWeights
    from deepvis.records import GridView, View

HISTOGRAM_SHAPE = (3, 4)
"""Rows to columns of a histogram's tile."""
LARGEST_HISTOGRAM = 400
"""Columns of a histogram that are drawn; a larger tile repeats them."""
REACH_COLORS = "magma"
"""What mean magnitudes are drawn in: they have no sign, so that gray would mislead."""
_BAR_SHARE = 0.62


def draw_grid(
    weights: UnitWeights, largest: NDArray[np.float32], view: View, tiles: WeightTiles, errand: Errand
) -> PatternPicture:
    """Draw the visible tiles.

    Args:
        weights: of the viewed layer.
        largest: float32 `(units,)`: largest magnitude of each unit's weights.
        view: what is asked for; its pane has a size.
        tiles: what is drawn.
        errand: asked now and then.

    Raises:
        Superseded: the errand is over.
    """
    shape = HISTOGRAM_SHAPE if tiles is WeightTiles.HISTOGRAMS else weights.kernel_size
    layout = lay_out(np.arange(weights.units), *shape, view.grid)
    rows, columns = layout.visible()
    indices = np.add.outer(np.asarray(rows, np.int64) * layout.columns, np.asarray(columns, np.int64)).ravel()
    units = layout.units[indices[indices < len(layout.units)]]
    errand.go_on()
    if tiles is WeightTiles.HISTOGRAMS:
        pictures = _histograms(weights, largest, units, layout, errand)
        pictures = _bar_colors(view.grid)[pictures]
    elif tile_choices(weights)[0] is WeightTiles.KERNELS:
        pictures = whole_pictures(weights, units)
    else:
        pictures = reach_pictures(np.asarray(weights.kernels[units]), REACH_COLORS)
    errand.go_on()
    return PatternPicture(view, compose(pictures, units, layout, view.grid), layout)


def compose(
    pictures: NDArray[np.uint8], units: NDArray[np.int64], layout: GridLayout, view: GridView
) -> NDArray[np.uint8]:
    """Small pictures on a pane, enlarged without smoothing.

    Args:
        pictures: uint8 `(units, height, width, 3)`.
        units: int64, whose they are, in a layout in order of their numbers; all that the pane shows.
        layout: where they go.
        view: colors beside and between them.

    Returns:
        uint8 `(pane_height, pane_width, 4)`: blue, green, red, 255.
    """
    count, height, width = pictures.shape[:3]
    rows, source_rows = _places(layout.pane_height, layout.top, layout.tile_height, layout.rows, height)
    columns, source_columns = _places(layout.pane_width, layout.left, layout.tile_width, layout.columns, width)
    # one word of four bytes per pixel, and last of all that of the background
    bgrx = np.full((count * height * width + 1, 4), 255, np.uint8)
    bgrx[:-1, :3], bgrx[-1] = pictures.reshape(-1, 3)[:, ::-1], _bgrx(view.background)
    words = bgrx.view(np.uint32)[:, 0]
    starts = np.full((layout.rows + 1, layout.columns + 1), -1)
    starts.ravel()[units // layout.columns * (layout.columns + 1) + units % layout.columns] = np.arange(count)
    starts *= height * width
    start = np.ascontiguousarray(starts[rows][:, columns])
    start += (source_rows * width)[:, None] * (start >= 0)
    index = np.where(start < 0, len(words) - 1, start + source_columns)
    pane = words.take(index).view(np.uint8).reshape(layout.pane_height, layout.pane_width, 4)
    _draw_gaps(pane, layout, view)
    return pane


def _draw_gaps(pane: NDArray[np.uint8], layout: GridLayout, view: GridView) -> None:
    """Lines around every tile that there is; none where the last row of tiles is not full."""
    color = _bgrx(view.gap)
    rows, columns = layout.visible()
    for tile_row in rows:
        count = min(layout.columns, len(layout.units) - tile_row * layout.columns)
        top = layout.top + tile_row * layout.cell_height
        left, right = max(0, layout.left), max(0, layout.left + count * layout.cell_width + GAP)
        for line in (top, top + layout.cell_height):
            if 0 <= line < layout.pane_height:
                pane[line, left:right] = color
        upper, lower = max(0, top), max(0, top + layout.cell_height + GAP)
        for tile_column in range(columns.start, min(count, columns.stop) + 1):
            line = layout.left + tile_column * layout.cell_width
            if 0 <= line < layout.pane_width:
                pane[upper:lower, line] = color


def _places(pane: int, origin: int, tile: int, count: int, pixels: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each row (or column) of the pane: the row of tiles, -1 for none, and the row of the tile's picture."""
    cell, offset = np.divmod(np.arange(pane) - origin - GAP, tile + GAP)
    inside = (cell >= 0) & (cell < count) & (offset < tile)
    return np.where(inside, cell, -1), np.minimum(offset * pixels // tile, pixels - 1)


def _histograms(
    weights: UnitWeights, largest: NDArray[np.float32], units: NDArray[np.int64], layout: GridLayout, errand: Errand
) -> NDArray[np.uint8]:
    counts = unit_histograms(np.asarray(weights.kernels[units]), largest[units], errand.go_on)
    width = min(layout.tile_width, LARGEST_HISTOGRAM)
    height = max(1, round(layout.tile_height * width / layout.tile_width))
    return histogram_tiles(counts, height, width)


def _bar_colors(view: GridView) -> NDArray[np.uint8]:
    """Colors of ground, middle line and bars, uint8 `(3, 3)`: they stand out from the ground in both themes."""
    ground, gap = np.array(view.background, np.float64), np.array(view.gap, np.float64)
    colors = np.stack([ground, gap, ground])
    colors[MIDDLE] = gap
    colors[BARS] = ground + _BAR_SHARE * ((255 if ground.mean() < 128 else 0) - ground)
    return colors.round().astype(np.uint8)


def _bgrx(rgb: tuple[int, int, int]) -> tuple[int, int, int, int]:
    return rgb[2], rgb[1], rgb[0], 255
