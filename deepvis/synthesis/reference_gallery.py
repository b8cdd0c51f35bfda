"""Natural pictures that excite a unit most, out of galleries with a scan."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ModelIdentity
from deepvis.gallery.stale import staleness
from deepvis.records import Rect
from deepvis.sources.base import SourceError
from deepvis.sources.decode import decode_image

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis.gallery.records import Exemplar, JobRecord
    from deepvis.models.zoo import LoadedModel
    from deepvis.synthesis.references import ReferenceWish


class GalleryReferences:
    """Exemplars of the first gallery whose finished scan of the layer was made with this very model.

    A picture shows what is around the exemplar, at the size at which the network saw it: as much as fits into the
    picture wanted, more where the unit sees more. Only what the gallery stores is taken; the image files may be gone.
    """

    def __init__(self, galleries: Iterable[Path], loaded: LoadedModel) -> None:
        """Take the galleries, in the order in which they are asked, and the model whose scans count."""
        self._galleries = tuple(galleries)
        self._preprocessing = loaded.preprocessing
        self._identity = ModelIdentity(loaded.name, loaded.weights_sha256, loaded.preprocessing.identity())

    def digest(self) -> str:
        """Of the scans that answer for each layer; empty where there are none.

        Raises:
            GalleryError: a gallery cannot be read.
        """
        scans: dict[str, str] = {}
        for path in self._galleries:
            with GalleryReader(path) as gallery:
                for layer, job in gallery.layers().items():
                    if job is not None and self._fits(job):
                        scans.setdefault(layer, job.hash)
        text = json.dumps(scans, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16] if scans else ""

    def find(self, wish: ReferenceWish) -> NDArray[np.uint8]:
        """What is there, best first: `(pictures, *wish.size, 3)`.

        Raises:
            GalleryError: a gallery cannot be read.
        """
        for path in self._galleries:
            with GalleryReader(path) as gallery:
                job = gallery.layers().get(wish.layer)
                if job is not None and self._fits(job):
                    return self._pictures(gallery, wish)
        return np.zeros((0, *wish.size, 3), np.uint8)

    def _fits(self, job: JobRecord) -> bool:
        # what an unfinished scan has found may be another thing tomorrow
        return job.finished and not staleness(job.identity, self._identity)

    def _pictures(self, gallery: GalleryReader, wish: ReferenceWish) -> NDArray[np.uint8]:
        record = gallery.unit(wish.layer, wish.unit)
        found: list[NDArray[np.uint8]] = []
        for exemplar in record.minima if wish.negative else record.exemplars:
            if len(found) == wish.count:
                break
            picture = self._picture(gallery, exemplar, wish.size)
            if picture is not None:
                found.append(picture)
        return np.stack(found) if found else np.zeros((0, *wish.size, 3), np.uint8)

    def _picture(self, gallery: GalleryReader, exemplar: Exemplar, size: tuple[int, int]) -> NDArray[np.uint8] | None:
        stored = gallery.picture(exemplar.file)
        if stored is None:
            return None
        try:
            rgb = decode_image(stored.data, str(exemplar.path))
        except SourceError:
            return None
        whole = (stored.height, stored.width)
        seen = self._preprocessing.geometry(*whole)
        scale = (seen.scale_row, seen.scale_column)
        return _cut(rgb, whole, window(exemplar.box, whole, scale, size), size)


def window(box: Rect, whole: tuple[int, int], scale: tuple[float, float], size: tuple[int, int]) -> Rect:
    """What a picture of an exemplar shows, in pixels of the image file.

    Args:
        box: what the unit sees.
        whole: `(height, width)` of the file's picture.
        scale: pixels of the network's input per pixel of the file, by row and column.
        size: `(height, width)` of the picture wanted.

    Returns:
        Around the middle of the box, of the shape of `size` as the network sees it: at the network's scale where the
        box is no larger than that, else smaller; moved into the file's picture, and no larger than it.
    """
    natural = (size[0] / scale[0], size[1] / scale[1])
    grown = max(1.0, box.height / natural[0], box.width / natural[1])
    grown = min(grown, whole[0] / natural[0], whole[1] / natural[1])
    height, width = natural[0] * grown, natural[1] * grown
    top = min(max(0.0, box.top + (box.height - height) / 2), whole[0] - height)
    left = min(max(0.0, box.left + (box.width - width) / 2), whole[1] - width)
    return Rect(top, left, height, width)


def _cut(rgb: NDArray[np.uint8], whole: tuple[int, int], rect: Rect, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A part of a stored picture, `(*size, 3)`; the stored one may be smaller than `whole`, the file's."""
    by_row, by_column = rgb.shape[0] / whole[0], rgb.shape[1] / whole[1]
    top, bottom = _pixels(rect.top * by_row, rect.bottom * by_row, rgb.shape[0])
    left, right = _pixels(rect.left * by_column, rect.right * by_column, rgb.shape[1])
    part = torch.from_numpy(np.ascontiguousarray(rgb[top:bottom, left:right])).permute(2, 0, 1)[None].float()
    resized = functional.interpolate(part, size, mode="bilinear", antialias=True)[0]
    return np.ascontiguousarray(resized.round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy())


def _pixels(start: float, end: float, size: int) -> tuple[int, int]:
    """Whole pixels of a picture, at least one."""
    first = min(max(0, round(start)), size - 1)
    return first, min(size, max(first + 1, round(end)))
