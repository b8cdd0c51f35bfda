"""Where the patches of the patch prior come from: photographs, reduced to the scale of synthesized pictures."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis.sources.base import SourceError
from deepvis.sources.decode import read_image
from deepvis.synthesis.regularizers.patch_prior import patches_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PATCH_PRIOR = "patch-prior"
PATCH_SIDE = 8
_PATCHES_PER_FILE = 20
_SHORT_SIDE = 256
"""Pictures are reduced to this first, so that a patch shows as much as it does in a synthesized picture."""


def patches_in(paths: Iterable[Path], count: int = _PATCHES_PER_FILE) -> torch.Tensor:
    """Patches of image files; those that cannot be read are left out.

    Args:
        paths: of the files.
        count: patches of each.

    Returns:
        Float32 `(patches, 3, 8, 8)` in gray levels; none where no file can be read.
    """
    pictures = (_reduced(path) for path in paths)
    return patches_of((one for one in pictures if one is not None), PATCH_SIDE, count)


def digest_of(*tensors: torch.Tensor) -> str:
    """What tells tensors from others, in 16 digits."""
    hashed = hashlib.sha256()
    for tensor in tensors:
        hashed.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return hashed.hexdigest()[:16]


def _reduced(path: Path) -> torch.Tensor | None:
    try:
        picture = torch.from_numpy(read_image(path)).permute(2, 0, 1)
    except SourceError:
        return None
    factor = _SHORT_SIDE / min(picture.shape[1:])
    if factor >= 1:
        return picture
    size = [max(1, round(side * factor)) for side in picture.shape[1:]]
    smaller = functional.interpolate(picture[None].float(), size, mode="bilinear", antialias=True)
    return smaller[0].round().clamp(0, 255).to(torch.uint8)
