"""Receptive boxes against brute force: change one row or column of the picture, see which positions notice."""

from __future__ import annotations

import numpy as np
import pytest
import timm
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from timm.models.mlp_mixer import MlpMixer
from timm.models.swin_transformer import SwinTransformer as TimmSwin
from timm.models.vision_transformer import VisionTransformer as TimmViT
from torch import nn
from torch.nn import functional

from deepvis.models.layers import describe_layers
from deepvis.models.layout import first_tensor
from deepvis.models.receptive_field import field_text, receptive_boxes

SMALL_SWIN = {"patch_size": [2, 2], "embed_dim": 8, "depths": [2, 2], "num_heads": [1, 2], "num_classes": 5}

SMALL_TIMM_SWIN = {"embed_dim": 8, "depths": (2, 2), "num_heads": (1, 2), "num_classes": 5}


class Residual(nn.Module):
    """Two branches of different reach, the second with a stride that leaves a remainder."""

    def __init__(self):
        super().__init__()
        self.wide = nn.Conv2d(4, 4, 5, stride=3, padding=1)
        self.narrow = nn.Conv2d(4, 4, 1, stride=3)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        y = self.wide(x)
        y += self.narrow(x)[..., : y.shape[-2], : y.shape[-1]]
        return self.relu(y)


class UNet(nn.Module):
    def __init__(self, mode):
        super().__init__()
        self.down = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.deep = nn.Conv2d(4, 4, 3, padding=1)
        self.up = nn.Upsample(scale_factor=2, mode=mode)
        self.back = nn.ConvTranspose2d(4, 4, 3, stride=2, padding=1, output_padding=1)
        self.out = nn.Conv2d(11, 2, 3, padding=1)

    def forward(self, x):
        y = self.down(x)
        return self.out(torch.cat([x, self.up(self.deep(y)), self.back(y)], 1))


class Halves(nn.Module):
    """Writes into slices of a buffer, shuffles, shifts, pads: what only data movement can explain."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1, groups=2)

    def forward(self, x):
        y = self.conv(x)
        buffer = torch.zeros_like(y)
        buffer[:, :2] = y[:, :2].flip(-1)
        buffer[:, 2:, 1:] += torch.roll(y[:, 2:], 2, dims=-2)[:, :, 1:]
        left, right = buffer.chunk(2, dim=1)
        return functional.pad(torch.stack([left, right], 2).flatten(1, 2), (2, 0, 1, 1))


class MaskedAttention(nn.Module):
    """Columns of four see each other only; the rest is closed by an infinite mask."""

    def __init__(self, *, fused):
        super().__init__()
        self.embed = nn.Conv2d(3, 8, 1)
        self.fused = fused

    def forward(self, x):
        tokens = self.embed(x).mean(2).transpose(1, 2)
        groups = torch.arange(tokens.shape[1]) // 4
        mask = torch.where(groups[:, None] == groups, 0.0, -torch.inf).to(tokens.dtype)
        if self.fused:
            heads = tokens[:, None]
            seen = functional.scaled_dot_product_attention(heads, heads, heads, mask)[:, 0]
        else:
            seen = (tokens @ tokens.transpose(1, 2) + mask).softmax(-1) @ tokens
        return seen.transpose(1, 2)[:, :, None]


def brute_force(network, batch, taps, *, poison):
    """Boxes of every tap from `rows + columns` forward passes, run as one batch each.

    With `poison` the changed pixels become NaN, which spreads wherever the structure lets it; otherwise they become
    other random numbers, and what counts is whether the output changes.
    """
    height, width = batch.shape[-2:]
    found = {}
    for axis, size in ((2, height), (3, width)):
        batches = batch.repeat(size, 1, 1, 1)
        for index in range(size):
            place = batches[index].select(axis - 1, index)
            place.copy_(torch.full_like(place, torch.nan) if poison else torch.randn_like(place) * 10)
        changed, plain = maps_of(network, batches, taps), maps_of(network, batch, taps)
        for name, maps in changed.items():
            noticed = maps.isnan() if poison else (maps - plain[name]).abs() > 1e-11 * plain[name].abs().max()
            found.setdefault(name, []).append(noticed.any(1).numpy())
    return {name: boxes_of(*noticed) for name, noticed in found.items()}


def with_large_weights(network):
    """A transformer's first weights are so small that a change fades below rounding after a few blocks."""
    for weight in network.parameters():
        if weight.dim() > 1:
            nn.init.normal_(weight, std=weight[0].numel() ** -0.5)
    return network


def maps_of(network, batch, taps):
    found, handles = {}, []
    modules = dict(network.named_modules())
    for tap in taps:
        if tap.layout is not None and tap.calls == 1:

            def keep(_module, _inputs, output, tap=tap):
                found[tap.name] = tap.layout.maps(first_tensor(output)).clone()

            handles.append(modules[tap.module].register_forward_hook(keep))
    try:
        with torch.no_grad():
            network(batch)
    finally:
        for handle in handles:
            handle.remove()
    return found


def boxes_of(by_row, by_column):
    edges = []
    for noticed in (by_row, by_column):
        first = noticed.argmax(0)
        last = len(noticed) - noticed[::-1].argmax(0)
        edges.append((np.where(noticed.any(0), first, 0), np.where(noticed.any(0), last, 0)))
    return np.stack([edges[0][0], edges[1][0], edges[0][1], edges[1][1]])


def check(network, size, *, channels=3, poison=True):
    """Every layer of the network must have exactly the boxes that brute force finds."""
    torch.manual_seed(0)
    # what spreads needs no digits; what may fade does
    dtype = torch.float32 if poison else torch.float64
    network = network.eval().to(dtype)
    batch = torch.randn(1, channels, *size, dtype=dtype)
    taps = describe_layers(network, batch, labels=(), emits_probabilities=False)
    boxes = receptive_boxes(network, batch, taps)
    expected = brute_force(network, batch, [tap for tap in taps if tap.module], poison=poison)
    assert expected
    wrong = [name for name, box in expected.items() if not np.array_equal(box, boxes[name])]
    assert not wrong, f"{wrong[0]}:\n{expected[wrong[0]]}\nnot\n{boxes[wrong[0]]}"
    return boxes


NETWORKS = {
    "alexnet": (lambda: torchvision.models.alexnet(num_classes=5), (79, 67)),
    "vgg": (lambda: nn.Sequential(*torchvision.models.vgg11_bn().features[:18]), (45, 38)),
    "resnet18": (lambda: torchvision.models.resnet18(num_classes=5), (53, 65)),
    "dilated resnet50": (
        lambda: torchvision.models.resnet50(
            num_classes=5, width_per_group=8, groups=2, replace_stride_with_dilation=[False, True, True]
        ),
        (40, 33),
    ),
    "densenet": (lambda: torchvision.models.DenseNet(4, (2, 2), 8, num_classes=5), (50, 64)),
    "googlenet": (lambda: torchvision.models.googlenet(num_classes=5, init_weights=False, aux_logits=False), (64, 70)),
    "squeezenet": (lambda: torchvision.models.squeezenet1_1(num_classes=5), (55, 62)),
    "mobilenet v2": (lambda: torchvision.models.mobilenet_v2(num_classes=5, width_mult=0.25), (64, 45)),
    "mobilenet v3": (lambda: torchvision.models.mobilenet_v3_small(num_classes=5, width_mult=0.5), (40, 48)),
    "shufflenet": (lambda: torchvision.models.shufflenet_v2_x0_5(num_classes=5), (64, 57)),
    "efficientnet lite": (lambda: timm.create_model("tf_efficientnet_lite0", num_classes=5), (64, 49)),
    "resnet10t": (lambda: timm.create_model("resnet10t", num_classes=5), (57, 66)),
    "convnext": (lambda: timm.create_model("convnext_atto", num_classes=5, depths=(1, 1, 1, 1)), (70, 64)),
    "mixer": (lambda: MlpMixer(5, 64, patch_size=32, num_blocks=2, embed_dim=16), (64, 64)),
    "vit": (
        lambda: torchvision.models.VisionTransformer(32, 8, 2, 2, 16, 32, num_classes=5),
        (32, 32),
    ),
    "timm vit": (
        lambda: TimmViT((24, 40), 8, embed_dim=16, depth=2, num_heads=2, num_classes=5, reg_tokens=3),
        (24, 40),
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_of_a_network_has_the_boxes_that_brute_force_finds(name):
    make, size = NETWORKS[name]
    torch.manual_seed(1)
    check(make(), size)


SWINS = {
    "torchvision": (lambda: torchvision.models.SwinTransformer(window_size=[3, 3], **SMALL_SWIN), (24, 24)),
    "torchvision padded": (lambda: torchvision.models.SwinTransformer(window_size=[4, 4], **SMALL_SWIN), (28, 36)),
    "timm": (lambda: TimmSwin((24, 24), 2, window_size=3, **SMALL_TIMM_SWIN), (24, 24)),
    "timm wide": (lambda: TimmSwin((24, 36), 2, window_size=3, **SMALL_TIMM_SWIN), (24, 36)),
}


@pytest.mark.parametrize("name", SWINS)
def test_shifted_windows_see_only_what_their_mask_leaves_open(name):
    make, size = SWINS[name]
    torch.manual_seed(1)
    boxes = check(with_large_weights(make()), size, poison=False)
    assert any(len(np.unique(box[0])) > 2 for box in boxes.values() if box is not None)


@pytest.mark.parametrize("fused", [True, False], ids=["fused", "written out"])
def test_an_infinite_mask_closes_attention(fused):
    network = nn.Sequential(MaskedAttention(fused=fused))
    boxes = check(network, (3, 12), poison=False)
    assert boxes["0"][1].tolist() == [[0] * 4 + [4] * 4 + [8] * 4]


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_upsampling_skip_connections_and_transposed_convolutions_are_exact(mode):
    torch.manual_seed(1)
    check(nn.Sequential(UNet(mode)), (12, 18), poison=mode == "nearest")


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_padding_brings_in_only_what_it_copies(mode):
    check(nn.Sequential(nn.Conv2d(3, 4, 5, padding=2, padding_mode=mode), nn.ReLU(), nn.Conv2d(4, 2, 3)), (11, 9))


def test_branches_of_different_reach_with_in_place_code_are_exact():
    check(nn.Sequential(nn.Conv2d(3, 4, 3), Residual(), Residual()), (37, 29))


def test_slices_written_in_place_and_moved_data_are_exact():
    check(nn.Sequential(Halves(), nn.Conv2d(4, 1, 3)), (9, 12), channels=2)


def test_groups_keep_their_channels_apart_and_one_channel_works():
    layers = [nn.Conv2d(1, 4, 3), nn.Conv2d(4, 8, 3, groups=4, dilation=2), nn.GroupNorm(2, 8)]
    check(nn.Sequential(*layers), (15, 13), channels=1)


def test_padding_with_leftovers_in_pools_is_exact():
    layers = [nn.MaxPool2d(3, 2, ceil_mode=True), nn.AvgPool2d(3, 2, 1, ceil_mode=True), nn.AdaptiveMaxPool2d((3, 2))]
    check(nn.Sequential(nn.Conv2d(3, 2, 3, stride=2), *layers), (38, 31))


def _window(draw, size):
    kernel = draw(st.integers(1, 4))
    dilation = draw(st.integers(1, 2))
    stride = draw(st.integers(1, 3))
    padding = draw(st.integers(0, kernel // 2))
    if (kernel - 1) * dilation + 1 > size + 2 * padding:
        return None
    return {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation}


@st.composite
def chains(draw):
    """A random chain of convolutions and pools that still has something left at its end."""
    size, layers, channels = [draw(st.integers(9, 24)), draw(st.integers(9, 24))], [], 1
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["conv", "max", "average", "transposed"]))
        window = _window(draw, min(size))
        if window is None:
            break
        ceil = {"ceil_mode": draw(st.booleans())}
        if kind == "average":
            window.pop("dilation")
        layer = {
            "conv": lambda window=window, c=channels: nn.Conv2d(c, 2, **window),
            "transposed": lambda window=window, c=channels: nn.ConvTranspose2d(c, 2, **window),
            "max": lambda window=window, ceil=ceil: nn.MaxPool2d(**window, **ceil),
            "average": lambda window=window, ceil=ceil: nn.AvgPool2d(**window, **ceil),
        }[kind]()
        after = layer(torch.zeros(1, channels, *size)).shape if _fits(layer, channels, size) else None
        if after is None or min(after) < 1 or max(after) > 60:
            break
        layers.append(layer)
        channels, size = after[1], list(after[2:])
    return layers


def _fits(layer, channels, size):
    try:
        layer(torch.zeros(1, channels, *size))
    except RuntimeError:
        return False
    return True


@settings(max_examples=25, deadline=None, derandomize=True)
@given(layers=chains(), height=st.integers(9, 24), width=st.integers(9, 24))
def test_random_chains_of_windows_are_exact(layers, height, width):
    network = nn.Sequential(nn.Identity(), *layers)
    if not _fits(network.eval(), 1, (height, width)):
        return
    check(network, (height, width), channels=1)


@pytest.mark.parametrize(("name", "layer", "extent"), [("vgg16", "features.29", 196), ("alexnet", "features.11", 163)])
def test_known_networks_have_the_known_extents(name, layer, extent):
    network = torchvision.models.get_model(name, weights=None).eval()
    batch = torch.rand(1, 3, 224, 224)
    taps = describe_layers(network, batch, labels=(), emits_probabilities=False)
    boxes = receptive_boxes(network, batch, [tap for tap in taps if tap.name == layer])[layer]
    middle = boxes.shape[1] // 2
    top, left, bottom, right = boxes[:, middle, middle]
    assert (bottom - top, right - left) == (extent, extent)
    assert field_text(boxes, middle, middle, (224, 224)) == f"{extent} × {extent} px"
    assert field_text(boxes, 0, 0, (224, 224)).startswith(f"{extent} × {extent} px, cut by the border to ")


def test_tokens_set_apart_are_not_in_the_map_and_attention_sees_the_whole_image():
    network = TimmViT(32, 8, embed_dim=16, depth=1, num_heads=2, num_classes=5, reg_tokens=4).eval()
    batch = torch.rand(1, 3, 32, 32)
    taps = describe_layers(network, batch, labels=(), emits_probabilities=False)
    boxes = receptive_boxes(network, batch, taps)
    assert boxes["blocks.0"].shape == (4, 4, 4)
    assert field_text(boxes["patch_embed"], 0, 0, (32, 32)) == "8 × 8 px"
    assert {field_text(boxes["blocks.0"], row, 3, (32, 32)) for row in range(4)} == {"whole image"}
    assert boxes["softmax"].tolist() == [[[0]], [[0]], [[32]], [[32]]]


def test_a_layer_without_maps_has_no_boxes_and_one_that_ignores_the_picture_sees_nothing():
    class Windows(nn.Module):
        def forward(self, x):
            return x.unflatten(3, (2, -1)).movedim(3, 1).flatten(0, 1)

    class Constant(nn.Module):
        def forward(self, x):
            return torch.ones_like(x)

    network = nn.Sequential(Constant(), nn.Conv2d(3, 2, 3), Windows()).eval()
    batch = torch.rand(1, 3, 10, 10)
    taps = describe_layers(network, batch, labels=(), emits_probabilities=False)
    boxes = receptive_boxes(network, batch, taps)
    assert boxes["2"] is None
    assert field_text(boxes["1"], 2, 2, (10, 10)) == "nothing of the image"


def test_an_operation_without_a_rule_counts_as_seeing_everything():
    class Fourier(nn.Module):
        def forward(self, x):
            return torch.fft.ifft2(torch.fft.fft2(x)).real

    network = nn.Sequential(nn.Conv2d(3, 2, 3), Fourier()).eval()
    batch = torch.rand(1, 3, 10, 12)
    taps = describe_layers(network, batch, labels=(), emits_probabilities=False)
    boxes = receptive_boxes(network, batch, taps)
    assert field_text(boxes["0"], 0, 0, (10, 12)) == "3 × 3 px"
    assert field_text(boxes["1"], 4, 0, (10, 12)) == "whole image"


def test_memory_seen_as_another_type_counts_as_one_piece():
    class Rotates(nn.Module):
        def forward(self, x):
            pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
            pairs.mul_(1j)
            return torch.view_as_real(pairs).flatten(-2)

    network = nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), Rotates()).eval()
    batch = torch.rand(1, 3, 8, 8)
    taps = describe_layers(network, batch, labels=(), emits_probabilities=False)
    assert field_text(receptive_boxes(network, batch, taps)["1"], 4, 4, (8, 8)) == "whole image"


def test_a_network_that_raises_is_left_without_hooks_and_modes():
    class Raises(nn.Module):
        def forward(self, x):
            if self.armed:
                raise RuntimeError("no")
            return x

    network = nn.Sequential(nn.Conv2d(3, 2, 3), Raises()).eval()
    network[1].armed = False
    batch = torch.rand(1, 3, 10, 10)
    taps = describe_layers(network, batch, labels=(), emits_probabilities=False)
    network[1].armed = True
    with pytest.raises(RuntimeError, match="no"):
        receptive_boxes(network, batch, taps)
    network[1].armed = False
    assert not any(module._forward_hooks for module in network.modules())
    assert torch.utils._python_dispatch._get_current_dispatch_mode() is None


def test_boxes_are_the_same_in_inference_mode_and_for_a_picture_that_is_a_view():
    network = nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2)).eval()
    wide = torch.rand(1, 3, 12, 40)
    taps = describe_layers(network, wide[..., 3:15], labels=(), emits_probabilities=False)
    plain = receptive_boxes(network, wide[..., 3:15].clone(), taps)
    with torch.inference_mode():
        inside = receptive_boxes(network, wide[..., 3:15], taps)
    assert all(np.array_equal(plain[name], inside[name]) for name in plain)


def test_the_text_says_when_no_position_is_whole():
    boxes = np.array([[[0, 0]], [[0, 5]], [[9, 9]], [[6, 12]]], dtype=np.int32)
    assert field_text(boxes, 0, 0, (10, 12)) == "at least 9 × 7 px, cut by the border to 9 × 6 px"
