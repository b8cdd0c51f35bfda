"""Weights in the middle of the window and on the unit page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.imaging.tiling import lay_out
from deepvis.live.events import ModelReady
from deepvis.live.pages import PatternPicture
from deepvis.live.weight_records import (
    InputKernel,
    LayerWeightsPage,
    UnitWeightsFigures,
    UnitWeightsPage,
    WeightCorrelationPage,
)
from deepvis.records import Stage, UnitId, WeightTiles
from deepvis.statistics.weight_figures import WeightHistogram, figures

COUNTS = WeightHistogram(np.arange(50), -2.0, 3.0)


class MadeWeights:
    """What the weights thread would say of a window's present view."""

    def __init__(self, window, made):
        self.window, self.send = window, made.send

    @property
    def view(self):
        return self.window.controller.view

    @property
    def units(self):
        return self.window.controller.layer().units

    def unit(self, **changes):
        known = UnitWeightsFigures(COUNTS, 0.25, 7.5, 3, self.units, 0.1, 0.2, 27)
        picture = np.full((3, 3, 3), 128, np.uint8)
        address = UnitId(self.view.model, self.view.layer, self.view.unit)
        page = UnitWeightsPage(address, words="weights of stem", figures=known, whole_rgb=picture)
        return replace(page, **changes)

    def layer(self, **changes):
        kernels = np.arange(self.units * 4, dtype=np.float32).reshape(self.units, 4)
        page = LayerWeightsPage(
            self.view.model,
            self.view.layer,
            words="weights of stem: 32 units × 3 inputs",
            weights=COUNTS,
            biases=COUNTS,
            count=self.units * 4,
            figures=figures(kernels),
            bias=np.arange(self.units, dtype=np.float32),
            suited=WeightTiles.KERNELS,
            choices=frozenset(WeightTiles),
        )
        return replace(page, **changes)

    def grid(self, **changes):
        layout = lay_out(np.arange(self.units), 1, 1, self.view.grid)
        bgrx = np.full((self.view.grid.height, self.view.grid.width, 4), 90, np.uint8)
        return replace(PatternPicture(self.view, bgrx, layout), **changes)

    def correlation(self, **changes):
        matrix = np.eye(self.units, dtype=np.float32)
        backwards = np.arange(self.units)[::-1].copy()
        page = WeightCorrelationPage(self.view.model, self.view.layer, matrix, backwards, words="weights of stem")
        return replace(page, **changes)


@pytest.fixture
def weights(window, made):
    window.controller.select_layer("stem")
    return MadeWeights(window, made)


@pytest.fixture
def panel(window):
    return window.grid_panel


def section(window):
    return window.page.section("weights")


# the unit page


def test_the_unit_page_tells_bias_norm_and_rank(window, made, weights):
    made.send(page=made.unit(), unit_weights=weights.unit())
    facts = dict(window.page._body.weights.facts._facts)
    assert section(window).filled
    assert (facts["bias"], facts["norm"], facts["rank of the norm"]) == ("0.250", "7.50", "3 of 32")
    assert window.page._body.weights.histogram.histogram is COUNTS


def test_a_unit_without_bias_says_none(window, made, weights):
    made.send(unit_weights=weights.unit(figures=replace(weights.unit().figures, bias=None)))
    assert dict(window.page._body.weights.facts._facts)["bias"] == "none"


def test_a_unit_without_weights_says_why(window, made, weights):
    made.send(unit_weights=weights.unit(problem="softmax has no weights."))
    assert not section(window).filled
    assert "softmax has no weights." in section(window).words()


def test_inputs_are_numbered_and_the_section_says_how_many_are_left_out(window, made, weights):
    tile = np.zeros((3, 3, 3), np.uint8)
    kernels = tuple(InputKernel(number, 1.0, tile, -0.5) for number in (7, 3))
    made.send(unit_weights=weights.unit(whole_rgb=None, kernels=kernels, inputs=40, kernel_size=(3, 3)))
    shown = window.page._body.weights
    assert [tile.left for tile in shown.kernels.tiles] == ["#7", "#3"]
    assert "the 2 strongest of 40 inputs" in shown.words.words
    assert "largest −0.500" in shown.kernels.tiles[0].tip


def test_weights_of_another_unit_are_left_aside_and_shown_when_the_person_comes_back(window, made, weights):
    first = weights.unit()
    window.controller.select_unit(5)
    made.send(unit_weights=first)
    assert not section(window).filled
    window.controller.select_unit(0)
    assert section(window).filled


def test_weights_stay_while_the_gallery_is_slow(qtbot, window, made, weights):
    made.send(page=made.unit())
    window.controller.select_unit(4)
    made.send(unit_weights=weights.unit())
    qtbot.waitUntil(lambda: not window.page._hold.isActive())
    assert window.page._body.weights.histogram.histogram is COUNTS


# the grid


def test_the_stage_of_weights_shows_the_grid_and_both_histograms_of_the_layer(window, weights, panel):
    window.controller.set_stage(Stage.WEIGHTS)
    weights.send(layer_weights=weights.layer(), weight_grid=weights.grid())
    assert panel.stage.currentWidget() is panel.grid
    assert panel.weight_strip.isVisible()
    assert panel.weight_strip.weights.histogram is COUNTS
    assert panel.weight_strip.biases.histogram is COUNTS
    assert panel._words.text.startswith("Weights of stem")


def test_a_layer_without_bias_says_so_in_place_of_the_histogram(window, weights, panel):
    window.controller.set_stage(Stage.WEIGHTS)
    weights.send(layer_weights=weights.layer(bias=None, biases=None), weight_grid=weights.grid())
    assert panel.weight_strip.biases.histogram is None
    assert "no bias" in panel.weight_strip.biases._sentence


def test_a_layer_without_weights_says_why_and_has_no_empty_histograms(window, weights, panel):
    window.controller.set_stage(Stage.WEIGHTS)
    said = "pool has no weights."
    weights.send(layer_weights=weights.layer(problem=said), weight_grid=weights.grid(problem=said, layout=None))
    assert panel.stage.currentWidget() is panel.notice
    assert panel.notice.words() == said
    assert not panel.notice.offers
    assert not panel.weight_strip.isVisible()


def test_the_tiles_are_what_suits_the_layer_until_somebody_chooses(window, weights, panel):
    window.controller.set_stage(Stage.WEIGHTS)
    weights.send(layer_weights=weights.layer(), weight_grid=weights.grid())
    assert panel._tiles.currentData() is WeightTiles.KERNELS
    panel._tiles.setCurrentIndex(panel._tiles.findData(WeightTiles.HISTOGRAMS))
    panel._tiles.activated.emit(panel._tiles.currentIndex())
    assert window.controller.view.weight_tiles is WeightTiles.HISTOGRAMS


def test_kernels_cannot_be_chosen_where_there_are_none(window, weights, panel):
    window.controller.set_stage(Stage.WEIGHTS)
    only = weights.layer(suited=WeightTiles.HISTOGRAMS, choices=frozenset({WeightTiles.HISTOGRAMS}))
    weights.send(layer_weights=only, weight_grid=weights.grid())
    assert not panel._tiles.isEnabled()


def test_a_tile_tells_norm_rank_and_bias(window, weights):
    window.controller.set_stage(Stage.WEIGHTS)
    weights.send(layer_weights=weights.layer(), weight_grid=weights.grid())
    lines = window.stage_pages.hover_text(31, None).splitlines()
    assert lines[0] == "stem/31"
    assert any(line.startswith("norm ") and line.endswith("1 of 32") for line in lines)
    assert lines[-1] == "bias 31.0"


def test_arrow_keys_move_over_the_tiles_of_weights(window, weights):
    window.controller.set_stage(Stage.WEIGHTS)
    grid = weights.grid()
    weights.send(layer_weights=weights.layer(), weight_grid=grid)
    window.acts.trigger("down")
    assert window.controller.view.unit == grid.layout.columns


def test_a_grid_of_another_layer_is_late(window, weights, panel):
    window.controller.set_stage(Stage.WEIGHTS)
    late = weights.grid()
    window.controller.select_layer("blocks.1")
    weights.send(weight_grid=late)
    assert panel.stage.currentWidget() is panel.notice


def test_what_came_before_is_there_when_the_person_comes_back(window, weights, panel):
    window.controller.set_stage(Stage.WEIGHTS)
    weights.send(layer_weights=weights.layer(), weight_grid=weights.grid())
    window.controller.set_stage(Stage.EXEMPLARS)
    assert not panel.weight_strip.isVisible()
    window.controller.set_stage(Stage.WEIGHTS)
    assert panel.stage.currentWidget() is panel.grid
    assert panel.weight_strip.weights.histogram is COUNTS


def test_another_network_forgets_all_weights(window, weights, info):
    weights.send(unit_weights=weights.unit(), layer_weights=weights.layer())
    window.controller.take(ModelReady(replace(info, name="other")))
    assert (window.controller.weights.unit, window.controller.weights.layer) == (None, None)


# correlation


def test_units_with_similar_weights_are_a_matrix_that_is_clicked_and_walked_through(window, weights, panel):
    window.controller.set_stage(Stage.WEIGHT_CORRELATION)
    weights.send(weight_correlation=weights.correlation())
    assert panel.stage.currentWidget() is panel.correlation()
    assert window.controller.unit_order is not None
    window.controller.select_unit(10)
    window.acts.trigger("right")
    assert window.controller.view.unit == 9
    panel.correlation().unit_clicked.emit(3)
    assert window.controller.view.unit == 3


def test_a_correlation_that_is_left_out_says_why(window, weights, panel):
    window.controller.set_stage(Stage.WEIGHT_CORRELATION)
    weights.send(weight_correlation=weights.correlation(correlation=None, order=None, problem="Too many units."))
    assert panel.notice.words() == "Too many units."


def test_the_two_matrices_do_not_show_under_each_others_name(window, made, weights, panel):
    window.controller.set_stage(Stage.CORRELATION)
    made.send(layer_page=made.figures())
    window.controller.set_stage(Stage.WEIGHT_CORRELATION)
    assert panel.stage.currentWidget() is panel.notice
    weights.send(weight_correlation=weights.correlation())
    assert panel.correlation()._correlation[0, 1] == 0
    window.controller.set_stage(Stage.CORRELATION)
    assert panel.correlation()._correlation[0, 1] != 0
