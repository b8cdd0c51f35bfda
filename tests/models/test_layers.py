"""What is found out about a network by running it once."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
import torchvision
from timm.models.convnext import ConvNeXt as TimmConvNeXt
from timm.models.swin_transformer import SwinTransformer as TimmSwin
from timm.models.vision_transformer import VisionTransformer as TimmViT
from torch import nn
from torchvision.models.convnext import CNBlockConfig

from deepvis.models.layers import describe_layers
from deepvis.models.loading import ModelError
from deepvis.records import SOFTMAX


def describe(network, size=(64, 64), *, channels=3, labels=(), emits_probabilities=False):
    batch = torch.rand(1, channels, *size)
    return describe_layers(network.eval(), batch, labels=labels, emits_probabilities=emits_probabilities)


def infos(taps):
    return {tap.name: tap.info for tap in taps}


class Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Repeats(nn.Module):
    """One activation module for everything, as much code has it."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3)
        self.second = nn.Conv2d(4, 6, 3)
        self.relu = nn.ReLU()
        self.head = nn.Linear(6, 5)

    def forward(self, x):
        x = self.relu(self.second(self.relu(self.first(x))))
        return self.relu(self.head(x.mean((2, 3))))


def test_layers_come_in_order_of_execution_and_softmax_last():
    taps = describe(torchvision.models.resnet18(num_classes=5))
    names = [tap.name for tap in taps]
    assert names[:4] == ["conv1", "bn1", "relu", "maxpool"]
    assert names.index("layer1.0.relu:1") < names.index("layer1.0.bn2") < names.index("layer1.0")
    assert names[-2:] == ["fc", SOFTMAX]
    assert "" not in names
    assert len(set(names)) == len(names)


def test_shapes_units_and_types_are_recorded():
    found = infos(describe(torchvision.models.resnet18(num_classes=5), (64, 96)))
    assert found["layer2.0"].shape_text == "128×8×12"
    assert (found["conv1"].type_name, found["layer2.0"].type_name) == ("Conv2d", "BasicBlock")
    assert found["fc"].shape_text == "5"
    assert not any(info.reason for info in found.values())


def test_of_a_module_that_runs_several_times_the_last_call_has_the_plain_name():
    taps = {tap.name: tap for tap in describe(Repeats())}
    assert [name for name in taps if name.startswith("relu")] == ["relu:1", "relu:2", "relu"]
    assert [taps[name].call for name in ("relu:1", "relu:2", "relu")] == [0, 1, 2]
    assert taps["relu"].calls == 3
    assert [taps[name].info.units for name in ("relu:1", "relu:2", "relu")] == [4, 6, 5]


@pytest.mark.parametrize("labels", [(), ("a", "b", "c", "d", "e")], ids=["unknown", "fitting"])
def test_the_layers_that_give_the_answer_are_classes(labels):
    found = infos(describe(torchvision.models.alexnet(num_classes=5), labels=labels))
    assert {name for name, info in found.items() if info.is_classes} == {"classifier", "classifier.6", SOFTMAX}


def test_units_are_no_classes_when_the_labels_do_not_fit():
    found = infos(describe(torchvision.models.alexnet(num_classes=5), labels=("a", "b")))
    assert not any(info.is_classes for info in found.values())
    assert found[SOFTMAX].units == 5


def test_an_answer_that_is_only_flattened_still_makes_its_layer_classes():
    found = infos(describe(torchvision.models.squeezenet1_1(num_classes=5)))
    assert found["classifier.3"].is_classes
    assert not found["classifier.2"].is_classes


def test_only_a_network_that_emits_no_probabilities_needs_the_softmax_taken():
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.Softmax(1))
    assert describe(network, (2, 2))[-1].normalizes
    assert not describe(network, (2, 2), emits_probabilities=True)[-1].normalizes


def test_a_module_called_softmax_gives_way_to_the_virtual_layer():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(12, 4)
            self.softmax = nn.Softmax(1)

        def forward(self, x):
            return self.softmax(self.fc(x.flatten(1)))

    taps = describe(Own(), (2, 2), emits_probabilities=True)
    assert [tap.name for tap in taps] == ["fc", "softmax:1", SOFTMAX]
    assert [tap.module for tap in taps] == ["fc", "softmax", ""]


def test_what_is_overwritten_in_place_is_marked_and_nothing_else():
    taps = {tap.name: tap for tap in describe(torchvision.models.vgg11_bn(num_classes=5))}
    assert taps["features.1"].overwritten
    assert not taps["features.2"].overwritten
    assert not taps["features.3"].overwritten
    residual = {tap.name: tap for tap in describe(torchvision.models.resnet18(num_classes=5))}
    assert residual["layer1.0.bn2"].overwritten


def test_a_network_whose_answer_is_no_vector_has_no_softmax():
    taps = describe(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()))
    assert [tap.name for tap in taps] == ["0", "1"]
    assert not any(tap.info.is_classes for tap in taps)


def test_outputs_inside_tuples_and_dataclasses_are_found():
    @dataclass
    class Outputs:
        scores: torch.Tensor

    network = nn.Sequential(nn.Conv2d(3, 4, 3), Lambda(lambda x: (None, {"maps": x})), Lambda(lambda x: x[1]["maps"]))
    assert infos(describe(network))["1"].units == 4
    answer = nn.Sequential(nn.Flatten(), nn.Linear(12, 4), Lambda(Outputs))
    assert describe(answer, (2, 2))[-1].info.units == 4


def test_a_layer_that_cannot_be_shown_is_listed_with_the_reason():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), Lambda(lambda x: x.unsqueeze(0)), Lambda(lambda x: x[0]))
    info = infos(describe(network))["1"]
    assert info.units == 0
    assert "5 dimensions" in info.reason
    assert not info.worth_showing


def test_a_network_that_shows_nothing_is_refused_in_a_sentence():
    with pytest.raises(ModelError, match=r"No layer of this Lambda can be shown"):
        describe(Lambda(lambda x: x.sum()))


def test_one_channel_inputs_work():
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    assert infos(describe(network, (28, 20), channels=1))["1"].shape_text == "4×26×18"


def test_vision_transformers_have_maps_with_their_tokens_set_apart():
    torchvision_vit = torchvision.models.VisionTransformer(32, 8, 2, 2, 16, 32, num_classes=5)
    info = infos(describe(torchvision_vit, (32, 32)))["encoder.layers.encoder_layer_1"]
    assert (info.units, info.height, info.width, info.prefix_tokens) == (16, 4, 4, 1)
    registers = TimmViT((24, 40), 8, embed_dim=16, depth=2, num_heads=2, num_classes=5, reg_tokens=4)
    found = infos(describe(registers, (24, 40)))
    assert (found["blocks.1"].height, found["blocks.1"].width, found["blocks.1"].prefix_tokens) == (3, 5, 5)
    assert found["patch_embed"].prefix_tokens == 0
    assert found["blocks.1.mlp.fc1"].units == 64


@pytest.mark.parametrize("size", [(32, 32), (32, 48)], ids=["square", "wide"])
def test_swin_gives_channels_last_maps_in_both_libraries(size):
    ours = torchvision.models.SwinTransformer([2, 2], 8, [2, 2], [1, 2], [4, 4], num_classes=5)
    found = infos(describe(ours, size))
    assert found["features.1.1"].shape_text == f"8×{size[0] // 2}×{size[1] // 2}"
    assert found["features.3.0"].shape_text == f"16×{size[0] // 4}×{size[1] // 4}"
    theirs = TimmSwin(size, 2, embed_dim=8, depths=(2, 2), num_heads=(1, 2), window_size=4, num_classes=5)
    found = infos(describe(theirs, size))
    assert found["layers.1.blocks.0"].shape_text == f"16×{size[0] // 4}×{size[1] // 4}"
    assert "in windows" in found["layers.0.blocks.0.attn"].reason


@pytest.mark.parametrize("library", ["torchvision", "timm"])
def test_convnext_is_channels_first_with_channels_last_inside(library):
    if library == "timm":
        network = TimmConvNeXt(num_classes=5, depths=(1, 1, 1, 1), dims=(8, 16, 24, 32), conv_mlp=False)
        block, inner = "stages.1.blocks.0", "mlp.fc1"
    else:
        setting = [CNBlockConfig(8, 16, 1), CNBlockConfig(16, None, 1)]
        network, block, inner = torchvision.models.ConvNeXt(setting, num_classes=5), "features.3.0", "block.3"
    found = infos(describe(network, (64, 96)))
    block_info, inner_info = found[block], found[f"{block}.{inner}"]
    assert (block_info.height, block_info.width) == (8, 12)
    assert (inner_info.height, inner_info.width, inner_info.units) == (8, 12, 4 * block_info.units)


def test_a_picture_made_in_inference_mode_is_taken_and_not_written_to():
    with torch.inference_mode():
        batch = torch.rand(1, 3, 8, 8)
    network = nn.Sequential(nn.Dropout(), Lambda(lambda x: x.mul_(0)), nn.Conv2d(3, 4, 3)).eval()
    taps = describe_layers(network, batch, labels=(), emits_probabilities=False)
    assert [tap.overwritten for tap in taps] == [True, False, False]
    assert batch.max() > 0


def test_describing_leaves_no_hook_even_when_the_network_raises():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), Lambda(lambda x: x.no_such_thing))
    with pytest.raises(AttributeError):
        describe(network)
    assert not any(module._forward_hooks for module in network.modules())
