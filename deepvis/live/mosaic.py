"""All tiles of a layer in one picture, composed on the device that ran the network, at the size of the pane.

Order of work: pick the visible units, shrink maps that are larger than their tile, turn values into colors at this
small size, and only then enlarge: two gathers of 4-byte colors instead of arithmetic on every pixel of the pane.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis.imaging.colormap import NAN_COLOR, table
from deepvis.imaging.tiling import GAP, GridLayout

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.live.summary import ColorScale, UnitSummary
    from deepvis.records import GridView

    Color = tuple[int, int, int]

NAN_WORD = 256
BACKGROUND_WORD = 257
GAP_WORD = 258

_BOUNDLESS = 1e30


def compose_grid(
    maps: torch.Tensor, layout: GridLayout, scale: ColorScale, summary: UnitSummary, view: GridView
) -> NDArray[np.uint8]:
    """Draw the grid.

    Args:
        maps: activations `(units, height, width)` on any device.
        layout: where the tiles are.
        scale: value to color.
        summary: of the same maps.
        view: scaling, boosts and background.

    Returns:
        uint8 `(pane_height, pane_width, 4)` on the host: blue, green, red, 255.
    """
    words = color_words(scale.colormap, (view.background, view.gap), maps.device)
    rows, columns = layout.visible()
    if not len(rows) or not len(columns):
        return _as_bytes(words[BACKGROUND_WORD].expand(layout.pane_height, layout.pane_width).contiguous())
    tiles = np.add.outer(np.asarray(rows) * layout.columns, np.asarray(columns)).ravel()
    units = torch.as_tensor(layout.units[np.minimum(tiles, len(layout.units) - 1)], device=maps.device)
    values = _shrunk(maps if len(units) == len(maps) and _in_order(units) else maps.index_select(0, units), layout)
    index = color_index(values, scale, view, _peaks(summary, units, scale, view))
    beyond = torch.as_tensor(np.flatnonzero(tiles >= len(layout.units)), device=maps.device)
    index.index_fill_(0, beyond, BACKGROUND_WORD)
    pane = _enlarged(index, words, layout, (rows, columns))
    _clear_rest(pane, words, layout)
    return _as_bytes(pane)


def color_index(
    values: torch.Tensor, scale: ColorScale, view: GridView, peaks: torch.Tensor | None = None
) -> torch.Tensor:
    """Values to rows of the color table, after the 2015 boosts.

    The toolbox of 2015 first maps the layer's range to 0..1, then multiplies each tile by its own maximum to the power
    of -individual, then raises to the power of gamma; signed data is treated by its distance from zero.

    Args:
        values: `(tiles, height, width)`.
        scale: value to color.
        view: gamma.
        peaks: largest scaled magnitude of each tile to the power of -individual, `(tiles, 1, 1)`; None for no boost.

    Returns:
        int32, same shape, 0..255; `NAN_WORD` where the value is not a number.
    """
    above = values.float() if scale.start == 0 else values.float() - scale.start
    scaled = above * (1 / scale.span if peaks is None else peaks / scale.span)
    if view.gamma != 1.0:
        scaled = scaled.sign() * scaled.abs().pow(view.gamma)
    place = scaled.mul_(127.5).add_(128.0) if scale.symmetric else scaled.mul_(255.0).add_(0.5)
    return place.clamp_(0, 255).nan_to_num_(nan=NAN_WORD).to(torch.int32)


def boost(magnitudes: torch.Tensor, exponent: float) -> torch.Tensor:
    """Factor that raises a tile: its largest scaled magnitude to the power of -exponent; 1 for a silent tile."""
    alive = (magnitudes > 1e-12) & magnitudes.isfinite()
    return torch.where(alive, magnitudes.clamp_min(1e-12).pow(-exponent), torch.ones_like(magnitudes))


def color_words(colormap: str, empty: tuple[Color, Color], device: torch.device) -> torch.Tensor:
    """int32 `(259,)`: 256 colors, the NaN color, the colors beside and between tiles, each one 0xFFRRGGBB word."""
    return _color_words(colormap, empty, str(device))


@lru_cache(maxsize=64)
def _color_words(colormap: str, empty: tuple[Color, Color], device: str) -> torch.Tensor:
    rgb = np.vstack([table(colormap), [NAN_COLOR], *([color] for color in empty)]).astype(np.uint32)
    words = (np.uint32(0xFF) << 24) | (rgb[:, 0] << 16) | (rgb[:, 1] << 8) | rgb[:, 2]
    return torch.as_tensor(words.view(np.int32), device=device)


def _in_order(units: torch.Tensor) -> bool:
    return bool((units == torch.arange(len(units), device=units.device)).all())


def _peaks(summary: UnitSummary, units: torch.Tensor, scale: ColorScale, view: GridView) -> torch.Tensor | None:
    if view.exponent == 0:
        return None
    largest = summary.maxima - scale.start
    if scale.symmetric:
        largest = np.maximum(np.abs(summary.maxima), np.abs(summary.minima))
    chosen = torch.as_tensor(largest, device=units.device)[units] / scale.span
    return boost(chosen, view.exponent)[:, None, None]


def _shrunk(values: torch.Tensor, layout: GridLayout) -> torch.Tensor:
    """Averaged by area where a tile has fewer pixels than the map has positions."""
    height, width = min(layout.tile_height, values.shape[1]), min(layout.tile_width, values.shape[2])
    if (height, width) == tuple(values.shape[1:]):
        return values
    # an infinity would become NaN under the zero weights
    shrunk = values.float().clamp(-_BOUNDLESS, _BOUNDLESS)
    if height < values.shape[1]:
        shrunk = _area_weights(values.shape[1], height, str(values.device)) @ shrunk
    if width < values.shape[2]:
        shrunk = shrunk @ _area_weights(values.shape[2], width, str(values.device)).T
    return shrunk


@lru_cache(maxsize=64)
def _area_weights(size: int, pixels: int, device: str) -> torch.Tensor:
    """float32 `(pixels, size)`: the share of each position in each pixel; rows sum to 1."""
    edges = np.arange(pixels + 1) * (size / pixels)
    positions = np.arange(size)
    shared = np.minimum(edges[1:, None], positions + 1) - np.maximum(edges[:-1, None], positions)
    return torch.as_tensor((np.clip(shared, 0, None) * (pixels / size)).astype(np.float32), device=device)


def _enlarged(
    index: torch.Tensor, words: torch.Tensor, layout: GridLayout, visible: tuple[range, range]
) -> torch.Tensor:
    """Tiles `(tiles, height, width)` of color rows to the pane's words `(pane_height, pane_width)`."""
    rows, columns = visible
    height, width = index.shape[1:]
    colors = words.index_select(0, _sheet(index, len(rows), len(columns)).flatten())
    colors = colors.reshape(len(rows) * height + 2, len(columns) * width + 2)
    down = _places(layout.pane_height, layout.top, layout.tile_height, rows, height)
    across = _places(layout.pane_width, layout.left, layout.tile_width, columns, width)
    device = index.device
    # the same as index_select along the columns, in less than half the time
    wide = colors.gather(1, torch.as_tensor(across, device=device).expand(len(colors), -1))
    return wide.index_select(0, torch.as_tensor(down, device=device))


def _clear_rest(pane: torch.Tensor, words: torch.Tensor, layout: GridLayout) -> None:
    """Where the last row of tiles is not full, no lines pretend that there were cells."""
    last = layout.rect_of_index(len(layout.units) - 1)
    top, left = int(max(0, last.top)), int(max(0, last.right + GAP))
    missing = len(layout.units) % layout.columns
    if missing and top < layout.pane_height and left < layout.pane_width:
        pane[top:, left:] = words[BACKGROUND_WORD]


def _sheet(index: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """Tiles side by side, and one more row and column of each kind of emptiness for `_places` to point to."""
    height, width = index.shape[1:]
    sheet = index.new_empty((rows * height + 2, columns * width + 2))
    sheet[-2:].fill_(GAP_WORD)
    sheet[:, -2:].fill_(GAP_WORD)
    sheet[-1:].fill_(BACKGROUND_WORD)
    sheet[:, -1:].fill_(BACKGROUND_WORD)
    tiles = sheet[:-2, :-2].view(rows, height, columns, width)
    tiles.copy_(index.reshape(rows, columns, height, width).transpose(1, 2))
    return sheet


def _places(pane: int, origin: int, tile: int, visible: range, size: int) -> NDArray[np.int64]:
    """For each pane row (or column) the row of the sheet it shows; last come one row of gap and one of margin."""
    inside = np.arange(pane) - origin - GAP
    cell, offset = np.divmod(inside, tile + GAP)
    shown = (offset < tile) & (cell >= visible.start) & (cell < visible.stop)
    end = len(visible) * size
    between = (inside >= -GAP) & (cell < visible.stop)
    return np.where(shown, (cell - visible.start) * size + offset * size // tile, np.where(between, end, end + 1))


def _as_bytes(words: torch.Tensor) -> NDArray[np.uint8]:
    host = words.cpu().numpy()
    if sys.byteorder == "big":
        host = host.byteswap()
    return host.view(np.uint8).reshape(*host.shape, 4)
