"""The histogram of a gradient, and beside or below it the one that randomized weights give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtWidgets import QBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from deepvis.gui.theme import SPACE, small
from deepvis.gui.widgets.back_histogram import BackHistogram
from deepvis.gui.widgets.back_view import RANDOMIZED, TRAINED, WAITING

if TYPE_CHECKING:
    from PyQt6.QtGui import QResizeEvent

    from deepvis.live.back_result import BackResult

_NAME_HEIGHT = 16


class HistogramPair(QWidget):
    """One histogram, or two under their names while a check goes on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.own, self.other = BackHistogram(), BackHistogram()
        self._waiting = QLabel(WAITING)
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._waiting.setWordWrap(True)
        self._names = (QLabel(TRAINED), QLabel(RANDOMIZED))
        for label in (*self._names, self._waiting):
            label.setFont(small(self.font()))
            label.setProperty("muted", True)
        for name in self._names:
            name.setFixedHeight(_NAME_HEIGHT)
        self._second = QWidget()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACE // 2)
        self._row.addWidget(_stacked(QWidget(), self._names[0], self.own), 1)
        self._row.addWidget(_stacked(self._second, self._names[1], self.other, self._waiting), 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_result(self, result: BackResult, *, compares: bool) -> None:
        """Show the counts of a result, and with `compares` those of its deepest check, or that it is on its way."""
        if result.counts is not None:
            self.own.set_counts(result.counts, result.extent)
        counts = result.checks[-1].counts if result.checks else None
        if counts is not None:
            self.other.set_counts(counts, result.checks[-1].extent)
        self.other.setVisible(counts is not None)
        self._waiting.setVisible(counts is None)
        self._names[0].setVisible(compares)
        self._second.setVisible(compares)

    def resizeEvent(self, _event: QResizeEvent | None) -> None:
        """Beside each other where they are wide, below each other where they are high."""
        wide = self.width() >= self.height()
        self._row.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    def sizeHint(self) -> QSize:
        """As the picture that it stands for."""
        return QSize(260, 260)

    def minimumSizeHint(self) -> QSize:
        """As the picture that it stands for."""
        return QSize(90, 90)


def _stacked(holder: QWidget, *widgets: QWidget) -> QWidget:
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for widget in widgets:
        column.addWidget(widget)
    return holder
