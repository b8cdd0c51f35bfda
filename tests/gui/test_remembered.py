"""Layout and choices from one run to the next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepvis.config import Settings
from deepvis.gui.remembered import CHOICES, Remembered, last_choices
from deepvis.live.events import ModelReady, SourceChanged
from deepvis.live.pages import PagePicture
from deepvis.places import config_dir
from deepvis.records import Method, ModelRequest, Overlay, Scaling, Sort, SourceState

CHOSEN = {
    "theme": "light",
    "colormap": "viridis",
    "scaling": Scaling.UNIT,
    "sort": Sort.MEAN,
    "overlay": Overlay.INACTIVE,
    "opacity": 0.35,
    "individual": 0.5,
    "gamma": 0.7,
    "hide_dead": True,
    "fit": "stretch",
    "view": "norm-blur",
    "back_colormap": "plasma",
    "back_overlay": Overlay.ACTIVE,
    "back_seed": "maximum",
    "source": "/pictures/a, b.jpg",
    "model": "resnet18",
    "weights": "random",
    "labels": Path("/nets/names.txt"),
    "mean": (0.1, 0.2, 0.3),
    "std": (0.4, 0.5, 0.6),
    "input_size": (64, 48),
    "interpolation": "nearest",
    "crop_ratio": 0.5,
    "inputs": "2",
    "layer": "layer1.0",
}


def keep(choices) -> None:
    """As one run does at its end."""
    store = Remembered()
    store.note(choices)
    store._store.sync()


def apply(settings: Settings | None = None, given=()) -> Settings:
    """As the next run does at its start."""
    return Remembered().apply(settings or Settings(), given)


def test_choices_come_back_in_the_next_run():
    keep(CHOSEN)
    after = apply()
    for name, value in CHOSEN.items():
        assert getattr(after, name) == value
        assert type(getattr(after, name)) is type(getattr(Settings(**{name: value}), name))


def test_every_choice_is_a_setting_and_is_tried_here():
    assert set(CHOICES) == set(CHOSEN)


def test_without_a_last_run_the_settings_stay():
    settings = Settings(gamma=0.5, colormap="jet")
    assert apply(settings) == settings


@pytest.mark.parametrize("name", CHOSEN)
def test_what_the_command_line_gives_wins_also_where_it_is_the_default(name):
    keep(CHOSEN)
    assert getattr(apply(given={name}), name) == getattr(Settings(), name)


def test_what_the_settings_file_gives_wins():
    keep(CHOSEN)
    after = apply(Settings(theme="system", opacity=0.9))
    assert (after.theme, after.opacity, after.colormap) == ("system", 0.9, "viridis")


def test_the_last_layer_belongs_to_the_last_network():
    keep(CHOSEN)
    assert apply(Settings(model="vgg16")).layer is None
    assert apply(given={"model"}).layer is None
    assert apply(Settings(model="resnet18"), given={"model"}).layer == "layer1.0"


def test_weights_that_are_given_are_not_put_into_the_last_network():
    keep(CHOSEN)
    after = apply(Settings(weights="random"), given={"weights"})
    assert (after.model, after.layer) == (Settings().model, None)


def test_a_choice_that_is_none_is_forgotten_and_one_that_is_left_out_stays():
    keep(CHOSEN)
    keep({"source": None})
    after = apply()
    assert (after.source, after.model) == ("auto", "resnet18")


def test_forgetting_forgets_choices_and_layout(qtbot, make_window):
    window = make_window()
    keep(CHOSEN)
    Remembered().keep(window)
    Remembered().forget()
    assert apply() == Settings()
    assert Remembered().restore(window) is False


def test_a_choice_that_is_no_longer_allowed_is_passed_over():
    keep({**CHOSEN, "theme": "purple", "opacity": "a lot", "fit": "squeeze", "colormap": "rainbow"})
    after = apply()
    assert (after.theme, after.opacity, after.fit, after.colormap) == ("dark", 0.7, Settings().fit, "auto")
    assert after.sort is Sort.MEAN


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe garbage \x80",
        b"[choice\nopacity=",
        b"geometry=@ByteArray(nonsense)\nstate=@ByteArray(\\x1\\x2)\n",
        b"[General]\ngeometry=@Variant(\\0\\0\\0\\xff)\nstate=17\n[choice]\nopacity=1, 2, 3\nlayer=@Invalid()\n",
    ],
)
def test_a_damaged_file_is_harmless(make_window, content):
    config_dir().mkdir(parents=True, exist_ok=True)
    (config_dir() / "window.ini").write_bytes(content)
    window = make_window()
    size = window.size()
    store = Remembered()
    assert store.apply(Settings(), ()) == Settings()
    assert store.restore(window) is False
    assert window.size() == size
    store.keep(window)
    store.note(CHOSEN)
    store._store.sync()
    assert apply().colormap == "viridis"


def test_a_folder_in_the_files_place_is_harmless():
    (config_dir() / "window.ini").mkdir(parents=True)
    store = Remembered()
    assert store.apply(Settings(), ()) == Settings()
    store.note(CHOSEN)
    store._store.sync()


def test_size_and_docks_come_back(qtbot, make_window):
    window = make_window()
    window.resize(1280, 560)
    window.page_dock.hide()
    Remembered().keep(window)
    other = make_window()
    assert other.page_dock.isVisible()
    assert Remembered().restore(other)
    assert not other.page_dock.isVisible()
    # the width of the offscreen screen is less than the window's least, so only the height can come back
    assert other.height() == 560


@pytest.mark.parametrize(
    ("state", "spec"),
    [
        (SourceState("video", "a.mp4", "/films/a.mp4"), "/films/a.mp4"),
        (SourceState("folder", "cats", "/cats"), "/cats"),
        (SourceState("camera", "Webcam", "camera:1"), "camera:1"),
        (SourceState("stream", "x", "http://host/x.jpg"), "http://host/x.jpg"),
        (SourceState("camera", "Webcam", "camera:1", lost=True), None),
        (SourceState("image", "clipboard", ""), None),
        (SourceState("demo", "chelsea", "demo"), None),
    ],
)
def test_sources_that_can_be_opened_again_are_remembered(make_controller, state, spec):
    controller = make_controller()
    controller.take(SourceChanged(state))
    assert last_choices(controller, "dark")["source"] == spec


def test_an_exemplar_that_was_looked_at_is_not_where_the_next_run_begins(make_controller):
    controller = make_controller()
    controller.take(SourceChanged(SourceState("camera", "Webcam", "camera:1")))
    pixels = np.zeros((4, 4, 3), np.uint8)
    for path, spec in ((Path("/data/cat.jpg"), "/data/cat.jpg"), (None, "")):
        controller.open_exemplar(PagePicture(pixels, 1.0, "cat.jpg", path=path))
        controller.take(SourceChanged(SourceState("image", "cat.jpg", spec)))
        assert last_choices(controller, "dark")["source"] == "camera:1"
    controller.open_source("/data/cat.jpg")
    controller.take(SourceChanged(SourceState("image", "cat.jpg", "/data/cat.jpg")))
    assert last_choices(controller, "dark")["source"] == "/data/cat.jpg"


def test_a_relative_path_is_remembered_for_runs_in_any_folder(make_controller, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    controller = make_controller()
    controller.take(SourceChanged(SourceState("image", "a.jpg", "a.jpg")))
    assert last_choices(controller, "dark")["source"] == str(tmp_path / "a.jpg")


def test_lists_and_two_sources_are_remembered_for_runs_in_any_folder(make_controller, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "list.txt", "b + c.jpg"):
        (tmp_path / name).touch()
    controller = make_controller()
    remembered = {}
    for kind, spec in (
        ("list", "list.txt"),
        ("list", "pairs:list.txt"),
        ("pair", "camera + a.jpg"),
        ("image", "a.jpg + a.jpg"),
        ("camera", "camera + camera"),
        ("image", "b + c.jpg"),
        ("pair", '"b + c.jpg" + demo'),
    ):
        controller.take(SourceChanged(SourceState(kind, "it", spec)))
        remembered[spec] = last_choices(controller, "dark")["source"]
    assert remembered == {
        "list.txt": f"{tmp_path}/list.txt",
        "pairs:list.txt": f"pairs:{tmp_path}/list.txt",
        "camera + a.jpg": f"camera + {tmp_path}/a.jpg",
        "a.jpg + a.jpg": f"{tmp_path}/a.jpg + {tmp_path}/a.jpg",
        "camera + camera": "camera + camera",
        "b + c.jpg": f"{tmp_path}/b + c.jpg",
        '"b + c.jpg" + demo': f'"{tmp_path}/b + c.jpg" + demo',
    }


def test_a_second_source_goes_with_the_source_it_was_given_with():
    keep({"source": "camera + demo"})
    assert apply().source == "camera + demo"
    assert apply(Settings(second="demo")).source == "auto"


@pytest.mark.parametrize(
    ("request_", "model"),
    [
        (ModelRequest("resnet18"), "resnet18"),
        (ModelRequest("lab.nets:make"), "lab.nets:make"),
        (ModelRequest("/nets/mine.py:make"), "/nets/mine.py:make"),
    ],
)
def test_a_network_is_remembered_by_the_name_that_loads_it_again(make_controller, info, request_, model):
    controller = make_controller()
    controller.load_model(request_)
    controller.take(ModelReady(replace(info, name="mine:make")))
    choices = last_choices(controller, "dark")
    assert choices["model"] == model
    assert choices["layer"] == "blocks.0"


def test_a_network_is_remembered_with_all_that_was_said_of_it(make_controller, info):
    controller = make_controller()
    request = ModelRequest("resnet18", weights="random", mean=(0.5, 0.5, 0.5), input_size=(64, 48))
    controller.load_model(request)
    controller.take(ModelReady(replace(info, name="resnet18")))
    keep(last_choices(controller, "dark"))
    assert apply().model_request() == request


def test_a_network_of_which_anything_is_given_is_not_mixed_with_the_last_one():
    keep(CHOSEN)
    after = apply(Settings(input_size=(32, 32)), given={"input_size"})
    assert after.model_request() == ModelRequest(input_size=(32, 32))


def test_what_never_ran_leaves_the_last_choices_alone(make_controller):
    choices = last_choices(make_controller(), "dark")
    assert not {"source", "model", "layer"} & choices.keys()


def test_what_was_wanted_of_a_synthesis_comes_back_and_damage_is_passed_over():
    store = Remembered()
    assert store.studio() == {}
    store.note_studio({"recipe": "old", "size": 96, "auto": False})
    store._store.sync()
    assert Remembered().studio() == {"recipe": "old", "size": 96, "auto": False}
    store._store.setValue("studio", "{broken")
    assert store.studio() == {}
    store._store.setValue("studio", "[1, 2]")
    assert store.studio() == {}


@pytest.mark.parametrize("damaged", ["{broken", "[1, 2]", "[1, 2, -3]", '["a", 1, 2]', "5"])
def test_how_the_column_was_divided_comes_back_and_damage_is_passed_over(damaged):
    store = Remembered()
    assert store.heights() == []
    store.note_heights([300, 120, 200])
    store.note_heights([])
    store._store.sync()
    assert Remembered().heights() == [300, 120, 200]
    store._store.setValue("back_heights", damaged)
    assert store.heights() == []


def test_a_layout_from_before_there_was_a_backward_view_leaves_its_dock_in_its_column(make_window, qtbot):
    old = make_window()
    old.removeDockWidget(old.back_dock)
    store = Remembered()
    store.keep(old)
    window = make_window()
    assert store.restore(window)
    assert window.back_dock.isVisibleTo(window)
    window.controller.change_back(method=Method.GRADIENT)
    qtbot.waitUntil(lambda: window.back_dock.height() > 100)
    assert window.back_dock.x() == window.unit_dock.x()
    assert window.back_dock.y() > window.unit_dock.y()


def test_how_the_backward_view_is_drawn_is_remembered_and_that_it_is_on_is_not(make_controller):
    keep(last_choices(make_controller(method="guided", view="norm", back_colormap="jet"), "dark"))
    after = apply()
    assert (after.method, after.view, after.back_colormap) == (None, "norm", "jet")
