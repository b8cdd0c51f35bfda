from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deepvis.statistics.pictures import PictureStatistics
from tests.statistics.conftest import same


def pictures(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, 3, 8, 11), dtype=torch.uint8, generator=generator)


def summed(batch):
    statistics = PictureStatistics(3, 8, 11)
    statistics.update(batch)
    return statistics


def test_the_figures_are_those_of_numpy():
    batch = pictures(7)
    found = summed(batch)
    values = batch.numpy() / 255
    assert found.mean_image() == pytest.approx(values.mean(0), rel=1e-12)
    colors = values.transpose(1, 0, 2, 3).reshape(3, -1)
    assert found.color_mean() == pytest.approx(colors.mean(1), rel=1e-12)
    assert found.color_covariance() == pytest.approx(np.cov(colors, bias=True), abs=1e-12)
    assert found.mean_amplitude() == pytest.approx(np.abs(np.fft.rfft2(values)).mean(0), rel=1e-5, abs=1e-5)


@settings(max_examples=30)
@given(st.permutations(range(9)), st.integers(0, 9))
def test_any_split_is_the_single_pass(order, cut):
    batch = pictures(9)
    first, second = summed(batch[list(order[:cut])]), summed(batch[list(order[cut:])])
    second.merge(PictureStatistics.from_arrays(first.arrays()))
    assert same(second.arrays(), summed(batch).arrays())


def test_no_picture_has_no_mean():
    assert np.isnan(PictureStatistics(3, 8, 11).mean_image()).all()


def test_pictures_of_another_size_are_refused():
    with pytest.raises(ValueError, match="same size"):
        PictureStatistics(3, 8, 11).merge(PictureStatistics(3, 8, 12))
