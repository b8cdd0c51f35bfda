"""An order of units that puts those side by side that go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

ASK_EVERY = 64


def side_by_side(correlation: NDArray[np.float32], go_on: Callable[[], None] = lambda: None) -> NDArray[np.int64]:
    """Order units by hierarchical clustering.

    Average linkage on 1 - correlation, by the nearest-neighbor chain (Murtagh 1983, "A survey of recent advances in
    hierarchical clustering algorithms"), which takes time and memory proportional to units squared. Where two clusters
    meet, each is turned so that the most similar ends touch.

    Args:
        correlation: float32 `(units, units)`, symmetric; a unit that is NaN throughout comes last.
        go_on: called now and then; may raise.

    Returns:
        int64 `(units,)`: every unit once.
    """
    known = np.flatnonzero(~np.isnan(correlation).all(axis=1))
    silent = np.setdiff1d(np.arange(len(correlation)), known)
    if len(known) < 3:
        return np.concatenate([known, silent]).astype(np.int64)
    near = np.nan_to_num(correlation[np.ix_(known, known)].astype(np.float32), nan=0.0)
    leaves = _Linkage(near).run(go_on)
    return np.concatenate([known[leaves], silent]).astype(np.int64)


class _Linkage:
    """The clusters that are left, each in the place of one of its members.

    Args:
        near: correlations `(units, units)`.
    """

    def __init__(self, near: NDArray[np.float32]) -> None:
        self._near = near
        self._apart = 1 - near
        np.fill_diagonal(self._apart, np.inf)
        self._sizes = np.ones(len(near), np.float32)
        self._leaves: dict[int, list[int]] = {unit: [unit] for unit in range(len(near))}

    def run(self, go_on: Callable[[], None]) -> NDArray[np.int64]:
        chain: list[int] = []
        steps = 0
        while len(self._leaves) > 1:
            steps += 1
            if steps % ASK_EVERY == 0:
                go_on()
            if not chain:
                chain.append(next(iter(self._leaves)))
            last = chain[-1]
            nearest = int(self._apart[last].argmin())
            # an equally near one that is already in the chain ends it, or it would go round in circles
            if len(chain) > 1 and self._apart[last, chain[-2]] <= self._apart[last, nearest]:
                self._join(chain.pop(), chain.pop())
            else:
                chain.append(nearest)
        return np.array(next(iter(self._leaves.values())), np.int64)

    def _join(self, kept: int, gone: int) -> None:
        weight = self._sizes[kept] / (self._sizes[kept] + self._sizes[gone])
        merged = self._apart[kept] * weight + self._apart[gone] * (1 - weight)
        merged[[kept, gone]] = np.inf
        self._apart[kept], self._apart[:, kept] = merged, merged
        self._apart[gone], self._apart[:, gone] = np.inf, np.inf
        self._sizes[kept] += self._sizes[gone]
        self._leaves[kept] = self._touching(self._leaves[kept], self._leaves.pop(gone))

    def _touching(self, first: list[int], second: list[int]) -> list[int]:
        """The two rows of units end to end, turned so that the ends that touch are most alike."""
        ends = {
            (turn_first, turn_second): self._near[first[0 if turn_first else -1], second[-1 if turn_second else 0]]
            for turn_first in (False, True)
            for turn_second in (False, True)
        }
        turn_first, turn_second = max(ends, key=lambda turns: ends[turns])
        return [*(first[::-1] if turn_first else first), *(second[::-1] if turn_second else second)]
