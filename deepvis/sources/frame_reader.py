"""Frame-exact reading of a video file, whatever its container makes of seeking.

OpenCV numbers frames as time x frame rate. That is right for a constant frame rate and wrong for most phone videos,
transport streams and program streams. Here a frame's number is its place in the order of decoding, and its time stamp
is how it is found again.
"""

from __future__ import annotations

import time
from array import array
from typing import TYPE_CHECKING

from deepvis.sources.opencv import cv2, to_rgb

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.sources.base import Clock
    from deepvis.sources.opencv import Capture

_SAME_MS = 0.5
_NEAR = 120
"""Frames that are rather decoded through than jumped over: a usual distance of key frames."""
_BACK_OFFS = (0, 12, 60, 300)
"""Frames to begin before the wanted one, tried in turn, until the time stamps show that it was not missed."""


class _Run:
    """Time stamps in ms of consecutive frames, the first of which has the number `start`."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.times = array("d")

    @property
    def end(self) -> int:
        return self.start + len(self.times)


class FrameReader:
    """Goes to any frame of a video.

    Attributes:
        at: number of the frame that `rgb` gives; -1 before the first.
        length: number of frames once the end was reached; None before.
        claimed_length: what the file says of itself; None where it says nothing.
        fps: frames per second as the file says, 25 where it says nothing sensible.
    """

    def __init__(self, open_file: Callable[[], Capture], clock: Clock = time.monotonic) -> None:
        self._open_file = open_file
        self._clock = clock
        self._capture = open_file()
        fps, count = self._capture.get(cv2.CAP_PROP_FPS), self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.fps = fps if 0.1 <= fps <= 1000 else 25.0
        self.claimed_length = int(count) if 0 < count < 1e9 else None
        self.length: int | None = None
        self.at = -1
        self._first = self._run = _Run(0)
        self._timed = True

    def go_to(self, number: int, patience_s: float | None = None) -> bool:
        """Go to a frame; False where the file ends before it, `length` is known then.

        With `patience_s`, a way forward that takes longer stops at the frame it reached; `at` tells which.
        """
        if self.length is not None and number >= self.length:
            return False
        if number == self.at:
            return True
        if not 0 <= number - self.at <= _NEAR:
            self._jump(number)
        return self._forward(number, patience_s)

    def rgb(self) -> NDArray[np.uint8] | None:
        """The frame gone to, uint8 `(height, width, 3)` RGB; None where it cannot be decoded."""
        ok, frame = self._capture.retrieve()
        return to_rgb(frame) if ok else None

    def close(self) -> None:
        """Let go of the file."""
        self._capture.release()

    def _forward(self, number: int, patience_s: float | None) -> bool:
        started = self._clock()
        while self.at < number:
            if not self._grab():
                self._learn_length()
                return False
            if patience_s is not None and self._clock() - started > patience_s:
                return True
        return True

    def _learn_length(self) -> None:
        self.length = max(self.at + 1, self._first.end)
        self.at = self.length  # nothing is there to hand out any more: whatever comes next must seek

    def _grab(self) -> bool:
        if not self._capture.grab():
            return False
        self.at += 1
        if self.at == self._run.end and self._timed:
            now_ms = self._time_ms()
            self._timed = not self._run.times or now_ms > self._run.times[-1] + _SAME_MS
            self._run.times.append(now_ms)
        return True

    def _time_ms(self) -> float:
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC))

    def _jump(self, number: int) -> None:
        """Come to a frame at or before `number`, near it where the file allows."""
        if not self._timed:
            if number < self.at:
                self._restart()
            return
        for run in (self._first, self._run):
            if run.times and run.start <= number < run.end + _NEAR:
                self._find(run, min(number, run.end - 1))
                return
        if self._run is not self._first and number < self._run.start <= number + _NEAR and self._learn_back(number):
            self._find(self._run, number)
            return
        self._trust(number)

    def _find(self, run: _Run, number: int) -> None:
        """Go to a frame whose time stamp is known."""
        target_ms = run.times[number - run.start]
        guess = self._guess(target_ms)
        for back_off in _BACK_OFFS:
            found_ms = self._seek_to(guess - back_off)
            while found_ms is not None and found_ms < target_ms - _SAME_MS:
                found_ms = self._time_ms() if self._capture.grab() else None
            if found_ms is not None and found_ms <= target_ms + _SAME_MS:
                self._run, self.at = run, number
                return
            if guess - back_off <= 0:
                break
        self._restart()

    def _learn_back(self, number: int) -> bool:
        """Find out the time stamps from `number` up to the start of the present run."""
        run = self._run
        known_ms, wanted = run.times[0], run.start - number
        guess = self._guess(known_ms) - wanted
        for back_off in _BACK_OFFS:
            times: list[float] = []
            found_ms = self._seek_to(guess - back_off)
            while found_ms is not None and found_ms < known_ms - _SAME_MS:
                times.append(found_ms)
                found_ms = self._time_ms() if self._capture.grab() else None
            if len(times) >= wanted:
                run.times[:0] = array("d", times[-wanted:])
                run.start = number
                return True
        return False

    def _trust(self, number: int) -> None:
        """Go where no frame was counted: OpenCV's numbering is all there is."""
        found_ms = self._seek_to(number)
        if found_ms is None:
            self._restart()
            return
        self._run, self.at = _Run(number), number
        self._run.times.append(found_ms)

    def _seek_to(self, guess: int) -> float | None:
        """Let OpenCV seek and grab; the grabbed frame's time stamp, None at the end of the file."""
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, max(0, guess))
        return self._time_ms() if self._capture.grab() else None

    def _restart(self) -> None:
        self._capture.release()
        self._capture = self._open_file()
        self._run, self.at = self._first, -1

    def _guess(self, time_ms: float) -> int:
        """What OpenCV would call the frame of that time."""
        origin_ms = self._first.times[0] if self._first.times else 0.0
        return round((time_ms - origin_ms) * self.fps / 1000)
