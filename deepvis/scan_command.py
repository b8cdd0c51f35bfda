"""`deepvis scan` and `deepvis merge`: what each unit of a network answers to in a folder of images."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.gallery.files import gallery_file
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.store import GalleryError, compact
from deepvis.models.devices import available_devices
from deepvis.models.zoo import model_key
from deepvis.precompute.launch import LaunchError, submit, wait_for
from deepvis.precompute.merge import merge_shards
from deepvis.precompute.progress import ScanControl, ScanProgress
from deepvis.precompute.request import ScanError, ScanRequest
from deepvis.precompute.scan import run_scan
from deepvis.precompute.shards import Shard, find_shard, gallery_of, shard_file, shard_files
from deepvis.scan_progress import counted, shown_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from deepvis.config import Settings
    from deepvis.precompute.request import MergeSummary, ScanSummary


NAMED_FILES = 3
"""So many of the files left out are named."""


class ScanInterrupted(Exception):  # noqa: N818  (nothing went wrong)
    """A signal ended the scan, and what was done is saved.

    Attributes:
        code: exit code, as shells expect it: 128 and the signal's number.
    """

    def __init__(self, said: str, number: int) -> None:
        super().__init__(said)
        self.code = 128 + number


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """What the command line says beside the model.

    Attributes:
        images: folder of images.
        layers: names; empty for the default list.
        top: images per unit and direction.
        gallery: file; None for the person's own of the model.
        batch_size: pictures in one forward pass.
        workers: decoding processes; None chooses.
        limit: files; None for all.
        crops: scales at which windows are cut; 0 takes images whole.
        classes: `folders`, `none`, a CSV file, or None to look by itself.
        covariance_up_to: units of the largest layer whose correlation is computed.
        checkpoint_s: seconds between two savings.
        progress: `auto`, `bar`, `lines`, `json` or `none`.
        launch: `local` or `slurm`; empty to work in this process.
        jobs: shards to launch.
        cluster: `NAME=VALUE` parameters of submitit.
        picture_quality: JPEG quality of stored pictures.
        portable: make the gallery one file that can be moved together with the images.
    """

    images: Path
    layers: tuple[str, ...] = ()
    top: int = 9
    gallery: Path | None = None
    batch_size: int = 16
    workers: int | None = None
    limit: int | None = None
    crops: int = 0
    classes: str | None = None
    covariance_up_to: int = 4096
    checkpoint_s: float = 20.0
    progress: str = "auto"
    launch: str = ""
    jobs: int = 0
    cluster: tuple[str, ...] = ()
    picture_quality: int = 90
    portable: bool = False


def gallery_path(settings: Settings, gallery: Path | None) -> Path:
    """The gallery a command works on: the one named, else the person's own of the model."""
    if gallery is not None:
        return gallery.expanduser()
    return gallery_file(model_key(settings.model), settings.gallery_dir)


def scan(settings: Settings, options: ScanOptions, shard: Shard) -> str:
    """Scan one shard, or everything; merges where this was the last shard.

    Returns:
        A sentence that says what came of it.

    Raises:
        ScanError: it cannot be done, as a sentence.
    """
    gallery = gallery_path(settings, options.gallery)
    request = _request(settings, options, gallery, shard)
    control = ScanControl()
    with shown_progress(options.progress, control) as report, _stopping(control) as signals:
        summary = run_scan(request, report=report, control=control)
        if not summary.finished:
            return _stopped(summary, signals)
        if options.portable and shard.count == 1:
            compact(gallery, portable=True)
        said = _scanned(summary, shard, named=options.gallery is not None)
        return said if shard.count == 1 else _after_shard(said, gallery, shard, report, control)


def merge(named: Sequence[Path], gallery: Path, progress: str) -> str:
    """Fold shards into a gallery.

    Args:
        named: files of shards, or galleries whose shards lie beside them; empty for those beside `gallery`.
        gallery: the file to write.
        progress: as in `ScanOptions`.

    Returns:
        A sentence that names what is missing.

    Raises:
        ScanError: they cannot be merged, as a sentence.
    """
    files = [file for path in (named or [gallery]) for file in _shards_meant(path)]
    if not files or (not named and files == [gallery]):
        example = shard_file(gallery, Shard(0, 2)).name
        raise ScanError(
            f"There are no shards beside {gallery}: 'deepvis scan --shard 0/2' makes {example}. Name the files of the "
            "shards, or the gallery with --gallery."
        )
    control = ScanControl()
    with shown_progress(progress, control) as report, _stopping(control):
        return _merged(merge_shards(gallery, files, report=report, control=control))


def launch(settings: Settings, options: ScanOptions, model: Sequence[str]) -> str:
    """Start the shards as jobs, wait for them, merge.

    Args:
        settings: what the command line and the settings file say.
        options: of the scan.
        model: the words of the command line that choose the model.

    Raises:
        LaunchError: a job could not be started, or failed.
    """
    gallery = gallery_path(settings, options.gallery)
    if options.jobs < 1:
        raise LaunchError(f"--jobs must be at least 1, not {options.jobs}.")
    common = ["scan", *model, *_words(options, settings), "--gallery", str(gallery.resolve()), "--progress", "none"]
    commands = [[*common, "--shard", f"{index}/{options.jobs}"] for index in range(options.jobs)]
    folder = gallery.resolve().parent / f"{gallery.stem}.jobs"
    jobs = submit(commands, folder, cluster=options.launch, parameters=_parameters(options.cluster))
    with shown_progress(options.progress, ScanControl()) as report:
        wait_for(jobs, lambda done, total: report(ScanProgress("waiting for shards", done, total)))
    if options.jobs == 1:
        return f"Scanned into {gallery}."
    # the shard that ended last has merged, unless it was killed right then: merging again changes nothing
    return merge([], gallery, options.progress)


def own_shard(text: str | None) -> Shard:
    """Which part this process does; says what launchers told it.

    Raises:
        ShardError: there is no such part.
    """
    return find_shard(text, os.environ)


def _request(settings: Settings, options: ScanOptions, gallery: Path, shard: Shard) -> ScanRequest:
    request = ScanRequest(
        images=options.images,
        model=settings.model_request(),
        layers=options.layers,
        top=options.top,
        gallery=gallery,
        batch_size=options.batch_size,
        workers=options.workers,
        device=_device(settings.device, shard),
        precision=settings.precision,
        limit=options.limit,
        crops=options.crops,
        classes=options.classes,
        covariance_up_to=options.covariance_up_to,
        fit=settings.fit,
        shard=shard.index,
        shards=shard.count,
        checkpoint_s=options.checkpoint_s,
        picture_quality=options.picture_quality,
        threads=settings.threads or max(1, (os.cpu_count() or 1) // shard.local_count),
    )
    try:
        request.check()
    except ScanError as error:
        # the person wrote an option: the sentence names it as it was written
        name, space, rest = str(error).partition(" ")
        known = {field.name for field in fields(request)}
        raise ScanError(f"--{name.replace('_', '-')}{space}{rest}" if name in known else str(error)) from None
    return request


def _words(options: ScanOptions, settings: Settings) -> list[str]:
    """The options as a shard's command line; paths hold wherever the job runs."""
    classes = options.classes
    if classes not in (None, "folders", "none"):
        classes = str(Path(classes).expanduser().resolve())
    values = {
        "--images": options.images.resolve(),
        "--layers": ",".join(options.layers) or None,
        "--top": options.top,
        "--batch-size": options.batch_size,
        "--workers": options.workers,
        "--limit": options.limit,
        "--crops": options.crops,
        "--classes": classes,
        "--covariance-up-to": options.covariance_up_to,
        "--checkpoint-s": options.checkpoint_s,
        "--picture-quality": options.picture_quality,
        "--fit": settings.fit,
    }
    return [word for name, value in values.items() if value is not None for word in (name, str(value))]


def _device(wanted: str, shard: Shard) -> str:
    """Processes on one machine take a GPU each."""
    if shard.local_count < 2 or wanted not in ("auto", "cuda"):
        return wanted
    gpus = [name for name in available_devices() if name.startswith("cuda")]
    return gpus[shard.local_rank % len(gpus)] if gpus else wanted


def _after_shard(
    said: str, gallery: Path, shard: Shard, report: Callable[[ScanProgress], None], control: ScanControl
) -> str:
    """Merge, where all other shards have ended, and nobody else does it now."""
    if not all(_is_done(shard_file(gallery, Shard(index, shard.count))) for index in range(shard.count)):
        return f"{said} When all {shard.count} shards are there: deepvis merge --gallery {gallery}"
    lock = gallery.with_name(f"{gallery.stem}.merging")
    try:
        lock.open("x").close()
    except FileExistsError:
        return f"{said} Another shard merges all {shard.count} now; if it was killed: deepvis merge --gallery {gallery}"
    try:
        return f"{said} " + _merged(merge_shards(gallery, shard_files(gallery), report=report, control=control))
    finally:
        lock.unlink(missing_ok=True)


def _is_done(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with GalleryReader(path) as gallery:
            jobs = gallery.jobs()
    except GalleryError:
        return False
    return bool(jobs and jobs[-1].coverage) and all(done == total for *_, done, total in jobs[-1].coverage)


def _shards_meant(path: Path) -> list[Path]:
    """The file itself where it is one, else the shards beside a gallery of that name."""
    path = path.expanduser()
    beside = shard_files(path)
    if path.is_file() and (gallery_of(path) != path or not beside):
        return [path]
    return beside


def _scanned(summary: ScanSummary, shard: Shard, *, named: bool) -> str:
    what = "The same scan was there already" if summary.already_done else "Scanned"
    part = f" (shard {shard})" if shard.count > 1 else ""
    lines = [f"{what}{part}: {counted(summary.samples, 'sample')} in {summary.gallery}.", *_left_out(summary.gallery)]
    if shard.count == 1 and summary.layers:
        gallery = f" --gallery {summary.gallery}" if named else ""
        lines.append(f"See a unit: deepvis show {summary.model}/{summary.layers[0]}/0{gallery}")
    return "\n".join([*lines, *summary.warnings])


def _left_out(path: Path) -> list[str]:
    """How many files could not be used, and why the first of them could not."""
    with GalleryReader(path) as gallery:
        skipped = gallery.skipped(gallery.jobs()[-1].id)
    if not skipped:
        return []
    lines = [f"{counted(len(skipped), 'file')} left out; the gallery lists them:"]
    lines += [f"  {file.path}: {file.reason}" for file in skipped[:NAMED_FILES]]
    return [*lines, "  ..."] if len(skipped) > NAMED_FILES else lines


def _merged(summary: MergeSummary) -> str:
    lines = [
        f"Merged {len(summary.merged)} of {summary.shards} shards into {summary.gallery}: "
        f"{counted(summary.samples, 'sample')}.",
        *_left_out(summary.gallery),
    ]
    if summary.missing:
        names = ", ".join(f"{index}/{summary.shards}" for index in summary.missing)
        first = f"{summary.missing[0]}/{summary.shards}"
        lines.append(f"Missing: {names}. Run the same scan with --shard {first} and so on, then merge again.")
    return "\n".join([*lines, *summary.warnings])


def _stopped(summary: ScanSummary, signals: Sequence[int]) -> str:
    if summary.pictures_left:
        where = f"All files are counted; {counted(summary.pictures_left, 'picture')} of them are still to be stored."
    else:
        where = f"Stopped after {summary.files:,} of {summary.total:,} files."
    said = f"{where} The same command goes on from there."
    if signals:
        raise ScanInterrupted(said, signals[0])
    return said


def _parameters(given: Sequence[str]) -> dict[str, object]:
    """`slurm_partition=gpu` as submitit takes it; numbers become numbers."""
    parameters: dict[str, object] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise LaunchError(f"--cluster must look like NAME=VALUE, as in slurm_partition=gpu, not '{text}'.")
        parameters[name.strip()] = int(value) if value.strip().lstrip("-").isdigit() else value.strip()
    return parameters


@contextmanager
def _stopping(control: ScanControl) -> Iterator[list[int]]:
    """The first Ctrl+C, or a cluster that ends the job, saves what was done; the second ends at once."""
    received: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        control.stop()
        signal.signal(number, before[signal.Signals(number)])

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
