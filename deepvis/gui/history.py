"""Where the person has been: back and forward over units, as in a browser."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis.records import View

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A unit that was looked at."""

    layer: str
    unit: int
    position: tuple[int, int] | None


class History:
    """Places in the order they were visited; going somewhere new forgets what was forward."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._here = -1

    def visit(self, view: View) -> None:
        """Note where the person is now."""
        place = Place(view.layer, view.unit, view.position)
        if not view.layer or (self._here >= 0 and self._places[self._here] == place):
            return
        self._places = [*self._places[: self._here + 1], place][-LONGEST:]
        self._here = len(self._places) - 1

    def clear(self) -> None:
        """Forget everything: another network has other layers."""
        self._places, self._here = [], -1

    @property
    def can_go_back(self) -> bool:
        """Whether there is an earlier place."""
        return self._here > 0

    @property
    def can_go_forward(self) -> bool:
        """Whether there is a later place."""
        return self._here + 1 < len(self._places)

    def back(self, view: View) -> View:
        """The view at the place before; the same view at the beginning."""
        return self._go(view, -1) if self.can_go_back else view

    def forward(self, view: View) -> View:
        """The view at the place after; the same view at the end."""
        return self._go(view, 1) if self.can_go_forward else view

    def _go(self, view: View, by: int) -> View:
        self._here += by
        place = self._places[self._here]
        return replace(view, layer=place.layer, unit=place.unit, position=place.position)
