"""A sentence in as many lines as it may take; what does not fit is elided at the end of the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent

from deepvis.gui.theme import theme_of
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.painting import wrapped

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

LINE_HEIGHT = 18


class CaveatLabel(ElidedLabel):
    """Its tooltip is the owner's, and has the words whole: it stays when the width changes."""

    def __init__(self, role: str = "muted", parent: QWidget | None = None) -> None:
        super().__init__(role, parent=parent)
        self._most = 1

    def set_most_lines(self, most: int) -> None:
        """Wrap into so many lines at most."""
        if most != self._most:
            self._most = most
            self.updateGeometry()
            self.update()

    def lines(self, width: int) -> list[str]:
        """What stands in each line at a width."""
        return wrapped(self.text, self.font(), width, self._most)

    def height_at(self, width: int) -> int:
        """What the words take at a width."""
        return len(self.lines(width)) * LINE_HEIGHT

    def shown_text(self) -> str:
        """What fits at the present width."""
        return " ".join(self.lines(self.width()))

    def sizeHint(self) -> QSize:
        """All lines at the present width."""
        return QSize(160, self.height_at(max(1, self.width())))

    def minimumSizeHint(self) -> QSize:
        """A line; any width."""
        return QSize(16, LINE_HEIGHT)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint the lines."""
        painter = QPainter(self)
        painter.setPen(QColor(getattr(theme_of(self.palette()), self._role)))
        for place, line in enumerate(self.lines(self.width())):
            area = QRect(0, place * LINE_HEIGHT, self.width(), LINE_HEIGHT)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), line)

    def _update_tooltip(self) -> None:
        """The owner says what it is."""
