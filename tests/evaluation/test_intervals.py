from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.evaluation.intervals import NOTHING, bootstrap, wilson


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    # Wilson's interval as published tables and statsmodels' proportion_confint(method="wilson") give it
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962)],
)
def test_a_share_has_wilsons_interval(successes, count, low, high):
    found = wilson([1.0] * successes + [0.0] * (count - successes))
    assert (found.value, found.count) == (successes / count, count)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-4)


def test_the_bootstrap_covers_the_truth_about_as_often_as_it_says():
    generator = np.random.default_rng(1)
    covered = 0
    for repetition in range(300):
        found = bootstrap(generator.normal(3.0, 2.0, 40), seed=repetition, draws=400)
        covered += found.low <= 3.0 <= found.high
    assert 0.89 <= covered / 300 <= 0.98


def test_the_bootstrap_of_a_mean_is_as_wide_as_its_standard_error():
    values = np.random.default_rng(0).normal(0, 1, 400)
    found = bootstrap(values)
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_equal_seeds_give_equal_intervals_and_other_statistics_other_values():
    values = [1.0, 2.0, 10.0, 4.0]
    assert bootstrap(values, seed=3) == bootstrap(values, seed=3)
    assert bootstrap(values, np.median).value == 3.0


def test_values_that_are_not_numbers_are_left_out():
    assert wilson([1.0, math.nan, 0.0]).count == 2
    found = bootstrap([1.0, math.nan, math.inf, 3.0])
    assert (found.value, found.count) == (2.0, 2)


@pytest.mark.parametrize("make", [bootstrap, wilson])
def test_nothing_measured_is_nothing_and_says_nothing(make):
    assert make([]) is NOTHING
    assert make([math.nan]).text() == ""
    assert not make([]).known


def test_an_interval_is_told_with_its_ends_but_a_point_without():
    assert wilson([1.0] * 8 + [0.0] * 2).text() == "0.80 [0.49, 0.94]"
    assert bootstrap([2.0, 2.0]).text(1) == "2.0"


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_a_share_lies_in_its_interval_and_the_interval_in_0_to_1(outcomes):
    found = wilson([float(outcome) for outcome in outcomes])
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high
