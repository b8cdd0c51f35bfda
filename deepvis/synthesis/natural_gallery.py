"""What scans tell a synthesis: averages over natural pictures, and how much natural pictures excite every unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.stale import staleness
from deepvis.synthesis.natural_images import NaturalStatistics

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.gallery.records import JobRecord, ModelIdentity

ENOUGH_FILES = 200
"""Fewer pictures say little about all: one red photograph would tint every synthesis."""

_SCAN = "scan"
_NAMES = {
    "color_mean": "color_mean",
    "color_covariance": "color_covariance",
    "amplitude_spectrum": "mean_amplitude",
}
"""Arrays of a scan, and what `NaturalStatistics` calls them."""


def natural_statistics(galleries: Iterable[Path], identity: ModelIdentity) -> NaturalStatistics:
    """Averages of the first gallery whose scan saw enough image files with this model, else the built-in ones.

    Crops of one file count once.

    Raises:
        GalleryError: a gallery cannot be read.
    """
    for path in galleries:
        with GalleryReader(path) as gallery:
            scan = _newest_scan(gallery.jobs())
            if scan is None or staleness(scan.identity, identity) or _files(scan) < ENOUGH_FILES:
                continue
            arrays = {name: gallery.array(stored) for stored, name in _NAMES.items()}
            count = gallery.array("picture_count")
        if count is not None and int(count) >= ENOUGH_FILES:
            found = {name: array for name, array in arrays.items() if array is not None}
            return NaturalStatistics.from_arrays(found, f"{_files(scan):,} images of {scan.data_root}")
    return NaturalStatistics.built_in()


def natural_maxima(galleries: Iterable[Path], layer: str, identity: ModelIdentity) -> NDArray[np.float64] | None:
    """`(units,)`: the largest activation of every unit in the first gallery that scanned the layer with this model.

    Not a number where a unit has none; None where no gallery has scanned the layer.

    Raises:
        GalleryError: a gallery cannot be read.
    """
    for path in galleries:
        with GalleryReader(path) as gallery:
            record = gallery.layer(layer, identity)
        if record is not None and not record.stale and record.count:
            return record.maximum
    return None


def _newest_scan(jobs: tuple[JobRecord, ...]) -> JobRecord | None:
    scans = [job for job in jobs if job.kind == _SCAN and job.finished]
    return scans[-1] if scans else None


def _files(scan: JobRecord) -> int:
    files = scan.parameters.get("files", 0)
    return files if isinstance(files, int) else 0
