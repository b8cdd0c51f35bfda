from __future__ import annotations

import pytest
import torch

from deepvis.attribution.options import Options
from deepvis.attribution.subject import Subject
from deepvis.kinds import Method, SeedKind
from deepvis.records import Target

CLASS = Target("act", 0, SeedKind.CLASS, class_index=2)


def of_inputs(engine, inputs, index=2):
    """Gradient of a class's logit in each input, by torch alone."""
    leaf = inputs.clone().requires_grad_()
    return torch.autograd.grad(engine.loaded.network(leaf)[:, index].sum(), leaf)[0]


def test_smoothgrad_is_the_mean_over_noisy_copies(residual, picture):
    options = Options(samples=5, noise=0.3, seed=7, chunk=2)
    ours = Subject(residual, picture).attribute(CLASS, Method.SMOOTHGRAD, options).values
    batch = residual.batch(picture)
    generator = torch.Generator().manual_seed(7)
    noise = torch.cat([torch.randn(count, 3, 24, 24, generator=generator) for count in (2, 2, 1)])
    gradients = of_inputs(residual, batch + noise * 0.3 * (batch.max() - batch.min()))
    torch.testing.assert_close(ours, gradients.mean(0))


def test_smoothgrad_depends_on_the_seed_alone(residual, picture):
    def values(**options):
        return Subject(residual, picture).attribute(CLASS, Method.SMOOTHGRAD, Options(samples=4, **options)).values

    assert torch.equal(values(seed=1), values(seed=1))
    assert not torch.allclose(values(seed=1), values(seed=2))


def test_smoothgrad_without_noise_is_the_gradient(subject):
    smooth = subject.attribute(CLASS, Method.SMOOTHGRAD, Options(samples=3, noise=0))
    torch.testing.assert_close(smooth.values, subject.attribute(CLASS, Method.GRADIENT).values)


@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_integrated_gradients_add_up_to_what_the_class_gained(residual, picture, chunk):
    options = Options(steps=200, chunk=chunk)
    ours = Subject(residual, picture).attribute(CLASS, Method.INTEGRATED_GRADIENTS, options).values
    batch = residual.batch(picture)
    logits = residual.loaded.network(torch.cat((batch, torch.zeros_like(batch))))[:, 2]
    assert float(ours.sum()) == pytest.approx(float(logits[0] - logits[1]), rel=0.01)


def test_integrated_gradients_may_begin_elsewhere(residual, picture):
    baseline = torch.full((3, 24, 24), 0.5)
    options = Options(steps=200, baseline=baseline)
    ours = Subject(residual, picture).attribute(CLASS, Method.INTEGRATED_GRADIENTS, options).values
    batch = residual.batch(picture)
    logits = residual.loaded.network(torch.cat((batch, baseline[None])))[:, 2]
    assert float(ours.sum()) == pytest.approx(float(logits[0] - logits[1]), rel=0.01)


def test_a_position_of_the_picture_stays_the_position_on_the_way(subject):
    """The maximum may be elsewhere in a noisy copy."""
    target = Target("block1", 2, SeedKind.MAXIMUM)
    made = subject.attribute(target, Method.SMOOTHGRAD, Options(samples=3, noise=0.5))
    fixed = Target("block1", 2, SeedKind.POSITION, made.target.position)
    again = subject.attribute(fixed, Method.SMOOTHGRAD, Options(samples=3, noise=0.5))
    assert torch.equal(made.values, again.values)
