"""The unit page: what it shows, what it says, and what happens between two units."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QFont
from PyQt6.QtWidgets import QPushButton, QToolButton

from deepvis.gallery.records import UnitStatistics
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.page_body import statistics_facts
from deepvis.gui.widgets.page_parts import SCAN_ACTION, SCAN_BRIEF, TITLES, pending_parts, words_for
from deepvis.gui.widgets.unit_page import HOLD_MS, UnitPage, with_rank
from deepvis.gui.widgets.whole_image_popup import words_of
from deepvis.live.page_attributions import ON_THEIR_WAY
from deepvis.live.pages import SessionPage, UnitPageData, Why
from deepvis.live.weight_records import UnitWeightsPage
from deepvis.records import UnitId

SCANNED = ("exemplars", "minima", "quantiles", "histogram", "classes", "similar")
REASON = "No images were scanned with net yet."


@pytest.fixture
def page(shown):
    widget = shown(UnitPage(), 280, 700)
    widget.set_unit("net/blocks.0/37", "espresso")
    return widget


def unscanned(unit=37, **notes) -> UnitPageData:
    return UnitPageData(UnitId("net", "blocks.0", unit), notes={**dict.fromkeys(SCANNED, REASON), **notes})


def strip(page, key):
    return page._body.strips[key]


def visible_keys(page) -> list[str]:
    return [key for key in TITLES if page.section(key).isVisible()]


def button(page, text) -> QPushButton:
    return next(item for item in page.findChildren(QPushButton) if item.text() == text and item.isVisible())


def test_the_header_names_unit_class_and_place(page):
    texts = [label.text for label in page.findChildren(ElidedLabel)]
    assert "Unit 37 · espresso" in texts
    assert "net / blocks.0" in texts
    page.set_unit("")
    assert "No unit selected" in [label.text for label in page.findChildren(ElidedLabel)]


def test_nothing_but_the_header_is_shown_before_a_page_came(page):
    assert visible_keys(page) == []


def test_every_part_of_a_full_page_is_filled_in_its_order(page, page_data):
    page.set_page(page_data())
    assert visible_keys(page) == [key for key in TITLES if key != "weights"]
    page.set_weights(UnitWeightsPage(page.data.unit, problem="It has no weights."))
    assert visible_keys(page) == list(TITLES)
    filled = [key for key in TITLES if page.section(key).filled]
    assert filled == [
        "exemplars",
        "attribution",
        "histogram",
        "minima",
        "quantiles",
        "similar",
        "classes",
        "statistics",
    ]
    tops = [page.section(key).mapTo(page.widget(), page.section(key).rect().topLeft()).y() for key in TITLES]
    assert tops == sorted(tops)
    assert len(strip(page, "exemplars").pictures) == 9
    assert len(strip(page, "quantiles").pictures) == 15


@pytest.mark.parametrize("width", [208, 250, 320, 420, 900])
def test_nothing_is_wider_than_the_page(page, page_data, picture, width):
    note = "Use deepvis scan --weights /a/very/long/path/that/goes/on/" + "x" * 80
    page.set_page(page_data(notes={"minima": note}, stale=note, origin=note, synthesized=(picture(),)))
    page.set_session(SessionPage(page.data.unit, (picture(),), 90.0))
    page.resize(width, 700)
    inside = page.widget()
    assert inside.width() == page.viewport().width()
    for key in visible_keys(page):
        section = page.section(key)
        for child in section.findChildren(QPushButton) + section.findChildren(QToolButton) + [section]:
            if child.isVisible():
                assert child.mapTo(inside, child.rect().bottomRight()).x() < inside.width()


def test_bands_are_labeled_in_percent(page, page_data):
    page.set_page(page_data())
    labels = [label for label, _ in strip(page, "quantiles")._groups]
    assert labels == [f"{band} % of images" for band in ("0–25", "25–50", "50–75", "75–95", "95–100")]


def test_random_images_rise_within_their_band(page, page_data, picture):
    values = (3.0, math.nan, 1.0, 2.0)
    page.set_page(page_data(quantiles=tuple(picture(value, band=(0.0, 0.25)) for value in values)))
    shown = [picture.value for picture in strip(page, "quantiles").pictures]
    assert shown[:3] == [1.0, 2.0, 3.0]
    assert math.isnan(shown[3])


def test_minima_that_say_nothing_give_way_to_the_reason(page, page_data):
    page.set_page(page_data(notes={"minima": "Many images leave the unit at 0."}))
    assert not page.section("minima").filled
    assert page.section("minima").words() == "Many images leave the unit at 0."


def test_a_layer_that_was_not_scanned_says_so_once_and_offers_the_scan(qtbot, page):
    page.set_page(unscanned(synthesized="None yet."))
    assert visible_keys(page) == ["synthesized", "exemplars", "session"]
    words = page.section("exemplars").words()
    assert words.startswith(REASON)
    assert "similar units" in words
    with qtbot.waitSignal(page.scan_asked):
        qtbot.mouseClick(button(page, SCAN_ACTION), Qt.MouseButton.LeftButton)
    scan = button(page, SCAN_ACTION)
    large = QFont(scan.font())
    large.setPixelSize(18)  # in which the long text is too long on every machine
    scan.setFont(large)
    page.resize(208, 700)
    assert button(page, SCAN_BRIEF).toolTip() == SCAN_ACTION


def test_different_reasons_are_all_told(page):
    page.set_page(unscanned(classes="The images have no classes."))
    assert "classes" in visible_keys(page)
    assert page.section("classes").words() == "The images have no classes."


def test_a_scanned_layer_offers_no_scan(page_data):
    words = words_for(page_data(classes=(), notes={"classes": "The images have no classes."}))
    assert words["classes"].action == ""


def test_an_imported_gallery_has_pictures_and_offers_the_scan_for_the_rest(page, picture):
    data = unscanned()
    page.set_page(UnitPageData(data.unit, exemplars=(picture(),), attributions=(picture(),), notes=data.notes))
    assert page.section("exemplars").filled
    assert page.section("attribution").filled
    assert words_for(page.data)["histogram"].action == SCAN_ACTION
    assert "minimum images" in page.section("histogram").words()


def attributed(picture, *, method="deconvnet", reason=""):
    return picture(why=Why(method, "" if reason else "It shows edges.", reason=reason), whole_rgb=None, box=None)


def test_attributions_lie_below_the_exemplars_in_the_same_places_and_name_the_method(page, page_data, picture):
    page.set_page(page_data(attributions=tuple(attributed(picture) for _ in range(9))))
    crops, reasons = strip(page, "exemplars"), strip(page, "attribution")
    assert [reasons.tile_rect(place) for place in range(9)] == [crops.tile_rect(place) for place in range(9)]
    assert page.section("attribution").header._note == "deconvnet"
    assert list(TITLES).index("attribution") == list(TITLES).index("exemplars") + 1


def test_pointing_at_an_exemplar_marks_its_attribution_and_the_other_way_round(qtbot, page, page_data, picture):
    page.set_page(page_data(attributions=tuple(attributed(picture) for _ in range(9))))
    crops, reasons = strip(page, "exemplars"), strip(page, "attribution")
    for one, other in ((crops, reasons), (reasons, crops)):
        qtbot.waitUntil(lambda other=other: other.rect().contains(other.tile_rect(8)))
        plain = other.grab().toImage()
        one.tile_hovered.emit(4)
        marked = other.grab().toImage()
        around = {place: other.tile_rect(place).adjusted(-2, -2, 2, 2) for place in (3, 4, 5)}
        changed = [place for place, rect in around.items() if marked.copy(rect) != plain.copy(rect)]
        assert changed == [4]
        one.tile_hovered.emit(-1)
        assert other.grab().toImage() == plain


def test_attributions_that_are_being_computed_have_their_places_already(page, page_data, picture):
    notes = {"attribution": ON_THEIR_WAY}
    page.set_page(page_data(notes=notes))
    height = page.section("attribution").sizeHint().height()
    page.set_page(page_data(notes=notes, attributions=(attributed(picture),)))
    assert page.section("attribution").sizeHint().height() == height
    tiles = strip(page, "attribution").tiles
    assert [tile.rgb is not None for tile in tiles] == [True] + [False] * 8
    assert all(tile.badges == () for tile in tiles)


class Painted(QObject):
    """Notes which of some widgets are painted."""

    def __init__(self, widgets):
        super().__init__()
        self.widgets = {id(widget): name for name, widget in widgets.items()}
        self.names = []
        for widget in widgets.values():
            widget.installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            self.names.append(self.widgets[id(watched)])
        return False


def test_of_a_page_that_grows_by_an_attribution_nothing_else_is_painted_again(qtbot, shown, page_data, picture):
    page = shown(UnitPage(), 280, 4000)
    page.set_unit("net/blocks.0/37", "espresso")
    page.set_page(page_data(attributions=(), notes={"attribution": ON_THEIR_WAY}))
    qtbot.waitUntil(lambda: page.section("attribution").isVisible())
    strips = {key: strip(page, key) for key in ("exemplars", "attribution", "minima", "quantiles")}
    painted = Painted({**strips, "histogram": page._body.histogram})
    painted.names.append("something")
    while painted.names:
        painted.names.clear()
        qtbot.wait(60)
    # one more comes
    page.set_page(replace(page.data, attributions=(attributed(picture),)))
    qtbot.waitUntil(lambda: "attribution" in painted.names)
    assert set(painted.names) == {"attribution"}
    painted.names.clear()
    page.set_unit("net/blocks.0/38")
    page.set_page(page_data(unit=38))
    qtbot.waitUntil(lambda: {"exemplars", "histogram"} <= set(painted.names))


def test_an_exemplar_that_nothing_speaks_for_has_an_empty_place_with_the_reason(page, page_data, picture):
    off = attributed(picture, method="no attribution", reason="Unit 37 is not above zero in this image.")
    page.set_page(page_data(attributions=(attributed(picture), off)))
    tile = strip(page, "attribution").tiles[1]
    assert (tile.rgb, tile.badges) == (None, ("none",))
    assert "Unit 37 is not above zero in this image." in words_of(off)
    assert page.section("attribution").header._note == "deconvnet"


def test_why_there_are_no_attributions_is_told_below_the_exemplars(page, page_data):
    page.set_page(page_data(notes={"attribution": "The network cannot be copied."}))
    assert page.section("attribution").words() == "The network cannot be copied."


def test_imported_attributions_are_grouped_by_what_they_are(page, page_data, picture):
    imported = [picture(title=title, position=None) for title in ("deconvolution", "gradient", "deconvolution")]
    page.set_page(page_data(attributions=tuple(imported)))
    assert strip(page, "attribution")._groups == (("deconvolution", 2), ("gradient", 1))


def test_parts_that_are_still_being_read_say_nothing_wrong(page, page_data):
    page.set_page(page_data(similar=(), minima=()))
    assert pending_parts(page.data) == {"similar", "minima", "attribution"}
    assert page.section("minima").words() == page.section("similar").words() == ""


def test_results_of_other_weights_carry_a_banner_with_a_remedy(qtbot, page, page_data):
    page.set_page(page_data(stale="These results are of other weights."))
    assert page._banner.isVisible()
    assert page._banner.words().startswith("These results are of other weights.")
    with qtbot.waitSignal(page.scan_asked):
        qtbot.mouseClick(button(page, SCAN_ACTION), Qt.MouseButton.LeftButton)
    page.set_page(page_data())
    assert not page._banner.isVisible()


# from unit to unit


def test_pictures_of_the_unit_before_go_away_when_its_successor_takes_long(qtbot, page, page_data):
    page.set_page(page_data())
    page.show_reading(37, [("value", "1")], 4.0)
    tall = page.widget().layout().totalHeightForWidth(260)
    page.set_unit("net/blocks.0/38")
    qtbot.waitUntil(lambda: strip(page, "exemplars").pictures == (), timeout=10 * HOLD_MS)
    assert strip(page, "quantiles").pictures == strip(page, "minima").pictures == ()
    assert page._body.similar.tiles == ()
    assert page._body.statistics._facts[0] == ("images", "")
    assert page._facts._facts == (("value", ""), ("above", ""))
    assert page.widget().layout().totalHeightForWidth(260) == tall, "places are kept, so that nothing jumps"


def test_a_page_that_comes_at_once_replaces_the_one_before_without_a_blank(page, page_data):
    page.set_page(page_data())
    page.set_unit("net/blocks.0/38")
    assert strip(page, "exemplars").pictures
    page.set_page(page_data(38))
    assert not page._hold.isActive()
    assert strip(page, "exemplars").pictures == page.data.exemplars


def test_a_slow_page_is_announced_and_fills_the_blank_places(qtbot, page, page_data):
    page.set_page(page_data())
    page.set_unit("net/blocks.0/38")
    qtbot.waitUntil(lambda: page._reading.isVisible(), timeout=3000)
    page.set_page(page_data(38))
    assert not page._reading.isVisible()
    assert [len(strip(page, key).pictures) for key in ("exemplars", "minima", "quantiles")] == [9, 4, 15]
    assert len(page._body.similar.tiles) == 3


def test_a_late_page_of_another_unit_is_left_aside(page, page_data, picture):
    page.set_page(page_data(12))
    page.set_session(SessionPage(UnitId("net", "blocks.0", 12), (picture(),), 3.0))
    page.show_reading(12, [("value", "1")], 1.0)
    assert page.data is None
    assert visible_keys(page) == []
    assert page._facts._facts == ()


def test_without_a_unit_nothing_is_left(page, page_data):
    page.set_page(page_data())
    page.show_reading(37, [("value", "1")], 4.0)
    page.set_unit("")
    assert visible_keys(page) == []
    assert page._facts._facts == ()


def test_a_folded_section_stays_folded_on_other_pages(qtbot, page, page_data):
    page.set_page(page_data())
    qtbot.mouseClick(page.section("exemplars").header, Qt.MouseButton.LeftButton)
    assert not strip(page, "exemplars").isVisible()
    page.set_unit("net/blocks.0/38")
    page.set_page(page_data(38))
    assert not strip(page, "exemplars").isVisible()
    assert not page.section("exemplars").is_open
    qtbot.mouseClick(page.section("exemplars").header, Qt.MouseButton.LeftButton)
    assert strip(page, "exemplars").isVisible()


# what moves


def test_the_rank_of_the_live_maximum_stands_below_it_and_the_mark_moves(page, page_data):
    page.set_page(page_data())
    page.show_reading(37, [("value", "4"), ("maximum", "4"), ("mean", "1")], 4.0)
    facts = page._facts._facts
    assert [name for name, _ in facts] == ["value", "maximum", "above", "mean"]
    assert facts[2][1] == "65 % of images"
    assert page._body.histogram.mark == 4.0


def test_a_page_that_comes_after_the_figures_of_a_still_picture_ranks_them(page, page_data):
    page.show_reading(37, [("value", "4")], 4.0)
    page.set_page(page_data())
    assert dict(page._facts._facts)["above"] == "65 % of images"
    assert page._body.histogram.mark == 4.0


def test_a_value_alone_is_followed_by_its_rank():
    assert with_rank([("value", "1"), ("sees", "all")], "5 % of images")[1] == ("above", "5 % of images")
    assert with_rank([], "x") == [("above", "x")]


def test_without_a_histogram_there_is_no_rank(page):
    page.set_page(unscanned())
    page.show_reading(37, [("value", "4")], 4.0)
    assert page._facts._facts == (("value", "4"),)


def test_exemplars_of_this_session_can_be_kept(qtbot, page, page_data, picture):
    page.set_page(page_data())
    assert "camera or a video" in page.section("session").words()
    page.set_session(SessionPage(page.data.unit, (picture(3.0), picture(2.0)), 125.0))
    assert page.section("session").filled
    assert len(strip(page, "session").pictures) == 2
    with qtbot.waitSignal(page.keep_asked):
        qtbot.mouseClick(button(page, "Keep in the gallery"), Qt.MouseButton.LeftButton)
    page.set_page(page_data(kept=(picture(9.0),)))
    assert [picture.value for picture in strip(page, "session").pictures] == [3.0, 2.0, 9.0]


def test_frames_kept_before_are_shown_without_a_camera(page, page_data, picture):
    page.set_page(page_data(kept=(picture(9.0),)))
    assert page.section("session").filled
    assert not any(item.text() == "Keep in the gallery" and item.isVisible() for item in page.findChildren(QPushButton))


def test_exemplars_of_this_session_do_not_follow_to_another_unit(page, page_data, picture):
    page.set_page(page_data())
    page.set_session(SessionPage(page.data.unit, (picture(),), 5.0))
    page.set_unit("net/blocks.0/38")
    page.set_page(page_data(38))
    assert not page.section("session").filled


def test_values_and_whole_images_are_switched_for_all_pictures(page, page_data):
    page.set_page(page_data())
    page.set_scores_shown(False)
    assert not page.scores_shown
    assert {tile.left for tile in strip(page, "minima").tiles} == {""}
    whole = next(item for item in page.findChildren(QToolButton) if item.text().startswith("whole"))
    whole.click()
    assert all(tile.box is not None for tile in strip(page, "quantiles").tiles)


def test_clicks_on_pictures_and_similar_units_are_told(qtbot, page, page_data):
    page.set_page(page_data())
    exemplars, similar = strip(page, "exemplars"), page._body.similar
    with qtbot.waitSignal(page.picture_opened) as signal:
        qtbot.mouseClick(exemplars, Qt.MouseButton.LeftButton, pos=exemplars.tile_rect(2).center())
    assert signal.args == [page.data.exemplars[2]]
    with qtbot.waitSignal(page.unit_clicked) as signal:
        qtbot.mouseClick(similar, Qt.MouseButton.LeftButton, pos=similar.tile_rect(1).center())
    assert signal.args == [5]


def test_statistics_are_told_in_words():
    facts = dict(statistics_facts(UnitStatistics(1000, 0.5, 1.25, 0.25, -0.5, 9.0, 3.0)))
    assert facts["images"] == "1,000"
    assert facts["active"] == "25 % of positions"
    assert facts["range"] == "−0.500 to 9.00"
    assert "dead" not in facts
    assert "dead" in dict(statistics_facts(UnitStatistics(10, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)))
    assert statistics_facts(None) == []
