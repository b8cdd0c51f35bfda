"""Command palette and help."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QLineEdit, QListWidget, QWidget

from deepvis.gui.widgets.fuzzy import match_score
from deepvis.gui.widgets.help_overlay import HelpOverlay, HelpSheet
from deepvis.gui.widgets.painting import split_keys
from deepvis.gui.widgets.palette import CommandPalette, PaletteRow

ROWS = (
    PaletteRow("freeze", "Freeze the frame", "F"),
    PaletteRow("file", "Open file", "Ctrl+O"),
    PaletteRow("fit", "Crop, letterbox or stretch", "0"),
    PaletteRow("back", "Backward view", "B"),
    PaletteRow("full", "Full screen", "F11"),
)


@pytest.fixture
def window(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(1280, 720)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def palette(window):
    widget = CommandPalette(window)
    widget.set_rows(ROWS)
    widget.open_over()
    return widget


def test_every_command_is_offered_in_order_while_nothing_is_typed(palette):
    assert palette.shown_ids() == [row.id for row in ROWS]


def test_typing_keeps_what_holds_the_letters_in_order_best_first(qtbot, palette):
    qtbot.keyClicks(palette.findChild(QLineEdit), "fs")
    assert palette.shown_ids()[0] == "full"
    assert "back" not in palette.shown_ids()


def test_arrows_and_enter_choose_and_close(qtbot, palette):
    edit = palette.findChild(QLineEdit)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        qtbot.keyClick(edit, key)
    assert palette.current_id() == "file"
    with qtbot.waitSignals([palette.closed, palette.chosen]):
        qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert not palette.isVisible()


def test_arrow_up_from_the_first_row_reaches_the_last(qtbot, palette):
    qtbot.keyClick(palette.findChild(QLineEdit), Qt.Key.Key_Up)
    assert palette.current_id() == "full"


def test_a_mere_sentence_is_not_chosen(qtbot, palette):
    palette.set_rows([PaletteRow("", "There is no such layer.")])
    with qtbot.assertNotEmitted(palette.chosen):
        qtbot.keyClick(palette.findChild(QLineEdit), Qt.Key.Key_Return)
    assert palette.isVisible()


def test_a_click_on_a_row_chooses_it(qtbot, palette):
    rows = palette.findChild(QListWidget)
    point = rows.visualItemRect(rows.item(4)).center()
    with qtbot.waitSignal(palette.chosen) as signal:
        qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert signal.args == ["full"]


def test_esc_closes_the_palette_and_it_opens_empty_again(qtbot, palette):
    edit = palette.findChild(QLineEdit)
    qtbot.keyClicks(edit, "zzz")
    assert palette.shown_ids() == []
    with qtbot.waitSignal(palette.closed), qtbot.assertNotEmitted(palette.chosen):
        qtbot.keyClick(edit, Qt.Key.Key_Escape)
    palette.open_over()
    assert palette.shown_ids() == [row.id for row in ROWS]


def test_a_click_beside_the_card_closes(qtbot, palette):
    with qtbot.waitSignal(palette.closed):
        qtbot.mouseClick(palette, Qt.MouseButton.LeftButton, pos=QPoint(5, 700))


@pytest.mark.parametrize("size", [(1280, 720), (420, 200)])
def test_the_card_stays_inside_the_window(palette, window, size):
    window.resize(*size)
    assert palette.size() == window.size()
    assert palette.rect().contains(palette.card_rect())
    assert not window.grab().isNull()


def test_a_run_at_the_start_of_a_word_beats_scattered_letters():
    assert match_score("scr", "Full screen") > match_score("scr", "Sort by mean color")
    assert match_score("xyz", "Full screen") is None
    assert match_score("", "anything") is not None


def _rows(groups: int, per_group: int):
    return [(f"Group {group}", "J, Ctrl+,", f"Do thing {row}") for group in range(groups) for row in range(per_group)]


@pytest.mark.parametrize("size", [(1280, 720), (640, 360)])
def test_all_keys_have_a_place_without_overlap(window, size):
    window.resize(*size)
    overlay = HelpOverlay(window)
    overlay.set_rows(_rows(6, 9))
    overlay.open_over()
    sheet = overlay.findChild(HelpSheet)
    places = sheet._places()
    assert len(places) == 54
    areas = [area for area, _ in places]
    assert all(sheet.rect().contains(area) for area in areas)
    assert not any(one.intersects(other) for i, one in enumerate(areas) for other in areas[:i])
    assert overlay.rect().contains(overlay.card_rect())
    assert not overlay.grab().isNull()


def test_a_large_table_is_seen_whole_at_the_smallest_window(window):
    overlay = HelpOverlay(window)
    overlay.set_rows(_rows(7, 9))
    overlay.open_over()
    sheet = overlay.findChild(HelpSheet)
    assert sheet.height() <= overlay.card_rect().height()


def test_a_sentence_in_the_palette_is_wrapped_and_a_command_is_not(window):
    palette = CommandPalette(window, filters=False)
    palette.open_over()
    palette.set_rows([PaletteRow("", "A sentence that says what can be typed. " * 3)])
    two = palette.card_rect().height()
    palette.set_rows([PaletteRow("x", "A command that says what it does. " * 3)])
    assert palette.card_rect().height() < two


def test_help_closes_on_esc_and_on_a_click_and_says_so(qtbot, window):
    overlay = HelpOverlay(window)
    overlay.set_rows(_rows(2, 3))
    overlay.open_over()
    with qtbot.waitSignal(overlay.closed):
        qtbot.keyClick(overlay, Qt.Key.Key_Escape)
    overlay.open_over()
    with qtbot.waitSignal(overlay.closed):
        qtbot.mouseClick(overlay.findChild(HelpSheet), Qt.MouseButton.LeftButton)
    assert not overlay.isVisible()


@pytest.mark.parametrize(
    ("keys", "caps"),
    [("J, Ctrl+,", ["J", "Ctrl+,"]), (",", [","]), ("+, =", ["+", "="]), ("", []), ("Ctrl+,, X", ["Ctrl+,", "X"])],
)
def test_keys_are_split_also_where_a_comma_is_a_key(keys, caps):
    assert split_keys(keys) == caps
