"""Which files a scan looks at, and their numbers."""

from __future__ import annotations

import os

import pytest

from deepvis.precompute.listing import list_folder
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
