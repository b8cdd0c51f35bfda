"""What belongs to one running model while its galleries are read: the open files, and what was made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.gallery.records import ImageKind
from deepvis.live.activity_grid import ActivityGrids
from deepvis.live.layer_pages import LayerPages
from deepvis.live.page_maker import PageMaker
from deepvis.live.page_notes import layer_not_synthesized, not_scanned
from deepvis.live.pages import PatternPicture
from deepvis.live.pattern_grid import PatternGrid
from deepvis.live.pattern_tiles import LayerTiles
from deepvis.live.recent import Recent
from deepvis.live.synthesized import SynthesizedTiles
from deepvis.records import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.live.crop_pictures import CropPictures
    from deepvis.live.errand import Errand
    from deepvis.live.gallery_shelf import GalleryShelf
    from deepvis.live.pages import UnitPageData
    from deepvis.live.pattern_tiles import Tiles
    from deepvis.live.running_model import RunningModel
    from deepvis.records import LayerInfo, View

PAGE_BYTES = 64 << 20


class GalleryDesk:
    """Everything that belongs to one running model.

    Attributes:
        running: the model.
        shelf: its galleries.
        layers: makes layer pages.
        maker: makes unit pages.
        generation: another one whenever the galleries changed; 0 before the first look.
    """

    def __init__(self, running: RunningModel, shelf: GalleryShelf, pictures: CropPictures) -> None:
        self.running = running
        self.shelf = shelf
        self.layers = LayerPages(running, shelf)
        self.generation = 0
        self._pictures = pictures
        self.maker = PageMaker(running, shelf, pictures)
        self._pages: Recent[UnitPageData] = Recent(PAGE_BYTES)
        self._tiles: tuple[object, Tiles] | None = None
        self._activity = ActivityGrids()

    def renew(self) -> None:
        """The galleries changed: nothing that was made of them holds any longer, but decoded pictures."""
        self.generation += 1
        self._pages.clear()
        self._tiles = None
        self._activity.forget()
        self.layers.forget()

    def page(self, layer: LayerInfo, unit: int, errand: Errand, show: Callable[[UnitPageData], None]) -> UnitPageData:
        """The page of a unit, remembered or made."""
        key = (layer.name, unit)
        known = self._pages.get(key)
        if known is not None:
            return known
        return self.remember(layer, self.maker.make(layer, unit, errand, show))

    def remember(self, layer: LayerInfo, page: UnitPageData) -> UnitPageData:
        """Keep a page until the galleries change."""
        return self._pages.put((layer.name, page.unit.unit), page, _page_bytes(page))

    def pattern(
        self, view: View, layer: LayerInfo, errand: Errand, show: Callable[[PatternPicture], None]
    ) -> PatternPicture:
        """The pattern grid, or why there is none."""
        if view.stage is Stage.ACTIVITY:
            known = self.layers.record(layer)
            if known is not None:
                return self._activity.draw(view, layer, known, errand)
            why = self.layers.make(layer, errand, ordered=False).problem
            return PatternPicture(view, None, None, layer.units, problem=why)
        tiles = self._layer_tiles(view.stage, layer, all_patterns=view.all_patterns)
        if tiles is None:
            why = self.shelf.trouble or self._why_no_tiles(view.stage, layer)
            return PatternPicture(view, None, None, layer.units, problem=why)
        found = self.layers.record(layer)
        record = None if found is None else found[1]
        return PatternGrid(view, layer, tiles, record).draw(self._pictures, errand, show)

    def _why_no_tiles(self, stage: Stage, layer: LayerInfo) -> str:
        if stage is Stage.SYNTHESIZED:
            return layer_not_synthesized(self.running, layer)
        return not_scanned(self.running, layer, scanned=self.shelf.scanned)

    def _layer_tiles(self, stage: Stage, layer: LayerInfo, *, all_patterns: bool) -> Tiles | None:
        key = (stage, layer.name, all_patterns)
        if self._tiles is None or self._tiles[0] != key:
            if stage is Stage.SYNTHESIZED:
                made = self._synthesized(layer, all_patterns=all_patterns)
            else:
                made = self._exemplars(layer, lowest=stage is Stage.MINIMA, all_patterns=all_patterns)
            self._tiles = None if made is None else (key, made)
        return None if self._tiles is None else self._tiles[1]

    def _synthesized(self, layer: LayerInfo, *, all_patterns: bool) -> Tiles | None:
        tiles = SynthesizedTiles(self.shelf, layer.name, self.running.identity, all_patterns=all_patterns)
        return tiles if len(tiles) else None

    def _exemplars(self, layer: LayerInfo, *, lowest: bool, all_patterns: bool) -> Tiles | None:
        kind = ImageKind.MINIMUM if lowest else ImageKind.MAXIMUM
        knowing = [gallery for gallery in self.shelf.galleries if gallery.has_tiles(layer.name, kind)]
        made = [
            LayerTiles(gallery, layer.name, layer.units, lowest=lowest, all_patterns=all_patterns)
            for gallery in knowing
        ]
        return next((tiles for tiles in made if tiles.scanned), next(iter(made), None))


def _page_bytes(page: UnitPageData) -> int:
    pictures = (*page.exemplars, *page.minima, *page.quantiles, *page.kept, *page.synthesized, *page.attributions)
    arrays = [array for picture in pictures for array in (picture.rgb, picture.whole_rgb) if array is not None]
    return sum(array.nbytes for array in arrays) + 4096
