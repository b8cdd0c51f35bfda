"""Pixels of a screen to JPEG, many times a second and beside a window that must stay smooth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis.sources.opencv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray


def encode_bgrx(bgrx: NDArray[np.uint8], quality: int = 85) -> bytes:
    """A JPEG file with full color resolution (4:4:4): words in color stay readable.

    OpenCV lets the other threads run meanwhile; Pillow, which `encode_jpeg` uses, holds them up for the whole picture.

    Args:
        bgrx: uint8 `(height, width, 4)`: blue, green, red, unused; at most 65,535 pixels a side, as JPEG allows.
        quality: 1 (smallest) to 100.

    Raises:
        ValueError: the array is no such picture, or the quality is none.
    """
    if bgrx.dtype != np.uint8 or bgrx.ndim != 3 or bgrx.shape[2] != 4 or not bgrx.size or max(bgrx.shape) > 65535:
        raise ValueError(f"Pixels of a screen are uint8 (height, width, 4), not {bgrx.dtype} with shape {bgrx.shape}.")
    if not 1 <= quality <= 100:
        raise ValueError(f"The quality of a JPEG is 1 to 100, not {quality}.")
    wanted = (
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    )
    done, encoded = cv2.imencode(".jpg", bgrx, wanted)
    if not done:
        raise ValueError(f"OpenCV could not make a JPEG of a picture of shape {bgrx.shape}.")
    return encoded.tobytes()
