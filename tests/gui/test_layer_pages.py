"""The pages of a whole layer: activity and correlation."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtTest import QTest

from deepvis.gui.correlation_pixels import UNKNOWN, CorrelationPixels
from deepvis.gui.theme import apply_theme
from deepvis.gui.widgets.unit_list import UnitList
from deepvis.records import Stage


@pytest.fixture
def activity(window, made):
    """The page of a layer of 200 units, three of them dead."""
    window.controller.go("blocks.0", 5)
    window.controller.set_stage(Stage.ACTIVITY)
    made.send(layer_page=made.figures())
    return window.grid_panel.activity()


@pytest.fixture
def correlation(window, made):
    window.controller.go("blocks.0", 5)
    window.controller.set_stage(Stage.CORRELATION)
    made.send(layer_page=made.figures())
    return window.grid_panel.correlation()


def click_curve(qtbot, page, place: float) -> None:
    """Click on the curve at a place along it."""
    click(qtbot, page._curve, place, 0.1)


def click(qtbot, plot, x: float, y: float) -> None:
    at = plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(x, y)))
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)


# activity


def test_the_page_is_shown_with_its_origin(window, made, activity):
    assert window.grid_panel.stage.currentWidget() is activity
    assert window.grid_panel._words.text == made.origin


def test_dead_units_are_counted_and_listed_and_a_click_selects_one(qtbot, window, activity):
    assert activity._dead_words.text == "Dead: 3 of 200"
    rows = activity._dead.model()
    assert [rows.data(rows.index(row)) for row in range(rows.rowCount())] == ["#0", "#1", "#2"]
    at = activity._dead.visualRect(rows.index(1)).center()
    qtbot.mouseClick(activity._dead.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert window.controller.view.unit == 1
    assert [index.row() for index in activity._dead.selectedIndexes()] == [1]
    window.controller.select_unit(9)
    assert activity._dead.selectedIndexes() == []


def test_a_layer_without_dead_units_says_so(window, made, layer_record, activity):
    activity.set_record(layer_record("blocks.0", 200, dead=0), str)
    # unit 0 is never active, but its maximum is above zero
    assert activity._dead_words.text == "No unit is dead"


def test_the_histogram_counts_every_unit_once_from_red_to_green(activity):
    heights = activity._bars.opts["height"]
    assert len(heights) == 20
    assert heights.sum() == 200
    first, last = activity._bars.opts["brushes"][0], activity._bars.opts["brushes"][-1]
    assert first.red() > first.green()
    assert last.green() > last.red()


def test_units_lie_along_the_curve_by_active_fraction_or_by_maximum(activity):
    assert list(activity.order[:2]) == [199, 198]
    activity._sort.setCurrentIndex(1)
    assert list(activity.order[:3]) == [3, 4, 5]
    assert activity._curve_words.text == "Maximum, largest first"


def test_the_pointer_over_the_curve_reads_a_unit_and_a_click_selects_it(qtbot, window, activity):
    scene = activity._curve.getViewBox().mapViewToScene(QPointF(10.5, 0.1))
    activity._point_at(scene)
    assert activity._reading.text == "#189  ·  active in 94.5 %  ·  maximum 81.1"
    activity._point_at(QPointF(-5, -5))
    assert "Move over the curve" in activity._reading.text
    click_curve(qtbot, activity, 10.5)
    assert window.controller.view.unit == 189


def test_the_selected_unit_is_marked_on_the_curve(window, activity):
    window.controller.select_unit(150)
    assert activity._mark.value() == 49.5
    assert activity._mark.isVisible()


def test_the_arrows_go_along_the_curve(window, activity):
    window.controller.select_unit(199)
    window.acts.trigger("right")
    assert window.controller.view.unit == 198
    window.acts.trigger("far_down")
    assert window.controller.view.unit == 195
    window.acts.trigger("left")
    assert window.controller.view.unit == 196
    window.controller.set_stage(Stage.ACTIVATIONS)
    assert window.controller.unit_order is None


def test_units_of_classes_are_called_by_their_names(window, made):
    window.controller.go("classifier", 2)
    window.controller.set_stage(Stage.ACTIVITY)
    made.send(layer_page=made.figures())
    assert window.grid_panel.activity().reading(3).startswith("#3 coffee mug  ·  ")


def test_values_that_are_no_numbers_come_last(layer_record, activity):
    record = layer_record("blocks.0", 5, dead=0)
    record.maximum[1] = np.nan
    activity._sort.setCurrentIndex(1)
    activity.set_record(record, str)
    assert list(activity.order) == [0, 2, 3, 4, 1]


# correlation


def test_the_matrix_lies_in_the_order_of_similarity_or_by_index(correlation):
    assert list(correlation.order[:3]) == [199, 198, 197]
    correlation._sort.setCurrentIndex(1)
    assert list(correlation.order[:3]) == [0, 1, 2]


def test_the_pointer_over_the_matrix_names_the_pair_and_its_value(correlation):
    at = correlation._plot.getViewBox().mapViewToScene
    correlation._point_at(at(QPointF(20.5, 10.5)))
    assert correlation._reading.text == "#189 and #179:  0.900"
    assert correlation._colors._mark == pytest.approx(0.9)
    correlation._point_at(at(QPointF(199.5, 10.5)))
    assert correlation._reading.text == "#189 and #0:  one of them never changes"
    correlation._point_at(at(QPointF(-5.0, 10.5)))
    assert correlation._reading.text.startswith("Move over the matrix")
    assert correlation._colors._mark is None


def test_a_click_on_the_matrix_selects_the_unit_of_the_row_and_marks_it(qtbot, window, correlation):
    click(qtbot, correlation._plot, 120.5, 30.5)
    assert window.controller.view.unit == 169
    row, column = (mark.rect() for mark in correlation._marks)
    assert (row.top(), row.height(), column.left(), column.width()) == (30, 1, 30, 1)


def test_the_wheel_zooms_the_matrix_and_newer_figures_of_the_layer_keep_the_zoom(window, made, correlation):
    box = correlation._plot.getViewBox()
    whole = box.viewRange()
    box.scaleBy((0.25, 0.25))
    zoomed = box.viewRange()
    assert zoomed[0][1] - zoomed[0][0] < whole[0][1] - whole[0][0]
    made.send(layer_page=made.figures())
    assert np.allclose(box.viewRange(), zoomed)


def test_figures_without_the_order_of_the_matrix_are_not_enough_for_it(qtbot, window, made):
    window.controller.go("blocks.0", 5)
    window.controller.set_stage(Stage.ACTIVITY)
    made.send(layer_page=made.figures(order=None))
    window.controller.set_stage(Stage.CORRELATION)
    assert window.grid_panel.stage.currentWidget() is window.grid_panel.notice
    made.send(layer_page=made.figures())
    assert window.grid_panel.stage.currentWidget() is window.grid_panel.correlation()


def test_a_layer_whose_correlation_was_left_out_says_so(window, made, layer_record):
    from dataclasses import replace

    window.controller.go("blocks.0", 5)
    window.controller.set_stage(Stage.CORRELATION)
    without = replace(layer_record("blocks.0", 200), correlation=None)
    made.send(layer_page=made.figures(record=without, order=None))
    assert "was not computed" in window.grid_panel.notice.words()
    assert not window.grid_panel.notice.offers


@pytest.mark.parametrize("stage", [Stage.ACTIVITY, Stage.CORRELATION])
def test_a_layer_that_was_not_scanned_says_so_and_offers_a_scan(window, made, stage):
    window.controller.set_stage(stage)
    made.send(layer_page=made.figures(record=None, order=None, problem="blocks.0 was not scanned. Scan a folder."))
    notice = window.grid_panel.notice
    assert (notice.words(), notice.offers) == ("blocks.0 was not scanned. Scan a folder.", True)
    assert window.grid_panel.stage.currentWidget() is notice


def test_figures_of_another_layer_go_away_with_it(window, made, activity):
    window.controller.select_layer("blocks.1")
    assert window.grid_panel.stage.currentWidget() is window.grid_panel.notice
    assert window.controller.unit_order is None


def test_figures_are_there_at_once_when_the_person_comes_back_to_the_page(window, activity):
    window.controller.set_stage(Stage.ACTIVATIONS)
    window.controller.set_stage(Stage.ACTIVITY)
    assert window.grid_panel.stage.currentWidget() is activity


def test_both_pages_follow_the_theme(qapp, window, made, activity):
    window.controller.set_stage(Stage.CORRELATION)
    made.send(layer_page=made.figures())
    dark = window.grab().toImage().pixelColor(window.grid_panel.mapTo(window, window.grid_panel.rect().center()))
    apply_theme(qapp, "light")
    page = window.grid_panel.correlation()
    assert page._plot.backgroundBrush().color().lightness() > 200
    assert activity._curve.backgroundBrush().color().lightness() > 200
    # zero is black in the dark theme and white in the light one
    light = window.grab().toImage().pixelColor(window.grid_panel.mapTo(window, window.grid_panel.rect().center()))
    assert light != dark


def test_keys_of_the_window_work_while_a_plot_was_clicked(qtbot, window, activity):
    click_curve(qtbot, activity, 3.5)
    QTest.keyClick(window, Qt.Key.Key_S)
    assert window.controller.view.stage is Stage.WEIGHT_CORRELATION


# the pixels of the matrix


def brute(correlation, order, step: int) -> np.ndarray:
    """Means of `step` x `step` known values of the ordered matrix."""
    ordered = correlation[np.ix_(order, order)]
    size = -(-len(order) // step)
    means = np.full((size, size), np.nan)
    for row in range(size):
        for column in range(size):
            block = ordered[row * step : (row + 1) * step, column * step : (column + 1) * step]
            if not np.isnan(block).all():
                means[row, column] = np.nanmean(block)
    return means


@pytest.mark.parametrize("units", [300, 301])
def test_every_level_holds_the_means_of_the_values_it_stands_for(units):
    random = np.random.default_rng(units)
    correlation = random.uniform(-1, 1, (units, units)).astype(np.float32)
    correlation[7] = correlation[:, 7] = np.nan
    order = random.permutation(units)
    pixels = CorrelationPixels(correlation, order)
    for seen_in, step in ((units, 1), (units // 2, 2)):
        indices, rect = pixels.cut((0, units), (0, units), seen_in)
        assert rect == (0, 0, indices.shape[0] * step, indices.shape[1] * step)
        wanted = brute(correlation, order, step)
        assert np.array_equal(indices == UNKNOWN, np.isnan(wanted))
        assert np.nanmax(np.abs((indices - 128.0) / 127 - wanted)) < 1.6 / 127


def test_unknown_blocks_stay_unknown_however_small_they_are_drawn():
    correlation = np.full((600, 600), np.nan, np.float32)
    correlation[:300, :300] = 0.5
    indices, _ = CorrelationPixels(correlation, np.arange(600)).cut((0, 600), (0, 600), 100)
    assert (indices[-1] == UNKNOWN).all()
    assert (indices[:75, :75] != UNKNOWN).all()


def test_a_part_of_the_matrix_is_cut_at_full_size_and_beyond_its_edge_at_the_edge():
    correlation = np.linspace(-1, 1, 10_000, dtype=np.float32).reshape(100, 100)
    pixels = CorrelationPixels(correlation, np.arange(100))
    indices, rect = pixels.cut((10.2, 14.9), (-30.0, 3.5), 500)
    assert rect == (10, 0, 5, 4)
    assert indices.shape == (5, 4)
    assert pixels.cut((150.0, 180.0), (150.0, 180.0), 500)[1] == (99, 99, 1, 1)


# the list of units


def test_a_list_of_many_units_is_made_of_nothing_but_their_numbers(qtbot):
    asked = []
    listed = UnitList()
    qtbot.addWidget(listed)
    listed.resize(120, 200)
    listed.show()
    listed.set_units(np.arange(26_000), lambda unit: asked.append(unit) or f"#{unit}")
    listed.grab()
    assert listed.model().rowCount() == 26_000
    assert len(set(asked)) < 100
