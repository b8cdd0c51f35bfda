"""Synthesized pictures of all galleries of a model, joined: in which order, and what is said of each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from deepvis.gallery.records import ImageKind
from deepvis.live.pages import Made
from deepvis.live.pattern_tiles import MOST_PER_UNIT, TilePicture
from deepvis.records import SOFTMAX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from deepvis.gallery.records import ImageRecord, ModelIdentity
    from deepvis.live.gallery_shelf import GalleryShelf, OpenGallery

Placed = tuple["OpenGallery", "ImageRecord"]


def in_order(pictures: Iterable[Placed]) -> list[Placed]:
    """Pictures of one unit without those that a gallery before has, too, best first.

    Args:
        pictures: of kind SYNTHESIS; those of the person's gallery first.

    Returns:
        Those of the running model before stale ones, exciting ones before negative ones, those of the default recipe
        that begin with noise before others, then by recipe and seed.
    """
    first: dict[tuple[object, ...], Placed] = {}
    for number, (gallery, image) in enumerate(pictures):
        # what came without a job that can be repeated is like nothing else
        made = (image.job, image.recipe, image.seed, image.rank) if image.job else (number,)
        first.setdefault(made, (gallery, image))
    return sorted(first.values(), key=lambda placed: _place(placed[1]))


def is_negative(image: ImageRecord) -> bool:
    """The picture turns the unit off."""
    return image.metadata.get("negative") is True


def made_of(gallery: OpenGallery, image: ImageRecord, layer: str, maximum: float | None) -> Made:
    """What is said of a picture.

    Args:
        gallery: where it lies.
        image: the picture.
        layer: of the unit.
        maximum: the unit's largest activation in the scanned data; None where nothing was scanned with this model.
    """
    told = image.metadata
    return Made(
        recipe=image.recipe,
        seed=image.seed,
        key=image.id,
        removable=not gallery.packaged,
        negative=is_negative(image),
        natural_ratio=_ratio(image, layer, maximum),
        layer_rank=_whole(told.get("layer_rank")),
        majority=_whole(told.get("majority")),
        steps=_whole(told.get("steps")),
        reason=str(told.get("reason", "")),
        start=str(told.get("start_title", "")),
        stale=str(told.get("stale", "")),
    )


class SynthesizedTiles:
    """The synthesized pictures of all units of a layer; one query per gallery.

    Args:
        shelf: the galleries.
        layer: name of the layer.
        identity: of the running model.
        all_patterns: all pictures of a unit, not only the best that excites it.
    """

    sparse = True

    def __init__(self, shelf: GalleryShelf, layer: str, identity: ModelIdentity, *, all_patterns: bool) -> None:
        found: dict[int, list[Placed]] = {}
        for gallery in shelf.galleries:
            for unit, images in gallery.reader.unit_images(layer, ImageKind.SYNTHESIS, identity).items():
                found.setdefault(unit, []).extend((gallery, image) for image in images)
        self._pictures = {
            unit: chosen for unit, pictures in found.items() if (chosen := _chosen(pictures, all_patterns=all_patterns))
        }
        self._most = max((len(pictures) for pictures in self._pictures.values()), default=0)
        self.across = math.ceil(math.sqrt(max(1, self._most)))

    def __len__(self) -> int:
        """Units that have a picture."""
        return len(self._pictures)

    @property
    def down(self) -> int:
        """Rows of pictures in a tile of `across` columns, as many as the unit with the most of them needs."""
        return max(1, math.ceil(self._most / self.across))

    def of_unit(self, unit: int) -> tuple[TilePicture, ...]:
        """Pictures of a unit, best first."""
        pictures = self._pictures.get(unit, [])
        return tuple(
            TilePicture(gallery, unit, place, 0, None, image.id) for place, (gallery, image) in enumerate(pictures)
        )

    def values(self, units: int) -> NDArray[np.float64]:
        """The best picture's activation of every unit; -inf where it has none."""
        values = np.full(units, -np.inf)
        for unit, pictures in self._pictures.items():
            value = pictures[0][1].value
            if unit < units and value is not None:
                values[unit] = value
        return values


def _chosen(pictures: list[Placed], *, all_patterns: bool) -> list[Placed]:
    ordered = in_order(pictures)
    if all_patterns:
        return ordered[:MOST_PER_UNIT]
    return [placed for placed in ordered if not is_negative(placed[1])][:1]


def _place(image: ImageRecord) -> tuple[object, ...]:
    from deepvis.synthesis.recipes import DEFAULT_RECIPE  # noqa: PLC0415  (imports torch)

    told = image.metadata
    usual = image.recipe == DEFAULT_RECIPE and not told.get("start")
    return bool(told.get("stale")), is_negative(image), not usual, image.recipe, image.seed, image.rank


def _ratio(image: ImageRecord, layer: str, maximum: float | None) -> float | None:
    # pictures of the softmax layer are measured before the softmax, a scan measures behind it
    if is_negative(image) or layer == SOFTMAX:
        return None
    if maximum is not None and maximum > 0 and image.value is not None:
        return image.value / maximum
    stored = image.metadata.get("natural_ratio")
    return float(stored) if isinstance(stored, int | float) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
