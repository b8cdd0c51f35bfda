"""Images that a text file names."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from deepvis.sources.base import Next, Previous, Seek, SourceError
from deepvis.sources.folder import FolderSource
from deepvis.sources.image_list import ImageListSource
from deepvis.sources.spec import open_spec


@pytest.fixture
def pictures(tmp_path):
    """Images of one gray value each, by that value."""
    (tmp_path / "my cats").mkdir()
    for value, name in enumerate(("a.png", "b.png", "my cats/c 1.png"), 1):
        Image.fromarray(np.full((4, 6, 3), value, np.uint8)).save(tmp_path / name)
    return tmp_path


@pytest.fixture
def listed(pictures):
    """A source of a list with these lines; opened."""
    made = []

    def make(*lines, name="list.txt", **options):
        path = pictures / name
        path.write_text("\n".join(lines))
        source = ImageListSource(path, **options)
        made.append(source)
        source.open()
        return source

    yield make
    for source in made:
        source.close()


def value_of(picture):
    return int(picture.rgb[0, 0, 0])


def all_of(source, count):
    """The next `count` pictures; damaged lines take a read that gives none."""
    found = []
    while len(found) < count:
        picture = source.read()
        if picture is not None:
            found.append(picture)
            source.control(Next())
    return found


def test_images_come_in_the_order_of_the_list_with_their_labels_and_begin_again(listed):
    source = listed("b.png 7", "my cats/c 1.png tabby cat", "a.png")
    found = all_of(source, 4)
    assert [(value_of(picture), picture.label) for picture in found] == [(2, "7"), (3, "tabby cat"), (1, ""), (2, "7")]
    assert found[1].title == "my cats/c 1.png"
    assert found[1].path.is_file()


def test_it_stays_at_an_image_until_it_is_told_to_move(listed):
    source = listed("a.png", "b.png", "my cats/c 1.png")
    assert value_of(source.read()) == 1
    assert source.read() is None
    assert source.delay_s() is None
    assert source.stands_still()
    source.control(Previous())
    assert value_of(source.read()) == 3
    source.control(Seek(1))
    assert value_of(source.read()) == 2
    state = source.state()
    assert (state.kind, state.position, state.length, state.seekable) == ("list", 1, 3, True)


def test_an_absolute_path_and_backslashes_are_understood(listed, pictures):
    source = listed(f"{pictures}/a.png", "my cats\\c 1.png")
    assert [value_of(picture) for picture in all_of(source, 2)] == [1, 3]


def test_a_missing_image_is_skipped_and_named_once(listed):
    source = listed("gone.png 1", "a.png 2")
    assert [picture.label for picture in all_of(source, 2)] == ["2", "2"]
    notes = source.take_notes()
    assert len(notes) == 1
    assert notes[0].startswith("Skipped: ")
    assert "gone.png" in notes[0]


def test_a_line_that_can_be_no_path_is_skipped_too(listed):
    source = listed("x" * 5000 + ".png", "~nobody-has-this-name/x.png", "a.png")
    assert value_of(all_of(source, 1)[0]) == 1
    assert len(source.take_notes()) == 2


def test_where_no_image_can_be_read_that_is_said(listed):
    source = listed("gone.png", "also gone.png")
    assert [source.read(), source.read(), source.read()] == [None] * 3
    assert "None of the 2 lines" in source.take_notes()[-1]
    assert source.delay_s() is None


def test_two_images_to_a_line_are_a_pair(listed):
    source = listed("a.png b.png different", "a.png a.png same")
    first, second = all_of(source, 2)
    assert (value_of(first), int(first.second_rgb[0, 0, 0]), first.label) == (1, 2, "different")
    assert first.title == "a.png + b.png"
    assert first.path is None
    assert first.scene != second.scene


def test_a_pair_with_a_missing_image_is_skipped(listed):
    source = listed("a.png gone.png", "b.png a.png")
    assert value_of(all_of(source, 1)[0]) == 2
    assert "gone.png" in source.take_notes()[0]


def test_a_heading_is_no_image(listed):
    source = listed("path,label", "a.png,cat", name="list.csv")
    assert [picture.label for picture in all_of(source, 1)] == ["cat"]
    assert source.take_notes() == []


@pytest.mark.parametrize(("lines", "says"), [([], "names no image"), (["# nothing"], "names no image")])
def test_a_list_without_an_image_is_refused(listed, lines, says):
    with pytest.raises(SourceError, match=says):
        listed(*lines)


def test_a_list_that_is_no_text_or_is_not_there_is_refused(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"\xff\xfe\x00\x00")
    for name, says in (("list.txt", "cannot be read"), ("none.txt", "no list of images")):
        with pytest.raises(SourceError, match=says):
            ImageListSource(tmp_path / name).open()


def test_pairs_are_wanted_where_that_was_said(pictures):
    path = pictures / "list.txt"
    path.write_text("a.png\n")
    with pytest.raises(SourceError, match=r"Line 1 of .* names one image, and pairs are wanted"):
        ImageListSource(path, pairs=True).open()


def test_a_list_is_opened_by_its_path_and_again_by_its_spec(pictures, images_dir):
    path = pictures / "list.txt"
    path.write_text("a.png b.png\n")
    for spec in (str(path), f"pairs:{path}"):
        source = open_spec(spec, images_dir=images_dir)
        assert type(source) is ImageListSource
        assert source.state().spec == spec
        source.open()
        assert source.read().second_rgb is not None
        source.close()


def test_opened_again_it_goes_on_at_the_same_line(listed):
    source = listed("a.png", "b.png")
    source.control(Next())
    source.close()
    assert source.read() is None
    source.open()
    assert value_of(source.read()) == 2


def test_pictures_of_a_folder_of_classes_have_them_as_labels(tmp_path):
    for name in ("cat/1.png", "dog/1.png"):
        (tmp_path / name).parent.mkdir()
        Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(tmp_path / name)
    source = FolderSource(tmp_path)
    source.open()
    assert [picture.label for picture in all_of(source, 2)] == ["cat", "dog"]
    Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(tmp_path / "loose.png")
    source.close()
    source.open()
    assert [picture.label for picture in all_of(source, 2)] == ["", ""]
    source.close()
