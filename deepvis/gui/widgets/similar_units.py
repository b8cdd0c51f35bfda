"""Units of the same layer that are active on the same images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal

from deepvis.gui.widgets.tile_grid import Tile, TileGrid
from deepvis.gui.widgets.tile_layout import TileStyle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QWidget

    from deepvis.live.pages import SimilarPicture

_STYLE = TileStyle(columns=2, largest=92)


class SimilarUnits(TileGrid):
    """A tile per unit: its best exemplar, its number, and how much both go together.

    Signals:
        unit_clicked: number of the unit.
    """

    unit_clicked = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_STYLE, parent)
        self._units: tuple[int, ...] = ()
        self.tile_clicked.connect(lambda index: self.unit_clicked.emit(self._units[index]))

    def set_units(self, similar: Sequence[SimilarPicture]) -> None:
        """Show these, best first."""
        self._units = tuple(picture.similar.unit for picture in similar)
        self.setAccessibleName("Similar units: " + ", ".join(f"#{unit}" for unit in self._units))
        self.set_tiles([("", [_tile(picture) for picture in similar])])


def _tile(picture: SimilarPicture) -> Tile:
    unit, correlation = picture.similar.unit, f"{picture.similar.correlation:.2f}".replace("-", "−")
    name = f"Unit {unit}" + (f" · {picture.label}" if picture.label else "")
    missing = "" if picture.rgb is not None else "No exemplar of it is known.\n"
    tip = f"{name}\ncorrelation {correlation} of the largest values per image\n{missing}Click to go there."
    return Tile(picture.rgb, None, f"#{unit}", correlation, tip)
