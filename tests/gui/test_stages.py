"""Pages of the viewed layer in the middle of the window: which one is shown, and what is made of late answers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtTest import QTest

from deepvis.gui.stages import NONE_YET
from deepvis.gui.unit_menu import unit_menu
from deepvis.live.events import ModelReady
from deepvis.live.pages import Made, PagePicture, TileMade
from deepvis.records import Sort, Stage, UnitId
from tests.gui.made_up import make_made


@pytest.fixture
def heard(window):
    """What the controller passed on, by name."""
    found = {"page": [], "session_page": [], "pattern": [], "layer_page": []}
    for name, kept in found.items():
        getattr(window.controller, f"{name}_arrived").connect(kept.append)
    return found


def tile(window, unit: int) -> QPointF:
    """The middle of a unit's tile on the widget."""
    grid = window.grid_panel.grid
    rect = grid._layout.rect_of(unit)
    ratio = grid.devicePixelRatioF()
    return QPointF((rect.left + rect.width / 2) / ratio, (rect.top + rect.height / 2) / ratio)


def front(window):
    return window.grid_panel.stage.currentWidget()


# what the controller passes on


def test_pages_about_what_is_selected_are_passed_on(window, made, heard):
    window.controller.go("blocks.0", 5)
    window.controller.set_stage(Stage.EXEMPLARS)
    sent = {
        "page": made.unit(),
        "session_page": made.session(),
        "pattern": made.pattern(),
        "layer_page": made.figures(),
    }
    made.send(**sent)
    assert heard == {name: [page] for name, page in sent.items()}


def test_pages_about_what_was_selected_before_are_not_passed_on(window, made, heard):
    window.controller.go("blocks.0", 5)
    window.controller.set_stage(Stage.EXEMPLARS)
    late = {
        "page": made.unit(),
        "session_page": made.session(),
        "pattern": made.pattern(),
        "layer_page": made.figures(),
    }
    window.controller.go("blocks.1", 5)
    made.send(**late)
    assert heard == {"page": [], "session_page": [], "pattern": [], "layer_page": []}


def test_a_page_that_came_while_the_person_was_away_is_there_when_they_come_back(window, made, heard):
    window.controller.go("blocks.0", 5)
    page = made.unit()
    window.controller.select_unit(6)
    made.send(page=page)
    window.controller.select_unit(5)
    assert heard["page"] == [page]


def test_a_grid_of_best_exemplars_is_late_once_all_are_asked_for(window, made, heard):
    window.controller.set_stage(Stage.EXEMPLARS)
    late = made.pattern()
    window.view_commands.toggle_first_pattern()
    made.send(pattern=late)
    assert heard["pattern"] == []


def test_another_network_forgets_all_pages(window, made, info):
    made.send(page=made.unit(), layer_page=made.figures())
    window.controller.take(ModelReady(replace(info, name="other")))
    assert (window.controller.page, window.controller.layer_page) == (None, None)


# keys and choices


def test_s_goes_through_the_pages_and_capital_s_back(window):
    seen = []
    for _ in Stage:
        window.acts.trigger("next_pattern")
        seen.append(window.controller.view.stage)
    pages = [
        Stage.MINIMA,
        Stage.SYNTHESIZED,
        Stage.WEIGHTS,
        Stage.ACTIVITY,
        Stage.WEIGHT_CORRELATION,
        Stage.CORRELATION,
    ]
    assert seen == [Stage.EXEMPLARS, *pages, Stage.ACTIVATIONS]
    window.acts.trigger("previous_pattern")
    assert window.controller.view.stage is Stage.CORRELATION


@pytest.mark.parametrize("stage", list(Stage))
def test_every_page_has_an_action_of_its_own_and_the_list_above_the_grid_follows(window, stage):
    window.acts.trigger("next_pattern")
    window.acts.trigger(f"show_{stage.replace(' ', '_')}")
    assert window.controller.view.stage is stage
    assert window.grid_panel._stages.currentData() is stage


def test_the_list_above_the_grid_chooses_the_page(window):
    stages = window.grid_panel._stages
    stages.setCurrentIndex(stages.findData(Stage.ACTIVITY))
    stages.activated.emit(stages.currentIndex())
    assert window.controller.view.stage is Stage.ACTIVITY


def test_esc_goes_back_to_the_live_maps_before_it_resets(window):
    window.controller.go("blocks.1", 7)
    window.controller.set_stage(Stage.EXEMPLARS)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert (window.controller.view.stage, window.controller.view.unit) == (Stage.ACTIVATIONS, 7)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.controller.view.unit == 0


def test_esc_leaves_no_zoom_of_the_exemplars_on_the_live_maps(window):
    window.controller.set_stage(Stage.EXEMPLARS)
    window.acts.trigger("zoom_in")
    assert window.controller.view.grid.zoom > 1
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert (window.controller.view.stage, window.controller.view.grid.zoom) == (Stage.ACTIVATIONS, 1.0)


@pytest.mark.parametrize("before", [False, True])
def test_key_1_elsewhere_goes_to_the_grid_with_all_exemplars(window, before):
    window.controller.set_view(replace(window.controller.view, all_patterns=before))
    QTest.keyClick(window, Qt.Key.Key_1)
    view = window.controller.view
    assert (view.stage, view.all_patterns) == (Stage.EXEMPLARS, True)
    assert window.acts["toggle_first_pattern"].isChecked()


def test_no_row_of_the_list_of_pages_is_cut(qtbot, window):
    stages = window.grid_panel._stages
    stages.showPopup()
    qtbot.waitUntil(stages.view().isVisible)
    assert stages.view().viewport().width() >= stages.view().sizeHintForColumn(0)
    stages.hidePopup()


def test_key_1_and_the_button_below_the_grid_ask_for_all_exemplars(qtbot, window, made):
    window.controller.set_stage(Stage.EXEMPLARS)
    made.send(pattern=made.pattern())
    QTest.keyClick(window, Qt.Key.Key_1)
    assert window.controller.view.all_patterns
    assert window.acts["toggle_first_pattern"].isChecked()
    assert window.grid_panel._all.isChecked()
    qtbot.mouseClick(window.grid_panel._all, Qt.MouseButton.LeftButton)
    assert not window.controller.view.all_patterns


def test_another_page_ends_the_enlarged_unit(window):
    window.acts.trigger("next_zoom")
    window.acts.trigger("next_pattern")
    assert not window.grid_panel.is_enlarged


def test_keys_that_order_tiles_rest_where_there_are_none(window):
    for stage, allowed in ((Stage.EXEMPLARS, True), (Stage.ACTIVITY, False), (Stage.CORRELATION, False)):
        window.controller.set_stage(stage)
        assert [window.acts[name].isEnabled() for name in ("next_sort", "toggle_dead")] == [allowed, allowed]


def test_the_menu_of_a_tile_offers_what_the_page_can_do(window):
    live = [entry.text() for entry in unit_menu(window, 3).actions()]
    window.controller.set_stage(Stage.EXEMPLARS)
    best = [entry.text() for entry in unit_menu(window, 3).actions()]
    assert "Show exemplars in the grid" in live
    assert "Show activations in the grid" in best
    assert "Colors per layer / per unit" not in best


# the grid of exemplars


def test_a_grid_of_exemplars_takes_the_place_of_the_maps(window, made, show):
    window.controller.set_stage(Stage.EXEMPLARS)
    assert window.grid_panel.grid._image is None
    picture = made.pattern(missing=3)
    made.send(page=made.unit(), pattern=picture)
    assert window.grid_panel.grid._image.pixels is picture.bgrx
    assert front(window) is window.grid_panel.grid
    assert window.grid_panel._words.text == f"The best image of each unit  ·  3 units have none  ·  {made.origin}"
    show(window)
    assert window.grid_panel.grid._image.pixels is picture.bgrx


def test_the_grid_of_minimum_images_tells_why_units_have_none_and_how_low_the_others_are(window, made, show):
    window.controller.go("blocks.0", 2)
    show(window)
    window.controller.set_stage(Stage.MINIMA)
    lowest = PagePicture(np.zeros((8, 8, 3), np.uint8), -4.5, "night.jpg")
    made.send(page=replace(made.unit(), minima=(lowest,)), pattern=replace(made.pattern(), missing=2))
    words = window.grid_panel._words.text
    assert words.startswith("The lowest image of each unit  ·  2 units have none: many images are equally low")
    assert made.origin in words
    assert "lowest −4.50: night.jpg" in window.grid_panel.grid._hover_text(2, None)


def test_key_1_tells_of_minimum_images(window, qtbot):
    window.controller.set_stage(Stage.MINIMA)
    with qtbot.waitSignals([window.controller.flashed] * 2) as told:
        window.acts.trigger("toggle_first_pattern")
        window.acts.trigger("toggle_first_pattern")
    said = [signal.args[0] for signal in told.all_signals_and_args]
    assert sorted(said) == ["All minimum images in each tile", "The first minimum image alone"]


def test_the_line_below_gets_its_origin_also_when_the_page_comes_after_the_grid(window, made):
    window.controller.set_stage(Stage.EXEMPLARS)
    made.send(pattern=made.pattern())
    assert made.origin not in window.grid_panel._words.text
    made.send(page=made.unit())
    assert made.origin in window.grid_panel._words.text


def test_colors_are_explained_on_the_live_page_only(window, made):
    bar = window.grid_panel.color_bar
    assert bar.isVisible()
    window.controller.set_stage(Stage.EXEMPLARS)
    assert not bar.isVisible()
    assert not window.grid_panel._choices["gamma"].isVisible()
    assert window.grid_panel._choices["sort"].isVisible()
    window.controller.set_stage(Stage.CORRELATION)
    assert not window.grid_panel._choices["sort"].isVisible()


def test_the_footer_is_as_high_on_every_page_so_that_tiles_stay_in_place(qtbot, window, made):
    height = window.grid_panel.stage.height()
    # below weights there are histograms of the layer, which take height from the grid
    for stage in (stage for stage in Stage if stage is not Stage.WEIGHTS):
        window.controller.set_stage(stage)
        made.send(layer_page=made.figures())
        assert window.grid_panel.stage.height() == height


def test_a_still_picture_has_its_maps_again_at_once(window, made, show):
    result = show(window)
    window.controller.set_stage(Stage.EXEMPLARS)
    made.send(pattern=made.pattern())
    window.controller.set_stage(Stage.ACTIVATIONS)
    assert window.grid_panel.grid._image.pixels is result.grid.bgrx
    assert window.grid_panel.grid._map_size == (6, 6)


def test_exemplars_of_another_layer_are_not_shown_under_the_new_name(qtbot, window, made):
    window.controller.set_stage(Stage.EXEMPLARS)
    made.send(pattern=made.pattern())
    window.controller.select_layer("blocks.1")
    assert window.grid_panel.grid._image is None
    assert front(window) is window.grid_panel.notice
    qtbot.waitUntil(lambda: "exemplars of blocks.1 are being read" in window.grid_panel.notice.words())
    assert not window.grid_panel.notice.offers


def test_a_click_on_an_exemplar_selects_the_unit_and_never_a_position(qtbot, window, made):
    window.controller.go("blocks.0", 5)
    window.controller.set_stage(Stage.EXEMPLARS)
    made.send(pattern=made.pattern())
    for _ in range(2):
        qtbot.mouseClick(window.grid_panel.grid, Qt.MouseButton.LeftButton, pos=tile(window, 42).toPoint())
    assert (window.controller.view.unit, window.controller.view.position) == (42, None)
    assert window.grid_panel.grid._selected == 42


def test_a_double_click_on_an_exemplar_enlarges_the_units_live_map(qtbot, window, made):
    window.controller.set_stage(Stage.EXEMPLARS)
    made.send(pattern=made.pattern())
    qtbot.mouseDClick(window.grid_panel.grid, Qt.MouseButton.LeftButton, pos=tile(window, 7).toPoint())
    assert front(window) is window.grid_panel.enlarged
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert front(window) is window.grid_panel.grid
    assert window.controller.view.stage is Stage.EXEMPLARS


def test_the_arrows_move_over_the_tiles_of_exemplars(window, made):
    window.controller.go("blocks.0", 0)
    window.controller.set_stage(Stage.EXEMPLARS)
    picture = made.pattern()
    order = np.arange(made.units)[::-1].copy()
    made.send(pattern=replace(picture, layout=replace(picture.layout, units=order)))
    window.controller.select_unit(int(order[0]))
    window.acts.trigger("right")
    assert window.controller.view.unit == order[1]
    window.acts.trigger("down")
    assert window.controller.view.unit == order[1 + picture.layout.columns]


def test_the_tooltip_of_an_exemplar_tells_the_unit_its_best_image_and_its_value_now(window, made, show):
    window.controller.go("classifier", 2)
    show(window)
    window.controller.set_stage(Stage.EXEMPLARS)
    made.send(page=made.unit(), pattern=made.pattern())
    text = window.grid_panel.grid._hover_text
    assert text(2, None).splitlines() == [
        "classifier/2",
        "espresso",
        "best 7.50: owl.jpg",
        "maximum in this frame 2.00",
    ]
    assert text(1, None).splitlines() == ["classifier/1", "tiger cat", "maximum in this frame 1.00"]
    assert text(4, None) == ""
    assert window.stage_pages.hover_line(1) == "classifier/1  ·  tiger cat  ·  maximum in this frame 1.00"


def test_the_tooltip_of_every_synthesized_tile_tells_how_it_was_made_and_what_it_reached(window, made, show):
    window.controller.go("classifier", 2)
    show(window)
    window.controller.set_stage(Stage.SYNTHESIZED)
    best = make_made(recipe="clear, changed", changes="steps 60 instead of 125", steps=60).made
    tiles = {1: TileMade(31.2, best), 3: TileMade(math.nan, Made("old", 4, 9), pictures=3)}
    made.send(pattern=made.pattern(told=tiles.get))
    text, now = window.grid_panel.grid._hover_text, "maximum in this frame {}.00"
    assert text(1, None).splitlines() == [
        "classifier/1",
        "tiger cat",
        "clear, changed · seed 0",
        "value 31.2  ·  1.5× natural maximum",
        "largest of its layer, from step 27 on",
        "60 steps",
        "changed: steps 60 instead of 125",
        now.format(1),
    ]
    assert text(3, None).splitlines()[2:] == ["old · seed 4  ·  best of 3", now.format(3)]
    assert text(2, None).splitlines() == ["classifier/2", "espresso", NONE_YET, now.format(2)]
    assert text(4, None) == ""


def test_the_status_line_has_recipe_and_value_of_a_synthesized_tile_and_not_all_of_its_words(window, made):
    window.controller.go("classifier", 2)
    window.controller.set_stage(Stage.SYNTHESIZED)
    made.send(pattern=made.pattern(told={1: TileMade(31.2, make_made().made)}.get))
    assert window.stage_pages.hover_line(1).split("  ·  ")[:5] == [
        "classifier/1",
        "tiger cat",
        "clear · seed 0",
        "value 31.2",
        "1.5× natural maximum",
    ]
    assert "largest of its layer" not in window.stage_pages.hover_line(1)
    assert window.stage_pages.hover_line(-1) == ""


def test_tiles_of_another_layer_are_not_told_of(window, made):
    window.controller.go("classifier", 2)
    window.controller.set_stage(Stage.SYNTHESIZED)
    made.send(pattern=made.pattern(told={1: TileMade(31.2, make_made().made)}.get))
    window.controller.go("blocks.1", 1)
    assert window.stage_pages.hover_text(1, None).splitlines()[0] == "blocks.1/1"
    assert "clear" not in window.stage_pages.hover_text(1, None)


def test_without_a_gallery_the_page_says_so_and_offers_a_scan(qtbot, window, made):
    window.controller.set_stage(Stage.EXEMPLARS)
    made.send(pattern=made.pattern(bgrx=None, layout=None, problem="No gallery yet. Scan a folder."))
    notice = window.grid_panel.notice
    assert (front(window), notice.words(), notice.offers) == (notice, "No gallery yet. Scan a folder.", True)
    qtbot.mouseClick(notice._button, Qt.MouseButton.LeftButton)
    assert window.scans.dialog.isVisible()


def test_a_problem_of_the_live_network_does_not_cover_the_exemplars(window, made, show):
    window.controller.set_stage(Stage.EXEMPLARS)
    picture = made.pattern()
    made.send(pattern=picture)
    show(window, problem="It raised a ValueError.", grid=None, unit=None)
    assert window.grid_panel.grid._image.pixels is picture.bgrx


def test_zooming_the_exemplars_asks_for_a_larger_grid(window, made):
    window.controller.set_stage(Stage.EXEMPLARS)
    made.send(pattern=made.pattern())
    window.acts.trigger("zoom_in")
    assert window.controller.session.view.grid.zoom > 1
    assert window.controller.session.view.stage is Stage.EXEMPLARS
    window.controller.change_grid(sort=Sort.MAXIMUM)
    assert window.controller.shows_pattern(made.pattern())


def test_before_a_network_runs_the_page_says_that_one_is_being_loaded(qtbot, make_window):
    window = make_window()
    window.acts.trigger("show_exemplars")
    qtbot.waitUntil(lambda: "being loaded" in window.grid_panel.notice.words())


def test_frames_count_as_painted_also_while_exemplars_are_shown(qtbot, window, made, show):
    window.controller.set_stage(Stage.EXEMPLARS)
    made.send(pattern=made.pattern())
    painted = window.controller.session.meters.painted.count
    show(window)
    qtbot.waitUntil(lambda: window.controller.session.meters.painted.count == painted + 1)


# the unit page and the gallery


def test_the_page_of_the_selected_unit_is_shown(window, made):
    window.controller.go("blocks.0", 9)
    made.send(page=made.unit())
    assert window.page.address == str(UnitId("toynet", "blocks.0", 9))
    assert window.page.data.origin == made.origin


def test_the_unit_page_asks_for_a_scan_and_r_shows_values_under_its_pictures(window):
    shown = window.page.scores_shown
    assert window.acts["toggle_scores"].isChecked() is shown
    QTest.keyClick(window, Qt.Key.Key_R)
    assert window.page.scores_shown is not shown
    assert window.acts["toggle_scores"].isChecked() is not shown
    window.page.scan_asked.emit()
    assert window.scans.dialog.isVisible()


def test_exemplars_of_the_session_are_kept_and_the_gallery_is_read_again_on_demand(window):
    window.acts.trigger("keep_exemplars")
    window.acts.trigger("refresh_gallery")
    assert window.controller.session.asked("keep_session_exemplars") == [()]
    assert window.controller.session.asked("refresh_gallery") == [()]
