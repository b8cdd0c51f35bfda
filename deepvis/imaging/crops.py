"""Which windows of an image are samples: the whole image, or overlapping crops at several scales."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """A part of an image, in its pixels."""

    top: int
    left: int
    height: int
    width: int


def samples_per_file(crops: int) -> int:
    """How many samples every file gives: 1 for whole images, else the sum of (2s - 1)² for the scales s = 1..crops."""
    return sum((2 * scale - 1) ** 2 for scale in range(1, crops + 1)) if crops else 1


def window(height: int, width: int, crops: int, index: int) -> Window:
    """One sample of an image.

    At scale s the windows are squares with the image's short side / s, (2s - 1) in a row and as many in a column,
    spread evenly from edge to edge, so neighbors overlap by half in a square image. Every image gives as many,
    whatever its shape, so a sample's id follows from the file's number.

    Args:
        height: of the image.
        width: of the image.
        crops: number of scales; 0 for the whole image.
        index: 0 to `samples_per_file(crops) - 1`: scale by scale, row by row.
    """
    if not crops:
        return Window(0, 0, height, width)
    scale, place = 1, index
    while place >= (2 * scale - 1) ** 2:
        place -= (2 * scale - 1) ** 2
        scale += 1
    per_row = 2 * scale - 1
    side = max(1, min(height, width) // scale)
    row, column = divmod(place, per_row)
    return Window(_start(height - side, row, per_row), _start(width - side, column, per_row), side, side)


def _start(room: int, place: int, places: int) -> int:
    """Where window `place` of `places` begins when `room` pixels are left over; the only one lies in the middle."""
    return room // 2 if places == 1 else (2 * room * place + places - 1) // (2 * (places - 1))
