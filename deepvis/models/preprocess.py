"""From a picture to a network's input, and back to where each of its pixels came from.

The resize runs on uint8 pixels, which torch does with fixed-point arithmetic several times faster than on floats and
within one gray level of what Pillow gives.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from deepvis.imaging.geometry import InputGeometry, resized_shape
from deepvis.records import Fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
INTERPOLATIONS = ("nearest", "bilinear", "bicubic")

_LARGEST_RESIZE = 1 << 24
"""Pixels; a thin strip whose resize would be larger is cut to its middle first."""

_LUMA = torch.tensor((19595, 38470, 7471), dtype=torch.int32).view(3, 1, 1)
"""ITU-R 601 weights in 1/65536, as Pillow's mode "L"."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How pictures become the input of one network.

    Attributes:
        input_size: `(height, width)` of the network's input.
        channels: 3 for RGB, 1 for luma.
        mean: per channel, subtracted from inputs in 0..1.
        std: per channel, what is left is divided by it.
        interpolation: `nearest`, `bilinear` or `bicubic`; the last two with antialiasing.
        crop_ratio: side of the center crop over the resized short side, above 0 and at most 1.
        pictures: that go in at once, 1 or 2, each prepared by itself; the channels of the second come behind those of
            the first.

    Raises:
        ValueError: a field does not fit; the message is a sentence.
    """

    input_size: tuple[int, int] = (224, 224)
    channels: int = 3
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    interpolation: str = "bilinear"
    crop_ratio: float = 0.875
    pictures: int = 1

    def __post_init__(self) -> None:
        if self.channels not in (1, 3):
            raise ValueError(f"Pictures have 1 or 3 channels (gray or RGB), the network wants {self.channels}.")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) != self.channels:
                raise ValueError(f"{name} has {len(values)} values, the network's input has {self.channels} channels.")
        if min(self.std) <= 0:
            raise ValueError(f"std must be above 0 in every channel, not {self.std}.")
        if min(self.input_size) < 1:
            raise ValueError(f"input_size must be two numbers of at least 1 (height, width), not {self.input_size}.")
        if self.interpolation not in INTERPOLATIONS:
            raise ValueError(f"interpolation '{self.interpolation}' is unknown: use {', '.join(INTERPOLATIONS)}.")
        if not 0 < self.crop_ratio <= 1:
            raise ValueError(f"crop_ratio must be above 0 and at most 1, not {self.crop_ratio}.")
        if self.pictures not in (1, 2):
            raise ValueError(f"A network takes 1 or 2 pictures at once, not {self.pictures}.")

    @property
    def input_channels(self) -> int:
        """Of the network's input: those of all its pictures."""
        return self.channels * self.pictures

    def identity(self, fit: Fit = Fit.CROP) -> str:
        """JSON text that is the same for two preprocessings only if they give the same inputs."""
        told = asdict(self)
        if self.pictures == 1:
            # galleries were written before there were others
            del told["pictures"]
        return json.dumps({**told, "fit": str(fit)}, sort_keys=True)

    def prepare(self, rgb: NDArray[np.uint8], fit: Fit = Fit.CROP) -> tuple[torch.Tensor, InputGeometry]:
        """Bring a picture to the network's input size, on the CPU.

        Args:
            rgb: uint8, `(height, width, 3)`.
            fit: what happens where the shapes differ.

        Returns:
            uint8 `(channels, *input_size)`, and which pixel of it is which of the picture.

        Raises:
            ValueError: the array is no such picture.
        """
        pixels = _as_pixels(rgb)
        height, width = pixels.shape[1:]
        top, left, rows, columns = self._kept(height, width, fit)
        shape = resized_shape(rows, columns, self.input_size, fit, self.crop_ratio)
        placed = self._place(_resize(pixels[:, top : top + rows, left : left + columns], shape, self.interpolation))
        return placed if self.channels == 3 else _luma(placed), self.geometry(height, width, fit)

    def geometry(self, height: int, width: int, fit: Fit = Fit.CROP) -> InputGeometry:
        """Which pixel of the input `prepare` makes is which of a picture of that size."""
        top, left, kept_rows, kept_columns = self._kept(height, width, fit)
        rows, columns = resized_shape(kept_rows, kept_columns, self.input_size, fit, self.crop_ratio)
        scale_row, scale_column = rows / kept_rows, columns / kept_columns
        first_row, first_column = self._first(rows, columns)
        return InputGeometry(scale_row, scale_column, first_row - top * scale_row, first_column - left * scale_column)

    def normalize(self, picture: torch.Tensor, device: torch.device | str, dtype: torch.dtype) -> torch.Tensor:
        """What the network is fed.

        Args:
            picture: uint8 `(channels, height, width)`, as `prepare` gives it, or many: `(pictures, channels, ...)`;
                where two pictures go in at once, the channels of both.
            device: where the network is.
            dtype: its number format; the arithmetic is float32.

        Returns:
            `(pictures, channels, height, width)`: `(picture / 255 - mean) / std`; one picture for a single one.
        """
        factor, shift = _affine(self.mean * self.pictures, self.std * self.pictures, str(device))
        batch = picture if picture.dim() == 4 else picture.unsqueeze(0)
        return batch.to(device).float().mul_(factor).add_(shift).to(dtype)

    def batch(
        self,
        rgb: NDArray[np.uint8],
        fit: Fit = Fit.CROP,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> torch.Tensor:
        """`prepare` and `normalize` in one: `(1, input_channels, *input_size)` from uint8 `(height, width, 3)`.

        Where two pictures go in at once, this is both of them.
        """
        return self.normalize(self.prepare(rgb, fit)[0].repeat(self.pictures, 1, 1), device, dtype)

    def _kept(self, height: int, width: int, fit: Fit) -> tuple[int, int, int, int]:
        """`(top, left, height, width)` of what is resized: the middle of a strip too thin for its resize to fit."""
        rows, columns = resized_shape(height, width, self.input_size, fit, self.crop_ratio)
        if rows * columns <= _LARGEST_RESIZE:
            return 0, 0, height, width
        wanted_rows, wanted_columns = (int(2 * side / self.crop_ratio) for side in self.input_size)
        keep_rows = min(height, -(-wanted_rows * height // rows))
        keep_columns = min(width, -(-wanted_columns * width // columns))
        return (height - keep_rows) // 2, (width - keep_columns) // 2, keep_rows, keep_columns

    def _first(self, rows: int, columns: int) -> tuple[int, int]:
        """Row and column of the input where the resized picture begins; negative where it is cut."""
        # the same rounding as torchvision's center_crop
        return -round((rows - self.input_size[0]) / 2), -round((columns - self.input_size[1]) / 2)

    def _place(self, resized: torch.Tensor) -> torch.Tensor:
        """Cut or pad around the center."""
        (rows, columns), (height, width) = resized.shape[1:], self.input_size
        top, left = self._first(rows, columns)
        if rows >= height and columns >= width:
            return resized[:, -top : height - top, -left : width - left].contiguous()
        fill = torch.tensor([round(255 * value) for value in self._mean_rgb()], dtype=torch.uint8)
        canvas = fill.view(3, 1, 1).repeat(1, height, width)
        canvas[:, top : top + rows, left : left + columns] = resized
        return canvas

    def _mean_rgb(self) -> tuple[float, ...]:
        return tuple(min(1.0, max(0.0, value)) for value in (self.mean if self.channels == 3 else self.mean * 3))


def _as_pixels(rgb: NDArray[np.uint8]) -> torch.Tensor:
    """A view of the array as `(3, height, width)`."""
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape:
        raise ValueError(f"A picture is uint8 with shape (height, width, 3), not {rgb.dtype} with shape {rgb.shape}.")
    # torch warns about memory that it may not write to and refuses negative strides: both need a copy
    usable = np.ascontiguousarray(rgb) if rgb.flags.writeable else rgb.copy()
    return torch.from_numpy(usable).permute(2, 0, 1)


def _resize(pixels: torch.Tensor, shape: tuple[int, int], interpolation: str) -> torch.Tensor:
    """uint8 `(3, height, width)` to uint8 `(3, *shape)`."""
    if pixels.shape[1:] == shape:
        return pixels
    batch = pixels.unsqueeze(0)
    if interpolation == "nearest":
        return functional.interpolate(batch, shape, mode="nearest-exact")[0]
    return functional.interpolate(batch, shape, mode=interpolation, antialias=True)[0]


def _luma(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 `(3, height, width)` to uint8 `(1, height, width)`."""
    total = (pixels.int() * _LUMA).sum(0, keepdim=True)
    return ((total + 0x8000) >> 16).to(torch.uint8)


@lru_cache(maxsize=16)
def _affine(mean: tuple[float, ...], std: tuple[float, ...], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Factor and shift, `(channels, 1, 1)` float32, that turn 0..255 into normalized values."""
    center = torch.tensor(mean, dtype=torch.float64).view(-1, 1, 1)
    spread = torch.tensor(std, dtype=torch.float64).view(-1, 1, 1)
    factor, shift = (1 / (255 * spread)).float(), (-center / spread).float()
    return factor.to(device), shift.to(device)
