"""Pages of units, made from a gallery with known pictures."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from deepvis.gallery.records import ImageKind, JobRecord, SimilarUnit
from deepvis.gallery.rows import ImageRow
from deepvis.gallery.writer import GalleryWriter
from deepvis.live.crop_pictures import CropPictures
from deepvis.live.errand import Errand, Superseded
from deepvis.live.gallery_shelf import GalleryShelf
from deepvis.live.page_maker import PageMaker
from deepvis.records import ModelRequest, Rect, UnitId
from deepvis.sources.encode import encode_jpeg


@pytest.fixture
def shelf(gallery):
    made = GalleryShelf("tiny", gallery.folder, lambda text: None)
    yield made
    made.close()


@pytest.fixture
def page_of(gallery, shelf):
    def make(unit=1, layer="body", errand=None, running=gallery.running):
        shelf.look()
        maker = PageMaker(running, shelf, CropPictures())
        return maker.make(gallery.info.layer(layer), unit, errand or Errand())

    return make


def test_exemplars_are_crops_of_the_right_images_with_their_values(gallery, page_of, color_of):
    gallery.scan()
    for unit in (0, 1):
        page = page_of(unit)
        assert page.unit == UnitId("tiny", "body", unit)
        assert [picture.value for picture in page.exemplars] == [10.0 - rank for rank in range(9)]
        for rank, picture in enumerate(page.exemplars):
            file = (unit + rank) % 12
            assert picture.rgb.shape == (60, 40, 3)
            np.testing.assert_allclose(picture.rgb.reshape(-1, 3).mean(0), color_of(unit, file), atol=6)
            assert picture.title == f"{file:02d}.png"
            assert picture.label == ("cat", "dog")[file % 2]
            assert picture.position == (unit, rank % 5)
            assert picture.whole_rgb.shape == (60, 80, 3)
            assert picture.box == Rect(0, 40 * unit, 60, 40)
            np.testing.assert_array_equal(picture.source_rgb, picture.whole_rgb)


def test_minima_and_random_examples_come_in_their_order(gallery, page_of):
    gallery.scan()
    page = page_of()
    assert [picture.value for picture in page.minima] == [rank - 10.0 for rank in range(9)]
    assert len(page.quantiles) == 15
    assert [page.quantiles[index].band for index in (0, 3, 14)] == [(0.0, 0.25), (0.25, 0.5), (0.95, 1.0)]


def test_figures_classes_and_similar_units_are_on_the_page(gallery, page_of, color_of):
    gallery.scan()
    page = page_of(1)
    assert page.statistics.count == 40
    assert page.histogram.total == 40
    assert [(row.name, row.mean) for row in page.classes] == [("dog", 2.0), ("cat", 1.0)]
    assert [item.similar.unit for item in page.similar] == [2, 3]
    assert page.similar[0].similar == SimilarUnit(2, pytest.approx(0.9, abs=0.01))
    np.testing.assert_allclose(page.similar[0].rgb.reshape(-1, 3).mean(0), color_of(2, 2), atol=6)
    assert page.stale == ""
    assert page.origin.startswith("40 images of photos, ")
    assert set(page.notes) == {"synthesized", "attribution"}


def test_an_image_file_that_still_exists_is_what_opens(gallery, page_of, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "01.png").write_bytes(b"")
    gallery.scan(root=photos)
    first, second = page_of(1).exemplars[:2]
    assert (first.path, first.source_rgb) == (photos / "01.png", None)
    assert second.source_rgb is not None


def test_an_image_that_is_nowhere_any_more_leaves_its_value(gallery, page_of):
    gallery.scan(pictures=0)
    picture = page_of(1).exemplars[0]
    assert picture.value == 10.0
    assert picture.title == "01.png (no longer there)"
    assert picture.whole_rgb is None
    assert np.ptp(picture.rgb) == 0


def test_without_a_gallery_every_part_says_which_command_fills_it(page_of):
    page = page_of()
    for part in ("exemplars", "minima", "quantiles", "histogram", "classes", "similar"):
        assert "deepvis scan --images FOLDER --model tiny" in page.notes[part]
        assert "button" in page.notes[part]
    assert page.exemplars == ()
    assert page.statistics is None


def test_a_layer_that_was_left_out_says_how_to_scan_it(gallery, page_of):
    gallery.scan()
    note = page_of(layer="stem").notes["exemplars"]
    assert "left out the layer stem" in note
    assert "deepvis scan --images FOLDER --model tiny --layers stem" in note


def test_the_command_names_the_model_as_it_was_asked_for(gallery, page_of):
    running = replace(gallery.running, request=ModelRequest("my nets.py:make", weights="random"))
    assert "--model 'my nets.py:make' --weights random" in page_of(running=running).notes["exemplars"]


def test_minima_that_are_all_the_same_are_not_shown(gallery, page_of):
    gallery.scan(level_minima=True)
    page = page_of()
    assert page.minima == ()
    assert "never below zero" in page.notes["minima"]


def test_missing_classes_and_correlations_say_why(gallery, page_of):
    gallery.scan(more={"classes": False, "similar": False})
    page = page_of()
    assert "one folder per class" in page.notes["classes"]
    assert "not computed for this layer" in page.notes["similar"]


def test_results_of_other_weights_are_shown_with_a_warning(gallery, page_of):
    gallery.scan()
    other = replace(gallery.running, info=replace(gallery.info, weights_sha256="bb"))
    page = page_of(running=other)
    assert len(page.exemplars) == 9
    assert "other weights" in page.stale


def test_stored_pictures_of_a_unit_stand_in_their_own_parts(gallery, page_of, make_picture):
    gallery.scan()
    smooth = np.full((40, 50, 3), 90, np.uint8)
    with GalleryWriter(gallery.path, "tiny") as writer:
        job = writer.begin_job(JobRecord(0, "import", "", gallery.identity))
        box = {"box": [5, 10, 20, 30], "title": "camera 0, 10:00:00"}
        for rank, value in ((0, 1.0), (1, 3.0)):
            row = ImageRow("body", 1, ImageKind.SESSION, encode_jpeg(smooth), 40, 50, rank, value, metadata=box)
            writer.add_image(job, row)
        data = encode_jpeg(make_picture(300, 200))
        writer.add_image(job, ImageRow("body", 1, ImageKind.SYNTHESIS, data, 300, 200, recipe="yosinski"))
    page = page_of()
    assert [picture.value for picture in page.kept] == [3.0, 1.0]
    assert page.kept[0].rgb.shape == (20, 30, 3)
    assert page.kept[0].box == Rect(5, 10, 20, 30)
    assert page.kept[0].title == "camera 0, 10:00:00"
    (made,) = page.synthesized
    assert made.rgb.shape == (160, 107, 3)
    assert made.title == "yosinski"
    assert math.isnan(made.value)
    assert "synthesized" not in page.notes


def test_imported_pictures_stand_where_nothing_was_scanned(gallery, page_of, make_picture):
    with GalleryWriter(gallery.path, "tiny") as writer:
        writer.add_layer(gallery.info.layer("body"))
        job = writer.begin_job(JobRecord(0, "import", "", gallery.identity))
        writer.add_image(job, ImageRow("body", 1, ImageKind.MAXIMUM, encode_jpeg(make_picture(30, 40)), 30, 40))
    page = page_of()
    assert len(page.exemplars) == 1
    assert "exemplars" not in page.notes
    assert "deepvis scan" in page.notes["histogram"]


def test_a_newer_wish_ends_the_work_between_two_pictures(gallery, page_of):
    gallery.scan()
    asked = []

    def newer():
        asked.append(1)
        return len(asked) > 4

    with pytest.raises(Superseded):
        page_of(errand=Errand(newer))
    assert len(asked) == 5


def test_a_slow_page_is_shown_in_parts(gallery, shelf):
    gallery.scan()
    shelf.look()
    shown = []
    maker = PageMaker(gallery.running, shelf, CropPictures())
    page = maker.make(gallery.info.layer("body"), 1, Errand(show_every_s=0), shown.append)
    assert [len(part.exemplars) for part in shown[:9]] == list(range(1, 10))
    assert all("exemplars" not in part.notes for part in shown)
    assert len(shown[-1].exemplars) == len(page.exemplars) == 9
