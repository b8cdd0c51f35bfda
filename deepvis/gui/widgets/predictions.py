"""What the network answers: the most probable classes with bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent

from deepvis.gui.theme import SPACE, elided, theme_of
from deepvis.gui.widgets.hover_rows import HoverRows
from deepvis.gui.widgets.painting import draw_message, draw_round_rect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QWidget

    from deepvis.gui.theme import Theme
    from deepvis.records import Prediction

_ROW_HEIGHT = 28
_LOW_ROW_HEIGHT = 23
_BAR_HEIGHT = 3


class Predictions(HoverRows):
    """A fixed number of rows: label, probability, and a bar below both.

    Args:
        rows: how many; the widget keeps its height whatever it shows.
        parent: the widget it lies in.

    Signals:
        class_clicked: index of the class.
        other_class_clicked: the same, clicked with Ctrl held.
    """

    class_clicked = pyqtSignal(int)
    other_class_clicked = pyqtSignal(int)

    def __init__(self, rows: int = 5, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self._predictions: tuple[Prediction, ...] = ()
        self._before: tuple[float, ...] = ()
        self._message = ""
        self._row_height = _ROW_HEIGHT

    def set_predictions(self, predictions: Sequence[Prediction], before: Sequence[float] = ()) -> None:
        """Show these, the most probable first; more than there are rows are cut.

        Args:
            predictions: of the network as it is now.
            before: probability of each in the network without the person's changes; none where there are no changes.
        """
        self._predictions = tuple(predictions[: self._rows])
        self._before = tuple(before[: self._rows]) if len(before) == len(predictions) else ()
        self.update()

    def set_message(self, message: str) -> None:
        """A sentence why there are no predictions; shown only while there are none."""
        self._message = message
        self.update()

    def set_low(self, low: bool) -> None:
        """Lower rows, where the column has little height."""
        height = _LOW_ROW_HEIGHT if low else _ROW_HEIGHT
        if height != self._row_height:
            self._row_height = height
            self.updateGeometry()
            self.update()

    def height_of_rows(self, *, low: bool) -> int:
        """Height of the widget with low or with usual rows."""
        return self._rows * (_LOW_ROW_HEIGHT if low else _ROW_HEIGHT) + SPACE

    def row_at(self, y: float) -> int:
        """The row at a height, -1 where it holds no prediction."""
        row = int((y - SPACE // 2) // self._row_height)
        return row if 0 <= row < len(self._predictions) else -1

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(280, self._rows * self._row_height + SPACE)

    def minimumSizeHint(self) -> QSize:
        """All rows, narrow."""
        return QSize(140, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the rows."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.fillRect(self.rect(), QColor(theme.panel))
        if not self._predictions and self._message:
            draw_message(painter, self.rect(), self._message, self.font(), theme)
        for row, prediction in enumerate(self._predictions):
            self._paint_row(painter, row, prediction, theme)

    def label_width(self) -> int:
        """Logical pixels a label may take."""
        return self.width() - 2 * SPACE - self._number_width() - SPACE

    def _tip(self, row: int) -> str:
        prediction = self._predictions[row]
        text = f"{prediction.label}\nclass {prediction.index}: {prediction.probability:.4%}"
        return text + (f"\nwithout changes: {self._before[row]:.4%}" if self._before else "")

    def _clicked(self, row: int, *, with_control: bool) -> None:
        told = self.other_class_clicked if with_control else self.class_clicked
        told.emit(self._predictions[row].index)

    def _number_width(self) -> int:
        return self.fontMetrics().horizontalAdvance("100.0 → 100.0 %" if self._before else "100.0 %")

    def _paint_row(self, painter: QPainter, row: int, prediction: Prediction, theme: Theme) -> None:
        area = QRect(SPACE, SPACE // 2 + row * self._row_height, self.width() - 2 * SPACE, self._row_height)
        if row == self._hovered:
            draw_round_rect(painter, QRectF(area.adjusted(-4, 0, 4, 0)), 4, QColor(theme.raised))
        tight = self._row_height < _ROW_HEIGHT
        line = area.adjusted(0, 0 if tight else 2, 0, -_BAR_HEIGHT - (2 if tight else 5))
        painter.setFont(self.font())
        painter.setPen(QColor(theme.text if row == 0 else theme.muted))
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        label = elided(prediction.label, self.font(), self.label_width())
        painter.drawText(line, int(left | Qt.AlignmentFlag.AlignVCenter), label)
        painter.drawText(line, int(right | Qt.AlignmentFlag.AlignVCenter), f"{100 * prediction.probability:.1f} %")
        track = QRectF(area.left(), area.bottom() - _BAR_HEIGHT - 1, area.width(), _BAR_HEIGHT)
        draw_round_rect(painter, track, _BAR_HEIGHT / 2, QColor(theme.border))
        share = min(1.0, max(0.0, prediction.probability))
        bar = QRectF(track.left(), track.top(), share * track.width(), track.height())
        if self._before:
            self._paint_before(painter, self._before[row], (line, track, bar), theme)
        if bar.width() >= 1:
            draw_round_rect(painter, bar, _BAR_HEIGHT / 2, QColor(theme.accent if row == 0 else theme.muted))

    def _paint_before(
        self, painter: QPainter, before: float, place: tuple[QRect, QRectF, QRectF], theme: Theme
    ) -> None:
        """The answer without changes, beside the one with them: a quiet number, and where the bar would end."""
        line, track, bar = place
        room = line.adjusted(0, 0, -self.fontMetrics().horizontalAdvance("100.0 %"), 0)
        painter.setPen(QColor(theme.warning))
        painter.drawText(
            room, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{100 * before:.1f} →"
        )
        end = track.left() + min(1.0, max(0.0, before)) * track.width()
        lost = QColor(theme.warning)
        lost.setAlpha(110)
        if end - bar.right() >= 1:
            painter.fillRect(QRectF(bar.right(), track.top(), end - bar.right(), track.height()), lost)
        painter.fillRect(QRectF(end - 1, track.top() - 2, 2, track.height() + 4), QColor(theme.warning))
