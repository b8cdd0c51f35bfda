from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis.models.rectifiers import batch_norm, open_range


@pytest.mark.parametrize(
    ("func", "args", "kwargs", "expected"),
    [
        (functional.relu, (), {}, (0, math.inf)),
        (torch.relu_, (), {}, (0, math.inf)),
        (torch.Tensor.relu, (), {}, (0, math.inf)),
        (functional.relu6, (), {}, (0, 6)),
        (functional.hardtanh, (None,), {}, (-1, 1)),
        (functional.hardtanh, (None, 0, 3), {}, (0, 3)),
        (functional.hardtanh_, (None,), {"min_val": -2, "max_val": 4}, (-2, 4)),
        (functional.gelu, (), {}, None),
        (functional.leaky_relu, (), {}, None),
    ],
)
def test_the_open_range_of_a_rectifier_is_known(func, args, kwargs, expected):
    assert open_range(func, args, kwargs) == expected


def trained_norm(channels=4):
    norm = nn.BatchNorm2d(channels).eval().requires_grad_(requires_grad=False)
    generator = torch.Generator().manual_seed(0)
    for tensor in norm.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
    return norm


@pytest.mark.parametrize("affine", [True, False])
def test_the_fast_norm_has_the_values_and_the_gradient_of_torchs(affine):
    norm = trained_norm()
    weight, bias = (norm.weight, norm.bias) if affine else (None, None)
    leaf, seed = torch.randn(2, 4, 5, 5).requires_grad_(), torch.randn(2, 4, 5, 5)
    ours = batch_norm(leaf, norm.running_mean, norm.running_var, weight, bias)
    theirs = functional.batch_norm(leaf, norm.running_mean, norm.running_var, weight, bias)
    assert torch.equal(ours, theirs)
    assert type(ours.grad_fn).__name__ == "_FixedNormBackward"
    gradients = [torch.autograd.grad(output, leaf, seed)[0] for output in (ours, theirs)]
    torch.testing.assert_close(*gradients)


def test_what_the_fast_norm_gave_may_be_overwritten():
    norm = trained_norm()
    leaf = torch.randn(1, 4, 5, 5).requires_grad_()
    output = batch_norm(leaf, norm.running_mean, norm.running_var, norm.weight, norm.bias)
    output += leaf
    output.relu_()
    expected = functional.relu(norm(leaf) + leaf)
    gradients = [torch.autograd.grad(result.sum(), leaf)[0] for result in (output, expected)]
    torch.testing.assert_close(*gradients)


def test_a_norm_that_is_trained_keeps_torchs_gradient():
    norm = trained_norm().requires_grad_()
    leaf = torch.randn(1, 4, 5, 5).requires_grad_()
    output = batch_norm(leaf, norm.running_mean, norm.running_var, norm.weight, norm.bias)
    output.sum().backward()
    assert norm.weight.grad is not None
