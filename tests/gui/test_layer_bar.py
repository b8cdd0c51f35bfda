"""The list of layers."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLineEdit, QTreeWidget

from deepvis.gui.widgets.layer_bar import LayerBar
from deepvis.gui.widgets.layer_row import short_name
from deepvis.gui.widgets.layer_tree import describe, layer_tree
from deepvis.records import LayerInfo, ModelInfo

LAYERS = (
    LayerInfo("stem", "Conv2d", 32, 112, 112, worth_showing=True),
    LayerInfo("blocks.0.conv", "Conv2d", 16, 112, 112),
    LayerInfo("blocks.0.drop", "DropPath", 0, 0, 0, reason="Its output is no tensor."),
    LayerInfo("blocks.0", "Block", 16, 112, 112, worth_showing=True),
    LayerInfo("blocks.1.conv", "Conv2d", 24, 56, 56),
    LayerInfo("blocks.1", "Block", 24, 56, 56, worth_showing=True),
    LayerInfo("head", "Linear", 1000, 1, 1, worth_showing=True, is_classes=True),
)
MODEL = ModelInfo("net", LAYERS, (), (3, 224, 224), "random", 10)


@pytest.fixture
def bar(qtbot):
    widget = LayerBar()
    qtbot.addWidget(widget)
    widget.resize(190, 400)
    widget.set_layers(MODEL)
    widget.show()
    return widget


def _click(qtbot, bar, name: str) -> None:
    tree = bar.findChild(QTreeWidget)
    row = next(item for item in bar._items() if item.data(0, Qt.ItemDataRole.UserRole) == name)
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualItemRect(row).center())


def test_the_default_list_is_what_is_worth_showing_in_order(bar):
    assert bar.shown_names() == ["stem", "blocks.0", "blocks.1", "head"]


def test_a_click_names_the_layer(qtbot, bar):
    with qtbot.waitSignal(bar.layer_clicked) as signal:
        _click(qtbot, bar, "blocks.1")
    assert signal.args == ["blocks.1"]


def test_the_tree_holds_every_module_where_its_branch_first_ran(bar):
    bar._all_button.click()
    assert bar.shown_names() == [
        "stem",
        "blocks.0",
        "blocks.0.conv",
        "blocks.0.drop",
        "blocks.1",
        "blocks.1.conv",
        "head",
    ]


def test_a_layer_that_cannot_be_shown_says_why_and_is_not_chosen(qtbot, bar):
    bar._all_button.click()
    with qtbot.assertNotEmitted(bar.layer_clicked):
        _click(qtbot, bar, "blocks.0.drop")
    assert "Its output is no tensor." in describe(LAYERS[2])


def test_a_filter_keeps_names_and_types_that_hold_every_word(qtbot, bar):
    bar._all_button.click()
    edit = bar.findChild(QLineEdit)
    qtbot.keyClicks(edit, "conv2d BLOCKS")
    assert bar.shown_names() == ["blocks.0.conv", "blocks.1.conv"]
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    assert len(bar.shown_names()) == len(LAYERS)


def test_enter_in_the_filter_chooses_the_first_match(qtbot, bar):
    edit = bar.findChild(QLineEdit)
    qtbot.keyClicks(edit, "blocks.1")
    with qtbot.waitSignal(bar.layer_clicked) as signal:
        qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert signal.args == ["blocks.1"]


def test_the_current_layer_has_a_row_even_where_it_is_not_in_the_default_list(bar):
    bar.set_current("blocks.0.conv")
    assert bar.shown_names() == ["stem", "blocks.0.conv", "blocks.0", "blocks.1", "head"]


def test_without_a_model_the_list_says_so(bar):
    bar.set_layers(None)
    assert bar.shown_names() == []
    assert bar._empty.text == "No model yet."


def test_a_module_that_only_groups_others_is_a_branch_without_a_layer():
    blocks = next(node for node in layer_tree(LAYERS) if node.text == "blocks")
    assert blocks.info is None
    assert [child.text for child in blocks.children] == ["0", "1"]


def test_a_name_that_does_not_fit_keeps_its_end(bar):
    room = bar.fontMetrics().horizontalAdvance("blocks.4.1.con")
    short = short_name("blocks.4.1.conv_pw", bar.font(), room)
    assert short.startswith("…")
    assert short.endswith(".1.conv_pw")
    assert short_name("stem", bar.font(), room) == "stem"
