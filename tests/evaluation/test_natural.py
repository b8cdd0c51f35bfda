from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from deepvis.evaluation.errors import EvaluationError
from deepvis.evaluation.natural import MOST_PHOTOGRAPHS, Photographs, Scanned, read_photographs, square
from deepvis.evaluation.picture_figures import figures_of
from deepvis.evaluation.response import LayerAnswers
from deepvis.gallery.files import packaged_gallery
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ModelIdentity
from deepvis.models.engine import build_engine
from deepvis.places import images_dir
from deepvis.records import ModelRequest
from deepvis.synthesis.natural_images import NaturalStatistics

NATURAL = NaturalStatistics.built_in()


@pytest.fixture(scope="module")
def default_engine():
    return build_engine(ModelRequest(), progress=lambda *_: None, canceled=lambda: False)


def identity_of(engine, **changed):
    loaded = engine.loaded
    values = {
        "model": loaded.name,
        "weights_sha256": loaded.weights_sha256,
        "preprocessing": loaded.preprocessing.identity(),
    }
    return ModelIdentity(**{**values, **changed})


def test_a_picture_becomes_its_central_square(noise):
    rgb = np.concatenate([np.zeros((20, 10, 3), np.uint8), noise(20), np.zeros((20, 10, 3), np.uint8)], 1)
    assert np.array_equal(square(rgb, 20), noise(20))
    assert square(rgb, 7).shape == (7, 7, 3)


def test_photographs_are_compared_at_the_size_of_the_pictures(noise):
    pictures = [noise(64, seed) for seed in range(3)]
    photographs = Photographs(pictures, NATURAL, "noise")
    for size in (64, 32):
        expected = sorted(figures_of(square(picture, size), NATURAL).variation for picture in pictures)[1]
        assert photographs.usual("variation", size) == pytest.approx(expected)
    assert photographs.usual("variation", 64) > photographs.usual("variation", 32)


def test_the_demo_reels_photographs_have_the_spectrum_of_natural_pictures():
    photographs = read_photographs(images_dir(), NATURAL)
    assert photographs.count == 8
    assert -1.9 < photographs.usual("slope", 224) < -0.9


def test_a_folder_gives_what_can_be_read_and_of_many_an_even_spread(tmp_path, noise):
    for number in range(MOST_PHOTOGRAPHS + 20):
        Image.fromarray(noise(8, number)).save(tmp_path / f"{number}.png")
    (tmp_path / "0.png").write_bytes(b"no image")
    assert read_photographs(tmp_path, NATURAL).count == (MOST_PHOTOGRAPHS + 20) // 2 - 1


@pytest.mark.parametrize("made", [True, False])
def test_a_folder_without_images_is_refused(tmp_path, made):
    folder = tmp_path / "folder"
    if made:
        folder.mkdir()
    with pytest.raises(EvaluationError, match=f"no image in {folder}"):
        read_photographs(folder, NATURAL)


def test_natural_maxima_come_from_the_gallery(default_engine):
    path = packaged_gallery("efficientnet_lite0")
    best = Scanned(path, identity_of(default_engine)).best("blocks.3.2")
    with GalleryReader(path) as gallery:
        assert np.array_equal(best.maxima, gallery.layer("blocks.3.2").maximum)
        assert best.samples == gallery.layer("blocks.3.2").count


def test_a_gallery_says_nothing_about_other_layers_or_other_weights(default_engine):
    path = packaged_gallery("efficientnet_lite0")
    assert Scanned(path, identity_of(default_engine)).best("conv_stem") is None
    other = Scanned(path, identity_of(default_engine, weights_sha256="another"))
    assert other.best("blocks.3.2") is None
    assert other.exemplar(default_engine.info(), "blocks.3.2", 3, 64) is None


def test_a_gallery_of_another_model_is_refused(default_engine):
    with pytest.raises(EvaluationError, match="is the gallery of efficientnet_lite0, not of other"):
        Scanned(packaged_gallery("efficientnet_lite0"), identity_of(default_engine, model="other"))


@pytest.mark.parametrize("layer", ["blocks.1.1", "blocks.3.2", "blocks.5.3"])
def test_an_exemplar_excites_its_unit_about_as_much_as_in_the_scan(default_engine, layer):
    scanned = Scanned(packaged_gallery("efficientnet_lite0"), identity_of(default_engine))
    maxima = scanned.best(layer).maxima
    units = list(range(0, 24, 3))
    pictures = [scanned.exemplar(default_engine.info(), layer, unit, 224)[0] for unit in units]
    peaks = LayerAnswers(default_engine, layer, 224).peaks(pictures)
    ratios = [peaks[place, unit] / maxima[unit] for place, unit in enumerate(units)]
    # cut anew, so a little is lost; other units' exemplars reach half
    assert np.median(ratios) > 0.75
    exchanged = [peaks[place - 1, unit] / maxima[unit] for place, unit in enumerate(units)]
    assert np.median(ratios) > np.median(exchanged) + 0.1
