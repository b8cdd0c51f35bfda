"""The same attribution in copies of the network that know nothing."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

from deepvis.attribution.subject import Subject
from deepvis.kinds import BackView, Method
from deepvis.live import randomized_check
from deepvis.live.answering import Answering
from deepvis.models.engine import build_engine
from deepvis.models.errors import ModelError
from deepvis.records import Backward, Frame

BACK = Backward(Method.GRADIENT, checks=True, height=40, width=40)
SIZE = (26, 40)
STEPS = 500


class Checking:
    """An `Answering` and what it has left to do."""

    def __init__(self, request):
        self.engine = build_engine(request, progress=lambda _text, _fraction: None, canceled=lambda: False)
        self.answering = Answering()

    def __call__(self, frame, view):
        with torch.inference_mode():
            return self.answering.answer(self.engine, frame, view)

    def finish(self, frame, view):
        """Go on until nothing is left to do; all that was told on the way."""
        told = []
        for _ in range(STEPS):
            if not self.answering.pending(frame, view):
                return told
            better = self.answering.go_on()
            told += [] if better is None else [better]
        raise AssertionError(f"still something to do after {STEPS} steps")


@pytest.fixture
def chain(networks):
    return Checking(networks.request("chain"))


@pytest.fixture
def view(default_view):
    return replace(default_view, model="nets:chain", layer="body", unit=2, back=BACK)


@pytest.fixture
def frame_of(make_picture):
    def frame(number=0, *, still=True):
        return Frame(make_picture(seed=number), number, 0.0, "a picture", still=still)

    return frame


def look(view, /, **changes):
    return replace(view, back=replace(view.back, **changes))


def weights(engine):
    return [parameter.clone() for parameter in engine.loaded.network.parameters()]


def test_without_the_wish_no_copy_is_made(chain, frame_of, view, monkeypatch):
    monkeypatch.setattr(randomized_check, "randomized", None)
    frame = frame_of()
    assert chain(frame, look(view, checks=False)).back.checks == ()
    assert chain(frame, look(view, height=0, gradients=True)).back.checks == ()
    assert not chain.answering.pending(frame, look(view, checks=False))


def test_copies_are_compared_one_after_another_from_the_top_down(chain, frame_of, view):
    frame, before = frame_of(), weights(chain.engine)
    first = chain(frame, view)
    assert first.back.checks == ()
    told = chain.finish(frame, view)
    counts = [len(result.back.checks) for result in told]
    assert counts == sorted(counts)
    checks = told[-1].back.checks
    names = [name for name, _ in chain.engine.loaded.network.named_modules()]
    depths = [names.index(check.depth) for check in checks]
    assert depths == sorted(depths, reverse=True)
    assert len(set(depths)) == len(depths) >= 2
    for check in checks:
        assert -1 <= check.correlation <= 1
        assert check.picture_rgb.shape == (*SIZE, 3)
    assert [check.counts for check in checks] == [None] * len(checks)
    drawn = chain(frame, look(view, view=BackView.HISTOGRAM)).back.checks
    assert all(check.counts.sum() == drawn[0].counts.sum() > 0 for check in drawn)
    assert drawn[-1].extent[0] < drawn[-1].extent[1]
    # what lies above the unit changes nothing for it, the stem does
    assert checks[0].correlation == pytest.approx(1, abs=1e-3)
    assert checks[-1].correlation < 0.9
    assert all(torch.equal(*pair) for pair in zip(before, weights(chain.engine), strict=True))


def test_a_comparison_is_drawn_like_the_true_view_and_another_look_computes_nothing(chain, frame_of, view, monkeypatch):
    frame = frame_of()
    chain(frame, view)
    before = chain.finish(frame, view)[-1].back
    monkeypatch.setattr(Subject, "attribute", None)
    blurred = look(view, view=BackView.NORM_BLUR)
    after = chain(frame, blurred).back
    assert [check.correlation for check in after.checks] == [check.correlation for check in before.checks]
    np.testing.assert_array_equal(after.checks[0].picture_rgb, after.picture_rgb)
    assert not np.array_equal(before.checks[0].picture_rgb, after.checks[0].picture_rgb)
    assert not chain.answering.pending(frame, blurred)


def test_one_copy_is_made_for_a_comparison_and_let_go_after_it(chain, frame_of, view, monkeypatch):
    made, original = [], randomized_check.randomized

    def watched(engine, *args):
        for depth, copy in original(engine, *args):
            made.append(weakref.ref(copy))
            yield depth, copy

    monkeypatch.setattr(randomized_check, "randomized", watched)
    frame = frame_of()
    chain(frame, view)
    assert made == []
    chain.answering.go_on()
    assert made[0]() is not None
    checks = chain.finish(frame, view)[-1].back.checks
    gc.collect()
    assert len(made) == len(checks)
    assert {copy() for copy in made} == {None}


def test_a_check_that_is_turned_off_lets_go_of_its_copy(chain, frame_of, view):
    frame = frame_of()
    chain(frame, view)
    chain.answering.go_on()
    assert chain(frame, view).back.checks
    off = look(view, checks=False)
    assert chain(frame, off).back.checks == ()
    assert not chain.answering.pending(frame, off)


def test_another_unit_is_compared_anew_with_the_same_random_weights(chain, frame_of, view):
    frame, other = frame_of(), replace(view, unit=1)
    chain(frame, view)
    first = chain.finish(frame, view)[-1].back.checks
    assert chain(frame, other).back.checks == ()
    second = chain.finish(frame, other)[-1].back.checks
    assert [check.depth for check in second] == [check.depth for check in first]
    chain(frame, view)
    again = chain.finish(frame, view)[-1].back.checks
    assert [check.correlation for check in again] == [check.correlation for check in first]


def test_moving_pictures_keep_their_last_comparison_until_the_next_one(chain, frame_of, view):
    first = frame_of(0, still=False)
    chain(first, view)
    assert chain.finish(first, view) == [], "the next frame tells it soon enough"
    second = frame_of(1, still=False)
    told = chain(second, view).back.checks
    assert told
    chain.answering.go_on()
    third = frame_of(2, still=False)
    renewed = chain(third, view).back.checks
    assert len(renewed) == len(told)
    assert renewed[0].picture_rgb is not told[0].picture_rgb
    np.testing.assert_array_equal(renewed[-1].picture_rgb, told[-1].picture_rgb)


def test_a_comparison_that_has_begun_is_finished_with_its_own_picture(chain, frame_of, view, monkeypatch):
    pictures = []
    original = Subject.__init__

    def watched(subject, engine, picture, **kwargs):
        if engine is not chain.engine:
            pictures.append(picture)
        original(subject, engine, picture, **kwargs)

    monkeypatch.setattr(Subject, "__init__", watched)
    for number in range(40):
        frame = frame_of(number, still=False)
        checks = chain(frame, view).back.checks
        chain.answering.go_on()
    changes = [index for index in range(1, len(pictures)) if pictures[index] is not pictures[index - 1]]
    steps = np.diff(changes)
    assert len(steps) > 2
    assert set(steps) == {len(checks)}


def test_occlusion_is_compared_when_it_is_complete(chain, frame_of, view):
    frame, seen = frame_of(), look(view, method=Method.OCCLUSION)
    chain(frame, seen)
    told = chain.finish(frame, seen)
    assert all(not result.back.checks for result in told if result.back.progress < 1)
    checks = told[-1].back.checks
    assert len(checks) >= 2
    assert checks[0].correlation == pytest.approx(1, abs=1e-3)


def test_a_network_that_cannot_be_copied_says_so_once_and_the_rest_goes_on(chain, frame_of, view, monkeypatch):
    def refuses(_engine):
        raise ModelError("This network cannot be copied.")
        yield

    monkeypatch.setattr(randomized_check, "randomized", refuses)
    faults = []
    for number in range(3):
        frame = frame_of(number, still=False)
        assert chain(frame, view).back.picture_rgb is not None
        chain.finish(frame, view)
        faults += chain.answering.take_faults()
    (fault,) = faults
    assert fault.text == (
        "The check with randomized weights failed: This network cannot be copied. Turn it off and on to try again."
    )


def test_a_view_without_an_attribution_is_not_compared(chain, frame_of, view):
    moving = frame_of(still=False)
    seen = look(view, method=Method.OCCLUSION)
    assert chain(moving, seen).back.checks == ()
    assert not chain.answering.pending(moving, seen)
