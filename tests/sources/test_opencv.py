"""OpenCV: quiet, and out of Qt's way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepvis.sources.opencv import cv2, to_rgb

CODE = """
import os
from deepvis.sources.opencv import cv2
print(os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH"), os.environ.get("QT_QPA_FONTDIR"), os.environ["OPENCV_LOG_LEVEL"])
cv2.VideoCapture(93)
cv2.VideoCapture("/no/such/file.mp4")
"""


def run_fresh(**changes):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("QT_", "OPENCV_"))}
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", CODE]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=root, env=environment | changes, check=True, timeout=60
    )
    return done.stdout.split(), done.stderr


def test_after_the_import_qt_is_not_led_into_opencvs_folder_and_nothing_is_printed():
    printed, noise = run_fresh()
    assert printed == ["None", "None", "SILENT"]
    assert noise == ""


def test_what_a_person_has_set_stays():
    printed, _ = run_fresh(
        QT_QPA_PLATFORM_PLUGIN_PATH="/my/plugins", QT_QPA_FONTDIR="/my/fonts", OPENCV_LOG_LEVEL="ERROR"
    )
    assert printed == ["/my/plugins", "/my/fonts", "ERROR"]


def test_paths_left_by_an_earlier_import_of_opencv_are_forgotten():
    inside = Path(cv2.__file__).parent / "qt"
    printed, _ = run_fresh(QT_QPA_PLATFORM_PLUGIN_PATH=str(inside / "plugins"), QT_QPA_FONTDIR=str(inside / "fonts"))
    assert printed[:2] == ["None", "None"]


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (np.full((2, 2), 7, np.uint8), [7, 7, 7]),
        (np.full((2, 2, 1), 7, np.uint8), [7, 7, 7]),
        (np.full((2, 2), 7 * 256, np.uint16), [7, 7, 7]),
        (np.full((2, 2, 3), (1, 2, 3), np.uint8), [3, 2, 1]),
        (np.full((2, 2, 4), (1, 2, 3, 4), np.uint8), [3, 2, 1]),
    ],
)
def test_frames_of_every_kind_become_rgb(frame, expected):
    rgb = to_rgb(frame)
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous
    np.testing.assert_array_equal(rgb, np.broadcast_to(np.uint8(expected), (2, 2, 3)))
