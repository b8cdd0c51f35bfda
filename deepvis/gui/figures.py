"""Numbers as people read them: values, shares, spans of time."""

from __future__ import annotations

import math

_MINUTE_S = 60
_HOUR_S = 60 * _MINUTE_S
_ROUGH_S = (10, 15, 20, 30, 45, *(_MINUTE_S * minutes for minutes in (1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60)))
"""What estimates are rounded to: a finer one jumps, and says more than is known."""


def number(value: float) -> str:
    """A value for people, about three digits: `0`, `12.3`, `0.0042`, `1.2e−05`, `−3.10`, `4,096`, `not a number`."""
    size = abs(value)
    if not math.isfinite(value):
        text = "not a number" if math.isnan(value) else "infinite" if value > 0 else "-infinite"
    elif size == 0:
        text = "0"
    elif size >= 1e5 or size < 1e-3:
        text = f"{value:.1e}"
    elif size >= 1000:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.{2 - math.floor(math.log10(size))}f}" if size < 100 else f"{value:.0f}"
    # a true minus is as wide as a digit
    return text.replace("-", "−")


def percent(share: float) -> str:
    """A share in 0..1 in percent; never rounded up to all nor down to nothing where it is not.

    Args:
        share: clamped to 0..1.
    """
    if not 0 < share < 1:
        return "100 %" if share >= 1 else "0 %"
    for digits in (0, 1, 2, 3):
        text = f"{100 * share:.{digits}f}"
        # the more a share is at an end, the more its digits count
        near_end = min(share, 1 - share) < 0.1
        if float(text) not in {0.0, 100.0} and (digits > 0 or not near_end):
            return f"{text} %"
    return "> 99.999 %" if share > 0.5 else "< 0.001 %"


def band_text(band: tuple[float, float]) -> str:
    """A quantile band, shares in 0..1: `0–25 % of images`."""
    return f"{100 * band[0]:.0f}–{100 * band[1]:.0f} % of images"


def span_text(seconds: float) -> str:
    """A span of time in its largest unit: `40 s`, `3 min`, `2 h`."""
    if seconds < _MINUTE_S:
        return f"{max(0.0, seconds):.0f} s"
    if seconds < _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{seconds / _HOUR_S:.0f} h"


def rough_span(seconds: float) -> str:
    """An estimate of a span of time, no finer than an estimate is: `under 10 s`, `about 45 s`, `about 3 min`."""
    if seconds < _ROUGH_S[0] * 0.8:
        return f"under {span_text(_ROUGH_S[0])}"
    nearest = min(_ROUGH_S, key=lambda rough: abs(math.log(rough / seconds)))
    return f"about {span_text(nearest if seconds < _ROUGH_S[-1] else seconds)}"
