"""The pattern grid: one tile per unit with what excites it most, drawn in NumPy at the size of the pane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis.imaging.tiling import GAP, lay_out
from deepvis.live.pages import PatternPicture
from deepvis.live.pattern_tiles import TilePicture, Tiles, arranged
from deepvis.live.resample import resized

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from deepvis.gallery.records import LayerRecord
    from deepvis.imaging.tiling import GridLayout
    from deepvis.live.crop_pictures import CropPictures
    from deepvis.live.errand import Errand
    from deepvis.records import LayerInfo, View

SMALLEST_TILE = 16
LARGEST_TILE = 512
"""Tiles are kept at sides of powers of two between these, so that zooming decodes nothing again."""
AT_ONCE = 128
"""Tiles that are brought to their size in one go."""


class PatternGrid:
    """One mosaic, for one view.

    Args:
        view: what is asked for; its pane has a size.
        layer: the viewed layer.
        tiles: its pictures.
        record: its statistics, for the order; None where it has none.
    """

    def __init__(self, view: View, layer: LayerInfo, tiles: Tiles, record: LayerRecord | None) -> None:
        self._view = view
        self._tiles = tiles
        self._layout = lay_out(arranged(layer.units, view.grid, tiles, record), 1, 1, view.grid)
        self._told = tiles.told(layer, record)
        self._missing = 0
        self._pane = _empty(self._layout, view)

    def draw(
        self, pictures: CropPictures, errand: Errand, show: Callable[[PatternPicture], None] = lambda _: None
    ) -> PatternPicture:
        """Draw every visible tile.

        Args:
            pictures: decodes.
            errand: asked between two pictures.
            show: gets unfinished mosaics.

        Raises:
            Superseded: the errand is over.
            GalleryError: the gallery is damaged.
        """
        side = _level(self._layout.tile_width // self._tiles.across)
        for batch in _batches(self._in_order(), AT_ONCE):
            made: list[tuple[int, int, NDArray[np.uint8]]] = []
            for index, picture in batch:
                errand.go_on()
                tile = picture.tile(pictures, side)
                if tile is not None:
                    made.append((index, picture.place, tile))
                else:
                    self._missing += picture.place == 0
                if errand.part_due():
                    self._paste(made)
                    made = []
                    show(self._picture(complete=False))
            self._paste(made)
        return self._picture(complete=True)

    def _in_order(self) -> list[tuple[int, TilePicture]]:
        """Visible tiles with their pictures; those of one file together, so that it is decoded once."""
        rows, columns = self._layout.visible()
        indices = np.add.outer(np.asarray(rows, np.int64) * self._layout.columns, np.asarray(columns, np.int64)).ravel()
        found: list[tuple[int, TilePicture]] = []
        for index in indices[indices < len(self._layout.units)].tolist():
            pictures = self._tiles.of_unit(int(self._layout.units[index]))
            self._missing += not pictures
            found += [(index, picture) for picture in pictures]
        first_use: dict[int, int] = {}
        for place, (_, picture) in enumerate(found):
            first_use.setdefault(picture.file, place)
        return sorted(found, key=lambda pair: first_use[pair[1].file])

    def _paste(self, made: list[tuple[int, int, NDArray[np.uint8]]]) -> None:
        if not made:
            return
        across, side = self._tiles.across, self._layout.tile_width
        own_side = max(1, side // across)
        whole = own_side <= LARGEST_TILE
        scaled = resized(np.stack([tile for _, _, tile in made]), (own_side, own_side)) if whole else None
        for number, (index, place, tile) in enumerate(made):
            rect = self._layout.rect_of_index(index)
            row, column = divmod(place, across)
            if max(row, column) * own_side >= side:
                continue  # a tile of few pixels has no room for it
            # what is left over of the tile's side is shared by both edges
            above = (side - own_side * self._tiles.down) // 2 if across <= side else 0
            before = (side - own_side * across) // 2 if across <= side else 0
            top, left = int(rect.top) + above + row * own_side, int(rect.left) + before + column * own_side
            rows, own_rows = _clipped(top, own_side, self._layout.pane_height)
            columns, own_columns = _clipped(left, own_side, self._layout.pane_width)
            if scaled is not None:
                shown = scaled[number, own_rows, own_columns]
            else:
                shown = resized(tile, (own_side, own_side), own_rows, own_columns)
            self._pane[rows, columns, :3] = shown[..., ::-1]

    def _picture(self, *, complete: bool) -> PatternPicture:
        pane = self._pane if complete else self._pane.copy()
        return PatternPicture(self._view, pane, self._layout, self._missing, complete, told=self._told)


def _level(side: int) -> int:
    """The side tiles are kept at that are drawn with `side` pixels."""
    level = SMALLEST_TILE
    while level < min(side, LARGEST_TILE):
        level *= 2
    return level


def _empty(layout: GridLayout, view: View) -> NDArray[np.uint8]:
    """The pane with nothing in its tiles: uint8 `(height, width, 4)`, blue, green, red, 255."""
    pane = np.empty((layout.pane_height, layout.pane_width, 4), np.uint8)
    pane[:] = _bgrx(view.grid.background)
    canvas = layout.canvas
    rows, _ = _clipped(int(canvas.top), int(canvas.height), layout.pane_height)
    columns, _ = _clipped(int(canvas.left), int(canvas.width), layout.pane_width)
    pane[rows, columns] = _bgrx(view.grid.gap)
    in_rows = _inside_tiles(layout.pane_height, layout.top, layout.tile_height, layout.rows)
    in_columns = _inside_tiles(layout.pane_width, layout.left, layout.tile_width, layout.columns)
    pane[np.ix_(in_rows, in_columns)] = _bgrx(view.grid.background)
    last = layout.rect_of_index(len(layout.units) - 1)
    top, left = int(max(0, last.top)), int(max(0, last.right + GAP))
    if len(layout.units) % layout.columns:
        # where the last row of tiles is not full, no lines pretend that there were cells
        pane[top:, left:] = _bgrx(view.grid.background)
    return pane


def _inside_tiles(pane: int, origin: int, tile: int, count: int) -> NDArray[np.int64]:
    """Rows (or columns) of the pane that belong to a tile."""
    cell, offset = np.divmod(np.arange(pane) - origin - GAP, tile + GAP)
    return np.flatnonzero((cell >= 0) & (cell < count) & (offset < tile))


def _clipped(start: int, size: int, limit: int) -> tuple[slice, slice]:
    """The part of `start ... start + size` inside `0 ... limit`, and the same counted from `start`."""
    first, last = max(0, start), max(0, min(limit, start + size))
    last = max(first, last)
    return slice(first, last), slice(first - start, last - start)


def _bgrx(rgb: tuple[int, ...]) -> tuple[int, int, int, int]:
    return rgb[2], rgb[1], rgb[0], 255


def _batches(items: list[tuple[int, TilePicture]], size: int) -> Iterator[Iterable[tuple[int, TilePicture]]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]
