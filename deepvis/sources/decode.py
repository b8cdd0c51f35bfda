"""Image files to arrays: whatever the format, right side up, 8 bit, RGB."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from deepvis.sources.base import SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# fmt: off
IMAGE_EXTENSIONS = frozenset((
    ".avif", ".bmp", ".dib", ".gif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".mpo", ".pbm", ".pgm", ".png",
    ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp",
))
VIDEO_EXTENSIONS = frozenset((
    ".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mjpeg", ".mjpg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg",
    ".mts", ".ogv", ".ts", ".vob", ".webm", ".wmv", ".y4m",
))
# fmt: on
_WHITE = (255, 255, 255, 255)


def is_image(name: str | Path) -> bool:
    """Whether the name ends like an image file's."""
    return Path(name).suffix.lower() in IMAGE_EXTENSIONS


def is_video(name: str | Path) -> bool:
    """Whether the name ends like a video file's."""
    return Path(name).suffix.lower() in VIDEO_EXTENSIONS


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read an image file as uint8 `(height, width, 3)` sRGB, C-contiguous.

    The EXIF orientation is applied, gray becomes RGB, transparent parts become white, 16 bit are scaled to 8, CMYK and
    palettes are converted; of an animation the first picture is taken. Color profiles are ignored.

    Raises:
        SourceError: a sentence naming the file, where it is missing, empty, damaged, too large, or no image.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise SourceError(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise SourceError(f"{path} is a folder, not an image file.") from None
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error
    return decode_image(data, str(path))


def decode_image(data: bytes, name: str) -> NDArray[np.uint8]:
    """Decode an image file's bytes as `read_image` does; `name` is what the error calls it.

    Raises:
        SourceError: a sentence, where the bytes are empty, damaged, too large a picture, or no image.
    """
    if not data:
        raise SourceError(f"{name} is empty (0 bytes).")
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return _to_rgb(_upright(image))
    except UnidentifiedImageError:
        raise SourceError(f"{name} is not an image, or of a kind that cannot be read.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise SourceError(f"{name} claims more pixels than can be shown; make it smaller first.") from None
    except Exception as error:  # a decoder that is fed a damaged file may raise anything
        raise SourceError(f"{name} is damaged or cut off: {str(error) or type(error).__name__}.") from error


def looks_like_image(path: Path) -> bool:
    """Whether the file's first bytes are those of an image; for files whose name does not say."""
    try:
        with Image.open(path):
            return True
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return False


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001  (damaged EXIF data; the picture itself is fine, only its orientation is unknown)
        return image


def _to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith("I") or image.mode == "F":
        return _gray_to_rgb(_to_8_bit(np.asarray(image), image.mode))
    if image.mode in ("La", "RGBa"):  # alpha multiplied in
        image = image.convert(image.mode.upper())
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, _WHITE), image)
    return np.array(image.convert("RGB"), dtype=np.uint8, order="C")


def _to_8_bit(gray: NDArray[Any], mode: str) -> NDArray[np.uint8]:
    """Scale by what the numbers can be: the 16-bit range, 0..255, or 0..1; by their own range where they exceed it."""
    values = np.nan_to_num(gray.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if mode == "F" and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif mode == "F" and low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    elif mode != "F" and low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0
    span = high - low or 1.0
    return np.rint((values - low) * (255.0 / span)).astype(np.uint8)


def _gray_to_rgb(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(gray[:, :, np.newaxis], 3, axis=2)
