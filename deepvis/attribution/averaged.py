"""Methods that average gradients over inputs made from the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from deepvis.attribution.asked import Asked


def smoothgrad(asked: Asked) -> torch.Tensor:
    """Mean gradient over noisy copies of the picture (Smilkov et al. 2017, arXiv 1706.03825, section 3).

    The noise is the same for the same seed on every device.

    Raises:
        Canceled: nobody wants to know any more.
    """
    picture, options = asked.run.batch.detach(), asked.options
    lowest, highest = picture.aminmax()
    generator = torch.Generator().manual_seed(options.seed)
    total = torch.zeros_like(picture, dtype=torch.float32)
    for first in range(0, options.samples, asked.chunk()):
        count = min(asked.chunk(), options.samples - first)
        noise = torch.randn(count, *picture.shape[1:], generator=generator).to(picture)
        gradients = asked.input_gradients(picture + noise * options.noise * (highest - lowest))
        total += gradients.float().sum(0)
        asked.options.progress(first + count, options.samples)
    return total[0] / options.samples


def integrated_gradients(asked: Asked) -> torch.Tensor:
    """Gradient along the straight line from a baseline, times the way (Sundararajan et al. 2017, arXiv 1703.01365).

    Equation 1, by Gauss-Legendre quadrature. The sum over the input is what the target has gained on the way, up to the
    error of the quadrature. The unit counts as it is below its own rectifier.

    Raises:
        Canceled: nobody wants to know any more.
    """
    picture, options = asked.run.batch.detach().float(), asked.options
    dtype = asked.run.batch.dtype
    baseline = torch.zeros_like(picture) if options.baseline is None else options.baseline.to(picture)[None]
    way = picture - baseline
    nodes, weights = np.polynomial.legendre.leggauss(options.steps)
    places = torch.tensor((nodes + 1) / 2, dtype=torch.float32, device=picture.device).view(-1, 1, 1, 1)
    shares = torch.tensor(weights / 2, dtype=torch.float32, device=picture.device).view(-1, 1, 1, 1)
    total = torch.zeros_like(picture, dtype=torch.float32)
    for first in range(0, options.steps, asked.chunk()):
        chunk = slice(first, first + asked.chunk())
        gradients = asked.input_gradients((baseline + places[chunk] * way).to(dtype))
        total += (gradients.float() * shares[chunk]).sum(0)
        asked.options.progress(min(first + asked.chunk(), options.steps), options.steps)
    return (total * way)[0]
