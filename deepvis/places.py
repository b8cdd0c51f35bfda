"""Where things lie: the pictures that come with DeepVis, and the person's own folders."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import platformdirs

NAME = "deepvis"


def assets_dir() -> Path:
    """Folder of what comes with DeepVis: inside the package where it was installed, `assets/` in a checkout.

    Raises:
        FileNotFoundError: where neither exists: the installation is damaged.
    """
    package = Path(str(files("deepvis")))
    for folder in (package / "_assets", package.parent / "assets"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"The pictures that come with DeepVis are not beside {package}: install it again with 'pip install .'."
    )


def images_dir() -> Path:
    """Folder of the demo reel's photographs."""
    return assets_dir() / "images"


def config_dir() -> Path:
    """The person's settings and window layout; may not exist yet."""
    return platformdirs.user_config_path(NAME, appauthor=False)


def cache_dir() -> Path:
    """What can be made again: downloads, receptive fields; may not exist yet."""
    return platformdirs.user_cache_path(NAME, appauthor=False)


def data_dir() -> Path:
    """What took long to compute: the gallery; may not exist yet."""
    return platformdirs.user_data_path(NAME, appauthor=False)


def user_settings_file() -> Path:
    """The settings file that the console script reads when no other is named; may not exist."""
    return config_dir() / "settings.py"
