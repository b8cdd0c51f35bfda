"""A loaded network that is asked for its layers."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from deepvis.models.devices import DeviceError, available_devices, is_out_of_memory, resolve_device
from deepvis.models.engine import DTYPES, build_engine
from deepvis.models.errors import Canceled, ModelError
from deepvis.models.zoo import load_model
from deepvis.records import SOFTMAX, Fit, ModelRequest, Precision


def build(request):
    return build_engine(request, progress=lambda _text, _fraction: None, canceled=lambda: False)


def plain_outputs(network, batch):
    """What every module gives in a plain forward pass, by name and call; and the output."""
    outputs = {}

    def keep(name):
        def hook(_module, _inputs, output):
            tensor = output[0] if isinstance(output, tuple) else output
            if isinstance(tensor, torch.Tensor):
                outputs.setdefault(name, []).append(tensor.clone())

        return hook

    handles = [module.register_forward_hook(keep(name)) for name, module in network.named_modules() if name]
    try:
        with torch.inference_mode():
            return outputs, network(batch)
    finally:
        for handle in handles:
            handle.remove()


REQUESTS = {
    "chain": None,
    "gray": None,
    "resnet18": ModelRequest("resnet18", weights="random", input_size=(64, 64)),
    "test_vit": ModelRequest("timm:test_vit", weights="random"),
    "test_byobnet": ModelRequest("timm:test_byobnet", weights="random"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_every_layer_gives_the_values_of_a_plain_forward_pass(name, networks, make_picture):
    request = REQUESTS[name] or networks.request(name)
    engine, reference = build(request), load_model(request)
    rgb = make_picture(90, 120)
    batch = reference.preprocessing.batch(rgb)
    outputs, logits = plain_outputs(reference.network, batch)
    picture, _ = engine.loaded.preprocessing.prepare(rgb, Fit.CROP)
    layers = [tap for tap in engine.taps.values() if tap.layout is not None]
    assert len(layers) >= 6
    for tap in layers[:: max(1, len(layers) // 12)] + layers[-2:]:
        answer = engine.ask(picture, tap.name, to_the_end=False)
        maps = answer.activations.maps
        assert tuple(maps.shape) == (tap.info.units, tap.info.height, tap.info.width)
        if tap.name == SOFTMAX:
            expected = logits.softmax(1)[0][:, None, None]
        else:
            expected = tap.layout.maps(outputs[tap.module][tap.call])[0]
        torch.testing.assert_close(maps, expected, rtol=1e-4, atol=1e-5)


def test_the_default_network_gives_its_plain_values_and_its_best_classes_first(images_dir):
    engine = build(ModelRequest())
    rgb = np.asarray(Image.open(images_dir / "chelsea.jpg").convert("RGB"))
    reference = load_model(ModelRequest())
    with torch.inference_mode():
        probabilities = reference.network(reference.preprocessing.batch(rgb))[0].softmax(0)
    picture, _ = engine.loaded.preprocessing.prepare(rgb, Fit.CROP)
    answer = engine.ask(picture, "blocks.4.1", to_the_end=True)
    assert answer.complete
    best = probabilities.topk(5)
    assert [prediction.index for prediction in answer.predictions] == best.indices.tolist()
    values = [prediction.probability for prediction in answer.predictions]
    assert values == pytest.approx(best.values.tolist(), abs=1e-4)
    assert "cat" in " ".join(prediction.label for prediction in answer.predictions)


def test_maps_lie_one_after_the_other_although_the_network_runs_channels_last(make_picture):
    engine = build(ModelRequest("resnet18", weights="random", input_size=(64, 64)))
    assert engine._likes_channels_last
    picture, _ = engine.loaded.preprocessing.prepare(make_picture(), Fit.CROP)
    for name, tap in engine.taps.items():
        if not tap.info.reason:
            maps = engine.ask(picture, name, to_the_end=True).activations.maps
            assert maps.is_contiguous()
            assert maps.shape == (tap.info.units, tap.info.height, tap.info.width)


def test_a_pass_stops_after_the_layer_unless_predictions_are_wanted(networks, make_picture):
    engine = build(networks.request("chain"))
    picture, _ = engine.loaded.preprocessing.prepare(make_picture(), Fit.CROP)
    calls = networks.module.CALLS
    calls.clear()
    answer = engine.ask(picture, "stem", to_the_end=False)
    assert {name for name, _ in calls} == {"stem"}
    assert not answer.complete
    assert answer.predictions == ()
    answer = engine.ask(picture, "stem", to_the_end=True)
    assert {name for name, _ in calls} == {"stem", "body"}
    assert answer.complete


def test_fewer_than_five_classes_without_names_are_numbered(networks, make_picture):
    engine = build(networks.request("chain"))
    picture, _ = engine.loaded.preprocessing.prepare(make_picture(), Fit.CROP)
    predictions = engine.ask(picture, "stem", to_the_end=True).predictions
    assert [prediction.label for prediction in predictions] == [f"class {one.index}" for one in predictions]
    values = [prediction.probability for prediction in predictions]
    assert values == sorted(values, reverse=True)
    assert 0 < sum(values) <= 1


def test_a_network_without_classes_predicts_nothing(networks, make_picture):
    engine = build(networks.request("window"))
    picture, _ = engine.loaded.preprocessing.prepare(make_picture(), Fit.CROP)
    assert engine.ask(picture, "0", to_the_end=True).predictions == ()


def test_an_engine_tells_what_it_is(networks):
    info = build(networks.request("gray")).info()
    assert info.name == "nets:gray"
    assert info.input_size == (1, 32, 48)
    assert info.parameters == (1 * 9 + 1) * 4 + (4 * 9 + 1) * 6 + 7 * 7
    assert (info.device, info.precision) == ("cpu", Precision.FLOAT32)
    assert [layer.name for layer in info.layers][-1] == SOFTMAX
    assert (info.layer("stem").height, info.layer("stem").width) == (15, 23)


def test_the_weights_move_to_another_precision_and_back(networks, make_picture):
    engine = build(networks.request("chain"))
    picture, _ = engine.loaded.preprocessing.prepare(make_picture(), Fit.CROP)
    exact = engine.ask(picture, "body", to_the_end=False).activations.maps
    engine.move(torch.device("cpu"), Precision.BFLOAT16)
    rough = engine.ask(picture, "body", to_the_end=True)
    assert rough.activations.maps.dtype is torch.bfloat16
    assert len(rough.predictions) == 5
    torch.testing.assert_close(rough.activations.maps.float(), exact, atol=0.05, rtol=0.05)
    engine.move(torch.device("cpu"), Precision.FLOAT32)
    assert next(engine.loaded.network.parameters()).dtype is torch.float32


def test_a_move_that_fails_leaves_the_weights_where_they_were(networks, monkeypatch, make_picture):
    engine = build(networks.request("chain"))
    original = nn.Module.to

    def to(module, *args, **kwargs):
        if kwargs.get("dtype") is torch.float16:
            raise RuntimeError("this device has no such numbers")
        return original(module, *args, **kwargs)

    monkeypatch.setattr(nn.Module, "to", to)
    with pytest.raises(RuntimeError, match="no such numbers"):
        engine.move(torch.device("cpu"), Precision.FLOAT16)
    assert engine.precision is Precision.FLOAT32
    picture, _ = engine.loaded.preprocessing.prepare(make_picture(), Fit.CROP)
    assert engine.ask(picture, "body", to_the_end=False).activations.maps.isfinite().all()


def test_a_network_that_never_runs_is_an_error_that_names_the_size_and_the_cause(networks):
    with pytest.raises(ModelError, match=r"nets:Never does not run on a 32×48 input.*this network never runs"):
        build(networks.request("Never"))


def test_a_network_that_fails_while_channels_last_is_tried_keeps_its_own_order(networks, make_picture):
    request = networks.request("chain")
    load_model(request)
    engine = None

    def canceled():
        # the module is new with every load: the fault is put in once it is there
        if engine is None and "deepvis_own_nets" in sys.modules:
            networks.module.REFUSES_CHANNELS_LAST.append("body")
        return False

    engine = build_engine(request, progress=lambda _text, _fraction: None, canceled=canceled)
    picture, _ = engine.loaded.preprocessing.prepare(make_picture(), Fit.CROP)
    assert engine.ask(picture, "body", to_the_end=False).activations.maps.shape == (6, 7, 11)
    assert engine.loaded.network.stem.inner.weight.is_contiguous()


def test_building_ends_when_it_is_given_up(networks):
    with pytest.raises(Canceled):
        build_engine(networks.request("chain"), progress=lambda _text, _fraction: None, canceled=lambda: True)


def test_building_tells_what_it_does(networks):
    said = []
    build_engine(networks.request("chain"), progress=lambda text, _fraction: said.append(text), canceled=lambda: False)
    assert said[-1] == "Reading the layers of nets:chain"


def test_every_precision_has_a_number_format():
    assert set(DTYPES) == set(Precision)


def test_auto_is_the_best_device_and_the_cpu_is_always_there():
    devices = available_devices()
    assert devices[-1] == "cpu"
    assert resolve_device("auto") == torch.device(devices[0])
    assert resolve_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["tpu", "cuda:99", "CPU", ""])
def test_an_unknown_device_is_answered_with_what_there_is(name):
    with pytest.raises(DeviceError, match=rf"no device '{name}'\. It has: .*cpu\."):
        resolve_device(name)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (MemoryError(), True),
        (RuntimeError("MPS backend out of memory (allocated: 8 GB)"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate"), True),
        (RuntimeError("sizes do not fit"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_running_out_of_memory_is_told_from_other_errors(error, expected):
    assert is_out_of_memory(error) is expected
