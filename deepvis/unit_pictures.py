"""Pictures that belong to a unit, of all galleries that know it, and what is known of each."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis.gallery.records import ATTRIBUTION_JOB, ImageKind
from deepvis.kinds import Method
from deepvis.sources.decode import decode_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.gallery.reader import GalleryReader
    from deepvis.gallery.records import ImageRecord, JobRecord
    from deepvis.records import UnitId

_FILES = {str(Method.DECONVNET): "deconv", str(Method.GUIDED): "guided", str(Method.GRADIENT): "backprop"}
"""What files of attributions are called, as in 2015; the number is that of the exemplar."""


@dataclass(frozen=True, slots=True)
class UnitPicture:
    """A picture.

    Attributes:
        image: what the gallery says of it.
        gallery: that holds it, opened.
        job: that made it.
    """

    image: ImageRecord
    gallery: GalleryReader
    job: JobRecord | None


def unit_pictures(unit: UnitId, galleries: Iterable[GalleryReader]) -> tuple[UnitPicture, ...]:
    """A unit's pictures, those of the first gallery first; one that several galleries have counts once.

    Attributions of exemplars that a newer scan has replaced are left out.

    Raises:
        GalleryError: a gallery cannot be read.
    """
    galleries = tuple(galleries)
    scanned = {gallery.path: gallery.layers().get(unit.layer) for gallery in galleries}
    scans = {path: job.hash for path, job in scanned.items() if job is not None}
    found: list[UnitPicture] = []
    known: set[tuple[object, ...]] = set()
    for gallery in galleries:
        for image in gallery.unit(unit.layer, unit.unit).images:
            job = gallery.image_job(image.id)
            if (
                job is not None
                and job.kind == ATTRIBUTION_JOB
                and job.parameters.get("scan") != scans.get(gallery.path)
            ):
                continue
            same = (image.kind, image.rank, image.recipe, image.seed)
            key = (job.hash, *same) if job and job.hash else (gallery.path, image.id)
            if key not in known:
                known.add(key)
                found.append(UnitPicture(image, gallery, job))
    return tuple(found)


def decoded_pictures(pictures: Iterable[UnitPicture]) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Names without ending, each once, and uint8 `(height, width, 3)`."""
    used: set[str] = set()
    for picture in pictures:
        data = picture.gallery.image(picture.image.id)
        if data is None:
            continue
        plain = name = _name(picture.image)
        number = 1
        while name in used:
            number += 1
            name = f"{plain}_{number}"
        used.add(name)
        yield name, decode_image(data, name)


def picture_json(picture: UnitPicture) -> dict[str, object]:
    """Everything known of a picture as JSON values; of a synthesis also what it takes to make it again."""
    image = picture.image
    if image.kind is not ImageKind.SYNTHESIS:
        return {
            "kind": str(image.kind),
            "rank": image.rank + 1,
            "value": _number(image.value),
            "size": list(image.size),
            **image.metadata,
        }
    known = image.metadata
    return {
        "recipe": image.recipe,
        "seed": image.seed,
        "size": list(image.size),
        "value": _number(image.value),
        "natural_ratio": None,
        "layer_rank": None,
        **known,
        "objective": known.get("objective", image.value),
        "gallery": str(picture.gallery.path),
        "job": None if picture.job is None else _job(picture.job),
    }


def picture_lines(pictures: Iterable[UnitPicture]) -> Iterator[str]:
    """The same for people, a line per picture; syntheses are numbered as they come."""
    syntheses = itertools.count(1)
    for picture in pictures:
        image = picture.image
        yield _line(image, next(syntheses) if image.kind is ImageKind.SYNTHESIS else image.rank + 1)


def _line(image: ImageRecord, number: int) -> str:
    value = "" if image.value is None else f"{image.value:.4g}"
    told = [image.recipe] if image.recipe else []
    if image.kind is ImageKind.SYNTHESIS:
        told.append(f"seed {image.seed}")
    ratio, rank, reason = (image.metadata.get(name) for name in ("natural_ratio", "layer_rank", "reason"))
    if isinstance(ratio, float):
        told.append(f"{ratio:.2f} × the natural maximum")
    # what a unit that stayed off ranks behind says nothing
    if isinstance(rank, int) and not reason:
        told.append(f"rank {rank + 1} in its layer")
    if reason:
        told.append(str(reason))
    return f"  {image.kind} {number:<3} {value:>9}  {', '.join(told)}".rstrip()


def _job(job: JobRecord) -> dict[str, object]:
    return {"hash": job.hash, **job.parameters, "device": job.device, "versions": job.versions}


def _name(image: ImageRecord) -> str:
    if image.kind is ImageKind.SYNTHESIS:
        recipe = re.sub(r"[^A-Za-z0-9._+-]+", "_", image.recipe or "unknown")
        return f"synthesis_{recipe}_{image.seed}" + (f"_{image.rank + 1:02}" if image.rank else "")
    kind = _FILES.get(str(image.metadata.get("method")), str(image.kind))
    return f"{kind}_{image.rank + 1:02}"


def _number(value: float | None) -> float | None:
    """JSON knows neither NaN nor infinities."""
    return value if value is not None and math.isfinite(value) else None
