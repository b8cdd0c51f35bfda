"""Synthesized pictures of several galleries: on the unit page and in the grid."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ImageKind, JobRecord
from deepvis.gallery.rows import ImageRow
from deepvis.gallery.writer import GalleryWriter
from deepvis.live import gallery_shelf, synthesized
from deepvis.live.crop_pictures import CropPictures
from deepvis.live.errand import Errand
from deepvis.live.gallery_shelf import GalleryShelf
from deepvis.live.layer_pages import LayerPages
from deepvis.live.page_maker import PageMaker
from deepvis.live.pattern_grid import PatternGrid
from deepvis.live.synthesized import SynthesizedTiles
from deepvis.records import GridView, Stage
from deepvis.sources.encode import encode_png
from deepvis.synthesis.keeping import changed
from deepvis.synthesis.recipes import DEFAULT_RECIPE, recipe_named

MODEL = "tiny"


class Pictures:
    """Writes synthesized pictures of the layer `body` into the person's gallery and the packaged one."""

    def __init__(self, gallery, packaged):
        self.gallery = gallery
        self.paths = {"own": gallery.path, "packaged": packaged}
        self.parameters = {}

    def add(self, unit=1, recipe=DEFAULT_RECIPE, seed=0, value=20.0, where="own", weights="aa", gray=50, **metadata):
        identity = replace(self.gallery.identity, weights_sha256=weights)
        known = self.parameters.get(recipe, {})
        with GalleryWriter(self.paths[where], MODEL) as writer, writer.transaction():
            made_by = JobRecord(0, "synthesis", f"{recipe} {weights}", identity, parameters=known, finished=True)
            job = writer.take_up_job(made_by)
            writer.add_layer(self.gallery.info.layer("body"))
            data = encode_png(np.full((8, 8, 3), gray, np.uint8))
            row = ImageRow("body", unit, ImageKind.SYNTHESIS, data, 8, 8, 0, value, recipe, seed, metadata)
            return writer.add_image(job, row)


@pytest.fixture
def pictures(gallery, tmp_path, monkeypatch):
    path = tmp_path / "packaged.sqlite"
    monkeypatch.setattr(gallery_shelf, "packaged_gallery", lambda model: path)
    return Pictures(gallery, path)


@pytest.fixture
def shelf(gallery, pictures):
    made = GalleryShelf(MODEL, gallery.folder, lambda text: None)
    yield made
    made.close()


@pytest.fixture
def page_of(gallery, shelf):
    def make(unit=1):
        shelf.look()
        maker = PageMaker(gallery.running, shelf, CropPictures())
        return maker.make(gallery.info.layer("body"), unit, Errand())

    return make


@pytest.fixture
def draw(gallery, shelf):
    """The grid of the layer `body`, and the tiles it was made of."""

    def make(*, all_patterns=False, **grid):
        shelf.look()
        tiles = SynthesizedTiles(shelf, "body", gallery.identity, all_patterns=all_patterns)
        view = gallery.view(stage=Stage.SYNTHESIZED, all_patterns=all_patterns, grid=GridView(120, 160, **grid))
        layer = gallery.info.layer("body")
        found = LayerPages(gallery.running, shelf).record(layer)
        grid = PatternGrid(view, layer, tiles, None if found is None else found[1])
        return grid.draw(CropPictures(), Errand()), tiles

    return make


def test_units_without_a_picture_can_be_left_out_of_the_grid(pictures, draw):
    pictures.add(unit=1)
    pictures.add(unit=4)
    assert len(draw()[0].layout.units) > 2
    assert draw(hide_dead=True)[0].layout.units.tolist() == [1, 4]


def told(page):
    return [(picture.made.recipe, picture.made.seed, picture.rgb[0, 0, 0]) for picture in page.synthesized]


def test_pictures_of_both_galleries_are_joined_and_what_both_have_comes_once(pictures, page_of):
    pictures.add(seed=0, gray=10)
    pictures.add(seed=1, gray=20)
    shutil.copy(pictures.gallery.path, pictures.paths["packaged"])
    pictures.add(seed=1, gray=200, where="packaged")
    pictures.add(seed=2, gray=30, where="packaged")
    page = page_of()
    assert told(page) == [(DEFAULT_RECIPE, 0, 10), (DEFAULT_RECIPE, 1, 20), (DEFAULT_RECIPE, 2, 30)]
    assert [picture.made.removable for picture in page.synthesized] == [True, True, False]


def test_fresh_before_stale_exciting_before_negative_default_recipe_first_then_recipe_and_seed(pictures, page_of):
    pictures.add(recipe=f"{DEFAULT_RECIPE}, negative", negative=True)
    pictures.add(weights="bb", seed=9)
    pictures.add(recipe="bn-prior")
    pictures.add(seed=1)
    pictures.add(recipe=f"{DEFAULT_RECIPE}, changed")
    pictures.add(seed=0)
    pictures.add(seed=4, start="a digest")
    page = page_of()
    assert [(recipe, seed) for recipe, seed, _ in told(page)] == [
        (DEFAULT_RECIPE, 0),
        (DEFAULT_RECIPE, 1),
        ("bn-prior", 0),
        (DEFAULT_RECIPE, 4),
        (f"{DEFAULT_RECIPE}, changed", 0),
        (f"{DEFAULT_RECIPE}, negative", 0),
        (DEFAULT_RECIPE, 9),
    ]
    assert [bool(picture.made.stale) for picture in page.synthesized] == [False] * 6 + [True]
    assert "Synthesize it again" in page.synthesized[-1].made.stale
    assert page.synthesized[5].made.negative


def test_the_ratio_is_to_the_scan_that_is_there_now_else_the_stored_one(pictures, gallery, page_of):
    pictures.add(value=25.0, natural_ratio=4.0)
    assert page_of().synthesized[0].made.natural_ratio == 4.0
    gallery.scan()
    page = page_of()
    assert page.synthesized[0].made.natural_ratio == 25.0 / page.statistics.maximum


def test_a_stale_scan_is_nothing_to_compare_with(pictures, gallery, page_of):
    fresh, gallery.identity = gallery.identity, replace(gallery.identity, weights_sha256="bb")
    gallery.scan()
    gallery.identity = fresh
    pictures.add(value=25.0, natural_ratio=4.0)
    page = page_of()
    assert page.stale
    assert page.synthesized[0].made.natural_ratio == 4.0


def test_what_is_known_of_a_picture_is_told(pictures, page_of):
    key = pictures.add(layer_rank=3, majority=17, steps=128, reason="It stayed off.", start_title="exemplar 2")
    made = page_of().synthesized[0].made
    assert (made.key, made.layer_rank, made.majority, made.steps) == (key, 3, 17, 128)
    assert (made.reason, made.start, made.stale) == ("It stayed off.", "exemplar 2", "")


CHANGED = f"{DEFAULT_RECIPE}, changed"
SMALLER = "steps 60 instead of 128, size 96 instead of 160"


def changed_parameters(**parameters):
    stored = changed(recipe_named(DEFAULT_RECIPE))
    return {CHANGED: {"recipe": json.loads(stored.to_json()), "size": None, "steps": None, **parameters}}


def test_the_page_tells_what_was_changed_of_a_recipe_from_the_job_that_is_stored(pictures, page_of):
    pictures.parameters = changed_parameters(size=96, steps=60)
    pictures.add()
    pictures.add(recipe=CHANGED)
    assert [picture.made.changes for picture in page_of().synthesized] == ["", SMALLER]


def test_a_job_that_tells_nothing_of_its_recipe_gives_no_words(pictures, page_of):
    pictures.add(recipe=CHANGED)
    assert page_of().synthesized[0].made.changes == ""


def test_a_job_is_read_once_for_all_its_pictures(pictures, page_of, monkeypatch):
    pictures.parameters = changed_parameters(steps=60)
    for seed in range(4):
        pictures.add(recipe=CHANGED, seed=seed)
    asked = []
    read = GalleryReader.job
    monkeypatch.setattr(GalleryReader, "job", lambda reader, text: asked.append(text) or read(reader, text))
    assert [bool(picture.made.changes) for picture in page_of().synthesized] == [True] * 4
    assert len(asked) == 1


def test_the_grid_tells_of_every_tile_what_the_page_of_its_unit_tells_of_its_best_picture(
    pictures, gallery, page_of, draw
):
    gallery.scan()
    pictures.parameters = changed_parameters(size=96, steps=60)
    pictures.add(unit=0, value=25.0, layer_rank=3, majority=17, steps=128, start_title="exemplar 2")
    pictures.add(unit=1, recipe=CHANGED, reason="It stayed off.")
    pictures.add(unit=2, where="packaged", natural_ratio=4.0)
    pictures.add(unit=3, natural_ratio=4.0)
    pictures.add(unit=5, negative=True)
    picture, _ = draw()
    for unit in range(4):
        told, best = picture.told(unit), page_of(unit).synthesized[0]
        # how others are made is known where others can be asked for
        assert (told.value, told.made, told.pictures) == (best.value, replace(best.made, how=""), 1)
    assert picture.told(1).made.changes == SMALLER
    assert picture.told(0).made.natural_ratio == 2.5
    assert (picture.told(4), picture.told(5)) == (None, None)


def test_the_grid_of_all_pictures_tells_how_many_share_a_tile(pictures, draw):
    for seed in range(3):
        pictures.add(seed=seed, value=20.0 + seed)
    pictures.add(unit=5, recipe="x, negative", negative=True)
    picture, _ = draw(all_patterns=True)
    assert (picture.told(1).value, picture.told(1).pictures) == (20.0, 3)
    assert picture.told(5).made.negative


def test_tiles_are_put_into_words_when_they_are_asked_about_for_a_layer_may_have_26000(pictures, draw, monkeypatch):
    for unit in range(5):
        pictures.add(unit=unit)
    made, make = [], synthesized.made_of
    monkeypatch.setattr(synthesized, "made_of", lambda *given, **more: made.append(1) or make(*given, **more))
    picture, _ = draw()
    assert made == []
    assert picture.told(1).made.recipe == DEFAULT_RECIPE
    assert made == [1]


def test_a_grid_compares_nothing_with_a_stale_scan(pictures, gallery, draw):
    fresh, gallery.identity = gallery.identity, replace(gallery.identity, weights_sha256="bb")
    gallery.scan()
    gallery.identity = fresh
    pictures.add(value=25.0, natural_ratio=4.0)
    assert draw()[0].told(1).made.natural_ratio == 4.0


def test_a_picture_whose_value_is_unknown_has_none_in_the_grid(pictures, draw):
    pictures.add(value=None)
    assert np.isnan(draw()[0].told(1).value)


def test_where_there_is_no_picture_the_page_says_how_to_make_one(pictures, page_of):
    pictures.add(unit=2)
    assert "deepvis synthesize --model tiny --layers body --units 1" in page_of().notes["synthesized"]
    assert "synthesized" not in page_of(2).notes


def test_the_grid_shows_each_units_best_picture_and_counts_the_units_without(pictures, draw):
    pictures.add(unit=1, recipe="bn-prior", gray=10)
    pictures.add(unit=1, gray=120)
    pictures.add(unit=4, gray=200, where="packaged")
    pictures.add(unit=5, negative=True)
    picture, tiles = draw()
    for unit, gray in ((1, 120), (4, 200)):
        rect = picture.layout.rect_of(unit)
        center = picture.bgrx[int(rect.top + rect.height / 2), int(rect.left + rect.width / 2), :3]
        assert (center == gray).all()
    assert (picture.missing, picture.complete) == (4, True)
    assert tiles.values(6).tolist() == [-np.inf, 20.0, -np.inf, -np.inf, 20.0, -np.inf]


def test_the_grid_of_all_pictures_shows_several_in_a_tile(pictures, draw):
    for seed in range(3):
        pictures.add(seed=seed, gray=60 + 60 * seed)
    pictures.add(recipe="x, negative", negative=True, gray=250)
    picture, tiles = draw(all_patterns=True)
    rect = picture.layout.rect_of(1)
    tile = picture.bgrx[int(rect.top) : int(rect.bottom), int(rect.left) : int(rect.right), 0]
    assert (tiles.across, tiles.down) == (2, 2)
    half = tile.shape[0] // 2
    corners = [tile[half // 2, half // 2], tile[half // 2, -half // 2], tile[-half // 2, half // 2]]
    assert corners == [60, 120, 180]
    assert tile[-half // 2, -half // 2] == 250
