"""The grid of every unit's histogram, within the page of activity."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt

from deepvis.records import Stage


@pytest.fixture
def asked(window):
    """A window that asks for the grid of the histograms of a layer of 200 units."""
    window.controller.go("blocks.0", 5)
    window.acts.trigger("toggle_unit_histograms")
    return window


def test_the_command_leads_to_the_grid_and_again_to_the_figures_of_the_layer(asked, made):
    view = asked.controller.view
    assert (view.stage, view.unit_histograms) == (Stage.ACTIVITY, True)
    assert asked.acts["toggle_unit_histograms"].isChecked()
    made.send(pattern=made.pattern())
    assert asked.grid_panel.stage.currentWidget() is asked.grid_panel.grid
    asked.acts.trigger("toggle_unit_histograms")
    made.send(layer_page=made.figures())
    assert asked.grid_panel.stage.currentWidget() is asked.grid_panel.activity()
    assert not asked.acts["toggle_unit_histograms"].isChecked()


def test_the_button_above_the_page_of_activity_chooses_and_is_nowhere_else(qtbot, window, made):
    panel = window.grid_panel
    assert not panel._each.isVisible()
    window.controller.set_stage(Stage.ACTIVITY)
    qtbot.mouseClick(panel._each, Qt.MouseButton.LeftButton)
    assert window.controller.view.unit_histograms
    made.send(pattern=made.pattern())
    assert panel.stage.currentWidget() is panel.grid
    qtbot.mouseClick(panel._each, Qt.MouseButton.LeftButton)
    assert not window.controller.view.unit_histograms
    window.controller.set_stage(Stage.EXEMPLARS)
    assert not panel._each.isVisible()


def test_figures_that_come_with_the_grid_do_not_take_its_place_and_are_told(asked, made):
    made.send(pattern=made.pattern())
    made.send(layer_page=made.figures())
    assert asked.grid_panel.stage.currentWidget() is asked.grid_panel.grid
    assert made.origin in asked.grid_panel._words.text
    assert "red" in asked.grid_panel._words.text


def test_the_tooltip_of_a_tile_tells_how_often_the_unit_is_active(asked, made):
    made.send(pattern=made.pattern())
    made.send(layer_page=made.figures())
    lines = asked.stage_pages.hover_text(100, None).splitlines()
    assert lines[0] == "blocks.0/100"
    assert lines[1] == "active in 50 %"
    assert "dead" in asked.stage_pages.hover_text(1, None).splitlines()


def test_tiles_can_be_sorted_and_the_arrows_move_over_them(asked, made):
    made.send(pattern=made.pattern())
    assert asked.acts["next_sort"].isEnabled()
    assert asked.grid_panel._hide_dead.isVisible()
    columns = made.pattern().layout.columns
    asked.acts.trigger("down")
    assert asked.controller.view.unit == 5 + columns


def test_a_layer_that_was_not_scanned_says_so(asked, made):
    made.send(pattern=made.pattern(bgrx=None, layout=None, problem="No images were scanned."))
    assert asked.grid_panel.stage.currentWidget() is asked.grid_panel.notice
    assert "No images were scanned." in asked.grid_panel.notice.words()


def test_what_is_shown_of_the_layer_does_not_show_as_the_grid(window, made):
    window.controller.go("blocks.0", 5)
    window.controller.set_stage(Stage.ACTIVITY)
    made.send(layer_page=made.figures())
    window.acts.trigger("toggle_unit_histograms")
    assert window.grid_panel.stage.currentWidget() is not window.grid_panel.activity()


def test_esc_goes_back_to_the_figures_of_the_layer(asked):
    asked.acts.trigger("show_activations")
    asked.acts.trigger("reset")
    assert not asked.controller.view.unit_histograms
