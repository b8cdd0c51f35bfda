"""Changed units, what feeds a unit and what it does: from a frame and a view to a result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from deepvis.attribution import feeding
from deepvis.causes import CauseWish, ChangeKind, Intervention
from deepvis.kinds import Method, SeedKind
from deepvis.live.answering import Answering
from deepvis.live.causes import NO_CLASSES, NOTHING_BEFORE
from deepvis.live.session_watch import SessionWatch
from deepvis.models.engine import build_engine
from deepvis.models.zoo import load_model
from deepvis.records import SOFTMAX, Backward, Frame

MUTED = (Intervention("stem", 1),)
FEEDS, DOES = CauseWish(feeds=True), CauseWish(does=True)


class Asking:
    """An engine that counts its passes, and an `Answering` to ask."""

    def __init__(self, request):
        self.reference = load_model(request).network
        self.engine = build_engine(request, progress=lambda _text, _fraction: None, canceled=lambda: False)
        self.answering = Answering()
        self.passes = 0
        self.engine.loaded.network.register_forward_pre_hook(self._count)

    def _count(self, _network, _inputs):
        self.passes += 1

    def __call__(self, frame, view, **options):
        with torch.inference_mode():
            return self.answering.answer(self.engine, frame, view, **options)

    def finished(self, result):
        """The result once nothing better is to come, and in how many steps."""
        steps = 0
        while self.answering.pending(result.frame, result.view):
            result = self.answering.go_on() or result
            steps += 1
        return result, steps

    def probabilities(self, frame, *muted):
        """What the network answers with these units of the stem muted."""
        batch = self.engine.loaded.preprocessing.batch(frame.rgb)
        with torch.inference_mode():
            maps = self.reference.stem(batch)
            maps[:, list(muted)] = 0
            for module in list(self.reference)[1:]:
                maps = module(maps)
            return maps[0].softmax(0).double().numpy()


def frame_of(rgb, number=0, *, still=True):
    return Frame(np.ascontiguousarray(rgb), number, 0.0, "a picture", still=still)


@pytest.fixture
def chain(networks):
    return Asking(networks.request("chain"))


@pytest.fixture
def view(default_view):
    return replace(default_view, model="nets:chain", layer="stem", unit=1)


@pytest.fixture
def frame(make_picture):
    return frame_of(make_picture())


# ------------------------------------------------------------------------------------------------------- changed units


def test_without_changes_there_is_one_pass_and_no_baseline(chain, frame, view):
    result = chain(frame, replace(view, changes=(Intervention("stem", 1, on=False),)))
    assert result.baseline is None
    assert result.causes is None
    assert chain.passes == 1


def test_a_change_costs_one_more_pass_and_another_change_of_the_same_picture_one(chain, frame, view):
    chain(frame, replace(view, changes=MUTED))
    assert chain.passes == 2
    chain(frame, replace(view, changes=(Intervention("stem", 1, ChangeKind.SCALE, value=0.5),)))
    assert chain.passes == 3
    chain(frame, replace(view, changes=MUTED, grid=replace(view.grid, colormap="viridis")))
    assert chain.passes == 4
    chain(frame, replace(view, changes=()))
    assert chain.passes == 5


def test_grid_unit_and_predictions_are_those_of_the_changed_network(chain, frame, view):
    plain = chain(frame, view)
    result = chain(frame, replace(view, changes=MUTED))
    assert result.summary.maxima[1] == result.summary.minima[1] == 0
    np.testing.assert_array_equal(result.summary.maxima[[0, 2, 3]], plain.summary.maxima[[0, 2, 3]])
    assert result.unit.value == 0
    expected = chain.probabilities(frame, 1)
    for answer in result.predictions:
        assert answer.probability == pytest.approx(float(expected[answer.index]), abs=1e-5)


def test_the_answer_without_changes_stands_beside_it(chain, frame, view):
    plain = chain(frame, view)
    chain.answering.forget()
    result = chain(frame, replace(view, changes=MUTED))
    before, after = chain.probabilities(frame), chain.probabilities(frame, 1)
    assert result.baseline.predictions == plain.predictions
    assert result.baseline.maximum == pytest.approx(plain.unit.maximum, abs=1e-5)
    present = [float(before[answer.index]) for answer in result.predictions]
    assert result.baseline.present == pytest.approx(present, abs=1e-5)
    moved = np.abs(after - before)
    movers = result.baseline.movers
    assert [move.index for move in movers] == np.argsort(-moved)[: len(movers)].tolist()
    for move in movers:
        assert (move.before, move.after) == pytest.approx((before[move.index], after[move.index]), abs=1e-5)


def test_the_order_of_changes_asks_for_nothing_new(chain, frame, view):
    one, two = Intervention("stem", 1), Intervention("body", 2)
    chain(frame, replace(view, changes=(one, two)))
    before = chain.passes
    chain(frame, replace(view, changes=(two, one)))
    assert chain.passes == before


def test_without_predictions_both_passes_stop_at_the_layer(chain, frame, view, networks):
    networks.module.CALLS.clear()
    result = chain(frame, replace(view, changes=MUTED, predictions=False))
    assert result.baseline.predictions == result.baseline.movers == ()
    assert networks.calls("body", "MainThread") == 0
    assert result.baseline.maximum > 0


def test_gradients_are_those_of_the_changed_network(chain, frame, view):
    back = Backward(Method.GRADIENT, seed=SeedKind.CLASS, gradients=True, class_index=2, height=20, width=20)
    plain = chain(frame, replace(view, back=back))
    result = chain(frame, replace(view, back=back, changes=(Intervention("act", 1),)))
    assert plain.summary.maxima[1] == result.summary.maxima[1]
    assert plain.grid.summary.maxima[1] != 0 or plain.grid.summary.minima[1] != 0
    assert result.grid.summary.maxima[1] == result.grid.summary.minima[1] == 0


def test_a_change_that_the_network_does_not_have_is_an_error_that_leaves_nothing_behind(chain, frame, view):
    with pytest.raises(Exception, match="no layer 'gone'"):
        chain(frame, replace(view, changes=(Intervention("gone", 0),)))
    assert chain(frame, view).baseline is None


# -------------------------------------------------------------------------------------------------------- what it does


def test_what_a_unit_does_is_the_answer_without_it(chain, frame, view):
    does = chain(frame, replace(view, causes=DOES)).causes.does
    before, after = chain.probabilities(frame), chain.probabilities(frame, 1)
    assert does.reason == ""
    assert does.moves[0].index == int(np.abs(after - before).argmax())
    for move in does.moves:
        assert move.after - move.before == pytest.approx(float(after[move.index] - before[move.index]), abs=1e-5)
    assert chain.passes == 2


def test_of_a_unit_that_is_muted_already_it_is_told_what_it_would_do(chain, frame, view):
    plain = chain(frame, replace(view, causes=DOES)).causes.does
    muted = chain(frame, replace(view, causes=DOES, changes=MUTED)).causes.does
    assert muted == plain


def test_what_a_unit_does_counts_the_other_changes(chain, frame, view):
    does = chain(frame, replace(view, causes=DOES, changes=(Intervention("stem", 2),))).causes.does
    before, after = chain.probabilities(frame, 2), chain.probabilities(frame, 1, 2)
    move = does.moves[0]
    assert (move.before, move.after) == pytest.approx((before[move.index], after[move.index]), abs=1e-5)


def test_probabilities_do_nothing_and_a_network_without_classes_moves_none(chain, frame, view, networks):
    assert "end of the network" in chain(frame, replace(view, layer=SOFTMAX, causes=DOES)).causes.does.reason
    window = Asking(networks.request("window"))
    shown = replace(view, model="nets:window", layer="0", unit=0, causes=DOES)
    assert window(frame, shown).causes.does.reason == NO_CLASSES


# ------------------------------------------------------------------------------------------------------- what feeds it


def test_of_a_moving_picture_what_feeds_a_unit_is_estimated_only(chain, make_picture, view):
    moving = frame_of(make_picture(), still=False)
    result = chain(moving, replace(view, layer="head", unit=3, causes=FEEDS))
    feeds = result.causes.feeds
    assert feeds.layer in feeds.offered
    assert feeds.rows
    assert feeds.wanted == feeds.measured == 0
    assert all(feed.exact is None for feed in feeds.rows)
    assert not chain.answering.pending(moving, result.view)


@pytest.mark.parametrize("frozen", [True, False])
def test_of_a_picture_that_stands_still_it_is_measured_step_by_step(chain, make_picture, view, monkeypatch, frozen):
    monkeypatch.setattr(feeding, "FIRST_STEP", 2)
    monkeypatch.setattr(feeding, "LARGEST_STEP", 2)
    frame = frame_of(make_picture(), still=not frozen)
    wish = replace(FEEDS, inputs="body")
    first = chain(frame, replace(view, layer="head", unit=3, causes=wish), frozen=frozen)
    result, steps = chain.finished(first)
    feeds = result.causes.feeds
    assert steps == -(-feeds.wanted // 2)
    assert feeds.measured == feeds.wanted > 0
    assert all(feed.exact is not None for feed in feeds.rows)
    sizes = [abs(feed.effect) for feed in feeds.rows]
    assert sizes == sorted(sizes, reverse=True)
    assert not result.fresh


def test_another_unit_and_another_look_begin_anew_or_go_on(chain, frame, view):
    wanted = replace(view, layer="head", unit=3, causes=FEEDS)
    done, _ = chain.finished(chain(frame, wanted))
    before = chain.passes
    again = chain(frame, replace(wanted, grid=replace(view.grid, colormap="viridis")))
    assert again.causes.feeds == done.causes.feeds
    assert chain.passes == before
    other = chain(frame, replace(wanted, unit=4))
    assert other.causes.unit == 4
    assert other.causes.feeds.measured == 0


def test_the_earlier_layer_can_be_chosen_and_the_nearest_is_taken_otherwise(chain, frame, view):
    wanted = replace(view, layer="head", unit=3, causes=FEEDS)
    offered = chain(frame, wanted).causes.feeds.offered
    assert chain(frame, wanted).causes.feeds.layer == offered[-1]
    chosen = replace(wanted, causes=replace(FEEDS, inputs=offered[0]))
    assert chain(frame, chosen).causes.feeds.layer == offered[0]
    assert chain(frame, replace(wanted, causes=replace(FEEDS, inputs="nowhere"))).causes.feeds.layer == offered[-1]


def test_the_first_layer_says_that_nothing_comes_before_it(chain, frame, view):
    feeds = chain(frame, replace(view, causes=FEEDS)).causes.feeds
    assert feeds.reason == NOTHING_BEFORE


def test_changes_of_the_units_own_layer_do_not_change_what_feeds_it(chain, frame, view):
    wanted = replace(view, layer="body", unit=3, causes=FEEDS)
    plain, _ = chain.finished(chain(frame, wanted))
    muted, _ = chain.finished(chain(frame, replace(wanted, changes=(Intervention("body", 3),))))
    assert [feed.effect for feed in muted.causes.feeds.rows] == [feed.effect for feed in plain.causes.feeds.rows]
    assert muted.unit.value == 0


def test_a_network_that_does_not_run_with_a_graph_says_so_and_the_picture_goes_on(chain, frame, view, monkeypatch):
    def fails(self):
        raise RuntimeError("no gradient here")

    monkeypatch.setattr(feeding.Feeding, "estimate", fails)
    result = chain(frame, replace(view, layer="head", causes=FEEDS))
    assert "no gradient here" in result.causes.feeds.reason
    assert result.grid is not None


def test_muting_that_fails_ends_with_the_estimate(chain, frame, view, monkeypatch):
    def fails(self, units):
        raise RuntimeError("no")

    monkeypatch.setattr(feeding.Feeding, "_muted", fails)
    result, _ = chain.finished(chain(frame, replace(view, layer="head", causes=FEEDS)))
    assert result.causes.feeds.rows
    assert result.causes.feeds.measured == result.causes.feeds.wanted == 0
    assert not chain.answering.pending(frame, result.view)
    assert not chain.answering.pending(frame, chain(frame, result.view).view)


# ---------------------------------------------------------------------------------------------------- in a session


def test_frames_of_a_changed_network_are_no_exemplars(session, networks, scripted, monkeypatch):
    seen = []
    monkeypatch.setattr(SessionWatch, "see", lambda _self, _engine, frame, *_: seen.append(frame.number))
    session.load(networks.request("chain"))
    session.session.use_source(lambda: scripted(), "script")
    session.wait(lambda: seen or None, "A frame")
    session.answer(changes=MUTED)
    last = len(seen)
    session.wait_result(lambda result: result.baseline is not None and result.fresh, after=len(session.results) + 2)
    assert len(seen) == last
    assert session.notices("error") == []


def test_a_frozen_picture_is_measured_and_another_view_interrupts(session, networks, scripted):
    session.load(networks.request("chain"))
    session.session.use_source(lambda: scripted(), "script")
    session.answer(layer="head", unit=2, causes=FEEDS)
    session.session.set_frozen(True)
    done = session.wait_result(
        lambda result: result.causes and 0 < result.causes.feeds.wanted == result.causes.feeds.measured
    )
    assert done.causes.feeds.rows
    session.answer(unit=3)
    assert session.notices("error") == []
