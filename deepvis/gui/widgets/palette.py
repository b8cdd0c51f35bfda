"""The command palette: every command by a few of its letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QModelIndex, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QPainter
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from deepvis.gui.theme import SPACE, elided, theme_of
from deepvis.gui.widgets.fuzzy import match_score
from deepvis.gui.widgets.overlay import Overlay
from deepvis.gui.widgets.painting import draw_key_caps, draw_round_rect, key_caps_width

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROW_HEIGHT = 30
_MOST_ROWS = 12
_WIDTH = 560
_EDIT_HEIGHT = 34
_ROW_ROLE = Qt.ItemDataRole.UserRole
_MOVES = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_PageDown: _MOST_ROWS - 1,
    Qt.Key.Key_PageUp: 1 - _MOST_ROWS,
}


@dataclass(frozen=True, slots=True)
class PaletteRow:
    """One command.

    Attributes:
        id: what `chosen` tells; empty for a mere sentence, which is wrapped and cannot be chosen.
        title: what it does, for people.
        keys: its keys, several separated by `, `.
    """

    id: str
    title: str
    keys: str = ""


class CommandPalette(Overlay):
    """A line to type in and the commands that match; arrows, Enter and Esc, or the mouse.

    Signals:
        chosen: id of the command; the palette is closed by then.
        query_changed: what is typed, for owners that make rows from it.
    """

    chosen = pyqtSignal(str)
    query_changed = pyqtSignal(str)

    def __init__(self, parent: QWidget, *, filters: bool = True) -> None:
        """Make a palette; one that does not filter shows every row its owner sets."""
        super().__init__(parent)
        self._filters = filters
        self._rows: tuple[PaletteRow, ...] = ()
        self._edit = QLineEdit(self)
        self._list = QListWidget(self)
        self._edit.setPlaceholderText("Type a command")
        self._edit.setFixedHeight(_EDIT_HEIGHT)
        self._edit.textChanged.connect(self._filter)
        self._edit.textEdited.connect(self.query_changed)
        self._edit.installEventFilter(self)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setItemDelegate(_RowDelegate(self))
        self._list.setUniformItemSizes(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._list.itemClicked.connect(self._choose)
        self.setFocusProxy(self._edit)

    def set_rows(self, rows: Sequence[PaletteRow]) -> None:
        """Offer these commands, in this order while nothing is typed."""
        self._rows = tuple(rows)
        self._filter(self._edit.text())

    def set_placeholder(self, text: str) -> None:
        """What stands in the empty line."""
        self._edit.setPlaceholderText(text)

    def open_over(self) -> None:
        """Open with an empty line."""
        self._edit.clear()
        self._filter("")
        super().open_over()

    def shown_ids(self) -> list[str]:
        """Ids of the rows that match, best first."""
        return [_row(self._list.item(index)).id for index in range(self._list.count())]

    def current_id(self) -> str:
        """Id of the highlighted row; empty where none matches."""
        item = self._list.currentItem()
        return "" if item is None else _row(item).id

    def card_rect(self) -> QRect:
        """A card in the upper part of the window, as high as its rows."""
        rows = min(max(1, sum(self.lines(_row(self._list.item(at))) for at in range(self._list.count()))), _MOST_ROWS)
        width = min(_WIDTH, self.width() - 4 * SPACE)
        height = _EDIT_HEIGHT + 3 * SPACE + rows * _ROW_HEIGHT
        top = min(max(2 * SPACE, self.height() // 8), max(0, self.height() - height - SPACE))
        return QRect((self.width() - width) // 2, top, width, min(height, self.height() - 2 * SPACE))

    def lines(self, row: PaletteRow) -> int:
        """How many lines a row takes: a mere sentence is read whole."""
        room = min(_WIDTH, self.width() - 4 * SPACE) - 4 * SPACE
        return 1 if row.id or self.fontMetrics().horizontalAdvance(row.title) <= room else 2

    def place(self) -> None:
        """Lay the line and the list on the card."""
        card = self.card_rect().adjusted(SPACE, SPACE, -SPACE, -SPACE)
        self._edit.setGeometry(card.left(), card.top(), card.width(), _EDIT_HEIGHT)
        self._list.setGeometry(card.adjusted(0, _EDIT_HEIGHT + SPACE, 0, 0))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Move, choose, or close; the line hands these keys on."""
        if event is None:
            return
        key = Qt.Key(event.key())
        if key in _MOVES:
            self._move(_MOVES[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self._list.currentItem()
            if item is not None:
                self._choose(item)
        else:
            super().keyPressEvent(event)
            # nothing that is typed here may trigger the window's keys
            event.accept()

    def _filter(self, text: str) -> None:
        scored = [(match_score(text, row.title) if self._filters else 0, row) for row in self._rows]
        matching = [(score, row) for score, row in scored if score is not None]
        if text.strip() and self._filters:
            matching.sort(key=lambda pair: -pair[0])
        self._list.clear()
        for _, row in matching:
            item = QListWidgetItem(row.title)
            item.setData(_ROW_ROLE, row)
            item.setToolTip(row.title)
            self._list.addItem(item)
        self._list.setCurrentRow(0)
        self.place()
        self.update()

    def _move(self, by: int) -> None:
        count = self._list.count()
        if count:
            wanted = self._list.currentRow() + by
            self._list.setCurrentRow(wanted % count if abs(by) == 1 else min(max(wanted, 0), count - 1))

    def _choose(self, item: QListWidgetItem) -> None:
        row = _row(item)
        if row.id:
            self.close_overlay()
            self.chosen.emit(row.id)


class _RowDelegate(QStyledItemDelegate):
    """Title left, keys right."""

    def __init__(self, palette: CommandPalette) -> None:
        super().__init__(palette)
        self._palette = palette

    def sizeHint(self, _option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(100, _ROW_HEIGHT * self._palette.lines(index.data(_ROW_ROLE)))

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        row: PaletteRow | None = index.data(_ROW_ROLE)
        if painter is None or row is None:
            return
        theme = theme_of(self._palette.palette())
        font = self._palette.font()
        painter.save()
        area = option.rect
        if row.id and row.id == self._palette.current_id():
            draw_round_rect(painter, QRectF(area.adjusted(0, 1, 0, -1)), 4, QColor(theme.chosen))
        line = area.adjusted(SPACE, 0, -SPACE, 0)
        room = line.width() - key_caps_width(font, row.keys) - SPACE
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(font)
        painter.setPen(QColor(theme.text if row.id else theme.muted))
        if not row.id:
            painter.drawText(line, left | int(Qt.TextFlag.TextWordWrap), row.title)
            painter.restore()
            return
        painter.drawText(line, left, elided(row.title, font, room))
        draw_key_caps(painter, line.right() + 1, line, row.keys, theme)
        painter.restore()


def _row(item: QListWidgetItem | None) -> PaletteRow:
    if item is None:
        raise ValueError("The palette's list has no such row.")
    row: PaletteRow = item.data(_ROW_ROLE)
    return row
