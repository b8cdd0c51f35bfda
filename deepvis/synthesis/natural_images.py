"""What natural pictures look like on average: colors and spectrum, from a scan or built in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_COLOR_MEAN = (0.485, 0.456, 0.406)
_COLOR_ROOT = ((0.26, 0.09, 0.02), (0.27, 0.0, -0.05), (0.27, -0.09, 0.03))
"""Square root of ImageNet's color covariance, as lucid publishes it (Apache-2.0): color = root @ decorrelated. Eight
photographs would be too few to measure it: one red picture would tint everything."""

_FREQUENCIES = (0.0063, 0.0113, 0.0203, 0.0367, 0.0660, 0.1194, 0.2145, 0.3850)
_AMPLITUDES = (1637.3, 633.9, 307.9, 165.6, 81.3, 35.3, 14.7, 4.65)
"""Mean amplitude of the packaged photographs (assets/images, 8 of them, resized to 224, the mean of the color channels)
in bands of frequency, whose geometric centers are in cycles per pixel."""
_MEASURED_SIDE = 224


@dataclass(frozen=True, slots=True, eq=False)
class NaturalStatistics:
    """Averages over natural pictures, in 0..1 sRGB.

    Attributes:
        color_mean: float64 `(3,)`.
        color_covariance: float64 `(3, 3)`.
        mean_amplitude: float64 `(3, height, width // 2 + 1)`, mean of `|rfft2|`; None takes the built-in curve.
        source: where they come from, for people.
    """

    color_mean: NDArray[np.float64]
    color_covariance: NDArray[np.float64]
    mean_amplitude: NDArray[np.float64] | None = None
    source: str = "built in"

    @classmethod
    def built_in(cls) -> Self:
        """ImageNet's colors, and the spectrum of the photographs that come with the program."""
        root = np.array(_COLOR_ROOT)
        return cls(np.array(_COLOR_MEAN), root @ root.T)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]], source: str = "data set") -> Self:
        """What a scan stored about its pictures; what is missing, gray or unusable is taken from the built-in ones."""
        usual = cls.built_in()
        mean = _array(arrays, "color_mean", (3,))
        covariance = _array(arrays, "color_covariance", (3, 3))
        amplitude = _array(arrays, "mean_amplitude", None)
        if covariance is not None and np.linalg.eigvalsh(covariance).min() <= 1e-9:
            covariance = None
        if amplitude is not None and (amplitude.ndim != 3 or len(amplitude) != 3):
            amplitude = None
        return cls(
            usual.color_mean if mean is None else mean,
            usual.color_covariance if covariance is None else covariance,
            amplitude,
            source,
        )

    def color_root(self) -> torch.Tensor:
        """Float32 `(3, 3)`: color = root @ decorrelated; its longest column has length 1."""
        if np.allclose(self.color_covariance, np.array(_COLOR_ROOT) @ np.array(_COLOR_ROOT).T):
            root = np.array(_COLOR_ROOT)
        else:
            values, vectors = np.linalg.eigh(self.color_covariance)
            order = np.argsort(values)[::-1]
            root = vectors[:, order] * np.sqrt(np.maximum(values[order], 1e-9))
        return torch.from_numpy(root / np.linalg.norm(root, axis=0).max()).float()

    def amplitude(self, height: int, width: int) -> torch.Tensor:
        """Mean `|rfft2|` of natural pictures of that size, float32 `(3, height, width // 2 + 1)`."""
        if self.mean_amplitude is None:
            return _curve(height, width, self.color_mean)
        return _resized(self.mean_amplitude, height, width)


def frequencies(height: int, width: int) -> torch.Tensor:
    """Cycles per pixel of every entry of an `rfft2`, float32 `(height, width // 2 + 1)`."""
    rows = torch.fft.fftfreq(height)[:, None]
    columns = torch.fft.rfftfreq(width)[None]
    return torch.sqrt(rows**2 + columns**2)


def _array(
    arrays: Mapping[str, NDArray[np.generic]], name: str, shape: tuple[int, ...] | None
) -> NDArray[np.float64] | None:
    if name not in arrays:
        return None
    array = np.asarray(arrays[name], dtype=np.float64)
    return array if np.isfinite(array).all() and shape in (None, array.shape) else None


def _curve(height: int, width: int, color_mean: NDArray[np.float64]) -> torch.Tensor:
    frequency = frequencies(height, width).numpy().clip(1 / max(height, width), 0.5 * math.sqrt(2))
    known = np.log(_FREQUENCIES)
    logs = np.interp(np.log(frequency), known, np.log(_AMPLITUDES))
    # beyond both ends the power law of the last two bands goes on
    for edge, inner, beyond in ((0, 1, frequency < _FREQUENCIES[0]), (-1, -2, frequency > _FREQUENCIES[-1])):
        slope = math.log(_AMPLITUDES[edge] / _AMPLITUDES[inner]) / math.log(_FREQUENCIES[edge] / _FREQUENCIES[inner])
        logs[beyond] = math.log(_AMPLITUDES[edge]) + slope * (np.log(frequency[beyond]) - known[edge])
    # a random phase spectrum sums like the root of the number of pixels
    amplitude = np.exp(logs)[None].repeat(3, 0) * math.sqrt(height * width) / _MEASURED_SIDE
    amplitude[:, 0, 0] = color_mean * height * width
    return torch.from_numpy(amplitude).float()


def _resized(amplitude: NDArray[np.float64], height: int, width: int) -> torch.Tensor:
    """Another size of the same pictures: the spectrum over cycles per picture, scaled with the number of pixels."""
    rows, columns = amplitude.shape[1], 2 * (amplitude.shape[2] - 1)
    if (rows, amplitude.shape[2]) == (height, width // 2 + 1):
        return torch.from_numpy(amplitude).float()
    centered = torch.from_numpy(np.fft.fftshift(amplitude, 1)).float()[None]
    size = (height, width // 2 + 1)
    logs = functional.interpolate(centered.clamp_min(1e-9).log(), size, mode="bilinear", align_corners=True)[0]
    resized: torch.Tensor = torch.fft.ifftshift(logs.exp(), dim=1) * math.sqrt(height * width / (rows * columns))
    resized[:, 0, 0] = torch.from_numpy(amplitude[:, 0, 0]).float() * height * width / (rows * columns)
    return resized
