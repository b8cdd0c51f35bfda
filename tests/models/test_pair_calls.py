"""A layer that runs once for each of two pictures: its units are changed in both calls."""

from __future__ import annotations

import pytest
import torch

from deepvis.causes import ChangeKind, Intervention
from deepvis.models.intervention import Changed
from deepvis.models.pair_calls import calls_of, calls_with_unit, listed_name
from deepvis.records import LayerInfo, Pair
from tests.pair_networks import pair_engine

LAYER = LayerInfo("conv", "Conv2d", 4, 5, 7, pair="conv:1", of_picture=2)
KINDS = {
    ChangeKind.MUTE: lambda values: values * 0,
    ChangeKind.SCALE: lambda values: values * -3,
    ChangeKind.CLAMP: lambda values: values.clamp(-0.05, 0.1),
}


def change(layer, unit, kind):
    return Intervention(layer, unit, kind, value=-3, low=-0.05, high=0.1)


def brute_force(module, unit, act):
    """Every call of the module gives what it gave with one unit changed."""

    def hook(_module, _inputs, output):
        made = output.clone()
        made[:, unit] = act(made[:, unit])
        return made

    return module.register_forward_hook(hook)


@pytest.fixture
def engine(tmp_path):
    torch.manual_seed(0)
    return pair_engine(tmp_path)


@pytest.fixture
def batch():
    return torch.randn(1, 6, 32, 48, generator=torch.Generator().manual_seed(1))


def test_of_a_pair_the_call_of_each_picture_counts():
    asked = {pair: calls_of(LAYER, pair) for pair in Pair}
    assert asked == {Pair.FIRST: ("conv:1",), Pair.SECOND: ("conv",), Pair.BOTH: ("conv:1", "conv")}
    assert calls_of(LayerInfo("join", "Conv2d", 4, 5, 7)) == ("join",)


def test_both_calls_have_the_units_of_the_layer_that_is_listed(engine):
    for name in ("branch.0:1", "branch.0"):
        assert listed_name(engine.taps, name) == "branch.0"
        assert [tap.name for tap in calls_with_unit(engine.taps, name)] == ["branch.0:1", "branch.0"]
    # a third call works on what both pictures gave: that is another layer
    assert [tap.name for tap in calls_with_unit(engine.taps, "act")] == ["act"]
    assert [tap.name for tap in calls_with_unit(engine.taps, "act:1")] == ["act:1", "act:2"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layer", ["branch.0", "branch.0:1", "branch.2", "branch"])
def test_a_change_of_a_shared_unit_is_what_a_hook_on_its_module_does(engine, batch, layer, kind):
    network, act = engine.loaded.network, KINDS[kind]
    with torch.no_grad():
        plain = network(batch)
        handle = brute_force(network.get_submodule(layer.split(":")[0]), 2, act)
        expected = network(batch)
        handle.remove()
        with Changed(network, engine.taps, [change(layer, 2, kind)]):
            found = network(batch)
        again = network(batch)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
    assert not torch.equal(found, plain)
    assert torch.equal(again, plain)


def test_changes_of_either_call_of_a_unit_are_changes_of_one_unit(engine, batch):
    network = engine.loaded.network
    doubled = Intervention("branch.0:1", 2, ChangeKind.SCALE, value=2)
    with torch.no_grad():
        with Changed(network, engine.taps, [Intervention("branch.0", 2)]):
            muted = network(batch)
        with Changed(network, engine.taps, [doubled, Intervention("branch.0", 2)]):
            assert torch.equal(network(batch), muted)


def test_a_later_call_of_the_module_that_works_on_both_pictures_is_left_alone(engine, batch):
    network = engine.loaded.network
    act, calls = network.get_submodule("act"), []

    def two_of_three(_module, _inputs, output):
        calls.append(output)
        return KINDS[ChangeKind.SCALE](output) if len(calls) < 3 else None

    with torch.no_grad():
        handle = act.register_forward_hook(two_of_three)
        expected = network(batch)
        handle.remove()
        changes = [Intervention("act:2", unit, ChangeKind.SCALE, value=-3) for unit in range(6)]
        with Changed(network, engine.taps, changes):
            found = network(batch)
    assert len(calls) == 3
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
