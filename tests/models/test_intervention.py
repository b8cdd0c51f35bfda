"""Muting, scaling and clamping units of a running network."""

from __future__ import annotations

import threading
from collections import namedtuple
from dataclasses import dataclass

import pytest
import torch
import torchvision
from timm.models.vision_transformer import VisionTransformer
from torch import nn

from deepvis.causes import ChangeKind, Intervention
from deepvis.models.errors import ModelError
from deepvis.models.intervention import Changed
from deepvis.models.layers import describe_layers
from deepvis.models.probe import Probe
from deepvis.records import SOFTMAX


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def prepared(network, size=(64, 64)):
    batch = torch.randn(1, 3, *size)
    taps = describe_layers(network.eval(), batch, labels=(), emits_probabilities=False)
    return network, batch, {tap.name: tap for tap in taps}


def small():
    return prepared(
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))
    )


def probed(network, taps, batch, layer, changes=()):
    with Changed(network, taps, changes), Probe(network, taps.values()) as probe, torch.inference_mode():
        return probe.run(batch, [taps[layer]], to_the_end=True)


def test_a_muted_unit_is_zero_everywhere_and_the_others_of_its_layer_are_what_they_were():
    network, batch, taps = small()
    before = probed(network, taps, batch, "0").activations["0"].maps
    after = probed(network, taps, batch, "0", [Intervention("0", 2)]).activations["0"].maps
    assert not after[2].any()
    assert torch.equal(after[[0, 1, 3]], before[[0, 1, 3]])


def test_later_layers_and_the_answer_are_those_of_a_network_whose_weights_of_the_unit_are_zero():
    network, batch, taps = small()
    muted = probed(network, taps, batch, "1", [Intervention("0", 2)])
    with torch.no_grad():
        network[0].weight[2] = network[0].bias[2] = 0
    expected = probed(network, taps, batch, "1")
    assert torch.equal(muted.activations["1"].maps, expected.activations["1"].maps)
    assert torch.equal(muted.logits, expected.logits)


def test_scaling_multiplies_and_clamping_bounds():
    network, batch, taps = small()
    before = probed(network, taps, batch, "0").activations["0"].maps
    changes = [
        Intervention("0", 0, ChangeKind.SCALE, value=-2.5),
        Intervention("0", 1, ChangeKind.CLAMP, low=-0.1, high=0.2),
        Intervention("0", 3, ChangeKind.CLAMP, low=1.5),
    ]
    after = probed(network, taps, batch, "0", changes).activations["0"].maps
    assert torch.equal(after[0], before[0] * -2.5)
    assert torch.equal(after[1], before[1].clamp(-0.1, 0.2))
    assert torch.equal(after[3], before[3].clamp(min=1.5))
    assert torch.equal(after[2], before[2])


def test_the_order_of_changes_does_not_matter_and_one_that_is_off_does_nothing():
    network, batch, taps = small()
    one, two = Intervention("0", 1), Intervention("1", 3, ChangeKind.SCALE, value=3)
    first = probed(network, taps, batch, "4", [one, two]).logits
    assert torch.equal(first, probed(network, taps, batch, "4", [two, one]).logits)
    assert not torch.equal(first, probed(network, taps, batch, "4", [one]).logits)
    off = Intervention("1", 3, ChangeKind.SCALE, value=3, on=False)
    assert torch.equal(
        probed(network, taps, batch, "4", [one, off]).logits, probed(network, taps, batch, "4", [one]).logits
    )


def test_a_unit_that_is_not_a_number_is_muted_all_the_same():
    network, batch, taps = small()
    with torch.no_grad():
        network[0].weight[2] = torch.nan
    assert probed(network, taps, batch, "4").logits.isnan().any()
    assert not probed(network, taps, batch, "4", [Intervention("0", 2)]).logits.isnan().any()


def test_the_same_network_gives_its_own_answer_afterward_and_in_the_meantime_to_other_threads():
    network, batch, taps = small()
    plain = network(batch)
    found = []
    with Changed(network, taps, [Intervention("0", 2)]):
        changed = network(batch)
        other = threading.Thread(target=lambda: found.append(network(batch)))
        other.start()
        other.join()
        again = network(batch)
    assert not torch.equal(changed, plain)
    assert torch.equal(again, changed)
    assert torch.equal(found[0], plain)
    assert torch.equal(network(batch), plain)


def test_without_changes_no_hook_is_on_the_network():
    network, _, taps = small()
    with Changed(network, taps, [Intervention("0", 1, on=False)]):
        assert not network._forward_pre_hooks
        assert not any(module._forward_hooks for module in network.modules())


def test_nothing_stays_on_the_network_after_an_error():
    network, batch, taps = small()
    with pytest.raises(RuntimeError), Changed(network, taps, [Intervention("0", 2)]):
        network(batch[:, :2])
    assert not network._forward_pre_hooks
    assert not any(module._forward_hooks for module in network.modules())


class Twice(nn.Module):
    """One convolution that runs twice."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        return self.conv(self.conv(x).sin())


def test_of_a_module_that_runs_twice_the_call_meant_is_changed_also_after_a_pass_that_was_broken_off():
    network, batch, taps = prepared(Twice())
    first, last = network.conv(batch), network(batch)
    with Changed(network, taps, [Intervention("conv", 1)]), Probe(network, taps.values()) as probe:
        for _ in range(2):
            # stops after the first call
            early = probe.run(batch, [taps["conv:1"]], to_the_end=False).activations["conv:1"].maps
            assert torch.equal(early, first[0])
        late = probe.run(batch, [taps["conv"]], to_the_end=False).activations["conv"].maps
    assert not late[1].any()
    assert torch.equal(late[0], last[0, 0])


class Careless(nn.Module):
    """Lets its rectifier write in place and does not look at what it returns; adds in place."""

    def __init__(self):
        super().__init__()
        self.conv, self.act, self.next = nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 4, 1)

    def forward(self, x):
        x = self.conv(x)
        self.act(x)
        y = self.next(x)
        y += x
        return y


@pytest.mark.parametrize("layer", ["conv", "act", "next"])
def test_layers_around_operations_in_place_are_changed_like_others(layer):
    network, batch, taps = prepared(Careless())
    shown = probed(network, taps, batch, layer, [Intervention(layer, 1)]).activations[layer].maps
    assert not shown[1].any()
    with torch.inference_mode():
        x = network.conv(batch)
        x[:, 1] = 0 if layer == "conv" else x[:, 1]
        x.relu_()
        x[:, 1] = 0 if layer == "act" else x[:, 1]
        y = network.next(x)
        y[:, 1] = 0 if layer == "next" else y[:, 1]
        with Changed(network, taps, [Intervention(layer, 1)]):
            assert torch.equal(network(batch), y + x)


def test_the_input_of_a_module_that_gives_it_back_is_left_alone():
    network, batch, taps = prepared(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Identity()))
    answer = probed(network, taps, batch, "0", [Intervention("1", 2)])
    assert answer.activations["0"].maps[2].any()


def test_gradients_are_those_of_the_changed_network():
    network, batch, taps = small()
    batch.requires_grad_()
    with Changed(network, taps, [Intervention("0", 0), Intervention("1", 2, ChangeKind.SCALE, value=3)]):
        changed = torch.autograd.grad(network(batch)[0, 1], batch)[0]
    with torch.no_grad():
        network[0].weight[0] = network[0].bias[0] = 0
        network[4].weight[:, 2] *= 3
    expected = torch.autograd.grad(network(batch)[0, 1], batch)[0]
    assert torch.allclose(changed, expected, atol=1e-7)
    assert expected.any()


def test_of_a_transformer_a_unit_is_muted_at_all_tokens():
    network, batch, taps = prepared(
        VisionTransformer(img_size=64, patch_size=16, embed_dim=12, depth=2, num_heads=2, num_classes=5)
    )
    answer = probed(network, taps, batch, "blocks.0", [Intervention("blocks.0", 7)])
    activations = answer.activations["blocks.0"]
    assert not activations.maps[7].any()
    assert not activations.prefix[7].any()
    assert activations.maps[6].any()
    assert not torch.equal(answer.logits, probed(network, taps, batch, "blocks.0").logits)


def test_channels_last_layers_are_muted_by_unit():
    network, batch, taps = prepared(torchvision.models.swin_t(num_classes=5))
    layer = "features.1.0"
    answer = probed(network, taps, batch, layer, [Intervention(layer, 7)])
    assert not answer.activations[layer].maps[7].any()
    assert answer.activations[layer].maps[6].any()


Pair = namedtuple("Pair", "maps extra")


@dataclass
class Output:
    note: str
    maps: torch.Tensor


class Wrapped(nn.Module):
    def __init__(self, wrap, unwrap):
        super().__init__()
        self.inner, self.unwrap = Inner(wrap), unwrap

    def forward(self, x):
        return self.unwrap(self.inner(x)).mean((2, 3))


class Inner(nn.Module):
    def __init__(self, wrap):
        super().__init__()
        self.conv, self.wrap = nn.Conv2d(3, 4, 3), wrap

    def forward(self, x):
        return self.wrap(self.conv(x))


@pytest.mark.parametrize(
    ("wrap", "unwrap"),
    [
        (lambda x: (x, "more"), lambda out: out[0]),
        (lambda x: [None, x], lambda out: out[1]),
        (lambda x: Pair(x, 3), lambda out: out.maps),
        (lambda x: {"note": "n", "maps": x}, lambda out: out["maps"]),
        (lambda x: Output("n", x), lambda out: out.maps),
        (lambda x: {"deep": (x, x)}, lambda out: out["deep"][0]),
    ],
    ids=["tuple", "list", "namedtuple", "dict", "dataclass", "nested"],
)
def test_outputs_that_are_wrapped_are_changed_inside(wrap, unwrap):
    network, batch, taps = prepared(Wrapped(wrap, unwrap))
    with Changed(network, taps, [Intervention("inner", 3)]):
        answer = network(batch)[0]
    assert answer[3] == 0
    assert torch.equal(answer[:3], network(batch)[0, :3])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Intervention("nowhere", 0), "no layer 'nowhere'"),
        (Intervention("0", 4), "units 0 to 3"),
        (Intervention(SOFTMAX, 0), "layer of the classes"),
    ],
)
def test_what_cannot_be_changed_is_refused_with_the_reason(change, words):
    network, _, taps = small()
    with pytest.raises(ModelError, match=words):
        Changed(network, taps, [change])
