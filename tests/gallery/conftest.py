"""Galleries for the tests: layers of made-up figures, written by the writer."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.gallery.histogram import BINS
from deepvis.gallery.records import PER_BAND, QUANTILE_BANDS, JobRecord, ModelIdentity
from deepvis.gallery.rows import ClassRows, ExemplarRows, FileRow, LayerRows, SimilarRows, StatisticsRows
from deepvis.gallery.writer import GalleryWriter
from deepvis.records import LayerInfo

MODEL = "tiny/net"
IDENTITY = ModelIdentity(MODEL, "ab" * 32, '{"crop_ratio": 0.875, "fit": "crop"}')
JOB = JobRecord(0, "scan", "hash-1", IDENTITY, data_root="/pictures", data_hash="listing", samples=40)


def exemplar_rows(units, *, top=9, files=40, map_side=7, boxes="many", seed=0, per_file=1):
    """Exemplars of all kinds for every unit: `boxes` are `many`, `few`, or `whole`."""
    random = np.random.default_rng(seed)
    places = [(kind, rank) for kind in (0, 1) for rank in range(top)]
    places += [(2, rank) for rank in range(PER_BAND * len(QUANTILE_BANDS))]
    kind, rank = (np.tile(column, units) for column in np.array(places).T)
    n = len(kind)
    box = np.stack([random.integers(0, high, n) for high in (300, 400)], axis=1)
    box = np.concatenate([box, random.integers(1, 300, (n, 2))], axis=1)
    if boxes == "few":
        box = box[random.integers(0, 5, n)]
        box[random.random(n) < 0.2] = -1
    elif boxes == "whole":
        box = np.full((n, 4), -1)
    elif boxes == "some whole":
        box[random.random(n) < 0.3] = -1
    return ExemplarRows(
        kind=kind,
        unit=np.repeat(np.arange(units), len(places)),
        rank=rank,
        sample=random.integers(0, files * per_file, n),
        value=random.normal(0, 5, n).astype(np.float32),
        row=random.integers(0, map_side, n),
        column=random.integers(0, map_side, n),
        box=box,
    )


def statistics_rows(units, samples=40, seed=0):
    random = np.random.default_rng(seed)
    histogram = np.zeros((units, BINS), np.int64)
    filled = random.integers(BINS // 2, BINS // 2 + 80, (units, samples))
    np.add.at(histogram, (np.arange(units)[:, None], filled), 1)
    figures = random.normal(0, 1, (6, units))
    return StatisticsRows(
        count=np.full(units, samples),
        mean=figures[0],
        std=np.abs(figures[1]),
        active_fraction=np.abs(np.sin(figures[2])),
        minimum=-np.abs(figures[3]),
        maximum=np.abs(figures[4]),
        mean_maximum=figures[5],
        nan_count=random.integers(0, 3, units),
        histogram=histogram,
        selectivity=np.where(np.arange(units) % 3 == 0, np.nan, np.abs(np.sin(figures[0]))),
    )


def layer_rows(name="features.0", units=12, **options):
    side = options.get("map_side", 7)
    random = np.random.default_rng(options.get("seed", 0))
    correlation = np.corrcoef(random.normal(size=(units, 50))).astype(np.float32).reshape(units, units)
    correlation[3 % units] = correlation[:, 3 % units] = np.nan
    return LayerRows(
        layer=LayerInfo(name, "Conv2d", units, side, side),
        statistics=statistics_rows(units),
        exemplars=exemplar_rows(units, **options),
        samples_per_file=options.get("per_file", 1),
        classes=ClassRows(
            np.tile([1, 0, -1], (units, 1)), np.tile([2.5, 1.5, 0], (units, 1)), np.tile([7, 5, 0], (units, 1))
        ),
        similar=SimilarRows(np.tile([2, 1, -1], (units, 1)), np.tile([0.75, -0.5, 0], (units, 1))),
        correlation=correlation,
        boxes=np.arange(4 * side * side).reshape(4, side, side).astype(np.int32),
    )


def file_rows(files=40):
    return [FileRow(number, f"cats/{number}.jpg", 300 + number, 400, number % 2) for number in range(files)]


class Made:
    """A gallery on disk, and what goes into it: tests take everything from here."""

    MODEL, IDENTITY, JOB = MODEL, IDENTITY, JOB
    layer_rows = staticmethod(layer_rows)
    exemplar_rows = staticmethod(exemplar_rows)
    file_rows = staticmethod(file_rows)
    statistics_rows = staticmethod(statistics_rows)

    def __init__(self, folder):
        self.path = folder / "tiny_net.sqlite"

    def write(self, *layers, job=JOB, files=40):
        """One scan of these layers, as one transaction; returns the key of its job."""
        with GalleryWriter(self.path, MODEL) as writer, writer.transaction():
            key = writer.begin_job(job)
            writer.write_classes(["dog", "cat"])
            writer.write_files(key, file_rows(files))
            for rows in layers or (layer_rows(),):
                writer.write_layer(key, rows)
        return key


@pytest.fixture
def made(tmp_path):
    return Made(tmp_path)


@pytest.fixture(scope="session")
def made_class():
    """For galleries that live longer than a test."""
    return Made
