"""Which files a scan looks at, and their numbers."""

from __future__ import annotations

import os

import pytest

from deepvis.precompute.listing import list_folder, list_named
from deepvis.precompute.request import ScanError


@pytest.fixture
def folder(tmp_path):
    for name in ("b/2.png", "b/10.png", "a.jpg", "notes.txt", ".hidden.png", ".git/x.png", "b/.x.png", "a/plain"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * len(name))
    return tmp_path / "data"


def test_all_files_are_listed_by_path_and_hidden_ones_are_not(folder):
    assert list_folder(folder).names == ("a.jpg", "a/plain", "b/10.png", "b/2.png", "notes.txt")


def test_names_of_other_kinds_of_files_are_not_tried_and_names_without_an_ending_are(folder):
    listing = list_folder(folder)
    assert listing.chosen(None) == [0, 1, 2, 3]
    assert listing.problems == {4: "Its name is not that of an image file."}


def test_a_limit_takes_images_from_everywhere_in_the_list(folder):
    listing = list_folder(folder)
    assert listing.chosen(2) == [0, 2]
    assert listing.chosen(99) == [0, 1, 2, 3]
    assert listing.chosen(1) == [0]


def test_the_digest_is_that_of_names_and_sizes_wherever_the_folder_is(folder, tmp_path):
    digest = list_folder(folder).digest()
    moved = folder.rename(tmp_path / "elsewhere")
    assert list_folder(moved).digest() == digest
    (moved / "a.jpg").write_bytes(b"longer than before")
    grown = list_folder(moved).digest()
    (moved / "b" / "2.png").rename(moved / "b" / "3.png")
    assert len({digest, grown, list_folder(moved).digest()}) == 3


def test_links_are_followed_and_circles_are_named(folder):
    (folder / "b" / "up").symlink_to(folder)
    (folder / "linked.png").symlink_to(folder / "b" / "2.png")
    (folder / "nowhere.png").symlink_to(folder / "missing")
    (folder / "round.png").symlink_to(folder / "round.png")
    listing = list_folder(folder)
    reasons = {listing.names[number]: reason for number, reason in listing.problems.items()}
    assert reasons["b/up"] == "It is a link to a folder that it lies in."
    assert reasons["nowhere.png"] == reasons["round.png"] == "It is a link that leads nowhere, or in a circle."
    assert "linked.png" in {listing.names[number] for number in listing.chosen(None)}


def test_bytes_that_are_no_text_in_a_name_can_be_stored(folder):
    try:
        (folder / os.fsdecode(b"caf\xe9.png")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes no such names")
    listing = list_folder(folder)
    number = next(number for number, name in enumerate(listing.names) if name.startswith("caf"))
    assert listing.readable_name(number) == r"caf\xe9.png"
    assert listing.digest()


def test_a_missing_and_an_empty_folder_are_told(tmp_path):
    with pytest.raises(ScanError, match="There is no folder"):
        list_folder(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ScanError, match="no files"):
        list_folder(tmp_path / "empty")


def write_list(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_list_names_files_of_any_folder_below_what_they_share(folder, tmp_path):
    path = write_list(
        tmp_path / "lists" / "some.txt", "../data/b/2.png cat", f"{folder}/a.jpg", "../data/b/../b/2.png cat"
    )
    listing = list_named(path)
    assert listing.root == folder
    assert listing.names == ("a.jpg", "b/2.png")
    assert listing.sizes == (5, 7)
    assert listing.classes == {1: "cat"}
    assert listing.problems == {}


def test_a_file_alone_in_a_list_is_named_below_its_folder(folder, tmp_path):
    listing = list_named(write_list(tmp_path / "one.txt", "data/b/2.png"))
    assert (listing.root, listing.names) == (folder / "b", ("2.png",))


def test_what_a_list_names_and_cannot_be_tried_has_its_reason(folder, tmp_path):
    (folder / "nowhere.png").symlink_to(folder / "missing")
    path = write_list(
        tmp_path / "some.txt", "data/a.jpg", "data/gone.jpg", "data/notes.txt", "data/b", "data/nowhere.png"
    )
    listing = list_named(path)
    assert {listing.names[number]: reason for number, reason in listing.problems.items()} == {
        "b": "It is no file.",
        "gone.jpg": "There is no such file.",
        "notes.txt": "Its name is not that of an image file.",
        "nowhere.png": "It is a link that leads nowhere, or in a circle.",
    }
    assert [listing.names[number] for number in listing.chosen(None)] == ["a.jpg"]


def test_a_first_line_that_names_the_columns_is_no_file(folder, tmp_path):
    listing = list_named(write_list(tmp_path / "some.csv", "path,label", "data/a.jpg,ash", "data/b/2.png,birch"))
    assert listing.classes == {0: "ash", 1: "birch"}


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (("# nothing",), "names no image"),
        (("a.jpg b.jpg same",), "Line 1 of .* names two images"),
    ],
)
def test_a_list_that_is_none_is_a_sentence(folder, tmp_path, lines, sentence):
    with pytest.raises(ScanError, match=sentence):
        list_named(write_list(tmp_path / "some.txt", *lines))
    with pytest.raises(ScanError, match="cannot be read: No such file"):
        list_named(tmp_path / "missing.txt")
