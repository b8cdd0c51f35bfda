"""Weights of one number each as bars: a line per input, to the right of zero or to the left."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepvis.gui.figures import number
from deepvis.gui.theme import SPACE, small, theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.gui.theme import Theme
    from deepvis.live.weight_records import InputKernel

MOST = 16
"""Lines at most: more are no longer compared at a glance, and the histogram below has them all."""

LINE = 15
_BAR = 9
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class WeightBars(QWidget):
    """Number of the input, bar, weight; the longest bar reaches the end of its side."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._weights: tuple[tuple[int, float], ...] = ()
        self._blank = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def weights(self) -> tuple[tuple[int, float], ...]:
        """Input and weight of each line; empty while it is blank."""
        return () if self._blank else self._weights

    def set_kernels(self, kernels: Sequence[InputKernel]) -> None:
        """Show the first of these, in their order."""
        before, self._blank = len(self._weights), False
        self._weights = tuple((kernel.input, kernel.value) for kernel in kernels[:MOST])
        told = "; ".join(f"input {index} {number(weight)}" for index, weight in self._weights)
        self.setAccessibleName(f"Weights by input: {told}")
        if len(self._weights) != before:
            self.updateGeometry()
        self.update()

    def blank(self) -> None:
        """Take the weights away and keep their places."""
        self._blank = True
        self.update()

    def shares(self) -> tuple[float, ...]:
        """Length of each bar as part of its side, negative to the left; what is no number has no length."""
        finite = [weight if math.isfinite(weight) else 0.0 for _, weight in self.weights]
        largest = max(map(abs, finite), default=0.0)
        return tuple(weight / largest if largest else 0.0 for weight in finite)

    def sizeHint(self) -> QSize:
        """All lines."""
        return QSize(200, len(self._weights) * LINE)

    def minimumSizeHint(self) -> QSize:
        """All lines, narrow."""
        return QSize(120, self.sizeHint().height())

    def event(self, event: QEvent | None) -> bool:
        """Tell a line in words."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            line = event.pos().y() // LINE
            if 0 <= line < len(self.weights):
                index, weight = self._weights[line]
                QToolTip.showText(event.globalPos(), f"input {index}\nweight {number(weight)}", self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the lines."""
        painter, theme = QPainter(self), theme_of(self.palette())
        painter.setFont(small(self.font()))
        metrics = painter.fontMetrics()
        names = [f"#{index}" for index, _ in self._weights]
        values = [number(weight) for _, weight in self._weights]
        left, right = _widest(metrics, names), _widest(metrics, values)
        track = QRectF(left + SPACE, 0, max(1, self.width() - left - right - 2 * SPACE), LINE)
        middle = track.center().x()
        painter.fillRect(QRectF(middle - 0.5, 0, 1, len(names) * LINE), QColor(theme.border))
        if self._blank:
            return
        for place, (name, value, share) in enumerate(zip(names, values, self.shares(), strict=True)):
            line = QRect(0, place * LINE, self.width(), LINE)
            painter.setPen(QColor(theme.muted))
            painter.drawText(line, _LEFT, name)
            painter.drawText(line, _RIGHT, value)
            _paint_bar(painter, track.translated(0, line.top()), share, theme)


def _paint_bar(painter: QPainter, track: QRectF, share: float, theme: Theme) -> None:
    length = max(1.0, abs(share) * track.width() / 2) if share else 0.0
    middle = track.center().x()
    left = middle if share > 0 else middle - length
    color = QColor(theme.accent if share > 0 else theme.warning)
    painter.fillRect(QRectF(left, track.center().y() - _BAR / 2, length, _BAR), color)


def _widest(metrics: QFontMetrics, texts: Sequence[str]) -> int:
    return max(map(metrics.horizontalAdvance, texts), default=0)
