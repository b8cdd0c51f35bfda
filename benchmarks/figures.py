"""What a measurement gives: repetitions, interleaved so that a busy machine slows all arms of a comparison alike."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WARM_UP_S = 0.5

Sample = dict[str, float]
"""Figures of one stretch of one arm, by name: `fps`, `latency_p50_ms`, ..."""


@dataclass(frozen=True)
class Spread:
    """One figure over the repetitions."""

    median: float
    low: float
    high: float

    def text(self, digits: int = 1) -> str:
        """`12.3 (11.9-12.8)`, or the median alone where there was one repetition."""
        if self.low == self.high:
            return f"{self.median:.{digits}f}"
        return f"{self.median:.{digits}f} ({self.low:.{digits}f}-{self.high:.{digits}f})"


def spread(values: list[float]) -> Spread:
    """Median and range of at least one value."""
    return Spread(statistics.median(values), min(values), max(values))


def interleaved(
    arms: Mapping[str, Callable[[float], Sample]], seconds: float, repetitions: int
) -> dict[str, list[Sample]]:
    """Run every arm for a while, one after the other, again and again: A B C A B C ..., after a warm-up of each.

    Args:
        arms: by name; each is told for how many seconds to run.
        seconds: length of one stretch.
        repetitions: stretches per arm.

    Returns:
        One sample per repetition, by arm.
    """
    for arm in arms.values():
        arm(min(WARM_UP_S, seconds))
    samples: dict[str, list[Sample]] = {name: [] for name in arms}
    for _ in range(repetitions):
        for name, arm in arms.items():
            samples[name].append(arm(seconds))
    return samples


def ratios(samples: Mapping[str, list[Sample]], arm: str, to: str, figure: str = "fps") -> Spread:
    """A figure of one arm over that of another, each repetition by itself."""
    pairs = zip(samples[arm], samples[to], strict=True)
    return spread([mine[figure] / theirs[figure] for mine, theirs in pairs])


def spreads(samples: list[Sample]) -> dict[str, Spread]:
    """Every figure of an arm over its repetitions."""
    return {name: spread([sample[name] for sample in samples]) for name in samples[0]}


def rate(stamps_s: list[float]) -> float:
    """Events per second between the first and the last; 0 with fewer than two."""
    return (len(stamps_s) - 1) / (stamps_s[-1] - stamps_s[0]) if len(stamps_s) > 1 else 0.0
