"""Arrays to the bytes of image files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray


def encode_jpeg(rgb: NDArray[np.uint8], quality: int = 90) -> bytes:
    """A JPEG file with full color resolution (4:4:4): small structures in a crop keep their colors.

    Args:
        rgb: uint8 `(height, width, 3)`, sRGB; at most 65,535 pixels a side, as JPEG allows.
        quality: 1 (smallest) to 100.

    Raises:
        ValueError: the array is no such picture, or the quality is none.
    """
    if not _is_picture(rgb) or max(rgb.shape) > 65535:
        raise ValueError(f"A JPEG is made of uint8 (height, width, 3), not {rgb.dtype} with shape {rgb.shape}.")
    if not 1 <= quality <= 100:
        raise ValueError(f"The quality of a JPEG is 1 to 100, not {quality}.")
    image = Image.fromarray(rgb)
    plain = _encoded(image, quality, optimize=False)
    # With optimized tables libjpeg writes all at once into one block of a byte per pixel; what does not fit, noise at a
    # high quality, is refused and told on stderr. The tables save about 4 percent.
    fits = len(plain) < image.width * image.height
    return min(plain, _encoded(image, quality, optimize=True), key=len) if fits else plain


def _encoded(image: Image.Image, quality: int, *, optimize: bool) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=quality, subsampling="4:4:4", optimize=optimize)
    return buffer.getvalue()


def encode_png(rgb: NDArray[np.uint8]) -> bytes:
    """A PNG file: uint8 `(height, width, 3)`, sRGB, kept to the last bit.

    Raises:
        ValueError: the array is no such picture.
    """
    if not _is_picture(rgb):
        raise ValueError(f"A PNG is made of uint8 (height, width, 3), not {rgb.dtype} with shape {rgb.shape}.")
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, format="PNG")
    return buffer.getvalue()


def encode_webp(rgb: NDArray[np.uint8], quality: int = 90) -> bytes:
    """A WebP file: about half of a JPEG that looks alike.

    Args:
        rgb: uint8 `(height, width, 3)`, sRGB; at most 16,383 pixels a side, as WebP allows.
        quality: 1 (smallest) to 100.

    Raises:
        ValueError: the array is no such picture, or the quality is none.
    """
    if not _is_picture(rgb) or max(rgb.shape) > 16383:
        raise ValueError(f"A WebP is made of uint8 (height, width, 3), not {rgb.dtype} with shape {rgb.shape}.")
    if not 1 <= quality <= 100:
        raise ValueError(f"The quality of a WebP is 1 to 100, not {quality}.")
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, format="WEBP", quality=quality, method=4)
    return buffer.getvalue()


def _is_picture(rgb: NDArray[np.uint8]) -> bool:
    return rgb.dtype == np.uint8 and rgb.ndim == 3 and rgb.shape[2] == 3 and 0 not in rgb.shape
