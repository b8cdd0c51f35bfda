"""The title line of a section: a click folds the section up, small buttons lie at its right end."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PyQt6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from deepvis.gui.theme import SPACE, elided, small, strong, theme_of

HEIGHT = 30
_CHEVRON_WIDTH = 16


class SectionHeader(QAbstractButton):
    """A heading that is checked while its section is open.

    Args:
        title: the heading.
        parent: the widget it lies in.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setChecked(True)
        self.setFont(strong(self.font()))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.toggled.connect(self._show_tip)
        self._note = ""
        self._tools = QWidget(self)
        self._row = QHBoxLayout(self._tools)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACE // 2)
        self._show_tip()

    def add_tool(self, tool: QWidget) -> None:
        """Put a small control at the right end."""
        self._row.addWidget(tool)
        self.place_tools()

    def show_tools(self, shown: bool) -> None:
        """Show the controls, or not."""
        self._tools.setVisible(shown)

    def set_note(self, note: str) -> None:
        """A quiet word behind the title; it gives way first."""
        if note != self._note:
            self._note = note
            self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(160, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """One line, narrow."""
        return QSize(60, HEIGHT)

    def resizeEvent(self, _event: QResizeEvent | None) -> None:
        """Keep the controls at the right end."""
        self.place_tools()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint hairline, title, note and chevron."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.fillRect(QRect(0, 0, self.width(), 1), QColor(theme.border))
        left_center = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        tools = self._tools.width() + SPACE if self._tools.isVisible() and self._row.count() else 0
        line = QRect(0, 1, self.width() - _CHEVRON_WIDTH - tools, self.height() - 1)
        title = elided(self.text(), self.font(), line.width())
        painter.setPen(QColor(theme.text))
        painter.drawText(line, left_center, title)
        line.setLeft(QFontMetrics(self.font()).horizontalAdvance(title) + SPACE)
        quiet = small(self.font())
        quiet.setWeight(QFont.Weight.Normal)
        painter.setFont(quiet)
        painter.setPen(QColor(theme.muted))
        if QFontMetrics(painter.font()).horizontalAdvance(self._note) <= line.width():
            painter.drawText(line, left_center, self._note)
        window = self.window()
        keyed = window is not None and window.testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        lively = self.underMouse() or (keyed and self.hasFocus())
        self._paint_chevron(painter, QColor(theme.text if lively else theme.faint))

    def _paint_chevron(self, painter: QPainter, color: QColor) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color, 1.4, cap=Qt.PenCapStyle.RoundCap))
        x, y = self.width() - 5.0, self.height() / 2 + 0.5
        if self.isChecked():
            points = [QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)]
        else:
            points = [QPointF(x - 1, y - 4), QPointF(x + 3, y), QPointF(x - 1, y + 4)]
        painter.drawPolyline(QPolygonF(points))

    def place_tools(self) -> None:
        """Give the controls the room that they want now."""
        size = self._tools.sizeHint()
        right = self.width() - _CHEVRON_WIDTH - SPACE // 2
        self._tools.setGeometry(
            right - size.width(), (self.height() - size.height()) // 2 + 1, size.width(), size.height()
        )

    def _show_tip(self) -> None:
        self.setToolTip("Fold up" if self.isChecked() else "Unfold")
