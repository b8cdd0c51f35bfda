"""What one frame did to every unit of a layer, in a few numbers each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis.imaging.colormap import DIVERGING, resolve

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANGE_DECAY = 0.96
"""Per frame: how slowly the color range of moving pictures shrinks, so that brightness does not pump."""


@dataclass(frozen=True, eq=False)
class UnitSummary:
    """Per unit, over its map; float32 and int64 `(units,)`. A unit with any NaN has NaN everywhere here.

    Attributes:
        maxima: largest activation.
        minima: smallest activation.
        means: mean activation.
        places: flat index (row x width + column) of the maximum.
        width: columns of the map.
    """

    maxima: NDArray[np.float32]
    minima: NDArray[np.float32]
    means: NDArray[np.float32]
    places: NDArray[np.int64]
    width: int

    def peak_position(self, unit: int) -> tuple[int, int]:
        """`(row, column)` of a unit's maximum."""
        row, column = divmod(int(self.places[unit]), self.width)
        return row, column

    @property
    def nan_units(self) -> NDArray[np.int64]:
        """Units with at least one value that is not a number."""
        return np.flatnonzero(np.isnan(self.means))

    def extent(self) -> tuple[float, float]:
        """Smallest and largest finite activation of the layer; `(0, 0)` where there is none."""
        low = self.minima[np.isfinite(self.minima)]
        high = self.maxima[np.isfinite(self.maxima)]
        return (float(low.min()), float(high.max())) if len(low) and len(high) else (0.0, 0.0)


def summarize(maps: torch.Tensor) -> UnitSummary:
    """Reduce activations `(units, height, width)` to their summary with one transfer to the host."""
    flat = maps.flatten(1)
    maxima, places = flat.max(dim=1)
    numbers = torch.stack((maxima, flat.amin(dim=1), flat.mean(dim=1))).float().cpu().numpy()
    return UnitSummary(numbers[0], numbers[1], numbers[2], places.cpu().numpy(), maps.shape[2])


@dataclass(frozen=True, slots=True)
class ColorScale:
    """Which value gets which color.

    Attributes:
        low: value of the first color.
        high: value of the last color.
        colormap: resolved name, never `auto`.
        per_unit: tiles are stretched to their own range, the numbers hold for the strongest one only.
    """

    low: float
    high: float
    colormap: str
    per_unit: bool = False

    @property
    def symmetric(self) -> bool:
        """Zero is the middle color."""
        return self.colormap in DIVERGING

    @property
    def start(self) -> float:
        """The value that magnitudes are counted from: zero, or that of the first color."""
        return 0.0 if self.symmetric else self.low

    @property
    def span(self) -> float:
        """The magnitude of the last color."""
        return self.high - self.start


def color_scale(extent: tuple[float, float], colormap: str, *, per_unit: bool) -> ColorScale:
    """The scale for values of this extent: symmetric for a diverging map, from zero for data without a sign."""
    low, high = extent
    signed = low < -1e-6 * max(abs(low), abs(high))
    name = resolve(colormap, signed=signed)
    if name in DIVERGING:
        bound = max(abs(low), abs(high)) or 1.0
        return ColorScale(-bound, bound, name, per_unit)
    low = low if signed else 0.0
    return ColorScale(low, high if high > low else low + 1.0, name, per_unit)


def gradient_scale(extent: tuple[float, float], colormap: str, *, per_unit: bool) -> ColorScale:
    """The scale for gradients of this extent: always symmetric, for up and down are what they tell."""
    name = colormap if colormap in DIVERGING else DIVERGING[0]
    bound = max(abs(extent[0]), abs(extent[1])) or 1.0
    return ColorScale(-bound, bound, name, per_unit)


class SteadyRange:
    """The extent of a layer over time: grows at once, shrinks slowly, so that moving pictures do not flicker."""

    def __init__(self) -> None:
        self._extent: tuple[float, float] | None = None

    def follow(self, extent: tuple[float, float], *, still: bool) -> tuple[float, float]:
        """The extent to use for a frame; a still picture gets its own exactly."""
        if self._extent is None or still:
            self._extent = extent
        else:
            low, high = (bound * RANGE_DECAY for bound in self._extent)
            self._extent = (min(extent[0], low), max(extent[1], high))
        return self._extent
