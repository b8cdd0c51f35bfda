"""Pictures side by side at equal size over the window, each with its figures; one alone is simply seen large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QElapsedTimer, QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QApplication

from deepvis.gui.theme import SPACE, elided, small, strong, theme_of
from deepvis.gui.widgets.fitted_picture import fitted_rect, picture_at
from deepvis.gui.widgets.made_words import badges
from deepvis.gui.widgets.overlay import Overlay
from deepvis.gui.widgets.painting import draw_badges, wrapped
from deepvis.gui.widgets.whole_image_popup import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QWidget

    from deepvis.gui.theme import Theme
    from deepvis.live.pages import PagePicture

MARGIN = 6 * SPACE
"""Between the card and the edges of the window."""

LARGEST = 640
GAP = 2 * SPACE
LINES, WHY_LINES = 4, 7
"""Lines below a picture at most; an attribution also has what is known to be wrong with it."""
_LINE = 18
_TITLE = 40
_LEAST = 96


class CompareOverlay(Overlay):
    """A card with pictures in rows.

    Args:
        parent: what it covers.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._title = ""
        self._pictures: tuple[PagePicture, ...] = ()
        self._open = QElapsedTimer()

    @property
    def pictures(self) -> tuple[PagePicture, ...]:
        """What is compared."""
        return self._pictures

    def set_pictures(self, title: str, pictures: Sequence[PagePicture]) -> None:
        """Show these."""
        self._title, self._pictures = title, tuple(pictures)
        self.setAccessibleName("; ".join(", ".join(words_of(picture)) for picture in self._pictures))
        self.update()

    def open_over(self) -> None:
        """Cover the parent; from now on the second half of a double click is awaited."""
        self._open.start()
        super().open_over()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Close on a click beside the card that is not the second one of the double click that opened it."""
        if self._open.hasExpired(QApplication.doubleClickInterval()):
            super().mousePressEvent(event)

    def card_rect(self) -> QRect:
        """As large as the pictures need."""
        columns, side = self._fit()
        rows = -(-len(self._pictures) // columns)
        width = columns * (side + GAP) + GAP
        height = _TITLE + rows * (side + self._caption_height(side) + GAP)
        card = QRect(0, 0, width, height)
        card.moveCenter(self.rect().center())
        return card

    def picture_rects(self) -> list[QRect]:
        """Where the pictures lie, in logical pixels."""
        card, (columns, side) = self.card_rect(), self._fit()
        step = side + self._caption_height(side) + GAP
        return [
            QRect(
                card.left() + GAP + place % columns * (side + GAP),
                card.top() + _TITLE + place // columns * step,
                side,
                side,
            )
            for place in range(len(self._pictures))
        ]

    def lines_of(self, picture: PagePicture, width: int) -> list[str]:
        """What stands below a picture at a width in logical pixels; all but its name wraps."""
        name, *rest = words_of(picture, letters=None) or ("",)
        lines, most = [elided(name, self.font(), width)], LINES if picture.why is None else WHY_LINES
        for text in rest:
            if len(lines) < most:
                lines += wrapped(text, small(self.font()), width, most - len(lines))
        return lines

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the ground, then pictures and words."""
        super().paintEvent(event)
        painter, theme, card = QPainter(self), theme_of(self.palette()), self.card_rect()
        line = QRect(card.left() + GAP, card.top(), card.width() - 2 * GAP, _TITLE)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(small(self.font()))
        painter.setPen(QColor(theme.muted))
        hint = "Esc closes" if line.width() > 3 * _LEAST else ""
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), hint)
        room = line.width() - painter.fontMetrics().horizontalAdvance(hint) - SPACE
        painter.setFont(strong(self.font()))
        painter.setPen(QColor(theme.text))
        painter.drawText(line, left, elided(self._title, painter.font(), room))
        for picture, rect in zip(self._pictures, self.picture_rects(), strict=True):
            self._paint_picture(painter, picture, rect, theme)

    def _paint_picture(self, painter: QPainter, picture: PagePicture, rect: QRect, theme: Theme) -> None:
        painter.fillRect(rect, QColor(theme.window))
        ratio = self.devicePixelRatioF()
        shown = fitted_rect(picture.rgb, QRectF(rect), ratio)
        painter.drawImage(shown.topLeft(), picture_at(picture.rgb, shown.size(), ratio))
        painter.setFont(self.font())
        if picture.made is not None:
            draw_badges(painter, rect, badges(picture.made), theme)
        for row, text in enumerate(self.lines_of(picture, rect.width())):
            painter.setFont(self.font() if row == 0 else small(self.font()))
            painter.setPen(QColor(theme.text if row == 0 else theme.muted))
            line = QRect(rect.left(), rect.bottom() + 1 + SPACE // 2 + row * _LINE, rect.width(), _LINE)
            painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter), text)

    def _caption_height(self, side: int) -> int:
        lines = max((len(self.lines_of(picture, side)) for picture in self._pictures), default=0)
        return lines * _LINE + SPACE // 2

    def _fit(self) -> tuple[int, int]:
        """The number of columns that leaves the pictures largest, and their side."""
        count = max(1, len(self._pictures))
        width, height = self.width() - 2 * MARGIN - GAP, self.height() - 2 * MARGIN - _TITLE
        best = (1, _LEAST)
        for columns in range(1, count + 1):
            rows = -(-count // columns)
            side = self._side(width // columns - GAP, height // rows - GAP)
            if side > best[1]:
                best = (columns, side)
        return best

    def _side(self, width: int, height: int) -> int:
        """The largest side of a picture that leaves its words their height; narrower, they need more of it."""
        side = min(LARGEST, width)
        for _ in range(WHY_LINES):
            side = min(side, height - self._caption_height(max(side, _LEAST)))
        return side
