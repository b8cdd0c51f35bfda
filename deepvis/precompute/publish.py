"""From what a scan has accumulated to the rows of a gallery."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from deepvis.gallery.rows import (
    KINDS,
    WHOLE_IMAGE,
    ClassRows,
    ExemplarRows,
    FileRow,
    LayerRows,
    SimilarRows,
    SkippedFile,
    StatisticsRows,
)
from deepvis.precompute.listing import readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis.gallery.writer import GalleryWriter
    from deepvis.precompute.plan import ScanPlan
    from deepvis.precompute.scan_state import ScanState
    from deepvis.records import LayerInfo, Rect
    from deepvis.statistics.layer import LayerStatistics
    from deepvis.statistics.ranking import Ranked

CLASSES = 5
"""Classes kept per unit."""

SIMILAR = 12
"""Similar units kept per unit."""

_ROUNDING = 1e-6
"""Of a pixel: what arithmetic may add to an edge that lies on a pixel's border."""


def publish(writer: GalleryWriter, job: int, plan: ScanPlan, state: ScanState) -> None:
    """Write everything there is to show, in place of what the layers had before, in one transaction."""
    places = SamplePlaces(plan, state)
    # made before the transaction: others may write meanwhile
    rows = [layer_rows(layer, state.layers[layer.name], places) for layer in plan.layers]
    samples = np.concatenate([one.exemplars.sample for one in rows])
    files = np.unique(samples // state.per_file).tolist()
    with writer.transaction():
        if plan.labeling.names:
            writer.write_classes([readable(name) for name in plan.labeling.names])
        writer.write_files(job, [_file_row(plan, number, state.sizes[number]) for number in files])
        for one in rows:
            writer.write_layer(job, one)
        writer.remove_unused_files()
        writer.write_arrays(job, _picture_arrays(state))
        write_skipped(writer, job, plan, state)


def write_skipped(writer: GalleryWriter, job: int, plan: ScanPlan, state: ScanState) -> None:
    """List the files that could not be used, those that were not even tried included."""
    problems = sorted((plan.listing.problems | state.problems).items())
    writer.write_skipped(
        job, [SkippedFile(number, plan.listing.readable_name(number), readable(reason)) for number, reason in problems]
    )


class SamplePlaces:
    """Where the exemplars of a scan lie in their image files."""

    def __init__(self, plan: ScanPlan, state: ScanState) -> None:
        self._plan = plan
        self._sizes = state.sizes
        self._known: dict[int, tuple[float, ...]] = {}

    @property
    def per_file(self) -> int:
        """Samples per image file."""
        return self._plan.recipe.per_file

    def network_boxes(self, layer: LayerInfo) -> NDArray[np.int32] | None:
        """Receptive fields of a layer's positions in network input pixels; None where unknown."""
        return self._plan.boxes.get(layer.name)

    def boxes(self, layer: LayerInfo, samples: NDArray[np.int64], positions: NDArray[np.int32]) -> NDArray[np.int32]:
        """What positions of a layer see of the image file.

        Args:
            layer: of the positions.
            samples: ids, `(n,)`.
            positions: row x width + column in the layer's map, `(n,)`.

        Returns:
            int32 `(n, 4)`: top, left, height, width in whole pixels of the image file, at least one, inside the image
            and inside the sample; `WHOLE_IMAGE` where it is all of it.
        """
        if not len(samples):
            return np.empty((0, 4), np.int32)
        unique, place = np.unique(samples, return_inverse=True)
        scale_row, scale_column, offset_row, offset_column, *edges, height, width = np.array(
            [self._place(sample) for sample in unique.tolist()]
        ).T[:, place]
        inputs = self._input_boxes(layer, positions)
        first = _inside((inputs[0] - offset_row) / scale_row, edges[0], edges[2], np.floor)
        last = _inside((inputs[2] - offset_row) / scale_row, edges[0], edges[2], np.ceil)
        left = _inside((inputs[1] - offset_column) / scale_column, edges[1], edges[3], np.floor)
        right = _inside((inputs[3] - offset_column) / scale_column, edges[1], edges[3], np.ceil)
        first, left = np.minimum(first, edges[2] - 1), np.minimum(left, edges[3] - 1)
        found = np.stack([first, left, np.maximum(last - first, 1), np.maximum(right - left, 1)], axis=1).astype(
            np.int32
        )
        whole = (found[:, 2] == height) & (found[:, 3] == width)
        found[whole] = WHOLE_IMAGE
        return found

    def _input_boxes(self, layer: LayerInfo, positions: NDArray[np.int32]) -> NDArray[np.float64]:
        """`(4, n)`: first row, first column, last row + 1, last column + 1 of the network's input."""
        rows, columns = self._plan.recipe.preprocessing.input_size
        everything = np.array([0, 0, rows, columns], np.float64)[:, None]
        boxes = self.network_boxes(layer)
        if boxes is None:
            return np.repeat(everything, len(positions), axis=1)
        found = boxes.reshape(4, -1)[:, positions].astype(np.float64)
        # a position that sees nothing gives its value for every image: it has no place in any
        return np.where((found[2] > found[0]) & (found[3] > found[1]), found, everything)

    def _place(self, sample: int) -> tuple[float, ...]:
        """Scale and offset of the sample, its edges in the image, the image's size."""
        if sample not in self._known:
            number, index = divmod(sample, self.per_file)
            size = self._sizes[number]
            geometry = self._plan.recipe.geometry(*size, index)
            seen = _clipped(self._plan.recipe.seen(*size, index), size)
            self._known[sample] = (
                geometry.scale_row,
                geometry.scale_column,
                geometry.offset_row,
                geometry.offset_column,
                *seen,
                *size,
            )
        return self._known[sample]


def layer_rows(layer: LayerInfo, statistics: LayerStatistics, places: SamplePlaces) -> LayerRows:
    """Everything the gallery keeps of one layer."""
    others, correlations = statistics.similar(SIMILAR)
    correlation = statistics.correlation()
    ranking = statistics.classes(CLASSES)
    return LayerRows(
        layer,
        _statistics_rows(statistics, None if ranking is None else ranking.selectivity),
        _exemplar_rows(layer, statistics, places),
        places.per_file,
        None if ranking is None else ClassRows(ranking.classes, ranking.means, ranking.counts),
        None if correlation is None else SimilarRows(others, correlations),
        correlation,
        places.network_boxes(layer),
    )


def _statistics_rows(statistics: LayerStatistics, selectivity: NDArray[np.float64] | None) -> StatisticsRows:
    moments = statistics.moments()
    return StatisticsRows(
        moments.count,
        moments.mean,
        moments.std,
        moments.active_fraction,
        moments.minimum,
        moments.maximum,
        moments.mean_maximum,
        moments.nan_count,
        statistics.histogram(),
        selectivity,
    )


def _exemplar_rows(layer: LayerInfo, statistics: LayerStatistics, places: SamplePlaces) -> ExemplarRows:
    ranked = (statistics.top(), statistics.bottom(), statistics.quantiles())
    parts = [_of_kind(kind, one) for kind, one in zip(range(len(KINDS)), ranked, strict=True)]
    kind, unit, rank, sample, value, position = (np.concatenate(column) for column in zip(*parts, strict=True))
    box = places.boxes(layer, sample, position)
    return ExemplarRows(kind, unit, rank, sample, value, position // layer.width, position % layer.width, box)


def _of_kind(kind: int, ranked: Ranked) -> Sequence[NDArray[np.generic]]:
    """Kind, unit, rank, sample, value, position of the places that are filled."""
    unit, rank = np.nonzero(ranked.samples >= 0)
    chosen = (unit, rank)
    return (
        np.full(len(unit), kind, np.int8),
        unit,
        rank,
        ranked.samples[chosen],
        ranked.values[chosen],
        ranked.positions[chosen],
    )


def _file_row(plan: ScanPlan, number: int, size: tuple[int, int]) -> FileRow:
    label = plan.labeling.of(number)
    return FileRow(number, plan.listing.readable_name(number), *size, None if label < 0 else label)


def _picture_arrays(state: ScanState) -> dict[str, NDArray[np.generic]]:
    """Statistics of the data set's pictures, as exactly as anybody needs them."""
    pictures = state.pictures
    return {
        "mean_image": rounded(pictures.mean_image()),
        "color_mean": pictures.color_mean(),
        "color_covariance": pictures.color_covariance(),
        "amplitude_spectrum": rounded(pictures.mean_amplitude()),
        "picture_count": np.array(pictures.count, np.int64),
    }


def rounded(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Values to 12 of float32's 23 fraction bits, 1 part in 8,000: what follows are zeros, which take no space."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    half, kept = np.uint32(1 << 10), np.uint32(0xFFFFF800)
    found: NDArray[np.float32] = ((bits + half) & kept).view(np.float32)
    return found


def _inside(
    edges: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], rounding: np.ufunc
) -> NDArray[np.float64]:
    nudge = _ROUNDING if rounding is np.floor else -_ROUNDING
    rounded: NDArray[np.float64] = rounding(edges + nudge)
    return np.clip(rounded, low, high)


def _clipped(seen: Rect, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """First row, first column, last row + 1, last column + 1, inside the image."""
    return (
        max(0, math.floor(seen.top)),
        max(0, math.floor(seen.left)),
        min(size[0], math.ceil(seen.bottom)),
        min(size[1], math.ceil(seen.right)),
    )
