"""A sentence that appears over the window and goes away by itself."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QRect, QRectF, Qt, QTimer
from PyQt6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from deepvis.gui.theme import SPACE, theme_of
from deepvis.gui.widgets.painting import draw_round_rect

_SHOWN_MS = 3500
_LIFT = 48
_LARGEST_WIDTH = 560
_FLAGS = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)


class Toast(QWidget):
    """Lies above the bottom of its parent; takes no clicks and no focus."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        parent.installEventFilter(self)
        self.hide()

    def show_text(self, text: str, shown_ms: int = _SHOWN_MS) -> None:
        """Show a sentence; a newer one replaces it."""
        self._text = text
        self._place()
        self.show()
        self.raise_()
        self.update()
        self._timer.start(shown_ms)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Stay in place when the parent changes its size."""
        if event is not None and watched is self.parent() and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the sentence on its card."""
        theme = theme_of(self.palette())
        painter = QPainter(self)
        draw_round_rect(painter, QRectF(self.rect()), 6, QColor(theme.raised), QColor(theme.border))
        painter.setPen(QColor(theme.text))
        inner = self.rect().adjusted(2 * SPACE, SPACE, -2 * SPACE, -SPACE)
        painter.drawText(inner, _FLAGS, self._text)

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is None:
            return
        metrics = QFontMetrics(self.font())
        width = min(_LARGEST_WIDTH, parent.width() - 4 * SPACE)
        # an error says at its end what to do: it is never cut, it takes as many lines as it needs
        words = metrics.boundingRect(QRect(0, 0, width - 4 * SPACE, parent.height()), _FLAGS, self._text)
        width, height = words.width() + 4 * SPACE + 2, words.height() + 2 * SPACE
        self.setGeometry(QRect((parent.width() - width) // 2, parent.height() - height - _LIFT, width, height))
