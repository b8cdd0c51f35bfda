"""Which units the grid shows, in which order, while the activations change all the time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from deepvis.live.summary import SteadyRange, UnitSummary
from deepvis.records import GridView, Sort

if TYPE_CHECKING:
    from numpy.typing import NDArray

REORDER_EVERY_S = 1.0
"""A sorted grid of moving pictures is put in order this often: more often nobody can follow a tile."""


class LayerTrack:
    """What is remembered of one layer while it is viewed: color range, order of tiles, which units ever answered."""

    def __init__(self) -> None:
        self.range = SteadyRange()
        self._lowest: NDArray[np.float32] = np.zeros(0, np.float32)
        self._highest: NDArray[np.float32] = np.zeros(0, np.float32)
        self._frames = 0
        self._order: NDArray[np.int64] | None = None
        self._order_key: tuple[Sort, bool] | None = None
        self._ordered_s = 0.0

    def see(self, summary: UnitSummary) -> None:
        """Take in another frame."""
        self._frames += 1
        first = self._frames == 1
        self._lowest = summary.minima if first else np.fmin(self._lowest, summary.minima)
        self._highest = summary.maxima if first else np.fmax(self._highest, summary.maxima)

    def dead(self) -> NDArray[np.bool_]:
        """Units that have not answered since the layer was chosen.

        A unit is dead that had one and the same value at every position of every frame; where a unit has one position
        and one frame was seen, one that is exactly zero.
        """
        constant: NDArray[np.bool_] = self._lowest == self._highest
        varied_enough = self._frames > 1 or not constant.all()
        return constant if varied_enough else np.logical_and(constant, self._highest == 0)

    def tiles(
        self,
        summary: UnitSummary,
        view: GridView,
        now_s: float | None = None,
        *,
        dead: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.int64]:
        """Units to show, in order; at least one.

        Args:
            summary: what they are sorted by.
            view: order, and whether dead units are left out.
            now_s: `time.monotonic()`.
            dead: bool `(units,)`; None: those that never answered here.
        """
        now_s = time.monotonic() if now_s is None else now_s
        key = (view.sort, view.hide_dead)
        stale = now_s - self._ordered_s >= REORDER_EVERY_S and not view.hold_order
        if self._order is None or key != self._order_key or stale:
            self._order, self._order_key, self._ordered_s = self._arranged(summary, view, dead), key, now_s
        return self._order

    def _arranged(self, summary: UnitSummary, view: GridView, dead: NDArray[np.bool_] | None) -> NDArray[np.int64]:
        units = _sorted_units(summary, view.sort)
        if not view.hide_dead:
            return units
        alive = units[~(self.dead() if dead is None else dead)[units]]
        return alive if len(alive) else units[:1]


def _sorted_units(summary: UnitSummary, sort: Sort) -> NDArray[np.int64]:
    if sort is Sort.INDEX:
        return np.arange(len(summary.maxima), dtype=np.int64)
    key = summary.maxima if sort is Sort.MAXIMUM else summary.means
    # stable, so that equal units keep their place; a NaN sorts last
    return np.argsort(-key, kind="stable").astype(np.int64)
