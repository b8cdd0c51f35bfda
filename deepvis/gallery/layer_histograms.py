"""The histograms of all units of a layer, for a grid of them: read in one query, unpacked when they are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis.gallery.blocks import unpack_histogram
from deepvis.gallery.errors import explained_reading
from deepvis.gallery.histogram import BINS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.gallery.reader import GalleryReader


class LayerHistograms:
    """How often each unit had its maxima in which bin, packed as in the gallery: some hundred bytes a unit.

    Args:
        reader: of the gallery.
        layer: name of the layer.

    Raises:
        GalleryError: the gallery is damaged.
    """

    def __init__(self, reader: GalleryReader, layer: str) -> None:
        self._path = reader.path
        query = "SELECT unit, histogram FROM units JOIN layers ON layers.id = layer_id WHERE name = ?"
        with explained_reading(reader.path):
            self._packed: dict[int, bytes] = dict(reader.connection.execute(query, (layer,)))

    def counts(self, units: NDArray[np.int64]) -> NDArray[np.int64]:
        """`(len(units), BINS)`; zeros for a unit that was not scanned.

        Raises:
            GalleryError: the gallery is damaged.
        """
        counts = np.zeros((len(units), BINS), np.int64)
        with explained_reading(self._path):
            for row, unit in enumerate(units.tolist()):
                counts[row] = unpack_histogram(self._packed.get(unit, b""))
        return counts

    @property
    def nbytes(self) -> int:
        """What they take."""
        return sum(map(len, self._packed.values()))
