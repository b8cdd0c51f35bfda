"""The selected unit, large: its map in color, or laid over what the network saw."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from deepvis.imaging.colormap import NAN_COLOR, table
from deepvis.live.mosaic import NAN_WORD, boost, color_index
from deepvis.records import Overlay

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.live.summary import ColorScale
    from deepvis.records import GridView, UnitPane

SHARPNESS = 0.8
"""Power of the mask of the overlays, as in the fork of the 2015 toolbox."""


def compose_unit(
    unit_map: torch.Tensor, picture: torch.Tensor, scale: ColorScale, grid: GridView, pane: UnitPane
) -> NDArray[np.uint8]:
    """Draw one unit.

    Args:
        unit_map: `(height, width)`.
        picture: the network's input before normalization, uint8 `(1 or 3, rows, columns)`, on the host.
        scale: value to color, as in the grid.
        grid: boosts, as in the grid.
        pane: size, overlay and opacity.

    Returns:
        uint8 `(height, width, 3)`, the largest size of the picture's aspect that fits into the pane.
    """
    size = fitted((picture.shape[1], picture.shape[2]), (pane.height, pane.width))
    values = unit_map.detach().float().cpu()[None, None]
    if pane.overlay is not Overlay.OFF:
        values = _smooth(values, size)
    peak = _boosted(values, scale, grid)
    index = color_index(values[0], scale, grid, peak)[0]
    colors = _colors(scale.colormap).index_select(0, index.flatten()).view(*index.shape, 3)
    if pane.overlay is Overlay.OFF:
        return _nearest(colors, size).numpy()
    shown = functional.interpolate(picture[None].float(), size=size, mode="bilinear", antialias=True)[0]
    shown = shown.expand(3, -1, -1).permute(1, 2, 0)
    mask = _mask(index, scale)[..., None]
    keep = mask if pane.overlay is Overlay.ACTIVE else 1 - mask
    mixed = shown + (colors - shown) * (1 - keep) * pane.opacity
    return mixed.clamp(0, 255).byte().numpy()


@lru_cache
def _colors(colormap: str) -> torch.Tensor:
    """uint8 `(257, 3)`: the color map, and the color of NaN."""
    return torch.as_tensor(np.vstack([table(colormap), [NAN_COLOR]]).astype(np.uint8))


def fitted(shape: tuple[int, int], pane: tuple[int, int]) -> tuple[int, int]:
    """The largest `(height, width)` of the shape's aspect inside the pane, at least one pixel."""
    scale = min(pane[0] / shape[0], pane[1] / shape[1])
    # the small terms keep 7 * (61 / 7) at 61
    return max(1, int(shape[0] * scale + 1e-6)), max(1, int(shape[1] * scale + 1e-6))


def _mask(index: torch.Tensor, scale: ColorScale) -> torch.Tensor:
    """How active each pixel is, 0..1, from its place in the color table."""
    place = index.clamp(max=NAN_WORD - 1).float()
    strength = (place - 128).abs() / 128 if scale.symmetric else place / 255
    return strength.clamp(0, 1).pow(SHARPNESS)


def _boosted(values: torch.Tensor, scale: ColorScale, grid: GridView) -> torch.Tensor | None:
    if grid.exponent == 0:
        return None
    magnitude = (values.abs() if scale.symmetric else values - scale.start).amax() / scale.span
    return boost(magnitude, grid.exponent)


def _smooth(values: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    return functional.interpolate(values, size=size, mode="bilinear", align_corners=False)


def _nearest(colors: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    rows = torch.arange(size[0]) * colors.shape[0] // size[0]
    columns = torch.arange(size[1]) * colors.shape[1] // size[1]
    return colors.index_select(1, columns).index_select(0, rows)
