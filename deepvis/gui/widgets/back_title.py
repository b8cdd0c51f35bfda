"""The title of the dock of the backward view: it says whether there is one, and by which method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from deepvis.gui.icons import SIZE, icon
from deepvis.gui.theme import SPACE, elided, theme_of
from deepvis.gui.widgets.compact_combo import CompactCombo
from deepvis.records import Method

if TYPE_CHECKING:
    from deepvis.records import Backward

TITLE = "Backward view"
HINT = "press B"
_CENTERED_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_CENTERED_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_HEIGHT = 27
_LEFT = 12
"""Where Qt begins the titles of the other docks."""


class BackTitle(QWidget):
    """Title, hint while it is off, the method, and the pin of the origin. The dock is dragged by it.

    Signals:
        method_chosen: a `Method`, None for off.
        pin_clicked: freeze the origin, or let it go.
    """

    method_chosen = pyqtSignal(object)
    pin_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._off = True
        self._method = CompactCombo()
        self._pin = QToolButton()
        self._build()

    def show_back(self, back: Backward, origin: str) -> None:
        """Bring method and pin in line with a view; `origin` says where the pass starts."""
        self._method.setCurrentIndex(self._method.findData(back.method))
        self._off = back.method is None
        self._pin.setVisible(back.method is not None or back.origin is not None)
        self._pin.setChecked(back.origin is not None)
        held = f"Frozen at {origin}: click to follow the selected unit again (D)"
        self._pin.setToolTip(held if back.origin is not None else f"Freeze the origin at {origin} (D)")
        layout = self.layout()
        if layout is not None:
            # the hint is painted where the method leaves room: a later move of it would uncover half of the hint
            layout.activate()
        self.update()

    def sizeHint(self) -> QSize:
        """A line."""
        return QSize(240, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """A line, narrow."""
        return QSize(160, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Paint ground, hairline and title as those of the other docks, and the hint where there is room for it."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.fillRect(self.rect(), QColor(theme.panel))
        painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(theme.border))
        line = QRect(_LEFT, 0, self._method.x() - _LEFT - SPACE // 2, self.height() - 1)
        painter.setPen(QColor(theme.muted))
        painter.drawText(line, _CENTERED_LEFT, elided(TITLE, self.font(), line.width()))
        taken = painter.fontMetrics().horizontalAdvance(TITLE) + SPACE
        if self._off and line.width() - taken >= painter.fontMetrics().horizontalAdvance(HINT):
            painter.setPen(QColor(theme.faint))
            painter.drawText(line.adjusted(taken, 0, 0, 0), _CENTERED_RIGHT, HINT)

    def changeEvent(self, event: QEvent | None) -> None:
        """Take the colors of another theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "_pin"):
            self._pin.setIcon(icon("pin", theme_of(self.palette())))

    def _build(self) -> None:
        self._method.addItem("off", None)
        for method in Method:
            self._method.addItem(method.label, method)
        self._method.setFixedHeight(_HEIGHT - 5)
        self._method.setToolTip("How it is found which pixels speak for the unit (B)")
        self._method.setAccessibleName("Method of the backward view")
        self._method.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._method.activated.connect(lambda _index: self.method_chosen.emit(self._method.currentData()))
        self._pin.setIcon(icon("pin", theme_of(self.palette())))
        self._pin.setIconSize(QSize(SIZE - 2, SIZE - 2))
        self._pin.setFixedSize(22, 22)
        self._pin.setCheckable(True)
        self._pin.setProperty("flat", True)
        self._pin.setAccessibleName("Freeze the origin")
        self._pin.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._pin.clicked.connect(lambda _on: self.pin_clicked.emit())
        line = QHBoxLayout(self)
        line.setContentsMargins(_LEFT, 1, SPACE, 2)
        line.setSpacing(SPACE // 2)
        line.addStretch(1)
        line.addWidget(self._method)
        line.addWidget(self._pin)
