"""Pictures of shards become one gallery, exactly those of a single run."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.gallery.errors import GalleryError
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.writer import GalleryWriter
from deepvis.precompute.picture_request import PicturesError, PicturesMerged
from deepvis.precompute.progress import MERGING, ScanControl, ScanProgress
from deepvis.synthesis.keeping import KIND

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from deepvis.gallery.records import JobRecord
    from deepvis.gallery.rows import ImageRow

    Key = tuple[int, str, int, str, int]

__all__ = ["merge_pictures", "picture_jobs"]


def picture_jobs(path: Path) -> tuple[JobRecord, ...]:
    """The jobs of synthesized pictures in a file, oldest first.

    Raises:
        GalleryError: the file cannot be read.
    """
    with GalleryReader(path) as gallery:
        return tuple(job for job in gallery.jobs() if job.kind == KIND)


def merge_pictures(
    gallery: Path, files: Sequence[Path], *, report: Callable[[ScanProgress], None], control: ScanControl
) -> PicturesMerged:
    """Copy the synthesized pictures of files into a gallery.

    Any subset, in any order, as often as wanted: a picture of the same job, unit and seed that is there twice counts
    once. Should two of them differ, which only happens where other machines made them, the choice does not depend on
    the order.

    Args:
        gallery: the file to write.
        files: of shards, or other galleries of the same model.
        report: told where it stands, in this thread.
        control: stops it; what is merged stays, and the same call goes on.

    Raises:
        PicturesError: a file holds no pictures, is another model's, or cannot be read or written.
    """
    report(ScanProgress(MERGING))
    paths = [path for path in dict.fromkeys(path.absolute() for path in files) if path != gallery.absolute()]
    try:
        sources = [_Source(path, picture_jobs(path)) for path in paths]
        for source in sources:
            if not source.jobs:
                raise PicturesError(f"{source.path} holds no pictures: name files that `deepvis synthesize` wrote.")
        if not sources:
            raise PicturesError(f"There are no shards to merge into {gallery}.")
        return _merged(gallery, sources, report, control)
    except GalleryError as error:
        raise PicturesError(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Source:
    """A file, and its jobs of pictures."""

    path: Path
    jobs: tuple[JobRecord, ...]


def _merged(
    gallery: Path, sources: Sequence[_Source], report: Callable[[ScanProgress], None], control: ScanControl
) -> PicturesMerged:
    seen: set[tuple[str, str, Key]] = set()
    new = 0
    with GalleryWriter(gallery, sources[0].jobs[0].identity.model) as writer:
        for source in sources:
            with GalleryReader(source.path) as reader:
                _check_model(reader, writer)
                _enter_layers(reader, writer)
                for job in source.jobs:
                    new += _copy(reader, writer, job, seen, control)
                    report(ScanProgress(MERGING))
    return _summary(gallery, sources, len(seen), new)


def _check_model(reader: GalleryReader, writer: GalleryWriter) -> None:
    if reader.model != writer.model:
        raise PicturesError(
            f"{reader.path} belongs to the model {reader.model}, {writer.path} to {writer.model}: they do not fit."
        )


def _enter_layers(reader: GalleryReader, writer: GalleryWriter) -> None:
    with writer.transaction():
        for layer in reader.layer_infos():
            writer.add_layer(layer)


def _copy(
    reader: GalleryReader,
    writer: GalleryWriter,
    job: JobRecord,
    seen: set[tuple[str, str, Key]],
    control: ScanControl,
) -> int:
    """The pictures of one job, a transaction per layer. Returns how many the gallery lacked."""
    entered = _enter_job(writer, job)
    new = 0
    for layer in reader.layers():
        if control.stopped:
            break
        rows = reader.image_rows(layer, job.id)
        with GalleryReader(writer.path) as there:
            known = {_key(row): _order(row) for row in there.image_rows(layer, entered)}
        wanted = [row for row in rows if _key(row) not in known or _order(row) < known[_key(row)]]
        with writer.transaction():
            for row in wanted:
                writer.add_image(entered, row)
        new += len(wanted)
        seen |= {(job.hash, layer, _key(row)) for row in rows}
    return new


def _enter_job(writer: GalleryWriter, job: JobRecord) -> int:
    """The gallery's key of the job; of several machines that took part, one is named whatever comes first."""
    plain = replace(job, coverage=(), data_hash="")
    with writer.transaction():
        known = writer.job(job.hash)
        if known is None:
            return writer.begin_job(plain)
        if _machine(plain) < _machine(known):
            writer.update_job(replace(plain, id=known.id))
        return known.id


def _machine(job: JobRecord) -> tuple[str, str]:
    return job.device, json.dumps(job.versions, sort_keys=True)


def _key(row: ImageRow) -> Key:
    return row.unit, str(row.kind), row.rank, row.recipe, row.seed


def _order(row: ImageRow) -> tuple[bytes, str]:
    return row.data, json.dumps(row.metadata, sort_keys=True)


def _summary(gallery: Path, sources: Sequence[_Source], pictures: int, new: int) -> PicturesMerged:
    parts = [(job, source.path) for source in sources for job in source.jobs if job.coverage]
    if not parts:
        return PicturesMerged(gallery, pictures, new)
    newest = max((job for job, _ in parts), key=lambda job: job.updated_utc)
    count = newest.coverage[0][1]
    merged, warnings = set(), []
    for job, path in parts:
        index, of, done, total = job.coverage[0]
        if job.data_hash != newest.data_hash or job.hash != newest.hash or of != count:
            continue
        if done == total:
            merged.add(index)
        else:
            warnings.append(
                f"{path.name} is not complete: shard {index} has {done:,} of its {total:,} blocks. Start it again, and"
                " it goes on from there; then merge again."
            )
    begun = {job.coverage[0][0] for job, _ in parts}
    missing = tuple(index for index in range(count) if index not in begun)
    return PicturesMerged(gallery, pictures, new, count, tuple(sorted(merged)), missing, tuple(warnings))
