"""Keys of the backward view typed into the real window, over a session that runs no thread."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt6.QtCore import Qt

from deepvis.gui.unit_menu import unit_menu
from deepvis.live.events import ModelReady
from deepvis.records import BackView, Backward, Method, Overlay, SeedKind, Stage, Target
from tests.gui.back_made_up import make_back
from tests.gui.test_window_keys import key_of, press


@pytest.fixture
def said(window):
    words = []
    window.controller.flashed.connect(words.append)
    return words


def typed(window, keys):
    for key in keys:
        press(window, *key_of(key))
    return window.controller.view.back


def test_b_and_capital_b_go_through_the_methods_and_say_which(window, said):
    methods = [typed(window, key).method for key in "bbbbB"]
    assert methods == [Method.GRADIENT, Method.DECONVNET, Method.GUIDED, None, Method.GUIDED]
    assert said[1] == "Backward view: deconvnet"
    assert said[3] == "Backward view off"


def test_the_method_in_force_has_the_tick_in_the_menu(window):
    typed(window, "bb")
    ticked = {name for name in ("back_off", "back_gradient", "back_deconvnet") if window.acts[name].isChecked()}
    assert ticked == {"back_deconvnet"}
    window.acts.trigger("back_deconvnet")
    assert window.acts["back_deconvnet"].isChecked()


@pytest.mark.parametrize("method", Method)
def test_every_method_can_be_had_from_the_palette(window, method):
    window.acts.trigger(f"back_{method.name.lower()}")
    assert window.controller.view.back.method is method


def test_n_changes_the_view_and_keeps_the_method(window, said):
    assert typed(window, "bNN") == replace(window.controller.view.back, method=Method.GRADIENT, view=BackView.RAW)
    assert said[-1] == "Shown as raw"
    assert typed(window, "N").view is BackView.HISTOGRAM


def test_m_changes_the_colors_of_the_grid_until_there_is_a_backward_view(window, said):
    press(window, *key_of("m"))
    assert (window.controller.view.grid.colormap, window.controller.view.back.colormap) == ("magma", "auto")
    back = typed(window, "bNNmm")
    assert (window.controller.view.grid.colormap, back.colormap) == ("magma", "jet")
    assert said[-1] == "Backward color map jet (raw has colors of its own)"
    assert typed(window, "nnM").colormap == "gray"
    assert said[-1] == "Backward color map gray"


def test_7_changes_the_colors_of_the_grid_beside_a_backward_view(window):
    back = typed(window, "b7")
    assert (window.controller.view.grid.colormap, back.colormap) == ("magma", "auto")


def test_y_lays_unit_and_backward_view_over_the_input(window):
    assert typed(window, "y").overlay is Overlay.ACTIVE
    assert window.controller.view.pane.overlay is Overlay.ACTIVE
    window.controller.change_back(overlay=Overlay.OFF)
    assert typed(window, "y").overlay is Overlay.INACTIVE


def test_d_holds_the_origin_while_other_units_and_layers_are_looked_at(window, said):
    window.controller.go("blocks.0", 7)
    window.controller.select_position(7, 2, 3)
    typed(window, "bd")
    assert said[-1] == "Backward view frozen at blocks.0/7"
    window.controller.go("blocks.1", 1)
    back = window.controller.view.back
    assert back.target("blocks.1", 1, None) == Target("blocks.0", 7, SeedKind.CHANNEL, (2, 3))
    assert window.acts["freeze_origin"].isChecked()
    assert typed(window, "d").origin is None
    assert not window.acts["freeze_origin"].isChecked()


def test_d_holds_the_answers_of_the_frame_that_is_shown(window, show):
    window.controller.change_back(method=Method.GRADIENT, seed=SeedKind.DIFFERENCE, class_index=3)
    view = window.controller.view
    shown = Target(view.layer, view.unit, SeedKind.DIFFERENCE, None, 3, 1)
    show(window, back=replace(make_back(view), target=shown))
    assert typed(window, "d").origin == shown


def test_freezing_at_a_tile_moves_a_frozen_origin_and_turns_the_view_on(window):
    window.controller.go("blocks.0", 7)
    typed(window, "d")
    menu = unit_menu(window, 4)
    (entry,) = [act for act in menu.actions() if act.text() == "Freeze the backward view here"]
    entry.trigger()
    back = window.controller.view.back
    assert (back.origin, back.method) == (Target("blocks.0", 4), Method.GRADIENT)


def test_a_shows_gradients_from_any_page(window, said):
    window.acts.trigger("show_exemplars")
    back = typed(window, "a")
    assert (back.gradients, back.method, window.controller.view.stage) == (True, Method.GRADIENT, Stage.ACTIVATIONS)
    assert said[-1] == "Gradients in the grid, by gradient"
    assert window.acts["toggle_gradients"].isChecked()
    assert not typed(window, "a").gradients


def test_z_goes_from_the_grid_to_the_unit_to_the_backward_view_to_the_grid(window):
    panel = window.grid_panel
    typed(window, "b")
    seen = []
    for _ in range(3):
        press(window, *key_of("z"))
        seen.append(panel.stage.currentWidget())
    assert seen == [panel.enlarged, panel.back, panel.grid]


def test_a_backward_view_that_is_turned_off_gives_the_grid_its_place_back(window):
    typed(window, "bzz")
    assert window.grid_panel.large is window.grid_panel.back
    typed(window, "B")
    assert window.grid_panel.stage.currentWidget() is window.grid_panel.grid


def test_esc_resets_the_backward_view_with_everything_else(window):
    typed(window, "bbnnmyda")
    press(window, Qt.Key.Key_Escape)
    back = window.controller.view.back
    assert replace(back, height=0, width=0) == Backward()


def test_another_network_lets_the_frozen_origin_go(window, info):
    typed(window, "bd")
    window.controller.take(ModelReady(replace(info, name="othernet")))
    back = window.controller.view.back
    assert (back.origin, back.method) == (None, Method.GRADIENT)


def test_the_same_network_on_another_device_keeps_it(window, info):
    origin = typed(window, "bd").origin
    window.controller.take(ModelReady(replace(info, device="cuda:0"), moved=True))
    assert window.controller.view.back.origin == origin
