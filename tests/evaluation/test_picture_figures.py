from __future__ import annotations

import math

import numpy as np
import pytest

from deepvis.evaluation.picture_figures import (
    color_distance,
    figures_of,
    fine_share,
    gradient_kurtosis,
    luminance,
    spectral_slope,
    total_variation,
)
from deepvis.synthesis.natural_images import NaturalStatistics

SIZE = 160


def power_law(exponent, seed=0, size=SIZE):
    """Noise whose amplitude falls like frequency to the power of `exponent`."""
    generator = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    frequency[0, 0] = 1
    phases = np.exp(2j * np.pi * generator.random(frequency.shape))
    spectrum = frequency**exponent * phases
    spectrum[0, 0] = 0
    return np.fft.irfft2(spectrum, (size, size))


def steps_right(levels, size=64):
    """Gray that grows by so many levels from column to column."""
    row = (np.arange(size) * levels).astype(np.uint8)
    return np.broadcast_to(row[None, :, None], (size, size, 3)).copy()


@pytest.mark.parametrize("exponent", [-2.0, -1.2, -1.0, -0.5, 0.0])
def test_the_slope_of_noise_with_a_power_law_is_its_exponent(exponent):
    found = [spectral_slope(power_law(exponent, seed)) for seed in range(4)]
    assert np.mean(found) == pytest.approx(exponent, abs=0.06)


def test_brightness_and_contrast_do_not_change_the_slope():
    picture = power_law(-1.0)
    assert spectral_slope(3 * picture + 10) == pytest.approx(spectral_slope(picture), abs=1e-6)


def test_edges_of_the_picture_do_not_count_as_structure():
    # continued periodically, a ramp jumps at its edges, which alone gives amplitudes that fall like 1 / frequency
    ramp = np.linspace(0, 1, SIZE)[None] * np.ones((SIZE, 1))
    bare = np.abs(np.fft.rfft2(ramp - ramp.mean()))[0, 4:40]
    assert np.polyfit(np.log(np.arange(4, 40)), np.log(bare), 1)[0] == pytest.approx(-1, abs=0.1)
    assert spectral_slope(ramp) < -2.5


def test_a_picture_without_structure_has_no_slope_and_no_fine_share():
    flat = np.full((32, 32), 0.5)
    assert math.isnan(spectral_slope(flat))
    assert math.isnan(fine_share(flat))
    assert math.isnan(gradient_kurtosis(flat))
    assert math.isnan(spectral_slope(np.random.default_rng(0).random((8, 8))))


def test_the_fine_share_tells_slow_from_fast_waves():
    columns = np.arange(SIZE)
    slow, fast = (np.cos(2 * np.pi * f * columns)[None] * np.ones((SIZE, 1)) for f in (0.1, 0.4))
    assert fine_share(slow) < 0.001
    assert fine_share(fast) > 0.999
    assert fine_share(slow + fast) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("levels", [0, 1, 3])
def test_the_variation_of_a_ramp_is_its_step(levels):
    assert total_variation(steps_right(levels)) == pytest.approx(levels)
    assert total_variation(steps_right(levels).transpose(1, 0, 2)) == pytest.approx(levels)


def test_the_variation_of_a_checkerboard_is_its_contrast_both_ways():
    board = (np.indices((32, 32)).sum(0) % 2 * 100).astype(np.uint8)
    assert total_variation(np.repeat(board[..., None], 3, 2)) == pytest.approx(200)


def test_the_kurtosis_of_gaussian_noise_is_3_and_of_one_edge_much_more():
    noise = np.random.default_rng(0).normal(size=(300, 300))
    assert gradient_kurtosis(noise) == pytest.approx(3, abs=0.1)
    edge = np.zeros((64, 64))
    edge[:, 32:] = 1
    assert gradient_kurtosis(edge) > 50


def test_the_natural_mean_color_has_no_distance_and_a_deviation_counts_by_its_spread():
    natural = NaturalStatistics(np.array([0.5, 0.5, 0.5]), np.diag([0.04, 0.01, 0.01]))
    gray = np.full((8, 8, 3), 127.5).astype(np.uint8)
    assert color_distance(gray, natural) == pytest.approx(0, abs=0.03)
    red, green = gray.copy(), gray.copy()
    red[..., 0] += 51
    green[..., 1] += 51
    assert color_distance(red, natural) == pytest.approx(1, abs=0.03)
    assert color_distance(green, natural) == pytest.approx(2, abs=0.06)


def test_all_figures_of_a_picture_are_those_of_its_functions(noise):
    natural = NaturalStatistics.built_in()
    rgb = noise(64)
    found = figures_of(rgb, natural)
    gray = luminance(rgb)
    assert gray.max() <= 1
    assert (found.slope, found.fine) == (spectral_slope(gray), fine_share(gray))
    assert (found.variation, found.kurtosis) == (total_variation(rgb), gradient_kurtosis(gray))
    assert found.color == color_distance(rgb, natural)
