"""Rows of a name, a number and a bar that goes left or right from zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent

from deepvis.gui.theme import SPACE, elided, theme_of
from deepvis.gui.widgets.hover_rows import HoverRows
from deepvis.gui.widgets.painting import draw_round_rect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QWidget

    from deepvis.gui.theme import Theme

ROW_HEIGHT = 26
_BAR_HEIGHT = 4
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True, slots=True)
class SignedRow:
    """One row.

    Attributes:
        number: what the row is about, told by a click.
        left: its name.
        right: its number for people.
        value: length and side of the bar, as part of the widget's scale.
        tick: where a second value lies; None for none.
        sure: the bar is filled; otherwise it is an outline.
        tip: tooltip.
    """

    number: int
    left: str
    right: str
    value: float
    tick: float | None = None
    sure: bool = True
    tip: str = ""


class SignedBars(HoverRows):
    """A row per item; zero is in the middle, the longest bar reaches the end.

    Signals:
        row_clicked: number of the row.
    """

    row_clicked = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[SignedRow, ...] = ()

    def set_rows(self, rows: Sequence[SignedRow]) -> None:
        """Show these, in this order."""
        rows = tuple(rows)
        if rows == self._rows:
            return
        height_changed = len(rows) != len(self._rows)
        self._rows = rows
        self.setAccessibleName("; ".join(f"{row.left} {row.right}" for row in rows))
        if height_changed:
            self.updateGeometry()
        self.update()

    @property
    def rows(self) -> tuple[SignedRow, ...]:
        """What is shown."""
        return self._rows

    def shares(self) -> tuple[float, ...]:
        """Length of each bar as part of half the width, negative to the left."""
        largest = max((max(abs(row.value), abs(row.tick or 0.0)) for row in self._rows), default=0.0)
        return tuple(row.value / largest if largest else 0.0 for row in self._rows)

    def row_at(self, y: float) -> int:
        """The row at a height, -1 for none."""
        row = int(y // ROW_HEIGHT)
        return row if 0 <= row < len(self._rows) else -1

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(220, len(self._rows) * ROW_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """All rows, narrow."""
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the rows."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        for place, (row, share) in enumerate(zip(self._rows, self.shares(), strict=True)):
            area = QRect(0, place * ROW_HEIGHT, self.width(), ROW_HEIGHT)
            if place == self._hovered:
                painter.fillRect(area, QColor(theme.raised))
            self._paint_words(painter, area, row, theme)
            self._paint_bar(painter, area, row, share, theme)

    def _tip(self, row: int) -> str:
        return self._rows[row].tip

    def _clicked(self, row: int, *, with_control: bool) -> None:
        del with_control
        self.row_clicked.emit(self._rows[row].number)

    def _paint_words(self, painter: QPainter, area: QRect, row: SignedRow, theme: Theme) -> None:
        line = area.adjusted(0, 1, 0, -_BAR_HEIGHT - 3)
        room = line.width() - painter.fontMetrics().horizontalAdvance(row.right) - SPACE
        painter.setPen(QColor(theme.text))
        painter.drawText(line, _LEFT, elided(row.left, painter.font(), room))
        painter.setPen(QColor(theme.text if row.sure else theme.muted))
        painter.drawText(line, _RIGHT, row.right)

    def _paint_bar(self, painter: QPainter, area: QRect, row: SignedRow, share: float, theme: Theme) -> None:
        track = QRectF(area.left(), area.bottom() - _BAR_HEIGHT - 1, area.width(), _BAR_HEIGHT)
        middle = track.center().x()
        draw_round_rect(painter, track, _BAR_HEIGHT / 2, QColor(theme.border))
        color = QColor(theme.accent if share > 0 else theme.warning)
        if not row.sure:
            color.setAlpha(120)
        length = abs(share) * track.width() / 2
        left = middle if share > 0 else middle - length
        if length >= 0.5:
            painter.fillRect(QRectF(left, track.top(), length, _BAR_HEIGHT), color)
        if row.tick is not None and row.value:
            x = middle + row.tick / row.value * share * track.width() / 2
            painter.fillRect(QRectF(x - 0.5, track.top() - 2, 1.5, _BAR_HEIGHT + 3), QColor(theme.text))
        painter.fillRect(QRectF(middle - 0.5, track.top() - 1, 1, _BAR_HEIGHT + 2), QColor(theme.muted))
