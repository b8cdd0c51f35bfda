from __future__ import annotations

import threading

import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis.synthesis.gradient_flow import GradientFlow


def gradient(function, values, towards=1.0, flow=None):
    values = torch.tensor(values)[None].requires_grad_()
    with flow or GradientFlow(redirects=True):
        output = function(values)
    (output * towards).sum().backward()
    return values.grad[0].tolist()


def zeros(values):
    return torch.zeros_like(values).detach()


RELUS = [
    nn.Threshold(0.0, 0.0),
    lambda values: values.clamp(min=0),
    lambda values: torch.clip(values, 0),
    lambda values: values.clamp_min(0.0),
    lambda values: (values + 0).clamp_(min=0),
    lambda values: (values + 0).clamp_min_(0),
    lambda values: functional.threshold(values + 0, 0, 0, True),
    lambda values: torch.maximum(values, zeros(values)),
    lambda values: torch.max(values, torch.tensor(0.0)),
    nn.ReLU(),
    nn.ReLU(inplace=True),
    functional.relu,
    torch.relu,
    lambda values: values.relu(),
    lambda values: (values + 0).relu_(),
]


def statement(overwrite):
    """The network goes on with the tensor that it overwrote, not with what the call gave."""

    def run(values):
        values = values + 0
        overwrite(values)
        return values

    return run


STATEMENTS = [
    statement(torch.Tensor.relu_),
    statement(torch.relu_),
    statement(nn.ReLU(inplace=True)),
    statement(lambda values: functional.relu(values, True)),
    statement(lambda values: values.view(-1).relu_()),
]
RELUS += STATEMENTS
RELU6S = [nn.ReLU6(), functional.relu6, nn.Hardtanh(0.0, 6.0), lambda values: torch.clamp(values, 0, 6)]
STATEMENTS_OF_RELU6 = [
    statement(nn.ReLU6(inplace=True)),
    statement(lambda values: functional.hardtanh_(values, 0.0, 6.0)),
    statement(lambda values: functional.hardtanh(values, 0.0, 6.0, True)),
]


@pytest.mark.parametrize("relu", STATEMENTS + STATEMENTS_OF_RELU6)
@pytest.mark.parametrize("redirects", [True, False])
def test_a_rectifier_that_overwrites_is_no_less_one_where_its_result_is_not_used(relu, redirects):
    values = torch.tensor([[-1.0, 2.0]], requires_grad=True)
    with GradientFlow(redirects=redirects):
        output = relu(values)
    assert output.tolist() == [[0, 2]]
    output.sum().backward()
    assert values.grad.tolist() == [[0, 1]]


def test_what_went_into_a_rectifier_that_overwrites_is_known_and_leads_back():
    values = torch.tensor([[-1.0, 2.0]], requires_grad=True)
    with GradientFlow(redirects=False) as flow:
        output = statement(torch.Tensor.relu_)(values)
        entered = flow.before(output).values
    assert entered.tolist() == [[-1, 2]]
    (entered * torch.tensor([[3.0, 5.0]])).sum().backward()
    assert values.grad.tolist() == [[3, 5]]


@pytest.mark.parametrize("relu", RELUS)
def test_a_dead_rectifier_lets_a_gradient_through_that_pushes_it_up(relu):
    assert gradient(relu, [-1.0, -2.0]) == [1, 1]
    assert gradient(relu, [-1.0, -2.0], towards=-1.0) == [0, 0]


@pytest.mark.parametrize("relu", RELUS)
def test_where_any_gradient_gets_through_nothing_changes(relu):
    assert gradient(relu, [-1.0, 2.0]) == [0, 1]


@pytest.mark.parametrize("relu6", RELU6S + STATEMENTS_OF_RELU6)
def test_a_saturated_relu6_can_be_left_downward_and_a_dead_one_upward(relu6):
    assert gradient(relu6, [7.0, 8.0], towards=-1.0) == [-1, -1]
    assert gradient(relu6, [7.0, 8.0]) == [0, 0]
    assert gradient(relu6, [-7.0, -8.0]) == [1, 1]
    assert gradient(relu6, [7.0, 3.0], towards=-1.0) == [0, -1]


def test_each_image_is_redirected_by_itself():
    values = torch.tensor([[-1.0, -2.0], [-1.0, 2.0]]).requires_grad_()
    with GradientFlow(redirects=True):
        output = functional.relu(values)
    output.sum().backward()
    assert values.grad.tolist() == [[1, 1], [0, 1]]


def test_values_are_those_of_the_rectifier():
    values = torch.linspace(-9, 9, 50).requires_grad_()
    for redirects in (True, False):
        with GradientFlow(redirects=redirects):
            assert torch.equal(functional.relu(values), values.clamp_min(0))
            assert torch.equal(nn.ReLU6()(values), values.clamp(0, 6))
            assert torch.equal(nn.Hardtanh()(values), values.clamp(-1, 1))


def test_without_redirection_gradients_are_the_usual_ones():
    assert gradient(nn.ReLU(), [-1.0, -2.0], flow=GradientFlow(redirects=False)) == [0, 0]


def test_what_went_into_the_last_rectifier_is_known():
    values = torch.randn(1, 4)
    with GradientFlow(redirects=False) as flow:
        output = functional.relu(values)
        assert flow.before(output).values is values
        assert flow.before(output + 0) is None
        flow.forget()
        assert flow.before(output) is None


@pytest.mark.parametrize(
    "clamp",
    [
        lambda values: values.clamp(min=1e-6),
        lambda values: values.clamp(max=1.0),
        lambda values: values.clamp(torch.zeros(2)),
        lambda values: torch.maximum(values, torch.tensor(0.5)),
        lambda values: nn.Threshold(0.0, 2.0)(values),
        lambda values: values.clamp(0, 0),
    ],
)
def test_a_clamp_that_is_no_rectifier_is_left_alone(clamp):
    values = torch.tensor([[-1.0, -2.0]], requires_grad=True)
    with GradientFlow(redirects=True) as flow:
        output = clamp(values)
        assert flow.before(output) is None
    assert torch.equal(output, clamp(values.detach()))


def test_numbers_and_indices_may_be_clamped():
    with GradientFlow(redirects=True) as flow:
        number = torch.tensor(-1.0, requires_grad=True).clamp(min=0)
        index = torch.tensor([[-1, 3]]).clamp(min=0)
        assert flow.before(number) is None
        assert flow.before(index) is None
    assert index.tolist() == [[0, 3]]


DIPS = [nn.SiLU(), nn.GELU(), nn.GELU("tanh"), nn.Mish(), nn.Hardswish()]
DIPS_IN_PLACE = [statement(nn.SiLU(inplace=True)), statement(nn.Mish(inplace=True)), statement(nn.Hardswish(True))]


@pytest.mark.parametrize("dip", DIPS + DIPS_IN_PLACE)
@pytest.mark.parametrize("redirects", [True, False])
def test_a_function_that_dips_keeps_its_values(dip, redirects):
    values = torch.linspace(-6, 6, 50)[None].requires_grad_()
    with GradientFlow(redirects=redirects):
        output = dip(values)
    assert torch.equal(output, dip(values.detach()))


@pytest.mark.parametrize("dip", DIPS + DIPS_IN_PLACE)
def test_where_it_falls_it_leads_up_as_long_as_nothing_else_does(dip):
    assert gradient(dip, [-4.0, -2.0]) == [1, 1]
    assert gradient(dip, [-4.0, -2.0], flow=GradientFlow(redirects=False))[1] < 0
    alive = gradient(dip, [-2.0, 1.0])
    assert alive == pytest.approx(gradient(dip, [-2.0, 1.0], flow=GradientFlow(redirects=False)))
    assert alive[0] < 0 < alive[1]


@pytest.mark.parametrize("dip", DIPS)
def test_who_wants_less_is_led_to_the_least_value(dip):
    usual = gradient(dip, [-2.5, -2.0], towards=-1.0, flow=GradientFlow(redirects=False))
    assert gradient(dip, [-2.5, -2.0], towards=-1.0) == pytest.approx(usual)
    assert min(usual) > 0


@pytest.mark.parametrize("dip", DIPS)
def test_where_it_turns_is_known(dip):
    values = torch.linspace(-6, 6, 120001)[None]
    with GradientFlow(redirects=False) as flow:
        entrance = flow.before(dip(values))
    least = dip(values.double()).min().item()
    assert entrance.floor == pytest.approx(least, abs=1e-6)
    assert entrance.turn == pytest.approx(values[0, dip(values.double()).argmin()].item(), abs=2e-3)


@pytest.mark.parametrize("square", [torch.square, lambda values: values**2, lambda values: values.pow(3)])
def test_the_square_of_a_rectifier_is_one_that_begins_flat(square):
    values = torch.tensor([[-1.0, 2.0]], requires_grad=True)
    with GradientFlow(redirects=False) as flow:
        entrance = flow.before(square(functional.relu(values)))
        assert flow.before(square(values)) is None
    assert entrance.values is values
    assert (entrance.turn, entrance.floor) == (0, 0)


def test_nothing_is_left_after_the_with_and_other_threads_notice_nothing():
    seen = []

    def other():
        values = torch.tensor([[-1.0]]).requires_grad_()
        functional.relu(values).sum().backward()
        seen.append(values.grad.item())

    with GradientFlow(redirects=True):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    other()
    assert seen == [0, 0]


class Residual(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.branch, self.kind = nn.Conv2d(2, 2, 1, bias=False), kind
        nn.init.constant_(self.branch.weight, 1.0)

    def forward(self, x):
        x = x * 1
        y = self.branch(x)
        if self.kind == "first":
            return y + x
        if self.kind == "last":
            return x + y
        if self.kind == "in place":
            y += x
            return y
        return torch.add(x, y)


@pytest.mark.parametrize("kind", ["first", "last", "in place", "function"])
def test_the_gradient_through_branches_is_weighed_beside_skip_connections(kind):
    network = Residual(kind)
    values = torch.ones(1, 2, 3, 3, requires_grad=True)
    with GradientFlow(redirects=False, branch=0.25):
        output = network(values)
    assert torch.equal(output, torch.full_like(output, 3.0))
    output.sum().backward()
    assert torch.equal(values.grad, torch.full_like(values.grad, 1 + 0.25 * 2))


def test_sums_that_are_no_skip_connections_stay():
    values = torch.ones(1, 2, 3, 3, requires_grad=True)
    with GradientFlow(redirects=False, branch=0.0):
        output = values + 1 + torch.ones(1, 2, 3, 3)
    output.sum().backward()
    assert torch.equal(values.grad, torch.ones_like(values))


@pytest.mark.parametrize("affine", [True, False])
def test_the_gradient_through_a_fixed_batch_norm_is_torch_s(affine):
    norm = nn.BatchNorm2d(4, affine=affine).eval().requires_grad_(requires_grad=False)
    for tensor in norm.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(4, generator=torch.Generator().manual_seed(2)) + 0.5)
    weights = torch.randn(2, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    values = torch.randn(2, 4, 3, 3, generator=torch.Generator().manual_seed(1)).requires_grad_()
    with GradientFlow(redirects=False):
        output = norm(values)
    (output * weights).sum().backward()
    found, values.grad = values.grad, None
    (norm(values) * weights).sum().backward()
    assert torch.equal(output, norm(values))
    assert torch.allclose(found, values.grad, atol=1e-6)


def test_a_batch_norm_that_learns_is_left_to_torch():
    norm = nn.BatchNorm1d(3)
    values = torch.randn(5, 3, generator=torch.Generator().manual_seed(1)).requires_grad_()
    with GradientFlow(redirects=False):
        norm(values).square().sum().backward()
    assert norm.weight.grad is not None
    assert norm.num_batches_tracked == 1


def test_what_follows_a_fixed_norm_may_overwrite_it():
    norm = nn.BatchNorm2d(2).eval().requires_grad_(requires_grad=False)
    values = torch.randn(1, 2, 3, 3).requires_grad_()
    with GradientFlow(redirects=False):
        output = norm(values)
        output += values
    output.sum().backward()
    assert torch.allclose(values.grad, torch.full_like(values, 1 + (1 + norm.eps) ** -0.5))
