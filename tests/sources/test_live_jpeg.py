from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from deepvis.sources.live_jpeg import encode_bgrx


def test_colors_of_single_pixels_survive_and_the_fourth_byte_does_not_matter():
    bgrx = np.full((16, 16, 4), 20, np.uint8)
    bgrx[:, ::8, 2] = 250  # one red column in eight
    with Image.open(io.BytesIO(encode_bgrx(bgrx, 95))) as picture:
        rgb = np.asarray(picture.convert("RGB")).astype(int)
    assert rgb[:, ::8, 0].min() > 200
    assert rgb[:, 2::8].max() < 60
    bgrx[..., 3] = 255
    assert encode_bgrx(bgrx, 95) == encode_bgrx(bgrx & np.array((255, 255, 255, 0), np.uint8), 95)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 3), (0, 4, 4)])
def test_what_is_no_pixels_of_a_screen_is_refused(shape):
    with pytest.raises(ValueError, match="Pixels of a screen"):
        encode_bgrx(np.zeros(shape, np.uint8))


def test_other_numbers_and_qualities_are_refused():
    with pytest.raises(ValueError, match="float32"):
        encode_bgrx(np.zeros((4, 4, 4), np.float32))
    with pytest.raises(ValueError, match="quality"):
        encode_bgrx(np.zeros((4, 4, 4), np.uint8), 101)
