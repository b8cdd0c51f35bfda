"""Single pictures."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.sources.base import SourceError
from deepvis.sources.images import ArraySource, ImageSource


def test_a_file_is_given_once_with_its_name_and_path(png, rgb):
    source = ImageSource(png)
    source.open()
    assert source.delay_s() == 0
    picture = source.read()
    np.testing.assert_array_equal(picture.rgb, rgb)
    assert (picture.title, picture.path) == ("picture.png", png)
    assert source.delay_s() is None
    assert source.read() is None


def test_a_file_that_is_no_image_cannot_be_opened(tmp_path):
    path = tmp_path / "x.jpg"
    path.write_bytes(b"")
    with pytest.raises(SourceError, match=r"x\.jpg is empty"):
        ImageSource(path).open()


def test_an_array_is_copied_so_that_its_owner_may_go_on_writing(rgb):
    before = rgb.copy()
    source = ArraySource(rgb, "clipboard")
    source.open()
    rgb[:] = 0
    np.testing.assert_array_equal(source.read().rgb, before)


def test_an_array_in_another_memory_order_comes_out_contiguous(rgb):
    source = ArraySource(rgb[::-1, :, ::-1], "clipboard")
    source.open()
    picture = source.read()
    assert picture.rgb.flags.c_contiguous
    np.testing.assert_array_equal(picture.rgb, rgb[::-1, :, ::-1])


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3)])
def test_an_array_that_is_no_picture_is_refused(shape):
    with pytest.raises(SourceError, match="clipboard is not a picture"):
        ArraySource(np.zeros(shape, np.uint8), "clipboard").open()
    with pytest.raises(SourceError, match="clipboard is not a picture"):
        ArraySource(np.zeros((4, 4, 3), np.float32), "clipboard").open()
