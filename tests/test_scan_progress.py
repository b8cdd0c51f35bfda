from __future__ import annotations

import io
import json
import threading

import pytest

from deepvis.config import SettingsError
from deepvis.precompute.progress import ScanControl, ScanProgress
from deepvis.scan_progress import duration, line, shown_progress


def half(**changes):
    values = {"phase": "scanning", "done": 500, "total": 1000, "per_second": 50.0, "left_s": 10.0, "skipped": 3}
    return ScanProgress(**{**values, **changes})


def test_a_line_tells_how_far_how_fast_how_long_and_what_was_left_out():
    assert line(half()) == "scanning: 500 of 1,000, 50 images/s, 10 s left, 3 skipped"


def test_of_pictures_a_line_tells_seconds_each_and_that_the_rest_is_an_estimate():
    progress = half(phase="synthesizing blocks.2.0", per_second=0.4, left_s=1250.0, skipped=0)
    assert line(progress) == "synthesizing blocks.2.0: 500 of 1,000, 2.5 s/picture, about 20 min 50 s left"


def test_a_phase_that_counts_nothing_is_named_alone():
    assert line(ScanProgress("reading the network")) == "reading the network"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59.4, "59 s"), (67, "1 min 7 s"), (7500, "2 h 5 min"), (-1, "0 s")]
)
def test_durations_are_told_in_two_units_at_most(seconds, text):
    assert duration(seconds) == text


def test_an_unknown_form_is_refused_with_those_that_there_are():
    with pytest.raises(SettingsError, match="auto, bar, lines, json, none"), shown_progress("dots", ScanControl()):
        pass


def test_json_tells_one_object_per_line_and_says_when_it_is_paused(monkeypatch, capsys):
    control = ScanControl()
    monkeypatch.setattr("sys.stdin", io.StringIO("pause\n"))
    monkeypatch.setattr(control, "stop", lambda: None)  # the end of the input would end the scan, too
    with shown_progress("json", control) as report:
        for thread in threading.enumerate():
            if thread.name == "scan-commands":
                thread.join()
        report(half())
        report(half(done=501))  # too soon after the last one
        report(half(done=1000))
    told = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert [entry["done"] for entry in told] == [500, 1000]
    assert told[0]["state"] == "paused"
    assert told[0]["left_s"] == 10.0
    assert told[0]["text"] == line(half())


def test_a_program_that_goes_away_ends_the_scan_it_asked_for(monkeypatch):
    control = ScanControl()
    monkeypatch.setattr("sys.stdin", io.StringIO("go\nnonsense\n"))
    with shown_progress("json", control):
        for thread in threading.enumerate():
            if thread.name == "scan-commands":
                thread.join()
    assert control.stopped


def test_without_a_terminal_lines_are_written_now_and_then(capsys):
    with shown_progress("auto", ScanControl()) as report:
        report(half(done=1))
        report(half(done=2))
        report(half(done=1000))
    told = capsys.readouterr().err.splitlines()
    assert [text.split(" of")[0] for text in told] == ["scanning: 1", "scanning: 1,000"]


def test_the_bar_of_a_terminal_takes_every_report(capsys):
    with shown_progress("bar", ScanControl()) as report:
        report(ScanProgress("reading the network"))
        report(half())


def test_nothing_is_shown_where_nothing_is_wanted(capsys):
    with shown_progress("none", ScanControl()) as report:
        report(half())
    assert capsys.readouterr() == ("", "")
