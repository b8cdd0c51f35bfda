"""What can be measured of one picture without a network: spectrum, roughness, color."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.synthesis.natural_images import NaturalStatistics

LOWEST_CYCLES = 4
"""Cycles per picture where the slope begins; below, a ring of the spectrum has too few entries."""
HIGHEST = 0.45
"""Cycles per pixel where the slope ends."""
FINE = 0.25
"""Cycles per pixel above which structure counts as fine."""
_RINGS = 16
_LUMA = (0.299, 0.587, 0.114)
_WHITE = 255.0


@dataclass(frozen=True, slots=True)
class PictureFigures:
    """Figures of one picture.

    Attributes:
        slope: of the spectrum, as `spectral_slope` gives it.
        fine: share of the energy in fine structure, as `fine_share` gives it.
        variation: total variation, as `total_variation` gives it.
        kurtosis: of the differences of neighbors, as `gradient_kurtosis` gives it.
        color: distance of the mean color from the natural one, as `color_distance` gives it.
    """

    slope: float
    fine: float
    variation: float
    kurtosis: float
    color: float


def figures_of(rgb: NDArray[np.uint8], natural: NaturalStatistics) -> PictureFigures:
    """Everything of a square picture, uint8 `(size, size, 3)`."""
    gray = luminance(rgb)
    return PictureFigures(
        slope=spectral_slope(gray),
        fine=fine_share(gray),
        variation=total_variation(rgb),
        kurtosis=gradient_kurtosis(gray),
        color=color_distance(rgb, natural),
    )


def luminance(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Float64 `(height, width)` in 0..1, weighted as in ITU-R 601."""
    red, green, blue = (rgb[..., channel].astype(np.float64) * weight for channel, weight in enumerate(_LUMA))
    return (red + green + blue) / _WHITE


def spectral_slope(gray: NDArray[np.float64]) -> float:
    """Slope of log amplitude over log frequency; natural pictures have about -1.2 (Tolhurst et al. 1992).

    The mean amplitude of rings of equal width in log frequency, fitted by a line from 4 cycles per picture to 0.45
    cycles per pixel. A Hann window takes away the cross that the edges of the picture leave in its spectrum.

    Args:
        gray: `(height, width)`.

    Returns:
        The slope; NaN for a picture without structure, or too small for the band.
    """
    lowest = LOWEST_CYCLES / min(gray.shape)
    amplitude, frequency = _spectrum(gray)
    inside = (frequency >= lowest) & (frequency <= HIGHEST) & (amplitude > 0)
    if lowest >= HIGHEST or not inside.any():
        return math.nan
    amplitude, logs = amplitude[inside], np.log(frequency[inside])
    edges = np.linspace(math.log(lowest), math.log(HIGHEST), _RINGS + 1)
    ring = np.clip(np.searchsorted(edges, logs, side="right") - 1, 0, _RINGS - 1)
    count = np.bincount(ring, minlength=_RINGS)
    filled = count > 0
    if filled.sum() < 2:
        return math.nan
    mean_log = np.bincount(ring, logs, _RINGS)[filled] / count[filled]
    mean_amplitude = np.bincount(ring, amplitude, _RINGS)[filled] / count[filled]
    return float(np.polyfit(mean_log, np.log(mean_amplitude), 1)[0])


def fine_share(gray: NDArray[np.float64]) -> float:
    """Share of the energy (without the mean) above 0.25 cycles per pixel, 0..1; NaN without structure."""
    amplitude, frequency = _spectrum(gray)
    energy = amplitude**2
    total = energy.sum()
    return float(energy[frequency > FINE].sum() / total) if total > 0 else math.nan


def total_variation(rgb: NDArray[np.uint8]) -> float:
    """Mean absolute difference of neighbors in gray levels, down and across added, over all color channels."""
    levels = rgb.astype(np.float64)
    return float(np.abs(np.diff(levels, axis=0)).mean() + np.abs(np.diff(levels, axis=1)).mean())


def gradient_kurtosis(gray: NDArray[np.float64]) -> float:
    """Kurtosis of the differences of neighbors: 3 for noise, well above for edges between smooth areas; NaN if flat."""
    differences = np.concatenate([np.diff(gray, axis=0).ravel(), np.diff(gray, axis=1).ravel()])
    centered = differences - differences.mean()
    variance = float((centered**2).mean())
    return float((centered**4).mean() / variance**2) if variance > 0 else math.nan


def color_distance(rgb: NDArray[np.uint8], natural: NaturalStatistics) -> float:
    """How far the mean color is from the natural one, in standard deviations of natural pixels (Mahalanobis)."""
    difference = rgb.reshape(-1, 3).mean(0) / _WHITE - natural.color_mean
    return float(math.sqrt(difference @ np.linalg.solve(natural.color_covariance, difference)))


def _spectrum(gray: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Amplitude and cycles per pixel of every entry of the half spectrum, without the mean."""
    height, width = gray.shape
    window = np.hanning(height + 1)[:-1, None] * np.hanning(width + 1)[None, :-1]
    # the mean under the window, or it would leak into the lowest frequencies
    centered = gray - (gray * window).sum() / window.sum()
    amplitude = np.abs(np.fft.rfft2(centered * window))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    amplitude[0, 0] = 0
    return amplitude, frequency
