from __future__ import annotations

import sys

import pytest
import torch
from torch import nn
from torch.nn import functional
from zennit.canonizers import SequentialMergeBatchNorm
from zennit.composites import EpsilonPlusFlat

from deepvis.attribution.methods import METHODS
from deepvis.attribution.subject import Subject
from deepvis.kinds import Method, Precision, SeedKind
from deepvis.models.errors import ModelError
from deepvis.records import Target


def of_modules(activation=nn.ReLU, norm=nn.BatchNorm2d):
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1),
        norm(6),
        activation(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1),
        norm(8),
        activation(),
        nn.AdaptiveAvgPool2d(3),
        nn.Flatten(),
        nn.Linear(72, 10),
        activation(),
        nn.Linear(10, 4),
    )


class OfFunctions(nn.Module):
    """The same network, whose rectifiers, mean and softmax are functions."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        inner = self.inner
        x = functional.relu(inner[1](inner[0](x)), inplace=True)
        x = functional.relu(inner[5](inner[4](functional.max_pool2d(x, 2))))
        x = functional.adaptive_avg_pool2d(x, 3).flatten(1)
        x = inner[9](x).clamp(min=0)
        return functional.softmax(inner[11](x), 1)


def by_zennit(engine, picture, index):
    network = engine.loaded.network
    leaf = engine.batch(picture).requires_grad_()
    with EpsilonPlusFlat(canonizers=[SequentialMergeBatchNorm()]).context(network) as hooked:
        logits = hooked(leaf)
        seed = torch.zeros_like(logits)
        seed[0, index] = logits[0, index].detach()
        return torch.autograd.grad(logits, leaf, seed)[0][0]


@pytest.mark.parametrize("activation", [nn.ReLU, nn.ReLU6, nn.LeakyReLU])
def test_it_gives_what_zennit_gives_for_a_network_of_modules(engines, made, picture, activation):
    engine = engines(made(lambda: of_modules(activation)))
    for index in range(4):
        ours = Subject(engine, picture).attribute(Target("11", 0, SeedKind.CLASS, class_index=index), Method.LRP)
        theirs = by_zennit(engine, picture, index)
        torch.testing.assert_close(ours.values, theirs, rtol=1e-4, atol=1e-4 * float(theirs.abs().max()))


def test_functions_have_the_rules_of_modules(engines, made, picture):
    plain = engines(made(of_modules))
    functions = engines(OfFunctions(made(of_modules)), probabilities=True)
    target = Target("softmax", 0, SeedKind.CLASS, class_index=1)
    ours = Subject(functions, picture).attribute(target, Method.LRP)
    theirs = Subject(plain, picture).attribute(target, Method.LRP)
    torch.testing.assert_close(ours.values, theirs.values, rtol=1e-4, atol=1e-7)


def without_biases(network):
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            module.bias.data.zero_()
        if isinstance(module, nn.BatchNorm2d):
            module.bias.data.zero_()
            module.running_mean.zero_()
    return network


@pytest.mark.parametrize("index", range(5))
def test_relevance_is_kept_through_sums_and_means(engines, network_of, picture, index):
    """Without biases, what arrives at the picture is what started: a skip connection does not count twice."""
    engine = engines(without_biases(network_of(nn.ReLU)))
    made = Subject(engine, picture).attribute(Target("head", 0, SeedKind.CLASS, class_index=index), Method.LRP)
    assert float(made.values.sum()) == pytest.approx(made.activation, rel=1e-2)


def test_a_hidden_unit_starts_with_its_activation(engines, network_of, picture):
    engine = engines(without_biases(network_of(nn.ReLU)))
    for seed in (SeedKind.CHANNEL, SeedKind.MAXIMUM):
        made = Subject(engine, picture).attribute(Target("block1", 2, seed), Method.LRP)
        channel = Subject(engine, picture).answer("block1").activations.maps[2]
        started = channel.sum() if seed is SeedKind.CHANNEL else channel.max()
        assert float(made.values.sum()) == pytest.approx(float(started), rel=1e-2)


def test_the_running_network_is_left_alone(residual, picture):
    network = residual.loaded.network
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    Subject(residual, picture).attribute(Target("head", 0, SeedKind.CLASS), Method.LRP)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_a_norm_that_is_registered_in_the_wrong_place_is_not_merged(engines, made, picture):
    class Crossed(nn.Module):
        """Registered conv1, norm, conv2; the norm runs behind conv2."""

        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 4, 3)
            self.norm = nn.BatchNorm2d(4)
            self.conv2 = nn.Conv2d(4, 4, 3)

        def forward(self, x):
            return functional.relu(self.norm(self.conv2(functional.relu(self.conv1(x)))))

    made_of = Subject(engines(made(Crossed)), picture).attribute(Target("norm", 1), Method.LRP)
    assert made_of.values.any()


@pytest.mark.parametrize(
    ("network", "what"),
    [
        (lambda: of_modules(nn.GELU), "GELU"),
        (lambda: of_modules(norm=lambda channels: nn.GroupNorm(2, channels)), "GroupNorm"),
        (lambda: of_modules(lambda: nn.Sequential(nn.SiLU(), nn.Hardswish())), "SiLU and Hardswish"),
    ],
)
def test_a_network_with_operations_without_a_rule_is_refused(engines, made, picture, network, what):
    with pytest.raises(ModelError) as caught:
        Subject(engines(made(network)), picture).attribute(Target("softmax", 0, SeedKind.CLASS), Method.LRP)
    assert str(caught.value) == (f"Layer-wise relevance has no rule for {what} of this network. Choose another method.")


def test_attention_is_refused(tokens, picture):
    with pytest.raises(ModelError, match=r"has no rule for .*LayerNorm.* of this network\."):
        Subject(tokens, picture).attribute(Target("softmax", 0, SeedKind.CLASS), Method.LRP)


def test_gates_and_computed_weights_are_refused(engines, made, picture):
    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.weight = nn.Parameter(torch.randn(4, 4, 1, 1))

        def forward(self, x):
            x = functional.relu(self.conv(x))
            return functional.conv2d(x * x.mean((2, 3), keepdim=True), self.weight * 2).mean((2, 3))

    with pytest.raises(ModelError) as caught:
        Subject(engines(made(Gated)), picture).attribute(Target("softmax", 0, SeedKind.CLASS), Method.LRP)
    assert "gates and convolutions by computed weights" in str(caught.value)


def test_half_precision_is_computed_in_float32(residual, picture):
    target = Target("head", 0, SeedKind.CLASS, class_index=1)
    exact = Subject(residual, picture).attribute(target, Method.LRP).values
    residual.move(torch.device("cpu"), Precision.BFLOAT16)
    rough = Subject(residual, picture).attribute(target, Method.LRP).values
    assert float(functional.cosine_similarity(exact.flatten(), rough.flatten(), dim=0)) > 0.9
    assert residual.loaded.network.conv.weight.dtype == torch.bfloat16


def test_without_zennit_the_remedy_is_told(residual, picture, monkeypatch):
    monkeypatch.setitem(sys.modules, "zennit", None)
    monkeypatch.setattr("deepvis.attribution.relevance.find_spec", lambda _: None)
    monkeypatch.setattr("deepvis.attribution.methods.find_spec", lambda _: None)
    sentence = "Layer-wise relevance needs zennit: pip install 'deepvis[lrp]'."
    assert METHODS[Method.LRP].available() == sentence
    with pytest.raises(ModelError) as caught:
        Subject(residual, picture).attribute(Target("head", 0), Method.LRP)
    assert str(caught.value) == sentence
