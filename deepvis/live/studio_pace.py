"""How long an ascent will still take: an estimate that does not jump."""

from __future__ import annotations

ENOUGH_STEPS = 5
ENOUGH_S = 1.5
"""Before so many steps and so much time nothing is said: the first steps are slow, and the first rest comes later."""
_NEWS = 0.1
"""Weight of a new measurement; the rest is the estimate before, less the time since."""


class AscentPace:
    """Seconds left in an attempt, by the pace of its steps so far; times are those of one clock, in seconds."""

    def __init__(self) -> None:
        self._since_s = 0.0
        self._first = 0
        self._told: tuple[float, float] | None = None

    def begin(self, now_s: float, step: int) -> None:
        """An attempt's first preview: what came before it says nothing about its other steps."""
        self._since_s, self._first, self._told = now_s, step, None

    def rested(self, seconds: float) -> None:
        """It was parked for so long."""
        self._since_s += seconds
        if self._told is not None:
            self._told = (self._told[0] + seconds, self._told[1])

    def left_s(self, now_s: float, step: int, steps: int) -> float | None:
        """Seconds left; None before enough was measured."""
        done, spent_s = step - self._first, now_s - self._since_s
        if done < ENOUGH_STEPS or spent_s < ENOUGH_S:
            return None
        left_s = spent_s / done * (steps - step)
        if self._told is not None:
            at_s, told_s = self._told
            expected_s = max(0.0, told_s - (now_s - at_s))
            left_s = expected_s + _NEWS * (left_s - expected_s)
        self._told = (now_s, left_s)
        return left_s
