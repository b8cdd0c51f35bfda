"""Gradients, backward views and causes of a network of two pictures, as a view of first, second or both shows them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from deepvis.attribution.methods import METHODS
from deepvis.attribution.subject import Subject
from deepvis.causes import CauseWish, Intervention
from deepvis.imaging.attribution_views import overlaid
from deepvis.kinds import BackView, Method, Overlay, Pair, SeedKind
from deepvis.live.answering import Answering
from deepvis.live.back_drawing import SEAM
from deepvis.live.back_wish import back_wish
from deepvis.live.causes import NOTHING_BEFORE, earlier_layers
from deepvis.live.pairs import aimed
from deepvis.records import Backward, Frame, Target
from tests.pair_networks import pair_engine

BACK = Backward(Method.GRADIENT, height=64, width=192)
WIDTH = 11
"""Columns of a map of the branch."""


class Asking:
    def __init__(self, engine):
        self.engine = engine
        self.answering = Answering()

    def __call__(self, frame, view):
        with torch.inference_mode():
            return self.answering.answer(self.engine, frame, view)

    def finished(self, result):
        while self.answering.pending(result.frame, result.view):
            result = self.answering.go_on() or result
        return result

    def subject(self, frame):
        prepare = self.engine.loaded.preprocessing.prepare
        return Subject(self.engine, torch.cat([prepare(rgb)[0] for rgb in (frame.rgb, frame.second_rgb)]))


@pytest.fixture
def siamese(tmp_path):
    torch.manual_seed(3)
    return Asking(pair_engine(tmp_path))


@pytest.fixture
def frame(make_picture):
    return Frame(make_picture(seed=1), 0, 0.0, "two", still=True, second_rgb=make_picture(90, 60, seed=2))


@pytest.fixture
def view(default_view):
    return replace(default_view, model="pair_nets:Siamese", layer="branch", unit=2, back=BACK)


def hooked(network, module, unit, run):
    """What `run` gives while every call of a module gives zero for a unit."""

    def hook(_module, _inputs, output):
        made = output.clone()
        made[:, unit] = 0
        return made

    handle = network.get_submodule(module).register_forward_hook(hook)
    try:
        with torch.inference_mode():
            return run()
    finally:
        handle.remove()


# the grid of gradients


def test_the_grid_shows_the_gradients_of_both_pictures_side_by_side(siamese, frame, view):
    origin = Target("join", 3)
    result = siamese(frame, replace(view, back=replace(BACK, gradients=True, origin=origin)))
    assert result.grid.gradients
    subject = siamese.subject(frame)
    maps = torch.cat([subject.gradient_at(origin, Method.GRADIENT, name) for name in ("branch:1", "branch")], dim=2)
    np.testing.assert_allclose(result.grid.summary.maxima, maps.amax((1, 2)), rtol=1e-4, atol=1e-7)
    for part in maps.chunk(2, dim=2):
        assert part.any()


@pytest.mark.parametrize("pair", [Pair.FIRST, Pair.SECOND])
def test_the_grid_of_one_picture_shows_its_gradients(siamese, frame, view, pair):
    origin = Target("join", 3)
    result = siamese(frame, replace(view, pair=pair, back=replace(BACK, gradients=True, origin=origin)))
    name = {Pair.FIRST: "branch:1", Pair.SECOND: "branch"}[pair]
    maps = siamese.subject(frame).gradient_at(origin, Method.GRADIENT, name)
    np.testing.assert_allclose(result.grid.summary.maxima, maps.amax((1, 2)), rtol=1e-4, atol=1e-7)


def test_one_pass_serves_maps_of_both_predictions_gradients_and_attribution(siamese, frame, view):
    runs = []
    handle = siamese.engine.loaded.network.register_forward_hook(lambda *_: runs.append(1))
    result = siamese(frame, replace(view, back=replace(BACK, gradients=True)))
    handle.remove()
    assert len(runs) == 1
    assert result.predictions
    assert result.back.picture_rgb is not None


# the backward view


@pytest.mark.parametrize("method", [Method.GRADIENT, Method.GUIDED, Method.GRAD_CAM])
def test_both_pictures_are_attributed_side_by_side_and_alone(siamese, frame, view, method):
    layer = "join" if method is Method.GRAD_CAM else "branch"
    back = replace(BACK, method=method, view=BackView.SUM)
    pictures = {
        pair: siamese(frame, replace(view, layer=layer, pair=pair, back=back)).back.picture_rgb for pair in Pair
    }
    # what the network sees is 32 x 48: both of it are 32 x 96
    assert {pair: picture.shape for pair, picture in pictures.items()} == {
        Pair.BOTH: (64, 192, 3),
        Pair.FIRST: (64, 96, 3),
        Pair.SECOND: (64, 96, 3),
    }
    both = pictures[Pair.BOTH]
    assert (both[:, 96] == SEAM).all()
    values = siamese.subject(frame).attribute(Target(layer, 2), method).values.numpy()
    parts = list(values) if METHODS[method].is_map else np.split(values, 2)
    for pair, shown in ((Pair.FIRST, parts[:1]), (Pair.SECOND, parts[1:]), (Pair.BOTH, parts)):
        joined = np.concatenate(shown, axis=-1)
        size = pictures[pair].shape[:2]
        expected = overlaid(
            np.zeros((2, 2, 3), np.uint8), joined, BackView.SUM, "auto", Overlay.OFF, 1, size, len(shown)
        )
        difference = np.abs(pictures[pair].astype(int) - expected)
        difference[:, 96:97] = 0
        assert difference.max() <= 1
        assert expected.std() > 0


def test_a_chosen_position_is_of_the_picture_it_lies_in_and_of_the_other_a_sentence_is_told(siamese, frame, view):
    chosen = replace(view, back=replace(BACK, seed=SeedKind.POSITION), position=(3, WIDTH + 4))
    assert siamese.engine.taps["branch"].info.width == WIDTH
    result = siamese(frame, chosen)
    assert result.back.target == Target("branch", 2, SeedKind.POSITION, (3, 4), pair=Pair.SECOND)
    assert result.back.caveat.startswith("The first picture does not count here. ")
    # zero is mid gray: nothing at the left, something at the right
    assert (result.back.picture_rgb[:, :96] == 128).all()
    assert not (result.back.picture_rgb[:, 97:] == 128).all()
    frozen = replace(chosen, position=None, back=replace(chosen.back, origin=result.back.target))
    alone = siamese(frame, replace(frozen, pair=Pair.FIRST)).back
    assert alone.picture_rgb is None
    assert alone.reason == "The first picture does not count here: V shows the other one."
    assert siamese(frame, replace(frozen, pair=Pair.SECOND)).back.picture_rgb is not None


def test_a_target_is_in_the_maps_that_are_shown(siamese):
    info = siamese.engine.taps["branch"].info
    target = Target("branch", 2, SeedKind.POSITION, (3, WIDTH + 4))
    assert aimed(target, info, Pair.BOTH) == replace(target, position=(3, 4), pair=Pair.SECOND)
    assert aimed(replace(target, position=(3, 4)), info, Pair.BOTH) == replace(target, position=(3, 4), pair=Pair.FIRST)
    assert aimed(replace(target, position=None), info, Pair.FIRST).pair is Pair.FIRST
    # the seed may be changed to this position later: then it counts in both maps
    whole = replace(target, seed=SeedKind.CHANNEL)
    assert aimed(whole, info, Pair.BOTH) == replace(whole, position=(3, 4))
    joined = siamese.engine.taps["join"].info
    assert aimed(replace(target, layer="join"), joined, Pair.BOTH) == replace(target, layer="join")


def test_a_position_of_the_second_map_is_not_cut_off_at_the_end_of_the_first(siamese, view):
    info = siamese.engine.taps["branch"].info
    chosen = replace(view, back=replace(BACK, seed=SeedKind.POSITION), position=(99, 99))
    wish = back_wish(chosen, info)
    assert wish.target.position == (info.height - 1, info.width - 1)
    assert wish.target.pair is Pair.SECOND
    assert wish.viewed == {"branch:1", "branch"}


def test_each_picture_is_covered_and_the_check_compares_both(siamese, frame, view):
    result = siamese(frame, replace(view, layer="join", back=replace(BACK, method=Method.OCCLUSION)))
    result = siamese.finished(result)
    assert result.back.progress == 1
    values = siamese.subject(frame).attribute(Target("join", 2), Method.OCCLUSION).values
    assert values.shape == (2, 16, 16)
    assert result.back.extent == pytest.approx((float(values.min()), float(values.max())), rel=1e-4)
    checked = siamese.finished(siamese(frame, replace(view, back=replace(BACK, checks=True))))
    assert checked.back.checks
    assert {check.picture_rgb.shape for check in checked.back.checks} == {(64, 192, 3)}


# causes


@pytest.mark.parametrize("layer", ["branch.0", "branch.0:1"])
@pytest.mark.parametrize("pair", Pair)
def test_a_muted_unit_is_muted_for_both_pictures_whichever_is_shown(siamese, frame, view, pair, layer):
    plain = siamese(frame, replace(view, pair=pair))
    muted = siamese(frame, replace(view, pair=pair, changes=(Intervention(layer, 1),)))
    subject = siamese.subject(frame)
    expected = hooked(
        siamese.engine.loaded.network,
        "branch.0",
        1,
        lambda: siamese.engine.ask(subject.picture, "branch", to_the_end=True, beside="branch:1"),
    )
    found = {answer.index: answer.probability for answer in muted.predictions}
    for index, probability in found.items():
        assert probability == pytest.approx(float(expected.probabilities[index]), abs=1e-6)
    maps = expected.activations.maps
    parts = {Pair.FIRST: maps[..., :WIDTH], Pair.SECOND: maps[..., WIDTH:], Pair.BOTH: maps}
    np.testing.assert_allclose(muted.summary.maxima, parts[pair].amax((1, 2)), rtol=1e-4, atol=1e-6)
    assert muted.baseline.maximum == pytest.approx(float(plain.summary.maxima[2]), abs=1e-6)
    assert muted.baseline.predictions == plain.predictions


@pytest.mark.parametrize("pair", Pair)
def test_what_a_unit_does_is_what_muting_it_for_both_pictures_does(siamese, frame, view, pair):
    result = siamese(frame, replace(view, pair=pair, causes=CauseWish(does=True)))
    subject = siamese.subject(frame)
    expected = hooked(
        siamese.engine.loaded.network,
        "branch",
        2,
        lambda: siamese.engine.ask(subject.picture, "join", to_the_end=True).probabilities,
    )
    assert (result.causes.layer, result.causes.unit) == ("branch", 2)
    assert len(result.causes.does.moves) == 2
    for move in result.causes.does.moves:
        assert move.after == pytest.approx(float(expected[move.index]), abs=1e-6)
        assert move.before != move.after


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("pair", Pair)
def test_what_feeds_a_unit_is_measured_in_the_maps_that_are_shown(siamese, frame, view, pair, whole):
    wish = CauseWish(feeds=True, whole=whole, inputs="branch.0")
    position = None if whole else (3, WIDTH + 4 if pair is Pair.BOTH else 4)
    asked = replace(view, layer="branch", pair=pair, causes=wish, position=position)
    feeds = siamese.finished(siamese(frame, asked)).causes.feeds
    subject, network = siamese.subject(frame), siamese.engine.loaded.network

    def value():
        maps = siamese.engine.ask(subject.picture, "branch", to_the_end=False, beside="branch:1").activations.maps[2]
        shown = {Pair.FIRST: maps[:, :WIDTH], Pair.SECOND: maps[:, WIDTH:], Pair.BOTH: maps}[pair]
        return float(shown.mean() if whole else shown[position])

    assert feeds.whose is (pair if whole or pair is not Pair.BOTH else Pair.SECOND)
    assert feeds.position == (None if whole else (3, 4))
    assert feeds.value == pytest.approx(value(), abs=1e-5)
    assert feeds.measured == feeds.wanted == 4
    for row in feeds.rows:
        expected = hooked(network, "branch.0", row.unit, value) - value()
        assert row.exact == pytest.approx(expected, abs=1e-5)
    assert feeds.rows


def test_the_maximum_of_both_maps_is_followed(siamese, frame, view):
    result = siamese(frame, replace(view, causes=CauseWish(feeds=True, inputs="branch.0")))
    feeds = result.causes.feeds
    row, column = result.unit.position
    assert feeds.position == (row, column % WIDTH)
    assert feeds.whose is (Pair.SECOND if column >= WIDTH else Pair.FIRST)
    assert feeds.value == pytest.approx(result.unit.value, abs=1e-5)


def test_a_change_of_the_unit_itself_is_none_of_what_feeds_it(siamese, frame, view):
    wish = CauseWish(feeds=True, does=True, inputs="branch.0")
    plain = siamese(frame, replace(view, causes=wish)).causes
    changed = siamese(frame, replace(view, causes=wish, changes=(Intervention("branch:1", 2),))).causes
    assert changed.feeds.value == pytest.approx(plain.feeds.value)
    assert changed.does == plain.does


def test_layers_before_another_are_those_that_ran_for_the_same_picture(siamese, tmp_path):
    taps = siamese.engine.taps
    shown = [name for name, tap in taps.items() if tap.info.worth_showing]
    for call, name in (("branch.2:1", "branch.2"), ("act:1", "act:2")):
        before = earlier_layers(siamese.engine, name)
        assert earlier_layers(siamese.engine, call) == before
        assert before == tuple(
            shown[: [list(taps).index(each) < list(taps).index(name) for each in shown].index(False)]
        )
    assert not earlier_layers(siamese.engine, "branch.0:1")
    apart = pair_engine(tmp_path, "Apart")
    assert earlier_layers(apart, "right")
    assert not [name for name in earlier_layers(apart, "right") if name.startswith("left")]


def test_the_first_layer_of_a_branch_looks_at_the_picture(siamese, frame, view):
    for pair in Pair:
        result = siamese(frame, replace(view, layer="branch.0", pair=pair, causes=CauseWish(feeds=True)))
        assert result.causes.feeds.reason == NOTHING_BEFORE
