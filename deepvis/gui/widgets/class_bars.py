"""Which classes of a data set a unit answers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepvis.gui.figures import number
from deepvis.gui.theme import SPACE, elided, theme_of
from deepvis.gui.widgets.painting import draw_round_rect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.gallery.records import ClassMean
    from deepvis.gui.theme import Theme

ROWS = 8
"""Classes shown."""

_INDEX_HEIGHT = 22
_ROW_HEIGHT = 25
_BAR_HEIGHT = 3
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class ClassBars(QWidget):
    """The selectivity index, and a row per class: name, mean of the largest value per image, a bar below both."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classes: tuple[ClassMean, ...] = ()
        self._selectivity: float | None = None
        self._blank = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_classes(self, classes: Sequence[ClassMean], selectivity: float | None) -> None:
        """Show the first classes, largest mean first.

        Args:
            classes: more than `ROWS` are cut.
            selectivity: 0 (all classes alike) to 1 (one class only); None where unknown.
        """
        before = self.sizeHint()
        self._classes, self._selectivity, self._blank = tuple(classes[:ROWS]), selectivity, False
        self.setAccessibleName("Classes: " + ", ".join(item.name for item in self._classes))
        if before != self.sizeHint():
            self.updateGeometry()
        self.update()

    def blank(self) -> None:
        """Take the words away and keep their place, until others come."""
        self._blank = True
        self.update()

    def shares(self) -> tuple[float, ...]:
        """Length of each bar, 0..1 of the width; a class of negative mean has none."""
        largest = max((item.mean for item in self._classes), default=0.0)
        return tuple(max(0.0, item.mean / largest) if largest > 0 else 0.0 for item in self._classes)

    def sizeHint(self) -> QSize:
        """All rows."""
        index = _INDEX_HEIGHT if self._selectivity is not None else 0
        return QSize(220, index + len(self._classes) * _ROW_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """All rows, narrow."""
        return QSize(120, self.sizeHint().height())

    def event(self, event: QEvent | None) -> bool:
        """Tell a row whole."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and not self._blank:
            if text := self._tip(event.pos().y()):
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the index and the rows."""
        if self._blank:
            return
        painter = QPainter(self)
        theme = theme_of(self.palette())
        if self._selectivity is not None:
            line = QRect(0, 0, self.width(), _INDEX_HEIGHT)
            _paint_words(painter, line, ("selectivity index", f"{self._selectivity:.2f}"), (theme.muted, theme.text))
        for row, share in enumerate(self.shares()):
            self._paint_row(painter, row, share, theme)

    def _paint_row(self, painter: QPainter, row: int, share: float, theme: Theme) -> None:
        top = (_INDEX_HEIGHT if self._selectivity is not None else 0) + row * _ROW_HEIGHT
        item = self._classes[row]
        line = QRect(0, top, self.width(), _ROW_HEIGHT - _BAR_HEIGHT - 3)
        _paint_words(painter, line, (item.name, number(item.mean)), (theme.text if row == 0 else theme.muted,) * 2)
        track = QRectF(0, top + _ROW_HEIGHT - _BAR_HEIGHT - 2, self.width(), _BAR_HEIGHT)
        draw_round_rect(painter, track, _BAR_HEIGHT / 2, QColor(theme.border))
        if share * track.width() >= 1:
            track.setWidth(share * track.width())
            draw_round_rect(painter, track, _BAR_HEIGHT / 2, QColor(theme.accent if row == 0 else theme.muted))

    def _tip(self, y: int) -> str:
        index = _INDEX_HEIGHT if self._selectivity is not None else 0
        if y < index:
            return "Class selectivity: 0 answers all classes alike, 1 answers one class only."
        row = (y - index) // _ROW_HEIGHT
        if row >= len(self._classes):
            return ""
        item = self._classes[row]
        images = "1 image" if item.count == 1 else f"{item.count:,} images"
        return f"{item.name}\nmean of the largest value {number(item.mean)}, over {images}"


def _paint_words(painter: QPainter, line: QRect, words: tuple[str, str], colors: tuple[str, str]) -> None:
    room = line.width() - painter.fontMetrics().horizontalAdvance(words[1]) - SPACE
    painter.setPen(QColor(colors[0]))
    painter.drawText(line, _LEFT, elided(words[0], painter.font(), room))
    painter.setPen(QColor(colors[1]))
    painter.drawText(line, _RIGHT, words[1])
