"""An attribution of a picture that is there as an array, for those who know no torch."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis.attribution.options import Options, untold
from deepvis.attribution.subject import Subject
from deepvis.models.devices import resolve_device
from deepvis.models.engine import build_engine
from deepvis.models.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable

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
        input_rgb: what the network saw, uint8 `(height, width, 3)`; gray networks see three equal channels.
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
    rgb: NDArray[np.uint8],
    fit: Fit,
    target: Target,
    method: Method,
    progress: Callable[[int, int], None] = untold,
) -> OnePicture:
    """Which pixels of a picture speak for a target.

    Args:
        engine: whose network.
        rgb: uint8 `(height, width, 3)`, any size.
        fit: how it becomes the network's input.
        target: of the network.
        method: by which.
        progress: of methods of many passes: told how many of how many pictures are done.

    Raises:
        ModelError: there is no such target, or the method cannot do this network, a sentence.
    """
    picture, _ = engine.loaded.preprocessing.prepare(rgb, fit)
    started_s = time.perf_counter()
    found = Subject(engine, picture, layers=(target.layer,)).attribute(target, method, Options(progress=progress))
    values = found.values.detach().float().cpu().contiguous().numpy()
    milliseconds = (time.perf_counter() - started_s) * 1000
    input_rgb = np.ascontiguousarray(picture.expand(3, -1, -1).permute(1, 2, 0).numpy())
    return OnePicture(found, values, input_rgb, milliseconds)
