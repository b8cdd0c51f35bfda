"""The dock of the backward view: a bar while it is off, a panel with a share of the column while it is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, Qt, QTimer
from PyQt6.QtWidgets import QDockWidget

from deepvis.gui.widgets.back_panel import BackPanel
from deepvis.gui.widgets.back_title import TITLE, BackTitle

if TYPE_CHECKING:
    from PyQt6.QtGui import QShowEvent
    from PyQt6.QtWidgets import QMainWindow

_UNLIMITED = 16777215
SHARES = (0.42, 0.23, 0.35)
"""Of the column, where all three docks of it are open: input, selected unit, backward view."""


class BackDock(QDockWidget):
    """Opens with a method and closes to its title without one.

    Args:
        window: has the dock.
        above: the docks of the column above it, which give it room.

    Attributes:
        heights: of the three docks when it was open last; what a person made of them comes back.
    """

    def __init__(self, window: QMainWindow, above: tuple[QDockWidget, QDockWidget]) -> None:
        super().__init__(TITLE, window)
        self.setObjectName("backward_view")
        self.panel = BackPanel()
        self.title = BackTitle()
        self.setTitleBarWidget(self.title)
        self.setWidget(self.panel)
        self._window = window
        self._column = (*above, self)
        self._is_open = True
        self._placed = False
        self._closed_heights: list[int] = []
        self.heights: list[int] = []
        self.set_open(on=False)

    @property
    def is_open(self) -> bool:
        """It is more than its title."""
        return self._is_open

    def set_open(self, on: bool) -> None:
        """Show the panel, or the title alone; the docks above get back what they had."""
        if on == self._is_open:
            return
        if not on:
            self.note_heights()
        else:
            self._closed_heights = self._present() if self._placed else []
        self._is_open = on
        # not hidden: an empty dock would have no width of its own
        self.panel.setMaximumHeight(_UNLIMITED if on else 0)
        self.setMaximumHeight(_UNLIMITED if on else self.title.sizeHint().height())
        if on and self._placed:
            self.show()
        if self.isVisible():
            # the panel's share is known once the layout has taken notice of it
            QTimer.singleShot(0, self.place)

    def note_heights(self) -> None:
        """Keep how a person has divided the column."""
        if self._is_open and self._placed and self._in_column():
            self.heights = self._present()

    def place(self) -> None:
        """Divide the column among its docks."""
        self._placed = True
        if not self._in_column():
            return
        room = sum(self._present())
        if self._is_open:
            kept = self.heights if sum(self.heights) > 0 else [round(room * share) for share in SHARES]
            wanted = [round(height * room / sum(kept)) for height in kept]
        else:
            bar = self.title.sizeHint().height()
            first = self._closed_heights[:2] or [room * 6 // 10, room * 4 // 10]
            wanted = [round(height * (room - bar) / sum(first)) for height in first] + [bar]
        self._window.resizeDocks(list(self._column), wanted, Qt.Orientation.Vertical)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Take its place once the window has its size."""
        super().showEvent(event)
        if not self._placed:
            QTimer.singleShot(0, self.place)

    def changeEvent(self, event: QEvent | None) -> None:
        """The bar is as high as the typeface wants it."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.FontChange and not self._is_open:
            self.setMaximumHeight(self.title.sizeHint().height())

    def _present(self) -> list[int]:
        return [dock.height() for dock in self._column]

    def _in_column(self) -> bool:
        """The three stand in one column of the window, as they do at first."""
        docked = all(dock.isVisible() and not dock.isFloating() for dock in self._column)
        return docked and len({dock.x() for dock in self._column}) == 1
