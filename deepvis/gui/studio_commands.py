"""What keys, menus and the palette do about synthesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis.gui.main_window import MainWindow


class StudioCommands:
    """One method per action id."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def synthesize(self) -> None:
        """Make a picture that excites the selected unit."""
        self._window.studio.synthesize()

    def synthesize_negative(self) -> None:
        """Make one that turns it off."""
        self._window.studio.synthesize_negative()

    def cancel_synthesis(self) -> None:
        """Stop what runs."""
        self._window.studio.cancel()

    def compare(self) -> None:
        """Show pictures side by side."""
        self._window.studio.comparison.open()

    def toggle_recipes(self) -> None:
        """Show or hide the panel of recipes."""
        self._window.show_recipes(self._window.recipe_dock.isHidden())

    def toggle_auto_synthesis(self) -> None:
        """Begin by itself where a unit is clicked, or not."""
        on = self._window.acts["toggle_auto_synthesis"].isChecked()
        self._window.studio.set_auto(on)
        self._window.controller.flashed.emit(
            "A unit that is clicked is synthesized" if on else "Units are synthesized only on demand"
        )
