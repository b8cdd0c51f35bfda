"""Shards of one scan become one gallery, exactly what a single run gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.store import GalleryError
from deepvis.gallery.writer import GalleryWriter
from deepvis.models.devices import available_devices, resolve_device
from deepvis.models.errors import Canceled
from deepvis.precompute.attributing import Attributing
from deepvis.precompute.forward import Forward
from deepvis.precompute.plan import KIND, list_images, load_engine, make_plan, request_again
from deepvis.precompute.progress import LISTING, MERGING, READING, WRITING, ScanProgress
from deepvis.precompute.request import MergeSummary, ScanError
from deepvis.precompute.saving import DEVIATION, Keeper, deviation_of
from deepvis.precompute.scan import move, open_pool, pack, require_samples, store_pictures, sums_device
from deepvis.precompute.scan_state import ScanState, take_in
from deepvis.precompute.winners import Winners

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepvis.gallery.records import JobRecord
    from deepvis.models.engine import Engine
    from deepvis.precompute.decode_worker import DecodePool
    from deepvis.precompute.plan import ScanPlan
    from deepvis.precompute.progress import ScanControl
    from deepvis.precompute.request import ScanRequest

    Report = Callable[[ScanProgress], None]

__all__ = ["MergeSummary", "ScanError", "merge_shards"]


def merge_shards(gallery: Path, shard_files: Sequence[Path], *, report: Report, control: ScanControl) -> MergeSummary:
    """Fold any subset of the shards of one scan into a gallery, in any order, then store the winners' pictures.

    Args:
        gallery: the file to write; shards that an earlier merge put there count, too.
        shard_files: files of shards, or of earlier merges; one that is there twice counts once.
        report: told where it stands, in this thread.
        control: stops it; what is merged stays, and the same call goes on.

    Returns:
        Which shards are in, and which are missing.

    Raises:
        ScanError: the files belong to different scans, overlap in part, or cannot be read; the message is a sentence
            that says which.
    """
    try:
        report(ScanProgress(MERGING))
        sources = [_read(path) for path in dict.fromkeys(path.absolute() for path in shard_files)]
        target = _read(gallery.absolute()) if gallery.exists() else None
        if not sources:
            raise ScanError(f"There are no shards to merge into {gallery}.")
        merge = _Merge(gallery, _common_hash(sources), sources, target, control)
        return merge.done_before() or merge.run(report)
    except GalleryError as error:
        raise ScanError(str(error)) from error


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """A file that may hold shards, and the scans in it by hash, oldest first."""

    path: Path
    jobs: dict[str, JobRecord]

    @property
    def newest(self) -> JobRecord:
        return next(reversed(self.jobs.values()))


class _Merge:
    """One call of `merge_shards`, once it is clear which scan it is about."""

    def __init__(
        self, gallery: Path, wanted: str, sources: list[_Source], target: _Source | None, control: ScanControl
    ) -> None:
        self._gallery = gallery
        self._wanted = wanted
        self._target = target if target is not None and wanted in target.jobs else None
        self._control = control
        every = [*([self._target] if self._target else []), *sources]
        self._every = list({source.path: source for source in every}.values())
        self._job = self._every[0].jobs[wanted]

    def done_before(self) -> MergeSummary | None:
        """The summary where the gallery has every shard, and the pictures."""
        job = self._target.jobs[self._wanted] if self._target else None
        if job is None or not job.finished:
            return None
        shards = tuple(sorted(part[0] for part in job.coverage))
        return MergeSummary(
            self._gallery,
            job.identity.model,
            finished=True,
            shards=job.coverage[0][1],
            merged=shards,
            missing=(),
            samples=job.samples,
            skipped=job.skipped,
            deviation=deviation_of(job),
        )

    def run(self, report: Report) -> MergeSummary:
        request = self._request()
        device = resolve_device(request.device)
        state, warnings = self._merged()
        report(ScanProgress(LISTING))
        listing = list_images(request)
        with open_pool(request, device) as pool:
            report(ScanProgress(READING))
            try:
                engine = load_engine(request.model, progress=lambda *_: None, canceled=lambda: self._control.stopped)
            except Canceled:
                return self._summary(state, warnings, finished=False)
            plan = make_plan(request, listing, engine)
            self._require_same(plan)
            move(engine, device, request)
            finished, more = self._write(plan, engine, pool, state, report)
        if finished and not state.missing:
            pack(self._gallery)
        return self._summary(state, [*warnings, *more], finished=finished and not state.missing)

    def _write(
        self, plan: ScanPlan, engine: Engine, pool: DecodePool, state: ScanState, report: Report
    ) -> tuple[bool, tuple[str, ...]]:
        """Rows, then pictures, of what is merged."""
        names = tuple(layer.name for layer in plan.layers)
        with GalleryWriter(self._gallery, plan.identity.model) as writer:
            keeper = Keeper(writer, plan, str(engine.device))
            if not state.missing:
                require_samples(plan, state, keeper)
            report(ScanProgress(WRITING))
            keeper.end_first_pass(state)
            forward = Forward(engine, names, plan.request.batch_size)
            winners = Winners(plan, state, forward, keeper, self._control, report)
            finished, warnings = store_pictures(winners, keeper, state, writer, pool)
            if not finished or state.missing:
                return finished, warnings
            attributed = Attributing(plan, engine, writer, self._control, report).run(pool)
            left = [_left(attributed.left)] if attributed.left else []
            return True, (*warnings, *attributed.warnings, *left)

    def _merged(self) -> tuple[ScanState, list[str]]:
        """Everything the files hold, and sentences about what they do not."""
        states, warnings = [], []
        known: set[int] = set()
        covered: set[str] = set()
        for source in self._every:
            state = _load(source, self._wanted)
            if state.complete:
                shards = {part.shard for part in state.parts}
                known |= shards if source is self._target else set()
                if shards <= known:
                    covered.add(source.path.name)
                states.append((source.path.name, state))
                continue
            part = next(part for part in state.parts if not part.complete)
            warnings.append(
                f"{source.path.name} is left out: shard {part.shard} has {part.done:,} of its {part.total:,} files."
                " Start it again, and it goes on from there."
            )
        merged, useless = take_in(states)
        if merged is None:
            raise ScanError("No shard is complete yet. " + " ".join(warnings))
        # what was merged before may be named again; two files with the same shard are worth a word
        warnings += [f"{name} brought nothing new." for name in useless if name not in covered]
        return merged, warnings

    def _request(self) -> ScanRequest:
        """The shards' request, with the images where one of the machines saw them and this one does.

        Raises:
            ScanError: the images are not there.
        """
        jobs = [source.jobs[self._wanted] for source in self._every]
        job = next((job for job in jobs if Path(job.data_root).is_dir()), None)
        if job is None:
            raise ScanError(
                f"The images are not on this machine: there is no folder {self._job.data_root}. Merge where they are;"
                " the pictures of the exemplars are taken from there."
            )
        device = job.device if job.device in available_devices() else "auto"
        return request_again(job, self._gallery, device)

    def _require_same(self, plan: ScanPlan) -> None:
        if plan.hash == self._wanted:
            return
        differences = _differences(self._job, plan.job(self._job.device))
        raise ScanError(
            f"The shards cannot be merged with what is there now: {differences} changed since they were scanned."
        )

    def _summary(self, state: ScanState, warnings: Sequence[str], *, finished: bool) -> MergeSummary:
        return MergeSummary(
            self._gallery,
            self._job.identity.model,
            finished,
            state.shards,
            tuple(part.shard for part in state.parts),
            state.missing,
            state.samples,
            len(state.problems),
            state.deviation,
            tuple(warnings),
        )


def _left(number: int) -> str:
    return f"{number:,} exemplars have no attribution yet: the same scan without --shard makes them."


def _read(path: Path) -> _Source:
    """The scans in a file; none is fine for a gallery that holds other things."""
    with GalleryReader(path) as reader:
        jobs = [job for job in reader.jobs() if job.kind == KIND and job.coverage]
    jobs.sort(key=lambda job: (job.updated_utc, job.id))
    return _Source(path, {job.hash: job for job in jobs})


def _common_hash(sources: list[_Source]) -> str:
    """The newest scan that all files are about.

    Raises:
        ScanError: there is none; says what differs.
    """
    for source in sources:
        if not source.jobs:
            raise ScanError(f"{source.path} holds no scan: name the files that `deepvis scan --shard` wrote.")
    first, *others = sources
    common = [key for key in first.jobs if all(key in source.jobs for source in others)]
    if common:
        return common[-1]
    other = next(source for source in others if first.newest.hash not in source.jobs)
    differences = _differences(first.newest, other.newest)
    raise ScanError(
        f"{first.path.name} and {other.path.name} are parts of different scans: they differ in {differences}. Scan the"
        " shards again with the same options on the same images."
    )


_NAMED = {
    "listing": "the images",
    "layers": "the layers",
    "classes": "the labels",
    "class_names": "the labels",
    "format": "the version of DeepVis",
}
_DO_NOT_DECIDE = {"model", "weights", "files", DEVIATION, "classes_from", "attribution", "attributed"}


def _differences(one: JobRecord, other: JobRecord) -> str:
    """What two scans differ in, for people."""
    found = []
    if one.identity.model != other.identity.model:
        found.append("the network")
    elif one.identity.weights_sha256 != other.identity.weights_sha256:
        found.append("the weights")
    if one.identity.preprocessing != other.identity.preprocessing:
        found.append("the preprocessing")
    names = sorted({*one.parameters, *other.parameters} - _DO_NOT_DECIDE)
    changed = [name for name in names if one.parameters.get(name) != other.parameters.get(name)]
    found += [_NAMED.get(name, f"`{name}`") for name in changed]
    return ", ".join(dict.fromkeys(found)) or "the version of DeepVis"


def _load(source: _Source, wanted: str) -> ScanState:
    """The state in a file, on the CPU.

    Raises:
        ScanError: the file has none any more.
    """
    job = source.jobs[wanted]
    with GalleryWriter(source.path, job.identity.model) as writer:
        saved = writer.load_state(job.id)
    if saved is None:
        raise ScanError(
            f"{source.path.name} holds the whole scan already, and nothing is left to merge: use it as the gallery."
        )
    return ScanState.stored(saved.arrays, saved.progress, sums_device(resolve_device("cpu")))
