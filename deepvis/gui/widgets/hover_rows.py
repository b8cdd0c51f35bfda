"""A widget of rows, of which one is under the pointer."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QHelpEvent, QMouseEvent
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget


class HoverRows(QWidget):
    """Highlights the row under the pointer, tells it whole, and passes clicks on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hovered = -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def row_at(self, y: float) -> int:
        """The row at a height, -1 for none."""
        raise NotImplementedError

    def event(self, event: QEvent | None) -> bool:
        """Tell a row whole."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = self.row_at(event.pos().y())
            text = "" if row < 0 else self._tip(row)
            if text:
                QToolTip.showText(event.globalPos(), text, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Highlight the row under the pointer."""
        self._hover(-1 if event is None else self.row_at(event.position().y()))

    def leaveEvent(self, _event: QEvent | None) -> None:
        """No row is under the pointer."""
        self._hover(-1)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Pass a click on, unless the pointer has left the widget meanwhile."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        row = self.row_at(event.position().y()) if self.rect().contains(event.position().toPoint()) else -1
        if row >= 0:
            self._clicked(row, with_control=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def _tip(self, row: int) -> str:
        """All of a row in words; empty for no tooltip."""
        raise NotImplementedError

    def _clicked(self, row: int, *, with_control: bool) -> None:
        """Tell who listens."""
        raise NotImplementedError

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.setCursor(Qt.CursorShape.PointingHandCursor if row >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()
