"""Square pictures in rows, painted in one go: a page of fifty pictures is a handful of widgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepvis.gui.theme import elided, small, theme_of
from deepvis.gui.widgets.fitted_picture import draw_box, fitted_rect, picture_at
from deepvis.gui.widgets.painting import draw_badges, draw_frame, draw_outlined_frame
from deepvis.gui.widgets.tile_layout import CAPTION_HEIGHT, TileLayout, TileStyle, lay_out_strip

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.gui.theme import Theme
    from deepvis.records import Rect

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_CAPTION_SPACE = 4


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One picture of a strip.

    Attributes:
        rgb: uint8 `(height, width, 3)`; None for an empty tile.
        box: drawn over the picture, in its pixels; None for none.
        left: the caption's beginning; it gives way where there is no room for both.
        right: the caption's end.
        tip: tooltip; empty for none.
        second: beginning and end of a second line of the caption; None for no such line.
        badges: short words on the picture.
        chosen: it is framed as one of several that were chosen.
    """

    rgb: NDArray[np.uint8] | None
    box: Rect | None = None
    left: str = ""
    right: str = ""
    tip: str = ""
    second: tuple[str, str] | None = None
    badges: tuple[str, ...] = ()
    chosen: bool = False

    @property
    def lines(self) -> int:
        """Lines of its caption."""
        return 2 if self.second is not None else 1 if self.left or self.right else 0


class TileGrid(QWidget):
    """Groups of tiles that fill the width; its height follows from it.

    Args:
        style: how the width is divided.
        parent: the widget it lies in.

    Signals:
        tile_clicked: index of the tile, counted through all groups.
        tile_chosen: the same, clicked with Ctrl held.
        tile_double_clicked: the same, of a double click; its second release is no click.
        tile_hovered: the same; -1 where the pointer is on none.
        menu_asked: index of the tile and where on the screen.
    """

    tile_clicked = pyqtSignal(int)
    tile_chosen = pyqtSignal(int)
    tile_double_clicked = pyqtSignal(int)
    tile_hovered = pyqtSignal(int)
    menu_asked = pyqtSignal(int, QPoint)

    def __init__(self, style: TileStyle, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._style = style
        self._groups: tuple[tuple[str, int], ...] = ()
        self._tiles: tuple[Tile, ...] = ()
        self._layout = TileLayout(0, (), (), ())
        self._scaled: dict[int, QImage] = {}
        self._hovered = self._partner = -1
        self._blank = self._doubled = False
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """What is shown; empty while it is blank."""
        return () if self._blank else self._tiles

    @property
    def is_blank(self) -> bool:
        """Its pictures were taken away and others have not come."""
        return self._blank

    def set_tiles(self, groups: Sequence[tuple[str, Sequence[Tile]]]) -> None:
        """Show these groups, each with its label (empty for none)."""
        before = (self._groups, self._caption_lines())
        self._groups = tuple((label, len(tiles)) for label, tiles in groups)
        self._tiles = tuple(tile for _, tiles in groups for tile in tiles)
        self._blank = False
        self._scaled.clear()
        # the pointer may rest on a page that is filled while a scan runs
        self._hover(self._hovered if self._hovered < len(self._tiles) else -1)
        if before != (self._groups, self._caption_lines()):
            self._arrange()
            self.updateGeometry()
        self.update()

    def set_style(self, style: TileStyle) -> None:
        """Divide the width in another way."""
        if style != self._style:
            self._style = style
            self._arrange()
            self.updateGeometry()
            self.update()

    def blank(self) -> None:
        """Take the pictures away and keep their places, until others come."""
        if not self._blank:
            self._blank = True
            self._hover(-1)
            self.update()

    def point_at(self, index: int) -> None:
        """Mark a tile as the pointer would: it rests on what belongs to it elsewhere; -1 marks none."""
        if index != self._partner:
            self._partner = index
            self.update()

    def tile_rect(self, index: int) -> QRect:
        """Where a tile lies, in logical pixels of the widget.

        Raises:
            IndexError: there is no such tile.
        """
        return self._layout.tiles[index]

    def hasHeightForWidth(self) -> bool:
        """The height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """All rows at a width."""
        return lay_out_strip(width, self._groups, self._style, captions=self._caption_lines()).height

    def sizeHint(self) -> QSize:
        """All rows at the present width."""
        return QSize(220, self.heightForWidth(max(self.width(), 1)))

    def minimumSizeHint(self) -> QSize:
        """Narrow; the layout asks for the height that goes with it."""
        return QSize(120, 0)

    def resizeEvent(self, _event: QResizeEvent | None) -> None:
        """Place the tiles anew."""
        self._arrange()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint what is exposed."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        font = small(self.font())
        painter.setFont(font)
        exposed = self.rect() if event is None else event.rect()
        for (label, _), line in zip(self._groups, self._layout.labels, strict=True):
            if line.height() and line.intersects(exposed):
                self._paint_label(painter, line, label, theme)
        for index, (tile, rect) in enumerate(zip(self._tiles, self._layout.tiles, strict=True)):
            caption = self._layout.captions[index]
            if rect.united(caption).adjusted(-2, -2, 2, 2).intersects(exposed):
                painter.fillRect(rect, QColor(theme.window))
                if not self._blank:
                    self._paint_tile(painter, index, tile, theme)
                    self._paint_caption(painter, caption, tile, theme)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Mark the tile under the pointer."""
        if event is not None:
            self._hover(self._tile_at(event.position().toPoint()))

    def leaveEvent(self, _event: QEvent | None) -> None:
        """No tile is under the pointer."""
        self._hover(-1)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Tell the tile clicked twice."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        event.accept()
        index = self._tile_at(event.position().toPoint())
        self._doubled = True
        if index >= 0:
            self.tile_double_clicked.emit(index)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Tell the tile clicked."""
        doubled, self._doubled = self._doubled, False
        if event is None or event.button() != Qt.MouseButton.LeftButton or doubled:
            return
        index = self._tile_at(event.position().toPoint())
        if index >= 0:
            chosen = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            (self.tile_chosen if chosen else self.tile_clicked).emit(index)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Tell the tile that a menu is wanted for."""
        index = -1 if event is None else self._tile_at(event.pos())
        if event is not None and index >= 0:
            event.accept()
            self.menu_asked.emit(index, event.globalPos())

    def event(self, event: QEvent | None) -> bool:
        """Tell what a tile is."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self._tile_at(event.pos())
            if index >= 0 and self._tiles[index].tip:
                QToolTip.showText(event.globalPos(), self._tiles[index].tip, self)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent | None) -> None:
        """Captions follow the typeface."""
        if event is not None and event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        super().changeEvent(event)

    def _caption_lines(self) -> int:
        return max((tile.lines for tile in self._tiles), default=0)

    def _arrange(self) -> None:
        self._layout = lay_out_strip(self.width(), self._groups, self._style, captions=self._caption_lines())
        self._scaled.clear()

    def _tile_at(self, point: QPoint) -> int:
        return -1 if self._blank else self._layout.tile_at(point)

    def _hover(self, index: int) -> None:
        if index != self._hovered:
            self._hovered = index
            self.setCursor(Qt.CursorShape.PointingHandCursor if index >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()
            self.tile_hovered.emit(index)

    def _paint_label(self, painter: QPainter, line: QRect, label: str, theme: Theme) -> None:
        painter.setPen(QColor(theme.muted))
        shown = elided(label, painter.font(), line.width())
        painter.drawText(line, _LEFT, shown)
        after = line.left() + QFontMetrics(painter.font()).horizontalAdvance(shown) + 2 * _CAPTION_SPACE
        painter.fillRect(QRect(after, line.center().y(), line.right() + 1 - after, 1), QColor(theme.border))

    def _paint_tile(self, painter: QPainter, index: int, tile: Tile, theme: Theme) -> None:
        rect = self._layout.tiles[index]
        if tile.rgb is not None:
            ratio = self.devicePixelRatioF()
            shown = fitted_rect(tile.rgb, QRectF(rect), ratio)
            image = self._scaled.get(index)
            if image is None or image.devicePixelRatio() != ratio:
                image = self._scaled[index] = picture_at(tile.rgb, shown.size(), ratio)
            painter.drawImage(shown.topLeft(), image)
            if tile.box is not None:
                draw_box(painter, tile.box, tile.rgb, shown, theme)
        draw_badges(painter, rect, tile.badges, theme)
        if tile.chosen:
            draw_outlined_frame(painter, rect.adjusted(3, 3, -3, -3), 2, theme)
        if index in (self._hovered, self._partner):
            draw_frame(painter, rect, 1, QColor(theme.hover if theme.name == "dark" else theme.accent))

    def _paint_caption(self, painter: QPainter, line: QRect, tile: Tile, theme: Theme) -> None:
        if not line.height():
            return
        first = QRect(line.left(), line.top(), line.width(), min(line.height(), CAPTION_HEIGHT))
        # of two lines the beginnings are brighter: the end of one is not read on in the tile beside it
        color = QColor(theme.muted if tile.second is None else theme.text)
        self._paint_line(painter, first, (tile.left, tile.right), color, theme)
        if tile.second is not None:
            self._paint_line(painter, first.translated(0, CAPTION_HEIGHT), tile.second, color, theme)

    def _paint_line(self, painter: QPainter, line: QRect, words: tuple[str, str], color: QColor, theme: Theme) -> None:
        font = painter.font()
        right = elided(words[1], font, line.width())
        room = line.width() - QFontMetrics(font).horizontalAdvance(right) - _CAPTION_SPACE
        painter.setPen(color)
        painter.drawText(line, _LEFT, elided(words[0], font, room))
        painter.setPen(QColor(theme.muted))
        painter.drawText(line, _RIGHT, right)
