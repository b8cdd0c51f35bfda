"""`deepvis merge`: shards of scans and shards of synthesized pictures come into one gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis import scan_command, synthesis_command
from deepvis.precompute.request import ScanError
from deepvis.precompute.shards import Shard, gallery_of, shard_file, shard_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def merge(named: Sequence[Path], gallery: Path, progress: str) -> str:
    """Fold shards into a gallery.

    Args:
        named: files of shards, or galleries whose shards lie beside them; empty for those beside `gallery`.
        gallery: the file to write.
        progress: `auto`, `bar`, `lines`, `json` or `none`.

    Returns:
        Sentences that name what is missing.

    Raises:
        ScanError: they cannot be merged, as a sentence.
        PicturesError: the same, of pictures.
        GalleryError: a file cannot be read.
    """
    files = [file for path in (named or [gallery]) for file in _shards_meant(path)]
    if not files or (not named and files == [gallery]):
        example = shard_file(gallery, Shard(0, 2)).name
        raise ScanError(
            f"There are no shards beside {gallery}: 'deepvis scan --shard 0/2' makes {example}. Name the files of the "
            "shards, or the gallery with --gallery."
        )
    pictures = [path for path in files if synthesis_command.holds_pictures(path)]
    scans = [path for path in files if path not in pictures or scan_command.holds_scan(path)]
    said = []
    if pictures:
        said.append(synthesis_command.merge(pictures, gallery, progress))
    if scans:
        said.append(scan_command.merge(scans, gallery, progress))
    return "\n".join(said)


def _shards_meant(path: Path) -> list[Path]:
    """The file itself where it is one, else the shards beside a gallery of that name."""
    path = path.expanduser()
    beside = shard_files(path)
    if path.is_file() and (gallery_of(path) != path or not beside):
        return [path]
    return beside
