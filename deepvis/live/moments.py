"""Which frames of a session are one and the same moment, so that nine frames are nine different ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis.sources.decode import is_image

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis.records import Frame

MOMENT_S = 1.0
SIDE = 8
ALIKE = 4.0
"""Mean difference of two small gray pictures, 0..255, below which they show the same: a loop that begins again, an
empty room."""


class Moments:
    """Numbers the moments of a session: one per second of moving pictures, one per known file or scene."""

    def __init__(self) -> None:
        self._next = 0
        self._current = -1
        self._until_s = -np.inf
        self._scenes: dict[Path | str, int] = {}
        self._looks: dict[int, NDArray[np.float32]] = {}

    def of(self, frame: Frame, picture: NDArray[np.uint8]) -> int:
        """The moment of a new frame.

        Args:
            frame: the frame.
            picture: what the network sees of it, uint8 `(channels, height, width)`.
        """
        scene = frame.path if frame.path is not None and is_image(frame.path) else frame.scene
        if scene:
            self._until_s = -np.inf
            if scene not in self._scenes:
                self._scenes[scene] = self._new()
            self._current = self._scenes[scene]
        elif frame.still or frame.captured_s >= self._until_s:
            self._until_s = -np.inf if frame.still else frame.captured_s + MOMENT_S
            self._current = self._seen_before(small(picture))
        return self._current

    def begin_anew(self) -> int:
        """Another number for the present moment."""
        before, self._current = self._current, self._new()
        self._scenes = {scene: self._current if number == before else number for scene, number in self._scenes.items()}
        if before in self._looks:
            self._looks[self._current] = self._looks.pop(before)
        return self._current

    def keep_only(self, numbers: Collection[int]) -> None:
        """Forget the others: nobody refers to them."""
        kept = {*numbers, self._current}
        self._looks = {number: look for number, look in self._looks.items() if number in kept}
        self._scenes = {scene: number for scene, number in self._scenes.items() if number in kept}

    def _new(self) -> int:
        self._next += 1
        return self._next - 1

    def _seen_before(self, look: NDArray[np.float32]) -> int:
        if self._looks:
            apart = np.abs(np.stack(list(self._looks.values())) - look).mean(axis=(1, 2))
            nearest = int(apart.argmin())
            if apart[nearest] < ALIKE:
                return list(self._looks)[nearest]
        number = self._new()
        self._looks[number] = look
        return number


def small(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A picture `(channels, height, width)` as `(SIDE, SIDE)` averages of its gray values, 0..255."""
    gray = picture.mean(axis=0, dtype=np.float32)
    rows = np.linspace(0, gray.shape[0], SIDE + 1).astype(np.int64)
    columns = np.linspace(0, gray.shape[1], SIDE + 1).astype(np.int64)
    sums = np.add.reduceat(
        np.add.reduceat(gray, rows[:-1].clip(max=gray.shape[0] - 1), axis=0),
        columns[:-1].clip(max=gray.shape[1] - 1),
        axis=1,
    )
    areas = np.outer(np.diff(rows).clip(1), np.diff(columns).clip(1))
    return (sums / areas).astype(np.float32)
