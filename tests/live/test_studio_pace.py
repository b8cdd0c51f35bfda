"""Seconds left in an ascent."""

from __future__ import annotations

from itertools import pairwise

import pytest

from deepvis.live.studio_pace import ENOUGH_S, ENOUGH_STEPS, AscentPace


@pytest.fixture
def pace():
    begun = AscentPace()
    begun.begin(100.0, 1)
    return begun


def test_nothing_is_said_before_enough_was_measured(pace):
    assert pace.left_s(100 + 2 * ENOUGH_S, ENOUGH_STEPS, 100) is None
    assert pace.left_s(100 + ENOUGH_S / 2, 50, 100) is None
    assert pace.left_s(100 + 2 * ENOUGH_S, 1 + ENOUGH_STEPS, 100) is not None


def test_a_steady_ascent_counts_down(pace):
    told = [pace.left_s(100.0 + step / 10, 1 + step, 101) for step in range(20, 101, 10)]
    assert told == pytest.approx([8, 7, 6, 5, 4, 3, 2, 1, 0], abs=1e-6)


def test_a_sudden_slowness_moves_the_estimate_little_by_little(pace):
    before = pace.left_s(102.0, 21, 101)
    # the next step takes as long as the twenty before it
    after = pace.left_s(104.0, 22, 101)
    measured = 4 / 21 * 79
    assert measured - before > 6
    assert after < before
    told = [pace.left_s(104.0 + step * 0.2, 22 + step, 101) for step in range(1, 40)]
    assert max(abs(one - other) for one, other in pairwise(told)) < 1
    assert told[-1] == pytest.approx(40 * 0.2, rel=0.2)


def test_time_in_which_it_was_parked_does_not_count(pace):
    assert pace.left_s(102.0, 21, 101) == pytest.approx(8)
    pace.rested(60.0)
    assert pace.left_s(163.0, 31, 101) == pytest.approx(7)


def test_another_attempt_is_measured_anew(pace):
    pace.left_s(110.0, 21, 101)
    pace.begin(110.0, 1)
    assert pace.left_s(110.5, 11, 101) is None
    assert pace.left_s(112.0, 41, 101) == pytest.approx(3)
