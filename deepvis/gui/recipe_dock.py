"""The dock of the panel of recipes: it takes its width from the grid, and pictures to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QDockWidget

from deepvis.gui.widgets.drop_veil import DropVeil, brought_picture, may_be_picture
from deepvis.gui.widgets.recipe_panel import WIDTH

if TYPE_CHECKING:
    from PyQt6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
    from PyQt6.QtWidgets import QMainWindow

    from deepvis.gui.widgets.recipe_panel import RecipePanel


class RecipeDock(QDockWidget):
    """Lies beside the page and not in front of it: one looks at the pictures while one tunes them.

    Args:
        panel: what it holds.
        window: where it lies.
        neighbors: docks that keep their widths.

    Signals:
        picture_dropped: a `BroughtPicture`, to be read and started from.
    """

    picture_dropped = pyqtSignal(object)

    def __init__(self, panel: RecipePanel, window: QMainWindow, neighbors: tuple[QDockWidget, ...]) -> None:
        super().__init__("Synthesis", window)
        self._window = window
        self._neighbors = neighbors
        self._widths: list[int] = []
        self.setObjectName("synthesis")
        self.setWidget(panel)
        self.setAcceptDrops(True)
        self._veil = DropVeil(panel)
        self.visibilityChanged.connect(self._give_back)

    def open_panel(self) -> None:
        """Show it; the neighbors keep their widths as far as the window is wide enough."""
        if not self.isHidden():
            return
        self._widths = [dock.width() for dock in self._neighbors]
        self.show()
        self._resize([self, *self._neighbors], [WIDTH, *self._widths])

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Offer to take what may be a picture."""
        if event is not None and may_be_picture(event.mimeData()):
            event.acceptProposedAction()
            self._veil.lay()

    def dragLeaveEvent(self, _event: QDragLeaveEvent | None) -> None:
        """Take the offer back."""
        self._veil.hide()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Tell what was dropped; whether it is a picture is seen when it is read."""
        self._veil.hide()
        brought = None if event is None else brought_picture(event.mimeData())
        if event is not None and brought is not None:
            event.acceptProposedAction()
            self.picture_dropped.emit(brought)

    def _give_back(self, on: bool) -> None:
        if not on and self.isHidden() and self._widths and not self.isFloating():
            widths, self._widths = self._widths, []
            self._resize(list(self._neighbors), widths)

    def _resize(self, docks: list[QDockWidget], widths: list[int]) -> None:
        self._window.resizeDocks(docks, widths, Qt.Orientation.Horizontal)
