"""Sub-menus that show which of a few ways is in force, beside the action whose key goes through them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMenu

from deepvis.config import GAMMA_STEPS, INDIVIDUAL_STEPS
from deepvis.gui import back_moves
from deepvis.gui.actions import action
from deepvis.imaging.colormap import COLORMAPS
from deepvis.records import BackView, Fit, Overlay, Scaling, SeedKind, Sort

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QMenuBar

    from deepvis.gui.bindings import ActionSet
    from deepvis.gui.controller import Controller
    from deepvis.records import View


@dataclass(frozen=True, slots=True)
class Choice:
    """One property of the view and its values.

    Attributes:
        beside: id of the action that it stands below.
        text: the sub-menu's name.
        part: `grid`, `pane` or `back` of a view; empty for the view itself.
        field: of that part.
        values: what can be chosen.
    """

    beside: str
    text: str
    part: str
    field: str
    values: Sequence[object]


CHOICES = (
    Choice("next_fit", "Input fit", "", "fit", tuple(Fit)),
    Choice("next_gamma", "Gamma boost", "grid", "gamma", GAMMA_STEPS),
    Choice("next_individual", "Individual boost", "grid", "individual", INDIVIDUAL_STEPS),
    Choice("next_scaling", "Range of the colors", "grid", "scaling", tuple(Scaling)),
    Choice("previous_colormap", "Color map", "grid", "colormap", COLORMAPS),
    Choice("next_sort", "Order of the tiles", "grid", "sort", tuple(Sort)),
    Choice("previous_overlay", "Input overlay", "pane", "overlay", tuple(Overlay)),
    # those beside one action stand in the menu in the order opposite to this
    Choice("previous_filter", "Backward view over the input", "back", "overlay", tuple(Overlay)),
    Choice("previous_filter", "Colors of the backward view", "back", "colormap", back_moves.BACK_COLORMAPS),
    Choice("previous_filter", "Drawn as", "back", "view", tuple(BackView)),
    Choice("toggle_check", "Start of the backward pass", "back", "seed", tuple(SeedKind)),
)


class ChoiceMenus(QObject):
    """The sub-menus, in step with the view.

    Args:
        bar: the menu bar that `ActionSet.fill` has filled.
        acts: the actions in it.
        controller: asked for the view, told what was chosen.
    """

    def __init__(self, bar: QMenuBar, acts: ActionSet, controller: Controller) -> None:
        super().__init__(bar)
        self._controller = controller
        self._made: list[tuple[Choice, QActionGroup]] = []
        menus = {entry.text(): entry.menu() for entry in bar.actions()}
        for choice in CHOICES:
            menu = menus[action(choice.beside).group]
            if menu is not None:
                self._add(choice, menu, acts[choice.beside])
        controller.view_changed.connect(self.show_view)
        self.show_view(controller.view)

    def show_view(self, view: View) -> None:
        """Tick what is in force."""
        for choice, group in self._made:
            present = getattr(_part(view, choice), choice.field)
            for entry in group.actions():
                entry.setChecked(entry.data() == present)

    def _add(self, choice: Choice, menu: QMenu, beside: QAction) -> None:
        submenu = QMenu(choice.text, menu)
        group = QActionGroup(submenu)
        for value in choice.values:
            entry = QAction(f"{value:g}" if isinstance(value, float) else str(value), group)
            entry.setCheckable(True)
            entry.setData(value)
            entry.triggered.connect(lambda _on=False, value=value: self._choose(choice, value))
            submenu.addAction(entry)
        entries = menu.actions()
        after = entries.index(beside) + 1
        menu.insertMenu(entries[after] if after < len(entries) else None, submenu)
        self._made.append((choice, group))

    def _choose(self, choice: Choice, value: object) -> None:
        change = {choice.field: value}
        if choice.part == "grid":
            self._controller.change_grid(**change)
        elif choice.part == "pane":
            self._controller.change_pane(**change)
        elif choice.part == "back":
            self._controller.change_back(**change)
        else:
            self._controller.set_view(replace(self._controller.view, **change))  # type: ignore[arg-type]


def _part(view: View, choice: Choice) -> object:
    return getattr(view, choice.part) if choice.part else view
