"""Folders: in order, while files come and go."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from deepvis.sources import folder as folder_module
from deepvis.sources.base import Next, Previous, Seek, SourceError, Step
from deepvis.sources.folder import FolderSource, list_images


def add(folder, name, value=0):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 3), (value, 0, 0)).save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "pictures"
    for name in ("img10.png", "img2.png", "img1.png"):
        add(made, name)
    return made


@pytest.fixture
def source(folder, clock):
    opened = FolderSource(folder, clock=clock)
    opened.open()
    yield opened
    opened.close()


def shown(source):
    """Read until a picture came or nothing is due; its title."""
    for _ in range(50):
        picture = source.read()
        if picture is not None:
            return picture.title
        if source.delay_s() != 0:
            return None
    raise AssertionError("the folder never comes to rest")


def go(source, command):
    source.control(command)
    return shown(source)


def test_files_come_in_natural_order_and_around_the_ends(source):
    seen = [shown(source)] + [go(source, Next()) for _ in range(3)]
    assert seen == ["img1.png", "img2.png", "img10.png", "img1.png"]
    assert [go(source, Previous()) for _ in range(2)] == ["img10.png", "img2.png"]


def test_a_picture_is_given_once_and_stays(source, clock):
    shown(source)
    for _ in range(5):
        clock.advance(1.5)
        assert source.read() is None


def test_seek_goes_to_a_file_by_its_place(source):
    shown(source)
    assert go(source, Seek(2)) == "img10.png"
    assert source.state().position == 2
    assert go(source, Seek(99)) == "img10.png"
    assert go(source, Seek(-1)) == "img1.png"


def test_steps_of_frames_mean_nothing_to_a_folder(source):
    shown(source)
    assert go(source, Step(1)) is None


def test_subfolders_belong_to_it_and_hidden_and_other_files_do_not(folder):
    for name in ("b/x1.png", "a/x2.JPG", ".hidden/x.png", "b/.x.png"):
        add(folder, name)
    (folder / "notes.txt").write_text("no image")
    names = [path.relative_to(folder).as_posix() for path in list_images(folder)]
    assert names == ["a/x2.JPG", "b/x1.png", "img1.png", "img2.png", "img10.png"]


def test_the_title_tells_the_subfolder(folder, clock):
    add(folder, "a/x.png")
    source = FolderSource(folder, clock=clock)
    source.open()
    picture = source.read()
    assert picture.title.replace("\\", "/") == "a/x.png"
    assert picture.path == folder / "a" / "x.png"


def test_new_files_join_while_it_waits_and_the_shown_one_stays(source, folder, clock):
    go(source, Next())
    add(folder, "img0.png")
    assert source.state().length == 3
    assert source.delay_s() == pytest.approx(1.0)
    clock.advance(1.0)
    assert source.read() is None
    assert (source.state().length, source.state().position) == (4, 2)
    assert go(source, Previous()) == "img1.png"


def test_new_files_are_seen_by_next_at_once(source, folder):
    shown(source)
    add(folder, "img1b.png")
    assert go(source, Next()) == "img1b.png"


def test_the_folder_is_listed_at_most_once_a_second_while_it_waits(source, clock, monkeypatch):
    shown(source)
    calls = []
    monkeypatch.setattr(folder_module, "list_images", lambda folder: calls.append(folder) or source._files)
    for _ in range(30):
        clock.advance(0.1)
        source.read()
    assert 2 <= len(calls) <= 3


def test_a_folder_that_takes_long_to_list_is_listed_rarely(folder, clock, monkeypatch):
    files = list_images(folder)
    calls = []

    def slow(_folder):
        calls.append(clock())
        clock.advance(2.0)
        return files

    monkeypatch.setattr(folder_module, "list_images", slow)
    source = FolderSource(folder, clock=clock)
    source.open()
    shown(source)
    assert source.delay_s() == pytest.approx(40.0)
    assert go(source, Next()) == "img2.png"
    assert len(calls) == 1


@pytest.mark.parametrize(("command", "expected"), [(Next(), "img10.png"), (Previous(), "img1.png")])
@pytest.mark.parametrize("noticed", [True, False])
def test_after_the_shown_file_was_deleted_its_neighbors_follow(source, folder, clock, command, expected, noticed):
    go(source, Next())
    (folder / "img2.png").unlink()
    if noticed:
        clock.advance(1.0)
        source.read()
    assert go(source, command) == expected


def test_after_the_last_file_was_deleted_next_is_the_first(source, folder):
    go(source, Previous())
    (folder / "img10.png").unlink()
    assert go(source, Next()) == "img1.png"


def test_an_unreadable_file_is_named_once_and_skipped_in_the_direction_of_travel(source, folder):
    (folder / "img2.png").write_bytes(b"")
    shown(source)
    assert go(source, Next()) == "img10.png"
    assert source.take_notes() == [f"Skipped: {folder / 'img2.png'} is empty (0 bytes)."]
    assert go(source, Previous()) == "img1.png"
    assert source.take_notes() == []


def test_a_file_that_became_readable_is_shown(source, folder):
    (folder / "img2.png").write_bytes(b"not yet")
    shown(source)
    go(source, Next())
    add(folder, "img2.png")
    assert go(source, Previous()) == "img2.png"


def test_a_folder_of_unreadable_files_says_so_comes_to_rest_and_shows_what_comes_later(folder, clock):
    for path in folder.iterdir():
        path.write_bytes(b"broken")
    source = FolderSource(folder, clock=clock)
    source.open()
    assert shown(source) is None
    notes = source.take_notes()
    assert len(notes) == 4
    assert notes[-1] == f"None of the 3 images in {folder} can be read."
    add(folder, "img5.png")
    clock.advance(1.0)
    assert shown(source) == "img5.png"


def test_a_folder_that_was_emptied_keeps_quiet_until_files_come(source, folder, clock):
    shown(source)
    for path in folder.iterdir():
        path.unlink()
    clock.advance(1.0)
    assert source.read() is None
    assert source.state().length == 0
    assert go(source, Next()) is None
    assert go(source, Seek(3)) is None
    add(folder, "new.png")
    assert go(source, Next()) == "new.png"


def test_a_folder_opened_again_goes_on_at_the_same_file(source):
    shown(source)
    go(source, Next())
    source.close()
    source.open()
    assert shown(source) == "img2.png"


def test_empty_and_missing_folders_are_named(tmp_path):
    with pytest.raises(SourceError, match="There is no image"):
        FolderSource(tmp_path).open()
    with pytest.raises(SourceError, match="There is no folder"):
        FolderSource(tmp_path / "none").open()


def test_the_picture_is_the_files(folder, clock):
    path = add(folder, "img0.png", value=77)
    source = FolderSource(folder, clock=clock)
    source.open()
    picture = source.read()
    assert picture.path == path
    np.testing.assert_array_equal(picture.rgb[0, 0], [77, 0, 0])
