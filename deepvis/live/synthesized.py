"""Synthesized pictures of all galleries of a model, joined: in which order, and what is said of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis.gallery.records import ImageKind
from deepvis.live.pages import Made, TileMade
from deepvis.live.pattern_tiles import MOST_PER_UNIT, TilePicture
from deepvis.records import SOFTMAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from deepvis.gallery.records import ImageRecord, LayerRecord, ModelIdentity
    from deepvis.live.gallery_shelf import GalleryShelf, OpenGallery
    from deepvis.live.pages import TileTold
    from deepvis.records import LayerInfo

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


class ChangeWords:
    """What was changed of the recipes of pictures, in words, and how to make others; a job is read once."""

    def __init__(self) -> None:
        self._words: dict[tuple[str, bool], str] = {}
        self._hows: dict[str, str] = {}
        self._known: dict[str, Mapping[str, object]] = {}

    def of(self, gallery: OpenGallery, image: ImageRecord, *, is_classes: bool) -> str:
        """Of one picture; empty where its recipe's name says that nothing was changed.

        Raises:
            GalleryError: the gallery is damaged.
        """
        if not is_changed(image):
            return ""
        key = (image.job, is_classes)
        if key not in self._words:
            from deepvis.live.recipe_changes import recipe_changes  # noqa: PLC0415  (imports torch)

            self._words[key] = recipe_changes(self._parameters(gallery, image), image.recipe, is_classes=is_classes)
        return self._words[key]

    def how(self, gallery: OpenGallery, image: ImageRecord) -> str:
        """What others like one picture are made from; empty where that is not known.

        Raises:
            GalleryError: the gallery is damaged.
        """
        if image.job and image.job not in self._hows:
            from deepvis.live.replay import how_made  # noqa: PLC0415  (imports torch)

            self._hows[image.job] = how_made(self._parameters(gallery, image))
        return self._hows.get(image.job, "")

    def _parameters(self, gallery: OpenGallery, image: ImageRecord) -> Mapping[str, object]:
        if image.job not in self._known:
            job = gallery.reader.job(image.job)
            self._known[image.job] = {} if job is None else job.parameters
        return self._known[image.job]


def is_changed(image: ImageRecord) -> bool:
    """The recipe's name says that something was changed, and a job tells what."""
    return bool(image.job) and "changed" in image.recipe.partition(",")[2]


def made_of(
    image: ImageRecord, layer: str, maximum: float | None, *, removable: bool, changes: str = "", how: str = ""
) -> Made:
    """What is said of a picture.

    Args:
        image: the picture.
        layer: of the unit.
        maximum: the unit's largest activation in the scanned data; None where nothing was scanned with this model.
        removable: it lies in the person's own gallery.
        changes: what `ChangeWords` says of it.
        how: likewise.
    """
    told = image.metadata
    return Made(
        recipe=image.recipe,
        seed=image.seed,
        key=image.id,
        removable=removable,
        negative=is_negative(image),
        natural_ratio=_ratio(image, layer, maximum),
        layer_rank=_whole(told.get("layer_rank")),
        majority=_whole(told.get("majority")),
        steps=_whole(told.get("steps")),
        reason=str(told.get("reason", "")),
        start=str(told.get("start_title", "")),
        stale=str(told.get("stale", "")),
        changes=changes,
        how=how,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """What is known of the tiles of a layer, put into words for the one that is asked about: there may be 26,000.

    Attributes:
        best: by unit its best picture.
        packaged: units whose best picture does not lie in the person's own gallery.
        counts: of units with several pictures, how many.
        layer: name of the layer.
        maxima: float64 `(units,)`, largest activations in the scanned data; None where nothing was scanned.
        changes: by job what was changed of its recipe.
    """

    best: Mapping[int, ImageRecord]
    packaged: frozenset[int]
    counts: Mapping[int, int]
    layer: str
    maxima: NDArray[np.float64] | None
    changes: Mapping[str, str]

    def __call__(self, unit: int) -> TileMade | None:
        """Of one unit; None where it has no picture."""
        image = self.best.get(unit)
        if image is None:
            return None
        maximum = None if self.maxima is None or unit >= len(self.maxima) else float(self.maxima[unit])
        removable, changes = unit not in self.packaged, self.changes.get(image.job, "")
        made = made_of(image, self.layer, maximum, removable=removable, changes=changes)
        return TileMade(math.nan if image.value is None else image.value, made, self.counts.get(unit, 1))


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
        self._told: TileTold | None = None

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

    def told(self, layer: LayerInfo, record: LayerRecord | None) -> TileTold:
        """What is known of every unit's tile; `record` are the layer's statistics, None where it has none.

        Raises:
            GalleryError: a gallery is damaged.
        """
        if self._told is None:
            self._told = self._tell(layer, record)
        return self._told

    def _tell(self, layer: LayerInfo, record: LayerRecord | None) -> _Told:
        best = {unit: pictures[0][1] for unit, pictures in self._pictures.items()}
        changed = {image.job: unit for unit, image in best.items() if is_changed(image)}
        words = ChangeWords()
        return _Told(
            best,
            frozenset(unit for unit, pictures in self._pictures.items() if pictures[0][0].packaged),
            {unit: len(pictures) for unit, pictures in self._pictures.items() if len(pictures) > 1},
            layer.name,
            # figures of other weights are nothing to compare with
            None if record is None or record.stale else record.maximum,
            {
                job: words.of(self._pictures[unit][0][0], best[unit], is_classes=layer.is_classes)
                for job, unit in changed.items()
            },
        )


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
