"""Scanning a folder from the window: the dialog, the status line, and how it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QFileDialog

from deepvis.gui.scan_dialog import ScanDialog, figures
from deepvis.gui.scans import strip_text
from deepvis.live.events import DevicesFound, ModelReady, Progress, ScanChanged, ScanStatus
from deepvis.live.scan_wish import ScanWish
from deepvis.records import ModelRequest

CTRL = Qt.KeyboardModifier.ControlModifier
RUNNING = ScanStatus("running", "scanning", 1234, 5000, 56.2, 67.0, 3)


@pytest.fixture
def scanning(window, info):
    """A window whose network was asked for by a request."""
    window.controller.load_model(ModelRequest())
    window.controller.take(ModelReady(info))
    return window


@pytest.fixture
def dialog(qtbot, scanning) -> ScanDialog:
    QTest.keyClick(scanning, Qt.Key.Key_E, CTRL)
    qtbot.waitUntil(scanning.scans.dialog.isVisible)
    return scanning.scans.dialog


def tell(window, status: ScanStatus) -> None:
    window.controller.take(ScanChanged(status))


def choose(combo, value) -> None:
    combo.setCurrentIndex(combo.findData(value))


# the wish


def test_there_is_one_dialog_and_it_does_not_lock_the_window(dialog, scanning):
    scanning.acts.trigger("scan")
    assert scanning.scans.dialog is dialog
    assert not dialog.isModal()
    assert scanning.isEnabled()


def test_a_folder_alone_makes_a_wish_with_everything_as_usual(qtbot, dialog, scanning, tmp_path):
    assert not dialog._start.isEnabled()
    dialog.form.set_images(str(tmp_path))
    qtbot.mouseClick(dialog._start, Qt.MouseButton.LeftButton)
    assert scanning.controller.session.asked("start_scan") == [(ScanWish(ModelRequest(), tmp_path),)]


def test_every_field_is_in_the_wish(dialog, scanning, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("a.jpg,cat\n")
    scanning.controller.take(DevicesFound(("cuda:0", "cpu")))
    form = dialog.form
    form.set_images(str(tmp_path))
    choose(form._layers, "viewed")
    choose(form._classes, "file")
    form._labels.setText(str(labels))
    for box, value in ((form._top, 16), (form._crops, 3), (form._limit, 500), (form._workers, 0), (form._batch, 32)):
        box.setValue(value)
    form._device.setCurrentText("cuda:0")
    viewed = scanning.controller.view.layer
    assert form.wish() == ScanWish(
        ModelRequest(),
        tmp_path,
        layers=(viewed,),
        top=16,
        crops=3,
        limit=500,
        classes=str(labels),
        device="cuda:0",
        batch_size=32,
        workers=0,
    )


def test_all_layers_are_those_that_can_be_shown(dialog, tmp_path):
    dialog.form.set_images(str(tmp_path))
    choose(dialog.form._layers, "all")
    layers = dialog.form.wish().layers
    assert "stem.act" in layers
    assert "odd" not in layers
    choose(dialog.form._classes, "none")
    assert dialog.form.wish().classes == "none"


def test_the_viewed_layer_is_followed_while_the_dialog_is_open(dialog, scanning):
    scanning.controller.select_layer("blocks.1")
    assert dialog.form._layers.itemText(1) == "only blocks.1"


@pytest.mark.parametrize("what", ["folder", "labels"])
def test_what_does_not_exist_is_told_and_nothing_starts(qtbot, dialog, scanning, tmp_path, what):
    dialog.form.set_images(str(tmp_path / "nowhere" if what == "folder" else tmp_path))
    if what == "labels":
        choose(dialog.form._classes, "file")
        dialog.form._labels.setText(str(tmp_path / "none.csv"))
    qtbot.mouseClick(dialog._start, Qt.MouseButton.LeftButton)
    assert scanning.controller.session.asked("start_scan") == []
    assert "There is no" in dialog._problem.text()
    assert dialog._problem.isVisible()
    assert dialog.height() >= dialog.layout().totalHeightForWidth(dialog.width())


def test_a_complaint_goes_as_soon_as_the_path_changes_and_when_the_dialog_is_opened_again(dialog, scanning, tmp_path):
    dialog.form.set_images(str(tmp_path / "nowhere"))
    dialog._start.click()
    assert dialog._problem.isVisible()
    dialog.form.set_images(str(tmp_path / "nowhere too"))
    assert not dialog._problem.isVisible()
    dialog._start.click()
    assert dialog._problem.isVisible()
    dialog.close()
    scanning.acts.trigger("scan")
    assert dialog.isVisible()
    assert not dialog._problem.isVisible()


def test_why_a_scan_failed_is_still_told_when_the_dialog_is_opened_again(dialog, scanning):
    tell(scanning, ScanStatus("failed", text="The disk is full."))
    dialog.close()
    scanning.acts.trigger("scan")
    assert dialog._problem.isVisible()
    assert dialog._problem.text() == "The disk is full."


def test_the_buttons_stay_where_they_are_as_a_scan_begins_and_ends(qtbot, dialog, scanning, tmp_path):
    dialog.form.set_images(str(tmp_path))
    places = []
    for status in (None, RUNNING, ScanStatus("done", "", 5000, 5000, text="Scanned 5,000 images.")):
        if status is not None:
            tell(scanning, status)
        dialog.layout().activate()
        places.append(dialog._close.mapTo(dialog, dialog._close.rect().topLeft()))
    assert places == places[:1] * 3


def test_nothing_can_start_before_a_network_runs(qtbot, make_window, tmp_path):
    window = make_window()
    window.acts.trigger("scan")
    window.scans.dialog.form.set_images(str(tmp_path))
    assert not window.scans.dialog._start.isEnabled()
    assert "being loaded" in window.scans.dialog.form._network.text()
    with pytest.raises(ValueError, match="being loaded"):
        window.scans.dialog.form.wish()


def test_folders_and_files_are_chosen_with_the_desktops_dialogs(qtbot, monkeypatch, dialog, tmp_path):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "a.csv"), ""))
    dialog.form._ask_images()
    dialog.form._ask_labels()
    assert dialog.form._images.text() == str(tmp_path)
    assert dialog.form._labels.text() == str(tmp_path / "a.csv")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    dialog.form._ask_images()
    assert dialog.form._images.text() == str(tmp_path)


def test_fields_that_few_need_are_folded_away_and_the_dialog_grows_for_them(qtbot, dialog):
    before = dialog.height()
    assert not dialog.form._device.isVisible()
    qtbot.mouseClick(dialog.form._more, Qt.MouseButton.LeftButton)
    assert dialog.form._device.isVisible()
    assert dialog.height() > before
    assert not dialog.form._labels.isVisible()
    choose(dialog.form._classes, "file")
    assert dialog.form._labels.isVisible()


def test_letters_typed_into_the_dialog_are_text(qtbot, dialog, scanning):
    dialog.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog)
    dialog.form._images.setFocus()
    view = scanning.controller.view
    QTest.keyClicks(dialog.form._images, "qsz")
    assert dialog.form._images.text() == "qsz"
    assert scanning.controller.view == view


# how far it is


def test_a_running_scan_shows_its_figures_and_locks_the_fields(dialog, scanning):
    tell(scanning, RUNNING)
    assert dialog._doing.text == "Scanning"
    assert dialog._figures.text == "1,234 of 5,000  ·  56.2 per second  ·  1 min left  ·  3 files skipped"
    assert dialog._bar.value() == 247
    assert not dialog.form.isEnabled()
    assert dialog._pause.isVisible()
    assert not dialog._start.isVisible()
    assert "goes on from there" in dialog._words.text()


def test_the_bar_runs_back_and_forth_while_nothing_is_known(dialog, scanning):
    tell(scanning, ScanStatus("running"))
    assert (dialog._bar.maximum(), dialog._doing.text) == (0, "Starting")


def test_pause_continue_and_stop_reach_the_session(qtbot, dialog, scanning):
    session = scanning.controller.session
    tell(scanning, RUNNING)
    qtbot.mouseClick(dialog._pause, Qt.MouseButton.LeftButton)
    tell(scanning, replace(RUNNING, state="paused"))
    assert dialog._pause.text() == "Continue"
    assert "left" not in dialog._figures.text
    qtbot.mouseClick(dialog._pause, Qt.MouseButton.LeftButton)
    tell(scanning, RUNNING)
    qtbot.mouseClick(dialog._stop, Qt.MouseButton.LeftButton)
    tell(scanning, replace(RUNNING, state="stopping"))
    assert not dialog._pause.isEnabled()
    assert [call[0] for call in session.calls if call[0].endswith("_scan")] == [
        "pause_scan",
        "resume_scan",
        "stop_scan",
    ]


def test_the_end_is_told_and_another_scan_can_start(dialog, scanning, tmp_path):
    dialog.form.set_images(str(tmp_path))
    tell(scanning, RUNNING)
    tell(scanning, replace(RUNNING, state="done", done=5000, left_s=None, text="Scanned 5,000 images."))
    assert (dialog._doing.text, dialog._words.text()) == ("Done", "Scanned 5,000 images.")
    assert dialog._bar.value() == 1000
    assert dialog._start.isVisible()
    assert dialog._start.isEnabled()
    assert scanning.status.message() == "Scanned 5,000 images."


def test_a_failure_is_told_once_where_it_is_read(dialog, scanning):
    tell(scanning, RUNNING)
    tell(scanning, ScanStatus("failed", text="The disk is full. Make room, then start again."))
    assert dialog._problem.text() == "The disk is full. Make room, then start again."
    assert dialog.form.isEnabled()
    assert not scanning.overlays.toast.isVisible()
    dialog.close()
    tell(scanning, ScanStatus("failed", text="The disk is full again."))
    assert scanning.overlays.toast.isVisible()
    assert scanning.status.message() == "The disk is full again."


def test_closing_the_dialog_leaves_the_scan_running_in_the_status_line(dialog, scanning):
    tell(scanning, RUNNING)
    dialog.close()
    assert scanning.controller.session.asked("stop_scan") == []
    strip = scanning.status._progress
    assert strip.isVisible()
    assert strip._text.text == "Scan: scanning"
    strip.cancel_clicked.emit()
    assert scanning.controller.session.asked("stop_scan") == [()]
    assert scanning.controller.session.asked("cancel_loading") == []
    tell(scanning, replace(RUNNING, state="stopped", text="The scan was stopped."))
    assert not strip.isVisible()


def test_a_dialog_opened_again_shows_the_scan_that_runs(qtbot, scanning):
    tell(scanning, RUNNING)
    scanning.acts.trigger("scan")
    assert scanning.scans.dialog._doing.text == "Scanning"


def test_a_network_that_is_loaded_meanwhile_has_the_status_line_first(scanning):
    tell(scanning, RUNNING)
    strip = scanning.status._progress
    scanning.controller.take(Progress("Loading resnet50", 0.5))
    assert strip._text.text == "Loading resnet50"
    tell(scanning, replace(RUNNING, done=2000))
    assert strip._text.text == "Loading resnet50"
    strip.cancel_clicked.emit()
    assert scanning.controller.session.asked("cancel_loading") == [()]
    assert scanning.controller.session.asked("stop_scan") == []
    scanning.controller.take(Progress("Loading resnet50", 1.0, done=True))
    assert strip._text.text == "Scan: scanning"
    assert strip.isVisible()


def test_figures_leave_out_what_is_not_known():
    assert figures(ScanStatus("running")) == ""
    assert figures(ScanStatus("running", done=5)) == ""
    assert figures(ScanStatus("running", done=5, total=10, skipped=1)) == "5 of 10  ·  1 file skipped"


def test_the_status_line_says_what_state_a_scan_is_in():
    assert strip_text(replace(RUNNING, state="paused")) == "Scan paused"
    assert strip_text(replace(RUNNING, state="stopping")) == "Stopping the scan"
    assert strip_text(ScanStatus("running")) == "Scan"
