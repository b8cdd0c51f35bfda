from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis.synthesis.draws import Draws
from deepvis.synthesis.natural_images import NaturalStatistics, frequencies
from deepvis.synthesis.parametrizations.fourier import spectrum_scale
from deepvis.synthesis.parametrizations.protocol import Canvas, Generator
from deepvis.synthesis.parametrizations.table import PARAMETRIZATIONS
from deepvis.synthesis.registry import piece

NAMES = [row.name for row in PARAMETRIZATIONS]


class Painter:
    """A linear generator: a code is the colors of four quarters."""

    latent_shape = (3, 2, 2)

    def sample(self, count, generator):
        return torch.rand(count, *self.latent_shape, generator=generator)

    def decode(self, codes):
        return torch.nn.functional.interpolate(codes, scale_factor=4.0, mode="nearest")

    def encode(self, images):
        return torch.nn.functional.interpolate(images, (2, 2), mode="area")

    def project(self, codes):
        return codes.clamp(0.2, 0.8)


def make(name, seeds=(1, 2), height=20, width=26, **settings):
    canvas = Canvas(height, width, Draws(seeds), generator=Painter())
    return PARAMETRIZATIONS.build(piece(name, **settings), canvas=canvas)


@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_in_range_and_differentiable(name):
    made = make(name)
    images = made.images()
    assert images.shape == (2, 3, 20, 26)
    assert images.min() >= 0
    assert images.max() <= 1
    (images * torch.randn(images.shape)).sum().backward()
    for variable in made.variables:
        assert variable.grad is not None
        assert variable.grad.abs().sum() > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_depends_on_its_seed_only(name):
    alone, among = make(name, (7,)).images(), make(name, (3, 7, 5)).images()
    assert torch.allclose(alone[0], among[1], atol=1e-6)
    assert not torch.allclose(among[0], among[1], atol=1e-3)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"maco", "generator"}])
@pytest.mark.parametrize(("height", "width"), [(20, 26), (21, 17)])
def test_a_picture_can_be_taken_over(name, height, width):
    made = make(name, height=height, width=width)
    wanted = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0)) * 0.9 + 0.05
    made.assign(wanted)
    assert torch.allclose(made.images(), wanted, atol=1e-3)


def test_maco_keeps_the_magnitudes_of_natural_pictures():
    made = make("maco", height=32, width=32)
    colors = torch.linalg.inv(NaturalStatistics.built_in().color_root())
    free = torch.einsum("dc,nchw->ndhw", colors, made.images().logit())
    found = torch.fft.rfft2(free)[0].abs()
    wanted = NaturalStatistics.built_in().amplitude(32, 32).mean(0)
    # the middle of the spectrum: its edges hold their own mirror image
    ratio = (found[:, 1:15, 1:15] / wanted[1:15, 1:15]).detach()
    assert ratio.std() / ratio.mean() < 1e-3
    with torch.no_grad():
        made.variables[0].add_(torch.randn(made.variables[0].shape))
    changed = torch.fft.rfft2(torch.einsum("dc,nchw->ndhw", colors, made.images().logit()))[0].abs()
    ratio = (changed[:, 1:15, 1:15] / wanted[1:15, 1:15]).detach()
    assert ratio.std() / ratio.mean() < 1e-3


def test_maco_takes_over_the_phases_of_a_picture():
    made = make("maco", (1,), 32, 32)
    wanted = torch.zeros(1, 3, 32, 32) + 0.3
    wanted[:, :, 8:20, 10:24] = 0.8
    made.assign(wanted)
    found = made.images().detach()
    assert torch.corrcoef(torch.stack([found.flatten(), wanted.flatten()]))[0, 1] > 0.5


def test_pixels_of_the_2015_paper_are_gray_levels_from_the_mean_and_are_clipped():
    made = make("clipped-pixels")
    (pixels,) = made.variables
    assert pixels.std().item() == pytest.approx(10, rel=0.1)
    with torch.no_grad():
        pixels.fill_(1000)
    made.project()
    assert made.images().max() == 1
    with torch.no_grad():
        pixels.zero_()
    assert torch.allclose(made.images(), torch.tensor(0.5))


def test_a_generator_is_bounded_by_its_own_bounds_and_needs_to_be_there():
    assert isinstance(Painter(), Generator)
    made = make("generator", shrink=0.1)
    with torch.no_grad():
        made.variables[0].fill_(2.0)
    made.project()
    assert torch.allclose(made.variables[0], torch.tensor(0.72))
    canvas = Canvas(8, 8, Draws((1,)))
    with pytest.raises(ValueError, match="needs a generator"):
        PARAMETRIZATIONS.build(piece("generator"), canvas=canvas)


def test_a_generator_starts_from_a_picture_where_it_can_encode():
    made = make("generator", (1,), 8, 8)
    picture = torch.full((1, 3, 8, 8), 0.6)
    made.assign(picture)
    assert torch.allclose(made.images(), picture)


def test_decay_moves_power_to_low_frequencies_and_keeps_the_total():
    flat, steep = spectrum_scale(32, 32, 0.5), spectrum_scale(32, 32, 1.5)
    assert flat.square().mean().item() == pytest.approx(steep.square().mean().item(), rel=1e-4)
    assert steep[0, 1] > flat[0, 1]
    assert steep[16, 16] < flat[16, 16]
    assert (spectrum_scale(32, 32, 1.0, 0.5)[frequencies(32, 32) > 0.36] == 0).all()


def test_statistics_of_a_scan_replace_the_built_in_ones():
    amplitude = np.random.default_rng(0).uniform(1, 9, (3, 8, 5))
    given = {
        "color_mean": np.array([0.1, 0.2, 0.3]),
        "color_covariance": np.diag([0.04, 0.09, 0.01]),
        "mean_amplitude": amplitude,
    }
    natural = NaturalStatistics.from_arrays(given)
    root = natural.color_root()
    assert torch.allclose((root @ root.T).diagonal() / 0.09 * 0.09, root.square().sum(1))
    ratio = (root @ root.T).numpy() / given["color_covariance"].max()
    assert np.allclose(ratio, given["color_covariance"] / given["color_covariance"].max() / 0.09, atol=1e-5)
    assert np.allclose(natural.amplitude(8, 8), amplitude)
    assert natural.amplitude(16, 24).shape == (3, 16, 13)


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"color_mean": np.full(3, np.nan), "color_covariance": np.zeros((3, 3))},
        {"color_mean": np.zeros(1), "color_covariance": np.eye(1), "mean_amplitude": np.ones((1, 4, 3))},
    ],
)
def test_statistics_that_are_missing_or_gray_are_the_built_in_ones(arrays):
    natural, usual = NaturalStatistics.from_arrays(arrays), NaturalStatistics.built_in()
    assert np.array_equal(natural.color_mean, usual.color_mean)
    assert np.array_equal(natural.color_covariance, usual.color_covariance)
    assert natural.mean_amplitude is None


def test_the_built_in_spectrum_falls_like_that_of_natural_pictures():
    amplitude = NaturalStatistics.built_in().amplitude(128, 128)[0]
    frequency = frequencies(128, 128)
    middle = (frequency > 0.02) & (frequency < 0.15)
    slope = np.polyfit(frequency[middle].log().numpy(), amplitude[middle].log().numpy(), 1)[0]
    assert -1.6 < slope < -1.0
    assert amplitude[0, 0].item() / 128**2 == pytest.approx(0.485)


def free(images):
    return images.double().clamp(1e-9, 1 - 1e-9).logit()


def test_fourier_pictures_can_be_blurred_as_a_gaussian_blurs():
    sharp = free(make("fourier", std=0.3, decorrelated=False).images())
    soft = free(make("fourier", std=0.3, decorrelated=False, blur=1.5).images())
    row, column = np.fft.fftfreq(20)[:, None], np.fft.rfftfreq(26)
    gain = torch.from_numpy(np.exp(-2 * (np.pi * 1.5) ** 2 * (row**2 + column**2)))
    assert torch.allclose(torch.fft.rfft2(soft), torch.fft.rfft2(sharp) * gain, atol=1e-3)


@pytest.mark.parametrize("width", [26, 27])
def test_the_contrast_of_fourier_pictures_can_be_bounded(width):
    made = make("fourier", width=width, std=0.5, decorrelated=False, contrast=0.4)
    made.project()
    channels = made.images().logit()
    deviation = (channels - channels.mean((2, 3), keepdim=True)).square().mean((1, 2, 3)).sqrt()
    # a part of the first column cancels out, so that the bound is met from below
    assert deviation.max() <= 0.4
    assert deviation.min() > 0.37
    low = make("fourier", std=0.01, contrast=0.4)
    before = low.images()
    low.project()
    assert torch.equal(low.images(), before)
