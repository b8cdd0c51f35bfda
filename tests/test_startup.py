from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deepvis import startup
from deepvis.options import RunOptions
from deepvis.startup import StartError, display_problem, prepare

VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "QT_SCALE_FACTOR", "OMP_WAIT_POLICY")


@pytest.fixture
def machine(monkeypatch):
    """A Linux machine without a display, whose libraries are all there; what a test sets is undone."""
    for name in VARIABLES:
        monkeypatch.setenv(name, "")  # so that monkeypatch puts back what prepare() changes
        monkeypatch.delenv(name)
    monkeypatch.setattr(startup.sys, "platform", "linux")
    monkeypatch.setattr("deepvis.system_libraries.missing_libraries", lambda files: ())
    return monkeypatch


def test_without_a_display_the_run_is_offscreen_and_leaves_a_picture_and_figures(machine):
    options, said = prepare(RunOptions())
    assert options.offscreen
    assert options.seconds == 10.0
    assert (options.screenshot, options.stats) == (Path("deepvis-screenshot.png"), Path("deepvis-stats.json"))
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"
    assert "no display" in said
    assert "deepvis-screenshot.png" in said


def test_without_a_display_what_was_asked_for_is_kept(machine):
    asked = RunOptions(seconds=3.0, screenshot=Path("x.png"), size=(1280, 720))
    options, _ = prepare(asked)
    assert (options.seconds, options.screenshot, options.size) == (3.0, Path("x.png"), (1280, 720))


def test_an_offscreen_run_that_was_asked_for_is_not_explained(machine):
    asked = RunOptions(offscreen=True, seconds=3.0)
    assert prepare(asked) == (asked, "")


def test_an_offscreen_run_without_an_end_gets_one_and_says_so(machine):
    options, said = prepare(RunOptions(offscreen=True))
    assert options.seconds == 10.0
    assert options.screenshot is None
    assert "10 seconds" in said


def test_a_display_that_nothing_listens_on_counts_as_none(machine):
    machine.setenv("DISPLAY", ":4711")
    options, said = prepare(RunOptions())
    assert options.offscreen
    assert "':4711'" in said


def test_a_display_that_answers_gets_the_window(machine):
    with socket.create_server(("127.0.0.1", 0)) as server:
        machine.setenv("DISPLAY", f"127.0.0.1:{server.getsockname()[1] - 6000}.0")
        assert display_problem() == ""
        assert prepare(RunOptions()) == (RunOptions(), "")
        assert "QT_QPA_PLATFORM" not in os.environ


def test_wayland_and_a_platform_named_for_qt_are_trusted(machine):
    machine.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert prepare(RunOptions()) == (RunOptions(), "")
    machine.delenv("WAYLAND_DISPLAY")
    machine.setenv("QT_QPA_PLATFORM", "vnc:port=5900")
    assert prepare(RunOptions()) == (RunOptions(), "")


def test_other_systems_always_have_a_display(machine):
    machine.setattr(startup.sys, "platform", "darwin")
    assert prepare(RunOptions()) == (RunOptions(), "")


def test_missing_libraries_end_the_start_with_the_line_that_installs_them(machine):
    machine.setattr("deepvis.system_libraries.missing_libraries", lambda files: ("libxcb-icccm.so.4",))
    machine.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(StartError, match=r"lacks libxcb-icccm\.so\.4.*\n.*apt-get install -y libxcb-icccm4"):
        prepare(RunOptions(offscreen=True, seconds=1))


def test_on_wayland_missing_x_libraries_do_not_matter(machine):
    machine.setenv("WAYLAND_DISPLAY", "wayland-0")
    machine.setenv("DISPLAY", ":0")
    machine.setattr("deepvis.system_libraries.qt_files", lambda platform: (Path(platform),))
    machine.setattr("deepvis.system_libraries.opencv_files", lambda: ())
    machine.setattr(
        "deepvis.system_libraries.missing_libraries", lambda files: ("libxcb.so.1",) if files == (Path("xcb"),) else ()
    )
    assert prepare(RunOptions()) == (RunOptions(), "")


def test_the_scale_factor_and_the_wait_policy_reach_the_libraries(machine):
    prepare(RunOptions(offscreen=True, seconds=1, scale_factor=1.5))
    assert os.environ["QT_SCALE_FACTOR"] == "1.5"
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"


def test_a_wait_policy_of_the_person_is_kept(machine):
    machine.setenv("OMP_WAIT_POLICY", "ACTIVE")
    prepare(RunOptions(offscreen=True, seconds=1))
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


class Library:
    """A C library that writes down how it is tuned."""

    def __init__(self):
        self.tuned = {}

    def mallopt(self, parameter, value):
        self.tuned[parameter] = value
        return 1


def test_freed_memory_is_kept_for_the_next_frame(machine):
    library = Library()
    machine.setattr(startup.ctypes, "CDLL", lambda name: library)
    prepare(RunOptions(offscreen=True, seconds=1.0))
    # -1 is M_TRIM_THRESHOLD and -3 M_MMAP_THRESHOLD in glibc's malloc.h, which refuses a larger one than 32 MiB
    assert library.tuned == {-1: 256 * 2**20, -3: 32 * 2**20}


def test_a_c_library_that_cannot_be_tuned_is_left_alone(machine):
    machine.setattr(startup.ctypes, "CDLL", lambda name: object())
    prepare(RunOptions(offscreen=True, seconds=1.0))


def test_other_systems_are_left_alone(machine):
    library = Library()
    machine.setattr(startup.ctypes, "CDLL", lambda name: library)
    machine.setattr(startup.sys, "platform", "darwin")
    prepare(RunOptions(offscreen=True, seconds=1.0))
    assert library.tuned == {}


def test_the_window_is_there_before_torch_is_imported():
    code = "import sys, deepvis.gui.app; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False"]
