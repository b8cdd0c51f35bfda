"""Small changes that a picture of something survives, and a picture that only fools a network does not."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SHIFT = 8
SCALES = (0.9, 1.1)
BLUR_SIGMA = 1.0
JPEG_QUALITY = 75


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One change.

    Attributes:
        kind: `shift`, `scale`, `blur` or `jpeg`; each counts alike, however many changes it has.
        change: uint8 `(height, width, 3)` to the same shape.
    """

    kind: str
    change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def shifted(rgb: NDArray[np.uint8], down: int, right: int) -> NDArray[np.uint8]:
    """Moved by pixels; what was outside is mirrored."""
    height, width = rgb.shape[:2]
    pad = max(abs(down), abs(right))
    padded = np.pad(rgb, ((pad, pad), (pad, pad), (0, 0)), mode="symmetric")
    top, left = pad - down, pad - right
    return padded[top : top + height, left : left + width]


def scaled(rgb: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """Resized around the center; a smaller picture is continued by its mirror image."""
    height, width = rgb.shape[:2]
    rows, columns = max(1, round(height * factor)), max(1, round(width * factor))
    resized = np.asarray(Image.fromarray(rgb).resize((columns, rows), Image.Resampling.BICUBIC))
    down, across = max(0, height - rows), max(0, width - columns)
    sides = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
    padded = np.pad(resized, sides, mode="symmetric")
    top, left = (padded.shape[0] - height) // 2, (padded.shape[1] - width) // 2
    return padded[top : top + height, left : left + width]


def blurred(rgb: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    """Gaussian blur; sigma in pixels."""
    return np.asarray(Image.fromarray(rgb).filter(ImageFilter.GaussianBlur(sigma)))


def compressed(rgb: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Stored as JPEG and read again."""
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream).convert("RGB"))


def _shift(down: int, right: int) -> Disturbance:
    return Disturbance("shift", lambda rgb: shifted(rgb, down, right))


def _scale(factor: float) -> Disturbance:
    return Disturbance("scale", lambda rgb: scaled(rgb, factor))


DISTURBANCES = (
    _shift(SHIFT, 0),
    _shift(-SHIFT, 0),
    _shift(0, SHIFT),
    _shift(0, -SHIFT),
    *(_scale(factor) for factor in SCALES),
    Disturbance("blur", lambda rgb: blurred(rgb, BLUR_SIGMA)),
    Disturbance("jpeg", lambda rgb: compressed(rgb, JPEG_QUALITY)),
)
"""What robustness is measured with: shifts of 8 pixels, 10 % smaller and larger, a blur of 1 pixel, JPEG at 75."""
KINDS = tuple(dict.fromkeys(disturbance.kind for disturbance in DISTURBANCES))
