"""How an attribution becomes a picture: the views of the 2015 toolbox and of its fork, for colors and for maps.

An attribution is `(channels, height, width)` at the network's input, 1 or 3 channels, or a map `(height, width)` of its
own. A map has no colors to show; its views are those of a single channel, and it is enlarged smoothly, because its
positions are no pixels. What is not finite gets `NAN_COLOR` in every picture and counts as zero in every heat.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from deepvis.imaging.colormap import DIVERGING, NAN_COLOR, resolve, table
from deepvis.imaging.filters import blurred, nearest, smooth, unblurred
from deepvis.kinds import BackView, Overlay

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

BLUR = 4.0
"""Standard deviation of norm-blur in pixels of the network's input (2015: `caffevis_grad_norm_blur_radius`)."""
SHARPNESS = 0.8
"""Power of the heat that is the mask of the overlays, as in the fork."""
RANGE_PERCENTILE = 99.5
"""Of the magnitudes that are not zero: where raw and gray end. One pixel in a few hundred is several times stronger
than all others, and by that one the picture would be gray."""
BINS = 50

_PAPER, _BAR, _AXIS = (24, 24, 27), (120, 170, 220), (130, 130, 136)


def draw(values: NDArray[np.float32], view: BackView, colormap: str) -> NDArray[np.uint8]:
    """One pixel for each position.

    Args:
        values: float32 `(channels, height, width)` with 1 or 3 channels, or a map `(height, width)`.
        view: raw and gray reach from minus to plus the 99.5th percentile of the magnitudes that are not zero, and what
            is beyond is clipped; raw shows a map in the color map, with its sign if it has one, by its largest
            magnitude; the histogram comes as bars.
        colormap: name for norm, norm-blur, sum>0 and raw maps; `auto` picks by the sign.

    Returns:
        uint8 `(height, width, 3)`.

    Raises:
        KeyError: there is no such color map.
    """
    return _painted(values, view, colormap, (values.shape[-2], values.shape[-1]))


def heat(values: NDArray[np.float32], view: BackView, pictures: int = 1) -> NDArray[np.float32]:
    """How much each position matters, 0..1; zero everywhere where nothing does.

    norm and norm-blur span their own minimum to maximum, as in 2015. sum>0 and maps start at zero; of maps it is the
    magnitude, with sum>0 only what speaks for the unit. Views without a heat of their own get that of the norm.

    Args:
        values: as in `draw`.
        view: as in `draw`.
        pictures: that lie side by side in the values; each is blurred by itself.

    Returns:
        float32 `(height, width)`.
    """
    scaled = _scaled(values)
    if view is BackView.SUM:
        total = scaled if values.ndim == 2 else scaled.sum(axis=0)
        return _stretched(np.maximum(total, 0), from_zero=True)
    if values.ndim == 2:
        return np.abs(scaled)
    # channel by channel: twice as fast as `linalg.norm` along the first axis
    length = np.sqrt(sum(channel * channel for channel in scaled))
    if view is BackView.NORM_BLUR:
        length = np.concatenate([blurred(part, BLUR) for part in np.split(length, pictures, axis=1)], axis=1)
    return _stretched(length, from_zero=False)


def overlaid(  # noqa: PLR0913  (what is drawn of how many, and the five choices that a person has)
    picture_rgb: NDArray[np.uint8],
    values: NDArray[np.float32],
    view: BackView,
    colormap: str,
    overlay: Overlay,
    opacity: float,
    size: tuple[int, int],
    pictures: int = 1,
) -> NDArray[np.uint8]:
    """At the size wanted, with the picture showing through: w = heat ** 0.8 (fork of the 2015 toolbox, `app.py`).

    Colors of pixels keep their edges when they are enlarged; heats are interpolated.

    Args:
        picture_rgb: what the network saw, uint8 `(rows, columns, 3)`, any size.
        values: as in `draw`.
        view: as in `draw`; raw and gray are laid over by the heat of the norm, the histogram is not laid over.
        colormap: as in `draw`.
        overlay: `ACTIVE` shows the picture where the heat is high, the view elsewhere; `INACTIVE` the other way round.
        opacity: of the view that lies over the picture, 0..1; without an overlay it has no effect.
        size: `(height, width)` of the result.
        pictures: of one width that lie side by side, in the picture as in the values. They have one range; no pixel is
            made of two of them.

    Returns:
        uint8 `(*size, 3)`.

    Raises:
        KeyError: there is no such color map.
    """
    colors = _painted(values, view, colormap, size, pictures)
    if overlay is Overlay.OFF or view is BackView.HISTOGRAM:
        return colors
    weight = heat(values, view, pictures) ** np.float32(SHARPNESS)
    share = (1 - weight if overlay is Overlay.ACTIVE else weight) * np.float32(opacity)
    below = _resized(smooth, picture_rgb.astype(np.float32), size, pictures)
    return _mixed(below, colors, _resized(smooth, share, size, pictures))


def histogram(values: NDArray[np.float32], bins: int = BINS) -> tuple[NDArray[np.int64], tuple[float, float]]:
    """How often each value occurs, over all channels and positions.

    Args:
        values: any shape; what is not finite is left out.
        bins: equally wide.

    Returns:
        Counts, int64 `(bins,)`, and the lowest and highest value, which are the outer edges; where all values are the
        same, the edges lie beside it, by half a unit or a thousandth.
    """
    finite = values[np.isfinite(values)].astype(np.float64)
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    largest = max(abs(low), abs(high))
    # a spread that double precision cannot divide is none
    if high - low < 4 * bins * np.spacing(largest):
        beside = max(0.5, largest / 1000)
        low, high = low - beside, high + beside
    counts, _ = np.histogram(finite, bins, (low, high))
    return counts.astype(np.int64), (low, high)


def bars(counts: NDArray[np.int64], extent: tuple[float, float], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A plain drawing of a histogram, for files: bars, and a line where zero is.

    Args:
        counts: `(bins,)`.
        extent: outer edges.
        size: `(height, width)`.

    Returns:
        uint8 `(*size, 3)`.
    """
    height, width = size
    drawn = np.empty((height, width, 3), np.uint8)
    drawn[:] = _PAPER
    low, high = extent
    if low < 0 < high:
        drawn[:, min(width - 1, int(-low / (high - low) * width))] = _AXIS
    # a bin that holds a single value must not vanish beside one that holds thousands
    tall = np.ceil(counts / max(1, int(counts.max(initial=0))) * height).astype(np.int64)
    columns = np.arange(width) * len(counts) // width
    drawn[np.arange(height)[:, None] >= height - tall[columns]] = _BAR
    return drawn


def _mixed(below: NDArray[np.float32], above: NDArray[np.uint8], share: NDArray[np.float32]) -> NDArray[np.uint8]:
    """`share` of what is above, `(height, width)`; written into `below`."""
    # NumPy is several times faster along rows than along three colors
    flat = below.reshape(len(below), -1)
    difference = above.reshape(flat.shape) - flat
    difference *= share.repeat(3, axis=1)
    flat += difference
    flat += np.float32(0.5)
    return flat.astype(np.uint8).reshape(below.shape)


def _resized(
    filtered: Callable[[NDArray[np.float32], tuple[int, int]], NDArray[np.float32]],
    values: NDArray[np.float32],
    size: tuple[int, int],
    pictures: int,
) -> NDArray[np.float32]:
    """Each of the pictures side by side, `(height, width, ...)`, brought to its share of a size by itself."""
    if pictures == 1 or size[1] < pictures:
        return filtered(values, size)
    ends = [size[1] * place // pictures for place in range(pictures + 1)]
    widths = [end - start for start, end in pairwise(ends)]
    parts = zip(np.split(values, pictures, axis=1), widths, strict=True)
    return np.concatenate([filtered(part, (size[0], width)) for part, width in parts], axis=1)


def _painted(
    values: NDArray[np.float32], view: BackView, colormap: str, size: tuple[int, int], pictures: int = 1
) -> NDArray[np.uint8]:
    name = resolve(colormap, signed=_is_signed(values, view))
    if view is BackView.HISTOGRAM:
        return bars(*histogram(values), size)
    if values.ndim == 3 and view in (BackView.RAW, BackView.GRAY):
        colors = _as_bytes(_resized(unblurred, _around_gray(values, view), size, pictures))
    else:
        colors = _in_color(values, view, name, size, pictures)
    return _marked(colors, values)


def _around_gray(values: NDArray[np.float32], view: BackView) -> NDArray[np.float32]:
    """`(channels, height, width)` to 0..255 `(height, width, 3)`; zero is mid gray, what is stronger than most an end.

    2015 put the largest magnitude at the end.
    """
    scaled = _scaled(values)
    if view is BackView.GRAY:
        scaled = scaled.mean(axis=0, keepdims=True)
    scaled = _clipped(scaled)
    pixels = np.moveaxis(scaled, 0, -1) * np.float32(127.5) + np.float32(127.5)
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def _in_color(
    values: NDArray[np.float32], view: BackView, colormap: str, size: tuple[int, int], pictures: int
) -> NDArray[np.uint8]:
    if values.ndim == 2 and view is BackView.GRAY:
        place, colormap = 127.5 + 127.5 * _scaled(values), "gray"
    elif _is_signed(values, view):
        place = _signed_place(values, colormap)
    else:
        warm = heat(values, view, pictures)
        place = 127.5 + 127.5 * warm if colormap in DIVERGING else 255 * warm
    index = np.rint(_resized(smooth, place.astype(np.float32), size, pictures)).astype(np.uint8)
    return table(colormap).take(index, axis=0)


def _signed_place(values: NDArray[np.float32], colormap: str) -> NDArray[np.float32]:
    """Place in the color table, 0..255: zero in the middle of a diverging one, lowest to highest in others."""
    scaled = _scaled(values)
    if colormap in DIVERGING:
        return scaled * np.float32(127.5) + np.float32(127.5)
    return _stretched(scaled, from_zero=False) * np.float32(255)


def _is_signed(values: NDArray[np.float32], view: BackView) -> bool:
    """Whether the view shows both signs in the color map."""
    return values.ndim == 2 and view is BackView.RAW and bool((values < 0).any())


def _scaled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """-1..1, by the largest magnitude; what is not finite becomes zero."""
    peak = np.maximum(values.max(), -values.min())
    if not np.isfinite(peak):
        values = np.where(np.isfinite(values), values, np.float32(0))
        peak = np.abs(values).max()
    return values / peak if peak > 0 else np.zeros_like(values)


def _clipped(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """-1..1 by `RANGE_PERCENTILE` of the magnitudes that are not zero; where they are few, by the largest."""
    magnitudes = np.abs(values[values != 0])
    if not magnitudes.size:
        return values
    last = min(magnitudes.size - 1, int(np.ceil(RANGE_PERCENTILE / 100 * magnitudes.size)))
    end = np.partition(magnitudes, last)[last]
    clipped: NDArray[np.float32] = np.clip(values / end, np.float32(-1), np.float32(1))
    return clipped


def _stretched(values: NDArray[np.float32], *, from_zero: bool) -> NDArray[np.float32]:
    low = np.float32(0) if from_zero else values.min()
    span = values.max() - low
    return (values - low) / span if span > 0 else np.zeros_like(values)


def _marked(colors: NDArray[np.uint8], values: NDArray[np.float32]) -> NDArray[np.uint8]:
    finite = np.isfinite(values)
    if not finite.all():
        broken: NDArray[np.bool_] = np.logical_or.reduce(~finite.reshape(-1, *values.shape[-2:]))
        colors[nearest(broken, (colors.shape[0], colors.shape[1]))] = NAN_COLOR
    return colors


def _as_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(values).clip(0, 255).astype(np.uint8)
