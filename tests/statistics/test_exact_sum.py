from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepvis.statistics.exact_sum import LARGEST, ExactSum

terms = st.lists(st.floats(-(2.0**40), 2.0**40, width=64), min_size=1, max_size=30)


def summed(values):
    result = ExactSum(1)
    result.add(torch.tensor(values, dtype=torch.float64)[:, None])
    return result


@given(terms)
def test_the_sum_is_that_of_fractions(values):
    exact = float(sum(Fraction(value) for value in values))
    assert summed(values).value()[0] == pytest.approx(exact, rel=1e-15, abs=len(values) * 2.0**-80)


@given(terms, st.integers(0, 30))
def test_split_and_merged_in_the_other_order_it_is_the_same(values, cut):
    whole, last, first = summed(values), summed(values[cut:] or [0.0]), summed(values[:cut] or [0.0])
    last.merge(first)
    assert np.array_equal(last.arrays()["limbs"], whole.arrays()["limbs"])


@given(terms)
def test_what_is_added_and_taken_away_leaves_nothing(values):
    total = summed(values)
    total.merge(summed([-value for value in values]))
    assert not total.arrays()["limbs"].any()


def test_small_terms_survive_beside_large_ones():
    total = summed([2.0**40, 2.0**-70, -(2.0**40)])
    assert total.value()[0] == 2.0**-70


def test_a_small_negative_sum_keeps_its_digits():
    assert summed([-1.2345678901234567e-5]).value()[0] == pytest.approx(-1.2345678901234567e-5, rel=1e-15)


def test_terms_beyond_the_range_count_as_its_end():
    assert summed([float("inf"), 1e300]).value()[0] == 2 * LARGEST


def test_carries_are_moved_before_a_limb_overflows(monkeypatch):
    monkeypatch.setattr("deepvis.statistics.exact_sum._MOST_PENDING", 600)
    total = ExactSum(1)
    rows = torch.full((250, 1), 0.9999999999, dtype=torch.float64)
    for _ in range(10):
        total.add(rows)
    assert total._pending <= 600
    assert total.value()[0] == pytest.approx(2500 * 0.9999999999, rel=1e-15)


def test_it_can_be_stored():
    total = summed([1.5, -2.25e-9])
    again = ExactSum.from_arrays(total.arrays())
    again.merge(summed([3.0]))
    total.merge(summed([3.0]))
    assert again.value() == total.value()
