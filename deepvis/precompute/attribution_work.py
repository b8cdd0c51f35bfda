"""Which attributions of exemplars a gallery lacks, image by image, in an order that is always the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ExemplarKind
from deepvis.precompute.decode_worker import FileTask, Task
from deepvis.records import Rect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import torch

    from deepvis.precompute.decode_worker import Decoded
    from deepvis.precompute.plan import ScanPlan

    Entries = Mapping[int, tuple["Entry", ...]]

_AT_ONCE = 32
"""Backward passes of one forward pass: what a stopped run still finishes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An exemplar that is to get its attribution.

    Attributes:
        layer: of the unit.
        unit: its number.
        rank: of the exemplar.
        value: as it was recorded.
        sample: id.
        position: `(row, column)` of the maximum.
        box: what the crop shows, in pixels of the image file.
    """

    layer: str
    unit: int
    rank: int
    value: float
    sample: int
    position: tuple[int, int]
    box: Rect


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Exemplars that are parts of one sample.

    Attributes:
        picture: uint8 `(channels, height, width)`: what the network saw.
        size: `(height, width)` of the image file.
        sample: id.
        entries: some of the exemplars.
    """

    picture: torch.Tensor
    size: tuple[int, int]
    sample: int
    entries: tuple[Entry, ...]


def missing_entries(gallery: Path, plan: ScanPlan, job: str, per_unit: int) -> dict[int, tuple[Entry, ...]]:
    """By number of the image file, ascending: the exemplars that a job has no attribution of yet.

    Left out are those with a value that is not above zero, for nothing in them speaks for the unit, and those whose
    image could not be read for its picture either.

    Args:
        gallery: that holds the scan.
        plan: of the scan.
        job: hash of the job.
        per_unit: exemplars of each unit that are to get one.
    """
    found: list[Entry] = []
    with GalleryReader(gallery) as reader:
        unread = reader.files_without_picture()
        for layer in plan.layers:
            known = reader.image_ranks(layer.name, job)
            best = reader.best(layer.name, ExemplarKind.MAXIMUM, per_unit)
            columns = (best.unit, best.rank, best.value, best.sample, best.file, best.row, best.column, best.box)
            for unit, rank, value, sample, file, row, column, box in zip(
                *(one.tolist() for one in columns), strict=True
            ):
                if value > 0 and (unit, rank) not in known and file not in unread:
                    found.append(Entry(layer.name, unit, rank, value, sample, (row, column), Rect(*box)))
    # stable: within a sample by layer, unit and rank
    found.sort(key=lambda entry: entry.sample)
    by_file: dict[int, list[Entry]] = {}
    for entry in found:
        by_file.setdefault(entry.sample // plan.recipe.per_file, []).append(entry)
    return {number: tuple(entries) for number, entries in by_file.items()}


def file_tasks(plan: ScanPlan, entries: Entries) -> Iterator[Task]:
    """The samples to decode, a task per image file."""
    per_file = plan.recipe.per_file
    for number, some in entries.items():
        indices = tuple(dict.fromkeys(entry.sample % per_file for entry in some))
        yield Task(plan.recipe, (FileTask(number, plan.path(number), indices),))


def chunks(decoded: Decoded, entries: Entries, per_file: int) -> Iterator[Chunk]:
    """What a task gave, with what is to be made of it."""
    if decoded.pictures is None:
        return
    for picture, sample in zip(decoded.pictures, decoded.samples.tolist(), strict=True):
        number = sample // per_file
        wanted = tuple(entry for entry in entries[number] if entry.sample == sample)
        for start in range(0, len(wanted), _AT_ONCE):
            yield Chunk(picture, decoded.sizes[number], sample, wanted[start : start + _AT_ONCE])
