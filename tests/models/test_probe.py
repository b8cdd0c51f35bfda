"""Reading activations out of a running network."""

from __future__ import annotations

import threading

import pytest
import timm
import torch
import torchvision
from timm.models.swin_transformer import SwinTransformer as TimmSwin
from timm.models.vision_transformer import VisionTransformer as TimmViT
from torch import nn

from deepvis.models.layers import describe_layers
from deepvis.models.loading import ModelError
from deepvis.models.probe import Probe
from deepvis.records import SOFTMAX


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def prepared(network, size=(64, 64), *, channels=3, emits_probabilities=False):
    batch = torch.randn(1, channels, *size)
    taps = describe_layers(network.eval(), batch, labels=(), emits_probabilities=emits_probabilities)
    return Probe(network, taps), batch, {tap.name: tap for tap in taps}


class Counts(nn.Module):
    """Passes its input on and counts how often."""

    def __init__(self):
        super().__init__()
        self.runs = 0

    def forward(self, x):
        self.runs += 1
        return x


def small():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), Counts(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)
    )


def test_the_pass_stops_after_the_last_wanted_layer():
    network = small()
    probe, batch, taps = prepared(network)
    network[2].runs = 0
    answer = probe.run(batch, [taps["1"]], to_the_end=False)
    assert network[2].runs == 0
    assert answer.activations["1"].maps.shape == (4, 62, 62)
    assert answer.logits is None
    assert answer.probabilities is None


def test_the_pass_goes_to_the_end_for_the_answer_or_the_softmax_layer():
    network = small()
    probe, batch, taps = prepared(network)
    answer = probe.run(batch, [taps["1"]], to_the_end=True)
    expected = network(batch)[0]
    assert torch.equal(answer.logits, expected)
    assert torch.allclose(answer.probabilities, expected.softmax(0))
    by_softmax = probe.run(batch, [taps[SOFTMAX], taps["1"]], to_the_end=False)
    assert torch.equal(by_softmax.activations[SOFTMAX].maps[:, 0, 0], answer.probabilities)
    assert torch.equal(by_softmax.activations["1"].maps, answer.activations["1"].maps)


def test_nothing_wanted_runs_nothing():
    network = small()
    probe, batch, _ = prepared(network)
    network[2].runs = 0
    assert probe.run(batch, [], to_the_end=False).activations == {}
    assert network[2].runs == 0
    assert probe.run(batch, [], to_the_end=True).logits.shape == (5,)


def test_probabilities_a_network_emits_itself_are_shown_as_they_are():
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.Softmax(1))
    probe, batch, taps = prepared(network, (2, 2), emits_probabilities=True)
    answer = probe.run(batch, [taps[SOFTMAX]], to_the_end=False)
    assert torch.equal(answer.activations[SOFTMAX].maps[:, 0, 0], network(batch)[0])


def test_the_softmax_of_half_precision_logits_is_taken_in_float32():
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 400))
    probe, batch, _ = prepared(network, (2, 2))
    network.bfloat16()
    answer = probe.run(batch.bfloat16(), [], to_the_end=True)
    assert answer.logits.dtype == torch.bfloat16
    assert answer.probabilities.dtype == torch.float32
    assert answer.probabilities.sum().item() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("make", "size"),
    [
        (lambda: torchvision.models.vgg11_bn(num_classes=5), (64, 64)),
        (lambda: torchvision.models.resnet18(num_classes=5), (64, 48)),
        (lambda: torchvision.models.densenet121(num_classes=5), (64, 64)),
        (lambda: timm.create_model("mobilenetv3_small_100", num_classes=5), (64, 96)),
    ],
    ids=["vgg", "resnet", "densenet", "mobilenet"],
)
def test_what_is_shown_is_what_the_layer_gave_before_anything_wrote_into_it(make, size):
    network = make()
    probe, batch, taps = prepared(network, size)
    assert any(tap.overwritten for tap in taps.values())
    given = {}

    def keep(name):
        calls = []

        def hook(_module, _inputs, output):
            calls.append(None)
            given[name, len(calls) - 1] = output.clone()

        return hook

    handles = [module.register_forward_hook(keep(name)) for name, module in network.named_modules() if name]
    with torch.no_grad():
        network(batch)
    for handle in handles:
        handle.remove()
    wanted = [tap for tap in taps.values() if tap.module]
    with torch.no_grad():
        answer = probe.run(batch, wanted, to_the_end=True)
    for tap in wanted:
        assert torch.equal(answer.activations[tap.name].maps, tap.layout.maps(given[tap.module, tap.call])[0]), tap.name


def test_in_place_code_is_the_reason_for_the_copies():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True))
    probe, batch, taps = prepared(network)
    both = probe.run(batch, [taps["0"], taps["1"]], to_the_end=True).activations
    assert both["0"].maps.min() < 0
    assert both["1"].maps.min() == 0
    assert both["0"].maps.data_ptr() != both["1"].maps.data_ptr()


def test_each_call_of_a_module_is_told_apart():
    class Repeats(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3)

        def forward(self, x):
            return self.conv(self.conv(x))

    network = Repeats()
    probe, batch, taps = prepared(network)
    answer = probe.run(batch, [taps["conv:1"]], to_the_end=False)
    assert torch.equal(answer.activations["conv:1"].maps, network.conv(batch)[0])
    last = probe.run(batch, [taps["conv"]], to_the_end=False)
    assert torch.equal(last.activations["conv"].maps, network(batch)[0])


def test_tokens_come_as_maps_with_the_prefix_apart():
    network = TimmViT((24, 40), 8, embed_dim=16, depth=1, num_heads=2, num_classes=5, reg_tokens=3)
    probe, batch, taps = prepared(network, (24, 40))
    answer = probe.run(batch, [taps["blocks.0"]], to_the_end=False).activations["blocks.0"]
    assert answer.maps.shape == (16, 3, 5)
    assert answer.prefix.shape == (16, 4)
    tokens = network.forward_intermediates(batch, intermediates_only=True, output_fmt="NLC", return_prefix_tokens=True)
    assert torch.allclose(answer.maps.flatten(1).T, tokens[0][0][0], atol=1e-5)
    assert torch.allclose(answer.prefix.T, tokens[0][1][0], atol=1e-5)


def test_channels_last_outputs_come_units_first():
    network = TimmSwin(32, 2, embed_dim=8, depths=(2, 2), num_heads=(1, 2), window_size=4, num_classes=5)
    probe, batch, taps = prepared(network, (32, 32))
    answer = probe.run(batch, [taps["layers.1.blocks.1"]], to_the_end=False).activations["layers.1.blocks.1"]
    expected = network.forward_intermediates(batch, intermediates_only=True, indices=[1])[0][0]
    assert torch.allclose(answer.maps, expected, atol=1e-5)


def test_a_layer_that_does_not_run_this_time_is_named_in_a_sentence():
    class Chooses(nn.Module):
        def __init__(self):
            super().__init__()
            self.positive, self.negative = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)

        def forward(self, x):
            return self.positive(x) if x.sum() > 0 else self.negative(x)

    network = Chooses().eval()
    ones = torch.ones(1, 3, 8, 8)
    (tap,) = describe_layers(network, ones, labels=(), emits_probabilities=False)
    with pytest.raises(ModelError, match=r"layer 'positive' did not run for this picture"):
        Probe(network, [tap]).run(-ones, [tap], to_the_end=False)
    assert not network.positive._forward_hooks


def test_a_layer_that_cannot_be_shown_is_refused_with_its_reason():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Unflatten(1, (2, 2)), nn.Flatten(1, 2))
    probe, batch, taps = prepared(network)
    with pytest.raises(ModelError, match="'1' cannot be shown: Its output has 5 dimensions"):
        probe.run(batch, [taps["1"]], to_the_end=False)


def test_a_layer_of_another_network_is_refused_in_a_sentence():
    probe, batch, _ = prepared(small())
    _, _, others = prepared(torchvision.models.alexnet(num_classes=5))
    with pytest.raises(ModelError, match=r"no layer 'features.3'"):
        probe.run(batch, [others["features.3"]], to_the_end=False)


def test_a_picture_of_another_size_is_refused_where_the_map_would_be_wrong():
    network = TimmViT(32, 8, embed_dim=16, depth=1, num_heads=2, num_classes=5, dynamic_img_size=True)
    probe, _, taps = prepared(network, (32, 32))
    with pytest.raises(ModelError, match="not what it gave at first"):
        probe.run(torch.randn(1, 3, 32, 64), [taps["blocks.0"]], to_the_end=False)


def test_an_error_inside_the_network_leaves_no_hook():
    network = small()
    probe, batch, taps = prepared(network)
    network[2].forward = lambda x: x.no_such_thing
    with pytest.raises(AttributeError):
        probe.run(batch, [taps["1"], taps["5"]], to_the_end=True)
    assert not any(module._forward_hooks for module in network.modules())


def test_no_hook_is_on_the_network_outside_a_run():
    network = small()
    probe, batch, taps = prepared(network)
    with probe as entered:
        assert entered is probe
        assert not any(module._forward_hooks for module in network.modules())
        probe.run(batch, list(taps.values()), to_the_end=True)
        assert not any(module._forward_hooks for module in network.modules())


def test_a_network_that_catches_every_exception_is_stopped_all_the_same():
    class Stubborn(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.after = nn.Conv2d(3, 4, 3), Counts()

        def forward(self, x):
            try:
                x = self.conv(x)
            except Exception:
                x = x * 0
            return self.after(x)

    network = Stubborn()
    probe, batch, taps = prepared(network)
    network.after.runs = 0
    assert probe.run(batch, [taps["conv"]], to_the_end=False).activations["conv"].maps.shape == (4, 62, 62)
    assert network.after.runs == 0


def test_another_thread_on_the_same_network_is_neither_read_nor_stopped():
    network = small()
    probe, batch, taps = prepared(network)
    other = {}

    def elsewhere(_module, _inputs):
        if threading.current_thread() is threading.main_thread():
            thread = threading.Thread(target=lambda: other.update(output=network(batch * 0)))
            thread.start()
            thread.join()

    handle = network.register_forward_pre_hook(elsewhere)
    try:
        answer = probe.run(batch, [taps["0"]], to_the_end=False)
    finally:
        handle.remove()
    assert other["output"].shape == (1, 5)
    assert torch.equal(answer.activations["0"].maps, network[0](batch)[0])


def test_activations_belong_to_the_graph_when_gradients_are_on():
    network = small()
    probe, batch, taps = prepared(network)
    picture = batch.clone().requires_grad_()
    probe.run(picture, [taps["0"]], to_the_end=False).activations["0"].maps[2, 3, 4].backward()
    rows, columns = picture.grad.abs().sum((0, 1)).nonzero().T
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (3, 5, 4, 6)
    with torch.no_grad():
        assert not probe.run(picture, [taps["0"]], to_the_end=False).activations["0"].maps.requires_grad
