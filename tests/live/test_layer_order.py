"""An order that puts units side by side that go together."""

from __future__ import annotations

import time

import numpy as np
import pytest

from deepvis.live.errand import Superseded
from deepvis.live.layer_order import side_by_side


def clustered(units, groups, seed=0):
    random = np.random.default_rng(seed)
    group = random.integers(0, groups, units)
    values = random.normal(size=(200, groups))[:, group] + 0.7 * random.normal(size=(200, units))
    return np.corrcoef(values.T).astype(np.float32), group


def test_every_unit_comes_once_and_groups_stay_together():
    correlation, group = clustered(90, 7)
    order = side_by_side(correlation)
    assert sorted(order) == list(range(90))
    assert np.count_nonzero(np.diff(group[order])) == 6


def test_a_chain_of_neighbors_is_found_whatever_order_it_comes_in():
    place = np.random.default_rng(1).permutation(12)
    correlation = np.exp(-np.abs(place[:, None] - place) * 0.5).astype(np.float32)
    steps = np.abs(np.diff(place[side_by_side(correlation)]))
    assert steps.mean() < 1.5


def test_units_that_never_changed_come_last():
    correlation, _ = clustered(20, 3)
    for unit in (4, 11):
        correlation[unit] = correlation[:, unit] = np.nan
    order = side_by_side(correlation)
    assert order[-2:].tolist() == [4, 11]
    assert sorted(order) == list(range(20))


@pytest.mark.parametrize("units", [0, 1, 2])
def test_layers_of_hardly_any_units_have_an_order(units):
    assert side_by_side(np.eye(units, dtype=np.float32)).tolist() == list(range(units))


def test_equal_correlations_do_not_go_round_in_circles():
    assert sorted(side_by_side(np.ones((50, 50), np.float32))) == list(range(50))


def test_a_large_layer_takes_seconds_at_most_and_can_be_interrupted():
    correlation, _ = clustered(1500, 12)
    begun_s = time.thread_time()
    side_by_side(correlation)
    assert time.thread_time() - begun_s < 5  # 0.1 s on an idle machine

    def stop():
        raise Superseded

    with pytest.raises(Superseded):
        side_by_side(correlation, stop)
