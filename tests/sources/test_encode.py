"""Arrays to JPEG."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from deepvis.sources.decode import decode_image
from deepvis.sources.encode import encode_jpeg


def photograph(images_dir):
    return np.asarray(Image.open(images_dir / "astronaut.jpg").convert("RGB"))


def test_a_photograph_comes_back_nearly_as_it_was(images_dir):
    rgb = photograph(images_dir)
    found = decode_image(encode_jpeg(rgb), "x.jpg")
    assert found.shape == rgb.shape
    assert np.abs(found.astype(int) - rgb).mean() < 3


def test_colors_keep_the_full_resolution(images_dir):
    with Image.open(io.BytesIO(encode_jpeg(photograph(images_dir)))) as image:
        assert JpegImagePlugin.get_sampling(image) == 0  # 4:4:4


def test_a_lower_quality_takes_fewer_bytes(images_dir):
    rgb = photograph(images_dir)
    assert len(encode_jpeg(rgb, 50)) < len(encode_jpeg(rgb, 90)) < len(encode_jpeg(rgb, 100))


@pytest.mark.parametrize("quality", [1, 90, 100])
@pytest.mark.parametrize("side", [1, 8, 300])
def test_noise_is_encoded_in_silence_whatever_its_size(quality, side, capfd):
    rgb = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    assert decode_image(encode_jpeg(rgb, quality), "x.jpg").shape == rgb.shape
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(ValueError, match="uint8"):
        encode_jpeg(np.zeros(shape, np.uint8))


def test_other_numbers_and_qualities_are_refused():
    with pytest.raises(ValueError, match="float64"):
        encode_jpeg(np.zeros((4, 4, 3)))
    with pytest.raises(ValueError, match="quality"):
        encode_jpeg(np.zeros((4, 4, 3), np.uint8), 0)
