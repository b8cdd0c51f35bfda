"""The picture of a backward pass, and beside it the one that randomized weights give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QContextMenuEvent, QImage, QMouseEvent, QPainter, QPaintEvent

from deepvis.gui.qimage import rgb_to_qimage
from deepvis.gui.theme import small, theme_of
from deepvis.gui.widgets.fitted_picture import fitted_rect, picture_at
from deepvis.gui.widgets.live_pane import LivePane
from deepvis.gui.widgets.painting import draw_badges, draw_message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtCore import QPointF, QSizeF
    from PyQt6.QtWidgets import QWidget

_GAP = 4
_STALE_OPACITY = 0.35
_CLOSE_ENOUGH = 2
"""A picture that misses its place by so many device pixels is shown as it is: resampled it would be blurred."""

TRAINED, RANDOMIZED = "as trained", "randomized"
WAITING = "The weights are being randomized."


class BackView(LivePane):
    """One picture, or two side by side, fitted; what is about something else than is asked for is dimmed.

    Signals:
        pointed: where the pointer is in a picture, as fractions 0..1 of its height and width; -1 where it is on none.
        double_clicked: anywhere on it.
        context_asked: right click: the global point.
    """

    pointed = pyqtSignal(float, float)
    double_clicked = pyqtSignal()
    context_asked = pyqtSignal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rgb: NDArray[np.uint8] | None = None
        self._other: NDArray[np.uint8] | None = None
        self._compares = False
        self._name = ""
        self._stale = False
        self._scaled: dict[int, QImage] = {}

    @property
    def rgb(self) -> NDArray[np.uint8] | None:
        """The picture shown; None for none."""
        return self._rgb

    @property
    def other(self) -> NDArray[np.uint8] | None:
        """The picture beside it; None for none."""
        return self._other

    @property
    def is_stale(self) -> bool:
        """What is shown is no answer to what is asked for now."""
        return self._stale

    def set_pictures(self, rgb: NDArray[np.uint8] | None, other: NDArray[np.uint8] | None = None) -> None:
        """Show another picture, uint8 `(height, width, 3)`, kept; `other` is shown while `set_compared` is on."""
        self._rgb, self._other, self._stale = rgb, other, False
        self._image = None if rgb is None else rgb_to_qimage(rgb)
        self._scaled.clear()
        self.update()

    def set_name(self, name: str) -> None:
        """Say on the picture what it is; empty where that is told beside it."""
        self._name = name
        self.update()

    @property
    def compares(self) -> bool:
        """Half of the pane is for the picture of randomized weights."""
        return self._compares

    def set_compared(self, on: bool) -> None:
        """Leave the second half of the pane to the picture of randomized weights, or not."""
        if on != self._compares:
            self._compares = on
            self.resized.emit(*self.device_size())
            self.update()

    def set_stale(self, stale: bool) -> None:
        """Dim the picture until another comes."""
        if stale != self._stale:
            self._stale = stale
            self.update()

    def cells(self) -> list[QRect]:
        """Where pictures lie: the whole pane, or its halves, beside or below each other, whichever leaves more."""
        if not self._compares:
            return [self.rect()]
        wide, high = (self.width() - _GAP) // 2, (self.height() - _GAP) // 2
        if min(wide, self.height()) >= min(self.width(), high):
            return [QRect(place * (wide + _GAP), 0, wide, self.height()) for place in (0, 1)]
        return [QRect(0, place * (high + _GAP), self.width(), high) for place in (0, 1)]

    def device_size(self) -> tuple[int, int]:
        """Height and width in device pixels of one picture, at least 1."""
        cell, ratio = self.cells()[0], self.devicePixelRatioF()
        return max(1, round(cell.height() * ratio)), max(1, round(cell.width() * ratio))

    def picture_rects(self) -> list[QRectF]:
        """Where the pictures are, in logical pixels."""
        shown = (self._rgb, self._other)
        ratio = self.devicePixelRatioF()
        return [
            _place(rgb, QRectF(cell), ratio) for rgb, cell in zip(shown, self.cells(), strict=False) if rgb is not None
        ]

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(260, 260)

    def minimumSizeHint(self) -> QSize:
        """Still recognizable."""
        return QSize(90, 90)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the pictures, their names where there are two, and the message."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.fillRect(self.rect(), QColor(theme.window))
        painter.setOpacity(_STALE_OPACITY if self._stale else 1.0)
        cells = self.cells()
        for place, (rgb, cell) in enumerate(zip((self._rgb, self._other), cells, strict=False)):
            if rgb is not None:
                self._paint_picture(painter, place, rgb, QRectF(cell))
        painter.setOpacity(1.0)
        if self._rgb is not None:
            self._paint_names(painter, cells)
        self.finish_paint(painter)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Tell where in a picture the pointer is."""
        if event is not None:
            self.pointed.emit(*self.fractions_at(event.position()))

    def leaveEvent(self, _event: QEvent | None) -> None:
        """The pointer is on no picture."""
        self.pointed.emit(-1.0, -1.0)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Tell it."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Ask for the menu."""
        if event is not None:
            event.accept()
            self.context_asked.emit(event.globalPos())

    def fractions_at(self, point: QPointF) -> tuple[float, float]:
        """Row and column of a point of the widget as fractions of the picture below it; -1 beside the pictures."""
        for rect in self.picture_rects():
            if rect.contains(point):
                return (point.y() - rect.top()) / rect.height(), (point.x() - rect.left()) / rect.width()
        return -1.0, -1.0

    def _paint_picture(self, painter: QPainter, place: int, rgb: NDArray[np.uint8], cell: QRectF) -> None:
        ratio = self.devicePixelRatioF()
        rect = _place(rgb, cell, ratio)
        if _fits(rgb, rect.size(), ratio):
            painter.drawImage(rect, rgb_to_qimage(rgb), QRectF(0, 0, rgb.shape[1], rgb.shape[0]))
            return
        image = self._scaled.get(place)
        if image is None or image.size() != (rect.size() * ratio).toSize():
            image = self._scaled[place] = picture_at(rgb, rect.size(), ratio)
        painter.drawImage(rect.topLeft(), image)

    def _paint_names(self, painter: QPainter, cells: list[QRect]) -> None:
        theme = theme_of(self.palette())
        painter.setFont(self.font())
        names = (TRAINED, RANDOMIZED) if self._compares else ("",)
        for cell, rect, name in zip(cells, self.picture_rects(), names, strict=False):
            # as wide as the cell: a low picture may be narrower than its name
            line = QRect(cell.left(), round(rect.top()), cell.width(), round(rect.height()))
            draw_badges(painter, line, tuple(word for word in (self._name, name) if word), theme)
        if self._compares and self._other is None and not self._message:
            draw_message(painter, cells[1], WAITING, small(self.font()), theme)


def _place(rgb: NDArray[np.uint8], cell: QRectF, ratio: float) -> QRectF:
    """Where a picture lies in its cell: pixel for pixel where it was made for it, else fitted."""
    fitted = fitted_rect(rgb, cell, ratio)
    if not _fits(rgb, fitted.size(), ratio):
        return fitted
    height, width = rgb.shape[0] / ratio, rgb.shape[1] / ratio
    left = round((cell.center().x() - width / 2) * ratio) / ratio
    top = round((cell.center().y() - height / 2) * ratio) / ratio
    return QRectF(left, top, width, height)


def _fits(rgb: NDArray[np.uint8], size: QSizeF, ratio: float) -> bool:
    height, width = size.height() * ratio, size.width() * ratio
    return bool(max(abs(height - rgb.shape[0]), abs(width - rgb.shape[1])) <= _CLOSE_ENOUGH)
