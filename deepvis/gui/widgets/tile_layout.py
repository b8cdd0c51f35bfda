"""Where the tiles of a strip lie: arithmetic on rectangles, no painting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QRect

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = 6
"""Logical pixels between tiles."""

LABEL_HEIGHT = 18
CAPTION_HEIGHT = 16
_LOWER = 0.86
_GROUP_WIDTH = 400
"""Groups lie side by side where each gets about this much."""


@dataclass(frozen=True, slots=True)
class TileStyle:
    """How a strip divides its width.

    Attributes:
        columns: at least so many tiles in a row.
        largest: side in logical pixels beyond which another column is added.
        abreast: groups may lie side by side.
        alone: width in logical pixels that a lone tile may have; it is a little lower than wide. 0: it is like others.
    """

    columns: int = 3
    largest: int = 160
    abreast: bool = False
    alone: int = 0


@dataclass(frozen=True, slots=True)
class TileLayout:
    """Rectangles in logical pixels.

    Attributes:
        height: of everything.
        tiles: one square per tile (a lone one may be wider), groups one after the other.
        captions: the lines below each tile; of no height where captions are off.
        labels: the line above each group; of no height where it has no label.
    """

    height: int
    tiles: tuple[QRect, ...]
    captions: tuple[QRect, ...]
    labels: tuple[QRect, ...]

    def tile_at(self, point: QPoint) -> int:
        """The tile under a point, its caption included; -1 where there is none."""
        places = zip(self.tiles, self.captions, strict=True)
        return next((index for index, (tile, line) in enumerate(places) if tile.united(line).contains(point)), -1)


def columns_for(width: int, count: int, style: TileStyle) -> int:
    """Tiles in a row.

    One column more than needed is taken where that leaves no gap in the last row: nine pictures make five and four
    rather than four, four and one.
    """
    columns = style.columns
    while _side(width, columns) > style.largest and columns < count:
        columns += 1
    for candidate in (columns, columns + 1):
        rows = -(-count // candidate)
        if columns > style.columns and rows and -(-count // rows) == candidate:
            return candidate
    return columns


def lay_out_strip(width: int, groups: Sequence[tuple[str, int]], style: TileStyle, *, captions: int) -> TileLayout:
    """Place groups of tiles below one another, or side by side where the style says so.

    Args:
        width: logical pixels.
        groups: label (empty for none) and number of tiles.
        style: how the width is divided.
        captions: lines below every tile.
    """
    abreast = max(1, min(len(groups), (width + _GROUP_WIDTH // 2) // _GROUP_WIDTH)) if style.abreast else 1
    block = (width - (abreast - 1) * 2 * GAP) // abreast
    columns = columns_for(block, max((count for _, count in groups), default=0), style)
    if style.alone and sum(count for _, count in groups) == 1:
        return _lay_out_one(min(style.alone, width), captions, labeled=any(label for label, _ in groups))
    side = max(1, min(style.largest, _side(block, columns)))
    line = CAPTION_HEIGHT * captions
    tiles: list[QRect] = []
    labels: list[QRect] = []
    top, bottom = 0, 0
    for place, (label, count) in enumerate(groups):
        if place % abreast == 0:
            top = bottom + (GAP if bottom else 0)
        left = place % abreast * (block + 2 * GAP)
        label_height = LABEL_HEIGHT if label else 0
        labels.append(QRect(left, top, block, label_height))
        for index in range(count):
            x = left + _column_left(index % columns, columns, side, block)
            tiles.append(QRect(x, top + label_height + index // columns * (side + line + GAP), side, side))
        rows = -(-count // columns)
        bottom = max(bottom, top + label_height + rows * (side + line + GAP) - (GAP if rows else 0))
    below = tuple(QRect(tile.left(), tile.bottom() + 1, tile.width(), line) for tile in tiles)
    return TileLayout(bottom, tuple(tiles), below, tuple(labels))


def _lay_out_one(width: int, captions: int, *, labeled: bool) -> TileLayout:
    top, height = LABEL_HEIGHT * labeled, round(_LOWER * width)
    tile = QRect(0, top, width, height)
    caption = QRect(0, top + height, width, CAPTION_HEIGHT * captions)
    return TileLayout(caption.bottom() + 1, (tile,), (caption,), (QRect(0, 0, width, top),))


def _side(width: int, columns: int) -> int:
    return (width - (columns - 1) * GAP) // columns


def _column_left(column: int, columns: int, side: int, width: int) -> int:
    """Rounding goes into the gaps, so that the last column ends where the page does."""
    if columns == 1 or width - columns * side > columns * (GAP + 1):
        return column * (side + GAP)
    return round(column * (width - side) / (columns - 1))
