"""A plot that costs nothing before it is looked at."""

from __future__ import annotations

from PyQt6.QtCore import QEvent
from PyQt6.QtGui import QHelpEvent, QShowEvent
from PyQt6.QtWidgets import QToolTip, QVBoxLayout, QWidget


class SeenPlot(QWidget):
    """Draws while somebody looks, and what came meanwhile as soon as somebody does.

    The items are made with the first thing to draw: pyqtgraph is imported then and not before, for the window must open
    at once.

    Args:
        words_height: logical pixels above the plot, which the widget paints itself.
        margin: logical pixels at its left and at its right.
        parent: the widget it lies in.
    """

    _outdated = False

    def __init__(self, words_height: int = 0, margin: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words_height = words_height
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(margin, words_height, margin, 0)

    def tip_at(self, x: int) -> str:
        """What the tooltip says at a column of the widget; empty for none."""
        del x
        return ""

    def showEvent(self, _event: QShowEvent | None) -> None:
        """Draw what came while nobody looked."""
        if self._outdated:
            self._draw()

    def changeEvent(self, event: QEvent | None) -> None:
        """Follow theme and typeface."""
        if event is not None and event.type() in {QEvent.Type.PaletteChange, QEvent.Type.FontChange}:
            self._draw_when_seen()
        super().changeEvent(event)

    def event(self, event: QEvent | None) -> bool:
        """Tell what is drawn under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self.tip_at(event.pos().x()) if event.pos().y() > self._words_height else ""
            if text:
                QToolTip.showText(event.globalPos(), text, self)
                return True
        return super().event(event)

    def _draw_when_seen(self) -> None:
        self._outdated = True
        if self.isVisible():
            self._draw()

    def _draw(self) -> None:
        """Draw, in the present theme; `_outdated` is over then."""
        raise NotImplementedError
