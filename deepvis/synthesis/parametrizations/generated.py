"""Codes of a generator (Nguyen et al. 2016, arXiv 1605.09304)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.synthesis.parametrizations.protocol import Canvas


class Generated:
    """Pictures that a generator decodes, resized to the canvas; the codes are varied."""

    def __init__(self, canvas: Canvas, shrink: float) -> None:
        """Start from codes that the generator samples.

        Raises:
            ValueError: the canvas has no generator.
        """
        if canvas.generator is None:
            raise ValueError("The parametrization 'generator' needs a generator; give the ascent one.")
        self._generator = canvas.generator
        self._size = (canvas.height, canvas.width)
        self._shrink = shrink
        seeds = canvas.draws.uniform(1).flatten().mul(2**24).long().tolist()
        sampled = [canvas.generator.sample(1, torch.Generator().manual_seed(seed)) for seed in seeds]
        self._codes = torch.cat(sampled).detach().to(canvas.device).requires_grad_()

    @property
    def variables(self) -> Sequence[torch.Tensor]:
        """The codes, `(batch, *latent_shape)`."""
        return (self._codes,)

    def images(self) -> torch.Tensor:
        """As `Parametrization.images`."""
        decoded = self._generator.decode(self._codes).clamp(0, 1)
        if decoded.shape[2:] == self._size:
            return decoded
        return functional.interpolate(decoded, self._size, mode="bilinear", antialias=True)

    def assign(self, images: torch.Tensor) -> None:
        """As `Parametrization.assign`: the generator's code of the picture."""
        encode = getattr(self._generator, "encode", None)
        if encode is None:
            raise ValueError("This generator cannot start from a picture: it has no 'encode'.")
        with torch.no_grad():
            self._codes.copy_(encode(images))

    def project(self) -> None:
        """The generator's own bounds, then a shrink toward 0."""
        bound = getattr(self._generator, "project", None)
        with torch.no_grad():
            if bound is not None:
                self._codes.copy_(bound(self._codes))
            self._codes.mul_(1 - self._shrink)
