"""The panel of recipes and its parts."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QComboBox, QPushButton, QScrollArea, QToolButton

from deepvis.gui.recipe_choice import MOST_STEPS, SIZES, RecipeChoice
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.number_field import PLACES, DecimalField, PlainSlider, Scale, WholeField
from deepvis.gui.widgets.recipe_panel import CLICKS, NO_CLICKS, WAITING, RecipePanel
from deepvis.gui.widgets.regularizer_list import RegularizerList
from deepvis.gui.widgets.setting_row import SettingRow
from deepvis.gui.widgets.start_combo import MOST_BROUGHT, StartCombo
from deepvis.live.pages import PagePicture
from deepvis.live.studio_news import SettingInfo, Start
from tests.gui.made_up import BLUR, DECAY, OFFER, PATCHES, SIGNED, make_made

OWN_BLUR = (("blur", (("sigma", 0.5), ("every", 4))),)


@pytest.fixture
def panel(shown):
    made = shown(RecipePanel(), 280, 620)
    made.set_offer(OFFER)
    return made


def choose_recipe(panel, name: str) -> None:
    panel.recipe.setCurrentIndex(panel.recipe.findData(name))


# numbers


@pytest.mark.parametrize("scale", [Scale(0, 10), Scale(1e-3, 100, 1e-3), Scale.around(0, 1, 1e-4, whole=False)])
def test_places_and_values_of_a_scale_belong_together(scale):
    assert scale.value(0) == scale.low
    assert scale.value(PLACES) == pytest.approx(scale.high)
    for place in (1, 250, 500, 999):
        assert abs(scale.place(scale.value(place)) - place) <= 5
    values = [scale.value(place) for place in range(0, PLACES + 1, 10)]
    assert values == sorted(values)


def test_ranges_over_decades_are_laid_out_by_powers_of_ten_and_others_evenly():
    assert Scale.around(0.0, 1.0, 1e-4, whole=False).floor > 0
    assert Scale.around(1e-3, 100.0, 0.4, whole=False).floor == 1e-3
    assert Scale.around(0.0, 10.0, 1.0, whole=False).floor == 0
    assert Scale.around(1.0, 4.0, 2.0, whole=False).floor == 0


def test_whole_numbers_stay_whole():
    scale = Scale.around(1, 100, 4, whole=True)
    assert all(scale.value(place) == int(scale.value(place)) for place in range(PLACES + 1))


def test_small_numbers_are_written_with_the_digits_they_have(qapp):
    assert DecimalField(0, 1, 1e-4).text() == "0.0001"
    assert DecimalField(0, 10, 2.0).text() == "2"


def test_enter_ends_the_typing_and_gives_the_keys_back(shown, qtbot):
    field = shown(WholeField(1, 500, 128), 80, 26)
    field.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    QTest.keyClicks(field, "64")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.value() == 64
    assert not field.hasFocus()


# a setting


def test_a_slider_and_its_number_follow_one_another(shown):
    row = shown(SettingRow(DECAY.settings[0], 1e-4), 240, 26)
    slider, field = row.findChild(PlainSlider), row.findChild(DecimalField)
    field.setValue(0.01)
    assert row.value == 0.01
    assert slider.value() == Scale.around(0.0, 1.0, 1e-4, whole=False).place(0.01)
    slider.setValue(PLACES)
    assert row.value == 1.0
    assert field.value() == 1.0


def test_arrow_keys_move_a_slider_and_not_the_selected_unit(window, qtbot):
    window.show_recipes(True)
    window.recipe_panel.set_offer(OFFER)
    choose_recipe(window.recipe_panel, "old")
    slider = window.recipe_panel.findChild(PlainSlider)
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(slider.hasFocus)
    unit, place = window.controller.view.unit, slider.value()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert window.controller.view.unit == unit
    assert slider.value() > place


@pytest.mark.parametrize(
    ("info", "kind"),
    [(SIGNED.settings[0], bool), (SIGNED.settings[1], str), (BLUR.settings[1], int), (BLUR.settings[0], float)],
)
def test_a_setting_keeps_the_type_of_its_default(shown, info, kind):
    assert type(SettingRow(info, info.default).value) is kind


def test_a_switch_and_a_list_set_their_values(shown, qtbot):
    row = shown(SettingRow(SIGNED.settings[0], value=False), 240, 26)
    with qtbot.waitSignal(row.changed):
        qtbot.mouseClick(row.findChild(QToolButton), Qt.MouseButton.LeftButton)
    assert row.value is True
    row = shown(SettingRow(SIGNED.settings[1], "soft"), 240, 26)
    row.findChild(QComboBox).setCurrentText("hard")
    assert row.value == "hard"


def test_the_name_of_a_setting_has_room_beside_its_slider(shown):
    row = shown(SettingRow(SettingInfo("weight", 1.0, 0.0, 2.0), 1.0), 230, 26)
    assert row.findChild(ElidedLabel).geometry().right() < row.findChild(PlainSlider).geometry().left()
    assert row.findChild(ElidedLabel).shown_text() == "weight"


# regularizers


def test_what_can_be_added_stands_in_the_menu_with_the_reason_where_it_cannot(shown):
    made = shown(RegularizerList(), 240, 200)
    made.set_infos(OFFER.regularizers)
    made.set_choices(OWN_BLUR)
    entries = {entry.text(): entry for entry in made.menu.actions() if entry.text()}
    assert not entries["blur"].isEnabled()
    assert not entries[PATCHES.name].isEnabled()
    assert "It needs patches." in entries[PATCHES.name].toolTip()
    assert entries["decay"].isEnabled()
    entries["decay"].trigger()
    assert made.choices() == (*OWN_BLUR, ("decay", (("rate", 1e-4),)))
    assert not made._none.isVisible()


def test_a_regularizer_can_be_taken_away(shown, qtbot):
    made = shown(RegularizerList(), 240, 200)
    made.set_infos(OFFER.regularizers)
    made.set_choices(OWN_BLUR)
    with qtbot.waitSignal(made.changed):
        qtbot.mouseClick(made.cards[0]._remove, Qt.MouseButton.LeftButton)
    assert made.choices() == ()
    assert made._none.isVisible()


# where to start


def test_pictures_to_start_from_stand_in_the_list_and_the_chosen_one_stays(shown, picture):
    combo = shown(StartCombo(), 160, 26)
    first, second = picture(20.0), make_made()
    combo.set_pictures((first, second))
    assert [combo.itemText(place) for place in range(4)] == [
        "noise",
        "the current frame",
        "cat 1.jpg · 20.0",
        "clear · seed 0",
    ]
    combo.choose(Start.PICTURE, second)
    assert combo.chosen() == (Start.PICTURE, second)
    combo.set_pictures((picture(7.0),))
    assert combo.chosen() == (Start.PICTURE, second)
    combo.setCurrentIndex(1)
    assert combo.chosen() == (Start.FRAME, None)


def brought(title: str, color: int = 90) -> PagePicture:
    return PagePicture(np.full((24, 24, 3), color, np.uint8), math.nan, title, path=Path("/from") / title)


def offered(combo) -> list[str]:
    return [combo.itemText(place) for place in range(combo.count())]


def test_pictures_from_outside_stay_in_the_list_whatever_unit_is_shown(shown, picture):
    combo = shown(StartCombo(), 160, 26)
    first, second = brought("cat.png"), brought("dog.png")
    for each in (first, second):
        combo.bring(each)
    combo.set_pictures((picture(7.0),))
    assert offered(combo) == ["noise", "the current frame", "dog.png", "cat.png", "cat 1.jpg · 7.00"]
    assert combo.chosen() == (Start.NOISE, None)
    combo.choose(Start.PICTURE, first)
    combo.set_pictures(())
    assert combo.chosen() == (Start.PICTURE, first)
    assert combo.toolTip().splitlines()[:2] == ["cat.png", str(Path("/from/cat.png"))]


def test_a_picture_that_is_dropped_again_is_the_new_one(shown):
    combo = shown(StartCombo(), 160, 26)
    before, after = brought("cat.png"), brought("cat.png", color=200)
    combo.bring(before)
    combo.choose(Start.PICTURE, before)
    combo.bring(after)
    assert combo.chosen() == (Start.PICTURE, after)
    assert offered(combo).count("cat.png") == 1


def test_so_many_pictures_from_outside_are_offered_and_the_chosen_one_in_any_case(shown):
    combo = shown(StartCombo(), 160, 26)
    first = brought("0.png")
    combo.bring(first)
    combo.choose(Start.PICTURE, first)
    for number in range(1, MOST_BROUGHT + 3):
        combo.bring(brought(f"{number}.png"))
    assert len(offered(combo)) == 2 + MOST_BROUGHT + 1
    assert combo.chosen() == (Start.PICTURE, first)


def test_of_a_long_name_the_middle_is_cut_and_its_kind_is_still_read(shown):
    combo = shown(StartCombo(), 160, 26)
    long = brought("a holiday picture with quite a long name.jpg")
    combo.bring(long)
    combo.choose(Start.PICTURE, long)
    assert "…" in combo.shown_text()
    assert combo.shown_text().endswith(".jpg")
    combo.choose(Start.FRAME)
    assert combo.shown_text() == "the current frame"


# the panel


def test_the_panel_says_what_a_click_on_a_unit_begins(window):
    window.show_recipes(True)
    window.studio.set_auto(True)
    assert window.recipe_panel.starts.isVisible()
    assert window.recipe_panel.starts.words == CLICKS
    window.acts.trigger("toggle_auto_synthesis")
    assert not window.studio.auto.on
    assert window.recipe_panel.starts.words == NO_CLICKS


def test_without_a_network_the_panel_waits(shown):
    made = shown(RecipePanel(), 280, 620)
    assert made.problem == WAITING
    assert not made.go.isEnabled()


def test_the_panel_begins_with_the_usual_recipe_and_its_own_figures(panel):
    assert panel.recipe.currentData() == "clear"
    assert (panel.size_field.value(), panel.steps_field.value()) == (160, 128)
    assert panel.choice == RecipeChoice()
    assert not panel.reset.isEnabled()
    assert panel.go.isEnabled()


def test_a_recipe_is_another_one_for_classes(panel):
    panel.set_unit("toynet/classifier/2", is_classes=True)
    assert panel.steps_field.value() == 190
    assert panel.about.words == "fourier of classes"
    assert panel.choice == RecipeChoice()


def test_regularizers_of_one_kind_of_layer_are_not_taken_to_the_other(panel):
    panel.steps_field.setValue(40)
    panel.regularizers.add("decay")
    hidden = panel.choice
    panel.set_unit("toynet/classifier/2", is_classes=True)
    assert panel.choice == RecipeChoice(steps=40)
    panel.regularizers.add("blur")
    panel.set_unit("toynet/blocks.0/7", is_classes=False)
    assert panel.choice == hidden
    panel.set_unit("toynet/classifier/2", is_classes=True)
    assert [name for name, _ in panel.choice.regularizers] == ["blur"]


def test_what_is_set_is_the_choice_and_what_is_not_stays_with_the_recipe(panel):
    panel.size_field.setValue(96)
    panel.pictures_field.setValue(3)
    panel.seed_field.setValue(5)
    panel.negative.setChecked(True)
    assert panel.choice == RecipeChoice(size=96, pictures=3, first_seed=5, negative=True)
    assert panel.choice.seeds == (5, 6, 7)
    panel.size_field.setValue(160)
    assert panel.choice.size is None


def type_in(field, qtbot, digits: str) -> None:
    field.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    QTest.keyClicks(field, digits)


@pytest.mark.parametrize(
    ("name", "digits", "value", "sentence"),
    [
        ("size", "7", SIZES[0], "Size: 32 to 512."),
        ("size", "5000", SIZES[1], "Size: 32 to 512."),
        ("steps", "20000", MOST_STEPS, "Steps: 1 to 5,000."),
    ],
)
def test_a_number_out_of_range_becomes_the_nearest_and_the_range_is_said(panel, qtbot, name, digits, value, sentence):
    field = getattr(panel, f"{name}_field")
    type_in(field, qtbot, digits)
    assert field.text() == digits
    assert not panel.limits.isVisible()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.value() == value
    assert getattr(panel.choice, name) == value
    assert panel.limits.isVisible()
    assert panel.limits.words == sentence
    type_in(field, qtbot, "64")
    assert not panel.limits.isVisible()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.value() == 64
    assert not panel.limits.isVisible()


def test_a_field_left_empty_keeps_its_number(panel, qtbot):
    type_in(panel.size_field, qtbot, "")
    QTest.keyClick(panel.size_field, Qt.Key.Key_Delete)
    QTest.keyClick(panel.size_field, Qt.Key.Key_Return)
    assert panel.size_field.text() == "160"
    assert panel.choice.size is None


def test_five_digits_are_seen_whole_in_the_narrowest_panel(panel):
    panel.resize(panel.minimumSizeHint().width(), 320)
    QApplication.processEvents()
    for field in (panel.size_field, panel.steps_field, panel.seed_field):
        assert field.lineEdit().width() > field.fontMetrics().horizontalAdvance("20000") + 4


def test_sliders_change_the_regularizers_and_the_way_back_is_open(panel, qtbot):
    choose_recipe(panel, "old")
    assert panel.choice.regularizers is None
    panel.regularizers.cards[0].rows[0].findChild(DecimalField).setValue(2.0)
    assert panel.choice.regularizers == (("blur", (("sigma", 2.0), ("every", 4))),)
    panel.steps_field.setValue(20)
    qtbot.mouseClick(panel.reset, Qt.MouseButton.LeftButton)
    assert panel.choice == RecipeChoice("old")
    assert panel.regularizers.choices() == OWN_BLUR
    assert panel.steps_field.value() == 500


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"size": 96}, "size"),
        ({"steps": 20}, "steps"),
        ({"pictures": 3}, "pictures"),
        ({"first_seed": 5}, "seed"),
        ({"negative": True}, "what is sought"),
        ({"start": Start.FRAME}, "start"),
        ({"regularizers": ()}, "regularizers"),
    ],
)
def test_the_way_back_to_the_recipe_takes_back_everything_and_says_what(panel, qtbot, change, said):
    choose_recipe(panel, "old")
    assert not panel.reset.isEnabled()
    panel.set_choice(RecipeChoice("old", **change))
    assert panel.reset.isEnabled()
    assert panel.reset.toolTip() == f"Changed: {said}"
    qtbot.mouseClick(panel.reset, Qt.MouseButton.LeftButton)
    assert panel.choice == RecipeChoice("old")
    assert panel.start.chosen() == (Start.NOISE, None)
    assert not panel.reset.isEnabled()


def test_the_way_back_lies_above_what_it_takes_back(panel):
    assert panel.recipe.mapTo(panel, QPoint()).y() < panel.reset.mapTo(panel, QPoint()).y()
    assert panel.reset.mapTo(panel, QPoint()).y() < panel.size_field.mapTo(panel, QPoint()).y()


def test_everything_that_can_be_set_says_what_it_is(panel):
    choose_recipe(panel, "old")
    for kind in (QComboBox, WholeField, DecimalField, PlainSlider, QPushButton, QToolButton):
        found = [each for each in panel.findChildren(kind) if each.isVisible()]
        assert all(each.toolTip() or each.parentWidget().toolTip() for each in found), kind


def test_the_source_and_all_parts_of_a_recipe_stand_in_the_tooltip_of_its_line(panel):
    told = replace(OFFER.recipes[0], details="fourier(decay=1.2); adam(rate=0.1)")
    panel.set_offer(replace(OFFER, recipes=(told, *OFFER.recipes[1:])))
    assert panel.about.toolTip() == "DeepVis\nfourier(decay=1.2)\nadam(rate=0.1)"


def test_the_list_marks_the_default_and_tells_the_source_of_every_recipe(panel):
    tips = [panel.recipe.itemData(place, Qt.ItemDataRole.ToolTipRole) for place in range(panel.recipe.count())]
    assert panel.recipe.itemText(0) == "clear (default)"
    assert "DeepVis" in tips[0]
    assert "Nguyen" in tips[2]


def test_what_was_set_for_a_recipe_is_there_again_when_it_is_chosen_again(panel):
    panel.size_field.setValue(96)
    panel.regularizers.add("decay")
    choose_recipe(panel, "old")
    assert (panel.size_field.value(), panel.regularizers.choices()) == (224, OWN_BLUR)
    choose_recipe(panel, "clear")
    assert panel.size_field.value() == 96
    assert [name for name, _ in panel.regularizers.choices()] == ["decay"]


def test_a_recipe_that_lacks_something_says_so_in_place_and_nothing_is_lost(panel):
    panel.pictures_field.setValue(4)
    choose_recipe(panel, "generated")
    assert panel.problem == "It needs a generator."
    assert panel.footer.words.words == "It needs a generator."
    assert not panel.go.isEnabled()
    choose_recipe(panel, "clear")
    assert panel.go.isEnabled()
    assert panel.choice.pictures == 4


def test_a_remembered_recipe_that_is_not_offered_gives_way_to_the_usual_one(panel):
    panel.set_choice(RecipeChoice("gone"))
    assert panel.recipe.currentData() == "clear"
    assert panel.choice.named(OFFER) == "clear"


def test_the_buttons_ask(panel, qtbot):
    with qtbot.waitSignal(panel.synthesize_asked):
        qtbot.mouseClick(panel.go, Qt.MouseButton.LeftButton)
    panel.set_running(True)
    with qtbot.waitSignal(panel.cancel_asked):
        qtbot.mouseClick(panel.cancel, Qt.MouseButton.LeftButton)


def test_nothing_of_the_panel_is_cut_at_its_least_width(panel):
    panel.resize(panel.minimumSizeHint().width(), 320)
    panel.regularizers.add("blur")
    QApplication.processEvents()
    for button in (panel.go, panel.cancel, panel.reset, panel.negative):
        assert button.width() >= button.sizeHint().width()
    area = panel.findChild(QScrollArea)
    assert area.widget().minimumSizeHint().width() <= area.viewport().width()


def test_another_model_brings_other_recipes_and_keeps_the_choice(panel):
    panel.pictures_field.setValue(2)
    panel.set_offer(replace(OFFER, recipes=OFFER.recipes[1:], default="old"))
    assert panel.recipe.currentData() == "old"
    assert panel.choice.pictures == 2
