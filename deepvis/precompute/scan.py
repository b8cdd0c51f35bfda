"""The scan: one pass over all images for all layers at once, saved as it goes, then what is kept of the winners."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from deepvis.gallery.files import gallery_file
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.store import GalleryError, shrink
from deepvis.gallery.writer import GalleryWriter
from deepvis.models.devices import DeviceError, resolve_device
from deepvis.models.errors import Canceled
from deepvis.precompute.attributing import Attributing
from deepvis.precompute.attribution_job import lacks_attributions
from deepvis.precompute.decode_worker import DecodePool
from deepvis.precompute.first_pass import FirstPass, new_state
from deepvis.precompute.forward import Forward
from deepvis.precompute.plan import list_images, load_engine, make_plan
from deepvis.precompute.progress import LISTING, READING, WRITING, ScanControl, ScanProgress
from deepvis.precompute.request import Attributed, ScanError, ScanRequest, ScanSummary
from deepvis.precompute.saving import PICTURES_STATE, Keeper, deviation_of
from deepvis.precompute.winners import TOLERANCE, Winners

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis.models.engine import Engine
    from deepvis.precompute.plan import ScanPlan
    from deepvis.precompute.scan_state import ScanState

    Report = Callable[[ScanProgress], None]

__all__ = ["ScanControl", "ScanError", "ScanProgress", "ScanRequest", "ScanSummary", "run_scan"]

_MOST_WORKERS = 16


def run_scan(request: ScanRequest, *, report: Report, control: ScanControl) -> ScanSummary:
    """Scan a folder, or go on with a scan that was stopped or killed.

    Args:
        request: what is wanted. The same request on the same images takes up the unfinished job in its gallery.
        report: told where it stands, a few times a second, in this thread.
        control: pauses and stops it; a stopped scan saves what it has and returns with `finished=False`.

    Returns:
        What was done. A shard (`shards` > 1) is finished when its files are in; its rows and pictures come with
        `merge.merge_shards`.

    Raises:
        ScanError: it cannot be done; the message is a sentence. What was saved before stays and is taken up again.
    """
    request.check()
    started_s = time.monotonic()
    if request.threads:
        torch.set_num_threads(request.threads)
    try:
        device = resolve_device(request.device)
        report(ScanProgress(LISTING))
        listing = list_images(request)
        with open_pool(request, device) as pool:
            report(ScanProgress(READING))
            engine = load_engine(request.model, progress=_silent, canceled=lambda: control.stopped)
            plan = make_plan(request, listing, engine)
            return _Scan(plan, engine, pool, control, report, started_s).run(device)
    except Canceled:
        gallery = request.gallery or gallery_file(request.model.name)
        return ScanSummary(gallery, request.model.name, (), finished=False)
    except (GalleryError, DeviceError) as error:
        raise ScanError(str(error)) from error


def open_pool(request: ScanRequest, device: torch.device) -> DecodePool:
    """The decoding workers for a request."""
    workers = sensible_workers(device) if request.workers is None else request.workers
    return DecodePool(workers, pin=device.type == "cuda")


def sensible_workers(device: torch.device) -> int:
    """How many processes decode where nobody says: a GPU needs all cores for that, a network on the CPU needs them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(_MOST_WORKERS, cores // 4 if device.type == "cpu" else cores - 1))


def move(engine: Engine, device: torch.device, request: ScanRequest) -> None:
    """Put the network where it is to run.

    Raises:
        ScanError: it does not fit there.
    """
    try:
        engine.move(device, request.precision)
    except RuntimeError as error:
        what = f"{engine.loaded.name} cannot be put on {device} in {request.precision}"
        raise ScanError(f"{what}: {str(error).splitlines()[0].rstrip('.')}.") from error


def sums_device(device: torch.device) -> torch.device:
    """Where sums are kept: Apple's GPUs have no float64."""
    return torch.device("cpu") if device.type == "mps" else device


def store_pictures(
    winners: Winners, keeper: Keeper, state: ScanState, writer: GalleryWriter, pool: DecodePool
) -> tuple[bool, tuple[str, ...]]:
    """The second pass, and the end of the job where it got through; also sentences about what went not quite right."""
    if not winners.run(writer, pool):
        return False, ()
    state.deviation = keeper.deviation
    if not state.missing:
        keeper.finish()
    return True, tuple(_warnings(winners, state.deviation))


def pack(gallery: Path) -> None:
    """Give the space of dropped states back; not now where somebody else is writing."""
    with suppress(GalleryError):
        shrink(gallery)


class _Scan:
    """One run of `run_scan`, once the network is there."""

    def __init__(
        self,
        plan: ScanPlan,
        engine: Engine,
        pool: DecodePool,
        control: ScanControl,
        report: Report,
        started_s: float,
    ) -> None:
        self._plan = plan
        self._engine = engine
        self._pool = pool
        self._control = control
        self._report = report
        self._started_s = started_s
        self._pictures_left = 0
        self._attributed = Attributed()

    def run(self, device: torch.device) -> ScanSummary:
        request = self._plan.request
        done = already_done(self._plan)
        if done is not None and (request.shards > 1 or not lacks_attributions(self._plan, done.samples)):
            return done
        move(self._engine, device, request)
        if done is not None:
            return self._attribute_more(done)
        names = tuple(layer.name for layer in self._plan.layers)
        forward = Forward(self._engine, names, request.batch_size)
        with GalleryWriter(self._plan.gallery, self._plan.identity.model) as writer:
            keeper = Keeper(writer, self._plan, str(device))
            loaded = keeper.load(sums_device(device))
            if loaded is not None:
                self._require_own(loaded[0])
            state, phase = loaded or (new_state(self._plan, forward, self._pool, sums_device(device)), "")
            finished, warnings = self._go_on(state, phase, forward, keeper, writer)
            if finished and request.shards == 1:
                self._attribute(writer)
        if finished and request.shards == 1:
            pack(self._plan.gallery)
        warnings = (*warnings, *self._attributed.warnings)
        return self._summary(state, finished=finished and self._attributed.finished, warnings=warnings)

    def _attribute(self, writer: GalleryWriter) -> None:
        """The end of the second pass."""
        attributing = Attributing(self._plan, self._engine, writer, self._control, self._report)
        self._attributed = attributing.run(self._pool)

    def _attribute_more(self, done: ScanSummary) -> ScanSummary:
        """What a finished scan lacks of the attributions that are wanted now."""
        with GalleryWriter(self._plan.gallery, self._plan.identity.model) as writer:
            self._attribute(writer)
        pack(self._plan.gallery)
        return replace(
            done,
            finished=self._attributed.finished,
            already_done=not self._attributed.made,
            seconds=time.monotonic() - self._started_s,
            attributed=self._attributed,
            warnings=self._attributed.warnings,
        )

    def _require_own(self, state: ScanState) -> None:
        """A gallery into which some shards were merged is no scan to go on with."""
        request = self._plan.request
        if (state.shards, len(state.parts)) != (request.shards, 1):
            raise ScanError(
                f"{self._plan.gallery} holds {len(state.parts)} of {state.shards} shards of this scan. Merge the others"
                f" into it, or write to another gallery."
            )

    def _go_on(
        self, state: ScanState, phase: str, forward: Forward, keeper: Keeper, writer: GalleryWriter
    ) -> tuple[bool, tuple[str, ...]]:
        """From where the state stands to the end, or until stopped."""
        if phase != PICTURES_STATE:
            first = FirstPass(self._plan, state, forward, keeper, self._control, self._report)
            if not first.run(self._pool):
                return False, ()
            if self._plan.request.shards > 1:
                keeper.save(state)
                return True, ()
            require_samples(self._plan, state, keeper)
            self._report(ScanProgress(WRITING))
            keeper.end_first_pass(state)
        winners = Winners(self._plan, state, forward, keeper, self._control, self._report)
        finished, warnings = store_pictures(winners, keeper, state, writer, self._pool)
        if not finished:
            self._pictures_left = len(writer.files_without_picture(keeper.job.id))
        return finished, warnings

    def _summary(self, state: ScanState, *, finished: bool, warnings: tuple[str, ...]) -> ScanSummary:
        plan = self._plan
        return ScanSummary(
            plan.gallery,
            plan.identity.model,
            tuple(layer.name for layer in plan.layers),
            finished,
            files=state.parts[0].done,
            total=state.parts[0].total,
            samples=state.samples,
            skipped=len(plan.listing.problems | state.problems),
            seconds=time.monotonic() - self._started_s,
            deviation=state.deviation,
            warnings=warnings,
            pictures_left=self._pictures_left,
            attributed=self._attributed,
        )


def require_samples(plan: ScanPlan, state: ScanState, keeper: Keeper) -> None:
    """Refuse to end with nothing.

    Raises:
        ScanError: no file could be used; the next run begins from the start, for files may come to be readable.
    """
    if state.samples:
        return
    keeper.forget()
    reason = next((reason for _, reason in sorted(state.problems.items())), "")
    raise ScanError(f"None of the {len(plan.chosen)} files in {plan.listing.root} can be used. The first one: {reason}")


def already_done(plan: ScanPlan) -> ScanSummary | None:
    """The summary of the same scan where it has been done, and its rows are still those in the gallery; else None."""
    if not plan.gallery.exists():
        return None
    with GalleryReader(plan.gallery) as reader:
        job, layers = reader.job(plan.hash), reader.layers()
    if job is None:
        return None
    done, total = sum(part[2] for part in job.coverage), sum(part[3] for part in job.coverage)
    if plan.request.shards == 1:
        owners = [layers.get(layer.name) for layer in plan.layers]
        finished = job.finished and all(owner is not None and owner.id == job.id for owner in owners)
    else:
        finished = bool(job.coverage) and done == total
    if not finished:
        return None
    return ScanSummary(
        plan.gallery,
        plan.identity.model,
        tuple(layer.name for layer in plan.layers),
        finished=True,
        already_done=True,
        files=done,
        total=total,
        samples=job.samples,
        skipped=job.skipped,
        deviation=deviation_of(job),
    )


def _warnings(winners: Winners, deviation: float | None) -> list[str]:
    found = []
    if winners.lost:
        number, reason = min(winners.lost.items())
        found.append(
            f"{len(winners.lost)} images that are exemplars cannot be read any more, so they have no picture. File"
            f" {number}: {reason}"
        )
    if deviation is not None and deviation > TOLERANCE:
        found.append(
            f"Values computed again differ from the recorded ones by up to {deviation:.1e} of the value: images changed"
            " meanwhile, or another device or version of torch took part."
        )
    return found


def _silent(text: str, fraction: float | None) -> None:
    """Progress that nobody watches."""
