"""`deepvis export`: what galleries know as plain folders, one per unit, with a PNG file per picture and one of JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.gallery.errors import GalleryError
from deepvis.gallery.records import ImageKind
from deepvis.gallery_commands import as_json, read_unit, save_pictures
from deepvis.records import UnitId
from deepvis.scan_progress import counted
from deepvis.unit_pictures import unit_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from deepvis.gallery.reader import GalleryReader
    from deepvis.gallery.records import UnitRecord
    from deepvis.unit_pictures import UnitPicture

KINDS = ("all", "synthesis", "exemplars")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is exported.

    Attributes:
        layers: names; empty for all that the galleries know.
        units: numbers in each layer; empty for all.
        kind: one of `KINDS`.
    """

    layers: tuple[str, ...] = ()
    units: tuple[range, ...] = ()
    kind: str = "all"


def export(galleries: Sequence[GalleryReader], wanted: Wanted, folder: Path) -> str:
    """Write folders `LAYER/unit_0007` with PNG files and `unit.json`.

    Args:
        galleries: of one model, that whose word counts first.
        wanted: what of them.
        folder: made where it does not exist; files of the same names are replaced.

    Returns:
        A sentence that says what was written.

    Raises:
        GalleryError: a layer or kind does not exist, or the folder cannot be written to.
    """
    if wanted.kind not in KINDS:
        raise GalleryError(f"--kind must be one of {', '.join(KINDS)}, not '{wanted.kind}'.")
    written = units = 0
    for unit in _units(galleries, wanted):
        record, source = read_unit(unit, galleries)
        pictures = unit_pictures(unit, galleries)
        record, pictures = _reduced(record, pictures, wanted.kind)
        if not (pictures or record.exemplars):
            continue
        target = folder / _plain(unit.layer) / f"unit_{unit.unit:04}"
        files = save_pictures(record, source, pictures, target)
        told = {**as_json(record, pictures), "files": [path.name for path in files]}
        _write(target / "unit.json", json.dumps(told, indent=2, ensure_ascii=False))
        written, units = written + len(files), units + 1
    if not units:
        raise GalleryError(f"There is nothing to export: the galleries know no such units of {galleries[0].model}.")
    return f"Wrote {counted(written, 'picture')} of {counted(units, 'unit')} into {folder}."


def _units(galleries: Sequence[GalleryReader], wanted: Wanted) -> Iterator[UnitId]:
    """Units of which something is known, by layer."""
    known = {info.name: info.units for gallery in galleries for info in gallery.layer_infos()}
    for layer in wanted.layers:
        if layer not in known:
            raise GalleryError(f"The galleries know no layer {layer}. They know: {', '.join(known)}.")
    for layer, count in known.items():
        if wanted.layers and layer not in wanted.layers:
            continue
        numbers = {unit for part in wanted.units for unit in part[: max(0, count - part.start)]}
        for unit in sorted(numbers) if wanted.units else range(count):
            if any(_knows(gallery, layer, unit) for gallery in galleries):
                yield UnitId(galleries[0].model, layer, unit)


def _knows(gallery: GalleryReader, layer: str, unit: int) -> bool:
    record = gallery.unit(layer, unit)
    return record.statistics is not None or bool(record.images)


def _reduced(
    record: UnitRecord, pictures: tuple[UnitPicture, ...], kind: str
) -> tuple[UnitRecord, tuple[UnitPicture, ...]]:
    if kind == "exemplars":
        return record, tuple(one for one in pictures if "method" in one.image.metadata)
    if kind == "synthesis":
        made = tuple(one for one in pictures if one.image.kind is ImageKind.SYNTHESIS)
        return replace(record, exemplars=(), minima=(), quantiles=()), made
    return record, pictures


def _plain(layer: str) -> str:
    """A layer's name as that of a folder."""
    return re.sub(r"[^A-Za-z0-9._+-]", "_", layer)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise GalleryError(f"{path} cannot be written: {error.strerror or error}.") from error
