"""Blurring and resizing arrays of floats along their first two axes, in NumPy.

Nothing here is a product of matrices: NumPy's runs on all cores, and its threads, which wait for each other actively,
would take the time of the network that runs beside.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Value = TypeVar("Value", bound=np.generic)

TRUNCATED = 4.0
"""Standard deviations at which a Gaussian is cut off, as SciPy does."""


def blurred(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """A Gaussian blur whose weights sum to 1; beyond its edges the array is mirrored.

    Args:
        values: float32 `(height, width, ...)`, finite.
        sigma: standard deviation in pixels, above 0.

    Returns:
        Same shape.
    """
    weights = _gaussian(sigma)
    for axis in (0, 1):
        values = _convolved(values, weights, axis)
    return values


def smooth(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """To another size: bilinear where it grows, averaged under a triangle as wide as a new pixel where it shrinks.

    Args:
        values: float32 `(height, width, ...)`, finite.
        size: new `(height, width)`.

    Returns:
        float32 `(*size, ...)`; the same array where the size is the same.
    """
    # columns take longer than rows: they are done while there are fewest of them
    for axis in (1, 0) if values.shape[0] < size[0] else (0, 1):
        if values.shape[axis] != size[axis]:
            values = _weighted(values, taps(values.shape[axis], size[axis]), axis)
    return values


def unblurred(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """To another size: every value keeps its edges where it grows, averaged where it shrinks; as `smooth` else."""
    height, width = values.shape[:2]
    values = smooth(values, (min(height, size[0]), min(width, size[1])))
    return nearest(values, size)


def nearest(values: NDArray[Value], size: tuple[int, int]) -> NDArray[Value]:
    """To another size, `(height, width, ...)` of any type: each new pixel is the old one that its center lies in."""
    for axis in (1, 0):
        if values.shape[axis] != size[axis]:
            places = (2 * np.arange(size[axis]) + 1) * values.shape[axis] // (2 * size[axis])
            values = values.take(places, axis)
    return values


def _convolved(values: NDArray[np.float32], weights: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Symmetric weights, so that each pair of neighbors is one multiplication."""
    reach = len(weights) - 1
    around = [(0, 0)] * values.ndim
    around[axis] = (reach, reach)
    padded = np.pad(values, around, mode="symmetric")
    size = values.shape[axis]

    def shifted(by: int) -> NDArray[np.float32]:
        part = [slice(None)] * values.ndim
        part[axis] = slice(reach + by, reach + by + size)
        moved: NDArray[np.float32] = padded[tuple(part)]
        return moved

    total: NDArray[np.float32] = shifted(0) * weights[0]
    pair = np.empty_like(total)
    for distance in range(1, reach + 1):
        np.add(shifted(-distance), shifted(distance), out=pair)
        pair *= weights[distance]
        total += pair
    return total


def _weighted(
    values: NDArray[np.float32], taps: tuple[NDArray[np.int64], NDArray[np.float32]], axis: int
) -> NDArray[np.float32]:
    places, weights = taps
    shape = [1] * values.ndim
    shape[axis] = len(places)
    total: NDArray[np.float32] = values.take(places[:, 0], axis)
    total *= weights[:, 0].reshape(shape)
    for tap in range(1, places.shape[1]):
        part = values.take(places[:, tap], axis)
        part *= weights[:, tap].reshape(shape)
        total += part
    return total


@lru_cache(maxsize=8)
def _gaussian(sigma: float) -> NDArray[np.float32]:
    """Weights from the center outwards."""
    distances = np.arange(int(TRUNCATED * sigma + 0.5) + 1)
    weights = np.exp(-0.5 * (distances / sigma) ** 2)
    weights /= 2 * weights.sum() - 1
    return weights.astype(np.float32)


@lru_cache(maxsize=256)
@lru_cache(maxsize=256)
def taps(size: int, pixels: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Which old pixels a new one is made of, int64 `(pixels, taps)`, and their shares, float32, rows sum to 1."""
    centers = (np.arange(pixels) + 0.5) * (size / pixels) - 0.5
    reach = max(1.0, size / pixels)
    count = min(size, int(np.ceil(2 * reach)))
    first = np.clip(np.ceil(centers - reach), 0, size - count).astype(np.int64)
    places = first[:, None] + np.arange(count)
    shares = np.clip(1 - np.abs(places - centers[:, None]) / reach, 0, None)
    return places, (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
