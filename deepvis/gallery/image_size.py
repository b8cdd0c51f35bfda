"""The size of an encoded picture, from its header alone."""

from __future__ import annotations

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_STUFFING = 0xFF
_ALONE = {0x01, *range(0xD0, 0xD8)}
"""Markers of a JPEG file that have no length."""
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG file behind which the size stands."""
_SCAN, _END = 0xDA, 0xD9


def image_size(data: bytes) -> tuple[int, int]:
    """`(height, width)` in pixels of a PNG or JPEG file.

    Raises:
        ValueError: a sentence that says why there is none.
    """
    if not data:
        raise ValueError("The file is empty.")
    size = None
    if data.startswith(_PNG):
        size = _png_size(data)
    elif data.startswith(_JPEG):
        size = _jpeg_size(data)
    else:
        raise ValueError("It is neither PNG nor JPEG.")
    if size is None or min(size) < 1:
        raise ValueError("It is damaged: its size cannot be read.")
    return size


def _png_size(data: bytes) -> tuple[int, int] | None:
    if data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return int.from_bytes(data[20:24], "big"), int.from_bytes(data[16:20], "big")


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = len(_JPEG)
    while at + 4 <= len(data) and data[at] == _STUFFING:
        marker = data[at + 1]
        if marker == _STUFFING:  # any number of them may stand before a marker
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAMES and at + 9 <= len(data):
            return int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 7 : at + 9], "big")
        elif marker in {_SCAN, _END}:
            return None
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
