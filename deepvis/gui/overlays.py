"""What lies over the window for a moment: help, command palette, the way to a unit, short words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.gui.bindings import help_rows, palette_rows
from deepvis.gui.jump import FORMS, JumpError, find, suggestions
from deepvis.gui.widgets.compare_overlay import CompareOverlay
from deepvis.gui.widgets.help_overlay import HelpOverlay
from deepvis.gui.widgets.palette import CommandPalette, PaletteRow
from deepvis.gui.widgets.toast import Toast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.gui.bindings import ActionSet
    from deepvis.gui.controller import Controller
    from deepvis.gui.main_window import MainWindow
    from deepvis.live.pages import PagePicture
    from deepvis.records import ModelInfo


class Overlays:
    """Opens one at a time; while one is open the window's keys rest."""

    def __init__(self, parent: MainWindow, controller: Controller, actions: ActionSet) -> None:
        self._controller = controller
        self._actions = actions
        self.help = HelpOverlay(parent)
        self.palette = CommandPalette(parent)
        self.jump = CommandPalette(parent, filters=False)
        self.compare = CompareOverlay(parent)
        self.toast = Toast(parent, over=parent.grid_panel.stage)
        self.help.set_rows(help_rows())
        self.palette.set_rows(palette_rows())
        self.palette.set_placeholder("Type a command")
        self.jump.set_placeholder(FORMS)
        self.palette.chosen.connect(self._do)
        self.jump.chosen.connect(self._go)
        self.jump.query_changed.connect(self._suggest)
        for overlay in (self.help, self.palette, self.jump, self.compare):
            overlay.closed.connect(lambda: actions.block(False))
        controller.flashed.connect(self.toast.show_text)

    def open_palette(self) -> None:
        """All commands, to be searched."""
        self._open(self.palette)

    def open_jump(self) -> None:
        """Units, layers and classes, to be searched."""
        if self._controller.info is None:
            self._controller.told.emit("The network is still being loaded: there is nowhere to go yet.", "warning")
            return
        self._suggest("")
        self._open(self.jump)

    def toggle_help(self) -> None:
        """The key table."""
        if self.help.isVisible():
            self.help.close_overlay()
        else:
            self._open(self.help, besides="help")

    def show_pictures(self, title: str, pictures: Sequence[PagePicture]) -> None:
        """Pictures of a unit side by side, or one large."""
        self.compare.set_pictures(title, pictures)
        self._open(self.compare)

    def _open(self, overlay: HelpOverlay | CommandPalette | CompareOverlay, besides: str = "") -> None:
        self._actions.block(True, besides)
        overlay.open_over()

    def _do(self, name: str) -> None:
        self._actions.trigger(name)

    def _suggest(self, text: str) -> None:
        info = self._controller.info
        if info is None:
            return
        try:
            targets = [find(text, info, self._controller.view)]
        except JumpError as error:
            self.jump.set_rows([PaletteRow("", str(error))] if text.strip() else _layer_rows(info))
            return
        places = {(target.layer, target.unit) for target in targets}
        targets += [target for target in suggestions(text, info) if (target.layer, target.unit) not in places]
        self.jump.set_rows([PaletteRow(f"{at.layer}/{at.unit}", at.text, f"{at.layer}/{at.unit}") for at in targets])

    def _go(self, address: str) -> None:
        layer, _, unit = address.rpartition("/")
        if layer:
            self._controller.go(layer, int(unit))


def _layer_rows(info: ModelInfo) -> list[PaletteRow]:
    return [PaletteRow(f"{layer.name}/0", layer.name, layer.shape_text) for layer in info.shown_layers()]
