"""What a right click on a tile offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu

from deepvis.records import Stage

if TYPE_CHECKING:
    from deepvis.gui.main_window import MainWindow

_PAGE_ACTIONS = {
    True: (
        "show_exemplars",
        "show_minimum_images",
        "show_synthesized",
        "next_sort",
        "toggle_dead",
        "next_scaling",
        "zoom_reset",
    ),
    False: ("show_activations", "toggle_first_pattern", "next_sort", "toggle_dead", "zoom_reset"),
}
"""By whether the grid shows live maps."""


def unit_menu(window: MainWindow, unit: int) -> QMenu:
    """The menu for a unit (-1 beside the tiles)."""
    menu = QMenu(window)
    menu.setToolTipsVisible(True)
    if unit >= 0:
        window.controller.select_unit(unit)
        menu.addAction(_title(window, unit, menu))
        menu.addSeparator()
    menu.addActions([window.acts[name] for name in ("next_zoom", "follow_maximum", "copy_address", "jump")])
    menu.addSeparator()
    menu.addActions([window.acts[name] for name in ("synthesize", "synthesize_negative", "toggle_recipes")])
    menu.addSeparator()
    menu.addActions([window.acts[name] for name in ("toggle_mute", "scale_unit", "clamp_unit", "toggle_cause")])
    menu.addSeparator()
    menu.addActions([window.acts[name] for name in _PAGE_ACTIONS[window.controller.view.stage is Stage.ACTIVATIONS]])
    menu.addSeparator()
    menu.addActions([window.acts[name] for name in ("freeze_here", "toggle_gradients", "save_grid")])
    return menu


def _title(window: MainWindow, unit: int, menu: QMenu) -> QAction:
    layer, info = window.controller.layer(), window.controller.info
    label = info.label(layer, unit) if info is not None and layer is not None else ""
    title = QAction(f"{window.controller.view.layer}/{unit}" + (f"  {label}" if label else ""), menu)
    title.setEnabled(False)
    return title
