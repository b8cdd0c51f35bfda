"""Folders of small images, scans of tiny networks over them, and what is in a gallery, row by row."""

from __future__ import annotations

import functools
import sqlite3
import textwrap
from contextlib import closing
from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ImageKind
from deepvis.precompute import progress
from deepvis.precompute.scan import ScanControl, ScanRequest, run_scan
from deepvis.precompute.synthesize import PicturesRequest, run_synthesis
from deepvis.synthesis.recipe import Recipe
from deepvis.synthesis.registry import piece

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

    def dead():
        network = chain()
        with torch.no_grad():
            network.body.inner.weight[2] = 0.0
            network.body.inner.bias[2] = 0.0
        return network

    def bad_head():
        network = chain()
        network.head = nn.Linear(7, 7)
        return network

    class Blurry(nn.Module):
        latent_shape = (4,)

        def __init__(self):
            super().__init__()
            self.decoder = nn.Linear(4, 3 * 4 * 4)

        def sample(self, count, generator):
            return torch.randn(count, 4, generator=generator)

        def decode(self, codes):
            return self.decoder(codes).view(-1, 3, 4, 4).sigmoid()

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


QUICK = Recipe("quick", parametrization=piece("fourier"), transforms=(piece("jitter", pixels=2),), steps=6, size=16)


@pytest.fixture
def synthesize(networks, tmp_path):
    """Make pictures in this process; options are those of `PicturesRequest`."""
    made = iter(range(1000))

    def run(control=None, report=lambda _progress: None, network="chain", **options):
        options = {"gallery": tmp_path / f"pictures{next(made)}.sqlite", "recipe": QUICK} | options
        options = {"batch_size": 3, "device": "cpu", "model": networks.request(network)} | options
        return run_synthesis(PicturesRequest(**options), report=report, control=control or ScanControl())

    return run


@pytest.fixture
def quick():
    """A recipe of a few steps."""
    return QUICK


def pictures_of(path):
    """Everything a gallery says of its synthesized pictures but how long they took, by layer, unit, job and seed."""
    found = {}
    with GalleryReader(path) as gallery:
        for job in gallery.jobs():
            for layer in gallery.layers():
                for row in gallery.image_rows(layer, job.id):
                    if row.kind is not ImageKind.SYNTHESIS:
                        continue
                    metadata = {name: value for name, value in row.metadata.items() if name != "seconds"}
                    values = {field.name: getattr(row, field.name) for field in fields(row)}
                    found[layer, row.unit, job.hash, row.seed] = SimpleNamespace(**values | {"metadata": metadata})
    return found


@pytest.fixture
def pictures():
    return pictures_of


@pytest.fixture
def same_pictures():
    """Compares the pictures, jobs and layers of two galleries."""

    def compare(one, other):
        ours, theirs = pictures_of(one), pictures_of(other)
        assert ours
        assert ours.keys() == theirs.keys()
        for key, row in ours.items():
            assert row == theirs[key]
        said = {("jobs", "updated_utc"), ("images", "id"), ("images", "metadata")}
        every = [rows_of(path, leave_out=said) for path in (one, other)]
        for table in every[0]:
            assert every[0][table] == every[1][table], table

    return compare
