"""Looking at networks of two pictures, without threads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from deepvis.imaging.tiling import lay_out
from deepvis.live.answering import Answering
from deepvis.live.pair_pictures import GAP
from deepvis.live.pairs import draw_seams, layers_of, place_of, place_text, remark, seam_color, shown_layer
from deepvis.models.receptive_field import receptive_boxes
from deepvis.records import Frame, GridView, LayerInfo, Overlay, Pair, Rect, UnitPane
from tests.pair_networks import pair_engine

LAYER = LayerInfo("conv", "Conv2d", 4, 5, 7, pair="conv:1", of_picture=2)
JOINED = LayerInfo("join", "Conv2d", 4, 5, 7)


def test_the_maps_of_both_pictures_are_one_map_of_twice_the_width():
    both = shown_layer(LAYER, Pair.BOTH)
    assert (both.name, both.width, both.side_by_side, both.of_picture) == ("conv", 14, True, 0)
    assert [shown_layer(LAYER, pair).width for pair in (Pair.FIRST, Pair.SECOND)] == [7, 7]
    assert [shown_layer(LAYER, pair).of_picture for pair in (Pair.FIRST, Pair.SECOND)] == [1, 2]
    assert shown_layer(JOINED, Pair.BOTH) is JOINED


def test_of_a_pair_the_layer_of_each_picture_is_asked():
    asked = {pair: layers_of(LAYER, pair) for pair in Pair}
    assert asked == {Pair.FIRST: ("conv:1", ""), Pair.SECOND: ("conv", ""), Pair.BOTH: ("conv", "conv:1")}
    assert {layers_of(JOINED, pair) for pair in Pair} == {("join", "")}


def test_a_position_side_by_side_is_one_of_the_first_or_of_the_second_map():
    left, right = (place_of(LAYER, Pair.BOTH, (2, column)) for column in (6, 9))
    assert (left.layer, left.position, left.picture) == ("conv:1", (2, 6), 1)
    assert (right.layer, right.position, right.picture) == ("conv", (2, 2), 2)
    assert place_of(LAYER, Pair.FIRST, (2, 6)).layer == "conv:1"
    assert place_of(JOINED, Pair.BOTH, (2, 6)).picture == 0


def test_a_position_is_told_in_the_map_it_is_in():
    both = shown_layer(LAYER, Pair.BOTH)
    assert [place_text(both, (2, column)) for column in (6, 9)] == [
        "row 2, column 6 (first)",
        "row 2, column 2 (second)",
    ]
    assert place_text(JOINED, (2, 6)) == "row 2, column 6"


def test_the_line_between_two_maps_is_in_the_middle_of_every_tile_and_nowhere_else():
    view = GridView(height=61, width=90)
    layout = lay_out(np.arange(5), 5, 14, view)
    bgrx = np.zeros((61, 90, 4), np.uint8)
    color = seam_color(view)
    draw_seams(bgrx, layout, color)
    drawn = (bgrx[..., :3] == color[::-1]).all(-1)
    for index in range(5):
        tile = layout.rect_of_index(index)
        middle = round(tile.left + tile.width / 2)
        rows = slice(int(tile.top), int(tile.bottom))
        assert drawn[rows, middle].all()
        drawn[rows, middle] = False
    between = np.flatnonzero(drawn.any(axis=1))
    # the gaps between two tiles, one above the other, belong to the line
    assert drawn.sum() <= layout.columns * (layout.rows - 1)
    assert len(between) <= layout.rows - 1


def test_lines_of_a_zoomed_grid_stay_on_the_pane():
    view = GridView(height=40, width=50, zoom=3.0, center_row=1.0, center_column=1.0)
    bgrx = np.zeros((40, 50, 4), np.uint8)
    draw_seams(bgrx, lay_out(np.arange(5), 5, 14, view), (9, 9, 9))
    assert (bgrx[..., 3] == 0).all()


# answers


class Asking:
    def __init__(self, engine):
        self.engine = engine
        self.answering = Answering()

    def __call__(self, frame, view):
        with torch.inference_mode():
            return self.answering.answer(self.engine, frame, view)

    def maps(self, pictures, layer):
        shape = self.engine.loaded.preprocessing
        prepared = torch.cat([shape.prepare(rgb)[0] for rgb in pictures])
        return self.engine.ask(prepared, layer, to_the_end=False).activations.maps


@pytest.fixture
def siamese(tmp_path):
    return Asking(pair_engine(tmp_path))


@pytest.fixture
def frame(make_picture):
    return Frame(make_picture(seed=1), 0, 0.0, "two", still=True, second_rgb=make_picture(90, 60, seed=2))


@pytest.fixture
def view(default_view):
    return replace(default_view, model="pair_nets:Siamese", layer="branch", unit=2)


def test_first_second_and_both_are_the_maps_of_these_pictures(siamese, frame, view):
    pictures = (frame.rgb, frame.second_rgb)
    first, second = siamese.maps(pictures, "branch:1"), siamese.maps(pictures, "branch")
    for pair, maps in ((Pair.FIRST, first), (Pair.SECOND, second), (Pair.BOTH, torch.cat([first, second], 2))):
        result = siamese(frame, replace(view, pair=pair))
        np.testing.assert_allclose(result.summary.maxima, maps.amax((1, 2)), rtol=1e-5)
        np.testing.assert_array_equal(result.summary.places, maps.flatten(1).argmax(1))
        assert (result.layer.height, result.layer.width) == tuple(maps.shape[1:])


def test_a_frame_of_one_picture_stands_for_both(siamese, frame, view):
    alone = replace(frame, second_rgb=None)
    results = [siamese(alone, replace(view, pair=pair)) for pair in (Pair.FIRST, Pair.SECOND)]
    np.testing.assert_array_equal(results[0].summary.maxima, results[1].summary.maxima)
    np.testing.assert_array_equal(results[0].picture_rgb, results[1].picture_rgb)


def test_the_pictures_are_shown_side_by_side_or_alone(siamese, frame, view):
    shown = {pair: siamese(frame, replace(view, pair=pair)).picture_rgb for pair in Pair}
    np.testing.assert_array_equal(shown[Pair.FIRST], frame.rgb)
    np.testing.assert_array_equal(shown[Pair.SECOND], frame.second_rgb)
    # the second is 90 rows high and takes the height of the first
    assert shown[Pair.BOTH].shape == (60, 80 + GAP + 40, 3)
    np.testing.assert_array_equal(shown[Pair.BOTH][:, :80], frame.rgb)
    assert (shown[Pair.BOTH][:, 80 : 80 + GAP] == view.grid.background).all()


def test_both_pictures_are_turned_and_mirrored(siamese, frame, view):
    shown = siamese(frame, replace(view, pair=Pair.SECOND, mirror=True)).picture_rgb
    np.testing.assert_array_equal(shown, frame.second_rgb[:, ::-1])


def test_what_the_network_sees_is_told_of_every_picture_that_is_shown(siamese, frame, view):
    alone = siamese(frame, replace(view, pair=Pair.SECOND))
    assert alone.also_seen is None
    both = siamese(frame, view)
    assert both.seen == siamese(frame, replace(view, pair=Pair.FIRST)).seen
    scale = 60 / 90
    expected = Rect(
        alone.seen.top * scale, 86 + alone.seen.left * scale, alone.seen.height * scale, alone.seen.width * scale
    )
    assert both.also_seen == expected


@pytest.fixture
def boxed(siamese):
    engine = siamese.engine
    batch = torch.zeros(1, 6, 32, 48)
    engine.boxes = receptive_boxes(engine.loaded.network, batch, tuple(engine.taps.values()))
    return siamese


def test_a_position_of_a_pair_is_boxed_in_its_own_picture(boxed, frame, view):
    width = boxed.engine.taps["branch"].info.width
    left = boxed(frame, replace(view, position=(1, 1))).unit
    right = boxed(frame, replace(view, position=(1, width + 1))).unit
    assert left.also_box is right.also_box is None
    assert left.box.right < 80 < 86 < right.box.left
    assert left.field_text == right.field_text == "7 × 7 px"
    alone = boxed(frame, replace(view, position=(1, 1), pair=Pair.SECOND)).unit
    assert right.box.height == pytest.approx(alone.box.height * 60 / 90)


def test_a_position_after_the_join_is_boxed_in_both_pictures(boxed, frame, view):
    unit = boxed(frame, replace(view, layer="join", position=(1, 1))).unit
    assert unit.box.right < 80 < 86 < unit.also_box.left
    alone = boxed(frame, replace(view, layer="join", position=(1, 1), pair=Pair.FIRST)).unit
    assert (alone.box, alone.also_box) == (unit.box, None)


def test_a_layer_of_the_other_picture_has_no_box_in_the_one_that_is_shown(boxed, frame, view):
    unit = boxed(frame, replace(view, layer="branch:1", position=(1, 1), pair=Pair.SECOND)).unit
    assert unit.box is None
    assert unit.field_text == "7 × 7 px"


@pytest.mark.parametrize("pair", Pair)
def test_a_unit_is_laid_over_the_pictures_its_map_is_of(siamese, frame, view, pair):
    pane = UnitPane(height=40, width=200, overlay=Overlay.ACTIVE, opacity=0.0)
    result = siamese(frame, replace(view, pair=pair, pane=pane))
    shape = siamese.engine.loaded.preprocessing
    prepared = [shape.prepare(rgb)[0].permute(1, 2, 0).numpy() for rgb in (frame.rgb, frame.second_rgb)]
    shown = {Pair.FIRST: prepared[:1], Pair.SECOND: prepared[1:], Pair.BOTH: prepared}[pair]
    expected = np.concatenate(shown, axis=1)
    picture = result.unit.picture_rgb.astype(int)
    assert picture.shape[1] / picture.shape[0] == pytest.approx(expected.shape[1] / expected.shape[0], rel=0.05)
    means = [abs(part.mean() - whole.mean()) for part, whole in zip(_halves(picture), _halves(expected), strict=True)]
    assert max(means) < 6


def _halves(picture):
    middle = picture.shape[1] // 2
    return picture[:, :middle], picture[:, middle + 1 :]


def test_a_new_look_at_an_old_frame_asks_the_network_only_for_other_maps(siamese, frame, view):
    asked = []
    ask = siamese.engine.ask
    siamese.engine.ask = lambda *args, **kwargs: asked.append(args[1]) or ask(*args, **kwargs)
    for pair in (Pair.BOTH, Pair.BOTH, Pair.FIRST):
        siamese(frame, replace(view, pair=pair))
    assert asked == ["branch", "branch:1"]


def test_pictures_of_two_are_not_kept_for_the_session(siamese, frame, view):
    siamese(frame, view)
    assert siamese.answering.network_picture is None


def test_a_network_of_one_picture_shows_the_first_alone(tmp_path, frame, view):
    single = Asking(pair_engine(tmp_path, "single"))
    result = single(frame, replace(view, model="pair_nets:single", layer="0", unit=0))
    np.testing.assert_array_equal(result.picture_rgb, frame.rgb)
    assert result.also_seen is None


# words


def test_what_does_not_go_together_is_said(frame):
    alone = replace(frame, second_rgb=None)
    assert remark("net", 2, frame) is None
    assert remark("net", 1, alone) is None
    assert "the same one twice" in remark("net", 2, alone)[1]
    assert "the second of each pair is left out" in remark("net", 1, frame)[1]
