"""Which frame is due now: plays at the recorded speed against a clock, and skips when the reader is late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.sources.base import SetLoop, SetSpeed, SourceCommand, Step, TogglePause

if TYPE_CHECKING:
    from deepvis.sources.base import Clock

SLOWEST = 0.1
FASTEST = 8.0
_LATE_S = 1.0
"""A reader later than this (a suspended machine, a slow decoder) does not catch up, it goes on from where it was."""


class Playhead:
    """The position in something that plays.

    Attributes:
        fps: frames per second at speed 1.
        length: number of frames; None where endless or not yet known.
        looping: begin again at the end.
        current: frame shown last, -1 before the first.
        paused: stands still; an asked-for frame is still due.
        speed: multiple of the recorded speed.
    """

    def __init__(self, fps: float, clock: Clock, *, length: int | None = None, looping: bool = True) -> None:
        self.fps = fps
        self.length = length
        self.looping = looping
        self.current = -1
        self.paused = False
        self.speed = 1.0
        self._clock = clock
        self._wanted: int | None = 0
        self._shown_s = clock()

    @property
    def asked(self) -> bool:
        """A certain frame was asked for and not yet shown: this one is due, and no other."""
        return self._wanted is not None

    def due(self) -> int | None:
        """The frame to show now, None while the present one still stands."""
        if self._wanted is not None:
            return self._wanted
        if self.paused or self._ended():
            return None
        frames = self._frames_passed()
        if frames < 1:
            return None
        if frames > self._rate() * _LATE_S + 1:
            self._shown_s = self._clock() - 1 / self._rate()
            frames = 1
        return self._inside(self.current + frames)

    def shown(self, number: int) -> None:
        """Report the frame that was shown; it may be another one than was due."""
        if self._wanted is not None or self.current < 0:
            self._shown_s = self._clock()
        else:
            frames = number - self.current
            if frames < 0:
                frames += self.length or 0
            self._shown_s += frames / self._rate()
        self._wanted = None
        self.current = number

    def delay_s(self) -> float | None:
        """Seconds until the next frame is due; None where none comes by itself."""
        if self._wanted is not None:
            return 0.0
        if self.paused or self._ended():
            return None
        return max(0.0, self._shown_s + 1 / self._rate() - self._clock())

    def go_to(self, number: int) -> None:
        """Ask for a frame."""
        last = number if self.length is None else self.length - 1
        self._wanted = max(0, min(number, last))

    def control(self, command: SourceCommand) -> None:
        """Obey the commands that concern time; others are ignored."""
        match command:
            case TogglePause():
                self._toggle_pause()
            case Step(frames):
                self.paused = True
                base = self._wanted if self._wanted is not None else self.current
                self._wanted = self._inside(max(base, 0) + frames)
            case SetSpeed(factor):
                self.speed = min(max(factor, SLOWEST), FASTEST)
                self._shown_s = self._clock()
            case SetLoop(on):
                self.looping = on
                self._shown_s = self._clock()
            case _:
                pass

    def _toggle_pause(self) -> None:
        if self._ended() and not self.asked:
            self.paused = False
            self._wanted = 0
            return
        self.paused = not self.paused
        self._shown_s = self._clock()

    def _ended(self) -> bool:
        return not self.looping and self.length is not None and self.current >= self.length - 1

    def _rate(self) -> float:
        return self.fps * self.speed

    def _frames_passed(self) -> int:
        return int((self._clock() - self._shown_s) * self._rate() + 1e-6)

    def _inside(self, number: int) -> int:
        if self.length is None:
            return max(0, number)
        if self.looping:
            return number % self.length
        return max(0, min(number, self.length - 1))
