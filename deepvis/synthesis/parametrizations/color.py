"""From unbounded, possibly decorrelated channels to colors in 0..1, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from deepvis.synthesis.parametrizations.protocol import EPSILON

if TYPE_CHECKING:
    from deepvis.synthesis.parametrizations.protocol import Canvas


class Colors:
    """A sigmoid around the network's mean, after a rotation to the colors of natural pictures (Olah et al. 2017)."""

    def __init__(self, canvas: Canvas, *, decorrelated: bool) -> None:
        """Take the statistics of the canvas; plain channels where not `decorrelated`."""
        root = canvas.natural.color_root() if decorrelated else torch.eye(3)
        self._root = root.to(canvas.device)
        self._inverse = torch.linalg.inv(root.double()).float().to(canvas.device)

    def images(self, free: torch.Tensor) -> torch.Tensor:
        """`(batch, 3, height, width)` in 0..1 from unbounded channels."""
        return torch.einsum("dc,nchw->ndhw", self._root, free).sigmoid()

    def free(self, images: torch.Tensor) -> torch.Tensor:
        """The opposite of `images`; pure black and white become almost so."""
        unbounded = images.clamp(EPSILON, 1 - EPSILON).logit()
        return torch.einsum("dc,nchw->ndhw", self._inverse, unbounded)
