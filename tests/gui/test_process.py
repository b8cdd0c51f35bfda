"""Runs in a process of their own: the command line, a machine without a display, faults, Ctrl+C."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from PIL import Image

WITHIN_S = 90


def environment(**changes) -> dict[str, str]:
    """This process's, without any display or platform."""
    without = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    kept = {name: value for name, value in os.environ.items() if name not in without}
    return {**kept, "OMP_NUM_THREADS": "1", **changes}


def deepvis(*arguments, folder, **changes):
    return subprocess.run(
        [sys.executable, "-m", "deepvis", *map(str, arguments)],
        cwd=folder,
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


def test_an_offscreen_run_leaves_a_picture_of_the_size_asked_for_and_figures(tmp_path):
    done = deepvis(
        *("--offscreen", "--seconds", "4", "--size", "1280x720", "--source", "demo", "--layer", "blocks.4.1"),
        *("--unit", "37", "--screenshot", "a.png", "--stats", "a.json"),
        folder=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (1280, 720)
        assert len(picture.convert("RGB").getcolors(1_000_000)) > 1000
    values = json.loads((tmp_path / "a.json").read_text())
    assert (values["model"], values["device"], values["source"]) == ("efficientnet_lite0", "cpu", "demo")
    assert (values["layer"], values["unit"]) == ("blocks.4.1", 37)
    frames, fps = values["frames"], values["fps"]
    assert frames.keys() == {"captured", "dropped", "inferred", "painted"}
    assert frames["inferred"] > 1
    assert frames["painted"] > 1
    assert frames["captured"] >= frames["dropped"]
    assert all(fps[name] > 0 for name in ("capture", "inference", "paint"))
    assert 0 < values["latency_ms"]["p50"] <= values["latency_ms"]["p95"]
    assert values["gui_stall_ms"]["p99"] >= 0
    assert len(values["top5"]) == 5
    assert all(0 <= answer["probability"] <= 1 and answer["label"] for answer in values["top5"])


def test_a_plain_start_without_a_display_says_so_and_runs_all_the_same(tmp_path):
    done = deepvis("--seconds", "1", folder=tmp_path)
    assert done.returncode == 0
    assert "no display" in done.stderr
    assert "deepvis-screenshot.png" in done.stderr
    values = json.loads((tmp_path / "deepvis-stats.json").read_text())
    assert values["frames"]["painted"] > 0
    with Image.open(tmp_path / "deepvis-screenshot.png") as picture:
        assert picture.format == "PNG"


def test_a_setting_that_cannot_be_is_told_in_a_sentence_and_no_window_opens(tmp_path):
    done = deepvis("--offscreen", "--seconds", "1", "--colormap", "rainbow", "--stats", "a.json", folder=tmp_path)
    assert done.returncode == 2
    assert "colormap must be one of auto" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "a.json").exists()


FAULTS = """
import os, signal, sys, threading
from PyQt6.QtCore import QTimer
from deepvis.config import Settings
from deepvis.gui import app as module
from deepvis.options import RunOptions

told = []

class Watched(module.App):
    def start(self):
        super().start()
        self.controller.told.connect(self.hear)
        QTimer.singleShot(0, self.fail)

    def fail(self):
        raise ValueError("raised in a slot")

    def fail_elsewhere(self):
        raise KeyError("raised in a thread")

    def hear(self, text, level):
        if "raised in" not in text:
            return
        told.append(self.window.status.message())
        if len(told) == 1:
            threading.Thread(target=self.fail_elsewhere).start()
        else:
            QTimer.singleShot(0, lambda: os.kill(os.getpid(), signal.SIGINT))

module.App = Watched
code = module.run(Settings(model="nothing.py:none", source="synthetic"), RunOptions(offscreen=True))
print(code, *told, sep="\\n")
print([thread.name for thread in threading.enumerate() if thread.name.startswith("deepvis-")])
sys.exit(code)
"""


def test_faults_reach_the_status_line_and_ctrl_c_closes_with_exit_code_0(tmp_path):
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", FAULTS],
        cwd=tmp_path,
        env=environment(QT_QPA_PLATFORM="offscreen"),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    code, slot, thread, left = done.stdout.splitlines()
    assert code == "0"
    assert slot == "Something unexpected happened: ValueError: raised in a slot"
    assert thread == "Something unexpected happened: KeyError: 'raised in a thread'"
    assert left == "[]"
    assert "unclosed" not in done.stderr


IDLE = """
import time
from itertools import pairwise
from PyQt6.QtCore import QTimer
from deepvis.config import Settings
from deepvis.gui import app as module
from deepvis.options import RunOptions

spent = []

class Watched(module.App):
    def start(self):
        self.window.resize(600, 400)
        self.window.show()
        QTimer.singleShot(400, self.look)

    def look(self):
        spent.append(time.thread_time())
        if len(spent) == 6:
            self.window.close()
        else:
            QTimer.singleShot(400, self.look)

module.App = Watched
code = module.run(Settings(), RunOptions(offscreen=True))
print(min(later - earlier for earlier, later in pairwise(spent)))
"""


def test_a_window_in_which_nothing_happens_costs_next_to_nothing(tmp_path):
    """The socket that wakes Qt for signals once kept the event loop spinning.

    A loop that spins does so all the time; on a busy machine the start may take longer than the first look.
    """
    done = subprocess.run(
        [sys.executable, "-c", IDLE],
        cwd=tmp_path,
        env=environment(QT_QPA_PLATFORM="offscreen"),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[-1]) < 0.1  # of 0.4 s
