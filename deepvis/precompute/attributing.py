"""The end of the second pass: which pixels of an exemplar speak for its unit, as a picture beside its crop.

Each is computed for itself, on one thread, and stored in the order of the images: so neither batch size nor kills,
pauses and shards show in the result.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import torch

from deepvis.attribution.exemplars import EXEMPLAR_VIEW, attribute_exemplar, sample_cut
from deepvis.attribution.subject import Subject
from deepvis.gallery.records import ImageKind
from deepvis.gallery.rows import ImageRow
from deepvis.models.errors import ModelError
from deepvis.precompute.attribution_job import attribution_job, drop_outdated, earlier_forms, exemplars_per_unit
from deepvis.precompute.attribution_work import chunks, file_tasks, missing_entries
from deepvis.precompute.lanes import Lanes, lane_count, threads_each
from deepvis.precompute.progress import ATTRIBUTING, REPORT_EVERY_S, Pace
from deepvis.precompute.request import Attributed
from deepvis.sources.encode import encode_png, encode_webp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.gallery.records import JobRecord
    from deepvis.gallery.writer import GalleryWriter
    from deepvis.models.engine import Engine
    from deepvis.precompute.attribution_work import Chunk, Entries, Entry
    from deepvis.precompute.decode_worker import DecodePool
    from deepvis.precompute.plan import ScanPlan
    from deepvis.precompute.progress import ScanControl, ScanProgress

QUALITY = 80
"""Of WebP."""

SMALL = 32 * 32
"""Pixels; so few are kept to the last bit, for WebP halves the resolution of colors."""

_BLOCK_S = 5.0
"""Seconds that pictures wait to be stored in one transaction."""


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """What a lane made of a chunk.

    Attributes:
        number: of the chunk, in the order of the work.
        rows: its pictures.
        entries: exemplars dealt with, those without a picture included.
        failed: why layers gave nothing.
    """

    number: int
    rows: tuple[ImageRow, ...]
    entries: int
    failed: dict[str, str]


class Attributing:
    """Makes what a gallery lacks of the attributions that its finished scan asks for, and drops those of others.

    Args:
        plan: of the scan, whose exemplars are in the gallery.
        engine: the network, on its device.
        writer: of the gallery.
        control: pauses and stops; what was made is stored.
        report: told where it stands.
    """

    def __init__(
        self,
        plan: ScanPlan,
        engine: Engine,
        writer: GalleryWriter,
        control: ScanControl,
        report: Callable[[ScanProgress], None],
    ) -> None:
        self._plan, self._engine, self._writer, self._control, self._report = plan, engine, writer, control, report
        self._job = 0
        self._earlier: tuple[int, ...] = ()
        self._made = self._done = 0
        self._lost: dict[int, str] = {}
        self._failed: dict[str, str] = {}

    def run(self, pool: DecodePool) -> Attributed:
        """Make what is missing."""
        plan, writer = self._plan, self._writer
        scan = writer.job(plan.hash)
        per_unit = exemplars_per_unit(plan, scan.samples if scan else 0)
        job = attribution_job(plan, per_unit, str(self._engine.device))
        drop_outdated(writer, plan, job if per_unit else None)
        if not per_unit:
            return Attributed(spared=plan.request.attribution is not None and plan.request.attributed is None)
        entries = missing_entries(writer.path, plan, job.hash, per_unit)
        total = sum(len(some) for some in entries.values())
        if total:
            self._begin(job)
            self._make_all(pool, entries, Pace(self._report, ATTRIBUTING, total))
        left = total - self._done
        if total and not left:
            writer.finish_job(self._job)
        return Attributed(not left, per_unit, self._made, left, warnings=tuple(self._warnings()))

    def _begin(self, job: JobRecord) -> None:
        with self._writer.transaction():
            self._job = self._writer.take_up_job(job)
            self._writer.update_job(replace(job, id=self._job))
        self._earlier = earlier_forms(self._writer, job)

    def _make_all(self, pool: DecodePool, entries: Entries, pace: Pace) -> None:
        pace.tell(0, 0, now=True)
        threads = torch.get_num_threads()
        # of all that a scan may hold, so that a run that goes on computes alike
        count = lane_count(self._engine.device, threads, len(self._plan.chosen))
        with Lanes[_Made](self._engine, count) as lanes, threads_each(threads // lanes.count):
            desk = _Desk(lanes, self._store)
            for number, chunk in enumerate(self._chunks(pool, entries)):
                while not lanes.free:
                    desk.take()
                    pace.tell(self._done + desk.waiting, len(self._lost))
                if self._control.paused:
                    desk.finish()
                    pace.leave_out(self._control.rest())
                if self._control.stopped:
                    break
                lanes.start(partial(self._make, number, chunk))
            desk.finish()
        pace.tell(self._done, len(self._lost), now=True)

    def _chunks(self, pool: DecodePool, entries: Entries) -> Iterator[Chunk]:
        for decoded in pool.decode(file_tasks(self._plan, entries)):
            self._lost |= decoded.problems
            self._done += sum(len(entries[number]) for number in decoded.problems)
            yield from chunks(decoded, entries, self._plan.recipe.per_file)

    def _make(self, number: int, chunk: Chunk, engine: Engine) -> _Made:
        """In a lane: one forward pass of the sample, and one backward pass for each of its exemplars."""
        taps = {entry.layer: engine.taps[entry.layer] for entry in chunk.entries}
        inner = [name for name, tap in taps.items() if tap.module]
        ends = any(tap.info.is_classes for tap in taps.values())
        subject = Subject(engine, chunk.picture, layers=inner, to_the_end=ends)
        rows: list[ImageRow] = []
        failed: dict[str, str] = {}
        for entry in chunk.entries:
            if entry.layer in failed:
                continue
            try:
                rows.append(self._row(subject, chunk, entry))
            except (ModelError, RuntimeError) as error:
                failed[entry.layer] = str(error).splitlines()[0].rstrip(".")
        return _Made(number, tuple(rows), len(chunk.entries), failed)

    def _row(self, subject: Subject, chunk: Chunk, entry: Entry) -> ImageRow:
        method = self._plan.request.attribution
        if method is None:
            raise ValueError("No attribution is wanted.")
        cut = sample_cut(entry.box, self._plan.recipe, chunk.size, entry.sample)
        found = attribute_exemplar(subject, entry.layer, entry.unit, entry.position, method, cut)
        told: dict[str, object] = {
            "title": found.method.label,
            "method": str(found.method),
            "view": str(EXEMPLAR_VIEW),
            "of": "maximum",
            "position": list(entry.position),
            "sample": entry.sample,
        }
        told |= {name: text for name, text in (("coverage", found.coverage), ("reason", found.reason)) if text}
        data = encoded(found.rgb)
        return ImageRow(
            entry.layer,
            entry.unit,
            ImageKind.DECONV,
            data,
            *cut.size,
            rank=entry.rank,
            value=entry.value,
            recipe=str(method),
            metadata=told,
        )

    def _store(self, made: list[_Made]) -> None:
        with self._writer.transaction():
            for one in made:
                for row in one.rows:
                    self._writer.add_image(self._job, row)
            for job in self._earlier:
                self._writer.remove_replaced(job, self._job)
        for one in made:
            self._failed = one.failed | self._failed
            self._made += len(one.rows)
            self._done += one.entries

    def _warnings(self) -> Iterator[str]:
        if self._lost:
            reason = self._lost[min(self._lost)]
            yield f"{len(self._lost)} images cannot be read any more, so their exemplars got no attribution: {reason}"
        for layer, reason in self._failed.items():
            yield f"The exemplars of {layer} got no attribution: {reason}."


def encoded(rgb: NDArray[np.uint8]) -> bytes:
    """An attribution, uint8 `(height, width, 3)`, as it is stored."""
    small = rgb.shape[0] * rgb.shape[1] <= SMALL
    return encode_png(rgb) if small else encode_webp(rgb, QUALITY)


class _Desk:
    """Puts what lanes made into the order of the work, whatever was ready first, and stores it now and then.

    Args:
        lanes: that work.
        store: gets what is next in the order.
    """

    def __init__(self, lanes: Lanes[_Made], store: Callable[[list[_Made]], None]) -> None:
        self._lanes = lanes
        self._store = store
        self._early: dict[int, _Made] = {}
        self._next = 0
        self._waiting: deque[_Made] = deque()
        self._stored_s = time.monotonic()

    @property
    def waiting(self) -> int:
        """Exemplars that are done and not stored."""
        return sum(made.entries for made in (*self._waiting, *self._early.values()))

    def take(self) -> None:
        """Wait a little for a lane."""
        for future in self._lanes.finished(REPORT_EVERY_S):
            made = future.result()
            self._early[made.number] = made
        while self._next in self._early:
            self._waiting.append(self._early.pop(self._next))
            self._next += 1
        if time.monotonic() - self._stored_s >= _BLOCK_S:
            self._flush()

    def finish(self) -> None:
        """Wait for all lanes, and store everything."""
        while not self._lanes.idle:
            self.take()
        self._flush()

    def _flush(self) -> None:
        self._store(list(self._waiting))
        self._waiting.clear()
        self._stored_s = time.monotonic()
