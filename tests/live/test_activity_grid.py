"""The grid of every unit's histogram, out of a gallery."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.gallery.histogram import BINS, ZERO_BIN
from deepvis.gallery.layer_histograms import LayerHistograms
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.writer import GalleryWriter
from deepvis.live.activity_grid import SILENT_COLORS, ActivityGrids
from deepvis.live.errand import Errand, Superseded
from deepvis.live.gallery_shelf import GalleryShelf
from deepvis.live.layer_pages import LayerPages
from deepvis.records import GridView, Sort, Stage

PANE = GridView(height=120, width=160)


def drawn(scanned, errand=None, **changes):
    gallery, shelf = scanned
    layer = gallery.info.layers[1]
    found = LayerPages(gallery.running, shelf).record(layer)
    view = gallery.view(stage=Stage.ACTIVITY, unit_histograms=True, grid=replace(PANE, **changes))
    return ActivityGrids().draw(view, layer, found, errand or Errand())


def tile_of(picture, unit):
    index = int(np.flatnonzero(picture.layout.units == unit)[0])
    rect = picture.layout.rect_of_index(index)
    rows, columns = slice(int(rect.top), int(rect.bottom)), slice(int(rect.left), int(rect.right))
    return picture.bgrx[rows, columns, 2::-1]


def has_red(tile):
    return (tile == SILENT_COLORS[0]).all(axis=2).any()


def sparse_layer(made_rows):
    """Unit 2 is silent on half of the images, nothing was counted of unit 5, and unit 3 never answers."""
    counts = np.zeros((6, BINS), np.int64)
    counts[:, ZERO_BIN + 100] = 20
    counts[2, ZERO_BIN] = 20
    counts[5] = 0
    figures = replace(made_rows.statistics, histogram=counts, maximum=np.array([1.0, 5, 2, 0, 4, 3]))
    return replace(made_rows, statistics=figures)


@pytest.fixture
def scanned(gallery, monkeypatch):
    write = GalleryWriter.write_layer
    monkeypatch.setattr(GalleryWriter, "write_layer", lambda self, job, rows: write(self, job, sparse_layer(rows)))
    gallery.scan()
    shelf = GalleryShelf("tiny", gallery.folder, lambda text: None)
    shelf.look()
    yield gallery, shelf
    for opened in shelf.galleries:
        opened.reader.close()


def test_histograms_come_back_in_the_order_asked_for(gallery):
    gallery.scan()
    with GalleryReader(gallery.path) as reader:
        found = LayerHistograms(reader, "body")
    counts = found.counts(np.array([4, 0, 77]))
    assert counts[:, BINS // 2 + 100].tolist() == [40, 40, 0]
    assert found.nbytes > 0


def test_every_unit_has_a_tile_and_silent_images_are_red(scanned):
    picture = drawn(scanned)
    assert picture.bgrx.shape == (120, 160, 4)
    assert picture.layout.units.tolist() == list(range(6))
    assert [has_red(tile_of(picture, unit)) for unit in range(6)] == [False, False, True, False, False, False]


def test_a_unit_of_which_nothing_was_counted_is_empty_and_counted(scanned):
    picture = drawn(scanned)
    assert picture.missing == 1
    assert (tile_of(picture, 5) == PANE.background).all()
    assert not (tile_of(picture, 0) == PANE.background).all()


def test_tiles_are_sorted_and_dead_units_left_out_by_the_data_set(scanned):
    assert drawn(scanned, sort=Sort.MAXIMUM).layout.units.tolist() == [1, 4, 5, 2, 0, 3]
    assert drawn(scanned, hide_dead=True).layout.units.tolist() == [0, 1, 2, 4, 5]
    # what a tile shows goes with its unit
    sorted_picture = drawn(scanned, sort=Sort.MAXIMUM)
    assert [has_red(tile_of(sorted_picture, unit)) for unit in (1, 2)] == [False, True]


def test_a_newer_wish_ends_the_drawing(scanned):
    with pytest.raises(Superseded):
        drawn(scanned, Errand(lambda: True))


def test_a_large_tile_has_no_more_columns_than_a_histogram_has_bars(scanned):
    tile = tile_of(drawn(scanned, zoom=3.0, center_row=0.0, center_column=0.0), 0)
    (used,) = np.nonzero((tile != PANE.background).any(axis=(0, 2)))
    changes = np.flatnonzero(np.diff(tile[-1].astype(int).sum(axis=1)))
    assert tile.shape[1] > 100
    assert len(used)
    assert len(changes) <= 50
