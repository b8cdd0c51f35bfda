"""Which pictures the tiles of a pattern grid show."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Protocol

import numpy as np

from deepvis.gallery.records import ExemplarKind, ImageKind
from deepvis.gallery.rows import BestExemplars
from deepvis.live.pages import nothing_told
from deepvis.records import Rect, Sort

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.gallery.records import LayerRecord
    from deepvis.live.crop_pictures import CropPictures
    from deepvis.live.gallery_shelf import OpenGallery
    from deepvis.live.pages import TileTold
    from deepvis.records import GridView, LayerInfo

MOST_PER_UNIT = 25
"""Exemplars of a unit that share its tile, at most."""


@dataclass(frozen=True, slots=True)
class TilePicture:
    """One picture of a tile: the box of an image file, or a picture that is stored whole."""

    gallery: OpenGallery
    unit: int
    place: int
    file: int
    box: tuple[int, int, int, int] | None
    image: int | None = None

    def tile(self, pictures: CropPictures, side: int) -> NDArray[np.uint8] | None:
        """The picture, square, `(side, side, 3)`; None where it is nowhere."""
        key = (self.gallery.number, self.file, self.box, self.image)
        return pictures.tile(key, side, lambda: self._cut(pictures))

    def _cut(self, pictures: CropPictures) -> NDArray[np.uint8] | None:
        if self.image is not None:
            return pictures.of_unit(self.gallery, self.image)
        return None if self.box is None else pictures.file(self.gallery, self.file).crop(Rect(*self.box))


class Tiles(Protocol):
    """The pictures of all units of a layer.

    Attributes:
        across: columns of pictures in a tile.
        sparse: few units have one, as where each was asked for by itself.
    """

    across: int
    sparse: bool

    @property
    def down(self) -> int:
        """Rows of pictures in a tile of `across` columns, as many as the unit with the most of them needs."""

    def of_unit(self, unit: int) -> tuple[TilePicture, ...]:
        """Pictures of a unit, best first."""

    def values(self, units: int) -> NDArray[np.float64]:
        """The best picture's activation of every unit, the largest first in the order by maximum; -inf where none."""

    def told(self, layer: LayerInfo, record: LayerRecord | None) -> TileTold:
        """What is known of every unit's tile; `record` are the layer's statistics, None where it has none."""


class LayerTiles:
    """The exemplars of all units of a layer.

    Args:
        gallery: where they come from.
        layer: name of the layer.
        units: number of units.
        lowest: those with the smallest values, not with the largest; none of units that many images leave at one value.
        all_patterns: all exemplars of a unit, not only the best.
    """

    sparse = False

    def __init__(
        self, gallery: OpenGallery, layer: str, units: int, *, lowest: bool = False, all_patterns: bool
    ) -> None:
        per_unit = MOST_PER_UNIT if all_patterns else 1
        self.gallery = gallery
        self._layer = layer
        self._lowest = lowest
        kind = ExemplarKind.MINIMUM if lowest else ExemplarKind.MAXIMUM
        found: BestExemplars = gallery.reader.best(layer, kind, MOST_PER_UNIT if lowest else per_unit)
        self.scanned = len(found.unit) > 0
        self._best = _lower_than_others(found, per_unit) if lowest else found
        self._first = np.searchsorted(self._best.unit, np.arange(units + 1))
        self._per_unit = per_unit
        self._stored: dict[int, tuple[TilePicture, ...]] = {}
        counts = np.diff(self._first)
        self._most = int(counts.max(initial=0))
        self.across = math.ceil(math.sqrt(max(1, self._most)))

    @property
    def down(self) -> int:
        """Rows of pictures in a tile of `across` columns, as many as the unit with the most of them needs."""
        return max(1, math.ceil(self._most / self.across))

    def of_unit(self, unit: int) -> tuple[TilePicture, ...]:
        """Pictures of a unit, best first."""
        first, last = int(self._first[unit]), int(self._first[unit + 1])
        if first == last:
            return () if self.scanned else self._imported(unit)
        return tuple(
            TilePicture(
                self.gallery,
                unit,
                index - first,
                int(self._best.file[index]),
                tuple(self._best.box[index].tolist()),
            )
            for index in range(first, last)
        )

    def values(self, units: int) -> NDArray[np.float64]:
        """The best exemplar's activation of every unit, of minimum images minus it; -inf where it has none."""
        values = np.full(units, -np.inf)
        leads = self._first[:-1][np.diff(self._first) > 0]
        found = self._best.value[leads]
        values[self._best.unit[leads]] = -found if self._lowest else found
        return values

    def told(self, layer: LayerInfo, record: LayerRecord | None) -> TileTold:
        """Nothing: the page of the layer tells about exemplars."""
        return nothing_told

    def _imported(self, unit: int) -> tuple[TilePicture, ...]:
        """A gallery of the 2015 toolbox has pictures, and no scan."""
        if unit not in self._stored:
            images = self.gallery.reader.unit(self._layer, unit).images
            kind = ImageKind.MINIMUM if self._lowest else ImageKind.MAXIMUM
            chosen = [image.id for image in images if image.kind is kind][: self._per_unit]
            self._stored[unit] = tuple(
                TilePicture(self.gallery, unit, place, 0, None, image) for place, image in enumerate(chosen)
            )
            self._most = max(self._most, len(chosen))
            self.across = max(self.across, math.ceil(math.sqrt(len(chosen))))
        return self._stored[unit]


def _lower_than_others(found: BestExemplars, per_unit: int) -> BestExemplars:
    """The first of each unit, without units whose images all have one value: as the unit page (`level_minima`)."""
    first = np.searchsorted(found.unit, found.unit)
    last = np.searchsorted(found.unit, found.unit, side="right") - 1
    level = (last > first) & (found.value[first] == found.value[last])
    kept = ~level & (found.rank < per_unit)
    return BestExemplars(*(getattr(found, field.name)[kept] for field in fields(found)))


def arranged(units: int, view: GridView, tiles: Tiles | None, record: LayerRecord | None) -> NDArray[np.int64]:
    """The units in the order of their tiles, int64; at least one.

    Order and dead units are those of the data set, not of the live picture; of synthesized pictures the units without
    one are left out in place of the dead ones.
    """
    order = np.arange(units, dtype=np.int64)
    key = None
    if view.sort is Sort.MAXIMUM and tiles is not None:
        key = tiles.values(units)
    elif view.sort is Sort.MEAN and record is not None:
        key = np.nan_to_num(record.mean, nan=-np.inf)
    if key is not None:
        order = np.argsort(-key, kind="stable").astype(np.int64)
    if view.hide_dead and tiles is not None and tiles.sparse:
        filled = order[[bool(tiles.of_unit(int(unit))) for unit in order]]
        return filled if len(filled) else order[:1]
    if view.hide_dead and record is not None:
        alive = order[~record.dead[order]]
        return alive if len(alive) else order[:1]
    return order
