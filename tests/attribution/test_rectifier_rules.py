from __future__ import annotations

import threading

import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis.attribution.rectifier_rules import RectifierRules, Rule, is_rectified, opened

INPUTS = [-2.0, -1.0, 1.0, 2.0, 7.0, 7.0]
GRADIENTS = [1.0, -1.0, 1.0, -1.0, 1.0, -1.0]


def gradient(function, rule):
    leaf = torch.tensor([INPUTS]).requires_grad_()
    rules = RectifierRules()
    with rules:
        output = function(leaf * 1)
    rules.switch.rule = rule
    return torch.autograd.grad(output, leaf, torch.tensor([GRADIENTS]))[0][0].tolist(), rules, output


def statement(write):
    """A function that writes into its input, and whose result is thrown away."""

    def written(values):
        write(values)
        return values

    return written


RELUS = [
    nn.ReLU(),
    nn.ReLU(inplace=True),
    functional.relu,
    torch.relu,
    torch.Tensor.relu,
    lambda values: functional.relu(values, inplace=True),
    lambda values: functional.relu(input=values),
    statement(torch.relu_),
    statement(torch.Tensor.relu_),
    statement(nn.ReLU(inplace=True)),
    nn.Threshold(0, 0),
    nn.LeakyReLU(0.0),
    lambda values: values.clamp(min=0),
    lambda values: values.clamp(0),
    lambda values: torch.clamp_min(values, 0),
    statement(lambda values: values.clamp_(min=0.0)),
    lambda values: values.clip(0, None),
]


@pytest.mark.parametrize("relu", RELUS)
def test_relu_follows_each_rule_in_every_form(relu):
    assert gradient(relu, Rule.PLAIN)[0] == [0, 0, 1, -1, 1, -1]
    assert gradient(relu, Rule.DECONVNET)[0] == [1, 0, 1, 0, 1, 0]
    assert gradient(relu, Rule.GUIDED)[0] == [0, 0, 1, 0, 1, 0]


@pytest.mark.parametrize("relu", RELUS)
def test_values_are_those_of_relu(relu):
    assert torch.equal(gradient(relu, Rule.PLAIN)[2], torch.tensor([INPUTS]).clamp_min(0))


RELUS6 = [
    nn.ReLU6(),
    nn.ReLU6(inplace=True),
    functional.relu6,
    nn.Hardtanh(0.0, 6.0),
    statement(nn.Hardtanh(0, 6, inplace=True)),
    lambda values: functional.hardtanh(values, min_val=0.0, max_val=6.0),
    lambda values: values.clamp(0, 6),
    statement(lambda values: functional.hardtanh_(values, 0.0, 6.0)),
]


@pytest.mark.parametrize("relu6", RELUS6)
def test_relu6_is_flat_at_both_ends_except_for_deconvnet(relu6):
    assert gradient(relu6, Rule.PLAIN)[0] == [0, 0, 1, -1, 0, 0]
    assert gradient(relu6, Rule.DECONVNET)[0] == [1, 0, 1, 0, 1, 0]
    assert gradient(relu6, Rule.GUIDED)[0] == [0, 0, 1, 0, 0, 0]
    assert torch.equal(gradient(relu6, Rule.PLAIN)[2], torch.tensor([INPUTS]).clamp(0, 6))


LEAKY = [
    nn.LeakyReLU(0.5),
    nn.LeakyReLU(0.5, inplace=True),
    lambda values: functional.leaky_relu(values, 0.5),
    lambda values: functional.leaky_relu(values, negative_slope=0.5),
    statement(lambda values: functional.leaky_relu_(values, 0.5)),
    nn.RReLU(0.25, 0.75).eval(),
    nn.PReLU(1, 0.5),
    nn.PReLU(6, 0.5),
]


@pytest.mark.parametrize("leaky", LEAKY)
def test_a_leaky_relu_applies_its_slope_where_relu_would_give_zero(leaky):
    assert gradient(leaky, Rule.PLAIN)[0] == [0.5, -0.5, 1, -1, 1, -1]
    assert gradient(leaky, Rule.DECONVNET)[0] == [1, -0.5, 1, -0.5, 1, -0.5]
    assert gradient(leaky, Rule.GUIDED)[0] == [0.5, -0.25, 1, -0.5, 1, -0.5]


def test_prelu_has_a_slope_per_channel_that_may_be_negative():
    prelu = nn.PReLU(2)
    prelu.weight.data = torch.tensor([0.5, -2.0])
    leaf = torch.full((1, 2, 1, 1), -1.0).requires_grad_()
    with RectifierRules():
        output = prelu(leaf)
    assert torch.autograd.grad(output.sum(), leaf)[0].flatten().tolist() == [0.5, -2.0]


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (nn.GELU(), "GELU"),
        (nn.SiLU(), "SiLU"),
        (nn.Hardswish(), "Hardswish"),
        (nn.ELU(), "ELU"),
        (nn.Mish(), "Mish"),
        (nn.Sigmoid(), "sigmoid"),
        (nn.Tanh(), "tanh"),
        (nn.Hardsigmoid(), "Hardsigmoid"),
        (nn.Softplus(), "Softplus"),
        (nn.Hardtanh(), "Hardtanh"),
        (nn.LeakyReLU(-0.5), "leaky ReLU with a negative slope"),
        (lambda values: values.clamp(-1, 1), "clamp"),
    ],
)
def test_other_nonlinearities_are_named_and_keep_their_gradient(function, name):
    plain, rules, _ = gradient(function, Rule.PLAIN)
    assert rules.others == [name]
    assert not rules.ruled
    assert gradient(function, Rule.GUIDED)[0] == plain


def test_rectifiers_are_counted_with_their_names():
    _, rules, _ = gradient(nn.Sequential(nn.ReLU(), nn.ReLU6(), nn.Hardtanh(0, 3), nn.LeakyReLU()), Rule.PLAIN)
    assert rules.ruled == ["ReLU", "ReLU6", "Hardtanh(0, 3)", "leaky ReLU"]


def test_a_gradient_that_starts_below_a_rectifier_ignores_it_and_no_other():
    leaf = torch.tensor([-2.0, 1.0]).requires_grad_()
    with RectifierRules():
        first = functional.relu(leaf)
        second = functional.relu(first - 5)
    with opened(second):
        assert torch.autograd.grad(second.sum(), leaf, retain_graph=True)[0].tolist() == [0, 1]
    assert torch.autograd.grad(second.sum(), leaf)[0].tolist() == [0, 0]


def test_only_a_rectifiers_own_result_is_rectified():
    leaf = torch.tensor([-2.0, 1.0]).requires_grad_()
    with RectifierRules():
        output = functional.relu(leaf)
        assert is_rectified(output)
        assert not is_rectified(output + 0)
        assert not is_rectified(leaf)
    with opened(leaf):
        pass


def test_what_went_into_the_last_softmax_is_known():
    rules = RectifierRules()
    with rules:
        values = torch.randn(1, 4)
        output = nn.Softmax(1)(values)
    assert rules.before_softmax(output) is values
    assert rules.before_softmax(values) is values
    rules.forget()
    assert rules.before_softmax(output) is output


def test_other_threads_keep_their_own_rectifiers():
    leaf = torch.tensor([-1.0, 1.0]).requires_grad_()
    outputs = []
    with RectifierRules():
        thread = threading.Thread(target=lambda: outputs.append(functional.relu(leaf)))
        thread.start()
        thread.join()
        assert is_rectified(functional.relu(leaf))
    assert not is_rectified(outputs[0])
