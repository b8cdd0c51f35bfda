"""Patches for the patch prior in the window: of the photographs that come with DeepVis."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from deepvis.places import images_dir
from deepvis.sources.decode import is_image
from deepvis.synthesis.patch_source import patches_in

if TYPE_CHECKING:
    import torch

_PER_PHOTOGRAPH = 250
"""There are few photographs: as many patches in all as of a folder with a hundred."""


@cache
def demo_patches() -> torch.Tensor:
    """Float32 `(patches, 3, 8, 8)` in gray levels; read once.

    Raises:
        ValueError: the photographs are not there; the message is a sentence.
    """
    try:
        paths = sorted(path for path in images_dir().iterdir() if is_image(path))
    except OSError as error:
        raise ValueError(f"The photographs of the patch prior cannot be read: {error}") from error
    patches = patches_in(paths, _PER_PHOTOGRAPH)
    if not len(patches):
        raise ValueError(f"The patch prior needs photographs, and there are none in {images_dir()}.")
    return patches
