"""Small pictures fitted into a rectangle, with the box that a unit sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, QSize, QSizeF, Qt
from PyQt6.QtGui import QColor, QImage, QPainter

from deepvis.gui.qimage import rgb_to_qimage
from deepvis.gui.widgets.painting import draw_frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis.gui.theme import Theme
    from deepvis.records import Rect

_PIXELS_SHOW = 4
"""A picture enlarged by more than this shows its pixels: blurred, it would look like a larger picture out of focus."""


def fitted_rect(rgb: NDArray[np.uint8], area: QRectF, ratio: float) -> QRectF:
    """Where a picture lies that is fitted into `area` with its aspect kept, on whole device pixels.

    Args:
        rgb: uint8 `(height, width, 3)`.
        area: logical pixels.
        ratio: device pixels per logical pixel.
    """
    height, width = rgb.shape[:2]
    scale = min(area.width() / width, area.height() / height) * ratio
    size = QSizeF(max(1, round(width * scale)) / ratio, max(1, round(height * scale)) / ratio)
    left = round((area.center().x() - size.width() / 2) * ratio) / ratio
    top = round((area.center().y() - size.height() / 2) * ratio) / ratio
    return QRectF(left, top, size.width(), size.height())


def picture_at(rgb: NDArray[np.uint8], size: QSizeF, ratio: float) -> QImage:
    """A picture at a size in logical pixels: area average where it shrinks, bilinear where it grows a little."""
    wanted = QSize(max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio)))
    enlarged = wanted.width() > _PIXELS_SHOW * rgb.shape[1]
    mode = Qt.TransformationMode.FastTransformation if enlarged else Qt.TransformationMode.SmoothTransformation
    # a copy of its own: the array may be gone before the picture is painted again
    scaled = rgb_to_qimage(rgb).scaled(wanted, Qt.AspectRatioMode.IgnoreAspectRatio, mode).copy()
    scaled.setDevicePixelRatio(ratio)
    return scaled


def draw_box(painter: QPainter, box: Rect, rgb: NDArray[np.uint8], shown: QRectF, theme: Theme) -> None:
    """Frame a part of a picture.

    Args:
        painter: where.
        box: pixels of the picture.
        rgb: the picture, uint8 `(height, width, 3)`.
        shown: where the picture lies.
        theme: gives the colors.
    """
    rows, columns = shown.height() / rgb.shape[0], shown.width() / rgb.shape[1]
    frame = QRectF(
        shown.left() + box.left * columns, shown.top() + box.top * rows, box.width * columns, box.height * rows
    )
    inside = frame.toAlignedRect().intersected(shown.toAlignedRect())
    if min(inside.width(), inside.height()) > 8:
        inside.adjust(2, 2, -2, -2)
    draw_frame(painter, inside.adjusted(1, 1, -1, -1), 1, QColor(theme.outline))
    draw_frame(painter, inside.adjusted(-1, -1, 1, 1), 1, QColor(theme.outline))
    draw_frame(painter, inside, 1, QColor(theme.selection))
