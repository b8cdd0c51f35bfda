"""Pages and grids of weights, without threads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.imaging.tiling import lay_out
from deepvis.live import weight_pages
from deepvis.live.errand import Errand, Superseded
from deepvis.live.weight_grid import compose, draw_grid
from deepvis.live.weight_pages import WeightPages, strongest
from deepvis.models.unit_weights import UnitWeights
from deepvis.records import GridView, Stage, View, WeightTiles

RED, GREEN = (200, 10, 20), (20, 180, 30)
PANE = GridView(height=90, width=120, background=(16, 18, 21), gap=(52, 58, 68))


def made(units=6, inputs=3, size=(3, 3), *, bias=True, groups=1, sees_picture=True):
    kernels = np.random.default_rng(7).normal(0, 1, (units, inputs, *size)).astype(np.float32)
    biases = np.arange(units, dtype=np.float32) if bias else None
    return UnitWeights("layer", "conv", "", kernels, biases, groups, sees_picture)


class Source:
    """Gives these weights, and counts how often it is read."""

    def __init__(self, weights):
        self.weights = weights
        self.reads = 0

    def read(self, layer):
        self.reads += 1
        return self.weights if isinstance(self.weights, str) else replace(self.weights, layer=layer)


def pages(weights):
    return WeightPages("net", Source(weights))


# one unit


def test_a_unit_of_the_first_layer_is_one_picture_in_color():
    weights = made()
    page = pages(weights).unit("stem", 2, Errand())
    assert page.whole_rgb.shape == (3, 3, 3)
    assert page.kernels == ()
    kernel = weights.kernels[2]
    row, column, channel = np.unravel_index(np.abs(kernel.transpose(1, 2, 0)).argmax(), (3, 3, 3))
    assert page.whole_rgb[row, column, channel] in (1, 255)


def test_a_units_figures_tell_bias_and_rank_of_the_norm():
    weights = made()
    norms = np.linalg.norm(weights.kernels.reshape(6, -1), axis=1)
    page = pages(weights).unit("stem", 4, Errand())
    assert page.figures.bias == 4
    assert page.figures.norm == pytest.approx(norms[4])
    assert page.figures.rank == 1 + (norms > norms[4]).sum()
    assert (page.figures.units, page.figures.count) == (6, 27)


def test_a_layer_without_bias_has_pages_all_the_same():
    made_of = pages(made(bias=False))
    assert made_of.unit("stem", 1, Errand()).figures.bias is None
    layer = made_of.layer("stem", Errand())
    assert (layer.biases, layer.bias) == (None, None)
    assert layer.weights.counts.sum() == 6 * 27


def test_a_deeper_unit_shows_its_strongest_inputs_first_with_their_numbers():
    weights = made(inputs=40, sees_picture=False)
    found = pages(weights).unit("body", 3, Errand())
    norms = np.linalg.norm(weights.kernels[3].reshape(40, -1), axis=1)
    assert [kernel.input for kernel in found.kernels] == np.argsort(-norms)[:24].tolist()
    assert found.inputs == 40
    assert found.whole_rgb is None


def test_with_groups_inputs_are_numbered_as_the_layer_before_numbers_them():
    weights = made(units=6, inputs=2, groups=3, sees_picture=False)
    assert {kernel.input for kernel in strongest(weights, 5)} == {4, 5}


def test_a_depthwise_unit_says_which_input_it_sees():
    page = pages(made(inputs=1, groups=6, sees_picture=False)).unit("dw", 4, Errand())
    assert page.whole_rgb is not None
    assert page.words.endswith("on input 4 alone")


def test_a_single_weight_per_input_is_told_with_its_sign():
    weights = made(inputs=5, size=(1, 1), sees_picture=False)
    first = pages(weights).unit("pw", 0, Errand()).kernels[0]
    values = weights.kernels[0, :, 0, 0]
    assert first.value == pytest.approx(values[np.abs(values).argmax()])


def test_no_weights_is_a_sentence_on_every_page():
    said = pages("pool has no weights.")
    assert said.unit("pool", 0, Errand()).problem == "pool has no weights."
    assert said.layer("pool", Errand()).problem == "pool has no weights."
    assert said.correlation("pool", Errand()).problem == "pool has no weights."


# a layer


@pytest.mark.parametrize(
    ("weights", "suited", "both"),
    [
        (made(), WeightTiles.KERNELS, True),
        (made(inputs=1, groups=6, sees_picture=False), WeightTiles.KERNELS, True),
        (made(inputs=40, sees_picture=False), WeightTiles.HISTOGRAMS, True),
        (made(inputs=40, size=(1, 1), sees_picture=False), WeightTiles.HISTOGRAMS, False),
    ],
    ids=["first", "depthwise", "deeper", "single weights"],
)
def test_what_the_grid_shows_suits_the_layer_until_somebody_chooses(weights, suited, both):
    page = pages(weights).layer("layer", Errand())
    assert page.tiles(None) is suited
    assert page.tiles(WeightTiles.HISTOGRAMS) is WeightTiles.HISTOGRAMS
    assert page.tiles(WeightTiles.KERNELS) is (WeightTiles.KERNELS if both else WeightTiles.HISTOGRAMS)


def test_correlation_comes_with_an_order_of_all_units():
    weights = made(units=12)
    page = pages(weights).correlation("layer", Errand())
    np.testing.assert_allclose(page.correlation, np.corrcoef(weights.kernels.reshape(12, -1)), atol=1e-5)
    assert sorted(page.order) == list(range(12))


def test_the_correlation_of_too_many_units_is_refused_with_a_sentence(monkeypatch):
    monkeypatch.setattr(weight_pages, "MOST_CORRELATED", 5)
    page = pages(made()).correlation("layer", Errand())
    assert page.correlation is None
    assert "6 units" in page.problem


def test_weights_are_read_once_and_a_newer_wish_ends_the_work():
    source = Source(made())
    made_of = WeightPages("net", source)
    for unit in range(3):
        made_of.unit("stem", unit, Errand())
    assert source.reads == 1
    with pytest.raises(Superseded):
        WeightPages("net", source).layer("stem", Errand(lambda: True))


# the grid


def test_pictures_fill_their_tiles_and_lines_lie_between_them():
    layout = lay_out(np.arange(3), 1, 1, PANE)
    pictures = np.zeros((3, 1, 1, 3), np.uint8)
    pictures[0], pictures[1], pictures[2] = RED, GREEN, RED
    pane = compose(pictures, np.arange(3), layout, PANE)
    for unit, color in enumerate((RED, GREEN, RED)):
        rect = layout.rect_of(unit)
        top, left = int(rect.top), int(rect.left)
        tile = pane[top : top + layout.tile_height, left : left + layout.tile_width]
        assert (tile == (*color[::-1], 255)).all()
        assert tuple(pane[top - 1, left, :3]) == PANE.gap[::-1]
        assert tuple(pane[top + layout.tile_height, left, :3]) == PANE.gap[::-1]


def test_a_kernel_is_enlarged_without_smoothing():
    view = View(stage=Stage.WEIGHTS, grid=PANE)
    weights = made(units=1, size=(2, 2))
    picture = draw_grid(weights, np.abs(weights.kernels).max(axis=(1, 2, 3)), view, WeightTiles.KERNELS, Errand())
    rect = picture.layout.rect_of(0)
    inside = picture.bgrx[int(rect.top) : int(rect.bottom), int(rect.left) : int(rect.right), :3].reshape(-1, 3)
    assert len(np.unique(inside, axis=0)) == 4


@pytest.mark.parametrize("zoom", [1.0, 3.7, 40.0])
@pytest.mark.parametrize("tiles", list(WeightTiles))
def test_a_zoomed_grid_shows_the_part_that_is_looked_at(zoom, tiles):
    grid = replace(PANE, zoom=zoom, center_row=0.8, center_column=0.3)
    weights = made(units=30)
    largest = np.abs(weights.kernels).max(axis=(1, 2, 3))
    picture = draw_grid(weights, largest, View(stage=Stage.WEIGHTS, grid=grid), tiles, Errand())
    assert picture.bgrx.shape == (90, 120, 4)
    assert picture.layout.zoom == pytest.approx(zoom)
    assert (picture.bgrx[..., :3] != grid.background[::-1]).any()


@pytest.mark.parametrize("background", [(16, 18, 21), (228, 231, 235)], ids=["dark", "light"])
def test_histograms_stand_out_from_the_ground_of_both_themes(background):
    grid = replace(PANE, background=background)
    weights = made(units=2, inputs=40, sees_picture=False)
    largest = np.abs(weights.kernels).max(axis=(1, 2, 3))
    picture = draw_grid(weights, largest, View(stage=Stage.WEIGHTS, grid=grid), WeightTiles.HISTOGRAMS, Errand())
    rect = picture.layout.rect_of(0)
    column = picture.bgrx[int(rect.top) : int(rect.bottom), int(rect.left + rect.width * 0.55), 1].astype(int)
    assert abs(column[-1] - background[1]) > 100
