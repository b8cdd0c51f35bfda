"""What `deepvis layers` lists: a model's layers, each with how much of the picture one of its positions sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis.models.engine import build_engine
from deepvis.models.receptive_field import receptive_boxes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.models.loading import Progress
    from deepvis.records import LayerInfo, ModelRequest


def _silent(text: str, fraction: float | None) -> None:
    """Progress that nobody watches."""


def list_layers(
    request: ModelRequest, *, everything: bool, progress: Progress = _silent
) -> list[tuple[LayerInfo, str]]:
    """Every layer worth showing, or every module, with the size of its receptive field for people.

    Raises:
        ModelError: where the model cannot be had, or does not run.
    """
    engine = build_engine(request, progress=progress, canceled=lambda: False)
    network, preprocessing = engine.loaded.network, engine.loaded.preprocessing
    batch = preprocessing.batch(np.zeros((*preprocessing.input_size, 3), np.uint8))
    taps = engine.taps.values()
    wanted = [tap for tap in taps if everything or (tap.info.worth_showing and not tap.info.reason)]
    boxes = receptive_boxes(network, batch, [tap for tap in wanted if not tap.info.reason])
    return [(tap.info, _sees(boxes.get(tap.info.name), preprocessing.input_size)) for tap in wanted]


def _sees(boxes: NDArray[np.int32] | None, input_size: tuple[int, int]) -> str:
    """`11×11` for what the position with the largest view sees; positions at the border see less."""
    if boxes is None:
        return "whole image"
    heights, widths = boxes[2] - boxes[0], boxes[3] - boxes[1]
    if (heights.min(), widths.min()) == input_size:
        return "whole image"
    return f"{heights.max()}×{widths.max()}"
