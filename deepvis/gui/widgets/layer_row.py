"""How one row of the layer list looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QModelIndex, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from deepvis.gui.theme import SPACE, elided, small, theme_of
from deepvis.gui.widgets.painting import draw_frame, draw_round_rect

if TYPE_CHECKING:
    from deepvis.gui.theme import Theme
    from deepvis.records import LayerInfo

NAME_ROLE = Qt.ItemDataRole.UserRole
"""The item's whole dotted name."""

INFO_ROLE = Qt.ItemDataRole.UserRole + 1
"""The item's `LayerInfo`, None for a module that only groups others."""

_MARK = 5
"""Side of one of the two squares that mark a layer that stands for two, one for each of two pictures."""

_ROW_HEIGHT = 26


class LayerDelegate(QStyledItemDelegate):
    """One line: name, type where there is room, shape at the right; the current layer is marked.

    Attributes:
        current: name of the viewed layer.
        origin: name of the layer where the backward view is frozen; empty for none.
    """

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self._view = view
        self.current = ""
        self.origin = ""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:
        """A row's height; any width."""
        return QSize(80, _ROW_HEIGHT)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one row."""
        if painter is None:
            return
        theme = theme_of(self._view.palette())
        info: LayerInfo | None = index.data(INFO_ROLE)
        current = index.data(NAME_ROLE) == self.current
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver) and info is not None and not info.reason
        painter.save()
        area = option.rect.adjusted(4, 1, -4, -1)
        if current or hovered:
            draw_round_rect(painter, QRectF(area), 4, QColor(theme.chosen if current else theme.raised))
        if current:
            painter.fillRect(QRect(area.left(), area.top() + 5, 2, area.height() - 10), QColor(theme.accent))
        if index.data(NAME_ROLE) == self.origin:
            draw_round_rect(painter, QRectF(area), 4, QColor(Qt.GlobalColor.transparent), QColor(theme.origin_text))
        self._paint_text(painter, area.adjusted(6, 0, -6, 0), index, theme)
        painter.restore()

    def _paint_text(self, painter: QPainter, line: QRect, index: QModelIndex, theme: Theme) -> None:
        info: LayerInfo | None = index.data(INFO_ROLE)
        center = Qt.AlignmentFlag.AlignVCenter
        font = self._view.font()
        shape_font = small(font)
        # one kind of shape in all rows: where there is no room for both, it is the name that is shortened
        shape = info.shape_text if info is not None and info.units else ""
        shape_width = QFontMetrics(shape_font).horizontalAdvance(shape)
        if info is not None and info.pair:
            _paint_pair(painter, line.adjusted(0, 0, -shape_width - _MARK, 0), QColor(theme.accent))
            shape_width += 3 * _MARK + 1
        name = short_name(index.data(), font, line.width() - shape_width - SPACE)
        usable = info is not None and not info.reason
        painter.setFont(font)
        painter.setPen(QColor(theme.text if usable else theme.faint if info is not None else theme.muted))
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | center), name)
        painter.setFont(shape_font)
        painter.setPen(QColor(theme.muted if usable else theme.faint))
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | center), shape)
        name_width = QFontMetrics(font).horizontalAdvance(name)
        room = line.adjusted(name_width + SPACE, 0, -shape_width - SPACE, 0)
        type_name = info.type_name if info is not None else ""
        if room.width() >= QFontMetrics(shape_font).horizontalAdvance(type_name):
            painter.setPen(QColor(theme.faint))
            painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | center), type_name)


def short_name(name: str, font: QFont, width: int) -> str:
    """A dotted name without its beginning where it does not fit: layers of one block differ in the end."""
    return elided(name, font, width, Qt.TextElideMode.ElideLeft)


def _paint_pair(painter: QPainter, room: QRect, color: QColor) -> None:
    """Two squares at the right of the room: the layer runs for each of two pictures."""
    top = room.center().y() - _MARK // 2
    for place in (2 * _MARK + 1, _MARK):
        draw_frame(painter, QRect(room.right() + 2 - place, top + 1, _MARK - 2, _MARK - 2), 1, color)
