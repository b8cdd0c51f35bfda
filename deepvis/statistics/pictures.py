"""What the pictures of a data set look like on average: mean, colors, spectrum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

WHITE = 255
_AMPLITUDE_STEPS = 2.0**20
"""An amplitude is at most the number of pixels: int64 holds the sums of 2**23 pictures of a million pixels."""
_EXACT_PIXELS = 2**36
"""Products of two bytes that float64 adds up exactly."""


class PictureStatistics:
    """Mean picture, color covariance and mean amplitude spectrum of the network's inputs; sums of integers."""

    def __init__(self, channels: int, height: int, width: int, device: torch.device | str = "cpu") -> None:
        """Start empty; `device` is where the sums are kept, one that knows float64."""
        self.count = 0
        """Pictures seen."""
        spectrum = (channels, height, width // 2 + 1)
        self._sums = torch.zeros(channels, height, width, dtype=torch.int64, device=device)
        self._products = torch.zeros(channels, channels, dtype=torch.int64, device=device)
        self._amplitudes = torch.zeros(spectrum, dtype=torch.int64, device=device)

    def update(self, pictures: torch.Tensor) -> None:
        """Add a batch, uint8 `(batch, channels, height, width)`, on any device."""
        with torch.inference_mode():
            pictures = pictures.to(self._sums.device)
            self._sums += pictures.sum(0, dtype=torch.int32)
            for picture in pictures:
                self._add_products(picture)
                self._add_amplitudes(picture)
            self.count += len(pictures)

    def _add_products(self, picture: torch.Tensor) -> None:
        for part in torch.split(picture.flatten(1), _EXACT_PIXELS, 1):
            values = part.double()
            self._products += (values @ values.T).long()

    def _add_amplitudes(self, picture: torch.Tensor) -> None:
        # one at a time: a transform of many may take another way, with other last bits
        amplitudes = torch.fft.rfft2(picture.float().div_(WHITE)).abs()
        self._amplitudes += amplitudes.mul_(_AMPLITUDE_STEPS).round_().long()

    def merge(self, other: PictureStatistics) -> None:
        """Add what another one saw, exactly.

        Raises:
            ValueError: the other is of another size.
        """
        if self._sums.shape != other._sums.shape:
            raise ValueError("Only statistics of pictures of the same size can be merged.")
        with torch.inference_mode():
            device = self._sums.device
            self._sums += other._sums.to(device)
            self._products += other._products.to(device)
            self._amplitudes += other._amplitudes.to(device)
            self.count += other.count

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Everything, for storing; the same pictures give the same arrays, bit for bit.

        `sums` int64 `(channels, height, width)` and `products` int64 `(channels, channels)` of the bytes, `amplitudes`
        int64 `(channels, height, width // 2 + 1)` in units of 2**-20, `count`.
        """
        return {
            "sums": self._sums.cpu().numpy().copy(),
            "products": self._products.cpu().numpy().copy(),
            "amplitudes": self._amplitudes.cpu().numpy().copy(),
            "count": np.array(self.count, np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]], device: torch.device | str = "cpu") -> Self:
        """What `arrays` stored."""
        channels, height, width = arrays["sums"].shape
        result = cls(channels, height, width, device)
        result._sums.copy_(torch.from_numpy(np.array(arrays["sums"])))
        result._products.copy_(torch.from_numpy(np.array(arrays["products"])))
        result._amplitudes.copy_(torch.from_numpy(np.array(arrays["amplitudes"])))
        result.count = int(arrays["count"])
        return result

    def mean_image(self) -> NDArray[np.float64]:
        """`(channels, height, width)`, 0..1; NaN before the first picture."""
        return self._per_picture(self._sums) / WHITE

    def color_mean(self) -> NDArray[np.float64]:
        """`(channels,)`, 0..1."""
        means: NDArray[np.float64] = self.mean_image().mean((1, 2))
        return means

    def color_covariance(self) -> NDArray[np.float64]:
        """`(channels, channels)` over all pixels of all pictures, population, of values in 0..1."""
        pixels = self._sums[0].numel()
        mean = self.color_mean()
        covariance: NDArray[np.float64] = self._per_picture(self._products) / pixels / WHITE**2 - np.outer(mean, mean)
        return covariance

    def mean_amplitude(self) -> NDArray[np.float64]:
        """Mean of `|rfft2|` of the pictures in 0..1, `(channels, height, width // 2 + 1)`, not normalized."""
        return self._per_picture(self._amplitudes) / _AMPLITUDE_STEPS

    def _per_picture(self, sums: torch.Tensor) -> NDArray[np.float64]:
        values: NDArray[np.float64] = sums.cpu().numpy().astype(np.float64)
        return values / self.count if self.count else np.full_like(values, np.nan)
