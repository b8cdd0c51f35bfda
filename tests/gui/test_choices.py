"""Sub-menus that show what is in force."""

from __future__ import annotations

import pytest

from deepvis.gui.choices import CHOICES, ChoiceMenus
from deepvis.records import Fit, Overlay, Sort


@pytest.fixture
def menus(window):
    """Sub-menus by their name."""
    made = window.findChildren(ChoiceMenus)
    if not made:
        ChoiceMenus(window.menuBar(), window.acts, window.controller)
    groups = [entry.menu() for entry in window.menuBar().actions()]
    return {entry.text(): entry.menu() for group in groups for entry in group.actions() if entry.menu() is not None}


def ticked(menu) -> list[str]:
    return [entry.text() for entry in menu.actions() if entry.isChecked()]


def test_every_choice_has_a_menu_with_one_tick(menus):
    # the methods are actions, each with a tick of its own
    assert set(menus) - {"Backward view"} == {choice.text for choice in CHOICES}
    assert {name: len(ticked(menu)) for name, menu in menus.items()} == dict.fromkeys(menus, 1)


@pytest.mark.parametrize(
    ("text", "entry", "found"),
    [
        ("Order of the tiles", "maximum", lambda view: view.grid.sort is Sort.MAXIMUM),
        ("Gamma boost", "0.5", lambda view: view.grid.gamma == 0.5),
        ("Color map", "viridis", lambda view: view.grid.colormap == "viridis"),
        ("Input overlay", "over active", lambda view: view.pane.overlay is Overlay.ACTIVE),
        ("Input fit", "stretch", lambda view: view.fit is Fit.STRETCH),
    ],
)
def test_an_entry_changes_the_view_and_takes_the_tick(window, menus, text, entry, found):
    (chosen,) = [action for action in menus[text].actions() if action.text() == entry]
    assert not found(window.controller.view)
    chosen.trigger()
    assert found(window.controller.view)
    assert ticked(menus[text]) == [entry]


def test_the_tick_follows_the_key(window, menus):
    window.acts.trigger("next_sort")
    assert ticked(menus["Order of the tiles"]) == [str(window.controller.view.grid.sort)]
