"""Strips of crops, the popup with the whole image, the menu, similar units, class bars."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QGuiApplication, QImage
from PyQt6.QtWidgets import QFileDialog

from deepvis.gallery.records import ClassMean, SimilarUnit
from deepvis.gui.theme import DARK
from deepvis.gui.widgets.class_bars import ROWS, ClassBars
from deepvis.gui.widgets.exemplar_strip import ExemplarStrip
from deepvis.gui.widgets.picture_menu import file_name, picture_menu
from deepvis.gui.widgets.similar_units import SimilarUnits
from deepvis.gui.widgets.unit_page import UnitPage
from deepvis.gui.widgets.whole_image_popup import place_beside, words_of
from deepvis.live.pages import SimilarPicture


@pytest.fixture
def strip(shown, picture):
    widget = shown(ExemplarStrip("Exemplars"), 200, 300)
    widget.set_pictures(("", [picture(5.0), picture(4.0), picture(math.nan)]))
    return widget


def color_at(widget, index: int) -> str:
    return widget.grab().toImage().pixelColor(widget.tile_rect(index).center()).name()


def test_crops_are_painted_with_their_values_below(strip):
    assert color_at(strip, 0) == "#c82828"
    assert [tile.left for tile in strip.tiles] == ["5.00", "4.00", ""]
    assert strip.accessibleName() == "Exemplars: 3 pictures"


def test_without_values_the_strip_is_lower_and_with_them_as_before(strip):
    before = strip.heightForWidth(200)
    strip.set_scores_shown(False)
    assert strip.heightForWidth(200) < before
    assert all(tile.left == tile.right == "" for tile in strip.tiles)
    strip.set_scores_shown(True)
    assert strip.heightForWidth(200) == before


def test_whole_images_stand_in_place_with_their_box(strip):
    strip.set_whole_shown(True)
    assert color_at(strip, 1) == "#0a14c8"
    assert strip.tiles[1].box == strip.pictures[1].box
    painted = strip.grab(strip.tile_rect(1)).toImage()
    colors = {painted.pixelColor(x, y).name() for x in range(painted.width()) for y in range(painted.height())}
    assert DARK.selection in colors


def test_a_picture_without_a_whole_image_stays_a_crop(strip, picture):
    strip.set_pictures(("", [picture(1.0, whole_rgb=None, box=None)]))
    strip.set_whole_shown(True)
    assert color_at(strip, 0) == "#c82828"


def test_a_blank_strip_keeps_its_height_and_answers_no_click(qtbot, strip, picture):
    before = strip.heightForWidth(200)
    strip.blank()
    assert strip.heightForWidth(200) == before
    assert strip.pictures == ()
    assert color_at(strip, 0) == DARK.window
    with qtbot.assertNotEmitted(strip.picture_clicked):
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.tile_rect(0).center())
    strip.set_scores_shown(False)
    assert strip.pictures == (), "another way to show them does not bring them back"
    strip.set_pictures(("", [picture(7.0)]))
    assert color_at(strip, 0) == "#c82828"


def test_a_click_tells_the_picture_and_the_gap_tells_nothing(qtbot, strip):
    with qtbot.waitSignal(strip.picture_clicked) as signal:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.tile_rect(1).center())
    assert signal.args[0] is strip.pictures[1]
    with qtbot.assertNotEmitted(strip.picture_clicked):
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(100, 280))


def test_resting_on_a_crop_shows_the_whole_image_until_the_pointer_leaves(qtbot, strip):
    qtbot.mouseMove(strip, strip.tile_rect(0).center())
    qtbot.waitUntil(lambda: strip.popup.picture is strip.pictures[0])
    qtbot.mouseMove(strip, strip.tile_rect(1).center())
    assert strip.popup.picture is strip.pictures[1]
    assert {DARK.selection, "#0a14c8"} <= colors_of(strip.popup.grab().toImage())
    qtbot.mouseMove(strip, QPoint(100, 290))
    assert strip.popup.picture is None


def test_a_click_takes_the_popup_away(qtbot, strip):
    qtbot.mouseMove(strip, strip.tile_rect(0).center())
    qtbot.waitUntil(lambda: strip.popup.picture is not None)
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.tile_rect(0).center())
    assert strip.popup.picture is None


def test_the_popup_never_shows_a_picture_that_is_gone(qtbot, strip, picture):
    qtbot.mouseMove(strip, strip.tile_rect(1).center())
    qtbot.waitUntil(lambda: strip.popup.picture is not None)
    strip.set_pictures(("", [picture(), picture()]))
    assert strip.popup.picture is strip.pictures[1]
    strip.set_pictures(("", [picture()]))
    assert strip.popup.picture is None
    qtbot.mouseMove(strip, strip.tile_rect(0).center())
    qtbot.waitUntil(lambda: strip.popup.picture is not None)
    strip.blank()
    assert strip.popup.picture is None


def colors_of(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_the_popup_says_name_class_and_value(picture):
    assert words_of(picture(9.5)) == ("cat 1.jpg", "tabby", "value 9.50", "row 2, column 3")
    assert words_of(picture(math.nan, label="", position=None)) == ("cat 1.jpg",)
    assert words_of(picture(1.0, band=(0.25, 0.5)))[-2] == "value 1.00  ·  25–50 % of images"


@pytest.mark.parametrize("left", [0, 200, 1700])
def test_the_popup_lies_beside_the_strip_and_on_the_screen(left):
    screen, strip, size = QRect(0, 0, 1920, 1080), QRect(left, 1000, 200, 60), QSize(304, 262)
    popup = QRect(place_beside(strip, size, screen), size)
    assert screen.contains(popup)
    assert not popup.intersects(strip)


def test_titled_strips_name_the_recipe_before_the_value(shown, picture):
    strip = shown(ExemplarStrip("Synthesized", titled=True), 200, 100)
    strip.set_pictures(("", [picture(44.0)]))
    assert (strip.tiles[0].left, strip.tiles[0].right) == ("cat 1.jpg", "44.0")


# the menu


def menu_actions(page, picture):
    return {action.text(): action for action in picture_menu(page, picture).actions() if action.text()}


def test_the_menu_opens_and_copies_the_path(qtbot, shown, picture):
    page = shown(UnitPage(), 250, 300)
    chosen = picture()
    actions = menu_actions(page, chosen)
    with qtbot.waitSignal(page.picture_opened) as signal:
        actions["Open as input"].trigger()
    assert signal.args == [chosen]
    actions["Copy path"].trigger()
    assert QGuiApplication.clipboard().text() == str(chosen.path)
    assert not menu_actions(page, picture(path=None))["Copy path"].isEnabled()


def test_a_saved_picture_has_the_pixels_of_the_crop(shown, picture, tmp_path, monkeypatch):
    page = shown(UnitPage(), 250, 300)
    told = []
    page.told.connect(lambda text, level: told.append((text, level)))
    target = tmp_path / "crop.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    menu_actions(page, picture())["Save picture…"].trigger()
    assert QImage(str(target)).pixelColor(5, 5) == QColor(200, 40, 40)
    assert told == [(f"Saved {target}.", "info")]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "crop.png"), ""))
    menu_actions(page, picture())["Save picture…"].trigger()
    assert told[-1][1] == "error"
    assert "could not be written" in told[-1][0]


def test_names_of_saved_files_hold_no_slashes(picture):
    assert file_name("net/blocks.0/37", picture()) == "net_blocks.0_37_cat_1.png"


# similar units and classes


def test_a_click_on_a_similar_unit_goes_there(qtbot, shown):
    widget = shown(SimilarUnits(), 200, 300)
    rgb = np.zeros((20, 20, 3), np.uint8)
    similar = [SimilarPicture(SimilarUnit(1279, 0.914), rgb, "tabby"), SimilarPicture(SimilarUnit(7, -0.5), None)]
    widget.set_units(similar)
    assert [(tile.left, tile.right) for tile in widget.tiles] == [("#1279", "0.91"), ("#7", "−0.50")]
    assert "tabby" in widget.tiles[0].tip
    assert "No exemplar" in widget.tiles[1].tip
    with qtbot.waitSignal(widget.unit_clicked) as signal:
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=widget.tile_rect(1).center())
    assert signal.args == [7]


def test_class_bars_are_as_long_as_their_means(shown):
    bars = shown(ClassBars(), 200, 200)
    bars.set_classes([ClassMean("tabby", 4.0, 9), ClassMean("cup", 1.0, 9), ClassMean("tie", -2.0, 9)], 0.6)
    assert bars.shares() == (1.0, 0.25, 0.0)
    tall = bars.sizeHint().height()
    bars.set_classes([ClassMean(str(index), 1.0, 1) for index in range(30)], None)
    assert len(bars.shares()) == ROWS
    assert bars.sizeHint().height() > tall
    assert not bars.grab().isNull()


def test_classes_that_all_have_negative_means_have_no_bars(shown):
    bars = shown(ClassBars(), 200, 200)
    bars.set_classes([ClassMean("tabby", -1.0, 9)], None)
    assert bars.shares() == (0.0,)
