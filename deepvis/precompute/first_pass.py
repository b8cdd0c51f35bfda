"""The first pass: every image once, all layers at once, accumulated, saved and shown as it goes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis.precompute.decode_worker import FileTask, Task
from deepvis.precompute.forward import Batcher
from deepvis.precompute.progress import SCANNING, Pace
from deepvis.precompute.request import SEED
from deepvis.precompute.scan_state import Part, ScanState, batched
from deepvis.statistics.covariance import calibrate
from deepvis.statistics.layer import LayerOptions, LayerStatistics
from deepvis.statistics.pictures import PictureStatistics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from deepvis.precompute.decode_worker import Decoded, DecodePool
    from deepvis.precompute.forward import Forward
    from deepvis.precompute.plan import ScanPlan
    from deepvis.precompute.progress import ScanControl, ScanProgress
    from deepvis.precompute.saving import Keeper

CALIBRATION_SAMPLES = 16

_CALIBRATION_FILES = 1024
"""Files tried for calibration; where none of them can be used, the scale of values is taken for 1."""

PICTURES_MEASURED = 2048
"""About so many samples, spread evenly, make the statistics of pictures: spectra of more would take longer than
they are worth."""


def new_state(plan: ScanPlan, forward: Forward, pool: DecodePool, device: torch.device | str) -> ScanState:
    """The state before the first file.

    The scale of each unit's values is taken from the first samples of the whole listing, so that all shards have the
    same.
    """
    exponents = _calibrated(plan, forward, pool)
    recipe = plan.recipe
    layers = {
        layer.name: LayerStatistics(
            layer.units,
            LayerOptions(
                top=plan.request.top,
                covariance=layer.units <= plan.request.covariance_up_to,
                classes=len(plan.labeling.names),
                seed=SEED,
            ),
            exponents=exponents[layer.name],
            device=device,
        )
        for layer in plan.layers
    }
    shape = recipe.preprocessing
    pictures = PictureStatistics(shape.channels, *shape.input_size, device=device)
    part = Part(plan.request.shard, plan.request.shards, 0, len(plan.files))
    return ScanState(recipe.per_file, layers, pictures, (part,))


def _calibrated(plan: ScanPlan, forward: Forward, pool: DecodePool) -> dict[str, NDArray[np.int32]]:
    maxima: dict[str, list[NDArray[np.float32]]] = {layer.name: [] for layer in plan.layers}

    def read(layer: str, maps: torch.Tensor, _samples: torch.Tensor) -> None:
        maxima[layer].append(maps.flatten(2).amax(2).float().cpu().numpy())

    batcher = Batcher(plan.request.batch_size, lambda pictures, samples: forward.run(pictures, samples, read))
    left = CALIBRATION_SAMPLES
    for decoded in pool.decode(_tasks(plan, plan.chosen[:_CALIBRATION_FILES], CALIBRATION_SAMPLES // 4)):
        if decoded.pictures is not None:
            batcher.add(decoded.pictures[:left], decoded.samples[:left])
            left -= min(left, len(decoded.pictures))
        if not left:
            break
    batcher.flush()
    return {
        layer.name: calibrate(np.concatenate(maxima[layer.name]))
        if maxima[layer.name]
        else np.zeros(layer.units, np.int32)
        for layer in plan.layers
    }


def _tasks(plan: ScanPlan, numbers: Sequence[int], samples: int) -> Iterator[Task]:
    """Tasks that give about so many samples each."""
    files = max(1, samples // plan.recipe.per_file)
    for group in batched(numbers, files):
        yield Task(plan.recipe, tuple(FileTask(number, plan.path(number)) for number in group))


class FirstPass:
    """Takes the files of a shard in, from where the state stands.

    Args:
        plan: of the scan.
        state: what is there already; it grows.
        forward: the network.
        keeper: saves the state.
        control: pauses and stops.
        report: told where it stands.
    """

    def __init__(
        self,
        plan: ScanPlan,
        state: ScanState,
        forward: Forward,
        keeper: Keeper,
        control: ScanControl,
        report: Callable[[ScanProgress], None],
    ) -> None:
        self._plan = plan
        self._state = state
        self._forward = forward
        self._keeper = keeper
        self._control = control
        self._pace = Pace(report, SCANNING, len(plan.files))
        self._batcher = Batcher(plan.request.batch_size, self._run)
        self._files = state.parts[0].done
        self._stride = max(1, len(plan.chosen) * state.per_file // PICTURES_MEASURED)

    def run(self, pool: DecodePool) -> bool:
        """Take in what is missing; False where it was stopped before the end, saved."""
        self._tell(now=True)
        numbers = self._plan.files[self._files :]
        for decoded in pool.decode(_tasks(self._plan, numbers, self._plan.request.batch_size)):
            self._take(decoded)
            if self._control.paused:
                self._rest()
            if self._control.stopped:
                break
            if self._keeper.save_due:
                self._save()
            if self._keeper.show_due(self._state) and self._plan.request.shards == 1:
                self._keeper.show(self._state)
        self._arrive()
        if not self._state.complete:
            self._keeper.save(self._state)
        self._tell(now=True)
        return self._state.complete

    def _take(self, decoded: Decoded) -> None:
        self._state.sizes |= decoded.sizes
        self._state.problems |= decoded.problems
        self._batcher.add(decoded.pictures, decoded.samples)
        self._files += decoded.files
        self._tell()

    def _run(self, pictures: torch.Tensor, samples: torch.Tensor) -> None:
        numbers = (samples // self._state.per_file).tolist()
        labels = torch.tensor([self._plan.labeling.of(number) for number in numbers], dtype=torch.int64)

        def read(layer: str, maps: torch.Tensor, samples: torch.Tensor) -> None:
            self._state.layers[layer].update(maps, samples, labels)

        self._forward.run(pictures, samples, read)
        measured = _spread(samples, self._stride)
        if len(measured):
            self._state.pictures.update(pictures if len(measured) == len(pictures) else pictures[measured])
        self._state.samples += len(samples)

    def _arrive(self) -> None:
        """Bring the state to the border of a file: only there another run can go on."""
        self._batcher.flush()
        (part,) = self._state.parts
        self._state.parts = (Part(part.shard, part.shards, self._files, part.total),)

    def _save(self) -> None:
        self._arrive()
        self._keeper.save(self._state)

    def _rest(self) -> None:
        self._save()
        started_s = time.monotonic()
        self._control.wait()
        self._pace.leave_out(time.monotonic() - started_s)

    def _tell(self, *, now: bool = False) -> None:
        self._pace.tell(self._files, len(self._state.problems) + len(self._plan.listing.problems), now=now)


def _spread(samples: torch.Tensor, stride: int) -> torch.Tensor:
    """Places of one sample in `stride`, chosen by its id alone and without a rhythm of its own."""
    if stride == 1:
        return torch.arange(len(samples))
    mixed = samples.numpy().astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(33)
    return torch.from_numpy(np.flatnonzero(mixed % np.uint64(stride) == 0))
