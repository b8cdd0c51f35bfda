"""What the grid and the unit's pane share: a picture made for exactly this pane, and words where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QRect, pyqtSignal
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis.gui.theme import theme_of
from deepvis.gui.widgets.painting import draw_message, draw_pill

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtGui import QImage, QPainter, QResizeEvent


class LivePane(QWidget):
    """Tells how many device pixels it has, and when it has painted.

    Attributes:
        painted: called at the end of every paint that shows a picture; a plain call, because it is once per frame.

    Signals:
        resized: height and width in device pixels that a picture should have.
    """

    resized = pyqtSignal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.painted: Callable[[], None] | None = None
        self._image: QImage | None = None
        self._message = ""
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_message(self, message: str) -> None:
        """A sentence why there is no picture, or why it is old; an empty one takes it away."""
        self._message = message
        self.update()

    def picture_area(self) -> QRect:
        """The part of the pane that pictures are made for."""
        return self.rect()

    def device_size(self) -> tuple[int, int]:
        """Height and width in device pixels that a picture should have, at least 1."""
        area, ratio = self.picture_area(), self.devicePixelRatioF()
        return max(1, round(area.height() * ratio)), max(1, round(area.width() * ratio))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Tell the new size in device pixels."""
        super().resizeEvent(event)
        self.resized.emit(*self.device_size())

    def event(self, event: QEvent | None) -> bool:
        """Tell the new size also when the window moves to a screen of another density."""
        if event is not None and event.type() == QEvent.Type.DevicePixelRatioChange:
            self.resized.emit(*self.device_size())
        return super().event(event)

    def finish_paint(self, painter: QPainter) -> None:
        """Paint the message, end the painter, and tell that a picture was shown."""
        if self._message:
            draw = draw_message if self._image is None else draw_pill
            draw(painter, self.picture_area(), self._message, self.font(), theme_of(self.palette()))
        painter.end()
        if self._image is not None and self.painted is not None:
            self.painted()
