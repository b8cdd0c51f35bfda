"""An attribution of a picture that is there as an array, for those who know no torch."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis.attribution.options import Options, untold
from deepvis.attribution.seeds import layers_of_target
from deepvis.attribution.subject import Subject
from deepvis.models.devices import resolve_device
from deepvis.models.engine import build_engine
from deepvis.models.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from deepvis.attribution.attribution import Attribution
    from deepvis.config import Settings
    from deepvis.kinds import Fit, Method
    from deepvis.models.engine import Engine
    from deepvis.records import Target


@dataclass(frozen=True, slots=True, eq=False)
class OnePicture:
    """What came of one picture.

    Attributes:
        found: the attribution.
        values: its values on the host, float32, C-contiguous.
        input_rgb: what the network saw, uint8 `(height, width, 3)`; gray networks see three equal channels. Two
            pictures are side by side.
        milliseconds: it took, the forward pass among them.
    """

    found: Attribution
    values: NDArray[np.float32]
    input_rgb: NDArray[np.uint8]
    milliseconds: float


def ready_engine(settings: Settings, progress: Callable[[str], None]) -> Engine:
    """The network that settings ask for, on its device; torch gets the threads they say, or all.

    Raises:
        ModelError: it cannot be had, or the device has no room for it.
        DeviceError: this machine has no such device.
    """
    torch.set_num_threads(settings.threads or os.cpu_count() or 1)
    device = resolve_device(settings.device)
    engine = build_engine(settings.model_request(), progress=lambda text, _: progress(text), canceled=lambda: False)
    try:
        engine.move(device, settings.precision)
    except RuntimeError as error:
        raise ModelError(f"{engine.loaded.name} cannot be put on {device}: {error}") from error
    return engine


def attribute_picture(
    engine: Engine,
    pictures: Sequence[NDArray[np.uint8]],
    fit: Fit,
    target: Target,
    method: Method,
    progress: Callable[[int, int], None] = untold,
) -> OnePicture:
    """Which pixels of a picture speak for a target.

    Args:
        engine: whose network.
        pictures: uint8 `(height, width, 3)`, any size: one, or two for a network that takes two. Such a network gets a
            single one twice, and others take the first.
        fit: how it becomes the network's input.
        target: of the network.
        method: by which.
        progress: of methods of many passes: told how many of how many pictures are done.

    Raises:
        ModelError: there is no such target, or the method cannot do this network, a sentence.
    """
    preprocessing = engine.loaded.preprocessing
    seen = [*pictures, pictures[-1]][: preprocessing.pictures]
    prepared = [preprocessing.prepare(rgb, fit)[0] for rgb in seen]
    started_s = time.perf_counter()
    subject = Subject(engine, torch.cat(prepared), layers=layers_of_target(engine, target))
    found = subject.attribute(target, method, Options(progress=progress))
    values = found.values.detach().float().cpu().contiguous().numpy()
    milliseconds = (time.perf_counter() - started_s) * 1000
    side_by_side = torch.cat([picture.expand(3, -1, -1) for picture in prepared], dim=2)
    input_rgb = np.ascontiguousarray(side_by_side.permute(1, 2, 0).numpy())
    return OnePicture(found, values, input_rgb, milliseconds)
