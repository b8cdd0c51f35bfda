"""Counting and timing of the live route; written by many threads, read by one."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

WINDOW_S = 2.0


class RateMeter:
    """Events per second over the last two seconds, and since the first event."""

    def __init__(self) -> None:
        self.count = 0
        self._first_s: float | None = None
        self._recent: deque[float] = deque(maxlen=512)

    def tick(self, now_s: float | None = None) -> None:
        """Something happened; one thread calls this."""
        now_s = time.monotonic() if now_s is None else now_s
        self._first_s = now_s if self._first_s is None else self._first_s
        self.count += 1
        self._recent.append(now_s)

    def per_s(self, now_s: float | None = None) -> float:
        """Rate over the window; 0 when nothing happened in it."""
        now_s = time.monotonic() if now_s is None else now_s
        recent = [moment for moment in list(self._recent) if now_s - moment <= WINDOW_S]
        if len(recent) < 2:
            return 0.0
        return (len(recent) - 1) / max(recent[-1] - recent[0], 1e-9)

    def mean_per_s(self) -> float:
        """Rate from the first to the last event."""
        if self.count < 2 or self._first_s is None:
            return 0.0
        return (self.count - 1) / max(self._recent[-1] - self._first_s, 1e-9)


class DurationMeter:
    """The last durations, for percentiles."""

    def __init__(self, most: int = 1024) -> None:
        self._values_s: deque[float] = deque(maxlen=most)

    def add(self, duration_s: float) -> None:
        """Note a duration in seconds."""
        self._values_s.append(duration_s)

    def percentile_ms(self, percent: float) -> float | None:
        """Nearest-rank percentile in milliseconds; None before the first value."""
        values = sorted(self._values_s)
        if not values:
            return None
        rank = min(len(values) - 1, max(0, round(percent / 100 * (len(values) - 1))))
        return values[rank] * 1000


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures of the status line and of the stats file; rates per second, latency in milliseconds."""

    captured: int
    dropped: int
    inferred: int
    painted: int
    capture_fps: float
    inference_fps: float
    paint_fps: float
    latency_p50_ms: float | None
    latency_p95_ms: float | None


class Meters:
    """Capture, inference and paint of one session."""

    def __init__(self) -> None:
        self.captured = RateMeter()
        self.inferred = RateMeter()
        self.painted = RateMeter()
        self.latency = DurationMeter()

    def paint(self, captured_s: float | None, now_s: float | None = None) -> None:
        """A result was painted.

        Args:
            captured_s: when its frame was captured; None for another look at an old frame, which has no latency.
            now_s: `time.monotonic()`.
        """
        now_s = time.monotonic() if now_s is None else now_s
        self.painted.tick(now_s)
        if captured_s is not None:
            self.latency.add(now_s - captured_s)

    def counts(self, dropped: int, *, overall: bool = False) -> Counts:
        """Everything now; `overall` takes the rates since the start instead of the last two seconds."""
        meters = (self.captured, self.inferred, self.painted)
        capture, inference, paint = (meter.mean_per_s() if overall else meter.per_s() for meter in meters)
        return Counts(
            self.captured.count,
            dropped,
            self.inferred.count,
            self.painted.count,
            capture,
            inference,
            paint,
            self.latency.percentile_ms(50),
            self.latency.percentile_ms(95),
        )
