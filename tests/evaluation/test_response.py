from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from deepvis.evaluation.disturbances import KINDS
from deepvis.evaluation.response import BATCH, LayerAnswers
from deepvis.models.errors import ModelError


class Constant(nn.Module):
    """Answers 1, 2, 3 whatever it sees."""

    def forward(self, x):
        return torch.tensor([1.0, 2.0, 3.0]).expand(len(x), 3) + 0 * x.mean((1, 2, 3))[:, None]


class Middle(nn.Module):
    """One unit: the brightness of the four pixels in the middle, which any shift takes away."""

    def forward(self, x):
        middle = x.shape[-1] // 2
        seen = x[:, :, middle - 1 : middle + 1, middle - 1 : middle + 1].mean((1, 2, 3))
        return torch.stack([seen, -seen], 1)


def test_a_network_that_sees_nothing_is_perfectly_robust(engines, noise):
    engine = engines(nn.Sequential(Constant()))
    (response,) = LayerAnswers(engine, "0", 32).responses([noise()], [1])
    assert response.value == pytest.approx(2)
    assert response.rank == 1
    assert set(response.kept) == set(KINDS)
    assert response.robustness == pytest.approx(1, abs=1e-6)


def test_a_unit_that_sees_one_spot_does_not_survive_a_shift(engines):
    spot = np.full((32, 32, 3), 128, np.uint8)
    spot[14:18, 14:18] = 255
    (response,) = LayerAnswers(engines(nn.Sequential(Middle())), "0", 32).responses([spot], [0])
    assert response.rank == 0
    assert response.kept["shift"] == pytest.approx(0, abs=0.01)
    assert response.kept["jpeg"] > 0.9
    assert response.robustness == pytest.approx(np.mean(list(response.kept.values())))


def test_a_unit_that_is_off_has_no_robustness(engines):
    bright = np.full((32, 32, 3), 255, np.uint8)
    (response,) = LayerAnswers(engines(nn.Sequential(Middle())), "0", 32).responses([bright], [1])
    assert response.value < 0
    assert response.kept == {}
    assert math.isnan(response.robustness)


def test_pictures_are_answered_alike_whatever_their_batch(engine, noise):
    pictures = [noise(32, seed) for seed in range(BATCH + 3)]
    answers = LayerAnswers(engine, "act2", 32)
    together = answers.peaks(pictures)
    assert together.shape == (BATCH + 3, 12)
    alone = np.concatenate([answers.peaks([picture]) for picture in pictures])
    assert np.allclose(together, alone, atol=1e-5)


def test_the_peaks_are_what_the_network_gives(engine, noise):
    rgb = noise(32)
    batch = engine.loaded.preprocessing.normalize(torch.from_numpy(rgb).permute(2, 0, 1), "cpu", torch.float32)
    with torch.no_grad():
        expected = engine.loaded.network[:4](batch).amax((2, 3))[0]
    assert np.allclose(LayerAnswers(engine, "act2", 32).peaks([rgb])[0], expected.numpy(), atol=1e-5)


def test_an_unknown_layer_is_named(engine):
    with pytest.raises(ModelError, match="no layer 'nowhere'"):
        LayerAnswers(engine, "nowhere", 32)
