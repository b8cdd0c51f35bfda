"""What is handed to the gallery for writing: frozen values, columns as NumPy arrays.

One `LayerRows` replaces all that a gallery knows of a layer. Nothing here is read back; what is read are the values of
`deepvis.gallery.records`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from deepvis.gallery.records import ExemplarKind, ImageKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.records import LayerInfo

KINDS = (ExemplarKind.MAXIMUM, ExemplarKind.MINIMUM, ExemplarKind.QUANTILE)
"""Kinds of exemplars; the place in this row is the number in the file and in `ExemplarRows.kind`."""

WHOLE_IMAGE = (-1, -1, -1, -1)
"""The box of an exemplar that sees the whole image file."""


@dataclass(frozen=True, slots=True, eq=False)
class StatisticsRows:
    """Figures of every unit of a layer; every array has one entry per unit. Meanings as in `UnitStatistics`.

    Attributes:
        count: int64 `(units,)`: samples seen.
        mean: float64 `(units,)`.
        std: float64 `(units,)`.
        active_fraction: float64 `(units,)`.
        minimum: float64 `(units,)`.
        maximum: float64 `(units,)`.
        mean_maximum: float64 `(units,)`.
        nan_count: int64 `(units,)`.
        histogram: integers `(units, BINS)`: samples by the bin of their maximum (`deepvis.gallery.histogram`).
        selectivity: float64 `(units,)`, NaN where a unit has none; None without labels.
    """

    count: NDArray[np.int64]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    active_fraction: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    mean_maximum: NDArray[np.float64]
    nan_count: NDArray[np.int64]
    histogram: NDArray[np.int64]
    selectivity: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ExemplarRows:
    """Exemplars of a layer in any order; every array has one entry per exemplar. Leave empty places out.

    Attributes:
        kind: integers `(n,)`: place in `KINDS`.
        unit: integers `(n,)`.
        rank: integers `(n,)`: as in `Exemplar.rank`; a unit's ranks of one kind may have gaps.
        sample: int64 `(n,)`: id of the sample; its file is number `sample // samples_per_file` of the job's listing.
        value: float32 `(n,)`.
        row: integers `(n,)`: of the position in the layer's map.
        column: integers `(n,)`.
        box: integers `(n, 4)`: top, left, height, width in pixels of the original image; `WHOLE_IMAGE` for all of it.
    """

    kind: NDArray[np.integer]
    unit: NDArray[np.integer]
    rank: NDArray[np.integer]
    sample: NDArray[np.int64]
    value: NDArray[np.float32]
    row: NDArray[np.integer]
    column: NDArray[np.integer]
    box: NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class ClassRows:
    """Classes with the largest mean, for every unit.

    Attributes:
        classes: integers `(units, n)`: class number, largest mean first; -1 where there is none.
        mean: float64 `(units, n)`: mean of the per-sample maxima over the class.
        count: integers `(units, n)`: samples of the class.
    """

    classes: NDArray[np.integer]
    mean: NDArray[np.float64]
    count: NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class SimilarRows:
    """Units whose maxima correlate most, for every unit.

    Attributes:
        other: integers `(units, n)`: another unit of the layer, best first; -1 where there is none.
        correlation: floats `(units, n)`, -1..1; kept as float32.
    """

    other: NDArray[np.integer]
    correlation: NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class LayerRows:
    """Everything a scan found out about a layer.

    Attributes:
        layer: name, type, units, size of the map.
        statistics: figures of every unit.
        exemplars: of all kinds.
        samples_per_file: samples made of each file; file number = sample // samples_per_file.
        classes: None without labels.
        similar: None where correlations were turned off.
        correlation: float32 `(units, units)`, symmetric, NaN where a unit never changes; None where turned off. Kept in
            steps of 1/127 (int8, upper triangle).
        boxes: integers `(4, height, width)`: receptive fields in pixels of the network's input, as
            `models.receptive_field.receptive_boxes` gives them; None where unknown.
    """

    layer: LayerInfo
    statistics: StatisticsRows
    exemplars: ExemplarRows
    samples_per_file: int = 1
    classes: ClassRows | None = None
    similar: SimilarRows | None = None
    correlation: NDArray[np.float32] | None = None
    boxes: NDArray[np.integer] | None = None


@dataclass(frozen=True, slots=True)
class FileRow:
    """An image file that exemplars refer to.

    Attributes:
        number: place in the job's listing.
        path: below the job's `data_root`, with `/`; an absolute path where there is no root.
        height: of the original image, in pixels.
        width: of the original image, in pixels.
        class_number: of the data set; None without labels.
        id: key in the gallery; 0 before it is written.
    """

    number: int
    path: str
    height: int
    width: int
    class_number: int | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that could not be used, and why, as a sentence; `number` and `path` as in `FileRow`."""

    number: int
    path: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class ImageRow:
    """A picture that belongs to a unit.

    Attributes:
        layer: name of the layer.
        unit: number of the unit; -1 for a picture of the whole layer.
        kind: what it is.
        data: encoded: JPEG, PNG or WebP.
        height: in pixels.
        width: in pixels.
        rank: 0 is the best of its kind.
        value: activation; None where unknown.
        recipe: how it was synthesized; empty elsewhere.
        seed: of the synthesis; 0 elsewhere.
        metadata: whatever else is known, JSON values.
    """

    layer: str
    unit: int
    kind: ImageKind
    data: bytes
    height: int
    width: int
    rank: int = 0
    value: float | None = None
    recipe: str = ""
    seed: int = 0
    metadata: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class SavedState:
    """Where an unfinished job goes on: its arrays, and what it says of its progress (JSON values)."""

    arrays: dict[str, NDArray[np.generic]]
    progress: dict[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class BestExemplars:
    """Exemplars of one kind of a whole layer, by unit, then by rank; every array has one entry per exemplar.

    Attributes:
        unit: int32 `(n,)`.
        rank: int32 `(n,)`.
        value: float32 `(n,)`.
        file: int64 `(n,)`: key of the image file in the gallery.
        sample: int64 `(n,)`.
        row: int32 `(n,)`: of the position in the layer's map.
        column: int32 `(n,)`.
        box: int32 `(n, 4)`: top, left, height, width in pixels of the original image, never `WHOLE_IMAGE`.
    """

    unit: NDArray[np.int32]
    rank: NDArray[np.int32]
    value: NDArray[np.float32]
    file: NDArray[np.int64]
    sample: NDArray[np.int64]
    row: NDArray[np.int32]
    column: NDArray[np.int32]
    box: NDArray[np.int32]

    @classmethod
    def empty(cls) -> BestExemplars:
        """No exemplars."""
        numbers, places = np.empty(0, np.int32), np.empty(0, np.int64)
        return cls(
            numbers, numbers, np.empty(0, np.float32), places, places, numbers, numbers, np.empty((0, 4), np.int32)
        )
