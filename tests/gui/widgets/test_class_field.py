"""A field for a class."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from deepvis.gui.widgets.class_field import ClassField

LABELS = ("tabby", "tiger cat", "espresso", "crane", "crane")


@pytest.fixture
def field(qtbot, themed):
    made = ClassField("first answer")
    qtbot.addWidget(made)
    made.set_labels(LABELS)
    made.chosen = []
    made.class_chosen.connect(made.chosen.append)
    made.show()
    return made


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("espresso", 2),
        ("ESPRESSO", 2),
        ("tiger", 1),
        ("4", 4),
        ("#4", 4),
        ("crane  #4", 4),
        ("crane", 3),
        ("900", None),
        ("a", None),
        ("zebra", None),
        ("", None),
    ],
)
def test_a_class_is_found_by_name_number_or_part(field, text, index):
    assert field.index_of(text) == index


def test_without_names_any_number_is_a_class(qtbot):
    made = ClassField("first answer")
    qtbot.addWidget(made)
    assert made.index_of("900") == 900


def test_return_chooses_and_gives_the_keys_back(field, qtbot):
    field.setFocus()
    QTest.keyClicks(field, "tiger")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.chosen == [1]
    assert field.text() == "tiger cat  #1"
    assert not field.hasFocus()


def test_an_emptied_field_means_the_network_s_own_answer(field):
    field.set_chosen(2)
    field.setFocus()
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.chosen == [None]
    assert field.text() == ""
    assert field.placeholderText() == "first answer"


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_what_is_no_class_leaves_the_choice_as_it_was(field, key):
    field.set_chosen(2)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "zebra")
    QTest.keyClick(field, key)
    assert field.chosen == []
    assert field.text() == "espresso  #2"


def test_typing_is_not_disturbed_by_a_view_that_comes_meanwhile(field):
    field.activateWindow()
    field.setFocus()
    QTest.keyClicks(field, "esp")
    field.set_chosen(0)
    assert field.text() == "esp"


def test_a_name_that_does_not_fit_stands_in_the_tooltip_and_the_list_is_as_wide_as_its_names(field):
    field.set_labels(("a", "a rather long name of a class that no narrow field can hold"))
    field.set_tip("The class.")
    assert field.toolTip() == "The class."
    field.set_chosen(1)
    assert field.toolTip().splitlines() == [f"{field._labels[1]}  #1", "The class."]
    assert field.completer().popup().minimumWidth() > 250
