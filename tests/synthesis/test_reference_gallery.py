"""Natural pictures of a unit out of a gallery: which, and what of them is shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.gallery.histogram import BINS
from deepvis.gallery.records import JobRecord, ModelIdentity
from deepvis.gallery.rows import ExemplarRows, FileRow, LayerRows, StatisticsRows
from deepvis.gallery.writer import GalleryWriter
from deepvis.records import LayerInfo, Rect
from deepvis.sources.encode import encode_png
from deepvis.synthesis.recipe import Recipe
from deepvis.synthesis.reference_gallery import GalleryReferences, window
from deepvis.synthesis.references import ReferenceWish, reference_facts
from deepvis.synthesis.registry import Piece

LAYER = LayerInfo("act2", "ReLU", 3, 6, 6)
FILES = 4
SIZE = (12, 12)


def gray(file):
    return 20 + 50 * file


def scan(path, loaded, *, layer=LAYER, hash_text="scan", finished=True, sha256=None, missing=()):
    """A scan of four plain pictures of 48 x 64: unit u was excited most by file u, then by the next ones."""
    identity = ModelIdentity(loaded.name, sha256 or loaded.weights_sha256, loaded.preprocessing.identity())
    with GalleryWriter(path, loaded.name) as writer, writer.transaction():
        job = writer.begin_job(JobRecord(0, "scan", hash_text, identity, "/photos", samples=FILES))
        writer.write_files(job, [FileRow(number, f"{number}.png", 48, 64, None) for number in range(FILES)])
        for row in writer.files_without_picture(job):
            if row.number not in missing:
                writer.store_picture(row.id, encode_png(np.full((24, 32, 3), gray(row.number), np.uint8)))
        writer.write_layer(job, rows(layer))
        if finished:
            writer.finish_job(job)
    return path


def rows(layer):
    kind, unit, rank = (each.ravel() for each in np.meshgrid((0, 1), range(layer.units), range(3), indexing="ij"))
    exemplars = ExemplarRows(
        kind=kind,
        unit=unit,
        rank=rank,
        sample=np.where(kind == 0, unit + rank, FILES - 1 - rank) % FILES,
        value=(9.0 - rank).astype(np.float32),
        row=rank,
        column=rank,
        box=np.tile((4, 8, 20, 20), (len(kind), 1)),
    )
    ones = np.ones(layer.units)
    whole = np.ones(layer.units, np.int64)
    histogram = np.zeros((layer.units, BINS), np.int64)
    figures = StatisticsRows(whole, ones, ones, ones, ones, ones, ones, 0 * whole, histogram)
    return LayerRows(layer, figures, exemplars)


@pytest.fixture
def loaded(engine):
    return replace(engine.loaded, weights_sha256="aa")


@pytest.fixture
def gallery(tmp_path, loaded):
    return scan(tmp_path / "one.sqlite", loaded)


def grays(pictures):
    return [int(picture.mean()) for picture in pictures]


def wish(unit=0, **changes):
    return replace(ReferenceWish("act2", unit, 9, SIZE), **changes)


def test_the_best_exemplars_come_first_and_no_more_than_wanted(gallery, loaded):
    found = GalleryReferences([gallery], loaded)
    pictures = found.find(wish(1))
    assert pictures.shape == (3, *SIZE, 3)
    assert pictures.dtype == np.uint8
    assert grays(pictures) == [gray(1), gray(2), gray(3)]
    assert grays(found.find(wish(1, count=2))) == [gray(1), gray(2)]


def test_what_excites_a_unit_least_comes_on_request(gallery, loaded):
    assert grays(GalleryReferences([gallery], loaded).find(wish(negative=True))) == [gray(3), gray(2), gray(1)]


def test_a_picture_that_is_not_stored_is_left_out(tmp_path, loaded):
    path = scan(tmp_path / "some.sqlite", loaded, missing=(1,))
    assert grays(GalleryReferences([path], loaded).find(wish(0))) == [gray(0), gray(2)]


@pytest.mark.parametrize("changes", [{"finished": False}, {"sha256": "bb"}])
def test_a_scan_that_is_unfinished_or_of_other_weights_says_nothing(tmp_path, loaded, gallery, changes):
    other = scan(tmp_path / "other.sqlite", loaded, hash_text="other", **changes)
    alone = GalleryReferences([other], loaded)
    assert len(alone.find(wish())) == 0
    assert alone.digest() == ""
    both, one = GalleryReferences([other, gallery], loaded), GalleryReferences([gallery], loaded)
    assert grays(both.find(wish())) == grays(one.find(wish()))
    assert both.digest() == one.digest()


def test_units_and_layers_that_nobody_scanned_have_none(gallery, loaded):
    found = GalleryReferences([gallery], loaded)
    assert found.find(wish(layer="head")).shape == (0, *SIZE, 3)
    assert len(found.find(wish(5))) == 0
    assert GalleryReferences([], loaded).digest() == ""


def test_another_scan_is_another_digest(tmp_path, gallery, loaded):
    other = scan(tmp_path / "other.sqlite", loaded, hash_text="other")
    digests = [GalleryReferences(paths, loaded).digest() for paths in ([gallery], [other], [gallery, other])]
    assert digests[0] == digests[2] != digests[1]


def test_only_recipes_that_compare_with_natural_pictures_depend_on_the_scan(gallery, loaded):
    found, plain = GalleryReferences([gallery], loaded), Recipe("plain")
    matched = plain.changed(regularizers=(Piece("feature-distribution"),))
    assert reference_facts(plain, found) == {}
    assert reference_facts(matched, None) == {}
    expected = {"references": found.digest()}
    assert reference_facts(matched, found) == expected
    assert reference_facts(plain.changed(for_classes=matched), found) == expected


@pytest.mark.parametrize(
    ("box", "size", "expected"),
    [
        # a small box: the middle of it, at the network's scale of half a pixel per pixel
        (Rect(40, 60, 20, 20), (30, 30), Rect(20, 40, 60, 60)),
        # at the edge it is moved into the picture
        (Rect(0, 180, 20, 20), (30, 30), Rect(0, 140, 60, 60)),
        # a large box is seen whole
        (Rect(10, 20, 80, 60), (30, 30), Rect(10, 10, 80, 80)),
        # nothing is larger than the picture
        (Rect(0, 0, 100, 200), (30, 30), Rect(0, 50, 100, 100)),
        (Rect(0, 0, 100, 200), (20, 30), Rect(0, 25, 100, 150)),
    ],
)
def test_a_picture_shows_what_the_unit_sees_at_the_scale_of_the_network(box, size, expected):
    assert window(box, (100, 200), (0.5, 0.5), size) == expected


def test_a_stretched_picture_is_cut_in_its_own_proportions():
    assert window(Rect(40, 40, 0, 0), (100, 200), (0.5, 0.25), (20, 20)) == Rect(20, 0, 40, 80)


def test_a_part_of_a_picture_is_cut_where_the_exemplar_is(tmp_path, loaded):
    rgb = np.zeros((48, 64, 3), np.uint8)
    rgb[4:24, 8:28] = 250
    path = scan(tmp_path / "part.sqlite", loaded, missing=range(FILES))
    with GalleryWriter(path, loaded.name) as writer, writer.transaction():
        for row in writer.files_without_picture(1):
            writer.store_picture(row.id, encode_png(rgb))
    # the network sees the short side of 48 pixels as 27: the 20 pixels of the box are 11 of its own
    picture = GalleryReferences([path], loaded).find(wish(size=(11, 11)))[0]
    assert picture.mean() > 240
    wider = GalleryReferences([path], loaded).find(wish(size=(24, 24)))[0]
    assert 0.15 < (wider > 125).mean() < 0.35
