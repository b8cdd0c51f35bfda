from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis.gallery.histogram import BINS, LARGEST, PER_SIGN, SMALLEST, ZERO_BIN, edges
from deepvis.statistics.classes import ClassSums
from deepvis.statistics.covariance import MaximaCovariance, Scale, calibrate
from deepvis.statistics.histogram import bins
from deepvis.statistics.sample import UniformSample, hashes


def test_bins_hold_their_edge_nearest_to_zero():
    lower = edges()[PER_SIGN + 1 : -1]
    expected = torch.arange(ZERO_BIN + 1, BINS)
    values = torch.tensor(lower, dtype=torch.float32)
    assert torch.equal(bins(values), expected.int())
    assert torch.equal(bins(-values), (2 * ZERO_BIN - expected).int())


@pytest.mark.parametrize(
    ("value", "place"),
    [(0.0, ZERO_BIN), (-0.0, ZERO_BIN),
     (SMALLEST * 0.99, ZERO_BIN), (SMALLEST, ZERO_BIN + 1), (-SMALLEST, ZERO_BIN - 1),
     (LARGEST, BINS - 1), (1e30, BINS - 1), (-1e30, 0), (1e-44, ZERO_BIN)],
)  # fmt: skip
def test_values_beyond_the_bins_fall_into_the_last_ones(value, place):
    assert bins(torch.tensor([value])).item() == place


def test_hashes_are_those_of_splitmix64():
    # the first output of the published generator for the states 0 and 1
    start = hashes(np.array([0], np.int64), 0)
    assert start.dtype == np.uint64
    from deepvis.statistics.sample import _mix

    assert _mix(np.array([0], np.uint64)).tolist() == [0xE220A8397B1DCDAF]
    assert len(set(hashes(np.arange(5000), 0).tolist())) == 5000
    assert hashes(np.array([7]), 1) != hashes(np.array([7]), 2)


def test_the_random_sample_is_uniform():
    chosen = np.zeros(100, int)
    for seed in range(300):
        sample = UniformSample(1, 10, seed=seed)
        sample.update(torch.zeros(100, 1), torch.zeros(100, 1, dtype=torch.int64), np.arange(100))
        chosen[sample.arrays()["samples"]] += 1
    assert chosen.sum() == 3000
    # 30 expected for each, standard deviation 5.2
    assert chosen.min() > 9
    assert chosen.max() < 55


def test_a_sample_that_comes_again_is_taken_once():
    sample = UniformSample(1, 4)
    for _ in range(2):
        sample.update(torch.ones(2, 1), torch.zeros(2, 1, dtype=torch.int64), np.array([5, 6]))
    assert sorted(sample.arrays()["samples"].tolist()) == [5, 6]


def test_equal_values_are_spread_over_the_bands_by_chance():
    sample = UniformSample(1, 100)
    sample.update(torch.zeros(100, 1), torch.zeros(100, 1, dtype=torch.int64), np.arange(100))
    drawn = sample.bands().samples[0]
    assert len(set(drawn.tolist())) == 15
    assert drawn.tolist() != sorted(drawn.tolist())


def test_calibration_brings_maxima_to_fourteen_bits():
    exponents = calibrate(np.array([[6.0, 0.3, -5.0], [1.0, 0.2, np.nan]]))
    scaled = np.ldexp([6.0, 0.3, 5.0], exponents)
    assert (scaled >= 2**13).all()
    assert (scaled < 2**14).all()


def test_silent_units_keep_room_for_values_as_large_as_the_layers():
    exponents = calibrate(np.array([[6.0, 0.0, 1e-9]]))
    assert (np.ldexp(6.0, exponents) <= 2**20).all()
    assert (calibrate(np.zeros((2, 3))) == calibrate(np.zeros((1, 3)))[0]).all()


def covariance_of(values, exponents):
    result = MaximaCovariance(exponents)
    result.update(Scale(exponents).scaled(torch.tensor(values, dtype=torch.float32)))
    return result


def test_the_covariance_is_numpys():
    values = np.random.default_rng(0).normal(3, 2, (700, 4)).astype(np.float32)
    found = covariance_of(values, calibrate(values))
    assert found.covariance() == pytest.approx(np.cov(values.T, bias=True), abs=1e-3)
    assert np.diag(found.correlation()) == pytest.approx(1)


def test_products_do_not_depend_on_what_waits():
    values = np.random.default_rng(0).normal(3, 2, (700, 4)).astype(np.float32)
    exponents = calibrate(values)
    whole, parts = covariance_of(values, exponents), MaximaCovariance(exponents)
    for start in range(0, 700, 33):
        parts.update(Scale(exponents).scaled(torch.from_numpy(values[start : start + 33])))
        if start % 2:
            parts.correlation()
    assert (whole.arrays()["products"] == parts.arrays()["products"]).all()


def test_scales_are_aligned_exactly():
    coarse, fine = np.array([0, 1], np.int32), np.array([3, 0], np.int32)
    values = [[2.0, 8.0], [4.0, -2.0], [5.0, 1.0]]
    first, second = covariance_of(values[:1], coarse), covariance_of(values[1:], fine)
    first.merge(second)
    both = covariance_of(values, np.array([3, 1], np.int32))
    for name, array in both.arrays().items():
        assert (first.arrays()[name] == array).all()


def test_scales_too_far_apart_are_refused_and_nothing_changes():
    first, second = covariance_of([[1.0]], np.array([13], np.int32)), covariance_of([[1.0]], np.array([60], np.int32))
    before = first.arrays()
    with pytest.raises(ValueError, match="too far apart"):
        first.merge(second)
    assert all((first.arrays()[name] == array).all() for name, array in before.items())


def test_class_sums_are_aligned_as_well():
    labels = torch.tensor([0, 1])
    values = torch.tensor([[2.0], [4.0]])
    sums = []
    for exponent in (0, 3):
        exponents = np.array([exponent], np.int32)
        part = ClassSums(exponents, 2)
        part.update(Scale(exponents).scaled(values), labels)
        sums.append(part)
    sums[0].merge(sums[1])
    assert sums[0].means().tolist() == [[2.0, 4.0]]
    assert sums[0].exponents.tolist() == [3]


def test_selectivity_is_one_for_a_unit_of_one_class_and_nan_with_one_class_alone():
    sums = ClassSums(np.array([10, 10], np.int32), 3)
    scale = Scale(np.array([10, 10], np.int32))
    sums.update(scale.scaled(torch.tensor([[5.0, 1.0], [0.0, 1.0], [0.0, 1.0]])), torch.tensor([2, 0, 1]))
    assert sums.ranking(1).classes.tolist() == [[2], [0]]
    assert sums.ranking(1).selectivity.tolist() == [1.0, 0.0]
    lonely = ClassSums(np.array([10, 10], np.int32), 3)
    lonely.update(scale.scaled(torch.ones(1, 2)), torch.tensor([1]))
    assert np.isnan(lonely.ranking(2).selectivity).all()
    assert lonely.ranking(2).classes.tolist() == [[1, -1], [1, -1]]
