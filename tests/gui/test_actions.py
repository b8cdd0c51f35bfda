"""The action table, and what is made from it."""

from __future__ import annotations

from dataclasses import astuple
from itertools import pairwise

import pytest
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import QMainWindow

from deepvis.gui.actions import ACTIONS, GROUPS, ActionSpec, action
from deepvis.gui.back_commands import BackCommands
from deepvis.gui.bindings import ActionSet, help_rows, key_text, palette_rows
from deepvis.gui.cause_commands import CauseCommands
from deepvis.gui.commands import ViewCommands
from deepvis.gui.studio_commands import StudioCommands
from deepvis.gui.window_commands import WindowCommands

# key of the 2015 toolbox or its fork: the action here
KEYS_OF_2015 = {
    "H": "help",
    "Q": "quit",
    "Esc": "reset",
    "F": "toggle_freeze",
    "C": "toggle_camera",
    "E": "next_file",
    "PgDown": "next_file",
    "W": "previous_file",
    "PgUp": "previous_file",
    "0": "next_fit",
    "5": "toggle_timings",
    "8": "toggle_predictions",
    "9": "toggle_unit_page",
    "Z": "next_zoom",
    "T": "next_gamma",
    "Shift+T": "next_individual",
    "U": "previous_layer",
    "Shift+U": "previous_layer",
    "O": "next_layer",
    "Shift+O": "next_layer",
    "S": "next_pattern",
    "Shift+S": "previous_pattern",
    "1": "toggle_first_pattern",
    "A": "toggle_gradients",
    "B": "next_backward",
    "Shift+B": "previous_backward",
    "D": "freeze_origin",
    "N": "next_filter",
    "Shift+N": "previous_filter",
    "M": "next_colormap",
    "Shift+M": "previous_colormap",
    "Y": "next_overlay",
    "Shift+Y": "previous_overlay",
    "V": "next_input",
    "R": "toggle_scores",
    "Left": "left",
    "J": "left",
    "Right": "right",
    "L": "right",
    "Down": "down",
    "K": "down",
    "Up": "up",
    "I": "up",
    "Shift+J": "far_left",
    "Shift+L": "far_right",
    "Shift+K": "far_down",
    "Shift+I": "far_up",
}


def portable(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


@pytest.mark.parametrize(("key", "name"), KEYS_OF_2015.items())
def test_a_key_of_2015_is_in_the_table(key, name):
    assert portable(key) in [portable(each) for each in action(name).keys]


@pytest.mark.parametrize("spec", ACTIONS, ids=lambda spec: spec.id)
def test_every_action_has_exactly_one_handler(spec):
    every = (ViewCommands, StudioCommands, BackCommands, CauseCommands, WindowCommands)
    owners = [owner for owner in every if callable(getattr(owner, spec.id, None))]
    assert owners
    # Esc and Q have one in the window that stands before the plain one
    assert len(owners) == 1 or spec.id == "reset"


def test_no_key_stands_for_two_things():
    keys = [portable(key) for spec in ACTIONS for key in spec.keys]
    assert len(keys) == len(set(keys))


def test_every_key_is_one_that_qt_knows():
    for spec in ACTIONS:
        for key in spec.keys:
            sequence = QKeySequence(key)
            assert sequence.count() == 1, key
            assert portable(key), key


def test_ids_are_unique_and_groups_are_known():
    assert len({spec.id for spec in ACTIONS}) == len(ACTIONS)
    assert {spec.group for spec in ACTIONS} == set(GROUPS)


def test_an_unknown_action_is_told_with_a_close_one():
    with pytest.raises(KeyError, match="Did you mean 'next_layer'"):
        action("nxt_layer")


def test_an_action_without_a_handler_is_refused(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    handlers = {spec.id: lambda: None for spec in ACTIONS if spec.id != "jump"}
    with pytest.raises(KeyError, match="jump"):
        ActionSet(window, handlers)


@pytest.fixture
def acts(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    done = []
    made = ActionSet(window, {spec.id: (lambda name=spec.id: done.append(name)) for spec in ACTIONS})
    made.done, made.window = done, window
    return made


def test_triggering_calls_the_handler_of_that_row_only(acts):
    for spec in ACTIONS:
        acts.trigger(spec.id)
    assert acts.done == [spec.id for spec in ACTIONS]


def test_a_tooltip_names_the_keys(acts):
    assert "Next gamma boost (T)" in acts["next_gamma"].toolTip()
    assert "1, .7, .5, .3" in acts["next_gamma"].toolTip()


def test_blocking_stops_everything_besides_one_and_unblocking_gives_back_what_was_allowed(acts):
    acts.allow("forward", False)
    acts.block(True, besides="help")
    acts.trigger("next_gamma")
    acts.trigger("help")
    assert acts.done == ["help"]
    acts.allow("back", True)
    acts.trigger("back")
    acts.block(False)
    for name in ("next_gamma", "back", "forward"):
        acts.trigger(name)
    assert acts.done == ["help", "next_gamma", "back"]


def test_every_row_is_in_the_menu_of_its_group(acts):
    acts.fill(acts.window.menuBar())
    menus = {entry.text(): entry.menu() for entry in acts.window.menuBar().actions()}
    assert list(menus) == list(GROUPS)
    for spec in ACTIONS:
        own = menus[spec.group].actions()
        inner = [entry for menu in own if menu.menu() is not None for entry in menu.menu().actions()]
        assert acts[spec.id] in [*own, *inner]
    assert all(menu.toolTipsVisible() for menu in menus.values())


def test_entries_of_one_family_stand_in_a_menu_of_their_own_without_its_name(acts):
    acts.fill(acts.window.menuBar())
    (group,) = [entry.menu() for entry in acts.window.menuBar().actions() if entry.text() == "Backward views"]
    (family,) = [entry.menu() for entry in group.actions() if entry.text() == "Backward view"]
    words = [entry.text() for entry in family.actions()]
    assert words[:3] == ["Off", "Gradient", "Gradient × input"]
    assert not any("Backward view" in word for word in words)
    assert family.toolTipsVisible()
    # found in the palette, and told in the tooltip, by the whole name
    assert "Backward view: gradient" in [words for row in palette_rows() for words in astuple(row)]
    assert acts["back_gradient"].toolTip().startswith("Backward view: gradient")


def test_lines_set_groups_of_a_menu_apart_and_never_begin_or_end_it(acts):
    acts.fill(acts.window.menuBar())
    for entry in acts.window.menuBar().actions():
        lines = [action.isSeparator() for action in entry.menu().actions()]
        assert any(lines)
        assert not lines[0]
        assert not lines[-1]
        assert not any(one and other for one, other in pairwise(lines))


def test_the_help_page_has_every_row_with_a_key():
    assert [row[2] for row in help_rows()] == [spec.text for spec in ACTIONS if spec.keys]


def test_the_palette_has_every_row_but_itself():
    assert {row.id for row in palette_rows()} == {spec.id for spec in ACTIONS} - {"palette"}


def test_keys_are_written_as_people_read_them():
    assert key_text(ActionSpec("x", "X", ("Shift+Left", "Ctrl+K"), "Grid")) == "Shift+Left, Ctrl+K"
