"""Many pictures with captions in one PNG file, for eyes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TILE = 224
MARGIN = 8
_FONT_SIZE = 15
_LINE = 19
_BACKGROUND, _INK = (24, 24, 27), (235, 235, 235)
_SHADES = {True: (120, 205, 150), False: (240, 170, 90), None: (165, 165, 170)}

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a caption; `good` colors it green or orange, None gray."""

    text: str
    good: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One picture of a sheet.

    Attributes:
        rgb: uint8 `(height, width, 3)`, square.
        title: first line below it.
        lines: further lines.
    """

    rgb: NDArray[np.uint8]
    title: str
    lines: tuple[Line, ...] = ()


def contact_sheet(title: str, tiles: Sequence[Tile], columns: int) -> NDArray[np.uint8]:
    """Tiles row by row under a title.

    Args:
        title: of the sheet.
        tiles: at least one.
        columns: tiles in a row.

    Returns:
        uint8 `(height, width, 3)`.
    """
    lines = 1 + max(len(tile.lines) for tile in tiles)
    step_x, step_y = TILE + MARGIN, TILE + lines * _LINE + 2 * MARGIN
    rows = -(-len(tiles) // columns)
    top = _LINE + 2 * MARGIN
    sheet = Image.new("RGB", (columns * step_x + MARGIN, rows * step_y + top), _BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_FONT_SIZE)
    draw.text((MARGIN, MARGIN), _fitted(draw, title, sheet.width - 2 * MARGIN, font), _INK, font)
    for place, tile in enumerate(tiles):
        x, y = MARGIN + place % columns * step_x, top + place // columns * step_y
        picture = Image.fromarray(tile.rgb).resize((TILE, TILE), Image.Resampling.BICUBIC)
        sheet.paste(picture, (x, y))
        inks = (_INK, *(_SHADES[line.good] for line in tile.lines))
        texts = (tile.title, *(line.text for line in tile.lines))
        for number, (text, ink) in enumerate(zip(texts, inks, strict=True)):
            where = (x, y + TILE + MARGIN // 2 + number * _LINE)
            draw.text(where, _fitted(draw, text, TILE, font), ink, font)
    return np.asarray(sheet)


def _fitted(draw: ImageDraw.ImageDraw, text: str, width: int, font: Font) -> str:
    """The text, cut to a width in pixels."""
    if draw.textlength(text, font) <= width:
        return text
    while text and draw.textlength(f"{text}…", font) > width:
        text = text[:-1]
    return f"{text}…"
