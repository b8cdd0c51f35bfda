"""The gallery that comes with DeepVis fits the network and the photographs that come with it."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.gallery.files import packaged_gallery
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ImageKind, ModelIdentity
from deepvis.models.engine import build_engine
from deepvis.places import assets_dir, images_dir
from deepvis.records import SOFTMAX, ModelRequest
from deepvis.sources.decode import decode_image
from deepvis.synthesis.recipes import DEFAULT_RECIPE

MOST_BYTES = 5_000_000
MOST_BYTES_OF_PHOTOGRAPHS = 1_000_000


@pytest.fixture(scope="module")
def info():
    return build_engine(ModelRequest(), progress=lambda *_: None, canceled=lambda: False).info()


@pytest.fixture
def gallery():
    path = packaged_gallery(ModelRequest().name)
    assert path is not None
    with GalleryReader(path) as reader:
        yield reader


def test_it_knows_every_layer_that_is_shown_and_is_not_stale(gallery, info):
    identity = ModelIdentity(info.name, info.weights_sha256, info.preprocessing)
    for layer in info.shown_layers():
        record = gallery.layer(layer.name, identity)
        assert record is not None, layer.name
        assert record.stale == ""
        assert record.units == layer.units


def test_a_unit_has_exemplars_with_pictures_from_the_photographs_beside_it(gallery):
    record = gallery.unit("blocks.4.1", 37)
    assert len(record.exemplars) == 6
    values = [exemplar.value for exemplar in record.exemplars]
    assert values == sorted(values, reverse=True)
    for exemplar in (*record.exemplars, *record.minima, *record.quantiles):
        assert exemplar.path.parent == images_dir()
        assert exemplar.path.is_file()
        picture = gallery.picture(exemplar.file)
        rgb = decode_image(picture.data, exemplar.path.name)
        assert np.isclose(rgb.shape[0] / rgb.shape[1], picture.height / picture.width, rtol=0.02)


def test_nothing_of_the_machine_that_made_it_is_in_it():
    data = packaged_gallery(ModelRequest().name).read_bytes()
    for part in (b"/home/", b"/root/", b"/work/", b"/Users/", b"/tmp/"):
        assert part not in data


def test_units_of_every_layer_and_50_classes_have_synthesized_pictures_of_the_default_recipe(gallery, info):
    identity = ModelIdentity(info.name, info.weights_sha256, info.preprocessing)
    for layer in info.shown_layers():
        pictures = gallery.unit_images(layer.name, ImageKind.SYNTHESIS, identity)
        least = 50 if layer.is_classes and layer.name != SOFTMAX else 5
        assert len(pictures) >= least, layer.name
        for image in (picture for several in pictures.values() for picture in several):
            assert image.recipe == DEFAULT_RECIPE
            assert not image.metadata.get("stale")
            assert not image.metadata.get("reason")
            # a scan measures behind the softmax, a synthesis before it
            assert layer.name == SOFTMAX or image.metadata["natural_ratio"] >= 0.999


def test_gallery_and_photographs_stay_small():
    assert sum(path.stat().st_size for path in (assets_dir() / "gallery").iterdir()) < MOST_BYTES
    assert sum(path.stat().st_size for path in (assets_dir() / "images").iterdir()) < MOST_BYTES_OF_PHOTOGRAPHS


def test_reading_it_leaves_no_files_beside_it(gallery):
    gallery.unit("softmax", 0)
    assert {path.suffix for path in (assets_dir() / "gallery").iterdir()} <= {".sqlite", ".md"}
