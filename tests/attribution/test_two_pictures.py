"""Which pixels of two pictures speak for a unit, and what feeds it, where a layer runs once for each of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis.attribution.feeding import Feeding, Way
from deepvis.attribution.methods import METHODS
from deepvis.attribution.occlusion import occlusion, refine, windows
from deepvis.attribution.one_picture import attribute_picture
from deepvis.attribution.options import Options
from deepvis.attribution.subject import Subject
from deepvis.attribution.two_pictures import of_each, side_by_side
from deepvis.attribution.unit_value import UnitValue
from deepvis.kinds import Fit, Method, Pair, SeedKind
from deepvis.records import SOFTMAX, Target
from tests.pair_networks import pair_engine

FINE = Options(cells=(2, 3), chunk=5, samples=3, steps=4)
COLORED = [method for method in Method if not METHODS[method].is_map]


@pytest.fixture
def engine(tmp_path):
    torch.manual_seed(3)
    return pair_engine(tmp_path)


@pytest.fixture
def picture(make_picture, engine):
    return torch.cat([engine.loaded.preprocessing.prepare(make_picture(seed=seed))[0] for seed in (1, 2)])


@pytest.fixture
def subject(engine, picture):
    return Subject(engine, picture)


def person(engine):
    """The network as the person wrote it, and what it is called with."""
    return engine.loaded.network.of_two


def leaves(engine, picture):
    batch = engine.loaded.preprocessing.normalize(picture, "cpu", torch.float32)
    return [part.clone().requires_grad_() for part in batch.chunk(2, dim=1)]


# attributions


def test_a_channel_of_a_shared_layer_starts_in_both_maps(engine, subject, picture):
    found = subject.attribute(Target("branch", 2), Method.GRADIENT)
    pictures = leaves(engine, picture)
    for part, values in zip(pictures, found.values.chunk(2), strict=True):
        channel = person(engine).branch(part)[0, 2]
        (expected,) = torch.autograd.grad((channel * channel.detach()).sum(), part)
        torch.testing.assert_close(values, expected[0])
    largest = max(float(person(engine).branch(part)[0, 2].max().detach()) for part in pictures)
    assert found.activation == pytest.approx(largest)


def test_each_map_has_a_maximum_of_its_own(engine, subject, picture):
    found = subject.attribute(Target("branch", 2, SeedKind.MAXIMUM), Method.GRADIENT)
    places = []
    for part, values in zip(leaves(engine, picture), found.values.chunk(2), strict=True):
        channel = person(engine).branch(part)[0, 2]
        (expected,) = torch.autograd.grad(channel.max(), part)
        torch.testing.assert_close(values, expected[0])
        places.append(divmod(int(channel.argmax()), channel.shape[1]))
    assert places[0] != places[1]
    assert [found.target.position, found.target.second_position] == places


@pytest.mark.parametrize("seed", [SeedKind.CHANNEL, SeedKind.MAXIMUM, SeedKind.POSITION])
@pytest.mark.parametrize("method", [*COLORED, Method.OCCLUSION])
def test_both_is_the_first_beside_the_second(subject, method, seed):
    place = (3, 4) if seed is SeedKind.POSITION else None
    made = {
        pair: subject.attribute(Target("branch", 2, seed, place, pair=pair), method, FINE).values.chunk(2)
        for pair in Pair
    }
    torch.testing.assert_close(made[Pair.BOTH][0], made[Pair.FIRST][0], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(made[Pair.BOTH][1], made[Pair.SECOND][1], rtol=1e-4, atol=1e-6)
    for shown, other in ((made[Pair.FIRST][0], made[Pair.FIRST][1]), (made[Pair.SECOND][1], made[Pair.SECOND][0])):
        assert shown.any()
        # a pass of several pictures may differ from one of a single picture in the last bit
        assert other.abs().max() <= 1e-5 * shown.abs().max()


def test_the_first_call_alone_is_still_a_layer_of_the_tree(subject):
    alone = subject.attribute(Target("branch:1", 2), Method.GUIDED).values
    torch.testing.assert_close(alone, subject.attribute(Target("branch", 2, pair=Pair.FIRST), Method.GUIDED).values)


@pytest.mark.parametrize("rule", [Method.GRADIENT, Method.DECONVNET, Method.GUIDED])
def test_gradients_of_a_shared_layers_units_are_those_of_both_pictures_side_by_side(engine, subject, picture, rule):
    target = Target("softmax", 1)
    both = subject.gradient_at(target, rule, "branch", "branch:1")
    parts = [subject.gradient_at(target, rule, name) for name in ("branch:1", "branch")]
    assert torch.equal(both, torch.cat(parts, dim=2))
    if rule is Method.GRADIENT:
        network, (left, right) = person(engine), leaves(engine, picture)
        a, b = network.branch(left), network.branch(right)
        joined = network.act(network.join((network.act(a) - network.act(b)).abs()))
        logit = network.head(joined.mean((2, 3)))[0, 1]
        for values, expected in zip(parts, torch.autograd.grad(logit, [a, b]), strict=True):
            torch.testing.assert_close(values, expected[0])
            assert expected.any()


def test_one_pass_gives_maps_and_attribution_of_both_pictures(engine, picture):
    subject = Subject(engine, picture, layers=("branch:1", "branch"), to_the_end=True)
    runs = []
    handle = person(engine).register_forward_hook(lambda *_: runs.append(1))
    answer = subject.answer("branch", "branch:1")
    subject.attribute(Target("branch", 2), Method.GRADIENT)
    subject.gradient_at(Target("branch", 2), Method.GRADIENT, "branch", "branch:1")
    handle.remove()
    expected = engine.ask(picture, "branch", to_the_end=True, beside="branch:1")
    torch.testing.assert_close(answer.activations.maps, expected.activations.maps)
    torch.testing.assert_close(answer.logits, expected.logits)
    assert len(runs) == 1


def test_each_picture_is_covered_in_turn(engine, subject, picture):
    asked = subject.asked(Target("join", 3), FINE)
    values = occlusion(asked)
    assert values.shape == (2, 3, 3)
    batch = engine.batch(picture)
    maps = engine._probe.run(batch, [engine.taps["join"]], to_the_end=False).activations["join"].maps[3]
    for number, (rows, columns) in ((0, windows(3, 32, 48)[4]), (1, windows(3, 32, 48)[2])):
        covered = batch.clone()
        covered[0, 3 * number : 3 * number + 3, rows, columns] = 0
        after = engine._probe.run(covered, [engine.taps["join"]], to_the_end=False).activations["join"].maps[3]
        lost = float((maps * (maps - after)).sum().detach())
        assert float(values[number].flatten()[4 if number == 0 else 2]) == pytest.approx(lost, rel=1e-3, abs=1e-5)
    *_, last = refine(subject, Target("join", 3), FINE)
    assert last.complete
    torch.testing.assert_close(last.values, values)


def test_grad_cam_weighs_each_pictures_own_maps(engine, subject, picture):
    found = subject.attribute(Target("branch.2", 2), Method.GRAD_CAM, Options(cam_layer="branch.0"))
    for part, values in zip(leaves(engine, picture), found.values, strict=True):
        maps = person(engine).branch[0](part)
        channel = person(engine).branch[2](maps.relu())[0, 2]
        (gradient,) = torch.autograd.grad((channel * channel.detach()).sum(), maps)
        expected = (gradient.mean((2, 3), keepdim=True) * maps).sum(1)[0].clamp_min(0)
        torch.testing.assert_close(values, expected)


def test_grad_cam_of_a_layer_after_the_join_is_the_same_over_both_pictures(subject):
    values = subject.attribute(Target(SOFTMAX, 1), Method.GRAD_CAM, Options(cam_layer="join")).values
    assert values.shape[0] == 2
    assert torch.equal(values[0], values[1])


def test_grad_cam_of_two_branches_with_weights_of_their_own_has_a_map_of_each(tmp_path, picture):
    apart = Subject(pair_engine(tmp_path, "Apart"), picture)
    for unit in (0, 1):
        values = apart.attribute(Target(SOFTMAX, unit), Method.GRAD_CAM).values
        assert values.shape[0] == 2
        if values[0].any() and values[1].any():
            assert not torch.equal(values[0], values[1])
            return
    raise AssertionError("no class is spoken for by both pictures")


def test_relevance_of_a_shared_branch_is_that_of_branches_with_equal_weights(tmp_path, picture):
    pytest.importorskip("zennit")
    shared = pair_engine(tmp_path)
    apart = pair_engine(tmp_path, "Apart")
    for name in ("left", "right"):
        getattr(person(apart), name).load_state_dict(person(shared).branch.state_dict())
    both = Subject(shared, picture).attribute(Target("branch", 2), Method.LRP).values
    for name, number in (("left", 0), ("right", 1)):
        alone = Subject(apart, picture).attribute(Target(name, 2), Method.LRP).values
        torch.testing.assert_close(both.chunk(2)[number], alone.chunk(2)[number], rtol=1e-4, atol=1e-6)
        assert alone.chunk(2)[number].any()


def test_pictures_are_taken_apart_by_what_the_method_gives():
    colors, maps = np.arange(24.0).reshape(2, 3, 4), np.arange(24.0).reshape(2, 3, 4)
    assert [part.shape for part in of_each(colors, 2, is_map=False)] == [(1, 3, 4)] * 2
    assert [part.shape for part in of_each(maps, 2, is_map=True)] == [(3, 4)] * 2
    assert side_by_side(colors, 2, is_map=False).shape == (1, 3, 8)
    assert side_by_side(maps, 2, is_map=True).shape == (3, 8)
    assert side_by_side(colors, 1, is_map=False) is colors


def test_one_picture_stands_for_both_and_two_are_seen_side_by_side(engine, make_picture):
    first, second = make_picture(seed=1), make_picture(90, 60, seed=2)
    made = attribute_picture(engine, [first, second], Fit.CROP, Target("branch", 2), Method.GRADIENT)
    assert made.values.shape == (6, 32, 48)
    assert made.input_rgb.shape == (32, 96, 3)
    alone = attribute_picture(engine, [first], Fit.CROP, Target("branch", 2), Method.GRADIENT)
    np.testing.assert_array_equal(alone.values[:3], alone.values[3:])
    np.testing.assert_allclose(alone.values[:3], made.values[:3], rtol=1e-5, atol=1e-7)
    assert not np.array_equal(made.values[3:], alone.values[3:])


# what feeds a unit


def muted_by_hand(engine, picture, module, unit, read):
    """What `read` gives when every call of a module gives zero for a unit."""

    def hook(_module, _inputs, output):
        made = output.clone()
        made[:, unit] = 0
        return made

    handle = engine.loaded.network.get_submodule(module).register_forward_hook(hook)
    try:
        with torch.no_grad():
            return read(engine, picture)
    finally:
        handle.remove()


def of_join(engine, picture):
    network = person(engine)
    left, right = (part.detach() for part in leaves(engine, picture))
    a, b = network.act(network.branch(left)), network.act(network.branch(right))
    return float(network.join((a - b).abs())[0, 3].mean())


def of_branches(engine, picture):
    maps = [person(engine).branch(part.detach()) for part in leaves(engine, picture)]
    return float(torch.stack(maps)[:, 0, 2].mean())


@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize(
    ("target", "read"),
    [(UnitValue("join", 3), of_join), (UnitValue("branch.2", 2), of_branches)],
    ids=["after the join", "of the branch"],
)
def test_muting_a_shared_unit_in_turn_is_what_a_hook_on_its_module_does(engine, picture, target, read, way):
    made = Feeding(engine, picture, target, "branch.0")
    made.way = way
    found = dict(pair for step in made.exact() for pair in step)
    value = read(engine, picture)
    assert made.way is way
    assert made.estimate().value == pytest.approx(value, abs=1e-5)
    assert set(found) == set(range(4))
    for unit, change in found.items():
        expected = muted_by_hand(engine, picture, "branch.0", unit, read) - value
        assert change == pytest.approx(expected, abs=1e-5)
    assert max(map(abs, found.values())) > 1e-3


def test_the_estimate_of_a_shared_unit_is_that_of_both_calls(engine, picture):
    effects = Feeding(engine, picture, UnitValue(SOFTMAX, 1), "branch").estimate().effects
    network, (left, right) = person(engine), leaves(engine, picture)
    a, b = network.branch(left), network.branch(right)
    joined = network.act(network.join((network.act(a) - network.act(b)).abs()))
    logit = network.head(joined.mean((2, 3)))[0, 1]
    expected = sum(-(x * g).sum((0, 2, 3)) for x, g in zip((a, b), torch.autograd.grad(logit, [a, b]), strict=True))
    np.testing.assert_allclose(effects, expected.detach().numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("pair", [Pair.FIRST, Pair.SECOND])
def test_a_unit_is_read_in_the_map_of_the_picture_that_is_asked_for(engine, picture, pair):
    made = Feeding(engine, picture, UnitValue("branch.2", 2, (3, 4), pair), "branch.0")
    part = leaves(engine, picture)[0 if pair is Pair.FIRST else 1].detach()
    assert made.estimate().value == pytest.approx(float(person(engine).branch(part)[0, 2, 3, 4]), abs=1e-6)
    found = dict(step for steps in made.exact() for step in steps)
    assert any(found.values())


def test_the_larger_of_two_maxima_is_followed(engine, picture):
    found = Feeding(engine, picture, UnitValue("branch.2", 2), "branch.0", follow=True).estimate()
    maxima = [float(person(engine).branch(part)[0, 2].max().detach()) for part in leaves(engine, picture)]
    assert found.value == pytest.approx(max(maxima), abs=1e-6)
    assert found.pair is (Pair.FIRST, Pair.SECOND)[maxima.index(max(maxima))]
