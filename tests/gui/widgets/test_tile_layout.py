"""Where tiles lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt6.QtCore import QPoint, QRect

from deepvis.gui.widgets.tile_layout import (
    CAPTION_HEIGHT,
    GAP,
    LABEL_HEIGHT,
    TileStyle,
    columns_for,
    lay_out_strip,
)

CROPS = TileStyle(columns=3, largest=160)


@given(
    width=st.integers(170, 1600),
    counts=st.lists(st.integers(1, 12), min_size=1, max_size=5),
    style=st.sampled_from([CROPS, TileStyle(2, 92), TileStyle(3, 160, abreast=True)]),
    captions=st.booleans(),
)
def test_tiles_stay_inside_and_never_overlap(width, counts, style, captions):
    layout = lay_out_strip(width, [("label", count) for count in counts], style, captions=captions)
    area = QRect(0, 0, width, layout.height)
    places = [*layout.labels, *(tile.united(line) for tile, line in zip(layout.tiles, layout.captions, strict=True))]
    assert len(layout.tiles) == sum(counts)
    assert all(area.contains(place) for place in places)
    assert all(tile.width() == tile.height() <= style.largest for tile in layout.tiles)
    assert not any(one.intersects(other) for index, one in enumerate(places) for other in places[:index])


@pytest.mark.parametrize("width", [174, 184, 217, 286, 396])
def test_nine_crops_make_three_rows_from_edge_to_edge(width):
    layout = lay_out_strip(width, [("", 9)], CROPS, captions=True)
    assert len({tile.top() for tile in layout.tiles}) == 3
    assert [tile.left() for tile in layout.tiles[::3]] == [0, 0, 0]
    assert {tile.right() for tile in layout.tiles[2::3]} == {width - 1}


def test_a_wide_page_gets_more_columns_rather_than_huge_tiles():
    assert columns_for(520, 9, CROPS) == 5, "five and four, not four, four and one"
    assert columns_for(520, 3, CROPS) == 3
    assert lay_out_strip(520, [("", 3)], CROPS, captions=False).tiles[0].width() == 160


def test_groups_lie_side_by_side_where_there_is_room():
    style = TileStyle(3, 160, abreast=True)
    bands = [(f"band {index}", 3) for index in range(5)]
    narrow, wide = (lay_out_strip(width, bands, style, captions=True) for width in (300, 800))
    assert {label.left() for label in narrow.labels} == {0}
    assert len({label.left() for label in wide.labels}) == 2
    assert wide.height < narrow.height


def test_without_captions_the_strip_is_lower_and_empty_labels_take_no_room():
    def height(label: str, *, captions: bool) -> int:
        return lay_out_strip(300, [(label, 6)], CROPS, captions=captions).height

    assert height("", captions=False) < height("", captions=True) < height("x", captions=True)


def test_a_point_finds_its_tile_by_picture_and_caption():
    layout = lay_out_strip(174, [("", 4)], CROPS, captions=True)
    assert layout.tile_at(layout.tiles[2].center()) == 2
    assert layout.tile_at(layout.captions[3].center()) == 3
    assert layout.tile_at(QPoint(layout.tiles[0].right() + GAP // 2, 10)) == -1


def test_a_lone_tile_may_take_the_whole_width_and_is_a_little_lower_than_wide():
    style = TileStyle(columns=2, largest=200, alone=240)
    layout = lay_out_strip(216, [("", 1)], style, captions=1)
    assert (layout.tiles[0].width(), layout.tiles[0].height()) == (216, 186)
    assert layout.height == 186 + CAPTION_HEIGHT
    assert lay_out_strip(600, [("", 1)], style, captions=0).tiles[0].width() == 240
    two = lay_out_strip(216, [("", 2)], style, captions=2)
    assert two.tiles[0].width() == two.tiles[0].height() == 105
    assert two.captions[0].height() == 2 * CAPTION_HEIGHT


def test_a_lone_tile_keeps_the_label_of_its_group():
    layout = lay_out_strip(216, [("kept", 1)], TileStyle(alone=240), captions=0)
    assert layout.labels[0].height() == LABEL_HEIGHT
    assert layout.tiles[0].top() == LABEL_HEIGHT
