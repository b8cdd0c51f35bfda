"""The second pass: the pictures of all images that are somebody's exemplar, and a check of the recorded values."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis.precompute.decode_worker import FileTask, Task
from deepvis.precompute.forward import Batcher
from deepvis.precompute.progress import PICTURES, Pace
from deepvis.precompute.scan_state import batched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from deepvis.gallery.rows import FileRow
    from deepvis.gallery.writer import GalleryWriter
    from deepvis.precompute.decode_worker import Decoded, DecodePool
    from deepvis.precompute.forward import Forward
    from deepvis.precompute.plan import ScanPlan
    from deepvis.precompute.progress import ScanControl, ScanProgress
    from deepvis.precompute.saving import Keeper
    from deepvis.precompute.scan_state import ScanState
    from deepvis.records import LayerInfo
    from deepvis.statistics.layer import LayerStatistics

TOLERANCE = 1e-3
"""Relative; values computed again may differ by so much before somebody is told."""

_BLOCK = 256
"""Pictures that wait to be stored in one transaction."""

_BLOCK_S = 5.0
"""Seconds that they wait."""

_NEAR_ZERO = 1e-3
"""Of a unit's largest recorded value: smaller ones are compared relative to this."""


class Winners:
    """Stores pictures of the image files that the gallery's exemplars refer to, and has none yet.

    Args:
        plan: of the scan.
        state: at the end of the first pass.
        forward: the network; None stores pictures without computing values again.
        keeper: of the job.
        control: pauses and stops.
        report: told where it stands.
    """

    def __init__(
        self,
        plan: ScanPlan,
        state: ScanState,
        forward: Forward | None,
        keeper: Keeper,
        control: ScanControl,
        report: Callable[[ScanProgress], None],
    ) -> None:
        self._plan = plan
        self._forward = forward
        self._keeper = keeper
        self._control = control
        self._report = report
        self._skipped = len(plan.listing.problems | state.problems)
        self._wanted = _by_file(state)
        self._recorded = {layer.name: Recorded(layer, state.layers[layer.name]) for layer in plan.layers}
        self.lost: dict[int, str] = {}
        """Why files that the first pass could use cannot be used any more, by number."""

    def run(self, writer: GalleryWriter, pool: DecodePool) -> bool:
        """Store what is missing; False where it was stopped before the end, saved."""
        missing = writer.files_without_picture(self._keeper.job.id)
        block = _Block(writer, {row.number: row for row in missing}, self._keep)
        pace = Pace(self._report, PICTURES, len(missing))
        batcher = Batcher(self._plan.request.batch_size, self._check)
        pace.tell(0, self._skipped, now=True)
        for decoded in pool.decode(self._tasks(missing)):
            self.lost |= decoded.problems
            batcher.add(decoded.pictures, decoded.samples)
            block.add(decoded)
            pace.tell(block.done, self._skipped)
            if block.due or self._control.paused or self._control.stopped:
                batcher.flush()
                block.store()
            if self._control.paused:
                pace.leave_out(self._control.rest())
            if self._control.stopped:
                return False
        batcher.flush()
        block.store()
        pace.tell(block.done, self._skipped, now=True)
        return True

    def _tasks(self, missing: tuple[FileRow, ...]) -> Iterator[Task]:
        quality = self._plan.request.picture_quality
        files = (
            FileTask(row.number, self._plan.path(row.number), self._wanted.get(row.number, ()), quality)
            for row in missing
        )
        per_task = max(1, self._plan.request.batch_size // self._plan.recipe.per_file)
        for group in batched(files, per_task):
            yield Task(self._plan.recipe, group)

    def _check(self, pictures: torch.Tensor, samples: torch.Tensor) -> None:
        def read(layer: str, maps: torch.Tensor, samples: torch.Tensor) -> None:
            self._recorded[layer].compare(maps, samples.numpy())

        if self._forward is not None:
            self._forward.run(pictures, samples, read)

    def _keep(self) -> None:
        """Keep the largest deviation with the pictures it belongs to."""
        found = [recorded.deviation for recorded in self._recorded.values()]
        compared = [value for value in found if value is not None]
        if compared:
            self._keeper.keep_deviation(max(*compared, self._keeper.deviation or 0.0))


class Recorded:
    """The values a layer's exemplars were recorded with, to be found again."""

    def __init__(self, layer: LayerInfo, statistics: LayerStatistics) -> None:
        ranked = (statistics.top(), statistics.bottom(), statistics.quantiles())
        samples = np.concatenate([one.samples for one in ranked], axis=1)
        values = np.concatenate([one.values for one in ranked], axis=1)
        positions = np.concatenate([one.positions for one in ranked], axis=1)
        largest = np.abs(np.where(samples >= 0, values, 0)).max(axis=1, initial=0)
        units, places = np.nonzero(samples >= 0)
        order = np.argsort(samples[units, places], kind="stable")
        units, places = units[order], places[order]
        self._width = layer.width
        self._samples = samples[units, places]
        self._units = units
        self._values = values[units, places]
        self._positions = positions[units, places]
        self._scales = np.maximum(np.abs(self._values), _NEAR_ZERO * largest[units])
        self.deviation: float | None = None
        """Largest relative difference met; None before the first comparison."""

    def compare(self, maps: torch.Tensor, samples: NDArray[np.int64]) -> None:
        """Look up what was recorded of these samples in maps `(samples, units, height, width)`."""
        first = np.searchsorted(self._samples, samples, side="left")
        counts = np.searchsorted(self._samples, samples, side="right") - first
        total = int(counts.sum())
        if not total:
            return
        row_of = np.repeat(np.arange(len(samples)), counts)
        entry = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
        rows, columns = np.divmod(self._positions[entry], self._width)
        index = tuple(torch.from_numpy(part).to(maps.device) for part in (row_of, self._units[entry], rows, columns))
        found = maps[index].float().cpu().numpy()
        self._note(found, entry)

    def _note(self, found: NDArray[np.float32], entry: NDArray[np.int64]) -> None:
        recorded, scales = self._values[entry], self._scales[entry]
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = np.where(found == recorded, 0.0, np.abs(found - recorded) / scales)
        largest = float(np.nan_to_num(relative, nan=np.inf).max())
        self.deviation = max(self.deviation or 0.0, largest)


class _Block:
    """Pictures that wait to be stored together."""

    def __init__(self, writer: GalleryWriter, rows: dict[int, FileRow], keep: Callable[[], None]) -> None:
        self._writer = writer
        self._rows = rows
        self._keep = keep
        self._waiting: dict[int, bytes] = {}
        self._stored_s = time.monotonic()
        self.done = 0
        """Files dealt with, those that could not be read included."""

    @property
    def due(self) -> bool:
        """Enough pictures wait, or long enough."""
        return len(self._waiting) >= _BLOCK or time.monotonic() - self._stored_s >= _BLOCK_S

    def add(self, decoded: Decoded) -> None:
        self._waiting |= decoded.encoded
        self.done += decoded.files

    def store(self) -> None:
        """One transaction."""
        with self._writer.transaction():
            for number, data in self._waiting.items():
                self._writer.store_picture(self._rows[number].id, data)
            self._keep()
        self._waiting = {}
        self._stored_s = time.monotonic()


def _by_file(state: ScanState) -> dict[int, tuple[int, ...]]:
    """By file number, the samples of it that are somebody's exemplar."""
    found: dict[int, list[int]] = {}
    for sample in state.referenced_samples().tolist():
        number, index = divmod(sample, state.per_file)
        found.setdefault(number, []).append(index)
    return {number: tuple(indices) for number, indices in found.items()}
