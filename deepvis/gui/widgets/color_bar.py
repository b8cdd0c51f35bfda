"""The scale of the grid: which color is which value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis.gui.figures import number
from deepvis.gui.qimage import rgb_to_qimage
from deepvis.gui.theme import SPACE, small, theme_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.gui.theme import Theme

_BAR_TOP = 8
_BAR_HEIGHT = 8
_LABEL_TOP = 18
_LABEL_HEIGHT = 16


class ColorBar(QWidget):
    """A horizontal bar of the color map with numbers below it and a mark for the selected unit's value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._low = 0.0
        self._high = 1.0
        self._image: QImage | None = None
        self._note = ""
        self._mark: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_scale(self, low: float, high: float, table: NDArray[np.uint8], note: str = "") -> None:
        """Show a scale.

        Args:
            low: value of the first color.
            high: value of the last color.
            table: uint8 `(256, 3)`, from low to high.
            note: said in the middle, such as `per unit`; where numbers mean nothing pass NaN for low and high.
        """
        self._low, self._high, self._note = low, high, note
        self._image = rgb_to_qimage(np.ascontiguousarray(table[None]))
        self.update()

    def set_mark(self, value: float | None) -> None:
        """Mark the selected unit's live value; None for no mark."""
        if value != self._mark:
            self._mark = value
            self.update()

    def fraction(self, value: float) -> float | None:
        """Where a value lies on the bar, 0..1, cut at its ends; None where the scale has no numbers."""
        known = math.isfinite(self._high - self._low) and math.isfinite(value)
        if not known or self._high <= self._low:
            return None
        return min(1.0, max(0.0, (value - self._low) / (self._high - self._low)))

    def sizeHint(self) -> QSize:
        """A bar and its numbers."""
        return QSize(240, _LABEL_TOP + _LABEL_HEIGHT + 2)

    def minimumSizeHint(self) -> QSize:
        """Room for two numbers."""
        return QSize(90, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint bar, numbers and mark."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.fillRect(self.rect(), QColor(theme.panel))
        bar = self._bar()
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(bar), self._image, QRectF(self._image.rect()))
            self._paint_numbers(painter, theme)
        place = None if self._mark is None else self.fraction(self._mark)
        if place is not None:
            self._paint_mark(painter, bar.left() + place * bar.width(), theme)

    def _bar(self) -> QRect:
        return QRect(SPACE, _BAR_TOP, self.width() - 2 * SPACE, _BAR_HEIGHT)

    def _paint_numbers(self, painter: QPainter, theme: Theme) -> None:
        painter.setFont(small(self.font()))
        painter.setPen(QColor(theme.muted))
        bar = self._bar()
        line = QRect(bar.left(), _LABEL_TOP, bar.width(), _LABEL_HEIGHT)
        known = math.isfinite(self._low) and math.isfinite(self._high)
        low, high = (number(self._low), number(self._high)) if known else ("lowest", "highest")
        center = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | center), low)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | center), high)
        zero = self.fraction(0.0) if self._low < 0 < self._high else None
        metrics = painter.fontMetrics()
        if self._note:
            # said where it does not run into the numbers
            taken = metrics.horizontalAdvance(self._note) + 2 * SPACE
            widest = max(metrics.horizontalAdvance(low), metrics.horizontalAdvance(high))
            if taken + 2 * widest <= line.width():
                painter.drawText(line, int(Qt.AlignmentFlag.AlignHCenter | center), self._note)
        elif zero is not None:
            self._paint_zero(painter, round(bar.left() + zero * bar.width()), (low, high))

    def _paint_zero(self, painter: QPainter, x: int, ends: tuple[str, str]) -> None:
        metrics = painter.fontMetrics()
        bar = self._bar()
        room_left = bar.left() + metrics.horizontalAdvance(ends[0]) + SPACE
        room_right = bar.right() - metrics.horizontalAdvance(ends[1]) - SPACE
        painter.fillRect(QRect(x, bar.bottom() + 1, 1, 2), painter.pen().color())
        if room_left < x < room_right:
            painter.drawText(QRect(x - 20, _LABEL_TOP, 40, _LABEL_HEIGHT), int(Qt.AlignmentFlag.AlignCenter), "0")

    def _paint_mark(self, painter: QPainter, x: float, theme: Theme) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent))
        painter.drawPolygon(QPolygonF([QPointF(x - 4, 1), QPointF(x + 4, 1), QPointF(x, 7)]))
        painter.restore()
        painter.fillRect(QRectF(x - 0.5, _BAR_TOP, 1, _BAR_HEIGHT), QColor(theme.accent))
