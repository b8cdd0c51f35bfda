"""Where galleries lie."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deepvis.places import assets_dir, data_dir

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".sqlite"


def gallery_name(model: str) -> str:
    """File name of a model's gallery: its key with everything a file system may refuse replaced by `_`."""
    return re.sub(r"[^A-Za-z0-9._+-]", "_", model) + SUFFIX


def gallery_file(model: str, folder: Path | None = None) -> Path:
    """The person's gallery of a model; it may not exist yet. `folder` None means the person's data folder."""
    return (folder or data_dir() / "gallery") / gallery_name(model)


def packaged_gallery(model: str) -> Path | None:
    """The gallery that comes with DeepVis; None where the model has none."""
    path = assets_dir() / "gallery" / gallery_name(model)
    return path if path.is_file() else None


def galleries_there(model: str, folder: Path | None = None) -> tuple[Path, ...]:
    """Galleries of a model that exist: the person's own, behind it the one that comes with DeepVis."""
    own, packaged = gallery_file(model, folder), packaged_gallery(model)
    return tuple(path for path in (own, packaged) if path is not None and path.is_file())
