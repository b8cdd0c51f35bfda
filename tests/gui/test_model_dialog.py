"""The dialog that asks for a network, over a session that runs no thread."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from deepvis.gui.model_dialog import ModelDialog
from deepvis.live.events import ModelFailed, ModelReady, Progress

CTRL = Qt.KeyboardModifier.ControlModifier


def open_model_dialog(qtbot, window) -> ModelDialog:
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    QTest.keyClick(window, Qt.Key.Key_M, CTRL)
    qtbot.waitUntil(lambda: isinstance(QApplication.activeWindow(), ModelDialog))
    return QApplication.activeWindow()


def loading(qtbot, window, name: str = "resnet18") -> ModelDialog:
    """The dialog after Load was pressed."""
    dialog = open_model_dialog(qtbot, window)
    dialog._name.setText(name)
    qtbot.mouseClick(dialog._load, Qt.MouseButton.LeftButton)
    return dialog


def test_letters_typed_into_the_model_dialog_are_text(qtbot, window):
    view = window.controller.view
    dialog = open_model_dialog(qtbot, window)
    QTest.keyClicks(QApplication.focusWidget(), "qofhzTu 058")
    assert dialog._name.text() == "qofhzTu 058"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert window.isVisible()
    assert window.controller.view == view
    assert window.controller.session.asked("load_model") == []


def test_the_model_dialog_asks_the_session_for_names_once_and_loads_what_was_written(qtbot, window):
    dialog = open_model_dialog(qtbot, window)
    dialog._name.setText("resnet18")
    dialog._weights.setText("random")
    dialog._mean.setText("0.1, 0.2, 0.3")
    dialog._size.setText("64x96")
    dialog.accept()
    dialog.accept()
    session = window.controller.session
    assert session.asked("list_models") == [()]
    ((request,),) = session.asked("load_model")
    assert (request.name, request.weights, request.mean, request.input_size) == (
        "resnet18",
        "random",
        (0.1, 0.2, 0.3),
        (64, 96),
    )


def test_the_model_dialog_stays_until_the_network_is_there(qtbot, window, info):
    dialog = loading(qtbot, window)
    assert not dialog._name.isEnabled()
    assert dialog._bar.isVisible()
    window.controller.take(Progress("Downloading resnet18", 0.25))
    assert dialog._doing.text == "Downloading resnet18"
    assert dialog._bar.value() == dialog._bar.maximum() // 4
    window.controller.take(ModelReady(replace(info, name="resnet18")))
    assert not dialog.isVisible()
    assert open_model_dialog(qtbot, window)._name.text() == "resnet18"


def test_a_network_that_cannot_be_had_is_told_in_the_dialog_and_can_be_put_right(qtbot, window, info):
    dialog = loading(qtbot, window, "notanet")
    window.controller.take(ModelFailed("notanet", "No network is called 'notanet'."))
    assert dialog.isVisible()
    assert dialog._problem.text() == "No network is called 'notanet'."
    assert dialog._name.isEnabled()
    assert not dialog._bar.isVisible()
    dialog._name.setText("resnet18")
    dialog.accept()
    assert not dialog._problem.isVisible()
    window.controller.take(ModelReady(replace(info, name="resnet18")))
    assert not dialog.isVisible()


def test_a_long_reason_takes_no_height_from_the_fields_and_is_told_once(qtbot, window):
    dialog = loading(qtbot, window)
    height = dialog._name.height()
    window.controller.take(ModelFailed("resnet18", "The network could not be reached, so a file is missing. " * 8))
    QApplication.processEvents()
    assert dialog._name.height() >= height
    assert dialog._problem.height() >= dialog._problem.heightForWidth(dialog._problem.width())
    assert not window.overlays.toast.isVisible()


def test_cancel_gives_up_loading_before_it_closes_the_dialog(qtbot, window):
    dialog = loading(qtbot, window)
    qtbot.mouseClick(dialog._cancel, Qt.MouseButton.LeftButton)
    assert dialog.isVisible()
    assert window.controller.session.asked("cancel_loading") == [()]
    window.controller.take(ModelFailed("resnet18", "Loading resnet18 was canceled."))
    assert "canceled" in dialog._problem.text()
    qtbot.mouseClick(dialog._cancel, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()
    assert window.controller.session.asked("cancel_loading") == [()]


def test_a_network_that_comes_after_the_dialog_was_closed_troubles_nobody(qtbot, window, info):
    dialog = open_model_dialog(qtbot, window)
    dialog.reject()
    window.controller.take(ModelFailed("x", "No network is called 'x'."))
    window.controller.take(ModelReady(replace(info, name="other")))
    assert window.controller.info.name == "other"
    assert window.window_commands._dialog is None


def test_the_dialog_goes_with_the_window_also_while_loading(qtbot, window):
    dialog = loading(qtbot, window)
    window.close()
    assert not dialog.isVisible()


NAMES = ("efficientnet_lite0", "resnet18", "resnet50", "timm:resnet50", "vit_tiny_patch16_224")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("resnet", ["resnet18", "resnet50", "timm:resnet50"]),
        ("timm:resnet", ["resnet18", "resnet50"]),
        ("torchvision:50", ["resnet50"]),
        ("tiny", ["vit_tiny_patch16_224"]),
    ],
)
def test_names_are_completed_also_behind_the_prefix_of_their_family(qtbot, window, typed, offered):
    window.model_names = NAMES
    dialog = open_model_dialog(qtbot, window)
    dialog._name.clear()
    QTest.keyClicks(dialog._name, typed)
    model = dialog._name.completer().completionModel()
    assert [model.index(row, 0).data() for row in range(model.rowCount())] == offered


def test_a_name_picked_behind_a_prefix_keeps_it(qtbot, window):
    window.model_names = NAMES
    dialog = open_model_dialog(qtbot, window)
    dialog._name.clear()
    QTest.keyClicks(dialog._name, "timm:18")
    popup = dialog._name.completer().popup()
    qtbot.waitUntil(popup.isVisible)
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert dialog._name.text() == "timm:resnet18"
    assert window.controller.session.asked("load_model") == []


def test_return_on_a_name_that_was_typed_whole_loads_it_at_once(qtbot, window):
    window.model_names = NAMES
    dialog = open_model_dialog(qtbot, window)
    dialog._name.clear()
    QTest.keyClicks(dialog._name, "resnet18")
    popup = dialog._name.completer().popup()
    qtbot.waitUntil(popup.isVisible)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    ((request,),) = window.controller.session.asked("load_model")
    assert request.name == "resnet18"
    assert not popup.isVisible()


@pytest.mark.parametrize("text", ["28x32", "28, 32", "28 32", "28×32"])
def test_an_input_size_is_read_as_people_write_it_and_shown_one_way(qtbot, window, text):
    dialog = ModelDialog((), window.window_commands.request)
    qtbot.addWidget(dialog)
    dialog._size.setText(text)
    assert dialog.request().input_size == (28, 32)
    again = ModelDialog((), dialog.request())
    qtbot.addWidget(again)
    assert again._size.text() == "28x32"


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [("_mean", "a, b", "mean must be numbers"), ("_size", "224", "as in 224x224"), ("_name", " ", "model must be")],
)
def test_the_model_dialog_stays_open_and_says_what_it_cannot_read(qtbot, window, field, text, words):
    dialog = ModelDialog((), window.window_commands.request)
    qtbot.addWidget(dialog)
    dialog.show()
    getattr(dialog, field).setText(text)
    dialog.accept()
    assert dialog.isVisible()
    assert words in dialog._problem.text()
