"""A histogram of plain numbers: a title, bars, and the ends of their range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QHelpEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepvis.gui.figures import number
from deepvis.gui.theme import SPACE, elided, small, strong, theme_of

if TYPE_CHECKING:
    from deepvis.gui.theme import Theme
    from deepvis.statistics.weight_figures import WeightHistogram

_LINE = 18
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_CENTER = int(Qt.AlignmentFlag.AlignCenter)


class BarHistogram(QWidget):
    """Painted in one go; without a histogram a sentence stands in its place.

    Args:
        title: what the values are; empty for no title line.
        bars_height: logical pixels of the highest bar.
        parent: the widget it lies in.
    """

    def __init__(self, title: str, bars_height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._note = ""
        self._sentence = ""
        self._bars_height = bars_height
        self._histogram: WeightHistogram | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def histogram(self) -> WeightHistogram | None:
        """What is shown."""
        return self._histogram

    def set_histogram(self, histogram: WeightHistogram | None, note: str = "", sentence: str = "") -> None:
        """Show another histogram.

        Args:
            histogram: None for none.
            note: quiet words behind the title.
            sentence: why there is none.
        """
        self._histogram, self._note, self._sentence = histogram, note, sentence
        self.setAccessibleName(f"Histogram of {self._title.lower()}" if histogram is not None else sentence)
        self.update()

    def sizeHint(self) -> QSize:
        """Title, bars, ends of the range."""
        return QSize(220, self._bars_height + (2 if self._title else 1) * _LINE)

    def minimumSizeHint(self) -> QSize:
        """The same, narrow."""
        return QSize(96, self.sizeHint().height())

    def event(self, event: QEvent | None) -> bool:
        """Tell the bin under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self.tip_at(event.pos().x())
            if text:
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def tip_at(self, x: int) -> str:
        """What is said of the bin at a column of the widget."""
        found = self._histogram
        if found is None or self.width() < 1:
            return ""
        bins = len(found.counts)
        place = min(max(0, x * bins // self.width()), bins - 1)
        step = (found.high - found.low) / bins
        low = found.low + place * step
        count = int(found.counts[place])
        return f"{count:,} of {int(found.counts.sum()):,} from {number(low)} to {number(low + step)}"

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint title, bars and ends."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        self._paint_title(painter, theme)
        top = _LINE if self._title else 0
        area = QRect(0, top, self.width(), self.height() - top - _LINE)
        painter.setFont(small(self.font()))
        if self._histogram is None:
            painter.setPen(QColor(theme.muted))
            flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
            painter.drawText(area, flags, self._sentence)
            return
        self._paint_bars(painter, area, self._histogram, theme)
        self._paint_ends(painter, QRect(0, area.bottom() + 1, self.width(), _LINE), self._histogram, theme)

    def _paint_title(self, painter: QPainter, theme: Theme) -> None:
        if not self._title:
            return
        line = QRect(0, 0, self.width(), _LINE)
        heading = strong(QFont(self.font()))
        painter.setFont(heading)
        painter.setPen(QColor(theme.text))
        painter.drawText(line, _LEFT, self._title)
        line.setLeft(painter.fontMetrics().horizontalAdvance(self._title) + SPACE)
        painter.setFont(small(self.font()))
        painter.setPen(QColor(theme.muted))
        painter.drawText(line, _LEFT, elided(self._note, painter.font(), line.width()))

    def _paint_bars(self, painter: QPainter, area: QRect, found: WeightHistogram, theme: Theme) -> None:
        tallest = max(1, int(found.counts.max(initial=0)))
        edges = np.linspace(0, area.width(), len(found.counts) + 1).round().astype(int)
        zero = -found.low / (found.high - found.low) * area.width()
        if 0 < zero < area.width():
            painter.fillRect(QRectF(zero, area.top(), 1, area.height()), QColor(theme.border))
        painter.fillRect(QRect(0, area.bottom(), area.width(), 1), QColor(theme.border))
        color = QColor(theme.accent)
        for place in np.flatnonzero(found.counts):
            # one value in a million is still there
            height = max(1, round(int(found.counts[place]) / tallest * area.height()))
            left, width = int(edges[place]), max(1, int(edges[place + 1] - edges[place]) - 1)
            painter.fillRect(QRect(left, area.bottom() + 1 - height, width, height), color)

    def _paint_ends(self, painter: QPainter, line: QRect, found: WeightHistogram, theme: Theme) -> None:
        painter.setPen(QColor(theme.muted))
        low, high = number(found.low), number(found.high)
        painter.drawText(line, _LEFT, low)
        painter.drawText(line, _RIGHT, high)
        zero = round(-found.low / (found.high - found.low) * line.width()) if found.low < 0 < found.high else -1
        room = painter.fontMetrics().horizontalAdvance
        if room(low) + SPACE < zero < line.width() - room(high) - SPACE:
            painter.drawText(QRect(zero - 10, line.top(), 20, line.height()), _CENTER, "0")
