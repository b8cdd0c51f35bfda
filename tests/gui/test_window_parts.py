"""Panels, tool bar, menus, drop and paste of the real window, over a session that runs no thread."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QPixmap
from PyQt6.QtWidgets import QApplication, QComboBox, QFileDialog, QInputDialog, QMenu

from deepvis.gui import moves
from deepvis.gui.presenter import field_facts, layer_text, readings, unit_facts
from deepvis.gui.theme import LIGHT
from deepvis.gui.unit_menu import unit_menu
from deepvis.live.events import (
    CamerasListed,
    DevicesFound,
    ModelFailed,
    ModelReady,
    ModelsListed,
    Notice,
    Progress,
    SourceChanged,
)
from deepvis.live.meter import Counts
from deepvis.records import LayerInfo, Overlay, Precision, Scaling, Sort, SourceState


def choose(combo: QComboBox, value) -> None:
    """Pick an entry as the mouse does."""
    index = combo.findData(value) if combo.findData(value) >= 0 else combo.findText(str(value))
    combo.setCurrentIndex(index)
    combo.activated.emit(index)


# what a result shows


def test_a_result_fills_picture_grid_unit_and_page(window, show, info):
    window.controller.go("blocks.0", 151)
    result = show(window)
    picture = window.input_panel.picture
    assert picture._rgb is result.picture_rgb
    assert picture._boxes == ((result.unit.box, "receptive field"),)
    assert picture._seen == (result.seen,)
    assert window.grid_panel.grid._selected == 151
    assert window.unit_panel.unit._caption == "#151"
    assert window.unit_panel.unit._value == "151"
    assert window.page._layer.toolTip() == "toynet/blocks.0/151"
    assert window.page._title.text == "Unit 151"
    assert ("sees", "10 × 12 px") in window.page._facts._facts
    assert [answer.label for answer in window.input_panel.predictions._predictions] == ["tiger cat", "espresso"]
    assert window.grid_panel._title.text == "blocks.0"


def test_a_class_unit_is_shown_with_its_label(window, show):
    window.controller.go("classifier", 2)
    show(window)
    assert window.page._title.text == "Unit 2 · espresso"
    assert window.unit_panel.unit._caption == "#2  espresso"


def test_a_chosen_position_is_marked_in_grid_unit_and_facts(window, show):
    window.controller.select_position(3, 2, 4)
    show(window)
    assert window.grid_panel.grid._marked == (2, 4)
    assert (window.unit_panel.unit._position, window.unit_panel.unit._chosen) == ((2, 4), True)
    assert ("chosen at", "row 2, column 4") in window.page._facts._facts


def test_a_problem_takes_the_place_of_grid_and_unit_and_the_picture_stays(window, show):
    result = show(window, problem="It raised a ValueError.", grid=None, unit=None, predictions=())
    assert window.grid_panel.grid._message == "It raised a ValueError."
    assert window.grid_panel.grid._image is None
    assert window.grid_panel.enlarged._message == "It raised a ValueError."
    assert window.unit_panel.unit._message == "Nothing to show."
    assert window.input_panel.predictions._predictions == ()
    assert window.input_panel.picture._rgb is result.picture_rgb
    assert window.presenter.hover_text(0, None) == ""
    show(window)
    assert window.grid_panel.grid._message == ""
    assert window.grid_panel.grid._image is not None


def test_dead_and_broken_units_are_counted_above_the_grid(window, show, info, answer):
    grid = replace(answer(window.controller.view, info).grid, hidden=7, nan_units=2)
    show(window, grid=grid)
    text = window.grid_panel._detail.text
    layer = window.controller.layer()
    assert text.startswith(f"{layer.units - 7} of {layer.units} units")
    assert "NaN in 2 units" in text


def test_the_tooltip_of_a_tile_tells_address_values_and_place(window, show):
    window.controller.go("blocks.0", 3)
    show(window)
    text = window.presenter.hover_text(17, (2, 5))
    assert text.splitlines() == [
        "blocks.0/17",
        "maximum 17.0 at row 0, column 0",
        "mean 17.0",
        "pointer at row 2, column 5",
    ]
    window.controller.go("classifier", 2)
    show(window)
    assert window.presenter.hover_text(2, None).splitlines() == ["classifier/2", "espresso", "value 2.00"]
    assert window.presenter.hover_text(4, None) == ""


def test_answers_of_the_last_network_do_not_stay_under_the_next(window, info):
    layers = tuple(layer for layer in info.layers if not layer.is_classes)
    window.controller.take(ModelReady(replace(info, name="features", layers=layers, labels=())))
    assert window.input_panel.predictions._predictions == ()
    assert "not a list of classes" in window.input_panel.predictions._message
    assert window.presenter.hover_text(0, None) == ""


def test_the_first_network_that_fails_is_told_in_place_of_the_grid_until_one_comes(make_window, info, answer, show):
    window = make_window()
    controller = window.controller
    assert "being loaded" in window.grid_panel.grid._message
    controller.take(ModelFailed("nonsense", "No network is called 'nonsense'."))
    loading = answer(
        replace(controller.view, layer="blocks.0"), info, problem="The network is being loaded.", unit=None
    )
    controller.session.result = replace(loading, view=controller.view)
    controller.fetch()
    assert window.grid_panel.grid._message == "No network is called 'nonsense'."
    assert window.status.message() == "No network is called 'nonsense'."
    controller.take(ModelReady(info))
    show(window)
    assert window.grid_panel.grid._message == ""


def test_every_painted_result_is_counted_once(qtbot, window, show):
    meters = window.controller.session.meters
    painted = meters.painted.count
    show(window)
    qtbot.waitUntil(lambda: meters.painted.count == painted + 1)
    window.grid_panel.grid.repaint()
    assert meters.painted.count == painted + 1


def test_a_layer_is_described_in_one_line():
    assert layer_text(None) == ""
    assert "32 units of 8×8" in layer_text(LayerInfo("a", "Conv2d", 32, 8, 8))
    assert "1 unit" in layer_text(LayerInfo("a", "Linear", 1, 1, 1))
    assert "1 units" not in layer_text(LayerInfo("a", "Linear", 1, 1, 1))
    assert "2 tokens set apart" in layer_text(LayerInfo("a", "Block", 8, 4, 4, prefix_tokens=2))


def test_tokens_that_are_set_apart_are_facts_with_names(info, window, answer):
    unit = replace(answer(window.controller.view, info).unit, prefix=(0.5, -1.0))
    facts = dict(unit_facts(unit, info.layer("blocks.0")))
    assert (facts["class token"], facts["token 1"]) == ("0.500", "−1.00")


def test_a_single_value_has_no_place_and_an_unknown_field_says_so(info, window, answer):
    unit = replace(answer(window.controller.view, info).unit, field_text="")
    facts = dict(unit_facts(unit, info.layer("classifier")))
    assert facts == {"value": "0", "sees": "being computed…"}


def test_one_number_is_told_once_unless_another_place_was_chosen(info, window, answer):
    unit = answer(window.controller.view, info).unit
    followed, chosen = (unit_facts(replace(unit, chosen=on), info.layer("blocks.0")) for on in (False, True))
    assert [name for name, _ in followed[:3]] == ["maximum", "maximum at", "mean"]
    assert [name for name, _ in chosen[:3]] == ["value", "chosen at", "maximum"]


@pytest.mark.parametrize(
    ("text", "inside"),
    [("", "–"), ("10 × 12 px", "all of it"), ("10 × 12 px, cut by the border to 5 × 12 px", "5 × 12 px")],
)
def test_the_row_of_what_is_seen_in_the_image_stays_where_a_layer_has_positions(info, window, answer, text, inside):
    unit = replace(answer(window.controller.view, info).unit, field_text=text)
    assert unit_facts(unit, info.layer("blocks.0"))[-1] == ("in the image", inside)
    assert ("in the image" in dict(field_facts(text))) == ("cut" in text)


def test_the_status_line_gets_the_figures_of_the_session():
    shown = readings(Counts(9, 3, 8, 7, 30.0, 20.0, 15.0, 40.0, 80.0), "cpu float32")
    assert (shown.capture_fps, shown.inference_fps, shown.paint_fps) == (30.0, 20.0, 15.0)
    assert (shown.latency_ms, shown.dropped, shown.device) == (40.0, 3, "cpu float32")


# the grid panel and the unit panel


@pytest.mark.parametrize(
    ("name", "value"),
    [("scaling", Scaling.UNIT), ("individual", 0.5), ("gamma", 0.3), ("colormap", "viridis"), ("sort", Sort.MEAN)],
)
def test_a_choice_above_the_grid_changes_the_view_and_follows_it(window, name, value):
    combo = window.grid_panel._choices[name]
    before = getattr(window.controller.view.grid, name)
    choose(combo, value)
    assert getattr(window.controller.view.grid, name) == value
    window.controller.change_grid(**{name: before})
    assert combo.currentData() == before


def test_hiding_dead_units_by_mouse_ticks_the_menu(qtbot, window):
    qtbot.mouseClick(window.grid_panel._hide_dead, Qt.MouseButton.LeftButton)
    assert window.controller.view.grid.hide_dead
    assert window.acts["toggle_dead"].isChecked()


def test_overlay_and_opacity_by_mouse(window):
    panel = window.unit_panel
    assert not panel._opacity.isEnabled()
    choose(panel._overlay, Overlay.ACTIVE)
    assert window.controller.view.pane.overlay is Overlay.ACTIVE
    assert panel._opacity.isEnabled()
    panel._opacity.setValue(25)
    assert window.controller.view.pane.opacity == 0.25


def test_the_sizes_of_the_panes_are_asked_for_in_device_pixels(qtbot, window):
    grid, unit = window.grid_panel.grid, window.unit_panel.unit
    window.resize(1000, 700)
    qtbot.waitUntil(
        lambda: (window.controller.view.grid.height, window.controller.view.grid.width) == grid.device_size()
    )
    qtbot.waitUntil(
        lambda: (window.controller.view.pane.height, window.controller.view.pane.width) == unit.device_size()
    )
    window.grid_panel.set_enlarged(True)
    large = window.grid_panel.enlarged
    qtbot.waitUntil(
        lambda: (window.controller.view.pane.height, window.controller.view.pane.width) == large.device_size()
    )


def test_a_double_click_enlarges_the_unit(qtbot, window):
    grid = window.grid_panel.grid
    rect = window.controller.result.grid.layout.rect_of(9)
    point = QPoint(int(rect.left) + 2, int(rect.top) + 2)
    qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=point)
    qtbot.mouseDClick(grid, Qt.MouseButton.LeftButton, pos=point)
    assert window.controller.view.unit == 9
    assert window.grid_panel.is_enlarged


def test_a_double_click_on_the_large_unit_shows_the_grid_again(qtbot, window):
    window.acts.trigger("next_zoom")
    qtbot.mouseDClick(window.grid_panel.enlarged, Qt.MouseButton.LeftButton)
    assert not window.grid_panel.is_enlarged


def test_what_is_known_of_a_layer_is_readable_above_the_grid_or_in_its_tooltip(window):
    heading = window.grid_panel._detail.parentWidget()
    window.controller.go("blocks.0", 0)
    for width, told in ((400, True), (100, False)):
        heading.resize(width, heading.height())
        assert window.grid_panel._detail.isVisible() is told
        assert ("200 units" in heading.toolTip()) is not told


@pytest.mark.parametrize("kind", ["demo", "video", "folder"])
def test_the_window_can_be_a_thousand_pixels_wide_and_its_widgets_fit(window, kind):
    window.controller.take(SourceChanged(SourceState(kind, "x" * 60, "x", length=90, seekable=True)))
    window.resize(1000, 600)
    QApplication.processEvents()
    assert (window.width(), window.height()) == (1000, 600)
    # those of the closed dock lie below its title
    fixed = [found for found in window.findChildren(QComboBox) if not found.visibleRegion().isEmpty()]
    assert len(fixed) >= 8
    for widget in (*fixed, window.unit_panel._opacity):
        assert widget.width() >= widget.minimumSizeHint().width()
        assert window.rect().contains(QRect(widget.mapTo(window, QPoint(0, 0)), widget.size()))
    assert window.unit_panel._opacity.width() >= 56


def test_the_layers_name_is_shown_before_what_is_known_of_it(window):
    heading, detail = window.grid_panel._title, window.grid_panel._detail
    window.resize(1280, 720)
    QApplication.processEvents()
    assert heading.shown_text() == heading.text
    assert detail.shown_text().startswith("200 units of 6×6  ·")
    heading.parentWidget().resize(heading.sizeHint().width(), 20)
    assert heading.shown_text() == heading.text
    assert detail.shown_text() != detail.text


def test_a_click_on_the_large_unit_chooses_a_position(qtbot, window, show):
    show(window)
    view = window.unit_panel.unit
    rect = view.picture_rect()
    point = QPoint(int(rect.left() + rect.width() * 0.95), int(rect.top() + rect.height() * 0.05))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=point)
    assert window.controller.view.position == (0, 5)


def test_hovering_holds_the_order_of_the_tiles(window):
    window.grid_panel.grid.unit_hovered.emit(3)
    assert window.controller.view.grid.hold_order
    window.grid_panel.grid.unit_hovered.emit(-1)
    assert not window.controller.view.grid.hold_order


def test_wheel_and_drag_zoom_and_pan_as_the_moves_say(window):
    grid, view = window.grid_panel.grid, window.controller.view
    grid.zoomed.emit(2.0, 0.25, 0.75)
    assert window.controller.view == moves.zoom_by(view, 2.0, 0.25, 0.75)
    view = window.controller.view
    grid.panned.emit(0.1, -0.1)
    assert window.controller.view == moves.pan_by(view, 0.1, -0.1)


def test_a_click_on_a_class_leads_to_its_unit(window):
    window.input_panel.predictions.class_clicked.emit(2)
    assert (window.controller.view.layer, window.controller.view.unit) == ("classifier", 2)


def test_a_click_on_a_layer_leads_there(window):
    window.layer_bar.layer_clicked.emit("blocks.1")
    assert window.controller.view.layer == "blocks.1"


def test_the_menu_of_a_tile_names_the_unit_and_says_what_cannot_be_done(window):
    window.controller.select_layer("classifier")
    menu = unit_menu(window, 2)
    texts = [act.text() for act in menu.actions()]
    assert texts[0] == "classifier/2  espresso"
    assert not menu.actions()[0].isEnabled()
    assert window.controller.view.unit == 2
    assert menu.toolTipsVisible()
    assert window.acts["freeze_here"] in menu.actions()
    assert window.acts["copy_address"] in menu.actions()


def test_beside_the_tiles_the_menu_selects_nothing(window):
    window.controller.select_unit(5)
    menu = unit_menu(window, -1)
    assert window.controller.view.unit == 5
    assert window.acts["copy_address"] in menu.actions()
    assert isinstance(menu, QMenu)


# the tool bar


def test_the_tool_bar_says_what_runs(window, info):
    bar = window.bar
    window.controller.take(
        SourceChanged(SourceState("camera", "A very long name of a camera " * 3, "camera", lost=True))
    )
    assert "(lost)" in bar._source.text()
    assert len(bar._source.text()) < 50
    window.controller.take(DevicesFound(("cuda:0", "cpu")))
    window.controller.take(ModelReady(replace(info, device="cuda:0", precision=Precision.BFLOAT16)))
    assert bar._device.currentText() == "cuda:0"
    assert bar._precision.currentData() is Precision.BFLOAT16
    assert bar._model.text() == "toynet"
    assert window.windowTitle().endswith("toynet")


def test_device_and_precision_are_asked_for_together(window):
    window.controller.take(DevicesFound(("cuda:0", "cpu")))
    choose(window.bar._device, "cuda:0")
    choose(window.bar._precision, Precision.FLOAT16)
    assert window.controller.session.asked("place") == [
        ("cuda:0", Precision.FLOAT32),
        ("cuda:0", Precision.FLOAT16),
    ]


def test_the_same_device_chosen_again_is_asked_for_again_and_changes_nothing_else(window, info):
    view = window.controller.view
    choose(window.bar._device, "cpu")
    window.controller.take(ModelReady(info))
    assert window.controller.session.asked("place") == [("cpu", Precision.FLOAT32)]
    assert window.controller.view == view


def test_cameras_are_looked_for_when_the_menu_opens_and_can_be_chosen(window):
    menu = window.bar._source.menu()
    menu.aboutToShow.emit()
    assert window.controller.session.asked("list_cameras") == [()]
    window.controller.take(CamerasListed(()))
    (none,) = window.bar._cameras.actions()
    assert (none.text(), none.isEnabled()) == ("No camera found", False)
    window.controller.take(CamerasListed((("camera:0", "Front"), ("camera:1", "Back"))))
    window.bar._cameras.actions()[1].trigger()
    assert window.controller.session.asked("open_source") == [("camera:1",)]


def test_demo_and_test_pattern_are_in_the_menu(window):
    window.acts.trigger("use_demo")
    window.acts.trigger("use_synthetic")
    assert window.controller.session.asked("open_source") == [("demo",), ("synthetic",)]


def test_names_of_networks_are_kept_for_the_dialog(window):
    window.controller.take(ModelsListed(("a", "b")))
    assert window.model_names == ("a", "b")


# what is told


def test_a_reason_stays_in_the_status_line_after_the_news_of_the_model(make_window, info):
    window = make_window(layer="blocks.9")
    window.controller.session.events = [ModelReady(info)]
    window.controller.fetch()
    assert "no layer 'blocks.9'" in window.status.message()


def test_warnings_and_errors_also_appear_over_the_window_and_infos_do_not(window):
    window.controller.take(Notice("Webcam is back."))
    assert window.status.message() == "Webcam is back."
    assert not window.overlays.toast.isVisible()
    window.controller.take(Notice("b.jpg was skipped.", "warning"))
    assert window.overlays.toast.isVisible()
    assert window.overlays.toast._text == "b.jpg was skipped."


def test_progress_is_shown_can_be_canceled_and_goes_away(qtbot, window):
    window.controller.take(Progress("Downloading resnet50", 0.25))
    strip = window.status._progress
    assert strip.isVisible()
    qtbot.mouseClick(strip._cancel, Qt.MouseButton.LeftButton)
    assert window.controller.session.asked("cancel_loading") == [()]
    window.controller.take(Progress("", done=True))
    assert not strip.isVisible()


# drop, paste, open, save


def dropped(target, mime: QMimeData, at: QPoint) -> bool:
    """Drag something over a widget and, where it is welcome, let it fall."""
    how = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    over = QDragEnterEvent(at, *how)
    over.setAccepted(False)
    QApplication.sendEvent(target, over)
    drop = QDropEvent(QPointF(at), *how)
    drop.setAccepted(False)
    if over.isAccepted():
        QApplication.sendEvent(target, drop)
    return drop.isAccepted()


def test_a_file_dropped_on_the_window_or_on_the_picture_is_opened(window, tmp_path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "a b.jpg"))])
    assert dropped(window, mime, QPoint(5, 5))
    assert dropped(window.input_panel.picture, mime, QPoint(5, 5))
    assert window.controller.session.asked("open_source") == [(str(tmp_path / "a b.jpg"),)] * 2


def test_words_dropped_on_the_window_are_not_taken(window):
    mime = QMimeData()
    mime.setText("hello")
    assert not dropped(window, mime, QPoint(5, 5))
    assert window.controller.session.asked("open_source") == []


def test_a_pasted_picture_is_shown_with_its_colors(window):
    image = QImage(5, 3, QImage.Format.Format_RGB32)
    image.fill(0xFF204060)
    QGuiApplication.clipboard().setImage(image)
    window.acts.trigger("paste")
    ((rgb, title),) = window.controller.session.asked("open_picture")
    assert (rgb.shape, rgb.dtype, title) == ((3, 5, 3), np.uint8, "clipboard")
    assert (rgb == (0x20, 0x40, 0x60)).all()


def test_a_pasted_path_or_file_is_opened(window, tmp_path):
    clipboard = QGuiApplication.clipboard()
    clipboard.setText(f"  {tmp_path}/cat.jpg\n")
    window.acts.trigger("paste")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(f"{tmp_path}/dog.jpg"), QUrl.fromLocalFile(f"{tmp_path}/more.jpg")])
    clipboard.setMimeData(mime)
    window.acts.trigger("paste")
    assert window.controller.session.asked("open_source") == [(f"{tmp_path}/cat.jpg",), (f"{tmp_path}/dog.jpg",)]


def test_an_empty_clipboard_is_told(window):
    QGuiApplication.clipboard().clear()
    window.acts.trigger("paste")
    assert window.status.message() == "The clipboard holds no picture and no path."
    assert window.controller.session.asked("open_source") == []


def answer_address(window, text: str, *, agree: bool) -> None:
    """Write into the dialog that asks for an address, and press a button."""
    window.acts.trigger("open_address")
    (dialog,) = [found for found in window.findChildren(QInputDialog) if found.isVisible()]
    assert dialog.width() >= 520
    dialog.setTextValue(text)
    dialog.accept() if agree else dialog.reject()


@pytest.mark.parametrize(
    ("kind", "spec", "start"),
    [
        ("image", "{tmp}/cat.jpg", "{tmp}"),
        ("folder", "{tmp}", "{tmp}"),
        ("demo", "demo", "{home}"),
        ("image", "", "{home}"),
    ],
)
def test_a_dialog_begins_beside_the_file_that_is_shown(window, monkeypatch, tmp_path, kind, spec, start):
    (tmp_path / "cat.jpg").touch()
    asked = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: (asked.append(args[2]), ("", ""))[1])
    window.controller.take(SourceChanged(SourceState(kind, "cat", spec.format(tmp=tmp_path))))
    window.acts.trigger("open_file")
    assert asked == [start.format(tmp=tmp_path, home=Path.home())]


def test_files_folders_and_addresses_are_asked_for(window, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: ("/pictures/a.jpg", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: "/pictures")
    for name in ("open_file", "open_folder"):
        window.acts.trigger(name)
    answer_address(window, " rtsp://camera/1 ", agree=True)
    assert window.controller.session.asked("open_source") == [
        ("/pictures/a.jpg",),
        ("/pictures",),
        ("rtsp://camera/1",),
    ]


def test_a_dialog_that_was_closed_opens_nothing(window, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: ("", ""))
    window.acts.trigger("open_file")
    answer_address(window, "rtsp://camera/1", agree=False)
    assert window.controller.session.asked("open_source") == []


@pytest.mark.parametrize("name", ["save_grid", "save_window"])
def test_grid_and_window_are_saved_as_png(window, monkeypatch, tmp_path, name):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(tmp_path / "x.png"), ""))
    window.acts.trigger(name)
    part = window.grid_panel if name == "save_grid" else window
    assert QPixmap(str(tmp_path / "x.png")).size() == part.grab().size()
    assert window.status.message() == f"Saved {tmp_path / 'x.png'}."


def test_a_picture_that_cannot_be_written_is_told(window, monkeypatch, tmp_path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(tmp_path / "no" / "x.png"), ""))
    window.acts.trigger("save_window")
    assert "could not be written" in window.status.message()


def test_the_theme_changes_with_the_colors_around_the_tiles(window):
    window.acts.trigger("toggle_theme")
    grid = window.controller.view.grid
    assert grid.background == tuple(bytes.fromhex(LIGHT.window.removeprefix("#")))
    assert grid.gap == tuple(bytes.fromhex(LIGHT.border.removeprefix("#")))
    window.acts.trigger("reset")
    assert window.controller.view.grid.gap == grid.gap
    window.acts.trigger("toggle_theme")
    assert window.controller.view.grid.background != grid.background
