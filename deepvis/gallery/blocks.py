"""How a unit's exemplars, similar units and histogram are packed into the bytes of one row.

A gallery holds dozens of exemplars for each of thousands of units. As rows of their own they would take 46 bytes each,
packed they take 7 to 16 and one row is one page of the window. The views `exemplars` and `similar_units` unpack them
for SQL (`deepvis.gallery.views`). All numbers are big-endian.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis.gallery.histogram import BINS
from deepvis.gallery.rows import WHOLE_IMAGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from deepvis.gallery.rows import ExemplarRows, SimilarRows

VALUE_BYTES = 4
OTHER_BYTES = 3
CORRELATION_BYTES = 2
CORRELATION_STEPS = 32767
SIMILAR_BYTES = OTHER_BYTES + CORRELATION_BYTES
_SHARED = 4
"""Boxes are kept in a list of their own where each is used this many times."""


@dataclass(frozen=True, slots=True)
class BlockFormat:
    """How many bytes each part of an exemplar takes in a layer; the float32 value comes first.

    Attributes:
        sample: bytes of the sample's id.
        position: bytes of `row * width + column`.
        box: bytes of each of top, left, height and width; height 0 stands for the whole image. 0: the layer has a list
            of boxes, and a number in it follows instead.
        box_number: bytes of the number in the list; 0 where the list has one box, or there is no list.
    """

    sample: int
    position: int
    box: int
    box_number: int

    @property
    def stride(self) -> int:
        """Bytes of one exemplar."""
        return VALUE_BYTES + self.sample + self.position + 4 * self.box + self.box_number


@dataclass(frozen=True, slots=True, eq=False)
class PackedExemplars:
    """All exemplars of a layer.

    Attributes:
        format: how they are packed.
        places: `(kind, rank)` of what stands at each place of a unit's bytes.
        blocks: uint8 `(units, places, stride)`; value NaN where a unit has nothing at a place.
        boxes: int64 `(n, 4)`: the layer's list of boxes; empty where they stand with the exemplars.
    """

    format: BlockFormat
    places: tuple[tuple[int, int], ...]
    blocks: NDArray[np.uint8]
    boxes: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class UnpackedExemplars:
    """Fields of exemplars; every array has the shape `(units, places)`, `box` one axis more.

    Attributes:
        value: float32, NaN where there is none.
        sample: int64.
        position: int64: `row * width + column`.
        box: int64 `(units, places, 4)`: `WHOLE_IMAGE` for all of the image.
    """

    value: NDArray[np.float32]
    sample: NDArray[np.int64]
    position: NDArray[np.int64]
    box: NDArray[np.int64]


def pack(rows: ExemplarRows, units: int, width: int) -> PackedExemplars:
    """Pack the exemplars of a layer.

    Args:
        rows: in any order; those with the value NaN are left out.
        units: number of units of the layer.
        width: columns of its map.

    Raises:
        ValueError: two rows have the same unit, kind and rank, or a number is out of its range.
    """
    places, place = _unique(np.stack([rows.kind, rows.rank], axis=1).astype(np.int64))
    _check(rows, units, place, len(places))
    position = rows.row.astype(np.int64) * width + rows.column
    boxes, box_bytes, box_format = _box_bytes(rows.box.astype(np.int64).reshape(-1, 4))
    form = BlockFormat(_width(rows.sample), _width(position), *box_format)
    blocks = np.zeros((units, len(places), form.stride), np.uint8)
    blocks[:, :, :VALUE_BYTES] = np.frombuffer(np.array(np.nan, ">f4").tobytes(), np.uint8)
    value = rows.value.astype(">f4").view(np.uint8).reshape(-1, VALUE_BYTES)
    fields = (value, _to_bytes(rows.sample, form.sample), _to_bytes(position, form.position), box_bytes)
    blocks[rows.unit, place] = np.concatenate(fields, axis=1)
    return PackedExemplars(form, tuple((int(kind), int(rank)) for kind, rank in places), blocks, boxes)


def unpack(
    data: bytes, places: int, form: BlockFormat, listed: Callable[[NDArray[np.int64]], NDArray[np.int64]]
) -> UnpackedExemplars:
    """Read what `pack` packed.

    Args:
        data: blocks of any number of units, each of `places * form.stride` bytes.
        places: exemplars in each.
        form: of the layer.
        listed: gives the boxes `(n, 4)` of numbers `(n,)` in the layer's list of boxes; asked only where it has one.

    Raises:
        ValueError: the bytes do not fit: the file is damaged.
    """
    blocks = np.frombuffer(data, np.uint8).reshape(-1, places, form.stride)
    value = np.ascontiguousarray(blocks[..., :VALUE_BYTES]).view(">f4")[..., 0].astype(np.float32)
    after_sample = VALUE_BYTES + form.sample
    after_position = after_sample + form.position
    sample = _from_bytes(blocks[..., VALUE_BYTES:after_sample])
    position = _from_bytes(blocks[..., after_sample:after_position])
    rest = blocks[..., after_position:]
    if not form.box:
        numbers, index = np.unique(_from_bytes(rest), return_inverse=True)
        return UnpackedExemplars(value, sample, position, listed(numbers)[index.reshape(value.shape)])
    box = _from_bytes(rest.reshape(*rest.shape[:2], 4, form.box))
    box[box[..., 2] == 0] = WHOLE_IMAGE
    return UnpackedExemplars(value, sample, position, box)


def pack_similar(rows: SimilarRows) -> list[bytes]:
    """For every unit, its similar units: number (3 bytes) and correlation in steps of 1 / 32767 (2 bytes, signed)."""
    known = (rows.other >= 0) & ~np.isnan(rows.correlation)
    steps = np.round(np.where(known, np.clip(rows.correlation, -1, 1), 0) * CORRELATION_STEPS).astype(np.int64)
    other = _to_bytes(np.where(known, rows.other, 0), OTHER_BYTES)
    packed = np.concatenate([other, _to_bytes(steps & 0xFFFF, CORRELATION_BYTES)], axis=-1)
    return [entries[keep].tobytes() for entries, keep in zip(packed, known, strict=True)]


def unpack_similar(data: bytes) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Numbers and correlations of the similar units, both `(n,)`."""
    entries = np.frombuffer(data, np.uint8).reshape(-1, SIMILAR_BYTES)
    steps = _from_bytes(entries[:, OTHER_BYTES:]).astype(np.uint16).astype(np.int16)
    return _from_bytes(entries[:, :OTHER_BYTES]), steps / CORRELATION_STEPS


def pack_histogram(counts: NDArray[np.integer]) -> bytes:
    """One unit's counts: first filled bin (2 bytes), bytes per count (1), zlib of the counts up to the last filled.

    The counts are written in planes: the high bytes of all, ..., the low bytes of all. Empty where nothing was
    counted.
    """
    filled = np.flatnonzero(counts)
    if not len(filled):
        return b""
    run = counts[filled[0] : filled[-1] + 1]
    width = _width(run)
    return int(filled[0]).to_bytes(2, "big") + bytes([width]) + zlib.compress(_to_bytes(run, width).T.tobytes(), 9)


def unpack_histogram(data: bytes) -> NDArray[np.int64]:
    """The counts `(BINS,)` that `pack_histogram` packed.

    Raises:
        ValueError: the bytes do not fit: the file is damaged.
    """
    counts = np.zeros(BINS, np.int64)
    if data:
        first, width = int.from_bytes(data[:2], "big"), data[2]
        planes = np.frombuffer(zlib.decompress(data[3:]), np.uint8).reshape(width, -1)
        run = _from_bytes(planes.T)
        counts[first : first + len(run)] = run
    return counts


def _check(rows: ExemplarRows, units: int, place: NDArray[np.intp], places: int) -> None:
    if len(rows.unit) and (rows.unit.min() < 0 or rows.unit.max() >= units):
        raise ValueError(f"Exemplars of unit {rows.unit.min()} to {rows.unit.max()} are not of {units} units.")
    keys = rows.unit.astype(np.int64) * max(places, 1) + place
    if len(np.unique(keys)) < len(keys):
        raise ValueError("Two exemplars have the same unit, kind and rank.")


def _box_bytes(box: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8], tuple[int, int]]:
    """The list of boxes, what stands with each exemplar, and the two widths of the format."""
    boxes, number = _unique(box)
    if len(boxes) <= 1 or len(boxes) * _SHARED <= len(box):
        width = _width(np.array([len(boxes) - 1])) if len(boxes) > 1 else 0
        return boxes, _to_bytes(number, width), (0, width)
    inline = np.where(box[:, :1] < 0, 0, box)
    width = _width(inline)
    return np.empty((0, 4), np.int64), _to_bytes(inline, width).reshape(len(box), -1), (width, 0)


def _unique(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Rows of a table without repetition, in order, and which of them each row is.

    Many times faster than NumPy's own for rows: they become one number each where that is possible.
    """
    if not len(rows):
        return rows, np.empty(0, np.intp)
    lowest = rows.min(axis=0)
    sides = [int(side) for side in rows.max(axis=0) - lowest + 1]
    if math.prod(sides) >= 1 << 63:
        unique, which = np.unique(rows, axis=0, return_inverse=True)
        return unique, which.reshape(-1)
    keys = np.ravel_multi_index(tuple((rows - lowest).T), sides)
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    return rows[first], which.reshape(-1)


def _width(numbers: NDArray[np.integer]) -> int:
    """Bytes that the largest number takes, at least 1."""
    if numbers.size and numbers.min() < 0:
        raise ValueError(f"{numbers.min()} is below 0.")
    largest = int(numbers.max()) if numbers.size else 0
    return max(1, (largest.bit_length() + 7) // 8)


def _to_bytes(numbers: NDArray[np.integer], width: int) -> NDArray[np.uint8]:
    eight = np.ascontiguousarray(numbers, ">u8").view(np.uint8).reshape(*numbers.shape, 8)
    return eight[..., 8 - width :]


def _from_bytes(digits: NDArray[np.uint8]) -> NDArray[np.int64]:
    number = np.zeros(digits.shape[:-1], np.int64)
    for place in range(digits.shape[-1]):
        number = (number << 8) | digits[..., place]
    return number
