"""Which weights make a layer's units, and in which order they come."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional

from deepvis.models.layers import describe_layers
from deepvis.models.preprocess import Preprocessing
from deepvis.models.unit_weights import UnitWeights, WeightSource
from deepvis.records import SOFTMAX


def source_of(network, size=(32, 32), channels=3):
    network = network.eval()
    taps = describe_layers(network, torch.rand(1, channels, *size), labels=(), emits_probabilities=False)
    shape = Preprocessing(size, channels, mean=(0.5,) * channels, std=(0.5,) * channels)
    return WeightSource(network, {tap.name: tap for tap in taps}, shape)


def read(network, layer, **options):
    found = source_of(network, **options).read(layer)
    assert isinstance(found, UnitWeights), found
    return found


def output_from(weights, unit, inputs):
    """A unit's map of one picture `(inputs, height, width)` from its kernels alone."""
    first = weights.first_input(unit)
    kernel = torch.tensor(weights.kernels[unit])
    part = inputs[first : first + len(kernel)]
    bias = 0 if weights.bias is None else float(weights.bias[unit])
    return functional.conv2d(part[None], kernel[None])[0, 0] + bias


@pytest.fixture(scope="module")
def resnet():
    torch.manual_seed(0)
    return torchvision.models.resnet18(num_classes=5).eval()


@pytest.mark.parametrize("groups", [1, 2, 6], ids=["plain", "grouped", "depthwise"])
def test_kernels_and_input_numbers_give_what_the_convolution_gives(groups):
    torch.manual_seed(1)
    convolution = nn.Conv2d(6, 12, 3, groups=groups)
    network = nn.Sequential(nn.Conv2d(3, 6, 1), convolution)
    weights = read(network, "1")
    inputs = torch.rand(6, 9, 9)
    expected = convolution(inputs[None])[0]
    for unit in (0, 5, 11):
        torch.testing.assert_close(output_from(weights, unit, inputs), expected[unit])


@pytest.mark.parametrize("groups", [1, 2])
def test_of_a_transposed_convolution_the_kernels_are_those_that_each_unit_spreads(groups):
    torch.manual_seed(2)
    spread = nn.ConvTranspose2d(4, 6, 3, groups=groups)
    weights = read(nn.Sequential(nn.Conv2d(3, 4, 1), spread), "1")
    assert weights.kernels.shape == (6, 4 // groups, 3, 3)
    for unit in (0, 4):
        point = torch.zeros(1, 4, 1, 1)
        first = weights.first_input(unit)
        point[0, first + 1] = 1
        expected = spread(point)[0, unit] - spread.bias[unit]
        np.testing.assert_allclose(weights.kernels[unit, 1], expected.detach(), atol=1e-6)


def test_what_passes_a_convolution_on_has_its_weights(resnet):
    for layer, note in (("conv1", ""), ("bn1", "before normalization"), ("relu", "before normalization")):
        found = read(resnet, layer)
        assert (found.module, found.note, found.sees_picture) == ("conv1", note, True)
        np.testing.assert_array_equal(found.kernels, resnet.conv1.weight.detach())


def test_a_residual_block_has_the_weights_of_its_last_convolution_and_not_of_its_shortcut(resnet):
    found = read(resnet, "layer2.0")
    assert found.module == "layer2.0.conv2"
    assert found.note == "before normalization and further operations"


def test_a_sum_that_is_made_in_no_module_and_not_in_place_is_seen_all_the_same():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 3, padding=1))
            self.shortcut = nn.Conv2d(4, 4, 1)
            self.after = nn.ReLU()

        def forward(self, x):
            return self.after(self.body(x) + self.shortcut(x))

    network = nn.Sequential(nn.Conv2d(3, 4, 3), Block())
    for layer in ("1", "1.after"):
        found = read(network, layer)
        assert (found.module, found.note) == ("1.body.1", "before further operations")


def test_a_convolution_that_is_used_without_being_called_is_found():
    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv, self.proj = nn.Linear(4, 12), nn.Linear(4, 4)

        def forward(self, x):
            q, k, v = functional.linear(x, self.qkv.weight, self.qkv.bias).chunk(3, dim=-1)
            mixed = (q @ k.transpose(-1, -2)).softmax(-1) @ v
            return functional.linear(mixed, self.proj.weight, self.proj.bias)

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.patches = nn.Conv2d(3, 4, 8, 8)
            self.norm = nn.LayerNorm(4)
            self.attention = Attention()
            self.own = nn.MultiheadAttention(4, 2, batch_first=True)

        def forward(self, x):
            tokens = self.norm(self.patches(x).flatten(2).transpose(1, 2))
            tokens = self.attention(tokens)
            return self.own(tokens, tokens, tokens)[0]

    source = source_of(Network())
    assert source.read("attention").module == "attention.proj"
    assert source.read("own").module == "own.out_proj"
    assert source.read("norm").module == "patches"


def test_weights_on_a_flattened_map_get_its_shape_back():
    torch.manual_seed(3)
    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 30 * 30, 5))
    found = read(network, "3")
    assert found.kernels.shape == (5, 2, 30, 30)
    picture = torch.rand(1, 3, 32, 32)
    maps = network[1](network[0](picture))[0]
    expected = network(picture)[0, 4]
    torch.testing.assert_close(output_from(found, 4, maps)[0, 0], expected, rtol=1e-4, atol=1e-5)


def test_a_first_layer_on_flattened_pixels_sees_the_picture():
    found = read(nn.Sequential(nn.Flatten(), nn.Linear(8 * 8, 5)), "1", size=(8, 8), channels=1)
    assert found.sees_picture
    assert found.kernels.shape == (5, 1, 8, 8)


def test_only_the_first_layer_sees_the_picture_even_if_another_has_three_inputs():
    network = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Conv2d(3, 4, 3))
    assert [read(network, layer).sees_picture for layer in ("0", "1")] == [True, False]


def test_a_layer_without_weights_says_so_in_a_sentence(resnet):
    source = source_of(resnet)
    assert source.read("avgpool") == (
        "No weights make the units of avgpool: an AdaptiveAvgPool2d only pools what comes before it."
    )
    assert source.read(SOFTMAX).endswith("The weights of its classes are those of fc.")
    assert "no weights" in source.read(SOFTMAX)


def test_weights_of_other_numbers_of_units_are_not_taken_for_the_layers_own():
    class Split(nn.Module):
        def __init__(self):
            super().__init__()
            self.wide = nn.Conv2d(3, 8, 3)

        def forward(self, x):
            return self.wide(x)[:, :4].contiguous() * 2

    said = source_of(nn.Sequential(Split())).read("0")
    assert said == "No weights make the 4 units of 0: those inside 0 make 8."


def test_a_module_with_weights_of_its_own_kind_is_not_looked_through():
    class Mixing(nn.Module):
        def __init__(self):
            super().__init__()
            self.matrix = nn.Parameter(torch.rand(4, 4))

        def forward(self, x):
            return torch.einsum("ij,bjhw->bihw", self.matrix, x)

    said = source_of(nn.Sequential(nn.Conv2d(3, 4, 3), Mixing())).read("1")
    assert said.startswith("No weights make the units of 1: a Mixing")


def test_weights_that_a_parametrization_makes_are_those_that_are_used():
    convolution = nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3))
    with torch.no_grad():
        convolution.parametrizations.weight.original0.mul_(3)
    found = read(nn.Sequential(convolution), "0")
    np.testing.assert_allclose(found.kernels, convolution.weight.detach(), rtol=1e-6)


def test_half_precision_is_read_as_plain_numbers_and_nothing_can_be_written_into_the_network():
    network = nn.Sequential(nn.Conv2d(3, 4, 3)).eval()
    taps = describe_layers(network, torch.rand(1, 3, 16, 16), labels=(), emits_probabilities=False)
    shape = Preprocessing((16, 16), 3, mean=(0.5,) * 3, std=(0.5,) * 3)
    expected = network[0].weight.detach().bfloat16().float()
    plain = WeightSource(network, {tap.name: tap for tap in taps}, shape).read("0")
    with pytest.raises(ValueError, match="read-only"):
        plain.kernels[0] = 0
    halved = WeightSource(network.bfloat16(), {tap.name: tap for tap in taps}, shape).read("0")
    assert halved.kernels.dtype == np.float32
    np.testing.assert_array_equal(halved.kernels, expected)


def test_a_source_keeps_what_the_network_was_when_it_moves():
    network = nn.Sequential(nn.Conv2d(3, 4, 3))
    before = network[0].weight.detach().clone()
    source = source_of(network)
    network.double()
    np.testing.assert_array_equal(source.read("0").kernels, before)
