"""Predictions, color bar, transport, status line, toast."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QApplication, QToolButton, QWidget

from deepvis.gui.theme import elided
from deepvis.gui.widgets.color_bar import ColorBar
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.predictions import Predictions
from deepvis.gui.widgets.readings import Readings, ReadingsStrip
from deepvis.gui.widgets.status_line import StatusLine
from deepvis.gui.widgets.toast import Toast
from deepvis.gui.widgets.transport import SeekSlider, Transport
from deepvis.records import Prediction, SourceState

VIDEO = SourceState("video", "clip", "clip.mp4", position=9, length=100, seekable=True, speed=2.0)


@pytest.fixture
def shown(qtbot):
    """Shows a widget at a size."""

    def show(widget, width: int, height: int):
        qtbot.addWidget(widget)
        widget.resize(width, height)
        widget.show()
        return widget

    return show


def test_a_click_on_a_prediction_names_its_class(qtbot, shown):
    widget = shown(Predictions(), 280, 148)
    widget.set_predictions([Prediction(285, "Egyptian cat", 0.6), Prediction(281, "tabby", 0.2)])
    with qtbot.waitSignal(widget.class_clicked) as signal:
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(50, 4 + 28 + 10))
    assert signal.args == [281]
    with qtbot.assertNotEmitted(widget.class_clicked):
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(50, 4 + 3 * 28))


def test_predictions_keep_their_height_whatever_they_show(shown):
    widget = shown(Predictions(), 280, 148)
    empty = widget.sizeHint()
    widget.set_predictions([Prediction(i, "x" * 200, 0.1) for i in range(9)])
    assert widget.sizeHint() == empty
    assert elided("x" * 200, widget.font(), widget.label_width()).endswith("…")
    assert not widget.grab().isNull()


def test_a_color_bar_places_values_between_its_ends_and_cuts_beyond(shown):
    bar = shown(ColorBar(), 300, 36)
    bar.set_scale(-2.0, 6.0, np.zeros((256, 3), np.uint8))
    assert [bar.fraction(value) for value in (-2.0, 0.0, 6.0, 99.0)] == [0.0, 0.25, 1.0, 1.0]
    assert bar.fraction(math.nan) is None


def test_a_color_bar_shows_its_colors_from_low_to_high(shown):
    bar = shown(ColorBar(), 300, 36)
    table = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    bar.set_scale(0.0, 1.0, table)
    image = bar.grab().toImage()
    grays = [image.pixelColor(x, 12).red() for x in (10, 100, 200, 290)]
    assert grays == sorted(grays)
    assert grays[0] < 8
    assert grays[-1] > 247


def test_a_scale_per_unit_has_no_numbers_to_mark(shown):
    bar = shown(ColorBar(), 300, 36)
    bar.set_scale(math.nan, math.nan, np.zeros((256, 3), np.uint8), "per unit")
    bar.set_mark(1.0)
    assert bar.fraction(1.0) is None
    assert not bar.grab().isNull()


def test_a_source_that_cannot_be_steered_has_no_transport(shown):
    bar = shown(Transport(), 300, 60)
    bar.set_state(VIDEO)
    assert bar.isVisible()
    bar.set_state(SourceState("camera", "camera 0", "camera"))
    assert not bar.isVisible()


def test_a_video_shows_its_position_speed_and_all_controls(qtbot, shown):
    bar = shown(Transport(), 300, 60)
    bar.set_state(VIDEO)
    assert bar.position_text().split() == ["10", "/", "100"]
    seen = {button.toolTip() for button in bar.findChildren(QToolButton) if button.isVisible()}
    assert seen == {"One frame back", "Pause or play", "One frame on", "Begin again at the end"}
    assert bar._speed.currentText() == "2×"


def test_buttons_of_the_transport_tell_what_was_clicked(qtbot, shown):
    bar = shown(Transport(), 300, 60)
    bar.set_state(VIDEO)
    by_tip = {button.toolTip(): button for button in bar.findChildren(QToolButton)}
    steps = []
    bar.stepped.connect(steps.append)
    for tip in ("One frame back", "One frame on"):
        qtbot.mouseClick(by_tip[tip], Qt.MouseButton.LeftButton)
    assert steps == [-1, 1]
    with qtbot.waitSignal(bar.pause_toggled):
        qtbot.mouseClick(by_tip["Pause or play"], Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(bar.loop_toggled) as signal:
        qtbot.mouseClick(by_tip["Begin again at the end"], Qt.MouseButton.LeftButton)
    assert signal.args == [False]


def test_showing_a_state_sends_nothing_back(qtbot, shown):
    bar = shown(Transport(), 300, 60)
    signals = [bar.seeked, bar.speed_chosen, bar.loop_toggled, bar.pause_toggled]
    sent = []
    for signal in signals:
        signal.connect(lambda *args: sent.append(args))
    bar.set_state(VIDEO)
    bar.set_state(SourceState("video", "clip", "clip.mp4", 50, 100, True, True, False, 0.5))
    assert sent == []


def test_the_seek_slider_jumps_to_the_click_and_rests_under_the_hand(qtbot, shown):
    slider = shown(SeekSlider(), 212, 16)
    slider.set_position(0, 101)
    wanted = []
    slider.seeked.connect(wanted.append)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(106, 8))
    assert wanted == [50]
    slider.set_position(3, 101)
    assert slider.value() == 50
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(106, 8))
    slider.set_position(3, 101)
    assert slider.value() == 3


def test_readings_never_move_as_their_numbers_change(shown):
    strip = shown(ReadingsStrip(), 560, 26)
    strip.set_readings(Readings(device="cpu float32"))
    before = strip.sizeHint()
    strip.set_readings(Readings(129.9, 24.1, 24.0, 1234.0, 99999, "cpu float32"))
    assert strip.sizeHint() == before
    assert [field[1] for field in strip.fields()] == ["129.9", "24.1", "24.0 fps", "1234 ms", "99,999", "cpu float32"]


def test_the_status_line_fits_a_small_window_and_elides_its_message(shown):
    line = shown(StatusLine(), 1280, 28)
    line.set_readings(Readings(30.0, 24.1, 24.0, 41.0, 12, "cuda:0 bfloat16"))
    line.set_progress("Downloading weights", 0.4)
    line.set_message("word " * 100, "warning")
    assert line.minimumSizeHint().width() <= 1100
    label = next(child for child in line.findChildren(ElidedLabel) if child.text == "word " * 100)
    assert label.shown_text().endswith("…")
    assert label.toolTip() == "word " * 100


def test_long_work_can_be_canceled(qtbot, shown):
    line = shown(StatusLine(), 1280, 28)
    line.set_progress("Downloading weights", None)
    button = next(button for button in line.findChildren(QToolButton) if button.toolTip() == "Cancel")
    assert button.isVisible()
    with qtbot.waitSignal(line.cancel_clicked):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    line.clear_progress()
    assert not button.isVisible()


def test_an_unknown_level_is_refused(shown):
    line = shown(StatusLine(), 600, 28)
    with pytest.raises(KeyError):
        line.set_message("x", "panic")


def test_a_label_tells_in_its_tooltip_what_does_not_fit(shown):
    label = shown(ElidedLabel(), 60, 20)
    label.set_text("a text that is certainly too long")
    assert label.shown_text() != label.text
    assert label.toolTip() == label.text
    label.resize(QFontMetrics(label.font()).horizontalAdvance(label.text) + 10, 20)
    assert label.shown_text() == label.text
    assert label.toolTip() == ""


def test_a_toast_goes_away_by_itself_and_stays_inside(qtbot, shown):
    parent = shown(QWidget(), 300, 200)
    toast = Toast(parent)
    toast.show_text("word " * 50, shown_ms=20)
    assert parent.rect().contains(toast.geometry())
    qtbot.waitUntil(lambda: not toast.isVisible(), timeout=2000)


def test_a_toast_lies_at_the_upper_edge_of_its_part_and_a_newer_one_replaces_it(shown):
    parent = shown(QWidget(), 600, 400)
    part = QWidget(parent)
    part.setGeometry(200, 100, 300, 250)
    part.show()
    toast = Toast(parent, over=part)
    toast.show_text("Gamma boost 0.7")
    toast.show_text("Sorted by mean")
    assert toast._text == "Sorted by mean"
    assert part.geometry().contains(toast.geometry())
    assert toast.geometry().top() < 120
    assert abs(toast.geometry().center().x() - part.geometry().center().x()) <= 1
    part.move(100, 140)
    QApplication.processEvents()
    assert part.geometry().contains(toast.geometry())
