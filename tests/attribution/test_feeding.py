"""What feeds a unit, against muting each unit by hand."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from deepvis.attribution import feeding
from deepvis.attribution.feeding import Feeding, Way
from deepvis.attribution.unit_value import UnitValue
from deepvis.causes import Intervention
from deepvis.models.errors import ModelError
from deepvis.models.intervention import Changed
from deepvis.models.probe import Probe
from deepvis.records import SOFTMAX


def measured(made):
    return dict(pair for step in made.exact() for pair in step)


def by_hand(engine, picture, read, inputs):
    """By how much `read(activations by layer, logits)` changes when each unit of the earlier layer is muted."""
    network, taps = engine.loaded.network, engine.taps
    wanted = [tap for tap in taps.values() if tap.module and tap.layout is not None]

    def value(changes):
        with Changed(network, taps, changes), Probe(network, taps.values()) as probe, torch.inference_mode():
            answer = probe.run(engine.batch(picture), wanted, to_the_end=True)
            return float(read({name: one.maps for name, one in answer.activations.items()}, answer.logits))

    plain = value(())
    return plain, [value([Intervention(inputs, unit)]) - plain for unit in range(taps[inputs].info.units)]


def assert_measured(made, expected):
    found = measured(made)
    for unit, effect in enumerate(expected):
        # units that are not muted are silent: muting them changes nothing
        assert found.get(unit, 0.0) == pytest.approx(effect, abs=2e-5)


def test_measured_effects_are_those_of_muting_one_unit_after_the_other(residual, picture):
    made = Feeding(residual, picture, UnitValue("block2.norm2", 5, (3, 4)), "block1")
    value, expected = by_hand(residual, picture, lambda maps, _: maps["block2.norm2"][5, 3, 4], "block1")
    # the sum with the skip connection overwrites the norm later, in both
    assert made.estimate().value == pytest.approx(value, abs=1e-5)
    assert_measured(made, expected)
    assert made.way is Way.WIDENED
    assert max(map(abs, expected)) > 0.01


class Overwriting(nn.Module):
    """Goes on with the tensors that its rectifiers overwrite, and not with what they give."""

    def __init__(self):
        super().__init__()
        self.stem, self.body, self.head = nn.Conv2d(3, 6, 3), nn.Conv2d(6, 5, 3), nn.Linear(5, 4)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.stem(x)
        x.relu_()
        x = self.body(x)
        self.act(x)
        return self.head(x.mean((2, 3)))


def test_rectifiers_that_only_overwrite_count(engines, made, picture):
    engine = engines(made(Overwriting))
    feeding_it = Feeding(engine, picture, UnitValue("head", 2), "stem")
    value, expected = by_hand(engine, picture, lambda maps, _: maps["head"][2, 0, 0], "stem")
    assert feeding_it.estimate().value == pytest.approx(value, abs=1e-5)
    assert_measured(feeding_it, expected)
    assert max(map(abs, expected)) > 0.001


def test_a_unit_is_read_before_its_rectifier_so_that_one_that_is_off_tells_something(residual, picture):
    with torch.inference_mode():
        off = int((residual.ask(picture, "act3", to_the_end=False).activations.maps[:, 0, 0] == 0).nonzero()[0])
    made = Feeding(residual, picture, UnitValue("act3", off), "block2")
    value, expected = by_hand(residual, picture, lambda maps, _: maps["hidden"][off, 0, 0], "block2")
    assert made.estimate().rectified
    assert made.estimate().value == pytest.approx(value, abs=1e-5)
    assert value < 0
    assert_measured(made, expected)
    assert np.abs(made.estimate().effects).max() > 0


def test_the_estimate_is_exact_where_everything_between_is_linear(residual, picture):
    made = Feeding(residual, picture, UnitValue("hidden", 3), "mean")
    found = measured(made)
    assert found
    for unit, effect in found.items():
        assert made.estimate().effects[unit] == pytest.approx(effect, abs=1e-5)


def test_the_estimate_is_minus_the_sum_of_activation_times_gradient(residual, picture):
    made = Feeding(residual, picture, UnitValue("head", 2), "norm").estimate()
    network = residual.loaded.network
    x = network.norm(network.conv(residual.batch(picture))).detach().requires_grad_()
    out = x
    for name, module in network.named_children():
        if name not in ("conv", "norm"):
            out = module(out)
    (gradient,) = torch.autograd.grad(out[0, 2], x)
    np.testing.assert_allclose(made.effects, -(x * gradient).sum((0, 2, 3)).detach(), rtol=1e-3, atol=1e-5)
    assert made.value == pytest.approx(float(out[0, 2].detach()), abs=1e-5)


def test_the_maximum_is_followed_and_then_stays_where_it_was(residual, picture):
    made = Feeding(residual, picture, UnitValue("block1", 2), "act", follow=True)
    maps = residual.ask(picture, "block1", to_the_end=False).activations.maps
    row, column = divmod(int(maps[2].argmax()), maps.shape[2])
    assert made.estimate().position == (row, column)

    def at_maximum(maps, _logits):
        return maps["block1.norm2"][2, row, column] + maps["pool"][2, row, column]

    _, expected = by_hand(residual, picture, at_maximum, "act")
    assert_measured(made, expected)


def test_without_a_position_the_mean_of_the_map_is_followed(residual, picture):
    made = Feeding(residual, picture, UnitValue("pool", 2), "conv")
    value, expected = by_hand(residual, picture, lambda maps, _: maps["pool"][2].mean(), "conv")
    assert made.estimate().position is None
    assert made.estimate().value == pytest.approx(value, abs=1e-5)
    assert_measured(made, expected)


def test_probabilities_are_followed_by_what_goes_into_the_softmax(residual, picture):
    made = Feeding(residual, picture, UnitValue(SOFTMAX, 1), "block2")
    value, expected = by_hand(residual, picture, lambda _, logits: logits[1], "block2")
    assert made.estimate().value == pytest.approx(value, abs=1e-5)
    assert_measured(made, expected)


def test_of_tokens_the_class_token_counts(tokens, picture):
    made = Feeding(tokens, picture, UnitValue("head", 1), "first")
    value, expected = by_hand(tokens, picture, lambda _, logits: logits[1], "first")
    assert made.estimate().value == pytest.approx(value, abs=1e-5)
    assert_measured(made, expected)


class Strict(nn.Module):
    """Adds in place to what came before the layer: one picture there, many in the layer, does not go."""

    def __init__(self):
        super().__init__()
        self.stem, self.branch, self.last = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)

    def forward(self, x):
        x = self.stem(x)
        x += self.branch(x)
        return self.last(x).mean((2, 3))


class OnlyOne(Strict):
    """Takes one picture only."""

    def forward(self, x):
        if x.shape[0] != 1:
            raise ValueError("one picture, please")
        return super().forward(x)


class Mixing(nn.Module):
    """Gives other answers when several pictures come at once."""

    def __init__(self):
        super().__init__()
        self.branch, self.last = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 1)

    def forward(self, x):
        x = self.branch(x)
        return self.last(x - 0.9 * x.sum(0, keepdim=True)).abs().mean((2, 3))


@pytest.mark.parametrize(
    ("network", "way"), [(Strict, Way.WHOLE), (OnlyOne, Way.SINGLE), (Mixing, Way.SINGLE)], ids=str
)
def test_a_network_that_does_not_take_many_pictures_is_asked_in_another_way(engines, made, picture, network, way):
    engine = engines(made(network))
    feeding_of = Feeding(engine, picture, UnitValue("last", 1), "branch")
    _, expected = by_hand(engine, picture, lambda maps, _: maps["last"][1].mean(), "branch")
    assert max(map(abs, expected)) > 1e-3
    assert_measured(feeding_of, expected)
    assert feeding_of.way is way


def test_of_a_large_layer_the_best_estimates_are_muted_best_first(residual, picture, monkeypatch):
    monkeypatch.setattr(feeding, "ALL_BELOW", 4)
    monkeypatch.setattr(feeding, "BEST", 3)
    made = Feeding(residual, picture, UnitValue("head", 2), "block2")
    order = np.argsort(-np.abs(made.estimate().effects))
    assert made.candidates() == order[:3].tolist()
    assert list(measured(made)) == order[:3].tolist()


def test_units_that_are_silent_are_not_muted(residual, picture):
    made = Feeding(residual, picture, UnitValue("head", 2), "act3")
    silent = residual.ask(picture, "act3", to_the_end=False).activations.maps[:, 0, 0] == 0
    assert silent.any()
    assert not set(made.candidates()) & set(silent.nonzero()[:, 0].tolist())


def test_muting_goes_on_step_by_step(residual, picture, monkeypatch):
    monkeypatch.setattr(feeding, "FIRST_STEP", 3)
    monkeypatch.setattr(feeding, "LARGEST_STEP", 3)
    steps = list(Feeding(residual, picture, UnitValue("head", 2), "block1").exact())
    assert [len(step) for step in steps] == [3, 3, 2]


def test_without_memory_fewer_are_muted_at_once(residual, picture, monkeypatch):
    made = Feeding(residual, picture, UnitValue("head", 2), "block1")
    expected, muted = measured(made), Feeding._muted

    def scarce(self, units):
        if len(units) > 2:
            raise MemoryError
        return muted(self, units)

    monkeypatch.setattr(feeding, "is_out_of_memory", lambda error: isinstance(error, MemoryError))
    monkeypatch.setattr(Feeding, "_muted", scarce)
    assert measured(made) == pytest.approx(expected, abs=1e-5)
    assert made.way is Way.WIDENED


def test_changes_that_are_in_force_count(residual, picture):
    change = Intervention("block1", 0)
    network, taps = residual.loaded.network, residual.taps
    with Changed(network, taps, [change]):
        made = Feeding(residual, picture, UnitValue("head", 2), "block1")
        effects = made.estimate().effects
    assert effects[0] == 0
    assert 0 not in made.candidates()


@pytest.mark.parametrize(
    ("target", "inputs", "words"),
    [
        ("head", "nowhere", "no layer 'nowhere'"),
        ("nowhere", "conv", "no layer 'nowhere'"),
        ("head", SOFTMAX, "cannot be muted"),
        ("conv", "block1", "did not run|does not come after"),
    ],
)
def test_what_cannot_be_followed_is_told_in_a_sentence(residual, picture, target, inputs, words):
    with pytest.raises(ModelError, match=words):
        Feeding(residual, picture, UnitValue(target, 0), inputs).estimate()


def test_a_network_that_fails_leaves_nothing_behind(engines, made, picture):
    class Fails(nn.Module):
        def forward(self, x):
            raise ValueError("no") if torch.is_grad_enabled() else RuntimeError("no")

    network = made(lambda: nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3), last=nn.Conv2d(4, 4, 1))))
    engine = engines(network)
    network.last.forward = Fails().forward
    with pytest.raises(ValueError, match="no"):
        Feeding(engine, picture, UnitValue("last", 0), "conv").estimate()
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
