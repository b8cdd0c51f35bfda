"""Crops and whole images out of a gallery."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.live.crop_pictures import CropPictures, ImagePicture, shown_crop, shown_whole
from deepvis.live.gallery_shelf import OpenGallery
from deepvis.records import Rect


@pytest.fixture
def pictures():
    return CropPictures()


@pytest.fixture
def opened(gallery):
    gallery.scan(pictures=6, root=gallery.folder / "photos")
    made = OpenGallery(gallery.path, packaged=False)
    yield made
    made.reader.close()


def file_of(opened, number):
    exemplars = opened.reader.unit("body", number).exemplars
    return exemplars[0].file


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (Rect(0, 0, 100, 200), (0, 0, 50, 100)),
        (Rect(2, 4, 4, 6), (1, 2, 3, 5)),
        (Rect(0.9, 0.9, 1.2, 1.2), (0, 0, 1, 1)),
        (Rect(99, 199, 1, 1), (49, 99, 50, 100)),
        (Rect(-10, -10, 500, 500), (0, 0, 50, 100)),
        (Rect(40, 40, 0, 0), (20, 20, 21, 21)),
    ],
)
def test_a_box_of_the_original_is_rounded_to_pixels_of_the_stored_picture(box, expected):
    picture = ImagePicture(np.zeros((50, 100, 3), np.uint8), 100, 200, None, there=False, stored=True)
    assert picture.box(box) == expected
    top, left, bottom, right = expected
    assert picture.crop(box).shape == (bottom - top, right - left, 3)


def test_the_stored_picture_is_taken_and_decoded_once(opened, pictures, two_colored):
    picture = pictures.file(opened, file_of(opened, 2))
    assert picture.stored
    assert (picture.height, picture.width) == (120, 160)
    np.testing.assert_allclose(picture.rgb, two_colored(2), atol=3)
    assert pictures.file(opened, file_of(opened, 2)) is picture


def test_before_it_is_stored_the_file_itself_is_read(opened, pictures, gallery, two_colored):
    from PIL import Image

    (gallery.folder / "photos").mkdir()
    Image.fromarray(two_colored(8, 120, 160)).save(gallery.folder / "photos" / "08.png")
    gallery.scan(gallery.info.layers[0], pictures=6, root=gallery.folder / "photos")
    exemplar = next(e for e in opened.reader.unit("body", 5).exemplars if e.path.name == "08.png")
    picture = pictures.file(opened, exemplar.file)
    assert not picture.stored
    assert picture.there
    np.testing.assert_array_equal(picture.rgb, two_colored(8, 120, 160))


def test_a_picture_that_is_nowhere_may_be_stored_later(opened, pictures, gallery):
    exemplar = next(e for e in opened.reader.unit("body", 5).exemplars if e.path.name == "09.png")
    assert pictures.file(opened, exemplar.file).rgb is None
    gallery.scan(root=gallery.folder / "photos")
    pictures.forget_missing()
    assert pictures.file(opened, exemplar.file).stored


def test_a_tile_is_a_square_and_made_once(pictures, make_picture):
    made = []

    def make():
        made.append(1)
        return make_picture(30, 60)

    first = pictures.tile(("a",), 16, make)
    assert first.shape == (16, 16, 3)
    assert pictures.tile(("a",), 16, make) is first
    assert pictures.tile(("a",), 32, make).shape == (32, 32, 3)
    assert len(made) == 2
    assert pictures.tile(("b",), 16, lambda: None) is None


def test_a_crop_keeps_its_pixels_unless_it_is_too_large(make_picture):
    small = make_picture(20, 30)
    np.testing.assert_array_equal(shown_crop(small), small)
    assert shown_crop(make_picture(200, 320)).shape == (100, 160, 3)


def test_the_box_follows_when_the_whole_image_is_made_smaller(make_picture):
    whole, box = shown_whole(make_picture(640, 480), (64, 0, 128, 480))
    assert whole.shape == (320, 240, 3)
    assert box == Rect(32, 0, 32, 240)
