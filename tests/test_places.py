from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deepvis import places


def package_at(folder, monkeypatch):
    (folder / "deepvis").mkdir()
    monkeypatch.setattr(places, "files", lambda name: folder / name)
    return folder


def test_a_checkout_finds_its_assets_folder(tmp_path, monkeypatch):
    root = package_at(tmp_path, monkeypatch)
    (root / "assets").mkdir()
    assert places.images_dir() == root / "assets" / "images"


def test_an_installed_package_finds_the_assets_inside_it(tmp_path, monkeypatch):
    root = package_at(tmp_path, monkeypatch)
    (root / "deepvis" / "_assets").mkdir()
    (root / "assets").mkdir()
    assert places.assets_dir() == root / "deepvis" / "_assets"


def test_a_damaged_installation_says_what_to_do(tmp_path, monkeypatch):
    package_at(tmp_path, monkeypatch)
    with pytest.raises(FileNotFoundError, match="install it again"):
        places.assets_dir()


def test_the_assets_of_this_installation_are_there():
    assert places.assets_dir().is_dir()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="XDG folders are Linux's")
def test_the_persons_folders_follow_the_environment(monkeypatch, tmp_path):
    for name in ("CONFIG", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    assert places.user_settings_file() == tmp_path / "CONFIG" / "deepvis" / "settings.py"
    assert places.cache_dir() == tmp_path / "CACHE" / "deepvis"
    assert places.data_dir() == tmp_path / "DATA" / "deepvis"


def test_asking_for_a_folder_makes_none(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    folder = places.config_dir()
    assert isinstance(folder, Path)
    assert not folder.exists()
