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
    _check_picture(rgb, "JPEG", 65535)
    _check_quality(quality, "JPEG")
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
    _check_picture(rgb, "PNG")
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
    _check_picture(rgb, "WebP", 16383)
    _check_quality(quality, "WebP")
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, format="WEBP", quality=quality, method=4)
    return buffer.getvalue()


def _check_picture(rgb: NDArray[np.uint8], form: str, largest: int | None = None) -> None:
    fits = rgb.dtype == np.uint8 and rgb.ndim == 3 and rgb.shape[2] == 3 and 0 not in rgb.shape
    if not fits or (largest is not None and max(rgb.shape) > largest):
        raise ValueError(f"A {form} is made of uint8 (height, width, 3), not {rgb.dtype} with shape {rgb.shape}.")


def _check_quality(quality: int, form: str) -> None:
    if not 1 <= quality <= 100:
        raise ValueError(f"The quality of a {form} is 1 to 100, not {quality}.")
