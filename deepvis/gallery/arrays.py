"""NumPy arrays as values of a database: number format, shape, codec and bytes."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

RAW = "raw"
ZLIB = "zlib"
PART_BYTES = 1 << 28
"""SQLite takes no value of more than 1 GB; longer ones are cut."""
STEPS = 127
"""Correlations are kept in steps of 1 / 127."""
_NO_CORRELATION = -128


@dataclass(frozen=True, slots=True)
class ArrayBlob:
    """An array ready to be stored.

    Attributes:
        dtype: as NumPy writes it, with byte order: `<f4`.
        shape: JSON text.
        codec: `raw`, or `zlib` for the whole of it.
        data: C order.
    """

    dtype: str
    shape: str
    codec: str
    data: bytes

    def parts(self) -> Iterator[bytes]:
        """The bytes in pieces that a database takes; at least one."""
        for start in range(0, max(len(self.data), 1), PART_BYTES):
            yield self.data[start : start + PART_BYTES]


def encode(array: NDArray[np.generic], *, level: int = 6) -> ArrayBlob:
    """Make an array storable; kept uncompressed where that is not larger.

    Args:
        array: of numbers, truth values or texts.
        level: of the compression, 1 (fast) to 9 (small).

    Raises:
        TypeError: the array holds Python objects.
    """
    if array.dtype.hasobject:
        raise TypeError(f"An array of {array.dtype} cannot be stored: only numbers, truth values and texts.")
    ordered = np.ascontiguousarray(array).reshape(array.shape)
    little = ordered.astype(ordered.dtype.newbyteorder("<"), copy=False)
    data = little.tobytes()
    packed = zlib.compress(data, level)
    codec = ZLIB if len(packed) < len(data) else RAW
    return ArrayBlob(little.dtype.str, json.dumps(array.shape), codec, packed if codec == ZLIB else data)


def joined(parts: Sequence[tuple[str, str, str, bytes]]) -> ArrayBlob:
    """The blob whose parts were stored: rows of number format, shape, codec and data, in order."""
    dtype, shape, codec, _ = parts[0]
    return ArrayBlob(dtype, shape, codec, b"".join(part[3] for part in parts))


def decode(blob: ArrayBlob) -> NDArray[np.generic]:
    """The array that was encoded; it can be written to.

    Raises:
        ValueError: the parts do not fit each other: the file is damaged.
    """
    try:
        data = zlib.decompress(blob.data) if blob.codec == ZLIB else blob.data
        shape = tuple(int(side) for side in json.loads(blob.shape))
        return np.frombuffer(data, np.dtype(blob.dtype)).reshape(shape).copy()
    except (zlib.error, TypeError, ValueError) as error:
        raise ValueError(f"an array of {blob.dtype} {blob.shape} cannot be read: {error}") from error


def pack_correlation(matrix: NDArray[np.floating]) -> NDArray[np.int8]:
    """The diagonal and what is right of it, row by row, in steps of 1 / `STEPS`.

    Args:
        matrix: `(units, units)`, symmetric, -1..1, NaN where there is none.

    Returns:
        int8 `(units * (units + 1) / 2,)`; -128 stands for NaN. The error is at most 1 / 254.
    """
    rows = [row[number:] for number, row in enumerate(matrix)]
    steps = np.round(np.clip(np.concatenate(rows), -1, 1) * STEPS) if rows else np.empty(0)
    return np.where(np.isnan(steps), _NO_CORRELATION, steps).astype(np.int8)


def unpack_correlation(packed: NDArray[np.int8], units: int) -> NDArray[np.float32]:
    """What `pack_correlation` packed: float32 `(units, units)`.

    Raises:
        ValueError: the number of values is not that of so many units.
    """
    if packed.shape != (units * (units + 1) // 2,):
        raise ValueError(f"{packed.size} correlations are not those of {units} units")
    values = np.where(packed == _NO_CORRELATION, np.float32(np.nan), packed / np.float32(STEPS))
    matrix = np.empty((units, units), np.float32)
    start = 0
    for number in range(units):
        row = values[start : start + units - number]
        matrix[number, number:] = matrix[number:, number] = row
        start += len(row)
    return matrix
