"""Norms, histograms and correlations of weights, against NumPy's own."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.statistics import weight_figures
from deepvis.statistics.weight_figures import BINS, correlation, figures, histogram, unit_histograms


@pytest.fixture
def kernels():
    return np.random.default_rng(4).normal(0, 0.3, (40, 6, 3, 3)).astype(np.float32)


@pytest.fixture(params=[1 << 20, 200], ids=["at once", "in parts"])
def parts(request, monkeypatch):
    monkeypatch.setattr(weight_figures, "_AT_ONCE", request.param)
    monkeypatch.setattr(weight_figures, "_COLUMN_VALUES", request.param)
    monkeypatch.setattr(weight_figures, "_ROWS", 7 if request.param == 200 else 256)


def test_figures_are_those_of_each_units_flattened_weights(kernels, parts):
    flat = kernels.reshape(40, -1).astype(np.float64)
    found = figures(kernels)
    np.testing.assert_allclose(found.norm, np.linalg.norm(flat, axis=1), rtol=1e-6)
    np.testing.assert_allclose(found.mean, flat.mean(axis=1), atol=1e-7)
    np.testing.assert_allclose(found.largest, np.abs(flat).max(axis=1))
    small = (np.abs(flat) <= 0.01 * np.abs(flat).max(axis=1, keepdims=True)).mean(axis=1)
    np.testing.assert_allclose(found.near_zero, small, atol=1e-6)


def test_ranks_begin_at_one_with_the_longest_and_equal_ones_keep_their_order():
    found = figures(np.array([[1.0], [3.0], [-3.0], [0.0]], np.float32))
    assert found.rank.tolist() == [3, 1, 2, 4]
    assert found.near_zero[3] == 1


def test_the_histogram_is_numpys_with_fifty_bins(kernels, parts):
    counts, edges = np.histogram(kernels, BINS)
    found = histogram(kernels)
    np.testing.assert_array_equal(found.counts, counts)
    assert (found.low, found.high) == pytest.approx((edges[0], edges[-1]))
    assert BINS == 50


def test_a_histogram_of_equal_values_has_a_range(parts):
    found = histogram(np.full(9, 2.0, np.float32))
    assert (found.low, found.high, found.counts.sum()) == (1.5, 2.5, 9)


def test_histograms_of_units_have_zero_in_the_middle_and_count_every_weight(kernels, parts):
    found = unit_histograms(kernels, figures(kernels).largest)
    assert found.shape == (40, BINS)
    assert (found.sum(axis=1) == 54).all()
    flat = kernels[3].ravel()
    reach = np.abs(flat).max()
    expected = np.histogram(flat, BINS, (-reach, reach))[0]
    # a value may fall on the other side of an edge by its last bit
    assert np.abs(found[3] - expected).sum() <= 2


def test_values_that_are_not_numbers_count_as_zero_everywhere(kernels):
    broken, plain = kernels.copy(), kernels.copy()
    broken[2, 0, 0], plain[2, 0, 0] = (np.nan, np.inf, -np.inf), 0
    for make in (figures, histogram, correlation):
        for one, other in zip(_arrays(make(broken)), _arrays(make(plain)), strict=True):
            np.testing.assert_array_equal(one, other)


def _arrays(made):
    if isinstance(made, np.ndarray):
        return [made]
    return [getattr(made, name) for name in type(made).__slots__]


def test_correlation_is_numpys(kernels, parts):
    np.testing.assert_allclose(correlation(kernels), np.corrcoef(kernels.reshape(40, -1)), atol=1e-5)


def test_a_unit_whose_weights_are_all_the_same_correlates_with_itself_alone(kernels):
    kernels[5] = 0.1
    found = correlation(kernels)
    assert found[5, 5] == 1
    assert not np.delete(found[5], 5).any()
    assert not np.isnan(found).any()


def test_long_work_can_be_given_up(kernels, parts):
    def stop():
        raise InterruptedError

    for work in (lambda: figures(kernels, stop), lambda: correlation(kernels, stop)):
        with pytest.raises(InterruptedError):
            work()
