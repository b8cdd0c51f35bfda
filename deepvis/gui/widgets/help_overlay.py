"""All keys on one card, in columns by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QFrame, QScrollArea, QToolTip, QWidget

from deepvis.gui.theme import SPACE, elided, small, strong, theme_of
from deepvis.gui.widgets.overlay import Overlay
from deepvis.gui.widgets.painting import draw_key_caps, key_caps_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.gui.theme import Theme

    HelpRow = tuple[str, str, str]

_ROW_HEIGHT = 22
_GROUP_HEIGHT = 28
_GROUP_GAP = 12
_COLUMN_WIDTH = 285
_COLUMN_GAP = 20
_MARGIN = 20
_TITLE_HEIGHT = 48


class HelpOverlay(Overlay):
    """The key table over the window; Esc or a click closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._sheet = HelpSheet()
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(self._sheet)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def set_rows(self, rows: Sequence[HelpRow]) -> None:
        """Show these keys.

        Args:
            rows: group, keys (several separated by `, `) and text.
        """
        self._sheet.set_rows(rows)
        self.place()

    def card_rect(self) -> QRect:
        """As large as the sheet, within the window."""
        sheet = self._sheet.fitted_size(self.width() - 4 * _MARGIN, self.height() - 4 * _MARGIN - _TITLE_HEIGHT)
        width = min(sheet.width() + 2 * _MARGIN, self.width() - 2 * SPACE)
        height = min(sheet.height() + _TITLE_HEIGHT + _MARGIN, self.height() - 2 * SPACE)
        return QRect((self.width() - width) // 2, (self.height() - height) // 2, width, height)

    def place(self) -> None:
        """Lay the sheet on the card."""
        card = self.card_rect()
        self._scroll.setGeometry(card.adjusted(_MARGIN, _TITLE_HEIGHT, -4, -SPACE))
        self._sheet.resize(
            self._sheet.fitted_size(self.width() - 4 * _MARGIN, self.height() - 4 * _MARGIN - _TITLE_HEIGHT)
        )

    def mousePressEvent(self, _event: QMouseEvent | None) -> None:
        """Close on any click."""
        self.close_overlay()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the card and its title."""
        super().paintEvent(event)
        theme = theme_of(self.palette())
        painter = QPainter(self)
        line = self.card_rect().adjusted(_MARGIN, 0, -_MARGIN, 0)
        line.setHeight(_TITLE_HEIGHT)
        title = strong(self.font())
        title.setPixelSize(15)
        painter.setFont(title)
        painter.setPen(QColor(theme.text))
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), "Keys and help")
        painter.setFont(small(self.font()))
        painter.setPen(QColor(theme.muted))
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), "Esc closes")


class HelpSheet(QWidget):
    """The groups in balanced columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: dict[str, list[HelpRow]] = {}
        self._columns: list[list[str]] = []

    def set_rows(self, rows: Sequence[HelpRow]) -> None:
        """Show these rows, groups in the order in which they first come."""
        self._groups = {}
        for row in rows:
            self._groups.setdefault(row[0], []).append(row)
        self.update()

    def fitted_size(self, width: int, height: int) -> QSize:
        """The size with the fewest columns that fits; where none does, all columns that fit the width."""
        most = max(1, (width + _COLUMN_GAP) // (_COLUMN_WIDTH + _COLUMN_GAP))
        for count in range(1, most + 1):
            self._columns = self._split(count)
            tall = max((self._height_of(column) for column in self._columns), default=0)
            if tall <= height:
                break
        used = max(1, len(self._columns))
        return QSize(used * (_COLUMN_WIDTH + _COLUMN_GAP) - _COLUMN_GAP, tall)

    def event(self, event: QEvent | None) -> bool:
        """Tell a row whole."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            for area, row in self._places():
                if area.contains(event.pos()):
                    QToolTip.showText(event.globalPos(), row[2], self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint groups and rows."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.fillRect(self.rect(), QColor(theme.panel))
        seen: set[str] = set()
        for area, row in self._places():
            if row[0] not in seen:
                seen.add(row[0])
                self._paint_group(painter, area, row[0], theme)
            self._paint_row(painter, area, row, theme)

    def _split(self, count: int) -> list[list[str]]:
        """Groups in order in at most `count` columns, the tallest as low as can be."""
        limit = max((self._height_of([group]) for group in self._groups), default=0)
        columns = self._filled(limit)
        while len(columns) > count:
            limit += _ROW_HEIGHT
            columns = self._filled(limit)
        return columns

    def _filled(self, limit: int) -> list[list[str]]:
        columns: list[list[str]] = []
        for group in self._groups:
            if columns and self._height_of([*columns[-1], group]) <= limit:
                columns[-1].append(group)
            else:
                columns.append([group])
        return columns

    def _height_of(self, groups: Sequence[str]) -> int:
        rows = sum(len(self._groups[group]) for group in groups)
        return rows * _ROW_HEIGHT + len(groups) * (_GROUP_HEIGHT + _GROUP_GAP)

    def _places(self) -> list[tuple[QRect, HelpRow]]:
        places = []
        for number, column in enumerate(self._columns):
            left, top = number * (_COLUMN_WIDTH + _COLUMN_GAP), 0
            for group in column:
                top += _GROUP_HEIGHT
                for row in self._groups[group]:
                    places.append((QRect(left, top, _COLUMN_WIDTH, _ROW_HEIGHT), row))
                    top += _ROW_HEIGHT
                top += _GROUP_GAP
        return places

    def _paint_group(self, painter: QPainter, first: QRect, name: str, theme: Theme) -> None:
        line = QRect(first.left(), first.top() - _GROUP_HEIGHT, first.width(), _GROUP_HEIGHT - 6)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(strong(self.font()))
        painter.setPen(QColor(theme.accent))
        painter.drawText(line, left, name)
        painter.fillRect(line.left(), line.bottom() + 2, line.width(), 1, QColor(theme.border))

    def _paint_row(self, painter: QPainter, area: QRect, row: HelpRow, theme: Theme) -> None:
        _, keys, text = row
        painter.setFont(self.font())
        room = area.width() - key_caps_width(self.font(), keys) - SPACE
        painter.setPen(QColor(theme.text))
        shown = elided(text, self.font(), room)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)
        draw_key_caps(painter, area.right() + 1, area, keys, theme)
