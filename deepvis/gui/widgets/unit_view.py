"""The selected unit's map, large, with the position that is followed or chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent

from deepvis.gui.qimage import rgb_to_qimage
from deepvis.gui.theme import SPACE, elided, small, theme_of
from deepvis.gui.widgets.live_pane import LivePane
from deepvis.gui.widgets.painting import cell_rect, draw_frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtWidgets import QWidget

_CAPTION_HEIGHT = 22
_CROSSHAIR_ALPHA = 90


class UnitView(LivePane):
    """One unit's picture, composed elsewhere at the size of the pane, shown pixel for pixel.

    Signals:
        position_clicked: row and column of the map; needs `set_map_size`.
        double_clicked: anywhere on it; the release that follows is no click.
        caption_changed: another caption, and its value.
    """

    position_clicked = pyqtSignal(int, int)
    double_clicked = pyqtSignal()
    caption_changed = pyqtSignal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._map_size = (1, 1)
        self._position: tuple[int, int] | None = None
        self._chosen = False
        self._caption = ""
        self._value = ""
        self._captioned = True
        self._pressed = False

    def set_picture(self, rgb: NDArray[np.uint8] | None) -> None:
        """Show another picture: uint8 `(height, width, 3)` in device pixels, the whole map; None for none."""
        self._image = None if rgb is None else rgb_to_qimage(rgb)
        self.update()

    def set_map_size(self, height: int, width: int) -> None:
        """Rows and columns of the map; 1 x 1 has no positions to pick."""
        if (height, width) != self._map_size:
            self._map_size = (height, width)
            self.update()

    def set_position(self, position: tuple[int, int] | None, *, chosen: bool = False) -> None:
        """Box a position of the map: with a crosshair where the person chose it, alone where it follows the maximum."""
        if (position, chosen) != (self._position, self._chosen):
            self._position = position
            self._chosen = chosen
            self.update()

    def set_caption(self, caption: str, value: str = "") -> None:
        """What is below the picture: the unit's address at the left, its value at the right."""
        if (caption, value) != (self._caption, self._value):
            self._caption = caption
            self._value = value
            self.setToolTip(caption)
            self.caption_changed.emit(caption, value)
            self.update()

    def set_captioned(self, on: bool) -> None:
        """Paint the caption, or leave its room to the picture where the caption is told elsewhere."""
        if on != self._captioned:
            self._captioned = on
            self.resized.emit(*self.device_size())
            self.update()

    def picture_area(self) -> QRect:
        """All but the caption."""
        return self.rect().adjusted(0, 0, 0, -_CAPTION_HEIGHT if self._captioned else 0)

    def picture_rect(self) -> QRectF:
        """Where the picture is, in logical pixels; empty where there is none."""
        if self._image is None:
            return QRectF()
        area = QRectF(self.picture_area())
        ratio = self.devicePixelRatioF()
        width, height = self._image.width() / ratio, self._image.height() / ratio
        # a picture made for a larger pane shrinks until the next one comes
        scale = min(1.0, area.width() / width, area.height() / height)
        rect = QRectF(0, 0, width * scale, height * scale)
        rect.moveLeft(round((area.width() - rect.width()) / 2 * ratio) / ratio)
        rect.moveTop(round((area.height() - rect.height()) / 2 * ratio) / ratio)
        return rect

    def position_at(self, point: QPointF) -> tuple[int, int] | None:
        """Row and column of the map under a point of the widget; None beside the picture or for a 1 x 1 map."""
        rect = self.picture_rect()
        if self._map_size == (1, 1) or not rect.contains(point):
            return None
        row = int((point.y() - rect.top()) / rect.height() * self._map_size[0])
        column = int((point.x() - rect.left()) / rect.width() * self._map_size[1])
        return min(row, self._map_size[0] - 1), min(column, self._map_size[1] - 1)

    def sizeHint(self) -> QSize:
        """A square and its caption."""
        return QSize(300, 300 + _CAPTION_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Still recognizable."""
        return QSize(90, 80)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint picture, position, caption and message."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.fillRect(self.rect(), QColor(theme.panel))
        painter.fillRect(self.picture_area(), QColor(theme.window))
        if self._image is not None:
            painter.drawImage(self.picture_rect(), self._image, QRectF(self._image.rect()))
            self._paint_position(painter)
        if self._captioned:
            self._paint_caption(painter)
        self.finish_paint(painter)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Show that positions can be picked."""
        position = None if event is None else self.position_at(event.position())
        self.setCursor(Qt.CursorShape.ArrowCursor if position is None else Qt.CursorShape.CrossCursor)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Begin a click."""
        self._pressed = event is not None and event.button() == Qt.MouseButton.LeftButton

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Tell it; the first of the two clicks has chosen a position."""
        self._pressed = False
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Tell the position clicked."""
        pressed, self._pressed = self._pressed, False
        if event is None or not pressed or event.button() != Qt.MouseButton.LeftButton:
            return
        position = self.position_at(event.position())
        if position is not None:
            self.position_clicked.emit(*position)

    def _paint_position(self, painter: QPainter) -> None:
        if self._position is None or self._map_size == (1, 1):
            return
        theme = theme_of(self.palette())
        rect = self.picture_rect()
        cell = cell_rect(rect, self._position, self._map_size)
        painter.setClipRect(rect)
        if self._chosen:
            line = QColor(theme.selection)
            line.setAlpha(_CROSSHAIR_ALPHA)
            center = cell.center()
            painter.fillRect(QRectF(rect.left(), center.y(), rect.width(), 1), line)
            painter.fillRect(QRectF(center.x(), rect.top(), 1, rect.height()), line)
        # at the picture's edge the frame moves inwards: all four sides are seen
        cell = cell.intersected(rect.toAlignedRect().adjusted(2, 2, -2, -2))
        draw_frame(painter, cell.adjusted(-1, -1, 1, 1), 1, QColor(theme.outline))
        draw_frame(painter, cell, 1, QColor(theme.selection if self._chosen else theme.highlight))
        painter.setClipping(False)

    def _paint_caption(self, painter: QPainter) -> None:
        theme = theme_of(self.palette())
        line = QRect(SPACE, self.height() - _CAPTION_HEIGHT, self.width() - 2 * SPACE, _CAPTION_HEIGHT)
        font = small(self.font())
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        value = elided(self._value, font, line.width() // 2)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), value)
        room = line.width() - painter.fontMetrics().horizontalAdvance(value) - SPACE
        painter.setPen(QColor(theme.muted))
        title = elided(self._caption, font, room, Qt.TextElideMode.ElideLeft)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), title)
