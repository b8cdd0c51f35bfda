"""The figures of one run: how the frames went, and whether the window ever stood still."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, QTimer

from deepvis import __version__
from deepvis.live.meter import DurationMeter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deepvis.gui.controller import Controller

BEAT_MS = 5


class StallMeter(QObject):
    """How long the GUI thread kept a timer waiting: a stall is what a person feels as a frozen window.

    Each beat is noted with how late it came; the percentile over all beats and the longest are reported.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stalls = DurationMeter(20_000)
        self._last_s = 0.0
        self.longest_ms = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin to measure."""
        self._last_s = time.monotonic()
        self._timer.start()

    def percentile_ms(self, percent: float) -> float | None:
        """Percentile of how late the beats came, milliseconds."""
        return self._stalls.percentile_ms(percent)

    def _beat(self) -> None:
        now_s = time.monotonic()
        late_s = max(0.0, now_s - self._last_s - BEAT_MS / 1000)
        self._last_s = now_s
        self._stalls.add(late_s)
        self.longest_ms = max(self.longest_ms, late_s * 1000)


def report(controller: Controller, stalls: StallMeter, complaints: Sequence[str] = ()) -> dict[str, object]:
    """The run in plain values, rates over the whole run, times in milliseconds.

    Args:
        controller: what was shown.
        stalls: of the GUI thread.
        complaints: warnings and errors of the run.
    """
    counts = controller.session.counts(overall=True)
    info, view, result = controller.info, controller.view, controller.result
    predictions = () if result is None else result.predictions
    problem = "" if result is None else result.problem
    if info is None:
        problem = controller.failure or problem
    return {
        "deepvis": __version__,
        "model": None if info is None else info.name,
        "weights": None if info is None else info.weights,
        "device": None if info is None else info.device,
        "precision": None if info is None else str(info.precision),
        "source": None if controller.source is None else controller.source.kind,
        "source_title": None if controller.source is None else controller.source.title,
        "layer": view.layer,
        "unit": view.unit,
        "frames": {
            "captured": counts.captured,
            "dropped": counts.dropped,
            "inferred": counts.inferred,
            "painted": counts.painted,
        },
        "fps": {"capture": counts.capture_fps, "inference": counts.inference_fps, "paint": counts.paint_fps},
        "latency_ms": {"p50": counts.latency_p50_ms, "p95": counts.latency_p95_ms},
        "gui_stall_ms": {"p99": stalls.percentile_ms(99), "longest": stalls.longest_ms},
        "forward_ms": None if result is None else result.forward_ms,
        "back": _back(controller),
        "problem": problem,
        "problems": list(complaints),
        "top5": [{"label": answer.label, "probability": _plain(answer.probability)} for answer in predictions],
    }


def _back(controller: Controller) -> dict[str, object]:
    """The backward view; its method is None where it is off, and what it took where there is none yet."""
    back, result = controller.view.back, controller.result
    shown = None if result is None or back.method is None else result.back
    return {
        "method": None if back.method is None else str(back.method),
        "view": str(back.view),
        "milliseconds": None if shown is None else _plain(shown.milliseconds),
        "reason": "" if shown is None else shown.reason,
    }


def _plain(value: float) -> float | None:
    """JSON knows no NaN."""
    return value if math.isfinite(value) else None


def write_report(path: Path, values: dict[str, object]) -> None:
    """Write the figures as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
