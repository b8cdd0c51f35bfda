"""Which galleries are open, and what happens to their files meanwhile."""

from __future__ import annotations

import shutil

import pytest

from deepvis.live import gallery_shelf
from deepvis.live.gallery_shelf import GalleryShelf


@pytest.fixture
def complaints():
    return []


@pytest.fixture
def shelf(gallery, complaints):
    made = GalleryShelf("tiny", gallery.folder, complaints.append)
    yield made
    made.close()


def test_a_gallery_that_appears_is_opened_at_the_next_look(gallery, shelf):
    shelf.look()
    assert shelf.galleries == ()
    gallery.scan()
    assert shelf.look()
    assert [opened.path for opened in shelf.galleries] == [gallery.path]
    assert not shelf.look()


def test_what_another_connection_writes_is_noticed(gallery, shelf):
    gallery.scan()
    shelf.look()
    opened = shelf.galleries[0]
    assert not opened.has_tiles("stem")
    gallery.scan(gallery.info.layers[0])
    assert shelf.look()
    assert shelf.galleries == (opened,)
    assert opened.has_tiles("stem")


def test_a_gallery_that_was_replaced_is_opened_anew(gallery, shelf, tmp_path):
    gallery.scan()
    shutil.copy(gallery.path, tmp_path / "other.sqlite")
    shelf.look()
    number = shelf.galleries[0].number
    (tmp_path / "other.sqlite").replace(gallery.path)
    assert shelf.look()
    assert shelf.galleries[0].number != number
    assert shelf.galleries[0].reader.unit("body", 0).exemplars


def test_a_gallery_that_was_taken_away_is_closed(gallery, shelf):
    gallery.scan()
    shelf.look()
    gallery.path.unlink()
    assert shelf.look()
    assert shelf.galleries == ()


def test_a_damaged_gallery_is_told_once_until_its_file_changes(gallery, shelf, complaints):
    gallery.folder.mkdir()
    gallery.path.write_bytes(b"no gallery at all" * 100)
    assert shelf.look()
    shelf.look()
    assert len(complaints) == 1
    assert str(gallery.path) in complaints[0]
    assert shelf.trouble == complaints[0]
    gallery.path.unlink()
    gallery.scan()
    assert shelf.look()
    assert shelf.trouble == ""
    assert len(shelf.galleries) == 1


def test_the_packaged_gallery_comes_behind_the_own_one(gallery, shelf, tmp_path, monkeypatch):
    gallery.scan()
    packaged = tmp_path / "packaged.sqlite"
    shutil.copy(gallery.path, packaged)
    monkeypatch.setattr(gallery_shelf, "packaged_gallery", lambda model: packaged)
    both = GalleryShelf("tiny", gallery.folder, [].append)
    both.look()
    assert [(opened.path, opened.packaged) for opened in both.galleries] == [(gallery.path, False), (packaged, True)]
    gallery.path.unlink()
    both.look()
    assert [opened.path for opened in both.galleries] == [packaged]
    both.close()
