"""The demo reel and the synthetic pattern: functions of the frame number."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PIL import Image

from deepvis.sources.base import Next, Previous, SetSpeed, SourceError, Step, TogglePause
from deepvis.sources.decode import read_image
from deepvis.sources.demo import FADE_FRAMES, HOLD_FRAMES, DemoReel
from deepvis.sources.opencv import cv2
from deepvis.sources.synthetic import SyntheticPattern


@pytest.fixture
def reel(images_dir, clock):
    source = DemoReel(images_dir, clock=clock)
    source.open()
    yield source
    source.close()


@pytest.fixture
def pattern(clock):
    source = SyntheticPattern(clock=clock)
    source.open()
    yield source
    source.close()


@pytest.fixture(params=["reel", "pattern"])
def moving(request):
    return request.getfixturevalue(request.param)


def difference(a, b):
    return np.abs(a.astype(int) - b.astype(int)).mean()


def test_a_frame_depends_on_its_number_alone(moving):
    wanted = [moving.render(number) for number in (0, 7, 500)]
    for number, rgb in zip((500, 7, 0), reversed(wanted), strict=True):
        np.testing.assert_array_equal(moving.render(number), rgb)
    assert difference(wanted[0], wanted[1]) > 0


def test_it_runs_at_30_frames_per_second(moving, clock):
    frames = []
    started_s = clock()
    while len(frames) < 31:
        picture = moving.read()
        if picture is not None:
            frames.append(picture.rgb)
        clock.advance(moving.delay_s())
    assert clock() - started_s == pytest.approx(31 / 30)
    np.testing.assert_array_equal(frames[30], moving.render(30))


def test_a_late_reader_gets_the_frame_of_now(moving, clock):
    moving.read()
    clock.advance(0.5)
    np.testing.assert_array_equal(moving.read().rgb, moving.render(15))


def test_pause_and_steps_hold_and_move_the_picture(moving, clock):
    moving.read()
    moving.control(TogglePause())
    assert moving.state().paused
    assert moving.delay_s() is None
    clock.advance(1)
    assert moving.read() is None
    moving.control(Step(10))
    np.testing.assert_array_equal(moving.read().rgb, moving.render(10))
    moving.control(Step(-4))
    np.testing.assert_array_equal(moving.read().rgb, moving.render(6))


def test_speed_is_obeyed(moving, clock):
    moving.read()
    moving.control(SetSpeed(2))
    clock.advance(0.5)
    np.testing.assert_array_equal(moving.read().rgb, moving.render(30))


def test_pictures_have_the_size_of_a_camera(moving):
    assert moving.read().rgb.shape == (480, 640, 3)


def test_the_reel_moves_all_the_time_and_never_jumps(reel):
    frames = [reel.render(number)[::4, ::4] for number in range(HOLD_FRAMES + FADE_FRAMES)]
    steps = [difference(before, after) for before, after in itertools.pairwise(frames)]
    assert min(steps) > 0.05
    assert max(steps) < 12


def test_the_reel_ends_as_it_begins(reel):
    last = HOLD_FRAMES * len(reel._photos) - 1
    assert difference(reel.render(last), reel.render(0)) < 3


def test_the_title_names_the_photograph_and_changes_in_the_middle_of_the_fade(reel):
    assert reel.read().title == "chelsea"
    assert reel.state().title == "Demo reel: chelsea"
    reel.control(Step(HOLD_FRAMES - FADE_FRAMES // 2 - 1))
    assert reel.read().title == "chelsea"
    reel.control(Step(1))
    assert reel.read().title == "coffee"


def test_a_frame_tells_its_photograph_and_whether_another_one_is_mixed_in(reel):
    first = reel.read()
    assert not first.mixed
    reel.control(Step(HOLD_FRAMES - FADE_FRAMES))
    held = reel.read()
    assert (held.scene, held.mixed) == (first.scene, False)
    reel.control(Step(1))
    assert reel.read().mixed
    reel.control(Step(FADE_FRAMES - 1))
    coming = reel.read()
    assert not coming.mixed
    assert coming.scene != first.scene


def test_next_and_previous_go_from_photograph_to_photograph_and_around(reel):
    reel.read()
    seen = []
    for command in (Next(), Next(), Previous(), Previous(), Previous()):
        reel.control(command)
        seen.append(reel.read().title)
    assert seen[:4] == ["coffee", "astronaut", "coffee", "chelsea"]
    assert seen[4] == reel._photos[-1].stem


def test_next_also_works_while_paused(reel):
    reel.read()
    reel.control(TogglePause())
    reel.control(Next())
    assert reel.read().title == "coffee"
    assert reel.delay_s() is None


def test_most_of_each_photograph_is_in_view(reel, images_dir):
    """The middle of each photograph is a part of every view, by matching it there."""
    for index, path in enumerate(reel._photos[:3]):
        rgb = read_image(path)
        for frame in (0, HOLD_FRAMES // 2, HOLD_FRAMES - FADE_FRAMES):
            view = cv2.resize(reel.render(index * HOLD_FRAMES + frame), (160, 120), interpolation=cv2.INTER_AREA)
            height, width = rgb.shape[:2]
            center = rgb[height // 3 : height // 2, width // 3 : 2 * width // 3]
            best = 0.0
            for zoom in np.linspace(0.86, 1.0, 15):
                scale = max(160 / width, 120 / height) / zoom
                part = cv2.resize(center, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                best = max(best, cv2.matchTemplate(view, part, cv2.TM_CCOEFF_NORMED).max())
            assert best > 0.85, (path.name, frame)


def test_an_unreadable_photograph_is_skipped_and_named(tmp_path, clock):
    Image.new("RGB", (30, 20), (9, 9, 9)).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"")
    reel = DemoReel(tmp_path, clock=clock)
    reel.open()
    assert reel.read().title == "good"
    assert reel.take_notes() == [f"Skipped: {tmp_path / 'bad.png'} is empty (0 bytes)."]


@pytest.mark.parametrize("shape", [(20, 300), (300, 20), (1, 1)])
def test_photographs_of_any_shape_fill_the_picture(tmp_path, clock, shape):
    Image.new("RGB", shape, (200, 100, 50)).save(tmp_path / "odd.png")
    reel = DemoReel(tmp_path, clock=clock)
    reel.open()
    for number in (0, 100, HOLD_FRAMES - 1):
        np.testing.assert_array_equal(reel.render(number).reshape(-1, 3).min(axis=0), [200, 100, 50])


def test_a_reel_without_photographs_says_what_to_do(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(SourceError, match="put some images into"):
            DemoReel(folder).open()


def test_the_photographs_are_small_enough_to_ship_and_all_attributed(images_dir):
    paths = [path for path in images_dir.iterdir() if path.suffix == ".jpg"]
    assert sum(path.stat().st_size for path in paths) < 1_500_000
    attribution = (images_dir / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for path in paths:
        assert f"`{path.name}`" in attribution
        assert max(read_image(path).shape) <= 800


def test_the_pattern_has_color_contrast_and_many_orientations(pattern):
    strongest = set()
    for number in range(0, 720, 24):
        rgb = pattern.render(number)
        assert rgb.std() > 30
        gray = rgb[:200, :200].mean(axis=2) - rgb[:200, :200].mean()
        spectrum = np.abs(np.fft.rfft2(gray))
        row, column = np.unravel_index(spectrum.argmax(), spectrum.shape)
        row = row - 200 if row > 100 else row
        strongest.add(round(np.degrees(np.arctan2(row, column)) / 30))
    assert len(strongest) >= 5


def test_the_pattern_comes_in_any_size():
    assert SyntheticPattern((50, 40)).render(3).shape == (40, 50, 3)
