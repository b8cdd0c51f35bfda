"""Which frames are one and the same moment."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepvis.live.moments import Moments, small
from deepvis.records import Frame

RGB = np.zeros((2, 2, 3), np.uint8)


def frame(captured_s, *, path=None, still=False):
    return Frame(RGB, 0, captured_s, "picture", path, still)


def picture(seed):
    """Large patches, so that two of them differ also when they are made small."""
    patches = np.random.default_rng(seed).integers(0, 256, (3, 4, 4), dtype=np.uint8)
    return patches.repeat(16, 1).repeat(16, 2)


def test_moving_pictures_have_a_moment_per_second():
    moments = Moments()
    seconds = (0.0, 0.5, 0.99, 1.0, 1.9, 2.1)
    seen = [moments.of(frame(second), picture(seed)) for seed, second in enumerate(seconds)]
    assert seen == [0, 0, 0, 1, 1, 2]


def test_a_file_is_one_moment_however_often_it_is_shown():
    moments = Moments()
    one, other = Path("a.jpg"), Path("b.PNG")
    seen = [moments.of(frame(second, path=path), picture(0)) for second, path in enumerate((one, other, one, other))]
    assert seen == [0, 1, 0, 1]


def test_every_still_picture_is_a_moment():
    moments = Moments()
    assert [moments.of(frame(0.1 * number, still=True), picture(number)) for number in range(3)] == [0, 1, 2]


def test_a_loop_that_begins_again_and_a_scene_without_motion_bring_no_new_moments():
    moments = Moments()
    noise = np.random.default_rng(0).integers(0, 3, (3, 64, 64), dtype=np.uint8)
    assert moments.of(frame(0), picture(0)) == 0
    assert moments.of(frame(1), np.clip(picture(0), 3, 252) + noise) == 0
    assert moments.of(frame(2), picture(1)) == 1
    assert moments.of(frame(3), picture(0)) == 0


def test_a_video_file_is_no_still_picture():
    moments = Moments()
    film = Path("film.mp4")
    assert [moments.of(frame(second, path=film), picture(second)) for second in (0, 1, 2)] == [0, 1, 2]


def test_moments_nobody_refers_to_are_forgotten():
    moments = Moments()
    for second in range(4):
        moments.of(frame(second), picture(second))
    moments.keep_only({1})
    assert moments.of(frame(10), picture(1)) == 1
    assert moments.of(frame(20), picture(0)) == 4


def test_a_moment_can_begin_anew_under_another_number():
    moments = Moments()
    path = Path("a.jpg")
    assert moments.of(frame(0, path=path), picture(0)) == 0
    assert moments.begin_anew() == 1
    assert moments.of(frame(1, path=path), picture(0)) == 1


def test_a_picture_is_averaged_over_equal_parts_whatever_its_size():
    ramp = np.broadcast_to(np.arange(100, dtype=np.uint8), (3, 50, 100))
    made = small(ramp)
    assert made.shape == (8, 8)
    np.testing.assert_allclose(made.mean(), 49.5, atol=1)
    assert (np.diff(made, axis=1) > 0).all()
    assert small(np.full((1, 5, 9), 7, np.uint8)).shape == (8, 8)
    assert (small(np.full((1, 5, 9), 7, np.uint8)) == 7).all()


def test_a_scene_is_one_moment_however_often_it_comes_back():
    moments = Moments()
    names = ("cat", "cat", "dog", "cat")
    seen = [
        moments.of(Frame(RGB, 0, float(second), "reel", scene=name), picture(second))
        for second, name in enumerate(names)
    ]
    assert seen == [0, 0, 1, 0]
