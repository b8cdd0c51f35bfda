"""Folders of small images, scans of tiny networks over them, and what is in a gallery, row by row."""

from __future__ import annotations

import functools
import sqlite3
import textwrap
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from deepvis.precompute import progress
from deepvis.precompute.scan import ScanControl, ScanRequest, run_scan

SURROGATE = {"files": {"id"}, "units": {"id"}, "jobs": {"updated_utc"}}
"""Columns that say in which order or when rows were written, and nothing else."""


@pytest.fixture
def photographs(tmp_path, make_photographs):
    """21 pieces of the packaged photographs, of many shapes and formats, in three class folders."""
    return make_photographs(tmp_path / "photographs", 21)


@pytest.fixture
def make_photographs(images_dir):
    return functools.partial(cut_photographs, images_dir)


def cut_photographs(images_dir, folder, count):
    originals = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(images_dir.glob("*.jpg"))]
    random = np.random.default_rng(7)
    for number in range(count):
        rgb = originals[number % len(originals)]
        height, width = (int(side) for side in random.integers(40, 110, 2))
        top, left = (int(random.integers(0, room)) for room in (rgb.shape[0] - height, rgb.shape[1] - width))
        place = folder / ("ash", "birch", "cedar")[number % 3]
        place.mkdir(parents=True, exist_ok=True)
        piece = Image.fromarray(rgb[top : top + height, left : left + width])
        piece.save(place / f"{number:03}.{'jpg' if number % 4 else 'png'}")
    return folder


SHIFTED = """

    SHIFT = []

    class Shifted(nn.Conv2d):
        def forward(self, x):
            return super().forward(x) + sum(SHIFT)

    def shifted():
        return nn.Sequential(Shifted(3, 4, 3, stride=2))
    """


@pytest.fixture
def networks(networks):
    """With one whose values change when `SHIFT` of its module gets an entry."""
    file = networks.folder / "nets.py"
    file.write_text(file.read_text() + textwrap.dedent(SHIFTED))
    return networks


@pytest.fixture
def scan(networks, tmp_path, photographs):
    """Scan the photographs in this process; options are those of `ScanRequest`."""
    made = iter(range(1000))

    def run(control=None, report=lambda _progress: None, **options):
        options = {"images": photographs, "gallery": tmp_path / f"gallery{next(made)}.sqlite"} | options
        return run_scan(make_request(networks, **options), report=report, control=control or ScanControl())

    return run


@pytest.fixture
def often(monkeypatch):
    """Progress is told after every batch, however short."""
    monkeypatch.setattr(progress, "REPORT_EVERY_S", 0.0)


def make_request(networks, images, *, network="chain", **options):
    wanted = {"batch_size": 4, "workers": 0, "top": 3, "device": "cpu"} | options
    return replace(ScanRequest(images=images, model=networks.request(network)), **wanted)


def rows_of(path, *, leave_out=()):
    """Every table of a gallery: names of columns and rows, without what only tells the order of writing."""
    found = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as gallery:
        names = [row[0] for row in gallery.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in names:
            columns = [row[1] for row in gallery.execute(f"PRAGMA table_info({table})")]
            dropped = SURROGATE.get(table, set()) | {column for where, column in leave_out if where == table}
            kept = ", ".join(column for column in columns if column not in dropped)
            found[table] = sorted(gallery.execute(f"SELECT {kept} FROM {table}").fetchall(), key=repr)
    return found


@pytest.fixture
def same_rows():
    """Compares two galleries row by row, and fails naming the first table that differs."""
    return assert_same_rows


def assert_same_rows(one, other, *, leave_out=()):
    ours, theirs = rows_of(one, leave_out=leave_out), rows_of(other, leave_out=leave_out)
    assert ours.keys() == theirs.keys()
    for table, rows in ours.items():
        assert rows == theirs[table], table
    assert ours["units"]
    assert ours["files"]
