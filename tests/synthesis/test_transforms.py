from __future__ import annotations

import pytest
import torch

from deepvis.synthesis.draws import Draws
from deepvis.synthesis.registry import Piece, piece
from deepvis.synthesis.transforms import TRANSFORMS, Chain

SIZE = (24, 32)


def picture(batch=1, height=24, width=32):
    smooth = torch.rand(batch, 3, 6, 8, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(smooth, (height, width), mode="bicubic").clamp(0, 1)


def chain(*pieces, fill="gray"):
    return Chain([TRANSFORMS.build(part) for part in pieces], fill)


@pytest.mark.parametrize("row", TRANSFORMS, ids=lambda row: row.name)
def test_what_an_image_goes_through_depends_on_its_seed_only(row):
    same = picture().repeat(3, 1, 1, 1)
    among = chain(Piece(row.name))(same, Draws((3, 7, 5)), SIZE)
    alone = chain(Piece(row.name))(same[:1], Draws((7,)), SIZE)
    assert torch.allclose(among[1], alone[0], atol=1e-6)
    again = chain(Piece(row.name))(same, Draws((3, 7, 5)), SIZE)
    assert torch.equal(among, again)


@pytest.mark.parametrize("row", TRANSFORMS, ids=lambda row: row.name)
def test_everything_stays_on_the_device(row):
    # as strict as a GPU: tensors of two devices do not go together
    images = torch.zeros(2, 3, *SIZE, device="meta")
    changed = chain(Piece(row.name))(images, Draws((1, 2), "meta"), (16, 16))
    assert changed.device.type == "meta"
    assert changed.shape == (2, 3, 16, 16)


@pytest.mark.parametrize("row", TRANSFORMS, ids=lambda row: row.name)
def test_gradients_come_back_to_the_picture(row):
    images = picture(2).requires_grad_()
    weights = torch.randn(2, 3, *SIZE, generator=torch.Generator().manual_seed(1))
    (chain(Piece(row.name))(images, Draws((1, 2)), SIZE) * weights).sum().backward()
    assert images.grad.abs().sum() > 0


@pytest.mark.parametrize(
    "part", [piece("jitter", pixels=6), piece("scale", low=0.5, high=1.5), piece("rotate", degrees=30.0)]
)
def test_images_are_moved_differently(part):
    moved = chain(part)(picture().repeat(2, 1, 1, 1), Draws((1, 2)), SIZE)
    assert (moved[0] - moved[1]).abs().mean() > 0.01


@pytest.mark.parametrize(
    "part",
    [
        piece("jitter", pixels=0),
        piece("scale", low=1.0, high=1.0),
        piece("zoom", low=1.0, high=1.0, slack=0.0),
        piece("rotate", degrees=0.0),
        piece("pad", pixels=0),
        piece("crop", low=1.0, high=1.0),
        piece("noise", std=0.0),
        piece("uniform-noise", reach=0.0),
        piece("blur", low=0.0, high=0.0),
        piece("contrast", strength=0.0),
        piece("gray", probability=0.0),
    ],
)
def test_a_transform_of_no_strength_changes_nothing(part):
    images = picture(2)
    assert torch.allclose(chain(part)(images, Draws((1, 2)), SIZE), images, atol=1e-5)


def test_jitter_moves_whole_pixels_by_at_most_its_range():
    dot = torch.full((1, 3, 33, 33), 0.5)
    dot[:, :, 16, 16] = 1
    rows, columns = [], []
    for seed in range(40):
        moved = chain(piece("jitter", pixels=4))(dot, Draws((seed,)), (33, 33))[0, 0] - 0.5
        rows.append((moved.sum(1) * torch.arange(33)).sum().item() / moved.sum().item() - 16)
        columns.append((moved.sum(0) * torch.arange(33)).sum().item() / moved.sum().item() - 16)
    for offsets in (rows, columns):
        assert -4.01 < min(offsets) < -2
        assert 2 < max(offsets) < 4.01


def test_a_smaller_scale_shows_the_picture_smaller_on_gray():
    white = torch.ones(1, 3, 20, 20)
    half = chain(piece("scale", low=0.5, high=0.5))(white, Draws((0,)), (20, 20))
    assert (half > 0.9).float().mean().item() == pytest.approx(0.25, abs=0.05)
    assert half[0, 0, 0, 0] == 0.5
    spread = chain(piece("scale", low=0.5, high=0.5), fill="border")(white, Draws((0,)), (20, 20))
    assert spread.min() == 1


def test_a_crop_shows_a_window_inside_the_picture():
    for seed in range(20):
        window = chain(piece("crop", low=0.3, high=0.6, spread=1.0))(torch.ones(1, 3, 20, 20), Draws((seed,)), (20, 20))
        assert window.min() > 0.7  # only the outermost samples may touch the gray around it


def test_a_pad_keeps_the_whole_picture_in_view():
    padded = chain(piece("pad", pixels=10))(torch.ones(1, 3, 20, 20), Draws((0,)), (20, 20))
    assert (padded > 0.9).float().mean().item() == pytest.approx(0.25, abs=0.08)


def test_a_turn_keeps_shapes_on_pictures_that_are_not_square():
    wide = torch.full((1, 3, 40, 80), 0.5)
    wide[:, :, 10:30, 30:50] = 1
    turned = chain(piece("rotate", degrees=180.0))(wide, Draws((5,)), (40, 80))
    assert (turned - 0.5).sum().item() == pytest.approx((wide - 0.5).sum().item(), rel=0.05)


def test_noise_has_the_wanted_strength():
    noisy = chain(piece("noise", std=0.2))(torch.full((2, 3, 64, 64), 0.5), Draws((1, 2)), (64, 64))
    assert noisy.std().item() == pytest.approx(0.2, rel=0.05)
    assert not torch.equal(noisy[0], noisy[1])


def test_neighboring_movements_are_one_resampling():
    parts = (piece("rotate", degrees=20.0), piece("scale", low=0.8, high=1.2), piece("jitter", pixels=3))
    images = picture(1, 64, 64)
    together = chain(*parts)(images, Draws((4,)), (64, 64))
    draws, apart = Draws((4,)), images
    for part in parts:
        apart = chain(part)(apart, draws, (64, 64))
    inner = (slice(None), slice(None), slice(20, 44), slice(20, 44))
    assert torch.allclose(together[inner], apart[inner], atol=0.03)


def test_the_result_has_the_size_the_network_wants():
    assert chain()(picture(2), Draws((1, 2)), (10, 12)).shape == (2, 3, 10, 12)
    assert chain(Piece("noise"))(picture(2), Draws((1, 2)), (50, 40)).shape == (2, 3, 50, 40)
    assert torch.equal(chain()(picture(2), Draws((1, 2)), SIZE), picture(2))


def test_a_zoom_shows_a_window_of_the_picture_or_the_whole_picture_anywhere():
    white = torch.ones(1, 3, 20, 20)
    places = set()
    for seed in range(12):
        near = chain(piece("zoom", low=2.0, high=2.0, slack=0.0))(white, Draws((seed,)), (20, 20))
        assert near[..., 1:-1, 1:-1].min() > 0.99
        far = chain(piece("zoom", low=0.5, high=0.5, slack=0.0))(white, Draws((seed,)), (20, 20)) - 0.5
        assert far.sum().item() == pytest.approx(3 * 100 * 0.5, rel=0.06)
        places.add((far[0, 0].sum(1).argmax().item(), far[0, 0].sum(0).argmax().item()))
    assert len(places) > 6


@pytest.mark.parametrize("name", ["scale", "crop", "zoom"])
def test_a_range_the_wrong_way_around_is_refused(name):
    with pytest.raises(ValueError, match="must not be above"):
        TRANSFORMS.build(piece(name, low=0.9, high=0.3))


def test_uniform_noise_stays_within_its_reach():
    noisy = chain(piece("uniform-noise", reach=0.2))(torch.zeros(2, 3, 40, 40), Draws((1, 2)), (40, 40))
    assert 0.19 < noisy.abs().max().item() <= 0.2
    assert noisy.std().item() == pytest.approx(0.2 / 3**0.5, rel=0.05)


def test_a_blur_is_a_gaussian_as_scipy_does_it():
    from scipy.ndimage import gaussian_filter

    images = picture(2)
    found = chain(piece("blur", low=1.3, high=1.3))(images, Draws((1, 2)), SIZE).numpy()
    for image, blurred in zip(images.numpy(), found, strict=True):
        expected = [gaussian_filter(plane, 1.3, mode="nearest", radius=4) for plane in image]
        assert abs(blurred - expected).max() < 1e-5


def test_images_are_blurred_differently():
    roughness = chain(piece("blur", low=0.0, high=4.0))(picture().repeat(6, 1, 1, 1), Draws(range(6)), SIZE).std(
        (1, 2, 3)
    )
    assert len(set(roughness.tolist())) == 6
