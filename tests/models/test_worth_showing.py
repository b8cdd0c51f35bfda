"""The default layer list: stem, block outputs, head, classes."""

from __future__ import annotations

import pytest
import timm
import torch
import torchvision
from torch import nn
from torch.nn import functional

from deepvis.models.layers import describe_layers


def shown(network, size=64):
    taps = describe_layers(network.eval(), torch.rand(1, 3, size, size), labels=(), emits_probabilities=False)
    return [tap.name for tap in taps if tap.info.worth_showing]


def numbered(prefix, *counts):
    return [f"{prefix}{stage}.{block}" for stage, count in enumerate(counts) for block in range(count)]


def test_a_flat_network_shows_each_convolution_once_after_its_activation():
    features = [f"features.{index}" for index in (1, 2, 4, 5, 7, 9, 11, 12)]
    classifier = [f"classifier.{index}" for index in (2, 5, 6)]
    assert shown(torchvision.models.alexnet()) == [*features, "avgpool", *classifier, "softmax"]


def test_a_batch_norm_between_convolution_and_activation_is_no_entry_of_its_own():
    names = shown(torchvision.models.vgg11_bn())
    assert names[:3] == ["features.2", "features.3", "features.6"]


def test_the_default_network_shows_stem_blocks_head_classes_and_softmax():
    blocks = numbered("blocks.", 1, 2, 2, 3, 3, 4, 1)
    names = ["bn1", *blocks, "bn2", "global_pool", "classifier", "softmax"]
    assert shown(timm.create_model("tf_efficientnet_lite0")) == names


def test_a_residual_network_shows_its_blocks():
    blocks = [f"layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1)]
    assert shown(torchvision.models.resnet18()) == ["relu", "maxpool", *blocks, "avgpool", "fc", "softmax"]


def test_too_long_a_list_is_cut_down_to_whole_stages():
    names = shown(torchvision.models.densenet121())
    assert [name for name in names if "denseblock" in name] == [f"features.denseblock{n}" for n in (1, 2, 3, 4)]
    assert "layer3" in shown(torchvision.models.resnet152())


def test_transformers_show_their_blocks():
    vit = torchvision.models.VisionTransformer(32, 8, 3, 2, 16, 32, num_classes=5)
    layers = [f"encoder.layers.encoder_layer_{index}" for index in range(3)]
    assert shown(vit, 32) == ["conv_proj", *layers, "encoder.ln", "heads.head", "softmax"]
    swin = torchvision.models.SwinTransformer([2, 2], 8, [2, 2], [1, 2], [4, 4], num_classes=5)
    blocks = ["features.1.0", "features.1.1", "features.2", "features.3.0", "features.3.1"]
    assert shown(swin, 32) == ["features.0", *blocks, "norm", "avgpool", "head", "softmax"]


def test_two_halves_of_a_block_that_share_a_class_do_not_make_it_a_stage():
    mixer = timm.models.mlp_mixer.MlpMixer(5, 64, patch_size=32, num_blocks=3, embed_dim=16)
    assert shown(mixer) == ["stem", "blocks.0", "blocks.1", "blocks.2", "norm", "head", "softmax"]


@pytest.mark.parametrize(
    ("name", "first", "some"),
    [
        ("googlenet", "conv1", "inception4c"),
        ("inception_v3", "Conv2d_1a_3x3", "Mixed_6c"),
        ("squeezenet1_1", "features.1", "features.9"),
        ("mobilenet_v2", "features.0", "features.9"),
        ("mobilenet_v3_large", "features.0", "features.9"),
        ("efficientnet_b0", "features.0", "features.4.2"),
        ("convnext_tiny", "features.0", "features.5.3"),
        ("regnet_y_400mf", "stem", "trunk_output.block3.block3-2"),
        ("shufflenet_v2_x1_0", "conv1", "stage3.4"),
        ("mnasnet0_5", "layers.2", "layers.10.1"),
    ],
)
def test_torchvision_families_have_lists_of_a_sensible_length(name, first, some):
    extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    names = shown(torchvision.models.get_model(name, weights=None, **extra), 96)
    assert 10 <= len(names) <= 40
    assert names[0] == first
    assert some in names
    assert names[-1] == "softmax"


@pytest.mark.parametrize("name", ["convnext_atto", "mobilenetv3_small_100", "resnet10t", "efficientvit_b0", "nfnet_l0"])
def test_timm_families_have_lists_of_a_sensible_length(name):
    names = shown(timm.create_model(name), 96)
    assert 10 <= len(names) <= 40
    assert names[-1] == "softmax"


def test_a_network_of_ones_own_shows_its_few_layers():
    plain = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 62 * 62, 5))
    assert shown(plain) == ["1", "3", "softmax"]

    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)
            self.fc = nn.Linear(4, 5)

        def forward(self, x):
            x = functional.relu(self.conv2(functional.relu(self.conv1(x))))
            return self.fc(x.mean((2, 3)))

    assert shown(Functional()) == ["conv1", "conv2", "fc", "softmax"]


def test_a_network_wrapped_in_another_shows_the_layers_inside():
    class Wrapped(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            return self.inner((x - 0.5) / 0.5)

    assert "inner.layer2.1" in shown(Wrapped(torchvision.models.resnet18()))
    assert "inner.features.7" in shown(Wrapped(torchvision.models.alexnet()))


def test_a_network_of_nothing_but_activations_still_shows_something():
    assert shown(nn.Sequential(nn.Identity(), nn.ReLU())) == ["1"]
