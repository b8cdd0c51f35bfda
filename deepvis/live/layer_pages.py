"""The pages of a whole layer: activity and correlation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis.live.layer_order import side_by_side
from deepvis.live.page_notes import not_scanned, origin_text
from deepvis.live.pages import LayerPageData
from deepvis.live.recent import Recent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.gallery.records import LayerRecord
    from deepvis.live.errand import Errand
    from deepvis.live.gallery_shelf import GalleryShelf, OpenGallery
    from deepvis.live.running_model import RunningModel
    from deepvis.records import LayerInfo

RECORD_BYTES = 192 << 20
"""Of figures and correlations; those of a layer of 4,096 units take 64 MiB."""


class LayerPages:
    """Makes layer pages, and remembers the layers looked at last.

    Args:
        running: the model they belong to.
        shelf: its galleries.
    """

    def __init__(self, running: RunningModel, shelf: GalleryShelf) -> None:
        self._running = running
        self._shelf = shelf
        self._records: Recent[LayerRecord] = Recent(RECORD_BYTES)
        self._orders: Recent[tuple[NDArray[np.float32], NDArray[np.int64]]] = Recent(RECORD_BYTES)

    def forget(self) -> None:
        """The galleries were written to. Orders stay: most correlations will be the same."""
        self._records.clear()

    def make(self, layer: LayerInfo, errand: Errand, *, ordered: bool) -> LayerPageData:
        """The page of a layer; `ordered` also puts its units in the order of their correlation.

        Raises:
            Superseded: the errand is over.
            GalleryError: a gallery is damaged.
        """
        model = self._running.info.name
        found = self.record(layer)
        if found is None:
            why = self._shelf.trouble or not_scanned(self._running, layer, scanned=self._shelf.scanned)
            return LayerPageData(model, layer.name, None, problem=why)
        gallery, record = found
        order = self._order(gallery, record, errand) if ordered and record.correlation is not None else None
        origin = origin_text(gallery.job(layer.name), packaged=gallery.packaged)
        return LayerPageData(model, layer.name, record, order, origin=origin)

    def record(self, layer: LayerInfo) -> tuple[OpenGallery, LayerRecord] | None:
        """Figures of a layer, from the first gallery that has them, one of the running model if there is one."""
        found = [
            (gallery, record)
            for gallery in self._shelf.galleries
            if (record := self._read(gallery, layer)) is not None and record.units == layer.units
        ]
        fresh = [pair for pair in found if not pair[1].stale]
        return next(iter(fresh or found), None)

    def _read(self, gallery: OpenGallery, layer: LayerInfo) -> LayerRecord | None:
        key = (gallery.number, layer.name)
        known = self._records.get(key)
        if known is not None:
            return known
        record = gallery.reader.layer(layer.name, self._running.identity)
        if record is None:
            return None
        size = record.units * 40 + (0 if record.correlation is None else record.correlation.nbytes)
        return self._records.put(key, record, size)

    def _order(self, gallery: OpenGallery, record: LayerRecord, errand: Errand) -> NDArray[np.int64] | None:
        correlation = record.correlation
        if correlation is None:
            return None
        key = (gallery.number, record.name)
        known = self._orders.get(key)
        if known is not None and np.array_equal(known[0], correlation, equal_nan=True):
            return known[1]
        order = side_by_side(correlation, errand.go_on)
        self._orders.put(key, (correlation, order), correlation.nbytes)
        return order
