"""A pattern that moves: gratings of every orientation, frequency and color, and shapes; the same on every machine."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from deepvis.records import SourceState
from deepvis.sources.base import FrameSource, Picture, SetLoop, SourceCommand
from deepvis.sources.opencv import cv2
from deepvis.sources.playhead import Playhead

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.sources.base import Clock

FPS = 30.0
_TURN = 1 << 16
"""One period of a grating in the unit phases are counted in: whole numbers, so that every machine gives the same."""


class SyntheticPattern(FrameSource):
    """Two drifting gratings, one inside the other, and three shapes; a frame depends on its number alone."""

    def __init__(self, size: tuple[int, int] = (640, 480), *, clock: Clock = time.monotonic) -> None:
        """Take the size `(width, height)` of the pictures."""
        super().__init__()
        self._width, self._height = size
        self._clock = clock
        self._head = Playhead(FPS, clock)
        self._is_open = False

    def open(self) -> None:
        """Begin at frame 0."""
        self._head = Playhead(FPS, self._clock)
        self._is_open = True

    def read(self) -> Picture | None:
        """The frame that is due."""
        number = self._head.due() if self._is_open else None
        if number is None:
            return None
        self._head.shown(number)
        return Picture(self.render(number), "synthetic pattern")

    def render(self, number: int) -> NDArray[np.uint8]:
        """Frame `number`, uint8 `(height, width, 3)` RGB."""
        seconds = number / FPS
        rgb = _grating(self._height, self._width, seconds, 0)
        inner = _grating(self._height, self._width, seconds, 1)
        self._patch(rgb, inner, seconds)
        self._shapes(rgb, seconds)
        return rgb

    def delay_s(self) -> float | None:
        """Seconds until the next frame; None while paused."""
        return self._head.delay_s() if self._is_open else None

    def control(self, command: SourceCommand) -> None:
        """Pause, step, speed."""
        if not isinstance(command, SetLoop):
            self._head.control(command)

    def state(self) -> SourceState:
        """Endless."""
        head = self._head
        return SourceState("synthetic", "Synthetic pattern", "synthetic", paused=head.paused, speed=head.speed, fps=FPS)

    def close(self) -> None:
        """Nothing is held."""
        self._is_open = False

    def _patch(self, rgb: NDArray[np.uint8], inner: NDArray[np.uint8], seconds: float) -> None:
        """Show the inner grating in a disk that wanders about the middle."""
        row = round(self._height * (0.5 + 0.12 * math.sin(0.7 * seconds)))
        column = round(self._width * (0.5 + 0.18 * math.cos(0.5 * seconds)))
        radius = round(0.28 * min(self._height, self._width))
        mask = np.zeros(rgb.shape[:2], np.uint8)
        cv2.circle(mask, (column, row), radius, 255, -1)
        cv2.copyTo(inner, mask, rgb)

    def _shapes(self, rgb: NDArray[np.uint8], seconds: float) -> None:
        side = min(self._height, self._width)
        for index, corners in enumerate((3, 4, 64)):
            row = self._height * (0.5 + 0.36 * math.sin(0.6 * seconds + 2.1 * index))
            column = self._width * (0.5 + 0.38 * math.sin(0.43 * seconds + 2.6 * index + 1))
            angles = np.arange(corners) * (2 * math.pi / corners) + 0.8 * seconds
            radius = 0.11 * side
            points = np.stack([column + radius * np.cos(angles), row + radius * np.sin(angles)], axis=1)
            color = tuple(int(v) for v in _color(seconds / 9 + index / 3))
            cv2.fillPoly(rgb, [np.rint(points).astype(np.int32)], color)
            cv2.polylines(rgb, [np.rint(points).astype(np.int32)], True, (20, 20, 20), 2)


def _grating(height: int, width: int, seconds: float, which: int) -> NDArray[np.uint8]:
    """A sine grating that turns (once in 24 s), drifts, and changes its period between about 8 and 64 pixels."""
    angle = 2 * math.pi * seconds / 24 * (1 if which == 0 else -1.7) + which
    period = 22.6 * 2.0 ** (1.5 * math.sin(0.31 * seconds + 2 * which))
    down, across = round(_TURN * math.sin(angle) / period), round(_TURN * math.cos(angle) / period)
    drift = round(_TURN * 0.8 * seconds)
    rows = ((np.arange(height) - height // 2) * down) % _TURN
    columns = ((np.arange(width) - width // 2) * across + drift) % _TURN
    phase = rows.astype(np.uint16)[:, None] + columns.astype(np.uint16)[None, :]  # wraps around, as a phase does
    palette = _palette(seconds, which).reshape(256, 1, 3)
    return cv2.applyColorMap((phase >> 8).astype(np.uint8), palette).astype(np.uint8, copy=False)


def _palette(seconds: float, which: int) -> NDArray[np.uint8]:
    """256 colors along one period: between two opposite colors, or black and white for a part of the time."""
    wave = 0.5 + 0.5 * np.sin(np.arange(256) * (2 * math.pi / 256))[:, None]
    hue = seconds / 12 + 0.25 * which
    low, high = np.array(_color(hue)), np.array(_color(hue + 0.5))
    colorful = min(1.0, max(0.0, 0.5 + math.cos(0.26 * seconds + which)))
    colors = (1 - wave) * low + wave * high
    palette: NDArray[np.uint8] = np.rint(colorful * colors + (1 - colorful) * 255 * wave).astype(np.uint8)
    return palette


def _color(hue: float) -> tuple[float, float, float]:
    """A full color of that hue, in turns."""
    red, green, blue = (127.5 + 115 * math.cos(2 * math.pi * (hue - third / 3)) for third in range(3))
    return red, green, blue
