"""What synthesized pictures are compared with: photographs, and what natural pictures do to a unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from deepvis.evaluation.errors import EvaluationError
from deepvis.evaluation.picture_figures import figures_of
from deepvis.gallery.reader import RECEPTIVE_BOXES, GalleryReader
from deepvis.sources.base import SourceError
from deepvis.sources.decode import decode_image, read_image
from deepvis.sources.folder import list_images

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis.evaluation.picture_figures import PictureFigures
    from deepvis.gallery.records import Exemplar, ModelIdentity
    from deepvis.records import ModelInfo
    from deepvis.synthesis.natural_images import NaturalStatistics

MOST_PHOTOGRAPHS = 200


class Photographs:
    """Natural pictures, and their figures at any size.

    Attributes:
        count: pictures.
        source: where they come from, for people.
    """

    def __init__(self, pictures: Sequence[NDArray[np.uint8]], natural: NaturalStatistics, source: str) -> None:
        """Keep them; each is uint8 `(height, width, 3)`."""
        self.pictures = tuple(pictures)
        self.count = len(self.pictures)
        self.source = source
        self._natural = natural
        self.figures = lru_cache(maxsize=8)(self._figures)

    def _figures(self, size: int) -> tuple[PictureFigures, ...]:
        """Of every picture, cut to its central square and resized to `size`."""
        return tuple(figures_of(square(picture, size), self._natural) for picture in self.pictures)

    def usual(self, name: str, size: int) -> float:
        """The median of a figure (a field of `PictureFigures`) over the pictures at a size."""
        return float(np.nanmedian([getattr(figures, name) for figures in self.figures(size)]))


def read_photographs(folder: Path, natural: NaturalStatistics) -> Photographs:
    """The images of a folder; of more than 200 an even spread.

    Raises:
        EvaluationError: there is none that can be read.
    """
    files = photograph_files(folder)
    step = max(1, math.ceil(len(files) / MOST_PHOTOGRAPHS))
    pictures = []
    for file in files[::step]:
        try:
            pictures.append(read_image(file))
        except SourceError:
            continue
    if not pictures:
        raise _without_images(folder)
    return Photographs(pictures, natural, str(folder))


def photograph_files(folder: Path) -> list[Path]:
    """The image files of a folder.

    Raises:
        EvaluationError: there is none.
    """
    files = list(list_images(folder)) if folder.is_dir() else []
    if not files:
        raise _without_images(folder)
    return files


def _without_images(folder: Path) -> EvaluationError:
    return EvaluationError(f"There is no image in {folder} that can be read, and pictures are compared with some.")


def square(rgb: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The central square, resized to uint8 `(size, size, 3)`."""
    height, width = rgb.shape[:2]
    side = min(height, width)
    return window(rgb, (height - side) // 2, (width - side) // 2, side, size)


def window(rgb: NDArray[np.uint8], top: int, left: int, side: int, size: int) -> NDArray[np.uint8]:
    """A square part, resized to uint8 `(size, size, 3)` with antialiasing."""
    part = Image.fromarray(np.ascontiguousarray(rgb[top : top + side, left : left + side]))
    return np.asarray(part.resize((size, size), Image.Resampling.BICUBIC))


@dataclass(frozen=True, slots=True, eq=False)
class NaturalBest:
    """What a scanned data set says about the units of one layer.

    Attributes:
        maxima: float64 `(units,)`: largest activation over the data set; of classes before the softmax.
        samples: seen.
    """

    maxima: NDArray[np.float64]
    samples: int


class Scanned:
    """A gallery's answers about a model; says nothing about layers that are not in it, or were made otherwise.

    Attributes:
        path: the gallery.
    """

    def __init__(self, path: Path, identity: ModelIdentity) -> None:
        """Look into a gallery.

        Raises:
            GalleryError: it cannot be read.
            EvaluationError: it is of another model.
        """
        self.path = path
        self._identity = identity
        with GalleryReader(path) as gallery:
            if gallery.model != identity.model:
                raise EvaluationError(f"{path} is the gallery of {gallery.model}, not of {identity.model}.")

    def best(self, layer: str) -> NaturalBest | None:
        """The maxima of a layer; None where it was not scanned, or with other weights or preprocessing."""
        with GalleryReader(self.path) as gallery:
            record = gallery.layer(layer, self._identity)
        return None if record is None or record.stale else NaturalBest(record.maximum, record.count)

    def exemplar(self, info: ModelInfo, layer: str, unit: int, size: int) -> tuple[NDArray[np.uint8], str] | None:
        """What excited a unit most in the data set, as a picture of uint8 `(size, size, 3)`, and its class.

        The part of the image around what the best position saw, at the scale at which the scan saw it.

        Returns:
            None where the layer was not scanned, or the image is gone.
        """
        with GalleryReader(self.path) as gallery:
            record = gallery.unit(layer, unit, self._identity)
            if not record.exemplars or record.stale:
                return None
            best = record.exemplars[0]
            found = _picture(gallery, best)
            boxes = gallery.array(RECEPTIVE_BOXES, layer)
        if found is None:
            return None
        rgb, scale = found
        return _around(rgb, best, scale, _seen_scale(best, boxes), info, size), best.label


def _picture(gallery: GalleryReader, exemplar: Exemplar) -> tuple[NDArray[np.uint8], float] | None:
    """The exemplar's image, and its size as a part of the original's."""
    try:
        return read_image(exemplar.path), 1.0
    except SourceError:
        stored = gallery.picture(exemplar.file)
    if stored is None:
        return None
    rgb = decode_image(stored.data, exemplar.path.name)
    return rgb, rgb.shape[0] / stored.height


def _seen_scale(exemplar: Exemplar, boxes: NDArray[np.generic] | None) -> float:
    """Pixels of the original image per pixel of the network's input; infinite where nobody knows."""
    if boxes is None:
        return math.inf
    row, column = exemplar.position
    top, left, bottom, right = (float(edge) for edge in boxes[:, row, column])
    height, width = bottom - top, right - left
    # a box that reaches over the edge of the image was cut: the longer side tells more
    return max(exemplar.box.height / max(height, 1), exemplar.box.width / max(width, 1))


def _around(
    rgb: NDArray[np.uint8], exemplar: Exemplar, scale: float, seen_scale: float, info: ModelInfo, size: int
) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    box = exemplar.box
    wanted = max(seen_scale * min(info.input_size[1:]), box.height, box.width) * scale
    side = max(1, int(min(wanted, height, width)))
    middle = ((box.top + box.height / 2) * scale, (box.left + box.width / 2) * scale)
    top, left = (
        int(min(max(0, center - side / 2), length - side))
        for center, length in zip(middle, (height, width), strict=True)
    )
    return window(rgb, top, left, side, size)
