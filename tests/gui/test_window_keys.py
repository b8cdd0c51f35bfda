"""Keys typed into the real window, over a session that runs no thread."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLineEdit

from deepvis.gui.actions import ACTIONS
from deepvis.live.events import SourceChanged
from deepvis.records import Fit, Overlay, Scaling, Sort, SourceState
from deepvis.sources.base import Next, Previous, Step, TogglePause
from tests.gui.made_up import make_made

SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


def press(window, key, modifier=Qt.KeyboardModifier.NoModifier):
    """Type a key where the keyboard's focus is."""
    QTest.keyClick(QApplication.focusWidget() or window, key, modifier)


def key_of(letter: str):
    return getattr(Qt.Key, f"Key_{letter.upper()}"), SHIFT if letter.isupper() else Qt.KeyboardModifier.NoModifier


def columns(window) -> int:
    return window.controller.result.grid.layout.columns


@pytest.mark.parametrize(
    ("keys", "distance"),
    [
        ("l", 1),
        ("lj", 0),
        ("L", 3),
        ("LJ", 0),
        ("llL", 5),
    ],
)
def test_j_and_l_move_sideways_by_one_and_by_three(window, keys, distance):
    for key in keys:
        press(window, *key_of(key))
    assert window.controller.view.unit == distance


@pytest.mark.parametrize(("keys", "rows"), [("k", 1), ("ki", 0), ("K", 3), ("KI", 0), ("Kii", 1)])
def test_k_and_i_move_by_rows(window, keys, rows):
    window.controller.select_layer("blocks.0")
    window.controller.select_unit(1)
    for key in keys:
        press(window, *key_of(key))
    assert window.controller.view.unit == 1 + rows * columns(window)


def test_the_arrows_move_too(window):
    press(window, Qt.Key.Key_Right)
    press(window, Qt.Key.Key_Right, SHIFT)
    assert window.controller.view.unit == 4
    press(window, Qt.Key.Key_Left)
    press(window, Qt.Key.Key_Down)
    assert window.controller.view.unit == 3 + columns(window)
    press(window, Qt.Key.Key_Up)
    press(window, Qt.Key.Key_Left, SHIFT)
    assert window.controller.view.unit == 0


def test_right_after_a_change_of_layer_a_move_stays_within_the_new_layer(window, show):
    window.controller.go("blocks.0", 150)
    show(window)
    press(window, *key_of("o"))
    assert window.controller.view.unit == 11
    press(window, *key_of("l"))  # the grid on screen is still the one of 200 units
    assert window.controller.view.unit == 11


@pytest.mark.parametrize(("key", "layer"), [("o", "blocks.1"), ("O", "blocks.1"), ("u", "stem"), ("U", "stem")])
def test_u_and_o_change_the_layer(window, key, layer):
    press(window, *key_of(key))
    assert window.controller.view.layer == layer


def test_t_cycles_the_gamma_boost(window):
    seen = []
    for _ in range(4):
        press(window, *key_of("t"))
        seen.append(window.controller.view.grid.gamma)
    assert seen == [0.7, 0.5, 0.3, 1.0]


def test_capital_t_cycles_the_individual_boost(window):
    seen = []
    for _ in range(5):
        press(window, *key_of("T"))
        seen.append(window.controller.view.grid.individual)
    assert seen == [0.3, 0.5, 0.8, 1.0, 0.0]


def test_y_cycles_the_overlay_both_ways(window):
    seen = []
    for key in "yyyY":
        press(window, *key_of(key))
        seen.append(window.controller.view.pane.overlay)
    assert seen == [Overlay.ACTIVE, Overlay.INACTIVE, Overlay.OFF, Overlay.INACTIVE]


def test_0_cycles_how_the_picture_becomes_the_input(window):
    seen = []
    for _ in range(3):
        press(window, Qt.Key.Key_0)
        seen.append(window.controller.view.fit)
    assert seen == [Fit.LETTERBOX, Fit.STRETCH, Fit.CROP]


def test_the_other_letters_of_the_grid_do_what_the_table_says(window):
    press(window, *key_of("p"))
    press(window, *key_of("P"))
    press(window, *key_of("m"))
    press(window, *key_of("m"))
    press(window, *key_of("M"))
    press(window, Qt.Key.Key_D, CTRL)
    press(window, *key_of("x"))
    press(window, *key_of("X"))
    view = window.controller.view
    assert (view.grid.scaling, view.grid.sort, view.grid.colormap) == (Scaling.UNIT, Sort.MAXIMUM, "magma")
    assert (view.grid.hide_dead, view.mirror, view.quarter_turns) == (True, True, 1)


def test_plus_and_minus_zoom_and_home_shows_all(window):
    QTest.keyClick(window, "+")
    QTest.keyClick(window, "=")
    assert window.controller.view.grid.zoom == pytest.approx(1.25**2)
    QTest.keyClick(window, "-")
    assert window.controller.view.grid.zoom == pytest.approx(1.25)
    press(window, Qt.Key.Key_Home)
    assert window.controller.view.grid.zoom == 1.0


@pytest.mark.parametrize(
    ("key", "command"),
    [
        (Qt.Key.Key_E, Next()),
        (Qt.Key.Key_PageDown, Next()),
        (Qt.Key.Key_W, Previous()),
        (Qt.Key.Key_PageUp, Previous()),
        (Qt.Key.Key_Space, TogglePause()),
        (Qt.Key.Key_Period, Step(1)),
        (Qt.Key.Key_Comma, Step(-1)),
    ],
)
def test_keys_of_the_input_reach_the_source(window, key, command):
    press(window, key)
    assert window.controller.session.asked("send_source") == [(command,)]


def test_e_and_w_lead_from_the_camera_back_to_what_was_shown(window):
    for key in ("e", "w"):
        window.controller.session.calls.clear()
        press(window, *key_of("c"))
        window.controller.take(SourceChanged(SourceState("camera", "Webcam", "camera")))
        press(window, *key_of(key))
        window.controller.take(SourceChanged(SourceState("image", "cat.jpg", "/pictures/cat.jpg", length=1)))
        assert window.controller.session.asked("open_source") == [("camera",), ("/pictures/cat.jpg",)]
        assert window.controller.session.asked("send_source") == []


def test_c_goes_to_the_camera_and_back_to_what_was_shown(window):
    press(window, *key_of("c"))
    window.controller.take(SourceChanged(SourceState("camera", "Webcam", "camera")))
    press(window, *key_of("c"))
    assert window.controller.session.asked("open_source") == [("camera",), ("/pictures/cat.jpg",)]


def test_c_after_a_pasted_picture_goes_back_to_something_that_can_be_opened(window):
    window.controller.take(SourceChanged(SourceState("image", "clipboard", "", length=1)))
    press(window, *key_of("c"))
    window.controller.take(SourceChanged(SourceState("camera", "Webcam", "camera")))
    press(window, *key_of("c"))
    assert window.controller.session.asked("open_source") == [("camera",), ("demo",)]


def test_f_freezes_and_the_menu_and_the_button_say_so_at_once(window):
    button = window.bar._freeze
    press(window, *key_of("f"))
    assert window.controller.frozen
    assert (window.acts["toggle_freeze"].isChecked(), button.text()) == (True, "Frozen")
    press(window, *key_of("f"))
    assert not window.controller.frozen
    assert (window.acts["toggle_freeze"].isChecked(), button.text()) == (False, "Freeze")


def test_another_source_takes_the_tick_of_the_frozen_frame_away(window):
    press(window, *key_of("f"))
    for name in ("cat.jpg", "dog.jpg"):
        window.controller.take(SourceChanged(SourceState("image", name, name)))
    assert not window.acts["toggle_freeze"].isChecked()
    press(window, *key_of("f"))
    assert window.acts["toggle_freeze"].isChecked()


def test_z_enlarges_the_unit_and_esc_brings_the_grid_back_before_it_resets(window):
    window.controller.go("blocks.1", 5)
    press(window, *key_of("z"))
    assert window.grid_panel.is_enlarged
    press(window, Qt.Key.Key_Escape)
    assert not window.grid_panel.is_enlarged
    assert (window.controller.view.layer, window.controller.view.unit) == ("blocks.1", 5)
    press(window, Qt.Key.Key_Escape)
    assert (window.controller.view.layer, window.controller.view.unit) == ("stem", 0)


def test_esc_says_which_key_goes_back_to_the_unit_and_that_key_does(window):
    window.controller.go("blocks.1", 5)
    said = []
    window.controller.flashed.connect(said.append)
    press(window, Qt.Key.Key_Escape)
    assert said == ["View reset: Alt+Left goes back"]
    press(window, Qt.Key.Key_Left, ALT)
    assert (window.controller.view.layer, window.controller.view.unit) == ("blocks.1", 5)


def test_esc_with_nothing_to_reset_says_nothing(window):
    press(window, Qt.Key.Key_Escape)
    said = []
    window.controller.flashed.connect(said.append)
    press(window, Qt.Key.Key_Escape)
    assert said == []


def test_esc_gives_up_pictures_chosen_for_a_comparison_before_it_resets(window):
    window.controller.go("blocks.1", 5)
    window.studio.comparison.toggle(make_made())
    press(window, Qt.Key.Key_Escape)
    assert window.studio.comparison.chosen == ()
    assert (window.controller.view.layer, window.controller.view.unit) == ("blocks.1", 5)


def test_z_twice_shows_the_grid_again(window):
    press(window, *key_of("z"))
    press(window, *key_of("z"))
    assert not window.grid_panel.is_enlarged


def test_8_and_9_hide_predictions_and_unit_page_and_their_ticks_follow(window):
    press(window, Qt.Key.Key_8)
    press(window, Qt.Key.Key_9)
    assert not window.controller.view.predictions
    assert not window.input_panel.predictions.isVisible()
    assert not window.page_dock.isVisible()
    assert not window.acts["toggle_predictions"].isChecked()
    assert not window.acts["toggle_unit_page"].isChecked()
    press(window, Qt.Key.Key_8)
    press(window, Qt.Key.Key_9)
    assert window.input_panel.predictions.isVisible()
    assert window.page_dock.isVisible()
    assert window.acts["toggle_unit_page"].isChecked()


def test_5_shows_what_a_frame_costs_in_the_status_line(window, show):
    press(window, Qt.Key.Key_5)
    show(window, forward_ms=12.0, total_ms=20.0)
    assert window.status.message() == "forward 12.0 ms, the rest 8.0 ms"
    assert window.acts["toggle_timings"].isChecked()


def test_back_and_forward_go_along_the_units_that_were_looked_at(window):
    assert not window.acts["back"].isEnabled()
    window.controller.select_unit(5)
    window.controller.go("blocks.1", 3)
    press(window, Qt.Key.Key_Left, ALT)
    press(window, Qt.Key.Key_Backspace)
    assert (window.controller.view.layer, window.controller.view.unit) == ("blocks.0", 0)
    assert not window.acts["back"].isEnabled()
    press(window, Qt.Key.Key_Right, ALT)
    assert (window.controller.view.layer, window.controller.view.unit) == ("blocks.0", 5)
    assert window.acts["forward"].isEnabled()


def test_q_closes_the_window(qtbot, window):
    with qtbot.waitSignal(window.closing):
        press(window, *key_of("q"))
    assert not window.isVisible()


def test_a_key_whose_feature_comes_later_changes_nothing(window):
    view = window.controller.view
    calls = list(window.controller.session.calls)
    press(window, *key_of("v"))
    assert window.controller.view == view
    assert window.controller.session.calls == calls


def test_what_comes_later_says_why_in_the_menus(window):
    menus = [entry.menu() for entry in window.menuBar().actions()]
    for spec in ACTIONS:
        act = window.acts[spec.id]
        if spec.reason:
            assert not act.isEnabled()
            assert spec.reason in act.toolTip()
    assert all(menu.toolTipsVisible() for menu in menus)


def test_what_comes_later_says_why_in_the_palette_and_on_the_help_page(window):
    rows = window.overlays.palette._list
    window.acts.trigger("palette")
    tips = {rows.item(index).text(): rows.item(index).toolTip() for index in range(rows.count())}
    press(window, Qt.Key.Key_Escape)
    window.acts.trigger("help")
    sheet = window.overlays.help._sheet
    told = {row[2]: sheet._reasons(row[0]) for _, row in sheet._places()}
    for spec in ACTIONS:
        if spec.reason:
            assert tips[spec.text] == spec.reason
            assert spec.reason in told[spec.text]


# what lies over the window


def test_h_opens_and_closes_the_help_page(window):
    press(window, *key_of("h"))
    assert window.overlays.help.isVisible()
    press(window, *key_of("h"))
    assert not window.overlays.help.isVisible()


@pytest.mark.parametrize("opening", ["help", "palette", "jump"])
def test_esc_closes_what_lies_over_the_window_and_does_not_reset_the_view(window, opening):
    window.controller.go("blocks.1", 5)
    window.acts.trigger(opening)
    overlay = getattr(window.overlays, opening)
    assert overlay.isVisible()
    press(window, Qt.Key.Key_Escape)
    assert not overlay.isVisible()
    assert (window.controller.view.layer, window.controller.view.unit) == ("blocks.1", 5)
    press(window, Qt.Key.Key_Escape)
    assert window.controller.view.layer == "stem"


def test_the_keys_rest_while_the_help_page_is_open(window):
    press(window, Qt.Key.Key_F1)
    view = window.controller.view
    for letter in "olTyxq":
        press(window, *key_of(letter))
    assert window.controller.view == view
    assert window.isVisible()


@pytest.mark.parametrize("opening", ["palette", "jump"])
def test_letters_typed_into_a_palette_are_text(window, opening):
    window.acts.trigger(opening)
    overlay = getattr(window.overlays, opening)
    view = window.controller.view
    text = "qofhzTu 058/+"
    QTest.keyClicks(QApplication.focusWidget(), text)
    assert overlay.findChild(QLineEdit).text() == text
    assert window.isVisible()
    assert window.controller.view == view
    assert not window.controller.frozen


def test_the_palette_does_what_was_chosen_and_gives_the_keys_back(window):
    press(window, Qt.Key.Key_K, CTRL)
    QTest.keyClicks(QApplication.focusWidget(), "gamma")
    press(window, Qt.Key.Key_Return)
    assert not window.overlays.palette.isVisible()
    assert window.controller.view.grid.gamma == 0.7
    press(window, *key_of("t"))
    assert window.controller.view.grid.gamma == 0.5


def test_v_says_what_it_is_for_where_the_network_takes_one_picture(window):
    flashed = []
    window.controller.flashed.connect(flashed.append)
    press(window, *key_of("v"))
    assert flashed == [f"{window.controller.info.name} takes one picture; V is for networks of two."]


def test_the_palette_opens_the_way_to_a_unit_and_the_keys_still_rest(window):
    press(window, Qt.Key.Key_K, CTRL)
    QTest.keyClicks(QApplication.focusWidget(), "go to unit")
    press(window, Qt.Key.Key_Return)
    assert window.overlays.jump.isVisible()
    press(window, *key_of("o"))
    assert window.controller.view.layer == "blocks.0"


@pytest.mark.parametrize(
    ("typed", "layer", "unit"),
    [
        ("#151", "blocks.0", 151),
        ("blocks.1/7", "blocks.1", 7),
        ("toynet/blocks.1/7", "blocks.1", 7),
        ("espresso", "classifier", 2),
        ("stem", "stem", 0),
    ],
)
def test_g_leads_to_what_is_typed(window, typed, layer, unit):
    press(window, *key_of("g"))
    QTest.keyClicks(QApplication.focusWidget(), typed)
    press(window, Qt.Key.Key_Return)
    assert (window.controller.view.layer, window.controller.view.unit) == (layer, unit)
    assert not window.overlays.jump.isVisible()


def test_the_unit_that_is_typed_is_offered_once(window):
    window.controller.go("classifier", 0)
    window.acts.trigger("jump")
    QTest.keyClicks(window.overlays.jump._edit, "espresso")
    shown = window.overlays.jump.shown_ids()
    assert shown[0] == "classifier/2"
    QTest.keyClick(window.overlays.jump._edit, Qt.Key.Key_A, CTRL)
    QTest.keyClicks(window.overlays.jump._edit, "#2")
    assert window.overlays.jump.shown_ids().count("classifier/2") == 1


def test_what_leads_nowhere_is_told_in_the_list_and_cannot_be_chosen(window):
    press(window, Qt.Key.Key_Slash)
    QTest.keyClicks(QApplication.focusWidget(), "#999")
    assert [row.title for row in window.overlays.jump._rows] == ["blocks.0 has units 0 to 199, no #999."]
    press(window, Qt.Key.Key_Return)
    assert window.overlays.jump.isVisible()
    assert window.controller.view.unit == 0


def test_before_a_model_runs_there_is_nowhere_to_go_and_that_is_said(make_window):
    window = make_window()
    press(window, *key_of("g"))
    assert not window.overlays.jump.isVisible()
    assert "still being loaded" in window.status.message()
    press(window, *key_of("l"))
    press(window, *key_of("o"))
    assert window.controller.view.layer == ""


# places where letters are text


def test_letters_typed_into_the_layer_filter_are_text_and_esc_leaves_it(window):
    window.controller.go("blocks.1", 5)
    window.layer_bar.focus_filter()
    view = window.controller.view
    QTest.keyClicks(QApplication.focusWidget(), "qofhzTu 058")
    assert window.layer_bar._filter.text() == "qofhzTu 058"
    assert window.controller.view == view
    assert window.isVisible()
    press(window, Qt.Key.Key_Escape)
    assert window.layer_bar._filter.text() == ""
    assert window.controller.view == view
    press(window, *key_of("o"))
    assert window.controller.view.layer == "classifier"


def test_the_address_of_the_unit_is_copied(window):
    window.controller.go("blocks.1", 7)
    press(window, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "toynet/blocks.1/7"


def test_keys_work_after_a_click_into_the_grid(qtbot, window):
    grid = window.grid_panel.grid
    layout = window.controller.result.grid.layout
    rect = layout.rect_of(4)
    qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=QPoint(int(rect.left) + 3, int(rect.top) + 3))
    assert window.controller.view.unit == 4
    press(window, *key_of("l"))
    assert window.controller.view.unit == 5
