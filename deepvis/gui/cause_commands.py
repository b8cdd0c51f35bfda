"""What keys, menus and the palette do about causes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.gui import change_moves
from deepvis.records import ChangeKind

if TYPE_CHECKING:
    from deepvis.gui.main_window import MainWindow


class CauseCommands:
    """One method per action id."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def toggle_mute(self) -> None:
        """Mute the selected unit, or take that back."""
        self._window.causes.apply(ChangeKind.MUTE)

    def scale_unit(self) -> None:
        """Multiply the selected unit, and show where the factor is set."""
        self._window.causes.apply(ChangeKind.SCALE, begin=True)

    def clamp_unit(self) -> None:
        """Keep the selected unit within bounds, and show where they are set."""
        self._window.causes.apply(ChangeKind.CLAMP, begin=True)

    def clear_changes(self) -> None:
        """The network as it is."""
        controller = self._window.controller
        count = len(controller.view.changes)
        if not count:
            controller.flashed.emit("No unit is changed")
            return
        controller.set_view(change_moves.without_changes(controller.view))
        controller.flashed.emit("1 change taken back" if count == 1 else f"{count} changes taken back")

    def toggle_cause(self) -> None:
        """Show or hide the panel of causes."""
        self._window.cause_dock.toggle()
