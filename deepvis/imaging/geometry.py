"""Which pixel of a picture is which pixel of the network's input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis.records import Fit, Rect

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class InputGeometry:
    """An axis-aligned map: network coordinate = picture coordinate x scale + offset.

    Attributes:
        scale_row: network rows per picture row.
        scale_column: network columns per picture column.
        offset_row: network row of the picture's top edge (negative where the top is cut off).
        offset_column: network column of the picture's left edge.
    """

    scale_row: float
    scale_column: float
    offset_row: float
    offset_column: float

    def to_picture(self, rect: Rect) -> Rect:
        """A rectangle of the network's input, in pixels of the picture."""
        return Rect(
            (rect.top - self.offset_row) / self.scale_row,
            (rect.left - self.offset_column) / self.scale_column,
            rect.height / self.scale_row,
            rect.width / self.scale_column,
        )

    def to_network(self, rect: Rect) -> Rect:
        """A rectangle of the picture, in pixels of the network's input."""
        return Rect(
            rect.top * self.scale_row + self.offset_row,
            rect.left * self.scale_column + self.offset_column,
            rect.height * self.scale_row,
            rect.width * self.scale_column,
        )


def orient(rgb: NDArray[np.uint8], *, mirror: bool, quarter_turns: int) -> NDArray[np.uint8]:
    """Turn a picture clockwise by quarter turns, then flip it left to right.

    Args:
        rgb: `(height, width, 3)`.
        mirror: flip left to right, after the turn, as a mirror in front of the screen would.
        quarter_turns: 0..3, clockwise.

    Returns:
        C-contiguous `(height, width, 3)` or `(width, height, 3)`; the same array where nothing changes.
    """
    turned = np.rot90(rgb, -quarter_turns) if quarter_turns % 4 else rgb
    flipped = turned[:, ::-1] if mirror else turned
    return np.ascontiguousarray(flipped)


def resized_shape(height: int, width: int, target: tuple[int, int], fit: Fit, crop_ratio: float) -> tuple[int, int]:
    """The `(height, width)` a picture is resized to before it is cut or padded to `target`.

    For a crop the picture must cover `target / crop_ratio`: with square targets this is torchvision's "resize the short
    side, then center crop".
    """
    if fit is Fit.STRETCH:
        return target
    if fit is Fit.LETTERBOX:
        scale = min(target[0] / height, target[1] / width)
        return max(1, round(height * scale)), max(1, round(width * scale))
    # floor, as timm does; the small term keeps 224 / (224 / 232) at 232
    wanted = (int(target[0] / crop_ratio + 1e-6), int(target[1] / crop_ratio + 1e-6))
    if wanted[0] * width >= wanted[1] * height:
        return wanted[0], max(wanted[1], int(width * wanted[0] / height))
    return max(wanted[0], int(height * wanted[1] / width)), wanted[1]
