"""The mosaic of what excites each unit most."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.gallery.records import ImageKind, JobRecord
from deepvis.gallery.rows import ImageRow
from deepvis.gallery.writer import GalleryWriter
from deepvis.imaging.tiling import lay_out
from deepvis.live.crop_pictures import CropPictures
from deepvis.live.errand import Errand, Superseded
from deepvis.live.gallery_shelf import OpenGallery
from deepvis.live.pattern_grid import PatternGrid
from deepvis.live.pattern_tiles import LayerTiles
from deepvis.records import GridView, Sort, Stage
from deepvis.sources.encode import encode_jpeg

BACKGROUND, GAP = (10, 20, 30), (70, 80, 90)
GRID = GridView(120, 160, background=BACKGROUND, gap=GAP)


@pytest.fixture
def draw(gallery):
    """Draw the layer `body`; keyword arguments change the grid."""
    opened = []

    def make(*, lowest=False, all_patterns=False, errand=None, shown=None, pictures=None, **grid):
        view = gallery.view(
            stage=Stage.MINIMA if lowest else Stage.EXEMPLARS, all_patterns=all_patterns, grid=replace(GRID, **grid)
        )
        layer = gallery.info.layer("body")
        opened.append(OpenGallery(gallery.path, packaged=False))
        tiles = LayerTiles(opened[-1], "body", layer.units, lowest=lowest, all_patterns=all_patterns)
        record = opened[-1].reader.layer("body")
        shows = [] if shown is None else shown
        grid = PatternGrid(view, layer, tiles, record)
        return grid.draw(pictures or CropPictures(), errand or Errand(), shows.append)

    yield make
    for one in opened:
        one.reader.close()


def color(picture, row, column):
    return picture.bgrx[int(row), int(column), 2::-1].astype(int)


def middle(rect):
    return rect.top + rect.height / 2, rect.left + rect.width / 2


def test_each_tile_shows_its_units_best_exemplar(gallery, draw, color_of):
    gallery.scan()
    picture = draw()
    expected = lay_out(np.arange(6), 1, 1, GRID)
    assert picture.layout.columns == expected.columns
    assert picture.bgrx.shape == (120, 160, 4)
    assert (picture.bgrx[..., 3] == 255).all()
    for unit in range(6):
        rect = picture.layout.rect_of(unit)
        assert rect == expected.rect_of(unit)
        np.testing.assert_allclose(color(picture, *middle(rect)), color_of(unit, unit), atol=6)
        for row, column in ((rect.top, rect.left), (rect.bottom - 1, rect.right - 1)):
            np.testing.assert_allclose(color(picture, row, column), color_of(unit, unit), atol=6)
        assert tuple(color(picture, rect.top - 1, rect.left)) == GAP
    assert picture.complete
    assert picture.missing == 0


def test_minimum_images_fill_the_grid_and_the_lowest_unit_comes_first(gallery, draw):
    gallery.scan(more={"depths": (0, 3, 5, 1, 4, 2)})
    picture = draw(lowest=True, sort=Sort.MAXIMUM)
    assert picture.layout.units.tolist() == [2, 4, 1, 5, 3, 0]
    assert picture.missing == 0


def test_units_that_many_images_leave_at_one_value_have_no_minimum_image(gallery, draw):
    gallery.scan(level_minima=True)
    assert draw(lowest=True).missing == 6
    assert draw().missing == 0


def test_of_exemplars_the_grid_tells_nothing_more(gallery, draw):
    gallery.scan()
    assert [draw().told(unit) for unit in range(6)] == [None] * 6


def test_beside_the_tiles_is_background_and_no_lines_pretend_cells(gallery, draw):
    gallery.scan()
    picture = draw(height=100, width=400, zoom=1.0)
    canvas = picture.layout.canvas
    assert tuple(color(picture, 50, canvas.left - 1)) == BACKGROUND
    picture = draw(height=100, width=130, hide_dead=True)
    assert picture.layout.columns == 3  # and 5 units
    last = picture.layout.rect_of_index(4)
    assert tuple(color(picture, last.top + 1, last.right + 3)) == BACKGROUND


def test_a_unit_without_picture_gets_an_empty_tile_and_is_counted(gallery, draw):
    gallery.scan(pictures=4)
    picture = draw()
    assert picture.missing == 2
    row, column = middle(picture.layout.rect_of(5))
    assert tuple(color(picture, row, column)) == BACKGROUND


def test_all_exemplars_of_a_unit_share_its_tile(gallery, draw, color_of):
    gallery.scan()
    picture = draw(all_patterns=True)
    rect = picture.layout.rect_of(2)
    part = rect.height // 3
    for rank in range(9):
        row, column = divmod(rank, 3)
        place = rect.top + (row + 0.5) * part, rect.left + (column + 0.5) * part
        np.testing.assert_allclose(color(picture, *place), color_of(2, 2 + rank), atol=8)


def test_few_exemplars_stand_in_the_middle_of_a_tile_that_is_empty_around_them(gallery, draw, monkeypatch, color_of):
    monkeypatch.setattr("deepvis.live.pattern_tiles.MOST_PER_UNIT", 6)
    gallery.scan()
    picture = draw(all_patterns=True)
    rect = picture.layout.rect_of(2)
    part = rect.height // 3
    for rank in range(6):
        row, column = divmod(rank, 3)
        place = rect.top + (row + 1.0) * part, rect.left + (column + 0.5) * part
        np.testing.assert_allclose(color(picture, *place), color_of(2, 2 + rank), atol=8)
    for row in (rect.top + 1, rect.bottom - 2):
        assert tuple(color(picture, row, rect.left + part)) == BACKGROUND


def test_zoomed_tiles_are_cut_by_the_pane(gallery, draw, color_of):
    gallery.scan()
    for zoom in (3.0, 40.0):
        picture = draw(zoom=zoom, center_row=0.3, center_column=0.9)
        rows, columns = picture.layout.visible()
        for row in rows:
            for column in columns:
                unit = row * picture.layout.columns + column
                rect = picture.layout.rect_of_index(unit)
                inside = max(0, min(119, rect.top + 1)), max(0, min(159, rect.right - 2))
                np.testing.assert_allclose(color(picture, *inside), color_of(unit, unit), atol=6)


def test_only_visible_tiles_are_decoded(gallery, draw):
    gallery.scan()
    pictures = CropPictures()
    cut = []
    tile = pictures.tile
    pictures.tile = lambda key, side, make: cut.append(key) or tile(key, side, make)
    picture = draw(pictures=pictures, zoom=40.0, center_row=0, center_column=0)
    assert len(cut) == 1
    assert picture.layout.visible() == (range(1), range(1))


def test_order_and_dead_units_are_those_of_the_data_set(gallery, draw):
    gallery.scan()
    assert draw(sort=Sort.MEAN).layout.units.tolist() == list(range(6))
    assert draw(sort=Sort.MAXIMUM).layout.units.tolist() == list(range(6))
    assert draw(hide_dead=True).layout.units.tolist() == [0, 1, 2, 4, 5]


def test_a_long_drawing_is_shown_in_parts_and_given_up_for_a_newer_one(gallery, draw):
    gallery.scan()
    shown = []
    picture = draw(errand=Errand(show_every_s=0), shown=shown)
    assert [part.complete for part in shown] == [False] * 6
    np.testing.assert_array_equal(shown[-1].bgrx, picture.bgrx)
    assert not np.array_equal(shown[0].bgrx, picture.bgrx)
    with pytest.raises(Superseded):
        draw(errand=Errand(lambda: True))


def test_a_gallery_of_pictures_alone_has_a_pattern_grid_too(gallery, draw):
    with GalleryWriter(gallery.path, "tiny") as writer:
        writer.add_layer(gallery.info.layer("body"))
        job = writer.begin_job(JobRecord(0, "import", "", gallery.identity))
        plain = np.full((30, 40, 3), (200, 100, 50), np.uint8)
        writer.add_image(job, ImageRow("body", 4, ImageKind.MAXIMUM, encode_jpeg(plain), 30, 40))
    picture = draw()
    np.testing.assert_allclose(color(picture, *middle(picture.layout.rect_of(4))), (200, 100, 50), atol=4)
    assert picture.missing == 5
