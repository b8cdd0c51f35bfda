from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepvis.gallery import schema
from deepvis.gallery.histogram import BINS
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ImageKind
from deepvis.gallery.rows import ImageRow, SkippedFile
from deepvis.gallery.writer import GalleryWriter

PAGE = (Path(__file__).parents[2] / "docs" / "gallery.md").read_text()
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def filled(made):
    """A gallery in which every question of the page has an answer."""
    rows = made.layer_rows("blocks.4.1", units=48)
    rows.statistics.maximum[5] = 0
    rows.similar.correlation[:, 0] = 0.95
    rows.exemplars.sample[rows.exemplars.unit == 7] = 3
    key = made.write(rows)
    with GalleryWriter(made.path, made.MODEL) as writer:
        writer.write_skipped(key, [SkippedFile(9, "a.jpg", "It is empty.")])
        job = writer.begin_job(replace(made.JOB, kind="synthesis", hash="s", parameters={"recipe": {"name": "clear"}}))
        figures = {"natural_ratio": 2.5, "layer_rank": 0, "seconds": 3.5}
        image = ImageRow("blocks.4.1", 7, ImageKind.SYNTHESIS, b"", 1, 1, recipe="clear", metadata=figures)
        writer.add_image(job, image)
    return made.path


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: " ".join(query.split())[:60])
def test_every_query_of_the_page_runs_and_has_an_answer(filled, query):
    with GalleryReader(filled) as gallery:
        assert gallery.connection.execute(query).fetchall() != []


def test_the_answers_about_pictures_are_those_of_the_pictures(filled):
    ratios, costs = (query for query in QUERIES if "json_extract" in query)
    with GalleryReader(filled) as gallery:
        assert gallery.connection.execute(ratios).fetchall() == [("blocks.4.1", 1, 2.5, 2.5, 1, 0)]
        assert gallery.connection.execute(costs).fetchall() == [("clear", '{"name":"clear"}', 1, 3.5)]


def test_every_table_view_and_column_is_told_on_the_page(filled):
    told = set(re.findall(r"`(\w+)`", PAGE))
    bold = set(re.findall(r"\*\*`(\w+)`\*\*", PAGE))
    with GalleryReader(filled) as gallery:
        names = [
            name
            for (name,) in gallery.connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
            if not name.startswith("sqlite_")
        ]
        columns = {
            (name, column)
            for name in names
            for (column,) in gallery.connection.execute("SELECT name FROM pragma_table_info(?)", (name,))
        }
    assert set(names) == bold
    assert {(name, column) for name, column in columns if column not in told} == set()


def test_the_numbers_on_the_page_are_those_of_the_program():
    assert f"0x{schema.APPLICATION_ID:08X}" in PAGE
    assert f"`PRAGMA user_version` ({schema.VERSION})" in PAGE
    assert f"The {BINS} bins" in PAGE
    assert all(f"`{kind}`" in PAGE for kind in ImageKind)


def test_the_python_example_runs(filled, monkeypatch):
    filled.rename(filled.with_name("efficientnet_lite0.sqlite"))
    monkeypatch.chdir(filled.parent)
    names = {}
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], names)
    assert (names["heights"] * np.diff(names["edges"])).sum() == pytest.approx(1)


@pytest.mark.parametrize("boxes", ["many", "few", "whole", "some whole"])
def test_sql_says_the_same_as_the_reader(made, boxes):
    rows = made.layer_rows(boxes=boxes, per_file=3)
    rows.exemplars.value[:6] = [0, -0.0, np.inf, 1e-45, -3.4e38, 1e-38]
    made.write(rows)
    with GalleryReader(made.path) as gallery:
        for unit in range(12):
            record = gallery.unit("features.0", unit)
            expected = [
                (str(e.kind), e.rank, e.value, e.file, e.sample, *e.position)
                for e in (*record.exemplars, *record.minima, *record.quantiles)
            ]
            found = gallery.connection.execute(
                'SELECT kind, rank, value, file_id, sample, "row", "column" FROM exemplars'
                " WHERE unit = ? ORDER BY kind = 'quantile', kind = 'minimum', rank",
                (unit,),
            ).fetchall()
            assert found == expected
            rects = [
                (e.box.top, e.box.left, e.box.height, e.box.width, "/pictures/" + path, e.label)
                for e in record.exemplars
                for path in [e.path.relative_to("/pictures").as_posix()]
            ]
            named = gallery.connection.execute(
                "SELECT box_top, box_left, box_height, box_width, '/pictures/' || path, class FROM unit_exemplars"
                " WHERE unit = ? AND kind = 'maximum' AND layer = 'features.0' ORDER BY rank",
                (unit,),
            ).fetchall()
            assert named == rects
            similar = gallery.connection.execute(
                "SELECT other, correlation FROM similar_units WHERE unit = ? ORDER BY rank", (unit,)
            ).fetchall()
            assert similar == [(entry.unit, entry.correlation) for entry in record.similar]


def test_the_box_of_a_whole_image_is_null_in_the_plain_view(made):
    made.write(made.layer_rows(boxes="whole"))
    with GalleryReader(made.path) as gallery:
        query = "SELECT DISTINCT box_top, box_left, box_height, box_width FROM exemplars"
        assert gallery.connection.execute(query).fetchall() == [(None,) * 4]
