"""What can be chosen of the methods that have something to choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """What can be chosen of the methods that have something to choose.

    Attributes:
        samples: noisy copies of SmoothGrad.
        noise: their standard deviation, as a part of the range of the input's values.
        seed: of the noise.
        steps: points of the path of integrated gradients.
        baseline: where that path begins, `(channels, height, width)` in the units of the network's input tensor; None:
            the mean color, which is zero there.
        cam_layer: whose maps Grad-CAM weighs; empty: the last layer in front of the target that has maps.
        cells: of occlusion, coarse to fine: into how many rows and columns the picture is divided.
        chunk: pictures in one batch of the methods that need many.
    """

    samples: int = 16
    noise: float = 0.15
    seed: int = 0
    steps: int = 32
    baseline: torch.Tensor | None = None
    cam_layer: str = ""
    cells: tuple[int, ...] = (4, 8, 16)
    chunk: int = 8
