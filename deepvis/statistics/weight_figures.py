"""Figures of weights: norms, histograms, correlation between the units of a layer. NumPy; exact enough to be looked at.

Values that are not finite count for nothing, in every figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

BINS = 50
"""Of a histogram, as in the 2015 toolbox's fork."""
NEAR_ZERO = 0.01
"""A weight below this part of its unit's largest counts as near zero."""

_AT_ONCE = 1 << 20
"""Values that are worked on in one go: no copy of a whole layer of 100 million is made."""
_COLUMN_VALUES = 1 << 24
_ROWS = 256


@dataclass(frozen=True, slots=True, eq=False)
class WeightHistogram:
    """How often values occur: `counts` int64 `(BINS,)` in bins of one width from `low` to `high`."""

    counts: NDArray[np.int64]
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class WeightFigures:
    """Figures of every unit's weights, each float32 `(units,)`.

    Attributes:
        norm: Euclidean length.
        mean: mean.
        largest: largest magnitude.
        near_zero: share of weights smaller than `NEAR_ZERO` of the unit's largest, 0..1; 1 where all are zero.
        rank: int64, place of the norm in the layer, 1 for the largest; equal ones by index.
    """

    norm: NDArray[np.float32]
    mean: NDArray[np.float32]
    largest: NDArray[np.float32]
    near_zero: NDArray[np.float32]
    rank: NDArray[np.int64]


def figures(kernels: NDArray[np.float32], go_on: Callable[[], None] = lambda: None) -> WeightFigures:
    """Figures of a layer.

    Args:
        kernels: float32 `(units, ...)`.
        go_on: called now and then; may raise.
    """
    units = len(kernels)
    norm, mean, largest, near = (np.zeros(units, np.float32) for _ in range(4))
    for part, flat in _parts(kernels, go_on):
        sizes = np.abs(flat)
        norm[part] = np.sqrt(np.einsum("ij,ij->i", flat, flat, dtype=np.float64))
        mean[part] = flat.mean(axis=1, dtype=np.float64)
        largest[part] = sizes.max(axis=1, initial=0)
        near[part] = (sizes <= NEAR_ZERO * largest[part, None]).mean(axis=1)
    rank = np.empty(units, np.int64)
    rank[np.argsort(-norm, kind="stable")] = np.arange(1, units + 1)
    return WeightFigures(norm, mean, largest, near, rank)


def histogram(values: NDArray[np.float32], go_on: Callable[[], None] = lambda: None) -> WeightHistogram:
    """The histogram of any number of values over their range; as `numpy.histogram` where all are the same."""
    parts = [(part, flat) for part, flat in _parts(values.reshape(1, -1) if values.ndim < 2 else values, go_on)]
    low = min((float(flat.min()) for _, flat in parts if flat.size), default=0.0)
    high = max((float(flat.max()) for _, flat in parts if flat.size), default=0.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts = np.zeros(BINS, np.int64)
    for _, flat in parts:
        go_on()
        counts += np.histogram(flat, BINS, (low, high))[0]
    return WeightHistogram(counts, low, high)


def unit_histograms(
    kernels: NDArray[np.float32], largest: NDArray[np.float32], go_on: Callable[[], None] = lambda: None
) -> NDArray[np.int64]:
    """One histogram per unit from minus to plus its largest magnitude, so that zero is in the middle of each.

    Args:
        kernels: float32 `(units, ...)`.
        largest: float32 `(units,)`, as in `WeightFigures`.
        go_on: called now and then; may raise.

    Returns:
        int64 `(units, BINS)`.
    """
    counts = np.zeros((len(kernels), BINS), np.int64)
    for part, flat in _parts(kernels, go_on):
        reach = np.where(largest[part] > 0, largest[part], 1)[:, None]
        places = np.clip((flat / reach + 1) * (BINS / 2), 0, BINS - 1).astype(np.int64)
        rows = len(places)
        places += np.arange(rows)[:, None] * BINS
        counts[part] = np.bincount(places.ravel(), minlength=rows * BINS).reshape(rows, BINS)
    return counts


def correlation(kernels: NDArray[np.float32], go_on: Callable[[], None] = lambda: None) -> NDArray[np.float32]:
    """Correlation coefficients between the weights of every two units, as in the 2015 toolbox's fork.

    Args:
        kernels: float32 `(units, ...)`.
        go_on: called now and then; may raise.

    Returns:
        float32 `(units, units)`, -1..1, symmetric; 0 where a unit's weights are all the same, 1 with itself.
    """
    units = len(kernels)
    flat = kernels.reshape(units, -1)
    means, scales = np.zeros((units, 1), np.float32), np.zeros(units, np.float32)
    for part, values in _parts(kernels, go_on):
        means[part] = values.mean(axis=1, keepdims=True, dtype=np.float64)
        centered = values - means[part]
        length = np.sqrt(np.einsum("ij,ij->i", centered, centered, dtype=np.float64))
        # rounding leaves something of weights that are all the same
        varies = length > 1e-6 * np.abs(values).max(axis=1, initial=0) * np.sqrt(values.shape[1])
        scales[part] = np.where(varies, 1 / np.where(varies, length, 1), 0)
    found = np.zeros((units, units), np.float32)
    columns = max(1, _COLUMN_VALUES // units)
    for first in range(0, flat.shape[1], columns):
        centered = (_finite(flat[:, first : first + columns]) - means) * scales[:, None]
        _add_products(found, centered, go_on)
    np.clip(found, -1, 1, out=found)
    np.fill_diagonal(found, 1)
    return found


def _add_products(found: NDArray[np.float32], rows: NDArray[np.float32], go_on: Callable[[], None]) -> None:
    """Add the products of every two rows; each is computed once."""
    for start in range(0, len(rows), _ROWS):
        go_on()
        end = min(len(rows), start + _ROWS)
        products = rows[start:end] @ rows[start:].T
        found[start:end, start:] += products
        found[end:, start:end] = found[start:end, end:].T


def _parts(kernels: NDArray[np.float32], go_on: Callable[[], None]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Some units at a time, each a row of its weights, values that are not finite as zero."""
    units = max(1, _AT_ONCE // max(1, kernels[:1].size))
    for start in range(0, len(kernels), units):
        go_on()
        part = slice(start, min(len(kernels), start + units))
        flat = kernels[part].reshape(part.stop - part.start, -1)
        yield part, _finite(flat)


def _finite(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values if np.isfinite(values).all() else np.nan_to_num(values, nan=0, posinf=0, neginf=0)
