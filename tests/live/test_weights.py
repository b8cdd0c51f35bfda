"""Weights of the running network, as the window gets them from a session."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.models.engine import build_engine
from deepvis.records import Precision, Stage, UnitId, WeightTiles


@pytest.fixture
def running(session, networks, make_picture):
    """A session that looks at a picture through the chain, and the network's weights by module."""
    request = networks.request("chain")
    session.session.open_picture(make_picture(), "a picture")
    session.load(request)
    engine = build_engine(request, progress=lambda _text, _part: None, canceled=lambda: False)
    session.network = engine.loaded.network
    return session


def unit_page(live, fits):
    def found():
        page = live.session.take_unit_weights()
        return page if page is not None and fits(page) else None

    return live.wait(found, "The unit's weights")


def test_the_weights_of_the_selected_unit_come_by_themselves(running):
    running.look(layer="body", unit=3)
    page = unit_page(running, lambda page: page.unit == UnitId("nets:chain", "body", 3))
    body = running.network.body
    weight = next(parameter for parameter in body.parameters() if parameter.dim() == 4).detach().numpy()
    assert page.figures.norm == pytest.approx(np.linalg.norm(weight[3]), rel=1e-5)
    assert sum(page.figures.histogram.counts) == weight[3].size


def test_a_layer_without_weights_is_told(running):
    running.look(layer="pool", unit=0)
    page = unit_page(running, lambda page: page.unit.layer == "pool")
    assert page.problem.startswith("No weights make the units of pool")


def test_the_stage_of_weights_brings_figures_and_a_grid(running):
    view = running.look(layer="stem", stage=Stage.WEIGHTS)
    layer = running.wait(running.session.take_layer_weights, "The layer's weights")
    assert (layer.layer, layer.suited, len(layer.bias)) == ("stem", WeightTiles.KERNELS, 4)
    grid = running.wait(running.session.take_weight_grid, "The grid")
    assert (grid.view, grid.bgrx.shape) == (view, (60, 80, 4))


def test_another_choice_of_tiles_is_drawn_and_the_same_view_again_is_not(running):
    running.look(layer="stem", stage=Stage.WEIGHTS)
    kernels = running.wait(running.session.take_weight_grid, "The grid")
    running.look(weight_tiles=WeightTiles.HISTOGRAMS)
    histograms = running.wait(running.session.take_weight_grid, "The other grid")
    assert not np.array_equal(kernels.bgrx, histograms.bgrx)
    running.look(unit=1)
    unit_page(running, lambda page: page.unit.unit == 1)
    assert running.session.take_weight_grid() is None


def test_the_stage_of_correlation_brings_a_matrix_in_order(running):
    running.look(layer="body", stage=Stage.WEIGHT_CORRELATION)
    page = running.wait(running.session.take_weight_correlation, "The correlation")
    assert page.correlation.shape == (6, 6)
    assert sorted(page.order) == list(range(6))


def test_another_network_brings_its_own_weights(running, networks):
    running.look(layer="stem", unit=0)
    unit_page(running, lambda page: page.unit.layer == "stem")
    running.load(networks.request("gray"))
    running.look(layer="stem", unit=0)
    page = unit_page(running, lambda page: page.unit.model == "nets:gray")
    assert page.figures.count == 9


def test_weights_in_another_precision_are_told_again(running):
    running.look(layer="body", unit=2)
    exact = unit_page(running, lambda page: page.unit.unit == 2 and page.unit.layer == "body")
    running.session.place("cpu", Precision.BFLOAT16)
    rounded = unit_page(running, lambda page: page.unit.layer == "body")
    assert rounded.figures.norm == pytest.approx(exact.figures.norm, rel=0.01)
    assert rounded.figures.mean != exact.figures.mean
