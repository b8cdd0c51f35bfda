"""What the mouse does on the grid and on the enlarged unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QPoint, QTimer

from deepvis.gui import moves
from deepvis.gui.unit_menu import unit_menu

if TYPE_CHECKING:
    from deepvis.gui.main_window import MainWindow

SETTLE_MS = 60


class GridGestures(QObject):
    """Turns hovering, clicks, the wheel, drags and new sizes into wishes for another view."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._controller = window.controller
        self._hovered = -1
        self._settle = self._settle_timer()
        self._connect()

    def show_hint(self) -> None:
        """Say in the status line what lies under the pointer, with the values of the latest frame."""
        self._window.status.set_hint(self._window.stage_pages.hover_line(self._hovered))

    def _connect(self) -> None:
        panel, controller = self._window.grid_panel, self._controller
        grid = panel.grid
        grid.unit_clicked.connect(controller.select_unit)
        grid.position_clicked.connect(controller.select_position)
        grid.unit_double_clicked.connect(self._enlarge)
        grid.unit_hovered.connect(self._hover)
        grid.zoomed.connect(self._zoom)
        grid.panned.connect(self._pan)
        grid.context_asked.connect(self._offer)
        grid.resized.connect(lambda _height, _width: self._settle.start())
        for view in (self._window.unit_panel.unit, panel.enlarged):
            view.resized.connect(lambda _height, _width: self._settle.start())
            view.position_clicked.connect(self._choose_position)
        panel.enlarged_changed.connect(lambda _on: self._settle.start())

    def _settle_timer(self) -> QTimer:
        """While a dock is dragged the panes change size with every pixel: the last size is asked for only."""
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(SETTLE_MS)
        timer.timeout.connect(self._take_sizes)
        return timer

    def _take_sizes(self) -> None:
        panel = self._window.grid_panel
        height, width = panel.grid.device_size()
        self._controller.change_grid(height=height, width=width)
        shown = panel.enlarged if panel.is_enlarged else self._window.unit_panel.unit
        height, width = shown.device_size()
        self._controller.change_pane(height=height, width=width)

    def _hover(self, unit: int) -> None:
        self._hovered = unit
        self.show_hint()
        # tiles must not change places under the pointer
        self._controller.change_grid(hold_order=unit >= 0)

    def _zoom(self, factor: float, row: float, column: float) -> None:
        self._controller.set_view(moves.zoom_by(self._controller.view, factor, row, column))

    def _pan(self, rows: float, columns: float) -> None:
        self._controller.set_view(moves.pan_by(self._controller.view, rows, columns))

    def _enlarge(self, unit: int) -> None:
        self._controller.select_unit(unit)
        self._window.grid_panel.set_enlarged(True)

    def _choose_position(self, row: int, column: int) -> None:
        self._controller.select_position(self._controller.view.unit, row, column)

    def _offer(self, unit: int, at: QPoint) -> None:
        unit_menu(self._window, unit).exec(at)
