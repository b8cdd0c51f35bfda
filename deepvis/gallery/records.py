"""What a gallery tells about units, layers and the data set they were scanned with: frozen values.

Rectangles are in pixels of the original image file, positions in the layer's map.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis.gallery.histogram import UnitHistogram
    from deepvis.records import Rect, UnitId

QUANTILE_BANDS = ((0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 0.95), (0.95, 1.0))
"""Bands of the distribution of per-image maxima from which a unit's random examples are drawn."""

PER_BAND = 3
"""Random examples kept per band."""

ATTRIBUTION_JOB = "attribution"
"""Kind of a job that made attributions of the exemplars of a scan; its parameter `scan` is the hash of that."""


class ExemplarKind(StrEnum):
    """Why an image stands on a unit's page."""

    MAXIMUM = "maximum"
    """One of the images with the largest spatial maximum; best first."""
    MINIMUM = "minimum"
    """One of the images with the smallest spatial minimum; smallest first."""
    QUANTILE = "quantile"
    """Drawn at random from a band of the distribution; rank = band x `PER_BAND` + place in the band."""


class ImageKind(StrEnum):
    """Pictures that belong to one unit and are stored whole."""

    SYNTHESIS = "synthesis"
    MAXIMUM = "maximum"
    """An imported crop of an image with a large activation."""
    MINIMUM = "minimum"
    DECONV = "deconv"
    """An attribution of a maximum image, by whatever method: a scan's (`metadata["method"]`), or an imported one."""
    SESSION = "session"
    """A crop of a live frame that somebody kept."""
    SHEET = "sheet"
    """An imported picture about a unit or a whole layer: a histogram, a matrix of correlations, all units at once."""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A data-set crop that excites a unit.

    Attributes:
        kind: why it is there.
        rank: 0 is the best of its kind.
        value: activation at `position`.
        file: key of the image file in this gallery.
        path: the file, as it was found.
        position: `(row, column)` in the layer's map.
        box: what the position sees, in pixels of the original image, clipped to it.
        sample: id of the sample (image, or crop of an image) in the scan; ties go to the smaller.
        label: class of the image in the data set; empty where unknown.
    """

    kind: ExemplarKind
    rank: int
    value: float
    file: int
    path: Path
    position: tuple[int, int]
    box: Rect
    sample: int
    label: str = ""

    @property
    def band(self) -> tuple[float, float] | None:
        """The quantile band it was drawn from; None where it was not drawn."""
        return QUANTILE_BANDS[self.rank // PER_BAND] if self.kind is ExemplarKind.QUANTILE else None


@dataclass(frozen=True, slots=True)
class UnitStatistics:
    """One unit over all images of a scan.

    Attributes:
        count: samples seen (images, or crops of images).
        mean: over all positions of all samples.
        std: over all positions of all samples; population, not sample.
        active_fraction: share of all positions with a value above zero.
        minimum: smallest value seen.
        maximum: largest value seen.
        mean_maximum: mean of the per-sample spatial maximum.
        nan_count: samples with a value that is not a number; they are in no other figure.
        selectivity: class selectivity (Morcos et al. 2018, arXiv 1803.06959): with m the class mean of the per-sample
            maxima and r the mean over all other classes, (m - r) / (|m| + |r|) of the class with the largest m, in
            0..1; None without labels.
    """

    count: int
    mean: float
    std: float
    active_fraction: float
    minimum: float
    maximum: float
    mean_maximum: float
    nan_count: int = 0
    selectivity: float | None = None

    @property
    def dead(self) -> bool:
        """The unit gave the same value everywhere, or was nowhere above zero."""
        return self.count > 0 and (self.maximum <= 0 or self.minimum == self.maximum)


@dataclass(frozen=True, slots=True)
class ClassMean:
    """Mean per-sample maximum of a unit over one class of the data set; `count` samples of it."""

    name: str
    mean: float
    count: int


@dataclass(frozen=True, slots=True)
class SimilarUnit:
    """Another unit of the same layer and the Pearson correlation of their per-sample maxima, -1..1."""

    unit: int
    correlation: float


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """A picture that belongs to a unit; its bytes are read by `id`.

    Attributes:
        id: key in this gallery.
        kind: what it is.
        rank: 0 is the best of its kind.
        value: activation; None where unknown.
        recipe: how it was synthesized; empty elsewhere.
        seed: of the synthesis; 0 elsewhere.
        size: `(height, width)`.
        metadata: whatever else is known, JSON values: `objective`, `natural_ratio`, `layer_rank`, `title`, ...
        job: hash of the job that stored it, the same in every gallery; empty where that is not repeatable.
    """

    id: int
    kind: ImageKind
    rank: int
    value: float | None
    recipe: str = ""
    seed: int = 0
    size: tuple[int, int] = (0, 0)
    metadata: dict[str, object] = field(default_factory=dict)
    job: str = ""


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """Everything a gallery knows of one unit.

    Attributes:
        unit: its address.
        exemplars: kind MAXIMUM, best first.
        minima: kind MINIMUM, smallest first.
        quantiles: kind QUANTILE, by band, then by place in the band.
        statistics: None where the layer was not scanned.
        histogram: of the per-sample maxima; None where the layer was not scanned.
        classes: classes with the largest mean, largest first; empty without labels.
        similar: units of the layer whose maxima correlate most, best first.
        images: pictures that belong to the unit.
        stale: why the rows do not belong to the running model, a sentence; empty where they do.
    """

    unit: UnitId
    exemplars: tuple[Exemplar, ...] = ()
    minima: tuple[Exemplar, ...] = ()
    quantiles: tuple[Exemplar, ...] = ()
    statistics: UnitStatistics | None = None
    histogram: UnitHistogram | None = None
    classes: tuple[ClassMean, ...] = ()
    similar: tuple[SimilarUnit, ...] = ()
    images: tuple[ImageRecord, ...] = ()
    stale: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class LayerRecord:
    """What a gallery knows of all units of a layer.

    Attributes:
        name: of the layer.
        units: number of units.
        count: samples seen.
        mean: float64 `(units,)`, as in `UnitStatistics`.
        std: float64 `(units,)`.
        active_fraction: float64 `(units,)`.
        minimum: float64 `(units,)`.
        maximum: float64 `(units,)`.
        correlation: float32 `(units, units)` of the per-sample maxima, -1..1, NaN where a unit never changes; None
            where it was turned off.
        stale: why the rows do not belong to the running model; empty where they do.
    """

    name: str
    units: int
    count: int
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    active_fraction: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    correlation: NDArray[np.float32] | None = None
    stale: str = ""

    @property
    def dead(self) -> NDArray[np.bool_]:
        """`(units,)`: as `UnitStatistics.dead`."""
        silent: NDArray[np.bool_] = (self.maximum <= 0) | (self.minimum == self.maximum)
        return silent if self.count > 0 else np.zeros_like(silent)


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """An encoded picture of an image file: `data` is JPEG, PNG or WebP; the file itself had `(height, width)`."""

    data: bytes
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """What results depend on; a row made with another identity is stale.

    Attributes:
        model: the model's key.
        weights_sha256: of the weights; empty where unknown.
        preprocessing: JSON text of the preprocessing and the fit.
    """

    model: str
    weights_sha256: str
    preprocessing: str


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One row of the gallery's table of jobs.

    Attributes:
        id: key in this gallery.
        kind: `scan`, `attribution`, `import`, `session`, `synthesis`.
        hash: of everything that decides the result; empty where it is not repeatable.
        identity: the model.
        data_root: folder of the images; empty where there is none.
        data_hash: of the listing.
        parameters: JSON values.
        versions: of the libraries that took part.
        device: where it ran.
        coverage: `(shard, shards, files done, files of the shard)`, one per shard that is in.
        samples: samples seen.
        skipped: files that could not be used.
        finished: every file of every shard is in, and the pictures of the winners are stored.
        updated_utc: ISO 8601.
    """

    id: int
    kind: str
    hash: str
    identity: ModelIdentity
    data_root: str = ""
    data_hash: str = ""
    parameters: dict[str, object] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    device: str = ""
    coverage: tuple[tuple[int, int, int, int], ...] = ()
    samples: int = 0
    skipped: int = 0
    finished: bool = False
    updated_utc: str = ""
