"""`deepvis show` and `deepvis import`: what a gallery knows of a unit, and galleries of the 2015 toolbox."""

from __future__ import annotations

import itertools
import math
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import numpy as np

from deepvis.gallery.errors import GalleryError
from deepvis.gallery.files import galleries_there, gallery_file
from deepvis.gallery.legacy import import_folder
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ImageKind, ModelIdentity
from deepvis.gallery.writer import GalleryWriter
from deepvis.live.crop_pictures import ImagePicture
from deepvis.records import UnitId
from deepvis.scan_progress import counted
from deepvis.sources.base import SourceError
from deepvis.sources.decode import decode_image, read_image
from deepvis.sources.encode import encode_png
from deepvis.unit_pictures import decoded_pictures, picture_json, picture_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis.gallery.records import Exemplar, UnitRecord, UnitStatistics
    from deepvis.records import Rect
    from deepvis.unit_pictures import UnitPicture


def unit_address(text: str, model: str) -> UnitId:
    """The unit that a person named; where the model is left out, `model` is meant.

    Raises:
        GalleryError: it names none.
    """
    try:
        return UnitId.parse(text if text.count("/") != 1 else f"{model}/{text}")
    except ValueError:
        raise GalleryError(
            f"'{text}' is no unit address: write layer/unit, as in blocks.4.1/37, or model/layer/unit for another model"
            f" than {model}."
        ) from None


@contextmanager
def opened_galleries(model: str, named: Path | None, folder: Path | None) -> Iterator[list[GalleryReader]]:
    """The galleries to look into: the one named, or the person's own and behind it the one that comes with DeepVis.

    Raises:
        GalleryError: there is none, or one is another model's.
    """
    own = gallery_file(model, folder) if named is None else named.expanduser()
    found = galleries_there(model, folder) if named is None else (own,) if own.exists() else ()
    if not found:
        more = f"--model {model}" if named is None else f"--model {model} --gallery {own}"
        raise GalleryError(
            f"There is no gallery of {model} at {own}. Make one: deepvis scan --images FOLDER {more}, or deepvis"
            f" synthesize {more}"
        )
    with ExitStack() as stack:
        galleries = [stack.enter_context(GalleryReader(path)) for path in found]
        for gallery in galleries:
            _check_model(gallery, model)
        yield galleries


def read_unit(unit: UnitId, galleries: Sequence[GalleryReader]) -> tuple[UnitRecord, GalleryReader]:
    """What the first gallery that has scanned the unit says, else the first that has pictures; and which one it is.

    Raises:
        GalleryError: none knows the unit.
    """
    known: list[str] = []
    pictures: tuple[UnitRecord, GalleryReader] | None = None
    for gallery in galleries:
        record = gallery.unit(unit.layer, unit.unit)
        known += [name for name in gallery.layers() if name not in known]
        if record.statistics is not None:
            return record, gallery
        if record.images and pictures is None:
            pictures = record, gallery
    if pictures is None:
        raise GalleryError(_unknown(unit, known))
    return pictures


def as_json(record: UnitRecord, pictures: Sequence[UnitPicture]) -> dict[str, object]:
    """A unit's whole record as JSON values; boxes in pixels of the original image, best first."""
    syntheses = [one for one in pictures if one.image.kind is ImageKind.SYNTHESIS]
    return {
        "unit": str(record.unit),
        "exemplars": [_exemplar(exemplar) for exemplar in record.exemplars],
        "minima": [_exemplar(exemplar) for exemplar in record.minima],
        "quantiles": [{"band": list(e.band or ()), **_exemplar(e)} for e in record.quantiles],
        "statistics": None if record.statistics is None else _statistics(record.statistics),
        "histogram": _histogram(record),
        "classes": [{"class": c.name, "mean": _number(c.mean), "count": c.count} for c in record.classes],
        "similar": [{"unit": s.unit, "correlation": _number(s.correlation)} for s in record.similar],
        "syntheses": [picture_json(one) for one in syntheses],
        "images": [picture_json(one) for one in pictures if one not in syntheses],
    }


def as_text(record: UnitRecord, path: Path, pictures: Sequence[UnitPicture]) -> str:
    """The same for people, in short; `path` is the gallery of the record, and others are named above their pictures."""
    lines = [f"{record.unit}   ({path})"]
    if record.statistics is not None:
        lines += ["", *_statistics_lines(record.statistics)]
    for title, exemplars in (("EXEMPLARS", record.exemplars), ("MINIMA", record.minima)):
        if exemplars:
            lines += ["", title, *(_exemplar_line(exemplar) for exemplar in exemplars)]
    if record.quantiles:
        lines += ["", "RANDOM IMAGES BY PERCENTILE", *(_exemplar_line(exemplar) for exemplar in record.quantiles)]
    if record.classes:
        named = (f"{c.name} ({c.mean:.4g})" for c in record.classes)
        lines += ["", f"CLASSES  {', '.join(named)}"]
    if record.similar:
        named = (f"{s.unit} ({s.correlation:.2f})" for s in record.similar)
        lines += ["", f"SIMILAR UNITS  {', '.join(named)}"]
    lines += _pictures_lines(pictures, path)
    return "\n".join(lines)


def save_pictures(
    record: UnitRecord, gallery: GalleryReader, pictures: Sequence[UnitPicture], folder: Path
) -> list[Path]:
    """Write the pictures of a unit as PNG files: `exemplar_01.png`, `minimum_01.png`, `synthesis_RECIPE_SEED.png`, ...

    Args:
        record: of the unit.
        gallery: it comes from.
        pictures: of the unit, of all galleries.
        folder: made where it does not exist; files of the same names are replaced.

    Returns:
        The files written; exemplars whose picture is neither in the gallery nor on the disk are left out.

    Raises:
        GalleryError: the folder cannot be written to, or the gallery cannot be read.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, rgb in itertools.chain(_crops(record, gallery), decoded_pictures(pictures)):
            target = folder / f"{name}.png"
            target.write_bytes(encode_png(rgb))
            written.append(target)
    except OSError as error:
        raise GalleryError(f"The pictures cannot be written to {folder}: {error.strerror or error}.") from error
    return written


def import_old(folder: Path, model: str, gallery: Path) -> str:
    """Bring the pictures of a gallery of the 2015 toolbox, or of its fork, into a gallery of ours.

    Args:
        folder: of the old gallery.
        model: key of the model the pictures are of.
        gallery: file to write into; made where it does not exist.

    Returns:
        A sentence that says what came in.

    Raises:
        GalleryError: nothing there is an old gallery, or the file cannot be written.
    """
    with GalleryWriter(gallery, model) as writer:
        report = import_folder(folder, writer, ModelIdentity(model, "", ""))
    brought = f"{counted(report.images, 'picture')} of {counted(report.units, 'unit')}"
    lines = [f"{brought} in {counted(len(report.layers), 'layer')} came into {gallery}."]
    if report.skipped:
        skipped = counted(len(report.skipped), "file")
        lines.append(f"{skipped} could not be used; the first: {report.skipped[0].reason}")
    if report.ignored:
        lines.append(f"Left alone: {counted(report.ignored, 'other file')}.")
    return "\n".join(lines)


def _crops(record: UnitRecord, gallery: GalleryReader) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    named = (("exemplar", record.exemplars), ("minimum", record.minima), ("quantile", record.quantiles))
    for name, exemplars in named:
        for exemplar in exemplars:
            rgb = _crop(exemplar, gallery)
            if rgb is not None:
                yield f"{name}_{exemplar.rank + 1:02}", rgb


def _crop(exemplar: Exemplar, gallery: GalleryReader) -> NDArray[np.uint8] | None:
    """What the position saw: from the file where it still is, at its full resolution, else from the gallery."""
    try:
        whole = read_image(exemplar.path)
        height, width = whole.shape[:2]
    except SourceError:
        stored = gallery.picture(exemplar.file)
        if stored is None:
            return None
        whole, height, width = decode_image(stored.data, exemplar.path.name), stored.height, stored.width
    picture = ImagePicture(whole, height, width, exemplar.path, there=True, stored=False)
    crop = picture.crop(exemplar.box)
    return None if crop is None else np.ascontiguousarray(crop)


def _check_model(gallery: GalleryReader, model: str) -> None:
    if gallery.model != model:
        raise GalleryError(
            f"{gallery.path} is the gallery of {gallery.model}, not of {model}; write {gallery.model}/... or --model."
        )


def _unknown(unit: UnitId, known: list[str]) -> str:
    if unit.layer in known:
        return f"The gallery knows the layer {unit.layer}, but no unit {unit.unit} of it."
    names = f" It knows: {', '.join(known)}." if known else " It knows none yet: the scan has not come so far."
    return (
        f"The gallery knows no layer {unit.layer}.{names} 'deepvis layers --all --model {unit.model}' lists those that "
        "there are; to add one: deepvis scan --images FOLDER --layers NAME, or deepvis synthesize --layers NAME"
    )


def _exemplar(exemplar: Exemplar) -> dict[str, object]:
    return {
        "rank": exemplar.rank + 1,
        "value": _number(exemplar.value),
        "path": str(exemplar.path),
        "position": list(exemplar.position),
        "box": _box(exemplar.box),
        "sample": exemplar.sample,
        "class": exemplar.label,
    }


def _box(box: Rect) -> list[float]:
    sides = (box.top, box.left, box.height, box.width)
    return [int(side) if float(side).is_integer() else float(side) for side in sides]


def _statistics(statistics: UnitStatistics) -> dict[str, object]:
    return {
        "count": statistics.count,
        "mean": _number(statistics.mean),
        "std": _number(statistics.std),
        "active_fraction": _number(statistics.active_fraction),
        "minimum": _number(statistics.minimum),
        "maximum": _number(statistics.maximum),
        "mean_maximum": _number(statistics.mean_maximum),
        "nan_count": statistics.nan_count,
        "dead": statistics.dead,
        "selectivity": None if statistics.selectivity is None else _number(statistics.selectivity),
    }


def _histogram(record: UnitRecord) -> dict[str, object] | None:
    if record.histogram is None:
        return None
    edges, heights = record.histogram.density()
    return {"edges": edges.tolist(), "density": heights.tolist()}


def _number(value: float) -> float | None:
    """JSON knows neither NaN nor infinities."""
    return value if math.isfinite(value) else None


def _statistics_lines(s: UnitStatistics) -> list[str]:
    lines = [
        f"samples          {s.count:,}",
        f"mean, std        {s.mean:.4g}, {s.std:.4g}",
        f"minimum, maximum {s.minimum:.4g}, {s.maximum:.4g}",
        f"active           {s.active_fraction:.1%} of all positions" + ("; dead" if s.dead else ""),
    ]
    if s.selectivity is not None:
        lines.append(f"selectivity      {s.selectivity:.2f}")
    return lines


def _pictures_lines(pictures: Sequence[UnitPicture], path: Path) -> Iterator[str]:
    """A heading for the pictures of each gallery, which names it where it is another than `path`."""
    told = path if len({picture.gallery.path for picture in pictures}) == 1 else None
    before: Path | None = None
    for picture, line in zip(pictures, picture_lines(pictures), strict=True):
        here = picture.gallery.path
        if here != before:
            yield from ("", "PICTURES" if here == told else f"PICTURES   ({here})")
        before = here
        yield line


def _exemplar_line(exemplar: Exemplar) -> str:
    top, left, height, width = _box(exemplar.box)
    band = "" if exemplar.band is None else f"  {exemplar.band[0]:.0%} to {exemplar.band[1]:.0%}"
    where = f"{height}x{width} at row {top}, column {left}"
    label = f"  {exemplar.label}" if exemplar.label else ""
    return f"  {exemplar.rank + 1:2}  {exemplar.value:9.4g}  {exemplar.path}  {where}{label}{band}"
