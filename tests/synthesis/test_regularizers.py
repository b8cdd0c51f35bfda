from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import torch
from torch import nn

from deepvis.synthesis.registry import piece
from deepvis.synthesis.regularizers.batch_norm_prior import StatisticsPrior, moments
from deepvis.synthesis.regularizers.operators import blurred, denoised
from deepvis.synthesis.regularizers.patch_prior import patches_of
from deepvis.synthesis.regularizers.slots import Stepped, quantile
from deepvis.synthesis.regularizers.table import REGULARIZERS


def noise(batch=2, height=18, width=22, seed=0):
    return torch.randn(batch, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 40


def build(name, /, patches=None, **settings):
    return REGULARIZERS.build(piece(name, **settings), patches=patches)


def operate(name, pixels, gradient=None, step=0, patches=None, **settings):
    gradient = torch.zeros_like(pixels) if gradient is None else gradient
    return build(name, patches, **settings).operator(Stepped(pixels, gradient, step))


PATCHES = patches_of([torch.randint(0, 256, (3, 40, 40), generator=torch.Generator().manual_seed(1))], 6, 30)


@pytest.mark.parametrize("row", REGULARIZERS, ids=lambda row: row.name)
def test_each_image_is_treated_by_itself(row):
    made = build(row.name, PATCHES)
    pixels, gradient = noise(3), noise(3, seed=1)
    if made.penalty is not None:
        assert torch.allclose(made.penalty(pixels)[1:2], made.penalty(pixels[1:2]), rtol=1e-4)
    if made.operator is not None:
        alone = made.operator(Stepped(pixels[1:2], gradient[1:2], 0))
        assert torch.allclose(made.operator(Stepped(pixels, gradient, 0))[1:2], alone, atol=1e-3)
    if made.gradient is not None:
        assert torch.allclose(made.gradient(gradient)[1:2], made.gradient(gradient[1:2]), atol=1e-5)
    slots = [getattr(made, field.name) for field in fields(made)]
    assert sum(slot is not None for slot in slots) == 1


@pytest.mark.parametrize("row", [row for row in REGULARIZERS if row.slot == "penalty"], ids=lambda row: row.name)
def test_a_penalty_is_none_on_gray_and_points_toward_it(row):
    penalty = build(row.name).penalty
    assert penalty(torch.zeros(1, 3, 18, 22)).item() == pytest.approx(0, abs=1e-3)
    pixels = noise(1).requires_grad_()
    value = penalty(pixels)
    assert value.item() > 0
    value.sum().backward()
    calmer = pixels.detach() - 1e-3 * pixels.grad / pixels.grad.norm() * pixels.detach().norm()
    assert penalty(calmer).item() < value.item()


def test_penalties_are_the_published_formulas():
    pixels = noise(1)
    unit = pixels.double().numpy()[0] / 255
    assert build("l2", weight=2.0).penalty(pixels).item() == pytest.approx(2 * (unit**2).sum(), rel=1e-4)
    assert build("l1", weight=2.0).penalty(pixels).item() == pytest.approx(2 * abs(unit).sum(), rel=1e-4)
    six = build("alpha-norm", weight=3.0, alpha=6.0).penalty(pixels).item()
    assert six == pytest.approx(3 * (unit**6).sum(), rel=1e-3)
    down, right = np.diff(unit, axis=1)[:, :, :-1], np.diff(unit, axis=2)[:, :-1]
    for beta in (2.0, 3.0):
        expected = ((down**2 + right**2) ** (beta / 2)).sum()
        found = build("total-variation", weight=1.0, beta=beta).penalty(pixels).item()
        assert found == pytest.approx(expected, rel=1e-3)


def test_decay_goes_toward_the_mean():
    assert torch.equal(operate("decay", noise(), rate=0.3), noise() * 0.7)


def test_blur_is_a_gaussian_as_scipy_does_it_at_every_nth_step():
    from scipy.ndimage import gaussian_filter

    pixels = noise()
    expected = np.stack([[gaussian_filter(channel, 1.5) for channel in image] for image in pixels.numpy()])
    assert np.allclose(operate("blur", pixels, sigma=1.5, every=4), expected, atol=1e-2)
    assert operate("blur", pixels, step=3, sigma=1.5, every=4) is None
    assert operate("blur", pixels, step=8, sigma=1.5, every=4) is not None
    assert torch.equal(blurred(pixels, 0), pixels)
    assert blurred(noise(1, 3, 2), 4.0).std() < 40  # wider than the picture


def test_quantiles_are_those_of_numpy_for_each_image():
    values = noise(3)
    for percent in (0.0, 12.5, 50.0, 90.0, 100.0):
        expected = np.percentile(values.flatten(1).numpy(), percent, axis=1)
        assert np.allclose(quantile(values, percent), expected, atol=1e-4)


def test_small_norms_become_the_mean():
    pixels = noise()
    cut = operate("small-norm", pixels, percent=50.0)
    norms = pixels.norm(dim=1)
    for image, kept in zip(norms, cut.abs().sum(1) > 0, strict=True):
        assert torch.equal(kept, image >= torch.quantile(image, 0.5))


def test_small_values_become_the_mean():
    cut = operate("small-values", noise(), percent=20.0)
    assert (cut == 0).float().mean().item() == pytest.approx(0.2, abs=0.01)


def test_small_contributions_become_the_mean():
    pixels, gradient = noise(1), noise(1, seed=3)
    benefit = (pixels * gradient).sum(1)
    cut = operate("small-contribution", pixels, gradient, percent=90.0)
    kept = cut.abs().sum(1) > 0
    assert kept.float().mean().item() == pytest.approx(0.1, abs=0.01)
    assert benefit[kept].abs().min() >= benefit[~kept].abs().max()
    signed = operate("small-contribution", pixels, gradient, percent=90.0, signed=True).abs().sum(1) > 0
    assert benefit[signed].min() >= benefit[~signed].max()


def test_total_variation_step_smooths_but_keeps_an_edge():
    clean = torch.zeros(1, 3, 24, 24)
    clean[..., 12:] = 100
    noisy = clean + noise(1, 24, 24) / 4
    smooth = operate("total-variation-step", noisy, weight=0.05, iterations=60)
    assert (smooth - clean).abs().mean() < (noisy - clean).abs().mean() / 2
    assert smooth[..., 14:].mean() - smooth[..., :10].mean() > 80
    flat = torch.full((1, 3, 8, 8), 7.0)
    assert torch.allclose(denoised(flat, 10.0, 5), flat)


def test_total_variation_step_comes_near_the_minimum():
    noisy = noise(1, 12, 12)

    def energy(u):
        down = torch.nn.functional.pad(u[:, :, 1:] - u[:, :, :-1], (0, 0, 0, 1))
        right = torch.nn.functional.pad(u[:, :, :, 1:] - u[:, :, :, :-1], (0, 1))
        return torch.sqrt(down**2 + right**2).sum() + (u - noisy).square().sum() / 40

    found = energy(denoised(noisy, 20.0, 400))
    assert found < energy(noisy)
    assert found < energy(torch.zeros_like(noisy))
    for seed in range(5):
        assert found <= energy(denoised(noisy, 20.0, 400) + noise(1, 12, 12, seed=seed + 9) / 200) + 1e-2


def test_bilateral_filter_smooths_noise_and_keeps_an_edge():
    clean = torch.zeros(1, 3, 20, 20)
    clean[..., 10:] = 150
    noisy = clean + noise(1, 20, 20) / 8
    smooth = operate("bilateral", noisy, radius=3, sigma=2.0, color=40.0, every=1)
    assert (smooth - clean).abs().mean() < (noisy - clean).abs().mean() / 1.5
    assert smooth[..., 10].mean() - smooth[..., 9].mean() > 120
    assert operate("bilateral", noisy, step=1, every=4) is None


def test_the_patch_prior_leaves_pictures_made_of_its_patches_and_changes_others():
    flat = torch.zeros(1, 3, 18, 22)
    stripes = flat.clone()
    stripes[..., ::2] = 80
    patches = patches_of([(stripes[0] + 100).to(torch.uint8)], 6, 40)
    pulled = operate("patch-prior", stripes, patches=patches, strength=1.0, every=1)
    assert torch.allclose(pulled[..., 6:-6, 6:-6], stripes[..., 6:-6, 6:-6], atol=1)
    other = operate("patch-prior", noise(1), patches=patches, strength=1.0, every=1)
    assert (other - noise(1)).abs().mean() > 5
    assert operate("patch-prior", noise(1), step=1, patches=patches, strength=1.0, every=2) is None


def test_the_patch_prior_needs_patches():
    with pytest.raises(ValueError, match="needs patches"):
        build("patch-prior")
    assert len(patches_of([torch.zeros(3, 4, 4, dtype=torch.uint8)], 6, 3)) == 0


def test_gradients_are_brought_to_size():
    gradient = noise() * torch.tensor([1e-9, 1e6]).view(2, 1, 1, 1)
    mean_abs = build("mean-abs", step=2.0).gradient(gradient)
    assert torch.allclose(mean_abs.abs().mean((1, 2, 3)), torch.tensor(2.0), rtol=1e-4)
    unit = build("unit-length", step=3.0).gradient(gradient)
    assert torch.allclose(unit.flatten(1).norm(dim=1), torch.tensor(3.0), rtol=1e-4)
    assert (build("unit-length").gradient(torch.zeros(1, 3, 4, 4)) == 0).all()


def test_the_laplacian_pyramid_lifts_weak_bands():
    coarse = torch.nn.functional.interpolate(noise(1, 2, 2), (32, 32), mode="bilinear")
    fine = noise(1, 32, 32) / 1000
    changed = build("laplacian-pyramid", levels=3, step=1.0).gradient(coarse + fine)
    before = fine.std() / coarse.std()
    detail = changed - torch.nn.functional.avg_pool2d(changed, 3, 1, 1)
    assert detail.std() / changed.std() > 50 * before
    assert build("laplacian-pyramid", levels=8).gradient(noise(1, 5, 3)).isfinite().all()


def test_the_center_bias_weighs_the_middle():
    weighed = build("center-bias", sigma=0.4).gradient(torch.ones(1, 3, 21, 21))
    assert weighed[0, 0, 10, 10] == 1
    assert weighed[0, 0, 0, 0] < 0.01


def test_the_center_mask_lets_only_the_middle_change():
    masked = build("center-mask", part=0.5).gradient(torch.ones(1, 3, 8, 12))
    assert masked[0, 0].nonzero().amin(0).tolist() == [2, 3]
    assert masked[0, 0].nonzero().amax(0).tolist() == [5, 8]
    assert masked.sum().item() == 3 * 4 * 6


def test_moments_and_their_gradients_are_torch_s():
    values = (torch.randn(2, 4, 6, 7, generator=torch.Generator().manual_seed(3)) * 3 + 1).double().requires_grad_()
    weights = torch.randn(2, 2, 4, generator=torch.Generator().manual_seed(4)).double()
    variance, mean = torch.var_mean(values.flatten(2), 2, correction=0)
    (wanted,) = torch.autograd.grad((weights[0] * mean + weights[1] * variance).sum(), values)
    own_mean, own_variance = moments(values)
    (gradient,) = torch.autograd.grad((weights[0] * own_mean + weights[1] * own_variance).sum(), values)
    assert torch.allclose(own_mean, mean)
    assert torch.allclose(own_variance, variance)
    assert torch.allclose(gradient, wanted)


def test_the_statistics_prior_is_least_for_pictures_with_the_remembered_statistics():
    norm = nn.BatchNorm2d(4).eval()
    norm.running_mean.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    network = nn.Sequential(nn.Identity(), norm)
    usual = torch.randn(2, 4, 50, 50, generator=torch.Generator().manual_seed(0))
    usual = (usual - usual.mean((2, 3), keepdim=True)) / usual.std((2, 3), keepdim=True)
    usual = usual + norm.running_mean.view(1, 4, 1, 1)
    with StatisticsPrior(network) as prior:
        assert prior.layers == 1
        network(usual)
        near = prior.take(2)
        network(usual + 1)
        far = prior.take(2)
        assert prior.take(2).tolist() == [0, 0]
    assert near.shape == (2,)
    assert (near < 0.1).all()
    assert torch.allclose(far, torch.tensor(10 * 2.0), rtol=0.05)
    network(usual)
    assert prior.take(2).tolist() == [0, 0]
