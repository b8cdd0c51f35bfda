from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

CHECK = Path(__file__).resolve().parents[1] / ".ci" / "check_run.py"


@pytest.fixture
def problems():
    return runpy.run_path(str(CHECK))["problems"]


def write_run(folder, *, inferred=5, painted=5, blank=False):
    stats, screenshot = folder / "stats.json", folder / "window.png"
    stats.write_text(json.dumps({"frames": {"captured": 9, "dropped": 0, "inferred": inferred, "painted": painted}}))
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    Image.fromarray(noise * (not blank)).save(screenshot)
    return stats, screenshot


def test_a_run_that_worked_passes(problems, tmp_path):
    assert problems(*write_run(tmp_path)) == []


@pytest.mark.parametrize("kind", ["inferred", "painted"])
def test_a_run_without_frames_fails(problems, tmp_path, kind):
    (problem,) = problems(*write_run(tmp_path, **{kind: 0}))
    assert f"no {kind} frame" in problem


def test_a_blank_screenshot_fails(problems, tmp_path):
    (problem,) = problems(*write_run(tmp_path, blank=True))
    assert "blank" in problem


def test_a_run_that_left_nothing_fails(problems, tmp_path):
    assert len(problems(tmp_path / "stats.json", tmp_path / "window.png")) == 3
