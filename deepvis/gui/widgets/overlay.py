"""The ground of everything that lies over the window: dims what is below, closes on Esc or a click beside the card."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QRect, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from deepvis.gui.theme import theme_of
from deepvis.gui.widgets.painting import draw_round_rect

_DIM_ALPHA = 130


class Overlay(QWidget):
    """Covers its parent and keeps covering it; hidden until `open_over`.

    Signals:
        closed: it went away, however that happened.
    """

    closed = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        parent.installEventFilter(self)
        self.hide()

    def open_over(self) -> None:
        """Cover the parent, above all its other children, and take the keys."""
        self._cover()
        self.show()
        self.raise_()
        self.setFocus()

    def close_overlay(self) -> None:
        """Go away and say so; nothing happens where it is not open."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def card_rect(self) -> QRect:
        """Where the card lies; a click elsewhere closes."""
        raise NotImplementedError

    def place(self) -> None:
        """Lay out what lies on the card; called whenever the overlay has a new size."""

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Follow the parent's size."""
        if event is not None and watched is self.parent() and event.type() == QEvent.Type.Resize and self.isVisible():
            self._cover()
        return False

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Close on Esc; leave every other key to the window."""
        if event is None:
            return
        if event.key() == Qt.Key.Key_Escape:
            self.close_overlay()
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Close on a click beside the card."""
        if event is not None and not self.card_rect().contains(event.position().toPoint()):
            self.close_overlay()

    def wheelEvent(self, event: QEvent | None) -> None:
        """Keep the wheel from what lies below."""
        if event is not None:
            event.accept()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Dim the window and paint the card."""
        theme = theme_of(self.palette())
        painter = QPainter(self)
        dim = QColor(theme.outline)
        dim.setAlpha(_DIM_ALPHA)
        painter.fillRect(self.rect(), dim)
        draw_round_rect(painter, QRectF(self.card_rect()), 8, QColor(theme.panel), QColor(theme.border))

    def _cover(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
            self.place()
