from __future__ import annotations

import pytest

from deepvis.evaluation.errors import EvaluationError
from deepvis.evaluation.units import class_layer, draw_units, hidden_layers
from deepvis.records import LayerInfo


def test_units_are_different_sorted_and_the_same_for_the_same_seed():
    layer = LayerInfo("body", "Conv2d", 200, 4, 4)
    drawn = draw_units(layer, 20, 0)
    assert drawn == draw_units(layer, 20, 0)
    assert len(set(drawn.units)) == 20
    assert list(drawn.units) == sorted(drawn.units)
    assert draw_units(layer, 20, 1).units != drawn.units


def test_every_layer_draws_by_itself():
    units = [draw_units(LayerInfo(name, "Conv2d", 200, 4, 4), 20, 0).units for name in ("a", "b")]
    assert units[0] != units[1]


def test_all_units_come_where_there_are_not_more():
    assert draw_units(LayerInfo("tiny", "Conv2d", 3, 4, 4), 20, 0).units == (0, 1, 2)


def test_units_are_drawn_from_the_whole_layer():
    layer = LayerInfo("body", "Conv2d", 10, 4, 4)
    seen = {unit for seed in range(60) for unit in draw_units(layer, 1, seed).units}
    assert seen == set(range(10))


def test_classes_are_those_before_the_softmax(engine):
    assert class_layer(engine.info()).name == "head"


def test_the_softmax_is_taken_where_nothing_else_has_the_classes(engines, networks_like):
    from torch import nn

    network = nn.Sequential(networks_like(0), nn.Softmax(1))
    info = engines(network, probabilities=True, labels=("ant", "bee", "cat", "dog", "elk")).info()
    assert class_layer(info).is_classes


def test_hidden_layers_are_spread_over_the_network_and_no_classes(engine):
    names = [layer.name for layer in hidden_layers(engine.info())]
    shown = [layer.name for layer in engine.info().shown_layers()]
    assert names == [name for name in shown if name not in ("head", "softmax")]


def test_layers_are_taken_by_name_and_unknown_ones_refused(engine):
    assert [layer.name for layer in hidden_layers(engine.info(), ["act2", "conv1"])] == ["act2", "conv1"]
    with pytest.raises(EvaluationError, match=r"no layer 'act3'.*Did you mean"):
        hidden_layers(engine.info(), ["act3"])
