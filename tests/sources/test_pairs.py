"""Two sources as one."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from deepvis.records import SourceState
from deepvis.sources.base import FrameSource, Next, Picture, SourceError, SourceLost, TogglePause
from deepvis.sources.camera import CameraSource
from deepvis.sources.pair_spec import join_pair, split_pair
from deepvis.sources.pairs import PairSource, TwiceSource
from deepvis.sources.spec import open_spec


class Scripted(FrameSource):
    """Gives what the script says, one entry per read; `moving`: something may come by itself."""

    def __init__(self, *script, name="scripted", moving=True, seekable=False, fails=False):
        super().__init__()
        self.script = list(script)
        self.name, self.moving, self.seekable, self.fails = name, moving, seekable, fails
        self.opened = self.closed = 0
        self.told = []

    def open(self):
        if self.fails:
            raise SourceError(f"{self.name} cannot be opened.")
        self.opened += 1

    def read(self):
        value = self.script.pop(0) if self.script else None
        if isinstance(value, Exception):
            raise value
        if value is None:
            return None
        number, label = value if isinstance(value, tuple) else (value, "")
        rgb = np.full((2, 2, 3), number, np.uint8)
        return Picture(rgb, f"{self.name} {number}", label=label, scene=f"{self.name}{number}")

    def delay_s(self):
        return 0.02 if self.moving else None

    def state(self):
        return SourceState("video", self.name, f"{self.name}.mp4", position=3, seekable=self.seekable)

    def control(self, command):
        self.told.append(command)

    def close(self):
        self.closed += 1


def numbers(picture):
    return None if picture is None else (int(picture.rgb[0, 0, 0]), int(picture.second_rgb[0, 0, 0]))


def read_all(source, times):
    return [numbers(source.read()) for _ in range(times)]


def test_each_picture_of_the_first_comes_with_the_newest_of_the_second():
    source = PairSource(Scripted(1, None, 2, 3), Scripted(10, 11, None, 12))
    source.open()
    assert read_all(source, 4) == [(1, 10), None, (2, 11), (3, 12)]


def test_nothing_comes_before_both_have_given_one():
    source = PairSource(Scripted(1, None, 2), Scripted(None, 10, None))
    source.open()
    assert read_all(source, 3) == [None, (1, 10), (2, 10)]


def test_while_the_first_stands_still_the_second_sets_the_pace():
    source = PairSource(Scripted(1, moving=False), Scripted(10, 11, None, 12))
    source.open()
    assert read_all(source, 4) == [(1, 10), (1, 11), None, (1, 12)]
    assert source.delay_s() == 0.02
    assert not source.stands_still()


def test_two_that_stand_still_stand_still():
    source = PairSource(Scripted(1, moving=False), Scripted(10, moving=False))
    assert source.stands_still()
    assert source.delay_s() is None


def test_what_both_show_is_told_and_a_label_only_where_both_have_one():
    source = PairSource(Scripted((1, "cat"), (2, "cat"), (3, "cat")), Scripted((10, "dog"), (11, "cat"), 12))
    source.open()
    found = [source.read() for _ in range(3)]
    assert [picture.label for picture in found] == ["cat + dog", "cat", ""]
    assert found[0].title == "scripted 1 + scripted 10"
    assert found[0].scene == "scripted1\nscripted10"


def test_commands_go_to_both_and_the_state_is_that_of_the_one_with_positions():
    first, second = Scripted(name="a"), Scripted(name="b", seekable=True)
    source = PairSource(first, second)
    for command in (Next(), TogglePause()):
        source.control(command)
    assert first.told == second.told == [Next(), TogglePause()]
    state = source.state()
    assert (state.kind, state.lead, state.title, state.spec) == ("pair", "video", "a + b", "a.mp4 + b.mp4")
    assert (state.seekable, state.position) == (True, 3)


def test_where_the_second_cannot_be_opened_the_first_is_let_go():
    first, second = Scripted(), Scripted(name="b", fails=True)
    with pytest.raises(SourceError, match="b cannot be opened"):
        PairSource(first, second).open()
    assert (first.opened, first.closed) == (1, 1)


def test_one_that_is_lost_is_told():
    source = PairSource(Scripted(1, 2), Scripted(10, SourceLost("gone.")))
    source.open()
    source.read()
    with pytest.raises(SourceLost, match="gone"):
        source.read()


def test_opened_again_it_pairs_nothing_of_before():
    first, second = Scripted(1, None), Scripted(10, 11)
    source = PairSource(first, second)
    source.open()
    source.read()
    source.close()
    source.open()
    assert source.read() is None
    assert (first.closed, second.closed) == (1, 1)


def test_the_same_source_twice_is_opened_once_and_gives_its_picture_twice(cameras, images_dir):
    source = open_spec("camera:0 + camera:0", images_dir=images_dir)
    assert type(source) is TwiceSource
    source.open()
    picture = source.read()
    assert picture.second_rgb is picture.rgb
    assert len(cameras.asked) == 1
    assert source.mirrored
    state = source.state()
    assert (state.kind, state.spec) == ("camera", "camera:0 + camera:0")
    source.close()
    assert source.read() is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("camera + demo", ("camera", "demo")),
        ('"Tom + Jerry.mp4" + demo', ('"Tom + Jerry.mp4"', "demo")),
        ("demo + 'a + b.jpg'", ("demo", "'a + b.jpg'")),
        ("a+b.jpg", None),
        ('"a + b.jpg"', None),
        ("it's.jpg + demo", ("it's.jpg", "demo")),
    ],
)
def test_a_plus_between_spaces_and_outside_of_quotes_sets_two_sources_apart(text, parts):
    assert split_pair(text) == parts


def test_what_is_joined_comes_apart_again():
    assert split_pair(join_pair("a + b.jpg", "demo")) == ('"a + b.jpg"', "demo")
    assert join_pair("camera", "demo") == "camera + demo"


def test_two_sources_are_opened_as_written(images_dir, png):
    source = open_spec(f"demo + {png}", images_dir=images_dir)
    assert type(source) is PairSource
    again = open_spec(source.state().spec, images_dir=images_dir)
    again.open()
    picture = again.read()
    assert picture.rgb.shape != picture.second_rgb.shape
    again.close()


def test_a_file_with_a_plus_in_its_name_is_one_source(images_dir, tmp_path):
    path = tmp_path / "a + b.png"
    Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(path)
    source = open_spec(str(path), images_dir=images_dir)
    assert source.state().kind == "image"
    both = open_spec(join_pair(str(path), "demo"), images_dir=images_dir)
    assert type(both) is PairSource


def test_more_than_two_sources_are_refused(images_dir):
    with pytest.raises(SourceError, match="more than two sources"):
        open_spec("demo + synthetic + demo", images_dir=images_dir)


def test_cameras_are_mirrored_together_or_not_at_all():
    camera, other = CameraSource(0), Scripted()
    assert PairSource(camera, CameraSource(1)).mirrored
    assert not PairSource(camera, other).mirrored
