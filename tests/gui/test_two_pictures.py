"""The window over a network of two pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QPushButton

from deepvis.gui.bindings import help_rows
from deepvis.gui.cause_words import feeds_words
from deepvis.gui.moves import next_pair, reset
from deepvis.gui.presenter import layer_text
from deepvis.gui.widgets.layer_tree import describe
from deepvis.live.cause_result import Feeds
from deepvis.live.events import ModelReady, SourceChanged
from deepvis.live.pairs import shown_layer
from deepvis.records import (
    Intervention,
    LayerInfo,
    Method,
    ModelInfo,
    Pair,
    Rect,
    SeedKind,
    SourceState,
    Target,
    View,
)

PAIR = LayerInfo("branch", "Conv2d", 12, 8, 8, worth_showing=True, pair="branch:1", of_picture=2)
LAYERS = (
    LayerInfo("branch:1", "Conv2d", 12, 8, 8, of_picture=1),
    PAIR,
    LayerInfo("join", "Conv2d", 6, 4, 4, worth_showing=True),
    LayerInfo("softmax", "Softmax", 2, 1, 1, worth_showing=True, is_classes=True),
)


@pytest.fixture
def two(window, show):
    """A window in which a network of two pictures runs; a layer of its branch is viewed."""
    window.controller.take(
        ModelReady(ModelInfo("siamese", LAYERS, ("same", "other"), (3, 32, 32), "made", 9, pictures=2))
    )
    window.controller.select_layer("branch")
    show(window)
    return window


def press_v(window):
    QTest.keyClick(window, Qt.Key.Key_V)


def test_v_goes_from_both_to_the_first_the_second_and_both(two):
    seen = [two.controller.view.pair]
    for _ in range(3):
        press_v(two)
        seen.append(two.controller.session.view.pair)
    assert seen == [Pair.BOTH, Pair.FIRST, Pair.SECOND, Pair.BOTH]


def test_v_changes_nothing_where_there_is_one_picture(two, info):
    two.controller.take(ModelReady(info))
    press_v(two)
    assert two.controller.view.pair is Pair.BOTH


def test_the_help_page_has_the_key(two):
    assert ("Backward views", "V", "First, second or both pictures") in help_rows()


def test_another_picture_gives_up_the_chosen_position_and_a_reset_shows_both():
    view = next_pair(View(position=(1, 9)))
    assert (view.pair, view.position) == (Pair.FIRST, None)
    assert reset(view, None).pair is Pair.BOTH


def test_positions_of_both_maps_can_be_picked(two, show):
    assert two.unit_panel.unit._map_size == (8, 16)
    press_v(two)
    show(two)
    assert two.unit_panel.unit._map_size == (8, 8)


def test_the_header_says_whose_maps_are_shown(two):
    assert layer_text(shown_layer(PAIR, Pair.BOTH)) == "12 units of 8×8  ·  both pictures  ·  Conv2d"
    assert layer_text(shown_layer(PAIR, Pair.FIRST)) == "12 units of 8×8  ·  first picture  ·  Conv2d"
    assert layer_text(PAIR) == "12 units of 8×8  ·  second picture  ·  Conv2d"
    assert layer_text(LAYERS[2]) == "6 units of 4×4  ·  Conv2d"


def test_the_list_has_one_row_for_a_pair_and_says_so(two):
    assert two.layer_bar.shown_names() == ["branch", "join", "softmax"]
    assert describe(PAIR).endswith("A pair: runs for each of the two pictures (V)")
    assert describe(LAYERS[0]).endswith("Looks at the first picture only")


def test_the_row_of_a_pair_is_marked(two):
    rows = two.layer_bar._rows
    before = two.layer_bar.grab().toImage()
    two.controller.take(
        ModelReady(replace(two.controller.info, layers=tuple(replace(layer, pair="") for layer in LAYERS)))
    )
    two.layer_bar.set_current("")
    two.layer_bar.set_current("branch")
    assert rows.current == "branch"
    assert two.layer_bar.grab().toImage() != before


def test_both_pictures_have_what_the_network_sees_and_a_box(two, show):
    answer = show(two)
    unit = replace(answer.unit, also_box=Rect(2, 20, 10, 12))
    show(two, unit=unit, also_seen=Rect(0, 18, 24, 12))
    picture = two.input_panel.picture
    assert picture._seen == (answer.seen, Rect(0, 18, 24, 12))
    assert [box for box, _ in picture._boxes] == [unit.box, unit.also_box]


def test_what_neither_picture_shows_to_the_network_is_dimmed(qtbot, two, show):
    gray = np.full((40, 80, 3), 200, np.uint8)
    unit = replace(show(two).unit, box=None)
    show(two, picture_rgb=gray, unit=unit, seen=Rect(5, 5, 30, 30), also_seen=Rect(5, 45, 30, 30))
    picture = two.input_panel.picture
    image, rect = picture.grab().toImage(), picture.picture_rect()

    def brightness(row, column):
        return image.pixelColor(
            int(rect.left() + column / 80 * rect.width()), int(rect.top() + row / 40 * rect.height())
        ).red()

    assert brightness(20, 20) == brightness(20, 60) == 200
    assert brightness(20, 40) < 150
    assert brightness(2, 20) < 150


def test_a_scan_is_refused_with_a_sentence(two):
    said = []
    two.controller.told.connect(lambda text, level: said.append((text, level)))
    two.acts.trigger("scan")
    assert two.scans.dialog is None
    assert said[-1][1] == "warning"
    assert said[-1][0].startswith("Scans work with networks of one picture")


def test_its_pages_offer_nothing_that_cannot_be_done(two, made):
    sentence = "Scans work with networks of one picture."
    data = made.unit(exemplars=(), notes={"exemplars": sentence, "synthesized": "None can be."}, offers=False)
    made.send(page=data)
    section = two.page.section("exemplars")
    assert section.words() == sentence
    assert not any(button.isVisible() for button in section.findChildren(QPushButton))
    assert "networks of one picture only" in two.page.section("session").words()


def test_nothing_is_synthesized_by_itself_where_nothing_can_be(qtbot, two, made):
    two.controller.select_unit(3)
    made.send(page=made.unit(exemplars=(), offers=False))
    assert two.studio.auto.expected is None


def test_lists_and_pairs_of_files_are_moved_through(two):
    transport = two.input_panel.transport
    for state in (
        SourceState("list", "list.txt", "list.txt", length=3, seekable=True),
        SourceState("pair", "a + b", "a + b", length=3, seekable=True, lead="folder"),
    ):
        two.controller.take(SourceChanged(state))
        assert transport._buttons["next"].isVisible()
        assert transport._slider.isVisible()


def test_a_unit_is_muted_once_for_both_pictures(two):
    for layer in ("branch:1", "branch"):
        two.controller.go(layer, 3)
        two.acts.trigger("toggle_mute")
        assert two.controller.view.changes == (Intervention("branch", 3),)
        for seen in ("branch", "branch:1"):
            two.controller.go(seen, 3)
            assert two.grid_panel.grid._changed == {3}
            assert two.acts["toggle_mute"].isChecked()
        two.acts.trigger("toggle_mute")
        assert not two.controller.view.changes


def test_an_origin_is_frozen_in_the_map_of_the_picture_that_was_clicked(two):
    two.controller.change_back(method=Method.GRADIENT, seed=SeedKind.POSITION)
    two.controller.select_position(3, 2, 13)
    two.acts.trigger("freeze_origin")
    frozen = Target("branch", 3, SeedKind.POSITION, (2, 5), pair=Pair.SECOND)
    assert two.controller.view.back.origin == frozen
    press_v(two)
    assert two.controller.view.back.origin == frozen


@pytest.mark.parametrize(
    ("whose", "position", "words"),
    [
        (Pair.FIRST, (2, 5), "At row 2, column 5 (first) it is 1.50."),
        (Pair.BOTH, None, "The mean of both its maps is 1.50."),
        (Pair.SECOND, None, "The mean of its map is 1.50."),
        (None, (2, 5), "At row 2, column 5 it is 1.50."),
    ],
)
def test_the_panel_says_in_whose_map_what_feeds_a_unit_was_read(whose, position, words):
    assert feeds_words(Feeds("stem", ("stem",), 1.5, position, mapped=True, whose=whose)).startswith(words)
