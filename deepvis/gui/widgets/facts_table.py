"""Names and values in two aligned columns, painted in one go because they change with every frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepvis.gui.theme import SPACE, elided, small, theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROW_HEIGHT = 22


class FactsTable(QWidget):
    """Rows of a name at the left and a value at the right, hairlines between them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts: tuple[tuple[str, str], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Show these rows."""
        rows = tuple(facts)
        if rows == self._facts:
            return
        height_changed = len(rows) != len(self._facts)
        self._facts = rows
        if height_changed:
            self.updateGeometry()
        self.update()

    def blank(self) -> None:
        """Take the values away and keep the rows."""
        self.set_facts([(name, "") for name, _ in self._facts])

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(220, len(self._facts) * _ROW_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """All rows, narrow."""
        return QSize(120, self.sizeHint().height())

    def event(self, event: QEvent | None) -> bool:
        """Tell a row whole that may be elided."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = event.pos().y() // _ROW_HEIGHT
            if row < len(self._facts):
                QToolTip.showText(event.globalPos(), ": ".join(self._facts[row]), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the rows."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        font = self.font()
        center = Qt.AlignmentFlag.AlignVCenter
        for row, (name, value) in enumerate(self._facts):
            line = QRect(0, row * _ROW_HEIGHT, self.width(), _ROW_HEIGHT)
            painter.fillRect(line.left(), line.bottom(), line.width(), 1, QColor(theme.border))
            # the value is what one looks for: where there is no room for both, the name is shortened first
            shown = elided(value, font, line.width() * 3 // 4)
            room = line.width() - painter.fontMetrics().horizontalAdvance(shown) - SPACE
            painter.setPen(QColor(theme.muted))
            painter.setFont(font if painter.fontMetrics().horizontalAdvance(name) <= room else small(font))
            fitting = elided(name, painter.font(), room)
            painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | center), fitting)
            painter.setFont(font)
            painter.setPen(QColor(theme.text))
            painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | center), shown)
