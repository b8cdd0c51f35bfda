"""Where each unit's tile is: the mosaic that draws and the widget that is clicked ask the same object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis.records import Rect

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.records import GridView

GAP = 1
"""Pixels of background between tiles, and around them."""

LARGEST_TILE = 4096
"""Largest side of a zoomed tile in device pixels: beyond it a single value would fill the screen."""


@dataclass(frozen=True, eq=False)
class GridLayout:
    """All tiles of a layer on a pane, row by row, also when the pane shows only a part of a zoomed canvas.

    A cell is a tile and the gap right of and below it; a whole gap also runs along the top and the left of the canvas.
    All lengths are device pixels.

    Attributes:
        units: int64, `(tiles,)`: the unit shown in tile i.
        columns: tiles in a row.
        tile_height: rows of one tile.
        tile_width: columns of one tile.
        top: pane row of the canvas' first row; negative where the canvas is scrolled.
        left: pane column of the canvas' first column.
        pane_height: rows of the pane.
        pane_width: columns of the pane.
        zoom: the zoom in force, after limits.
    """

    units: NDArray[np.int64]
    columns: int
    tile_height: int
    tile_width: int
    top: int
    left: int
    pane_height: int
    pane_width: int
    zoom: float = 1.0

    @property
    def rows(self) -> int:
        """Rows of tiles."""
        return -(-len(self.units) // self.columns)

    @property
    def cell_height(self) -> int:
        """Rows from one tile to the next."""
        return self.tile_height + GAP

    @property
    def cell_width(self) -> int:
        """Columns from one tile to the next."""
        return self.tile_width + GAP

    @property
    def canvas(self) -> Rect:
        """The whole canvas in pane pixels."""
        return Rect(self.top, self.left, self.rows * self.cell_height + GAP, self.columns * self.cell_width + GAP)

    def index_at(self, row: float, column: float) -> int | None:
        """The tile under a pane pixel; a gap belongs to the tile before it. None outside the tiles."""
        tile_row = (int(row) - self.top - GAP) // self.cell_height
        tile_column = (int(column) - self.left - GAP) // self.cell_width
        inside = 0 <= row < self.pane_height and 0 <= column < self.pane_width
        if not inside or not 0 <= tile_column < self.columns or tile_row < 0:
            return None
        index = tile_row * self.columns + tile_column
        return index if index < len(self.units) else None

    def unit_at(self, row: float, column: float) -> int | None:
        """The unit whose tile is under a pane pixel."""
        index = self.index_at(row, column)
        return None if index is None else int(self.units[index])

    def position_at(self, row: float, column: float, map_height: int, map_width: int) -> tuple[int, int, int] | None:
        """The unit and the `(row, column)` of its map under a pane pixel: `(unit, map_row, map_column)`."""
        index = self.index_at(row, column)
        if index is None:
            return None
        rect = self.rect_of_index(index)
        map_row = int((int(row) - rect.top) * map_height // self.tile_height)
        map_column = int((int(column) - rect.left) * map_width // self.tile_width)
        return int(self.units[index]), min(map_row, map_height - 1), min(map_column, map_width - 1)

    def rect_of_index(self, index: int) -> Rect:
        """The rectangle of tile `index` in pane pixels; parts of it may lie outside the pane."""
        tile_row, tile_column = divmod(index, self.columns)
        top = self.top + GAP + tile_row * self.cell_height
        left = self.left + GAP + tile_column * self.cell_width
        return Rect(top, left, self.tile_height, self.tile_width)

    def index_of(self, unit: int) -> int | None:
        """The tile that shows `unit`, or None where it is left out."""
        found = np.flatnonzero(self.units == unit)
        return int(found[0]) if len(found) else None

    def rect_of(self, unit: int) -> Rect | None:
        """The rectangle of a unit's tile in pane pixels, or None where it is left out."""
        index = self.index_of(unit)
        return None if index is None else self.rect_of_index(index)

    def visible(self) -> tuple[range, range]:
        """Rows and columns of tiles of which the pane shows at least one pixel."""
        first_row = max(0, (-self.top - GAP) // self.cell_height)
        last_row = min(self.rows - 1, (self.pane_height - 1 - self.top - GAP) // self.cell_height)
        first_column = max(0, (-self.left - GAP) // self.cell_width)
        last_column = min(self.columns - 1, (self.pane_width - 1 - self.left - GAP) // self.cell_width)
        return range(first_row, last_row + 1), range(first_column, last_column + 1)


def lay_out(units: NDArray[np.int64], map_height: int, map_width: int, view: GridView) -> GridLayout:
    """Place one tile per unit on the pane of `view`, as large as they all fit at zoom 1, aspect of the maps kept.

    Args:
        units: the units to show, in order; at least one.
        map_height: rows of an activation map.
        map_width: columns of an activation map.
        view: pane size, zoom and center.

    Raises:
        ValueError: where there is no unit or the pane is empty.
    """
    if len(units) == 0 or view.height < 1 or view.width < 1:
        raise ValueError(f"A grid needs units and a pane: {len(units)} units on {view.height} x {view.width} pixels.")
    columns = best_columns(len(units), map_height / map_width, view.height, view.width)
    rows = -(-len(units) // columns)
    scale = _tile_scale(rows, columns, (map_height, map_width), (view.height, view.width))
    zoom = max(1.0, min(view.zoom, LARGEST_TILE / (scale * max(map_height, map_width))))
    # the small terms keep 7 * (49 / 7) at 49
    tile_height = max(1, int(map_height * scale * zoom + 1e-6))
    tile_width = max(1, int(map_width * scale * zoom + 1e-6))
    top = _origin(rows * (tile_height + GAP) + GAP, view.height, view.center_row)
    left = _origin(columns * (tile_width + GAP) + GAP, view.width, view.center_column)
    return GridLayout(units, columns, tile_height, tile_width, top, left, view.height, view.width, zoom)


def best_columns(count: int, aspect: float, pane_height: int, pane_width: int) -> int:
    """The number of columns that makes `count` tiles of `aspect` (height over width) largest on the pane."""
    ideal: float = (count * aspect * pane_width / pane_height) ** 0.5
    columns_around = range(max(1, int(ideal) - 2), min(count, int(ideal) + 3) + 1)
    # where rows are few, one row more or less changes the columns by more than that
    rows_around = range(max(1, int(count / ideal) - 2), min(count, int(count / ideal) + 3) + 1)
    candidates: list[int] = sorted({*columns_around, *(-(-count // rows) for rows in rows_around)})

    def tile_width(columns: int) -> float:
        rows = -(-count // columns)
        return min(pane_width / columns, pane_height / rows / aspect)

    return max(candidates, key=tile_width)


def _tile_scale(rows: int, columns: int, shape: tuple[int, int], pane: tuple[int, int]) -> float:
    free_height = pane[0] - GAP * (rows + 1)
    free_width = pane[1] - GAP * (columns + 1)
    scale = min(free_height / (rows * shape[0]), free_width / (columns * shape[1]))
    # on a tiny pane with very many units a tile still has a pixel; the rest is reached by panning
    return max(scale, 1.0 / max(shape))


def _origin(canvas: int, pane: int, center: float) -> int:
    """Where the canvas begins so that `center` of it is mid-pane, without leaving the pane empty at an edge."""
    if canvas <= pane:
        return (pane - canvas) // 2
    return -round(min(max(center * canvas - pane / 2, 0), canvas - pane))
