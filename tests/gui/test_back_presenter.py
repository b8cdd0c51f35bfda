"""The backward view's part of the window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QFileDialog

from deepvis.gui.back_presenter import NOTHING, OFF, WAITING
from deepvis.gui.run_report import StallMeter, report
from deepvis.records import BackView, Method, SeedKind, Target
from tests.gui.back_made_up import make_back, make_checks


@pytest.fixture
def turned_on(window, qtbot):
    """A window whose dock has opened."""
    window.controller.change_back(method=Method.DECONVNET)
    qtbot.waitUntil(lambda: sized(window))
    return window


def sized(window):
    """The dock has its height, and a picture of its size is asked for."""
    back = window.controller.view.back
    opened = window.back_dock.height() > 150
    return opened and (back.height, back.width) == picture(window).device_size()


def answered(window, show, **changes):
    """Let a picture come; what it is of."""
    made = make_back(window.controller.view, **changes)
    show(window, back=made)
    return made


def picture(window):
    return window.back_dock.panel.picture.view


def words(window):
    panel = window.back_dock.panel
    return panel._title.text, panel._value.text(), panel._caveat.text


# the dock


def test_the_dock_is_a_bar_until_there_is_a_method(window, qtbot):
    assert window.back_dock.height() == window.back_dock.title.height()
    window.controller.change_back(method=Method.GRADIENT)
    qtbot.waitUntil(lambda: window.back_dock.height() > 150)


def test_turning_it_off_gives_the_docks_above_their_room_back(window, qtbot):
    def heights():
        return window.input_dock.height(), window.unit_dock.height()

    before = heights()
    window.controller.change_back(method=Method.GRADIENT)
    qtbot.waitUntil(lambda: sized(window))
    assert heights()[0] < before[0]
    window.controller.change_back(method=None)
    qtbot.waitUntil(lambda: heights() == pytest.approx(before, abs=6))
    assert window.back_dock.height() == window.back_dock.title.height()


@pytest.mark.parametrize("seed", [SeedKind.CHANNEL, SeedKind.DIFFERENCE])
def test_three_open_docks_fit_into_a_window_of_720_rows(turned_on, seed):
    turned_on.controller.change_back(seed=seed, view=BackView.NORM, checks=seed is SeedKind.DIFFERENCE)
    turned_on.resize(1280, 720)
    QTest.qWait(120)
    assert turned_on.height() == 720
    assert min(*turned_on.unit_panel.unit.device_size(), *picture(turned_on).device_size()) > 50


def test_two_classes_and_all_other_choices_are_seen_at_once_in_a_window_of_720_rows(turned_on):
    turned_on.controller.change_back(seed=SeedKind.DIFFERENCE, view=BackView.NORM)
    turned_on.resize(1280, 720)
    QTest.qWait(120)
    panel = turned_on.back_dock.panel
    assert not panel._choices.scrolls
    assert panel.controls._overlay.visibleRegion().boundingRect().height() == panel.controls._overlay.height()


def test_a_picture_is_asked_for_at_the_size_at_which_it_is_seen(turned_on, qtbot):
    large = turned_on.grid_panel.back

    def asked():
        back = turned_on.controller.view.back
        return back.height, back.width

    assert asked() == picture(turned_on).device_size()
    turned_on.grid_panel.enlarge(large)
    qtbot.waitUntil(lambda: asked() == large.view.device_size() and asked()[0] > 300)
    turned_on.grid_panel.enlarge(None)
    qtbot.waitUntil(lambda: asked() == picture(turned_on).device_size())


def test_two_pictures_are_asked_for_at_the_size_of_one(turned_on, qtbot):
    turned_on.acts.trigger("toggle_check")
    qtbot.waitUntil(lambda: turned_on.controller.view.back.width <= turned_on.back_dock.width() // 2)
    qtbot.waitUntil(lambda: sized(turned_on))


def test_a_dock_that_is_closed_asks_for_nothing_and_a_method_opens_it_again(turned_on, qtbot):
    turned_on.back_dock.hide()
    qtbot.waitUntil(lambda: turned_on.controller.view.back.height == 0)
    turned_on.controller.change_back(method=None)
    turned_on.controller.change_back(method=Method.GRADIENT)
    qtbot.waitUntil(lambda: sized(turned_on))
    assert turned_on.back_dock.isVisible()


# what is shown


def test_a_pane_without_a_picture_says_why(window, show, qtbot):
    view = picture(window)
    assert view._message == OFF
    window.controller.change_back(method=Method.DECONVNET)
    assert view._message == WAITING
    show(window, problem="The network failed.")
    assert view._message == NOTHING
    qtbot.waitUntil(lambda: sized(window))
    answered(window, show)
    assert (view._message, view.rgb is not None) == ("", True)
    answered(window, show, reason="The unit is off in this picture.", picture_rgb=None)
    assert (view._message, view.rgb) == ("The unit is off in this picture.", None)


def test_the_words_tell_what_it_is_of_and_what_is_known_to_be_wrong(turned_on, show):
    answered(turned_on, show, coverage="The rule reaches 3 of 4 rectifiers.")
    title, value, caveat = words(turned_on)
    assert (title, value) == ("blocks.0/0", "3.50")
    assert "It is noisy." in caveat
    assert "3 of 4 rectifiers" in turned_on.back_dock.panel._caveat.toolTip()


def test_a_frozen_origin_is_told_and_marked_in_list_and_grid(turned_on, show):
    turned_on.acts.trigger("freeze_origin")
    answered(turned_on, show)
    assert words(turned_on)[0] == "frozen at blocks.0/0"
    assert turned_on.layer_bar._rows.origin == "blocks.0"
    assert turned_on.grid_panel.grid._origin == 0
    turned_on.controller.select_layer("blocks.1")
    assert turned_on.layer_bar._rows.origin == "blocks.0"
    assert turned_on.grid_panel.grid._origin is None
    turned_on.acts.trigger("freeze_origin")
    assert turned_on.layer_bar._rows.origin == ""


def test_the_tile_and_the_row_of_the_origin_are_painted(turned_on, show):
    show(turned_on)
    turned_on.controller.select_unit(3)
    grid, tree = turned_on.grid_panel.grid.grab(), turned_on.layer_bar.grab()
    turned_on.controller.change_back(origin=Target("blocks.0", 0))
    assert turned_on.grid_panel.grid.grab().toImage() != grid.toImage()
    assert turned_on.layer_bar.grab().toImage() != tree.toImage()


def test_the_status_line_says_what_is_on(turned_on, show):
    assert turned_on.status.note() == "Back: deconvnet (from blocks.0/0, norm)"
    turned_on.controller.change_back(seed=SeedKind.CLASS, view=BackView.NORM_BLUR)
    answered(turned_on, show, title="espresso")
    assert turned_on.status.note() == "Back: deconvnet (from espresso, norm-blur)"
    turned_on.acts.trigger("back_off")
    assert turned_on.status.note() == ""


def test_a_late_answer_by_another_method_is_not_shown(turned_on, show, answer):
    controller = turned_on.controller
    late = answer(controller.view, controller.info, back=make_back(controller.view))
    controller.change_back(method=Method.GUIDED)
    controller.session.result = late
    controller.fetch()
    assert picture(turned_on).rgb is None


def test_a_picture_that_answers_no_longer_is_dimmed_until_the_next_comes(turned_on, show, qtbot):
    answered(turned_on, show)
    turned_on.controller.change_back(method=Method.GUIDED)
    assert not picture(turned_on).is_stale
    qtbot.waitUntil(lambda: picture(turned_on).is_stale)
    answered(turned_on, show)
    assert not picture(turned_on).is_stale


def test_another_color_map_does_not_dim_the_picture(turned_on, show):
    answered(turned_on, show)
    turned_on.controller.change_back(colormap="jet")
    QTest.qWait(300)
    assert not picture(turned_on).is_stale


def test_a_histogram_takes_the_place_of_the_picture_in_dock_and_large(turned_on, show):
    turned_on.controller.change_back(view=BackView.HISTOGRAM)
    counts = np.arange(50)
    answered(turned_on, show, counts=counts, extent=(-2.0, 3.0))
    for shown in turned_on.back.pictures:
        assert shown.histogram is not None
        assert shown.histogram.counts is counts
    turned_on.controller.change_back(view=BackView.RAW)
    answered(turned_on, show)
    assert turned_on.back.pictures[0].histogram is None


def test_a_method_that_refines_itself_shows_how_far_it_is(turned_on, show):
    bar = turned_on.back_dock.panel._bar
    answered(turned_on, show, progress=0.25)
    assert (bar.isVisible(), bar.value()) == (True, 250)
    answered(turned_on, show)
    assert not bar.isVisible()


def test_the_check_shows_both_pictures_and_how_alike_they_are(turned_on, show):
    turned_on.acts.trigger("toggle_check")
    checks = make_checks(0.9, 0.125)
    answered(turned_on, show, checks=checks)
    view = picture(turned_on)
    assert view.other is checks[-1].picture_rgb
    first, second = view.picture_rects()
    assert not first.intersects(second)
    told = turned_on.back_dock.panel._caveat.toolTip()
    assert "rank correlation 0.12, randomized down to layer 1" in told
    turned_on.acts.trigger("toggle_check")
    assert len(view.cells()) == 1


def test_the_check_of_a_histogram_shows_both_histograms(turned_on, show):
    turned_on.controller.change_back(view=BackView.HISTOGRAM)
    counts, others = np.arange(50), np.arange(50)[::-1].copy()
    answered(turned_on, show, counts=counts, extent=(-2.0, 3.0))
    pair = turned_on.back_dock.panel.picture.histograms
    assert not pair.other.isVisible()
    turned_on.acts.trigger("toggle_check")
    answered(turned_on, show, counts=counts, extent=(-2.0, 3.0))
    assert pair._waiting.isVisible()
    check = replace(make_checks(0.125)[0], counts=others, extent=(-1.0, 1.0))
    answered(turned_on, show, counts=counts, extent=(-2.0, 3.0), checks=(check,))
    assert pair.own.counts is counts
    assert pair.other.counts is others
    assert pair.other.isVisible()
    assert not pair._waiting.isVisible()
    assert pair.own.width() > 60
    turned_on.acts.trigger("toggle_check")
    answered(turned_on, show, counts=counts, extent=(-2.0, 3.0))
    assert not pair.other.isVisible()


# the grid of gradients


def test_a_grid_of_gradients_says_of_what(turned_on, show, answer):
    controller = turned_on.controller
    turned_on.acts.trigger("toggle_gradients")
    result = answer(controller.view, controller.info)
    grid = replace(result.grid, gradients=True)
    show(turned_on, grid=grid, back=make_back(controller.view))
    panel = turned_on.grid_panel
    assert panel._detail.text.startswith("gradients of blocks.0/0  ·  ")
    assert panel._stages.currentText() == "gradients"
    unit = turned_on.unit_panel.unit
    show(turned_on, grid=grid, back=make_back(controller.view), unit=replace(result.unit, value=7.5, gradient=-0.25))
    assert unit._value == "gradient −0.250"
    assert panel.color_bar._mark is not None
    show(turned_on, grid=grid, back=make_back(controller.view), unit=replace(result.unit, value=7.5))
    assert unit._value == "7.50"
    assert panel.color_bar._mark is None
    assert "gradient, maximum" in turned_on.presenter.hover_text(3, None)
    turned_on.acts.trigger("toggle_gradients")
    show(turned_on)
    assert not panel._detail.text.startswith("gradients")
    assert panel._stages.currentText() == "activations"


def test_the_list_of_pages_turns_gradients_on_and_off(window):
    stages = window.grid_panel._stages
    for text, gradients in (("gradients", True), ("gradients", True), ("activations", False)):
        stages.setCurrentIndex(stages.findText(text))
        stages.activated.emit(stages.currentIndex())
        assert window.controller.view.back.gradients is gradients


# the mouse


def test_a_double_click_enlarges_and_another_brings_the_grid_back(turned_on, show):
    answered(turned_on, show)
    QTest.mouseDClick(picture(turned_on), Qt.MouseButton.LeftButton)
    assert turned_on.grid_panel.large is turned_on.grid_panel.back
    QTest.mouseDClick(turned_on.grid_panel.back.view, Qt.MouseButton.LeftButton)
    assert turned_on.grid_panel.large is None


def test_pointing_at_the_picture_marks_the_place_in_the_input(turned_on, show):
    answered(turned_on, show)
    rect: QRectF = picture(turned_on).picture_rects()[0]
    at = rect.topLeft() + QPointF(rect.width() / 4, rect.height() / 2)
    picture(turned_on).pointed.emit(*picture(turned_on).fractions_at(at))
    # the network sees 24 × 24 pixels from column 3 on
    assert turned_on.input_panel.picture._pointer == pytest.approx((12, 9))
    assert turned_on.status.shown() == "row 12, column 9 of the picture"
    picture(turned_on).pointed.emit(-1.0, -1.0)
    assert turned_on.input_panel.picture._pointer is None


def test_a_click_on_an_answer_leads_to_its_unit_unless_the_pass_starts_at_a_class(turned_on):
    answers = turned_on.input_panel.predictions
    answers.class_clicked.emit(2)
    assert (turned_on.controller.view.layer, turned_on.controller.view.unit) == ("classifier", 2)
    turned_on.controller.change_back(seed=SeedKind.CLASS)
    answers.class_clicked.emit(1)
    answers.other_class_clicked.emit(3)
    back = turned_on.controller.view.back
    assert (turned_on.controller.view.unit, back.class_index, back.other_class) == (2, 1, 3)
    assert back.seed is SeedKind.DIFFERENCE


def test_ctrl_and_a_click_on_an_answer_choose_the_other_class(window, show):
    show(window)
    answers, seen = window.input_panel.predictions, []
    answers.class_clicked.connect(lambda index: seen.append(("first", index)))
    answers.other_class_clicked.connect(lambda index: seen.append(("other", index)))
    point = answers.rect().center()
    point.setY(12)
    QTest.mouseClick(answers, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, point)
    assert seen == [("other", 1)]


def test_the_picture_can_be_copied_and_saved(turned_on, show, monkeypatch, tmp_path):
    answered(turned_on, show)
    file = tmp_path / "back.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(file), ""))
    entries = {entry.text(): entry for entry in turned_on.back.menu().actions()}
    entries["Copy picture"].trigger()
    assert QGuiApplication.clipboard().image().size().width() == 40
    entries["Save picture…"].trigger()
    assert file.is_file()


def test_without_a_picture_there_is_none_to_copy(turned_on):
    entries = {entry.text(): entry for entry in turned_on.back.menu().actions()}
    assert not entries["Copy picture"].isEnabled()
    assert not entries["Save picture…"].isEnabled()


# choices in dock and title


def test_choices_of_the_dock_ask_for_another_view(turned_on):
    controls, title = turned_on.back_dock.panel.controls, turned_on.back_dock.title
    controls.chosen.emit("view", BackView.NORM)
    controls.chosen.emit("seed", SeedKind.MAXIMUM)
    controls.chosen.emit("opacity", 0.25)
    title.method_chosen.emit(Method.SMOOTHGRAD)
    back = turned_on.controller.view.back
    assert (back.view, back.seed, back.opacity) == (BackView.NORM, SeedKind.MAXIMUM, 0.25)
    assert back.method is Method.SMOOTHGRAD
    assert title._method.currentText() == "SmoothGrad"
    title.pin_clicked.emit()
    assert turned_on.controller.view.back.origin == Target("blocks.0", 0, SeedKind.MAXIMUM)
    assert title._pin.isChecked()


def test_the_report_of_a_run_tells_of_the_backward_view(turned_on, show):
    def told():
        return report(turned_on.controller, StallMeter())["back"]

    assert told() == {"method": "deconvnet", "view": "norm", "milliseconds": None, "reason": ""}
    answered(turned_on, show, reason="The unit is off.", picture_rgb=None)
    assert told() == {"method": "deconvnet", "view": "norm", "milliseconds": 12.0, "reason": "The unit is off."}
    turned_on.acts.trigger("back_off")
    assert told() == {"method": None, "view": "norm", "milliseconds": None, "reason": ""}


def test_a_start_with_a_method_opens_the_dock(make_window, qtbot):
    window = make_window(method="deconvnet", view="norm blur", back_seed="maximum")
    qtbot.waitUntil(lambda: sized(window))
    back = window.controller.view.back
    assert (back.method, back.view, back.seed) == (Method.DECONVNET, BackView.NORM_BLUR, SeedKind.MAXIMUM)
