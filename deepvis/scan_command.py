"""`deepvis scan` and `deepvis merge`: what each unit of a network answers to in a folder of images."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.store import GalleryError, compact
from deepvis.job_command import (
    Launch,
    check_options,
    few,
    gallery_path,
    launch_shards,
    merged_by_last,
    option_words,
    own_device,
    own_threads,
    stopped,
    stopping,
)
from deepvis.kinds import Method
from deepvis.precompute.merge import merge_shards
from deepvis.precompute.plan import KIND
from deepvis.precompute.progress import ScanControl
from deepvis.precompute.request import EXEMPLAR_METHODS, ScanError, ScanRequest
from deepvis.precompute.scan import run_scan
from deepvis.precompute.shards import Shard, shard_files
from deepvis.scan_progress import counted, shown_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.config import Settings
    from deepvis.gallery.records import JobRecord
    from deepvis.precompute.request import MergeSummary, ScanSummary


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """What the command line says beside the model.

    Attributes:
        images: folder of images, or a list of them.
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
        launch: shards as jobs.
        picture_quality: JPEG quality of stored pictures.
        portable: make the gallery one file that can be moved together with the images.
        attribution: method by which exemplars are attributed; `none` for none.
        attributed: exemplars of each unit that are; None leaves it to the number of images.
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
    launch: Launch = field(default_factory=Launch)
    picture_quality: int = 90
    portable: bool = False
    attribution: str = "deconvnet"
    attributed: int | None = None


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
    with shown_progress(options.progress, control) as report, stopping(control) as signals:
        summary = run_scan(request, report=report, control=control)
        if not summary.finished:
            return _stopped(summary, signals)
        if options.portable and shard.count == 1:
            compact(gallery, portable=True)
        said = _scanned(summary, shard, named=options.gallery is not None)
        if shard.count == 1:
            return said

        def merge_all() -> str:
            return _merged(merge_shards(gallery, _parts(gallery), report=report, control=control))

        return merged_by_last(said, gallery, shard, _is_done, merge_all)


def merge(files: Sequence[Path], gallery: Path, progress: str) -> str:
    """Fold shards of a scan into a gallery.

    Args:
        files: of shards.
        gallery: the file to write.
        progress: as in `ScanOptions`.

    Returns:
        A sentence that names what is missing.

    Raises:
        ScanError: they cannot be merged, as a sentence.
    """
    control = ScanControl()
    with shown_progress(progress, control) as report, stopping(control):
        return _merged(merge_shards(gallery, files, report=report, control=control))


def holds_scan(path: Path) -> bool:
    """The file holds a scan, or a part of one.

    Raises:
        GalleryError: it cannot be read.
    """
    return _newest_scan(path) is not None


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
    launch_shards(["scan", *model, *_words(options, settings)], gallery, options.launch, options.progress)
    if options.launch.jobs == 1:
        return f"Scanned into {gallery}."
    # the shard that ended last has merged, unless it was killed right then: merging again changes nothing
    return merge(_parts(gallery), gallery, options.progress)


def _request(settings: Settings, options: ScanOptions, gallery: Path, shard: Shard) -> ScanRequest:
    request = ScanRequest(
        images=options.images,
        model=settings.model_request(),
        layers=options.layers,
        top=options.top,
        gallery=gallery,
        batch_size=options.batch_size,
        workers=options.workers,
        device=own_device(settings.device, shard),
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
        threads=own_threads(settings, shard),
        attribution=_method(options.attribution),
        attributed=options.attributed,
    )
    check_options(request)
    return request


def _method(text: str) -> Method | None:
    """The method that `--attribution` names.

    Raises:
        ScanError: there is none of that name for exemplars.
    """
    if text.strip().lower() == "none":
        return None
    with suppress(ValueError):
        method = Method.parse(text)
        if method in EXEMPLAR_METHODS:
            return method
    raise ScanError(f"--attribution must be one of {', '.join(EXEMPLAR_METHODS)} or none, not '{text}'.")


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
        "--attribution": options.attribution,
        "--attributed": options.attributed,
    }
    return option_words(values)


def _parts(gallery: Path) -> list[Path]:
    """Shards of scans that lie beside a gallery; shards of pictures may lie there, too."""
    return [path for path in shard_files(gallery) if holds_scan(path)]


def _is_done(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        scan = _newest_scan(path)
    except GalleryError:
        return False
    return scan is not None and all(done == total for *_, done, total in scan.coverage)


def _newest_scan(path: Path) -> JobRecord | None:
    with GalleryReader(path) as gallery:
        scans = [job for job in gallery.jobs() if job.kind == KIND and job.coverage]
    return scans[-1] if scans else None


def _scanned(summary: ScanSummary, shard: Shard, *, named: bool) -> str:
    what = "The same scan was there already" if summary.already_done else "Scanned"
    part = f" (shard {shard})" if shard.count > 1 else ""
    lines = [f"{what}{part}: {counted(summary.samples, 'sample')} in {summary.gallery}.", *_left_out(summary.gallery)]
    lines += _attributed(summary)
    if shard.count == 1 and summary.layers:
        gallery = f" --gallery {summary.gallery}" if named else ""
        lines.append(f"See a unit: deepvis show {summary.model}/{summary.layers[0]}/0{gallery}")
    return "\n".join([*lines, *summary.warnings])


def _attributed(summary: ScanSummary) -> list[str]:
    """What became of the attributions of exemplars; why there are none, where they were left out for their number."""
    if summary.attributed.made:
        return [f"Made {counted(summary.attributed.made, 'attribution')} of exemplars."]
    if summary.attributed.spared:
        return [
            "No attributions of exemplars were stored: so many units would take longer than the scan. The window"
            " computes those of a unit when it is looked at; --attributed 9 stores them all."
        ]
    return []


def _left_out(path: Path) -> list[str]:
    """How many files could not be used, and why the first of them could not."""
    with GalleryReader(path) as gallery:
        scan = next((job for job in reversed(gallery.jobs()) if job.kind == KIND), None)
        skipped = gallery.skipped(scan.id) if scan else ()
    said = f"{counted(len(skipped), 'file')} left out; the gallery lists them:"
    return few(said, [f"{file.path}: {file.reason}" for file in skipped])


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
    if summary.attributed.left:
        where = f"All is scanned; {counted(summary.attributed.left, 'exemplar')} are still to be attributed."
    elif summary.pictures_left:
        where = f"All files are counted; {counted(summary.pictures_left, 'picture')} of them are still to be stored."
    else:
        where = f"Stopped after {summary.files:,} of {summary.total:,} files."
    return stopped(where, signals)
