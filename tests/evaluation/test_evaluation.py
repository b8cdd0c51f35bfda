from __future__ import annotations

import io
import json
import math

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from deepvis.evaluation import saving
from deepvis.evaluation.errors import EvaluationError
from deepvis.evaluation.evaluation import ANOTHER, NOISE, Bench, Evaluation
from deepvis.evaluation.judges import Judge
from deepvis.evaluation.making import RecipeMaker
from deepvis.evaluation.measurement import Kind, Role
from deepvis.evaluation.natural import Photographs
from deepvis.evaluation.report import Report, Setting, show, tables, to_json, to_markdown
from deepvis.evaluation.request import EvaluationRequest
from deepvis.evaluation.response import LayerAnswers
from deepvis.evaluation.saving import save
from deepvis.evaluation.units import draw_units
from deepvis.records import ModelRequest
from deepvis.synthesis.natural_images import NaturalStatistics
from deepvis.synthesis.recipe import Recipe
from deepvis.synthesis.synthesis import Materials

LABELS = ("ant", "bee", "cat", "dog", "elk")
SHORT = Recipe("short", steps=3, size=24)
LONG = Recipe("long", steps=40, size=32)


@pytest.fixture
def bench(engine, loaded, networks_like, noise):
    photographs = Photographs([noise(40, seed) for seed in range(5)], NaturalStatistics.built_in(), "noise")
    return Bench(engine, photographs, (Judge(loaded(networks_like(7), name="judge", labels=LABELS)),))


@pytest.fixture
def evaluation(bench):
    info = bench.engine.info()
    return Evaluation(bench, [draw_units(info.layer("head"), 3, 0), draw_units(info.layer("act1"), 2, 0)])


@pytest.fixture
def outcome(evaluation, bench):
    makers = [RecipeMaker(bench.engine, recipe, Materials(), batch_size=2) for recipe in (LONG, SHORT)]
    measurements = evaluation.run(makers)
    setting = Setting("tiny", "made here", 0, ("judge",), {"head": "5 images"}, "5 images", "cpu", 1, "2", 0.2)
    return Report(setting, measurements, ("A note.",)), evaluation.pictures


def test_recipes_and_floors_are_measured_on_the_same_units(outcome):
    report, _ = outcome
    rows = {(row.arm, row.kind): row for row in report.rows()}
    arms = ["long", "short", f"{ANOTHER} (long)", NOISE]
    assert list(rows) == [(arm, kind) for arm in arms for kind in Kind]
    assert {row.pictures for (_, kind), row in rows.items() if kind is Kind.CLASSES} == {3}
    roles = [rows[arm, Kind.HIDDEN].role for arm in arms]
    assert roles == [Role.RECIPE, Role.RECIPE, Role.FLOOR, Role.FLOOR]
    units = {arm: [m.motif.unit for m in report.measurements if m.arm == arm] for arm in arms}
    assert len({tuple(found) for found in units.values()}) == 1


def test_an_ascent_beats_its_floors_where_it_should(outcome):
    rows = {(row.arm, row.kind): row.figures for row in outcome[0].rows()}
    long, another, noise = (rows[arm, Kind.HIDDEN]["activation"].value for arm in ("long", f"{ANOTHER} (long)", NOISE))
    assert long > noise
    assert long > another
    assert rows["long", Kind.HIDDEN]["activation"].value > rows["short", Kind.HIDDEN]["activation"].value


def test_the_picture_of_another_unit_is_measured_for_this_one(outcome, bench):
    report, pictures = outcome
    own = {m.motif.unit: m for m in report.measurements if m.arm == "long" and m.motif.layer == "head"}
    others = [m for m in report.measurements if m.arm == f"{ANOTHER} (long)" and m.motif.layer == "head"]
    units = sorted(own)
    for measurement in others:
        following = units[(units.index(measurement.motif.unit) + 1) % len(units)]
        picture = next(p for p in pictures["long"] if p.motif.layer == "head" and p.motif.unit == following).made.rgb
        expected = LayerAnswers(bench.engine, "head", 32).peaks([picture])[0, measurement.motif.unit]
        assert measurement.response.value == pytest.approx(expected)
        assert math.isnan(measurement.cpu_s)


def test_without_a_gallery_the_maxima_are_those_of_the_photographs(evaluation, bench):
    maxima, source = evaluation.natural_maxima("act1")
    pictures = [
        np.asarray(Image.fromarray(p).resize((32, 32), Image.Resampling.BICUBIC)) for p in bench.photographs.pictures
    ]
    assert np.allclose(maxima, LayerAnswers(bench.engine, "act1", 32).peaks(pictures).max(0))
    assert source == "5 images of noise"


def test_judges_see_class_pictures_only(outcome):
    for measurement in outcome[0].measurements:
        assert set(measurement.opinions) == ({"judge"} if measurement.motif.kind is Kind.CLASSES else set())


def test_several_pictures_of_a_unit_differ_and_give_a_seed_distance(bench):
    info = bench.engine.info()
    evaluation = Evaluation(bench, [draw_units(info.layer("head"), 3, 0)], 2)
    measurements = evaluation.run([RecipeMaker(bench.engine, SHORT, Materials(), batch_size=8)])
    assert sum(m.arm == "short" for m in measurements) == 6
    pictures = [picture.made.rgb.tobytes() for picture in evaluation.pictures["short"]]
    assert len(set(pictures)) == 6
    setting = Setting("tiny", "", 0, ("judge",), {}, "", "cpu", 1, "2", 0.2)
    report = Report(setting, measurements)
    assert report.rows()[0].figures["seeds"].value > 0
    assert "seeds" in next(table for table in tables(report) if table.title == "Class pictures").columns


def test_the_report_is_told_in_tables_markdown_and_json(outcome):
    report, _ = outcome
    stream = io.StringIO()
    show(report, Console(file=stream, width=170))
    for text in (stream.getvalue(), to_markdown(report)):
        for part in ("Transfer", "Class pictures", "Pictures of hidden units", "CPU s", "by chance 0.2000", "A note."):
            assert part in text
    values = json.loads(json.dumps(to_json(report), allow_nan=False))
    assert len(values["pictures"]) == len(report.measurements)
    row = next(row for row in values["rows"] if row["recipe"] == "long" and row["units"] == "classes")
    interval = row["transfer"]["judge"]["top1"]
    assert 0 <= interval["low"] <= interval["value"] <= interval["high"] <= 1
    assert values["layers"]["long"]["act1"]["count"] == 2
    noise = next(picture for picture in values["pictures"] if picture["recipe"] == NOISE)
    assert noise["cpu_s"] is None


def test_tables_of_markdown_have_as_many_cells_in_every_line(outcome):
    lines = [line for line in to_markdown(outcome[0]).splitlines() if line.startswith("|")]
    widths, before = [], 0
    for line in lines:
        cells = line.count("|") - 1
        widths.append(cells == before or line.startswith("| recipe"))
        before = cells
    assert all(widths)


def test_saving_leaves_figures_and_a_sheet_per_recipe_and_kind(outcome, tmp_path):
    report, pictures = outcome
    written = {path.name for path in save(report, pictures, tmp_path / "new")}
    sheets = {f"{kind}-{name}.png" for kind in ("classes", "hidden") for name in ("long", "short")}
    assert written == {"figures.json", "report.md"} | sheets
    assert json.loads((tmp_path / "new" / "figures.json").read_text())["setting"]["model"] == "tiny"
    sheet = np.asarray(Image.open(tmp_path / "new" / "classes-long.png"))
    assert sheet.shape[1] > 3 * 224


def test_captions_need_no_signs_that_the_font_of_the_sheets_lacks(outcome):
    report, pictures = outcome
    measured = {measurement.motif: measurement for measurement in report.measurements if measurement.arm == "long"}
    tiles = [saving._tile(picture, measured[picture.motif]) for picture in pictures["long"]]
    texts = [text for tile in tiles for text in (tile.title, *(line.text for line in tile.lines))]
    assert len(texts) >= 2 * len(tiles)
    assert all(text.isascii() for text in texts)


def test_without_makers_there_is_nothing_to_evaluate(evaluation):
    with pytest.raises(ValueError, match="No recipe was named"):
        evaluation.run([])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"classes": -1}, "classes must be at least 0"),
        ({"pictures": 0}, "pictures must be at least 1"),
        ({"classes": 0, "units_per_layer": 0}, "nothing to evaluate"),
        ({"recipes": ("clear", "maco", "clear")}, "recipes names clear twice"),
    ],
)
def test_a_request_that_cannot_be_is_refused_by_name(tmp_path, wrong, said):
    with pytest.raises(EvaluationError, match=said):
        EvaluationRequest(ModelRequest(), tmp_path, **wrong)
