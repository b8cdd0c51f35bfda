from __future__ import annotations

import json
import time
from types import SimpleNamespace

import pytest

from deepvis.gui import run_report
from deepvis.gui.run_report import BEAT_MS, StallMeter, report, write_report
from deepvis.live.events import ModelReady, SourceChanged
from deepvis.records import SourceState

# issue: model, device, source, layer, unit, frames captured / dropped / inferred / painted, fps of each, latency
# p50/p95 in ms, GUI stall p99 in ms, top-5 (label, probability) of the last frame
NAMES = {"model", "device", "source", "layer", "unit", "frames", "fps", "latency_ms", "gui_stall_ms", "top5"}


def test_the_report_holds_everything_of_a_run(make_controller, info, answer):
    controller = make_controller()
    controller.take(SourceChanged(SourceState("video", "a.mp4", "/films/a.mp4")))
    controller.take(ModelReady(info))
    controller.go("blocks.1", 3)
    controller.session.result = answer(controller.view, info)
    controller.fetch()
    meters = controller.session.meters
    for second in range(3):
        meters.captured.tick(second)
        meters.inferred.tick(second)
        meters.paint(second - 0.04, float(second))
    values = report(controller, StallMeter())
    assert values.keys() >= NAMES
    assert (values["model"], values["device"], values["source"]) == ("toynet", "cpu", "video")
    assert (values["layer"], values["unit"]) == ("blocks.1", 3)
    assert values["frames"] == {"captured": 3, "dropped": 0, "inferred": 3, "painted": 3}
    assert values["fps"] == {"capture": 1.0, "inference": 1.0, "paint": 1.0}
    assert {name: round(value) for name, value in values["latency_ms"].items()} == {"p50": 40, "p95": 40}
    assert values["top5"] == [
        {"label": "tiger cat", "probability": 0.75},
        {"label": "espresso", "probability": 0.25},
    ]


def test_a_run_that_never_got_a_network_has_a_report_too(make_controller, tmp_path):
    values = report(make_controller(), StallMeter())
    assert values.keys() >= NAMES
    assert (values["model"], values["frames"]["inferred"], values["top5"]) == (None, 0, [])
    write_report(tmp_path / "deep" / "stats.json", values)
    assert json.loads((tmp_path / "deep" / "stats.json").read_text()) == values


def test_a_stall_of_the_window_is_measured(qtbot):
    meter = StallMeter()
    meter.start()
    qtbot.waitUntil(lambda: meter.percentile_ms(50) is not None)
    before = time.monotonic()
    while time.monotonic() - before < 0.1:
        pass
    held_ms = (time.monotonic() - before) * 1000
    qtbot.waitUntil(lambda: meter.longest_ms > 50)
    assert meter.longest_ms >= held_ms - 2 * BEAT_MS
    assert meter.percentile_ms(100) == meter.longest_ms


def test_a_beat_that_comes_in_time_is_no_stall_and_one_that_is_late_is_as_long_as_it_is_late(qapp, monkeypatch):
    beats_s = [1.0, 1.005, 1.010, 1.045, 1.050]
    monkeypatch.setattr(run_report, "time", SimpleNamespace(monotonic=lambda: beats_s.pop(0)))
    meter = StallMeter()
    meter.start()
    while beats_s:
        meter._beat()
    assert meter.longest_ms == pytest.approx(30)
    assert meter.percentile_ms(50) == pytest.approx(0, abs=1e-6)
