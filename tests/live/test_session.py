"""The running machine: frames, views and models in, results and events out."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import torch

from deepvis.live.events import (
    DevicesFound,
    ModelFailed,
    ModelReady,
    ModelsListed,
    Notice,
    Progress,
    SourceChanged,
)
from deepvis.live.inference import InferenceWorker, Placement
from deepvis.live.mailbox import Mailbox
from deepvis.live.meter import RateMeter
from deepvis.live.session import LiveSession
from deepvis.models import devices, families, torchvision_models
from deepvis.models.downloads import fetch
from deepvis.models.engine import Engine, build_engine
from deepvis.models.preprocess import Preprocessing
from deepvis.models.zoo import load_model
from deepvis.records import SOFTMAX, Fit, ModelRequest, Precision, View


def summary_of_plain_pass(request, rgb, child):
    """Largest value of every unit of a child of a sequential network, without any of our hooks."""
    model = load_model(request)
    maps = model.preprocessing.batch(rgb)
    with torch.inference_mode():
        for name, module in model.network.named_children():
            maps = module(maps)
            if name == child:
                break
    return maps[0].flatten(1).amax(1).numpy()


# ---------------------------------------------------------------------------------------------------- the plain route


def test_a_picture_and_a_model_give_the_values_of_a_plain_forward_pass(session, networks, make_picture):
    request = networks.request("chain")
    session.session.open_picture(make_picture(), "a picture")
    info = session.load(request)
    assert info.name == "nets:chain"
    result = session.answer(layer="body")
    expected = summary_of_plain_pass(request, make_picture(), "body")
    np.testing.assert_allclose(result.grid.summary.maxima, expected, rtol=1e-4, atol=1e-5)
    assert result.frame.title == "a picture"
    assert len(result.predictions) == 5


@pytest.mark.parametrize(
    ("name", "size"), [("timm:test_vit", None), ("timm:test_byobnet", None), ("resnet18", (64, 64))]
)
def test_networks_of_every_family_run(session, make_picture, name, size):
    session.session.open_picture(make_picture(), "a picture")
    info = session.load(ModelRequest(name, weights="random", input_size=size))
    for layer in (info.shown_layers()[0].name, info.shown_layers()[-2].name, SOFTMAX):
        result = session.answer(layer=layer, unit=0)
        assert result.problem == ""
        assert result.grid.total == info.layer(layer).units
        assert np.isfinite(result.grid.summary.maxima).all()
    session.settle()
    assert session.notices("error") == []


def test_the_default_network_knows_a_cat(session, images_dir):
    session.session.open_source(str(images_dir / "chelsea.jpg"))
    info = session.load(ModelRequest())
    result = session.answer()
    assert "cat" in " ".join(prediction.label for prediction in result.predictions)
    assert result.layer.height * result.layer.width > 1
    assert info.label(info.layer(SOFTMAX), result.predictions[0].index) == result.predictions[0].label


def test_moving_pictures_are_answered_one_after_another_and_the_newest_wins(session, networks, scripted):
    session.load(networks.request("chain"))
    session.session.use_source(lambda: scripted(period_s=0.001), "script")
    session.wait(lambda: True if len(session.results) > 20 else None, "Twenty results")
    numbers = [result.frame.number for result in session.results]
    assert numbers == sorted(numbers)
    assert session.session.counts().capture_fps > 0
    session.close()
    counts = session.session.counts()
    # every frame was answered or replaced by a newer one, except that one may still wait
    assert counts.captured - counts.dropped - counts.inferred <= 1
    assert counts.dropped < counts.captured


def test_results_carry_the_view_they_answer(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    for layer in ("stem", "body", "head", "stem"):
        for unit in (0, 2):
            result = session.answer(layer=layer, unit=unit)
            assert (result.view.layer, result.layer.name) == (layer, layer)
            assert result.unit.unit == unit
            assert result.grid.layout.pane_width == result.view.grid.width


def test_of_many_views_the_last_one_is_answered(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    for unit in (0, 1, 2, 3) * 20:
        last = session.look(layer="stem", unit=unit)
    session.wait_result(lambda result: result.view == last)
    assert session.session.view == last


def test_the_same_view_again_asks_for_nothing(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.settle()
    session.look(replace(session.session.view))
    assert session.quiet()


# ---------------------------------------------------------------------------------------------------- what is not run


def test_a_still_picture_is_not_inferred_again_until_the_view_changes(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.settle()
    session.answer(layer="stem")
    calls = networks.calls("stem")
    assert session.quiet()
    assert networks.calls("stem") == calls
    session.answer(layer="body")
    assert networks.calls("stem") == calls + 1


def test_other_colors_are_drawn_without_a_forward_pass(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.settle()
    before = session.answer(layer="stem")
    calls = networks.calls("stem")
    after = session.answer(grid=replace(before.view.grid, colormap="viridis", gamma=0.5))
    assert after.grid.scale.colormap == "viridis"
    assert not np.array_equal(after.grid.bgrx, before.grid.bgrx)
    assert networks.calls("stem") == calls
    assert not after.fresh


def test_the_forward_pass_ends_after_the_layer_when_predictions_are_off(session, networks, make_picture, scripted):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.settle()
    session.answer(layer="stem", predictions=False)
    stem, body = networks.calls("stem"), networks.calls("body")
    session.session.use_source(lambda: scripted(count=5), "script")
    session.wait_result(lambda result: result.frame.title == "picture 5")
    assert networks.calls("stem") > stem
    assert networks.calls("body") == body
    result = session.answer(predictions=True)
    assert networks.calls("body") == body + 1
    assert len(result.predictions) == 5


def test_a_frozen_picture_still_follows_the_view(session, networks, scripted):
    session.load(networks.request("chain"))
    session.session.use_source(scripted, "script")
    session.wait_result(lambda result: result.grid is not None)
    session.session.set_frozen(frozen=True)
    session.calm_down()
    held = session.answer(layer="stem").frame
    result = session.answer(layer="body", mirror=True)
    assert result.frame is held
    session.session.set_frozen(frozen=False)
    session.wait_result(lambda result: result.frame.number > held.number + 3)


# ---------------------------------------------------------------------------------------------------- what is missing


def test_before_there_is_a_model_the_picture_is_shown_and_the_reason_told(session, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    result = session.answer(View(mirror=True))
    assert result.problem == "The network is being loaded."
    np.testing.assert_array_equal(result.picture_rgb, make_picture()[:, ::-1])
    assert result.grid is result.unit is None


def test_a_layer_that_the_new_model_lacks_is_asked_for_and_nothing_breaks(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    assert session.answer(layer="body").problem == ""
    heard = len(session.events)
    session.session.load_model(networks.request("window"))
    session.wait_event(ModelReady, lambda event: event.info.name == "nets:window", after=heard)
    result = session.wait_result(lambda result: result.model == "nets:window")
    assert result.view.layer == "body"
    assert result.problem == "Choose a layer."
    assert session.answer(layer="0", model="nets:window").problem == ""
    assert session.answer(layer="nowhere").problem == "Choose a layer."


def test_a_layer_that_cannot_be_shown_says_why(session, make_picture, networks):
    session.session.open_picture(make_picture(), "a picture")
    info = session.load(networks.request("odd"))
    reason = info.layer("deep").reason
    assert reason != ""
    assert session.answer(layer="deep").problem == reason
    assert session.answer(layer="conv").problem == ""


def test_a_model_that_does_not_exist_is_named_and_the_present_one_goes_on(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.session.load_model(ModelRequest("resnet19"))
    failed = session.wait_event(ModelFailed)
    assert "No network is called 'resnet19'" in failed.text
    assert session.answer(layer="body").problem == ""


# -------------------------------------------------------------------------------------------- networks that misbehave


def test_a_network_that_never_runs_is_refused_with_its_own_words(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.session.load_model(networks.request("Never"))
    failed = session.wait_event(ModelFailed)
    assert "nets:Never does not run" in failed.text
    assert "this network never runs" in failed.text
    session.wait_event(Progress, lambda event: event.done)
    assert session.load(networks.request("chain")).name == "nets:chain"
    assert session.answer().problem == ""


def test_a_layer_that_fails_is_told_once_and_the_others_still_answer(session, networks, scripted):
    session.load(networks.request("chain"))
    session.session.use_source(scripted, "script")
    session.wait_result(lambda result: result.grid is not None)
    networks.module.FAILURES["body"] = ValueError("the body hurts")
    result = session.answer(layer="body", predictions=False)
    assert result.problem == (
        "nets:chain failed at body: ValueError: the body hurts. Choose another layer or another network."
    )
    assert result.picture_rgb is not None
    seen = len(session.results)
    session.wait_result(lambda result: result.problem and result.frame.number > seen + 3, after=seen)
    assert session.notices("error") == [result.problem]
    assert session.answer(layer="stem").problem == ""
    networks.module.FAILURES.clear()
    assert session.answer(layer="body").problem == ""


def test_a_network_that_fails_in_every_third_call_answers_the_others(session, networks, scripted):
    session.session.use_source(partial(scripted, period_s=0.005), "script")
    session.load(networks.request("EveryThird"))
    session.wait_result(lambda result: "every third call goes wrong" in result.problem)
    seen = len(session.results)
    session.wait_result(lambda result: result.grid is not None, after=seen)
    session.wait_result(lambda result: "every third call goes wrong" in result.problem, after=seen)
    session.wait_event(Progress, lambda event: event.done)


def test_a_fault_whose_words_change_with_every_picture_is_told_once(session, networks, scripted, caplog):
    class Varying(dict):
        count = 0

        def __contains__(self, name):
            return name == "body"

        def __getitem__(self, name):
            self.count += 1
            return ValueError(f"fault number {self.count}")

    session.session.use_source(scripted, "script")
    session.load(networks.request("chain"))
    networks.module.FAILURES = Varying()
    session.answer(layer="body")
    seen = len(session.results)
    session.wait(lambda: True if len(session.results) > seen + 5 else None, "Further results")
    assert len({result.problem for result in session.results[seen:]}) > 5
    assert len(session.notices("error")) == 1
    assert sum("failed at body" in record.getMessage() for record in caplog.records) == 1


def test_a_network_that_cannot_be_copied_runs_without_receptive_fields_and_says_so(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("Locked"))
    result = session.answer(layer="conv")
    assert result.problem == ""
    assert result.unit.box is None
    session.wait_event(Notice, lambda event: "runs without receptive fields" in event.text)
    session.wait_event(Progress, lambda event: event.done)


def test_values_that_are_not_numbers_are_counted_and_named(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("sick"))
    result = session.answer(layer="bad")
    assert result.grid.nan_units == 1
    assert result.problem == ""
    session.wait_event(Notice, lambda event: "bad holds values that are not numbers in 1 of 4 units" in event.text)
    session.answer(layer="bad", unit=1)
    assert len(session.notices("warning")) == 1, "the same sentence is said once"
    assert session.answer(layer="conv").grid.nan_units == 0


def test_one_channel_and_non_square_networks_run(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    info = session.load(networks.request("gray", input_size=(20, 70)))
    assert info.input_size == (1, 20, 70)
    for fit in Fit:
        result = session.answer(layer="body", fit=fit)
        assert result.problem == ""
        assert (result.layer.height, result.layer.width) == (4, 16)


# --------------------------------------------------------------------------------------------- devices and precisions


@pytest.fixture
def pretended(monkeypatch):
    """A machine that believes to have a `cuda:0`; everything stays on the CPU in truth."""
    original_place, original_normalize = Engine._place, Preprocessing.normalize

    def place(engine, device, precision):
        original_place(engine, torch.device("cpu"), precision)
        engine.device = device

    def normalize(self, picture, _device, dtype):
        return original_normalize(self, picture, "cpu", dtype)

    monkeypatch.setattr(devices, "available_devices", lambda: ("cuda:0", "cpu"))
    monkeypatch.setattr(Engine, "_place", place)
    monkeypatch.setattr(Preprocessing, "normalize", normalize)
    monkeypatch.setattr(torch.accelerator, "synchronize", lambda: None)


def test_a_device_without_memory_gives_way_to_the_cpu_and_says_so(session, networks, pretended, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.session.place("auto", Precision.FLOAT32)
    info = session.load(networks.request("chain"))
    assert info.device == "cuda:0"
    session.settle()
    failures = [torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB")]

    class Once(dict):
        def __contains__(self, name):
            return name == "body" and bool(failures)

        def __getitem__(self, name):
            return failures.pop()

    networks.module.FAILURES = Once()
    heard = len(session.events)
    view = session.look(layer="body")
    session.wait_event(Notice, lambda event: "cuda:0 ran out of memory with nets:chain; going on on cpu" in event.text)
    session.wait_event(ModelReady, lambda event: event.info.device == "cpu", after=heard)
    result = session.wait_result(lambda result: result.view == view and result.grid is not None)
    assert result.problem == ""


def test_without_memory_on_the_cpu_there_is_nowhere_to_go_and_it_is_told(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.settle()
    networks.module.FAILURES["body"] = torch.OutOfMemoryError("out of memory")
    result = session.answer(layer="body")
    assert result.problem == (
        "nets:chain failed at body: there is not enough memory. Choose another layer or another network."
    )
    assert session.answer(layer="stem", predictions=False).problem == ""


def test_an_unknown_device_is_answered_with_what_there_is_and_the_network_goes_on(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.session.place("cuda:99", Precision.FLOAT32)
    notice = session.wait_event(Notice, lambda event: "no device 'cuda:99'" in event.text)
    assert "It has: " in notice.text
    assert "nets:chain goes on on cpu in float32" in notice.text
    assert session.answer(layer="body").problem == ""


def test_half_precision_runs_and_gives_nearly_the_same(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    exact = session.answer(layer="body").grid.summary.maxima
    seen, heard = len(session.results), len(session.events)
    session.session.place("cpu", Precision.BFLOAT16)
    ready = session.wait_event(ModelReady, after=heard)
    assert ready.info.precision is Precision.BFLOAT16
    # a last answer in float32 may still be on its way when the move is told
    answer = session.wait_result(lambda result: not np.array_equal(result.grid.summary.maxima, exact), after=seen)
    rough = answer.grid.summary.maxima
    np.testing.assert_allclose(rough, exact, atol=0.05, rtol=0.05)


def test_a_precision_that_does_not_run_falls_back_to_float32_and_says_so(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.settle()
    networks.module.ONLY_IN["body"] = torch.bfloat16
    networks.module.FAILURES["body"] = RuntimeError('"conv" not implemented for BFloat16')
    seen, heard = len(session.results), len(session.events)
    session.session.place("cpu", Precision.BFLOAT16)
    session.wait_event(Notice, lambda event: "nets:chain does not run in bfloat16 on cpu; going on" in event.text)
    session.wait_event(ModelReady, lambda event: event.info.precision is Precision.FLOAT32, after=heard)
    assert session.wait_result(lambda result: result.grid is not None, after=seen).problem == ""


def test_a_device_asked_for_while_the_model_arrives_is_not_forgotten(networks):
    engine = build_engine(networks.request("chain"), progress=lambda _text, _fraction: None, canceled=lambda: False)
    told = threading.Event()

    def report(event):
        if isinstance(event, ModelReady) and event.info.precision is Precision.BFLOAT16:
            told.set()

    worker = InferenceWorker(report, Mailbox(), RateMeter(), 1)
    worker.engines.put(engine)
    worker.placements.put(Placement("cpu", Precision.BFLOAT16))
    worker.start()
    try:
        assert told.wait(20), "nothing else would remind the worker of it"
    finally:
        worker.stop()
        assert worker.join(5)


# --------------------------------------------------------------------------------------------------- boxes and events


def test_boxes_arrive_by_themselves_and_hold_the_hot_position(session, networks):
    rgb = np.zeros((96, 96, 3), np.uint8)
    rgb[40:46, 60:66] = 255
    session.session.open_picture(rgb, "a spot")
    session.load(networks.request("window", input_size=(48, 48), mean=(0.0,) * 3, std=(1.0,) * 3))
    unit = session.settle().unit
    assert unit.box.contains(43, 63)
    assert unit.box.height < 24
    assert unit.field_text == "5 × 5 px"


def test_events_come_in_the_order_in_which_things_happen(session, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.settle()
    session.wait_event(Progress, lambda event: event.done)
    loading = [event for event in session.events if isinstance(event, Progress | ModelReady)]
    texts = [event.text for event in loading if isinstance(event, Progress)]
    assert texts[0] == "Starting PyTorch"
    assert texts.index("Reading the layers of nets:chain") > max(
        index for index, text in enumerate(texts) if text.startswith(("Loading", "Building"))
    )
    last_word = max(index for index, event in enumerate(loading) if isinstance(event, Progress) and event.text)
    ready = next(index for index, event in enumerate(loading) if isinstance(event, ModelReady))
    assert ready > last_word
    assert any(isinstance(event, DevicesFound) for event in session.events)
    assert next(event.state.title for event in session.events if isinstance(event, SourceChanged)) == "a picture"


def test_a_source_that_cannot_be_opened_is_named_and_the_fallback_is_shown(session, images_dir):
    session.session.open_source("nowhere.png", str(images_dir / "coffee.jpg"))
    session.wait_event(Notice, lambda event: "nowhere.png" in event.text and event.level == "error")
    assert session.wait_result().frame.title == "coffee.jpg"


def test_the_names_of_networks_are_listed_on_request(session):
    session.session.list_models()
    names = session.wait_event(ModelsListed).names
    assert {"efficientnet_lite0", "resnet50"} <= set(names)


def test_what_is_reported_from_outside_is_fetched_with_the_rest(session):
    session.session.report(Notice("The settings were saved."))
    session.wait_event(Notice, lambda event: event.text == "The settings were saved.")


# -------------------------------------------------------------------------------------------- loads that are given up


class Stalling(BaseHTTPRequestHandler):
    """Promises a large file, sends its beginning, and then nothing."""

    def log_message(self, format, *args):
        pass

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(50 << 20))
        self.end_headers()
        self.wfile.write(b"x" * 1000)
        self.wfile.flush()
        self.server.asked.set()
        self.server.release.wait(30)


@pytest.fixture
def stalling(monkeypatch, tmp_path):
    """`resnet18` comes from a server that stalls; its event `asked` tells that the download has begun."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stalling)
    server.daemon_threads = True
    server.asked, server.release = threading.Event(), threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()

    def build_pretrained(name, weights, watch):
        fetch(f"http://127.0.0.1:{server.server_port}/{name}.pth", tmp_path / f"{name}.pth", watch)
        raise AssertionError("the download never ends")

    monkeypatch.setattr(torchvision_models, "build_pretrained", build_pretrained)
    assert families.torchvision_models is torchvision_models
    yield server
    server.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_session_that_is_closed_while_a_download_stalls_ends_at_once(session, stalling, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.session.load_model(ModelRequest("resnet18"))
    assert stalling.asked.wait(30)
    begun_s = time.monotonic()
    assert session.close() == ()
    assert time.monotonic() - begun_s < 5


def test_a_stalled_download_is_given_up_on_request(session, stalling, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.session.load_model(ModelRequest("resnet18"))
    assert stalling.asked.wait(30)
    session.session.cancel_loading()
    failed = session.wait_event(ModelFailed)
    assert failed.text == "Loading resnet18 was canceled."
    session.wait_event(Progress, lambda event: event.done)
    assert session.load(networks.request("chain")).name == "nets:chain"


def test_a_newer_wish_ends_an_older_one_without_a_word(session, stalling, networks, make_picture):
    session.session.open_picture(make_picture(), "a picture")
    session.session.load_model(ModelRequest("resnet18"))
    assert stalling.asked.wait(30)
    assert session.load(networks.request("chain")).name == "nets:chain"
    session.settle()
    assert not any(isinstance(event, ModelFailed) for event in session.events)


def test_of_many_wishes_the_last_one_is_loaded(session, networks):
    for factory in ("chain", "gray", "sick", "window"):
        session.session.load_model(networks.request(factory))
    session.wait_event(ModelReady, lambda event: event.info.name == "nets:window")
    session.wait_event(Progress, lambda event: event.done)


def test_a_load_that_is_given_up_before_it_begins_does_not_begin(tmp_path, networks):
    # not started yet: as when a person cancels while PyTorch is still being imported
    live = LiveSession(tmp_path, threads=1)
    live.load_model(networks.request("chain"))
    live.cancel_loading()
    live.start()
    try:
        events = []
        deadline_s = time.monotonic() + 20
        while not any(isinstance(event, ModelFailed | ModelReady) for event in events):
            assert time.monotonic() < deadline_s
            events += live.take_events()
            threading.Event().wait(0.01)
    finally:
        assert live.close() == ()
    failed = [event for event in events if isinstance(event, ModelFailed | ModelReady)]
    assert [event.text for event in failed] == [f"Loading {networks.request('chain').name} was canceled."]


def test_video_goes_on_while_the_next_network_is_loaded(session, stalling, networks, scripted):
    session.load(networks.request("chain"))
    session.session.use_source(scripted, "script")
    session.session.load_model(ModelRequest("resnet18"))
    assert stalling.asked.wait(30)
    session.collect()
    seen = len(session.results)
    session.wait(lambda: True if len(session.results) > seen + 5 else None, "Further results")
    assert session.results[-1].model == "nets:chain"
    assert session.results[-1].grid is not None


# ------------------------------------------------------------------------------------------------------------ endings


def test_a_session_that_was_never_started_is_closed_at_once(tmp_path):
    assert LiveSession(tmp_path).close() == ()


def test_a_session_ends_while_everything_is_busy_and_closes_its_source(session, networks, scripted):
    source = scripted(period_s=0.0)
    session.session.use_source(lambda: source, "script")
    session.load(networks.request("chain"))
    session.wait_result(lambda result: result.grid is not None)
    assert session.close() == ()
    assert not source.is_open
    assert source.threads == {"deepvis-capture"}


def test_a_thread_that_hangs_in_the_persons_code_is_named(session, networks, make_picture):
    hanging, release = threading.Event(), threading.Event()

    class Hanging(dict):
        def __contains__(self, name):
            if threading.current_thread().name == "deepvis-inference":
                hanging.set()
                release.wait(30)
            return False

    session.session.open_picture(make_picture(), "a picture")
    session.load(networks.request("chain"))
    session.settle()
    networks.module.FAILURES = Hanging()
    session.look(layer="body")
    assert hanging.wait(20)
    assert session.session.close(0.2) == ("deepvis-inference",)
    release.set()
    assert session.session.close() == ()
