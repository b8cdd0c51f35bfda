"""The activation grid: one picture of all tiles, pixel for pixel, and the mouse on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QHideEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QApplication, QToolTip, QWidget

from deepvis.gui.qimage import bgrx_to_qimage
from deepvis.gui.theme import theme_of
from deepvis.gui.widgets.live_pane import LivePane
from deepvis.gui.widgets.painting import cell_rect, draw_corner, draw_frame, draw_outlined_frame
from deepvis.gui.widgets.zoom_preview import ZoomPreview

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.imaging.tiling import GridLayout

    Position = tuple[int, int]
    HoverText = Callable[[int, Position | None], str]

_ZOOM_PER_NOTCH = 1.25
_NOTCH = 120
_WIDE_FRAME_FROM = 24
"""Logical pixels: smaller tiles are not hidden under their frame."""


class GridPane(LivePane):
    """Shows a mosaic at its native size and tells what the mouse does on it.

    A click on a tile selects its unit; a click on the selected tile, or a click with Ctrl on any tile, picks a position
    of the map. A drag pans a zoomed grid and is never a click.

    Signals:
        unit_clicked: the unit of the tile clicked.
        position_clicked: unit, row and column of its map; needs `set_map_size`.
        unit_double_clicked: the unit of the tile.
        unit_hovered: the unit under the pointer, -1 where there is none.
        context_asked: right click: the unit (-1 beside the tiles) and the global point.
        zoomed: factor (above 1 enlarges), and the fixed point as fractions 0..1 of the pane: row, column.
        panned: how far the picture moved, as fractions of the pane: rows (down is positive), columns (right is).
    """

    unit_clicked = pyqtSignal(int)
    position_clicked = pyqtSignal(int, int, int)
    unit_double_clicked = pyqtSignal(int)
    unit_hovered = pyqtSignal(int)
    context_asked = pyqtSignal(int, QPoint)
    zoomed = pyqtSignal(float, float, float)
    panned = pyqtSignal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout: GridLayout | None = None
        self._preview = ZoomPreview()
        self._selected: int | None = None
        self._marked: Position | None = None
        self._origin: int | None = None
        self._changed: frozenset[int] = frozenset()
        self._map_size = (1, 1)
        self._hover_text: HoverText | None = None
        self._hovered = -1
        self._pointer: QPointF | None = None
        self._pressed_at: QPointF | None = None
        self._dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def set_mosaic(
        self, bgrx: NDArray[np.uint8], layout: GridLayout, selected_unit: int | None, marked_position: Position | None
    ) -> None:
        """Show another mosaic.

        Args:
            bgrx: uint8 `(height, width, 4)`, device pixels; kept, not copied.
            layout: where its tiles are.
            selected_unit: framed; None for none.
            marked_position: `(row, column)` in the selected unit's map, boxed; None for none.
        """
        self._image = bgrx_to_qimage(bgrx)
        self._layout = layout
        self._preview.set_layout(layout)
        self._selected = selected_unit
        self._marked = marked_position
        self._update_hover()
        self.update()

    def set_selection(self, selected_unit: int | None, marked_position: Position | None = None) -> None:
        """Move the frame at once, before the next mosaic comes."""
        self._selected = selected_unit
        self._marked = marked_position
        self.update()

    def set_origin(self, unit: int | None) -> None:
        """Mark the tile where the backward view is frozen; None for none."""
        if unit != self._origin:
            self._origin = unit
            self.update()

    def set_changed(self, units: frozenset[int]) -> None:
        """Mark the tiles of units that are muted or changed otherwise."""
        if units != self._changed:
            self._changed = units
            self.update()

    def set_view(self, zoom: float, center_row: float, center_column: float) -> None:
        """Tell the view just asked for: until its mosaic comes, the present one is shown moved and scaled."""
        self._preview.set_view(zoom, center_row, center_column)
        self._update_hover()
        self.update()

    def set_map_size(self, height: int, width: int) -> None:
        """Rows and columns of one unit's map; 1 x 1 has no positions to pick."""
        self._map_size = (height, width)

    def clear(self) -> None:
        """Forget the mosaic, as after a change of model."""
        self._image = self._layout = self._marked = self._selected = None
        self._preview.set_layout(None)
        self._update_hover()
        self.update()

    def set_hover_text(self, provider: HoverText | None) -> None:
        """Ask this for the tooltip: it gets the unit and the `(row, column)` in its map (None for 1 x 1 maps)."""
        self._hover_text = provider

    def unit_at(self, point: QPointF) -> int:
        """The unit under a point of the widget, -1 where there is none."""
        unit = None if self._layout is None else self._layout.unit_at(*self._mosaic_point(point))
        return -1 if unit is None else unit

    def position_at(self, point: QPointF) -> tuple[int, int, int] | None:
        """Unit, row and column of its map under a point of the widget; None beside the tiles or for 1 x 1 maps."""
        if self._layout is None or self._map_size == (1, 1):
            return None
        return self._layout.position_at(*self._mosaic_point(point), *self._map_size)

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(600, 600)

    def minimumSizeHint(self) -> QSize:
        """Small enough for any window."""
        return QSize(160, 120)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the mosaic, the frames, and the message."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.fillRect(self.rect(), QColor(theme.window))
        if self._image is not None:
            painter.save()
            painter.scale(1 / self.devicePixelRatioF(), 1 / self.devicePixelRatioF())
            self._paint_mosaic(painter, self._image)
            painter.restore()
        self.finish_paint(painter)

    def event(self, event: QEvent | None) -> bool:
        """Answer tooltips."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._show_tooltip(event)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Remember where a click or a drag begins."""
        if event is not None and event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed_at = event.position()
            self._dragging = False

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Hover, or pan."""
        if event is None:
            return
        self._pointer = event.globalPosition()
        if self._pressed_at is None:
            self._update_hover()
        else:
            self._drag_to(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """A press that did not move is a click."""
        if event is None or self._pressed_at is None:
            return
        was_click = not self._dragging and event.button() == Qt.MouseButton.LeftButton
        self._pressed_at = None
        self._dragging = False
        self.unsetCursor()
        if was_click:
            self._click(event.position(), with_ctrl=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Tell the unit; the release that follows is no click."""
        self._pressed_at = None
        unit = -1 if event is None or event.button() != Qt.MouseButton.LeftButton else self.unit_at(event.position())
        if unit >= 0:
            self.unit_double_clicked.emit(unit)

    def leaveEvent(self, _event: QEvent | None) -> None:
        """Nothing is hovered any more."""
        self._pointer = None
        self._update_hover()

    def hideEvent(self, _event: QHideEvent | None) -> None:
        """The pointer may be anywhere when it is shown again."""
        self._pointer = None
        self._update_hover()

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Ask for the menu of the tile under the pointer."""
        if event is not None:
            self.context_asked.emit(self.unit_at(QPointF(event.pos())), event.globalPos())

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Zoom around the pointer."""
        if event is None:
            return
        notches = event.angleDelta().y() / _NOTCH
        if notches and self.height() and self.width():
            point = event.position()
            self.zoomed.emit(_ZOOM_PER_NOTCH**notches, point.y() / self.height(), point.x() / self.width())
        event.accept()

    def _mosaic_point(self, point: QPointF) -> tuple[float, float]:
        ratio = self.devicePixelRatioF()
        return self._preview.to_mosaic(point.y() * ratio, point.x() * ratio)

    def _click(self, point: QPointF, *, with_ctrl: bool) -> None:
        unit = self.unit_at(point)
        position = self.position_at(point)
        if position is not None and (with_ctrl or unit == self._selected):
            self.position_clicked.emit(*position)
        elif unit >= 0:
            self.unit_clicked.emit(unit)

    def _drag_to(self, point: QPointF) -> None:
        if self._pressed_at is None:
            return
        moved = point - self._pressed_at
        if not self._dragging and moved.manhattanLength() < QApplication.startDragDistance():
            return
        self._dragging = True
        if self._preview.zoomed:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._pressed_at = point
            self.panned.emit(moved.y() / max(1, self.height()), moved.x() / max(1, self.width()))

    def _update_hover(self) -> None:
        # the pointer may rest while the pane moves or the tiles change places below it
        point = None if self._pointer is None else self.mapFromGlobal(self._pointer)
        unit = -1 if point is None or not QRectF(self.rect()).contains(point) else self.unit_at(point)
        if unit != self._hovered:
            self._hovered = unit
            self.unit_hovered.emit(unit)
            self.update()

    def _show_tooltip(self, event: QHelpEvent) -> None:
        point = QPointF(event.pos())
        unit = self.unit_at(point)
        position = self.position_at(point)
        text = "" if unit < 0 or self._hover_text is None else self._hover_text(unit, position and position[1:])
        if text:
            QToolTip.showText(event.globalPos(), text, self)
        else:
            QToolTip.hideText()

    def _paint_mosaic(self, painter: QPainter, image: QImage) -> None:
        target = self._preview.shown_rect(image.height(), image.width())
        if target is None:
            painter.drawImage(QPoint(0, 0), image)
        else:
            painter.drawImage(target, image, QRectF(image.rect()))
        theme = theme_of(self.palette())
        thickness = max(1, round(self.devicePixelRatioF()))
        for unit in self._changed:
            tile = self._tile_rect(unit)
            if tile is not None:
                draw_corner(painter, tile, thickness, theme)
        hovered = self._tile_rect(self._hovered)
        if hovered is not None:
            draw_frame(painter, hovered, thickness, QColor(theme.hover))
        origin = None if self._origin is None else self._tile_rect(self._origin)
        if origin is not None:
            draw_outlined_frame(painter, origin, 2 * thickness, theme, QColor(theme.origin))
        selected = None if self._selected is None else self._tile_rect(self._selected)
        if selected is not None and self._selected == self._origin:
            # both on one tile: the selection lies inside the mark of the origin
            selected = selected.adjusted(3 * thickness, 3 * thickness, -3 * thickness, -3 * thickness)
        if selected is not None:
            wide = min(selected.width(), selected.height()) >= _WIDE_FRAME_FROM * thickness
            draw_outlined_frame(painter, selected, (3 if wide else 2) * thickness, theme)
        if selected is not None and self._marked is not None and self._map_size != (1, 1):
            draw_frame(painter, cell_rect(selected, self._marked, self._map_size), thickness, QColor(theme.selection))

    def _tile_rect(self, unit: int) -> QRect | None:
        rect = None if self._layout is None or unit < 0 else self._layout.rect_of(unit)
        return None if rect is None else self._preview.from_mosaic(rect)
