"""The controller against a session that runs no thread."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepvis.config import SettingsError
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
from deepvis.records import Fit, ModelRequest, Overlay, Precision, Scaling, Sort, SourceState

CAMERA = SourceState("camera", "Webcam", "camera")
DEMO = SourceState("demo", "chelsea", "demo")


@pytest.fixture
def controller(make_controller):
    return make_controller()


@pytest.fixture
def running(controller, info):
    controller.take(ModelReady(info))
    return controller


def heard(signal) -> list:
    """Everything a signal tells from now on."""
    told = []
    signal.connect(lambda *args: told.append(args if len(args) != 1 else args[0]))
    return told


def test_the_first_view_is_what_the_settings_say(make_controller):
    view = make_controller(
        mirror=True,
        quarter_turns=3,
        fit="letterbox",
        predictions=False,
        sort="mean",
        hide_dead=True,
        scaling="unit",
        individual=0.5,
        gamma=0.3,
        colormap="jet",
        overlay="over active",
        opacity=0.25,
    ).view
    assert (view.mirror, view.quarter_turns, view.fit, view.predictions) == (True, 3, Fit.LETTERBOX, False)
    assert (view.grid.sort, view.grid.hide_dead, view.grid.scaling) == (Sort.MEAN, True, Scaling.UNIT)
    assert (view.grid.individual, view.grid.gamma, view.grid.colormap) == (0.5, 0.3, "jet")
    assert (view.pane.overlay, view.pane.opacity) == (Overlay.ACTIVE, 0.25)


def test_a_color_map_that_does_not_exist_is_refused_with_those_that_do(make_controller):
    with pytest.raises(SettingsError, match=r"colormap must be one of auto, magma, .*, not 'rainbow'"):
        make_controller(colormap="rainbow")


# results


def test_a_result_for_the_present_layer_arrives_once(running, info, answer):
    arrived = heard(running.result_arrived)
    running.session.result = answer(running.view, info)
    running.fetch()
    running.fetch()
    assert arrived == [running.result]


def test_a_late_result_of_the_layer_before_is_dropped(running, info, answer):
    arrived = heard(running.result_arrived)
    late = answer(running.view, info)
    running.select_layer("blocks.1")
    running.session.result = late
    running.fetch()
    assert arrived == []
    assert running.result is None


def test_a_late_result_of_the_model_before_is_dropped_also_where_the_layer_has_the_same_name(running, info, answer):
    arrived = heard(running.result_arrived)
    late = answer(running.view, info)
    running.take(ModelReady(replace(info, name="other")))
    assert running.view.layer == late.view.layer
    running.session.result = late
    running.fetch()
    assert arrived == []


def test_events_are_followed_before_the_result_that_came_with_them(controller, info, answer):
    arrived = heard(controller.result_arrived)
    controller.session.events = [ModelReady(info)]
    controller.session.result = answer(replace(controller.view, model="toynet", layer="blocks.0"), info)
    controller.fetch()
    assert len(arrived) == 1


# models


def test_the_first_model_gets_the_default_layer(running):
    assert (running.view.model, running.view.layer, running.view.unit) == ("toynet", "blocks.0", 0)
    assert running.session.view == running.view
    assert running.layer().name == "blocks.0"


def test_the_first_model_gets_the_layer_and_unit_of_the_settings(make_controller, info):
    controller = make_controller(layer="blocks.1", unit=5)
    controller.take(ModelReady(info))
    assert (controller.view.layer, controller.view.unit) == ("blocks.1", 5)


def test_a_unit_without_a_layer_in_the_settings_is_one_of_the_default_layer(make_controller, info):
    controller = make_controller(unit=17)
    controller.take(ModelReady(info))
    assert (controller.view.layer, controller.view.unit) == ("blocks.0", 17)


def test_a_wanted_layer_that_does_not_exist_is_told_with_close_names_after_the_news_of_the_model(make_controller, info):
    controller = make_controller(layer="blocks.7")
    order = []
    controller.model_changed.connect(lambda _info: order.append("model"))
    controller.told.connect(lambda text, level: order.append((text, level)))
    controller.take(ModelReady(info))
    text = "toynet has no layer 'blocks.7'. Did you mean blocks.1, blocks.0? Showing the default layer."
    assert order == ["model", (text, "error")]
    assert controller.view.layer == "blocks.0"


def test_a_wanted_layer_that_cannot_be_shown_is_told_with_the_reason(make_controller, info):
    controller = make_controller(layer="odd", unit=3)
    told = heard(controller.told)
    controller.take(ModelReady(info))
    assert told == [("odd cannot be shown: Its output is a dictionary. Showing the default layer.", "error")]
    assert controller.view.layer == "blocks.0"


def test_a_wanted_unit_that_does_not_exist_is_told_with_those_that_do(make_controller, info):
    controller = make_controller(layer="blocks.1", unit=12)
    told = heard(controller.told)
    controller.take(ModelReady(info))
    assert told == [("blocks.1 has units 0 to 11, no #12. Showing #0.", "error")]


def test_wishes_that_are_met_are_not_talked_about(make_controller, info):
    for wish in ({}, {"unit": 199}, {"layer": "blocks.1", "unit": 11}):
        controller = make_controller(**wish)
        told = heard(controller.told)
        controller.take(ModelReady(info))
        controller.take(ModelReady(replace(info, device="cuda:0")))
        assert told == []


def test_the_wish_of_the_settings_holds_for_the_first_model_only(make_controller, info):
    controller = make_controller(layer="blocks.1", unit=5)
    controller.take(ModelReady(info))
    controller.select_layer("stem")
    controller.take(ModelReady(replace(info, name="other")))
    assert controller.view.layer == "stem"


def test_another_model_keeps_the_layer_where_it_has_it(running, info):
    running.go("blocks.1", 7)
    running.take(ModelReady(replace(info, name="other")))
    assert (running.view.model, running.view.layer, running.view.unit) == ("other", "blocks.1", 7)


def test_another_model_gets_its_default_layer_where_it_lacks_the_present_one(running, info):
    running.go("blocks.0", 150)
    layers = tuple(layer for layer in info.layers if layer.name != "blocks.0")
    running.take(ModelReady(replace(info, name="other", layers=layers)))
    assert running.view.layer == "blocks.1"
    assert running.view.unit == 0
    assert running.result is None


def test_another_model_forgets_where_the_person_was_in_the_last_one(running, info):
    running.select_unit(5)
    running.select_unit(6)
    running.take(ModelReady(replace(info, name="other")))
    assert not running.history.can_go_back


def test_the_same_model_on_another_device_keeps_everything(running, info, answer):
    running.go("blocks.1", 7)
    running.session.result = answer(running.view, info)
    running.fetch()
    view, result = running.view, running.result
    running.take(ModelReady(replace(info, device="cuda:0", precision=Precision.FLOAT16)))
    assert (running.view, running.result) == (view, result)
    assert running.history.can_go_back


def test_a_model_that_cannot_be_had_leaves_the_present_one_and_says_why(running, info):
    told, failed = heard(running.told), heard(running.model_failed)
    running.take(ModelFailed("nonsense", "No network is called 'nonsense'."))
    assert told == [("No network is called 'nonsense'.", "error")]
    assert failed == []
    assert running.info is info


def test_where_no_model_runs_a_failure_is_the_state_of_things(controller):
    failed = heard(controller.model_failed)
    controller.take(ModelFailed("nonsense", "No network is called 'nonsense'."))
    assert failed == ["No network is called 'nonsense'."]


def test_the_running_request_is_known_also_while_another_is_being_loaded(controller, info):
    first, second = ModelRequest("toynet"), ModelRequest("other", weights="w.pt")
    controller.load_model(first)
    assert controller.request is None
    controller.take(ModelReady(info))
    assert controller.request == first
    controller.load_model(second)
    controller.take(ModelReady(replace(info, device="cuda:0"), moved=True))
    assert controller.request == first
    controller.take(ModelFailed("other", "It failed."))
    assert controller.request == first
    controller.load_model(second)
    controller.take(ModelReady(replace(info, name="other")))
    assert controller.request == second


def test_place_remembers_the_device_when_only_the_precision_changes_and_the_other_way_round(make_controller):
    controller = make_controller(device="cpu")
    controller.place(precision=Precision.BFLOAT16)
    controller.place(device="cuda:0")
    controller.place(precision=Precision.FLOAT32)
    assert controller.session.asked("place") == [
        ("cpu", Precision.BFLOAT16),
        ("cuda:0", Precision.BFLOAT16),
        ("cuda:0", Precision.FLOAT32),
    ]


def test_place_goes_on_from_where_the_model_really_is(running, info):
    running.place(device="cuda:0", precision=Precision.FLOAT16)
    running.take(ModelReady(info))  # it could not be moved: still on the CPU in float32
    running.place(precision=Precision.BFLOAT16)
    running.place(device="cpu")
    running.take(ModelReady(info))
    running.place(device="cpu")
    assert running.session.asked("place")[1:] == [
        ("cpu", Precision.BFLOAT16),
        ("cpu", Precision.BFLOAT16),
        ("cpu", Precision.FLOAT32),
    ]


# sources


@pytest.mark.parametrize(
    ("wish", "state", "mirrored"),
    [(None, CAMERA, True), (None, DEMO, False), (False, CAMERA, False), (True, DEMO, True)],
)
def test_only_cameras_are_mirrored_unless_the_settings_say_otherwise(make_controller, wish, state, mirrored):
    controller = make_controller(mirror=wish)
    controller.take(SourceChanged(state))
    assert controller.view.mirror is mirrored
    assert controller.source == state


def test_the_mirror_follows_the_kind_of_source_until_the_person_decides(controller):
    seen = []
    for state in (CAMERA, DEMO, CAMERA):
        controller.take(SourceChanged(state))
        seen.append(controller.view.mirror)
    controller.set_mirror(False)
    for state in (DEMO, CAMERA):
        controller.take(SourceChanged(state))
        seen.append(controller.view.mirror)
    assert seen == [True, False, True, False, False]


def test_a_new_position_of_the_same_source_leaves_the_view(controller):
    controller.take(SourceChanged(CAMERA))
    changed = heard(controller.view_changed)
    controller.take(SourceChanged(replace(CAMERA, lost=True)))
    assert changed == []
    assert controller.source.lost


def test_freezing_is_told_to_the_session_and_to_the_window(controller):
    frozen, words = heard(controller.frozen_changed), heard(controller.flashed)
    controller.set_frozen(True)
    controller.set_frozen(False)
    assert frozen == [True, False]
    assert controller.session.asked("set_frozen") == [(True,), (False,)]
    assert "Frozen" in words[0]


def test_another_source_lets_a_frozen_picture_go(controller):
    controller.set_frozen(True)
    controller.take(SourceChanged(SourceState("image", "cat.jpg", "cat.jpg")))
    frozen = heard(controller.frozen_changed)
    controller.open_source("demo")
    assert frozen == []  # it may not open
    controller.take(SourceChanged(SourceState("demo", "Demo reel", "demo")))
    assert frozen == [False]
    assert [name for name, *_ in controller.session.calls] == ["set_frozen", "open_source", "set_frozen"]


# the view


def test_the_same_view_again_is_no_news(running):
    changed = heard(running.view_changed)
    running.set_view(running.view)
    assert changed == []


def test_a_chosen_position_is_given_up_by_choosing_it_again(running):
    running.select_position(3, 1, 2)
    assert (running.view.unit, running.view.position) == (3, (1, 2))
    running.select_position(3, 2, 2)
    assert running.view.position == (2, 2)
    running.select_position(3, 2, 2)
    assert (running.view.unit, running.view.position) == (3, None)


def test_a_click_on_a_tile_of_the_larger_layer_before_selects_nothing(running):
    running.go("blocks.1", 3)
    running.select_unit(150)
    running.select_position(12, 0, 0)
    assert (running.view.layer, running.view.unit, running.view.position) == ("blocks.1", 3, None)


def test_going_to_a_unit_of_another_layer_is_one_step_of_the_history(running):
    running.go("blocks.1", 3)
    back = running.history.back(running.view)
    assert (back.layer, back.unit) == ("blocks.0", 0)


def test_zooming_is_no_place_to_come_back_to(running):
    running.change_grid(zoom=3.0)
    running.change_pane(opacity=0.1)
    assert not running.history.can_go_back


def test_before_a_model_runs_there_is_no_layer_and_nowhere_to_go(controller):
    view = controller.view
    controller.select_layer("stem")
    controller.go("stem", 1)
    assert controller.layer() is None
    assert controller.view == view


def test_what_the_session_says_is_passed_on(controller):
    signals = {
        "told": (Notice("A file was skipped.", "warning"), ("A file was skipped.", "warning")),
        "devices_found": (DevicesFound(("cpu",)), ("cpu",)),
        "models_listed": (ModelsListed(("a", "b")), ("a", "b")),
        "cameras_listed": (CamerasListed((("camera:0", "Webcam"),)), (("camera:0", "Webcam"),)),
        "progressed": (Progress("Loading", 0.5), Progress("Loading", 0.5)),
    }
    for name, (event, told) in signals.items():
        words = heard(getattr(controller, name))
        controller.session.events = [event]
        controller.fetch()
        assert words == [told], name
