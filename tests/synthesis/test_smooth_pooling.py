from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis.synthesis.gradient_flow import GradientFlow

POOLS = (
    nn.MaxPool2d(2),
    nn.MaxPool2d(3, stride=2, padding=1),
    nn.MaxPool2d(3, stride=2, ceil_mode=True),
)


def maps(seed=0):
    return torch.rand(2, 4, 9, 12, generator=torch.Generator().manual_seed(seed))


def gradient_of(network, values, **flow):
    values = values.clone().requires_grad_()
    with GradientFlow(redirects=False, **flow):
        output = network(values)
    weights = torch.randn(output.shape, generator=torch.Generator().manual_seed(1))
    (output * weights).sum().backward()
    return output.detach(), values.grad, weights


@pytest.mark.parametrize("pool", POOLS, ids=str)
def test_values_stay_those_of_the_pooling(pool):
    output, _, _ = gradient_of(pool, maps(), pooling=1e-2)
    assert torch.allclose(output, pool(maps()), atol=1e-6)


@pytest.mark.parametrize("pool", POOLS, ids=str)
def test_the_gradient_is_that_of_the_soft_maximum(pool):
    _, found, weights = gradient_of(pool, maps(), pooling=1e-2)
    values = maps().requires_grad_()
    window = (pool.kernel_size, pool.stride, pool.padding, pool.ceil_mode)
    soft = functional.avg_pool2d(values**2, *window) / (1e-2 + functional.avg_pool2d(values.abs(), *window))
    (soft * weights).sum().backward()
    assert torch.allclose(found, values.grad, atol=1e-6)


def test_every_pixel_of_a_window_gets_its_part():
    _, sharp, _ = gradient_of(nn.MaxPool2d(3), maps())
    _, smooth, _ = gradient_of(nn.MaxPool2d(3), maps(), pooling=1e-2)
    assert (sharp != 0).float().mean().item() == pytest.approx(1 / 9, abs=0.01)
    assert (smooth != 0).float().mean().item() > 0.95


def test_a_window_of_zeros_gives_a_finite_gradient():
    _, smooth, _ = gradient_of(nn.MaxPool2d(3), torch.zeros(1, 2, 9, 9), pooling=1e-2)
    assert torch.isfinite(smooth).all()


@pytest.mark.parametrize("pool", [nn.MaxPool2d(2, dilation=2), nn.AvgPool2d(2), nn.AdaptiveMaxPool2d(3)], ids=str)
def test_other_poolings_are_left_alone(pool):
    for found, expected in zip(gradient_of(pool, maps(), pooling=1e-2), gradient_of(pool, maps()), strict=True):
        assert torch.equal(found, expected)


def test_a_pooling_that_also_gives_places_keeps_its_own_gradient():
    def network(values):
        return functional.max_pool2d(values, 2, return_indices=True)[0]

    assert torch.equal(gradient_of(network, maps(), pooling=1e-2)[1], gradient_of(network, maps())[1])
