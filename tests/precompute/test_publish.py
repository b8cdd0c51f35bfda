"""What a position sees, in pixels of the image file."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis.gallery.reader import GalleryReader
from deepvis.models.engine import build_engine
from deepvis.models.samples import SampleRecipe
from deepvis.records import Fit, Rect
from deepvis.sources.decode import read_image

HEIGHT, WIDTH = 32, 48


@pytest.fixture
def of_one_size(photographs, tmp_path):
    """Images that need no resize, so that a pixel of the file is one of the network's input."""
    folder = tmp_path / "exact"
    folder.mkdir()
    for number, path in enumerate(sorted(photographs.rglob("*.*"))[:6]):
        Image.open(path).convert("RGB").resize((WIDTH, HEIGHT)).save(folder / f"{number}.png")
    return folder


def gradient_extent(network, preprocessing, path, layer, one):
    """Rows and columns of the image on which the recorded value depends, by its gradient."""
    seen = []
    handle = dict(network.named_modules())[layer].register_forward_hook(lambda _m, _i, output: seen.append(output))
    batch = preprocessing.batch(read_image(path)).requires_grad_(requires_grad=True)
    network(batch)
    handle.remove()
    row, column = one.position
    seen[0][0, one.unit, row, column].backward()
    return np.nonzero(batch.grad[0].abs().sum(0).numpy())


@pytest.mark.parametrize("layer", ["stem", "body"])
def test_no_pixel_outside_a_box_has_a_gradient_and_the_box_is_no_larger_than_needed(scan, networks, of_one_size, layer):
    # without the activation between them, which has gradients of zero where it is silent
    model = networks.request("chain", crop_ratio=1.0)
    summary = scan(images=of_one_size, model=model, layers=(layer,))
    engine = build_engine(model, progress=lambda *_: None, canceled=lambda: False)
    network, preprocessing = engine.loaded.network, engine.loaded.preprocessing
    network.act = torch.nn.Identity()
    checked = 0
    with GalleryReader(summary.gallery) as reader:
        for unit in range(engine.taps[layer].info.units):
            for one in (*reader.unit(layer, unit).exemplars, *reader.unit(layer, unit).minima):
                found = _Unit(unit, one.position)
                rows, columns = gradient_extent(network, preprocessing, one.path, layer, found)
                box = Rect(rows.min(), columns.min(), np.ptp(rows) + 1, np.ptp(columns) + 1)
                assert one.box == box
                checked += 1
    assert checked >= 4 * 6


class _Unit:
    def __init__(self, unit, position):
        self.unit, self.position = unit, position


@pytest.mark.parametrize(("crops", "fit"), [(0, Fit.CROP), (0, Fit.LETTERBOX), (0, Fit.STRETCH), (3, Fit.CROP)])
def test_boxes_lie_inside_the_image_and_inside_the_crop(scan, networks, photographs, crops, fit):
    summary = scan(layers=("stem", "head"), crops=crops, fit=fit, limit=8)
    engine = build_engine(networks.request("chain"), progress=lambda *_: None, canceled=lambda: False)
    recipe = SampleRecipe(engine.loaded.preprocessing, fit, crops)
    with GalleryReader(summary.gallery) as reader:
        for layer in summary.layers:
            for one in (exemplar for unit in range(4) for exemplar in reader.unit(layer, unit).quantiles):
                height, width = read_image(one.path).shape[:2]
                seen = recipe.seen(height, width, one.sample % recipe.per_file)
                assert seen.top <= one.box.top < one.box.bottom <= seen.bottom <= height
                assert seen.left <= one.box.left < one.box.right <= seen.right <= width
                if layer == "head" and fit is not Fit.CROP:
                    # strides leave a row or two at the lower and right edges that nobody looks at
                    assert (one.box.top, one.box.left) == (0, 0)
                    assert one.box.height > 0.85 * height
                    assert one.box.width > 0.85 * width


def test_a_crop_around_the_position_contains_what_made_the_value(scan, networks, tmp_path, make_picture):
    folder = tmp_path / "spot"
    folder.mkdir()
    rgb = np.zeros((120, 160, 3), np.uint8)
    rgb[70:80, 100:110] = 255
    Image.fromarray(rgb).save(folder / "spot.png")
    summary = scan(images=folder, model=networks.request("window"), layers=("0",), crops=3)
    with GalleryReader(summary.gallery) as reader:
        for one in reader.unit("0", 0).exemplars:
            assert one.box.top < 80
            assert one.box.bottom > 70
            assert one.box.left < 110
            assert one.box.right > 100
