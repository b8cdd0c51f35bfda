"""What can be chosen of the methods that have something to choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch


def never() -> bool:
    """Nobody gives up."""
    return False


def untold(_done: int, _total: int) -> None:
    """Nobody wants to know how far it is."""


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
        chunk: pictures in one batch of the methods that need many; 0: as many as suit the device.
        progress: told after each of these batches how many of how many pictures are done.
        canceled: asked between these batches; once it says yes, `models.errors.Canceled` is raised.
    """

    samples: int = 16
    noise: float = 0.15
    seed: int = 0
    steps: int = 32
    baseline: torch.Tensor | None = None
    cam_layer: str = ""
    cells: tuple[int, ...] = (4, 8, 16)
    chunk: int = 0
    progress: Callable[[int, int], None] = untold
    canceled: Callable[[], bool] = never
