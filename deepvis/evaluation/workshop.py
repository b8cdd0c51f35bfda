"""Makes the pictures that a shelf has not, and tells how long that will take."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from deepvis.evaluation.making import Made, Maker, Shelf
    from deepvis.evaluation.units import Draw

Wish = tuple[str, str, int, int]
"""Maker, layer, unit, seed as people see it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an evaluation stands.

    Attributes:
        phase: for people.
        done: pictures made.
        total: pictures to make; those that the shelf has are not counted.
        left_s: seconds left; None while unknown.
    """

    phase: str
    done: int
    total: int
    left_s: float | None


def nobody(_progress: Progress) -> None:
    """Take progress that nobody wants to see."""


class Workshop:
    """Every picture of every maker, made at most once."""

    def __init__(
        self,
        shelf: Shelf,
        makers: Sequence[Maker],
        draws: Sequence[Draw],
        numbers: Sequence[int],
        report: Callable[[Progress], None] = nobody,
    ) -> None:
        """Look at what the shelf has; the rest is the work to do."""
        self._shelf, self._numbers, self._report = shelf, tuple(numbers), report
        self._have: dict[Wish, Made] = {}
        self._work = self._worked = 0.0
        self._total = self._done = 0
        self._phase = ""
        self._begun_s = time.monotonic()
        for maker in makers:
            for draw in draws:
                self._look(maker, draw)

    def pictures(self, maker: Maker, draw: Draw) -> dict[tuple[int, int], Made]:
        """Pictures of a layer's units by `(unit, seed)`: from the shelf, or made now and put there."""
        missing = [wish for wish in self._wishes(maker, draw) if wish not in self._have]
        kind = "classes" if draw.is_classes else draw.layer.name
        for first in range(0, len(missing), maker.batch_size):
            self.say(f"{maker.name}, {kind}")
            self._make(maker, draw, missing[first : first + maker.batch_size])
        return {(wish[2], wish[3]): self._have[wish] for wish in self._wishes(maker, draw)}

    def say(self, phase: str) -> None:
        """Tell what happens now."""
        self._phase = phase
        self._tell(0.0)

    def _look(self, maker: Maker, draw: Draw) -> None:
        for wish in self._wishes(maker, draw):
            found = self._shelf.find(maker, *wish[1:])
            if found is None:
                self._total += 1
                self._work += maker.cost(draw.layer)
            else:
                self._have[wish] = found

    def _wishes(self, maker: Maker, draw: Draw) -> Iterator[Wish]:
        for unit in draw.units:
            for number in self._numbers:
                yield maker.name, draw.layer.name, unit, number

    def _make(self, maker: Maker, draw: Draw, wishes: Sequence[Wish]) -> None:
        work = len(wishes) * maker.cost(draw.layer)
        units, numbers = [wish[2] for wish in wishes], [wish[3] for wish in wishes]
        made = maker.make(draw.layer, units, numbers, lambda part: self._tell(part * work))
        for wish, picture in zip(wishes, made, strict=True):
            self._have[wish] = picture
            self._shelf.keep(maker, *wish[1:], picture)
        self._worked += work
        self._done += len(wishes)

    def _tell(self, more: float) -> None:
        worked = self._worked + more
        elapsed_s = time.monotonic() - self._begun_s
        left_s = elapsed_s * (self._work - worked) / worked if worked > 0 else None
        self._report(Progress(self._phase, self._done, self._total, left_s))
