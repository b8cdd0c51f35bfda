"""A sentence that appears over the window and goes away by itself."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer
from PyQt6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from deepvis.gui.theme import SPACE, theme_of
from deepvis.gui.widgets.painting import draw_round_rect

_SHOWN_MS = 2000
_LARGEST_WIDTH = 560
_FLAGS = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)


class Toast(QWidget):
    """Lies at the upper edge of a part of its parent, centered; takes no clicks and no focus.

    Args:
        parent: what it may cover.
        over: the part of `parent` that it is laid on, where that is not the whole.
    """

    def __init__(self, parent: QWidget, over: QWidget | None = None) -> None:
        super().__init__(parent)
        self._over = parent if over is None else over
        self._text = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        for watched in {parent, self._over}:
            watched.installEventFilter(self)
        self.hide()

    def show_text(self, text: str, shown_ms: int = _SHOWN_MS) -> None:
        """Show a sentence; a newer one replaces it."""
        self._text = text
        self._place()
        self.show()
        self.raise_()
        self.update()
        self._timer.start(shown_ms)

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:
        """Stay in place when what it lies on moves or changes its size."""
        if event is not None and event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and not self.isHidden():
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
        corner = QPoint(0, 0) if self._over is parent else self._over.mapTo(parent, QPoint(0, 0))
        part = QRect(corner, self._over.size())
        metrics = QFontMetrics(self.font())
        width = max(8 * SPACE, min(_LARGEST_WIDTH, part.width() - 4 * SPACE))
        # an error says at its end what to do: it is never cut, it takes as many lines as it needs
        words = metrics.boundingRect(QRect(0, 0, width - 4 * SPACE, parent.height()), _FLAGS, self._text)
        width, height = words.width() + 4 * SPACE + 2, words.height() + 2 * SPACE
        self.setGeometry(QRect(part.left() + (part.width() - width) // 2, part.top() + SPACE, width, height))
