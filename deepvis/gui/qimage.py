"""NumPy pictures as QImages, without copying a pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6 import sip
from PyQt6.QtGui import QImage, QPainter

if TYPE_CHECKING:
    from numpy.typing import NDArray


def bgrx_to_qimage(bgrx: NDArray[np.uint8]) -> QImage:
    """A QImage on the memory of a picture in the layout the screen uses; the fourth byte is ignored.

    Args:
        bgrx: uint8 `(height, width, 4)`: blue, green, red, unused. Kept alive by the image; a picture that is not
            C-contiguous is copied once.

    Raises:
        ValueError: for another shape or type.
    """
    return _wrap(bgrx, 4, QImage.Format.Format_RGB32)


def rgb_to_qimage(rgb: NDArray[np.uint8]) -> QImage:
    """A QImage on the memory of a picture.

    Args:
        rgb: uint8 `(height, width, 3)`. Kept alive by the image; a picture that is not C-contiguous is copied once.

    Raises:
        ValueError: for another shape or type.
    """
    return _wrap(rgb, 3, QImage.Format.Format_RGB888)


def qimage_to_rgb(image: QImage) -> NDArray[np.uint8]:
    """A copy of a picture as uint8 `(height, width, 3)`; transparent parts become white."""
    flat = QImage(image.size(), QImage.Format.Format_RGB888)
    flat.fill(0xFFFFFFFF)
    painter = QPainter(flat)
    painter.drawImage(0, 0, image)
    painter.end()
    memory = flat.constBits()
    if memory is None:
        raise ValueError("The picture has no pixels.")
    rows = np.frombuffer(memory.asstring(flat.sizeInBytes()), dtype=np.uint8).reshape(
        flat.height(), flat.bytesPerLine()
    )
    return np.ascontiguousarray(rows[:, : flat.width() * 3].reshape(flat.height(), flat.width(), 3))


def _wrap(picture: NDArray[np.uint8], channels: int, image_format: QImage.Format) -> QImage:
    if picture.ndim != 3 or picture.shape[2] != channels or picture.dtype != np.uint8 or picture.size == 0:
        found = f"{picture.dtype} of shape {picture.shape}"
        raise ValueError(f"A picture of {channels} bytes per pixel is needed, not {found}.")
    contiguous = np.ascontiguousarray(picture)
    height, width = contiguous.shape[:2]
    memory = sip.voidptr(contiguous.ctypes.data)
    image: QImage = QImage(memory, width, height, width * channels, image_format)  # type: ignore[call-overload]
    # QImage does not own the memory: the array must live as long as the Python object that paints
    image.pixels = contiguous  # type: ignore[attr-defined]
    return image
