"""From an image to the samples a network gets, and back to where a sample's pixels lie in the image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from deepvis.imaging.crops import samples_per_file, window
from deepvis.imaging.geometry import InputGeometry
from deepvis.records import Fit, Rect

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.imaging.crops import Window
    from deepvis.models.preprocess import Preprocessing

_LARGEST_STORED_SIDE = 2048
"""Pixels; what a thin strip is stored at most with, however much the network would enlarge its short side."""


@dataclass(frozen=True, slots=True)
class SampleRecipe:
    """How samples are made of an image.

    Attributes:
        preprocessing: of the network.
        fit: how a window becomes the network's input. `Fit.CROP` takes the whole of a square window: a crop's edges are
            wanted, while those of a whole image are cut as the weights expect it.
        crops: number of scales; 0 for whole images.
    """

    preprocessing: Preprocessing
    fit: Fit = Fit.CROP
    crops: int = 0

    @property
    def per_file(self) -> int:
        """Samples per image."""
        return samples_per_file(self.crops)

    def make(self, rgb: NDArray[np.uint8], index: int) -> torch.Tensor:
        """Sample `index` of an image: uint8 `(channels, *input_size)` from uint8 `(height, width, 3)`."""
        part = self._window(rgb.shape[0], rgb.shape[1], index)
        cut = rgb[part.top : part.top + part.height, part.left : part.left + part.width]
        return self._shaped().prepare(cut, self.fit)[0]

    def geometry(self, height: int, width: int, index: int) -> InputGeometry:
        """Which pixel of sample `index` is which of an image of that size."""
        part = self._window(height, width, index)
        inner = self._shaped().geometry(part.height, part.width, self.fit)
        return InputGeometry(
            inner.scale_row,
            inner.scale_column,
            inner.offset_row - part.top * inner.scale_row,
            inner.offset_column - part.left * inner.scale_column,
        )

    def seen(self, height: int, width: int, index: int) -> Rect:
        """The part of the image that a sample may show, in its pixels."""
        part = self._window(height, width, index)
        return Rect(part.top, part.left, part.height, part.width)

    def stored_picture(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The whole image at the resolution in which the network sees its finest sample; never enlarged.

        Args:
            rgb: uint8 `(height, width, 3)`.

        Returns:
            uint8 `(height, width, 3)` of the same aspect.
        """
        height, width = rgb.shape[:2]
        rows, columns = self.stored_size(height, width)
        if (rows, columns) == (height, width):
            return rgb
        pixels = torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1).unsqueeze(0)
        resized = functional.interpolate(pixels, (rows, columns), mode="bicubic", antialias=True)
        return resized[0].permute(1, 2, 0).contiguous().numpy()

    def stored_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of `stored_picture` for an image of that size."""
        finest = self.geometry(height, width, self.per_file - 1)
        scale = min(1.0, max(finest.scale_row, finest.scale_column), _LARGEST_STORED_SIDE / max(height, width))
        return max(1, round(height * scale)), max(1, round(width * scale))

    def _window(self, height: int, width: int, index: int) -> Window:
        return window(height, width, self.crops, index)

    def _shaped(self) -> Preprocessing:
        return replace(self.preprocessing, crop_ratio=1.0) if self.crops else self.preprocessing
