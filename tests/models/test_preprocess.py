"""Pictures on their way into a network."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from deepvis.models.preprocess import INTERPOLATIONS, Preprocessing
from deepvis.records import Fit, Rect

NOISE = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
PICTURES = {
    "photograph": data.coffee(),
    "portrait": np.ascontiguousarray(np.rot90(data.chelsea())),
    "noise": NOISE,
    "smaller than the input": data.chelsea()[::8, ::8],
    "small noise": NOISE[:37, :51],
    "wide strip": data.coffee()[100:130],
    "tall strip": data.coffee()[:, 100:120],
    "very large": np.tile(data.coffee(), (5, 5, 1)),
}


def as_levels(tensor: torch.Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> torch.Tensor:
    """Undo the normalization: 0..255."""
    return (tensor * torch.tensor(std).view(-1, 1, 1) + torch.tensor(mean).view(-1, 1, 1)) * 255


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES.keys())
@pytest.mark.parametrize("name", ["resnet50", "alexnet", "efficientnet_b0", "swin_t", "regnet_y_16gf"])
def test_a_crop_equals_the_transform_of_torchvisions_weights(name, picture):
    from torchvision import models

    from deepvis.models.torchvision_models import preprocessing_of

    weights = models.get_model_weights(name).DEFAULT
    preprocessing = preprocessing_of(weights)
    wanted = weights.transforms()(Image.fromarray(picture))
    got = preprocessing.batch(picture)[0]
    error = (as_levels(got - wanted, (0, 0, 0), preprocessing.std)).abs()
    assert error.max() < 2.01
    assert error.mean() < 0.1


RATIO = 0.875
SIZES = [(224, 224), (384, 384), (160, 288), (256, 128)]


def rounds_alike(picture, size):
    """Where the input is not square, timm rounds the long side to the nearest pixel; torchvision and we round down."""
    scale = max(int(side / RATIO) / length for side, length in zip(size, picture.shape, strict=False))
    return size[0] == size[1] or all(
        round(length * scale) == int(length * scale + 1e-6) for length in picture.shape[:2]
    )


@pytest.mark.parametrize(
    ("picture", "size"),
    [
        pytest.param(picture, size, id=f"{name} to {size}")
        for name, picture in PICTURES.items()
        for size in SIZES
        if rounds_alike(picture, size)
    ],
)
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_a_crop_equals_timms_transform_also_where_the_input_is_not_square(size, interpolation, picture):
    from timm.data import create_transform

    preprocessing = Preprocessing(size, interpolation=interpolation, crop_ratio=RATIO)
    mean, std = preprocessing.mean, preprocessing.std
    transform = create_transform((3, *size), interpolation=interpolation, crop_pct=RATIO, mean=mean, std=std)
    got, _ = preprocessing.prepare(picture)
    error = (got.float() - as_levels(transform(Image.fromarray(picture)), mean, std)).abs()
    assert error.max() < 2.01
    assert error.mean() < 0.1


def test_nearest_takes_the_pixels_pillow_takes():
    picture = data.coffee()
    got, _ = Preprocessing(interpolation="nearest").prepare(picture)
    resized = Image.fromarray(picture).resize((384, 256), Image.Resampling.NEAREST)
    wanted = np.asarray(resized)[16:240, 80:304]
    assert (got.permute(1, 2, 0).numpy() == wanted).mean() > 0.99


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("fit", Fit)
@pytest.mark.parametrize("shape", [(300, 451), (451, 300), (60, 60), (90, 700)], ids=str)
@pytest.mark.parametrize("size", [(224, 224), (128, 256)], ids=str)
def test_the_geometry_says_where_a_bright_square_lands(size, shape, fit, interpolation):
    picture = np.zeros((*shape, 3), np.uint8)
    side = 12
    top, left = shape[0] // 2 - 9, shape[1] // 2 + 5
    picture[top : top + side, left : left + side] = 255
    preprocessing = Preprocessing(size, mean=(0, 0, 0), std=(1, 1, 1), interpolation=interpolation)
    got, geometry = preprocessing.prepare(picture, fit)
    weight = got[0].double() / 255
    rows, columns = (torch.arange(length) + 0.5 for length in size)
    row, column = (weight.sum(1) @ rows.double()) / weight.sum(), (weight.sum(0) @ columns.double()) / weight.sum()
    expected = geometry.to_network(Rect(top, left, side, side))
    tolerance = 0.75 if interpolation == "nearest" else 0.1
    assert row == pytest.approx(expected.top + expected.height / 2, abs=tolerance)
    assert column == pytest.approx(expected.left + expected.width / 2, abs=tolerance)
    if interpolation != "nearest":
        assert weight.sum() == pytest.approx(expected.height * expected.width, rel=0.03)
    back = geometry.to_picture(expected)
    assert (back.top, back.left, back.height, back.width) == pytest.approx((top, left, side, side))


def test_a_letterbox_shows_the_whole_picture_on_the_mean_color():
    picture = np.full((100, 400, 3), 255, np.uint8)
    got, _ = Preprocessing((200, 200), mean=(0.2, 0.4, 0.6)).prepare(picture, Fit.LETTERBOX)
    assert got[:, 75:125].min() == 255
    assert got[:, 0, 0].tolist() == got[:, -1, -1].tolist() == [51, 102, 153]


def test_a_letterboxed_border_is_zero_to_the_network():
    picture = np.full((100, 400, 3), 255, np.uint8)
    batch = Preprocessing((200, 200)).batch(picture, Fit.LETTERBOX)
    assert batch[:, :, :70].abs().max() < 0.01


def test_one_channel_is_pillows_luma():
    picture = data.coffee()[:224, :224]
    got, _ = Preprocessing((224, 224), 1, (0.5,), (0.5,), crop_ratio=1.0).prepare(picture)
    wanted = np.asarray(Image.fromarray(picture).convert("L"))
    assert got.shape == (1, 224, 224)
    assert (got[0].numpy() == wanted).all()


def test_one_channel_letterboxes_too():
    got, _ = Preprocessing((28, 28), 1, (0.5,), (0.5,)).prepare(NOISE, Fit.LETTERBOX)
    assert got.shape == (1, 28, 28)
    assert got[0, 0].tolist() == [128] * 28


def test_normalize_subtracts_the_mean_and_divides_by_the_deviation():
    preprocessing = Preprocessing((2, 2), mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 1.0))
    picture = torch.tensor([[[0, 255], [0, 255]]] * 3, dtype=torch.uint8)
    got = preprocessing.normalize(picture, "cpu", torch.float32)
    assert got.shape == (1, 3, 2, 2)
    assert got[0, :, 0].numpy() == pytest.approx(np.array([[-1, 1], [-1, 3], [0, 1]]), abs=1e-6)
    assert preprocessing.normalize(picture, torch.device("cpu"), torch.float16).dtype == torch.float16


def test_normalize_leaves_the_prepared_picture_alone():
    preprocessing = Preprocessing()
    picture, _ = preprocessing.prepare(NOISE)
    before = picture.clone()
    preprocessing.normalize(picture, "cpu", torch.float32)
    assert torch.equal(picture, before)


def test_read_only_and_flipped_arrays_are_taken_as_they_are():
    frozen = data.coffee().copy()
    frozen.flags.writeable = False
    usual, _ = Preprocessing().prepare(data.coffee().copy())
    assert torch.equal(Preprocessing().prepare(frozen)[0], usual)
    flipped = Preprocessing().prepare(data.coffee()[:, ::-1])[0]
    assert torch.equal(flipped.flip(2), usual)


def test_a_prepared_picture_does_not_share_memory_with_the_frame():
    frame = np.zeros((224, 224, 3), np.uint8)
    got, _ = Preprocessing(crop_ratio=1.0).prepare(frame)
    frame[:] = 255
    assert got.max() == 0


@pytest.mark.parametrize("shape", [(1, 60000, 3), (40000, 2, 3)], ids=str)
def test_an_absurdly_thin_strip_costs_no_absurd_memory_and_keeps_its_geometry(shape):
    picture = np.zeros(shape, np.uint8)
    middle = (shape[0] // 2, shape[1] // 2)
    picture[middle[0], middle[1]] = 255
    began = time.thread_time()
    got, geometry = Preprocessing().prepare(picture)
    assert time.thread_time() - began < 2
    rect = geometry.to_network(Rect(*middle, 1, 1))
    assert got.shape == (3, 224, 224)
    peak = np.unravel_index(got[0].argmax().item(), (224, 224))
    assert max(rect.top, 0) - 1 <= peak[0] <= min(rect.bottom, 224) + 1
    assert max(rect.left, 0) - 1 <= peak[1] <= min(rect.right, 224) + 1


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"mean": (0.5,)}, "mean has 1 values"),
        ({"std": (1.0, 1.0)}, "std has 2 values"),
        ({"channels": 4}, "1 or 3 channels"),
        ({"std": (1.0, 0.0, 1.0)}, "above 0"),
        ({"interpolation": "lanczos"}, "nearest, bilinear, bicubic"),
        ({"crop_ratio": 0.0}, "crop_ratio"),
        ({"input_size": (0, 224)}, "input_size"),
    ],
)
def test_fields_that_do_not_fit_are_named(fields, text):
    with pytest.raises(ValueError, match=text):
        Preprocessing(**fields)


@pytest.mark.parametrize("picture", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_an_array_that_is_no_picture_is_refused(picture):
    with pytest.raises(ValueError, match="A picture is uint8"):
        Preprocessing().prepare(picture)


def test_a_camera_frame_takes_little_time():
    preprocessing = Preprocessing(interpolation="bicubic")
    times_s = []
    for _ in range(30):
        began = time.thread_time()
        preprocessing.batch(NOISE)
        times_s.append(time.thread_time() - began)
    assert min(times_s) < 0.006  # 0.6 ms alone on a current core, with room for slow and busy ones
