"""Everything a scan learns about the units of one layer, in one object."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
import torch

from deepvis.statistics.classes import ClassSums
from deepvis.statistics.covariance import MaximaCovariance, Scale
from deepvis.statistics.histogram import MaximumHistogram
from deepvis.statistics.moments import Moments
from deepvis.statistics.reduction import reduce_maps
from deepvis.statistics.sample import UniformSample
from deepvis.statistics.top import EMPTY, TopK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from deepvis.statistics.classes import ClassRanking
    from deepvis.statistics.moments import MomentValues
    from deepvis.statistics.ranking import Ranked
    from deepvis.statistics.reduction import Reduced

MOST_COVARIANCE_UNITS = 4096


@dataclass(frozen=True, slots=True)
class LayerOptions:
    """What is kept of a layer.

    Attributes:
        top: samples kept per unit with the largest maxima, and as many with the smallest minima.
        covariance: keep the covariance of the per-sample maxima, 8 bytes per pair of units; None: up to
            `MOST_COVARIANCE_UNITS` units.
        classes: number of classes of the data set; 0 without labels.
        sample: size of the uniform random sample the quantile bands are drawn from.
        seed: of the random sample.
    """

    top: int = 9
    covariance: bool | None = None
    classes: int = 0
    sample: int = 256
    seed: int = 0

    def wants_covariance(self, units: int) -> bool:
        """Whether the covariance of a layer of `units` units is kept."""
        return units <= MOST_COVARIANCE_UNITS if self.covariance is None else self.covariance


class _Part(Protocol):
    """One accumulator; it merges with its like."""

    def merge(self, other: Any) -> None: ...  # noqa: ANN401  (each with its own kind)

    def arrays(self) -> dict[str, NDArray[np.generic]]: ...


class LayerStatistics:
    """All accumulators of one layer.

    Samples are images, or crops of images, with an id of their own that is the same in every run. A map with a value
    that is not a finite number takes the sample out of that unit's figures; it is counted.
    """

    def __init__(
        self,
        units: int,
        options: LayerOptions,
        *,
        exponents: NDArray[np.int32] | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        """Start empty.

        Args:
            units: of the layer.
            options: what is kept.
            exponents: int32 `(units,)` from `covariance.calibrate`, the same for all shards; needed with covariance
                or classes.
            device: where the sums are kept; one that knows float64 (not Apple's GPUs: "cpu" there).

        Raises:
            ValueError: exponents are needed and missing, or not one per unit.
        """
        self.units = units
        self.options = replace(options, covariance=options.wants_covariance(units))
        self._device = torch.device(device)
        self._top = TopK(units, options.top, device=device)
        self._bottom = TopK(units, options.top, largest=False, device=device)
        self._moments = Moments(units, device)
        self._histogram = MaximumHistogram(units, device)
        self._sample = UniformSample(units, options.sample, seed=options.seed, device=device)
        self._covariance: MaximaCovariance | None = None
        self._classes: ClassSums | None = None
        self._scale: Scale | None = None
        if self.options.covariance or options.classes:
            if exponents is None or len(exponents) != units:
                raise ValueError("Covariance and classes need an exponent for each unit; see covariance.calibrate.")
            self._scale = Scale(exponents, device)
            self._covariance = MaximaCovariance(exponents, device) if self.options.covariance else None
            self._classes = ClassSums(exponents, options.classes, device) if options.classes else None

    @property
    def count(self) -> int:
        """Samples seen."""
        return self._moments.count

    def update(self, maps: torch.Tensor, samples: torch.Tensor, labels: torch.Tensor | None = None) -> None:
        """Add a batch.

        Args:
            maps: `(batch, units, height, width)`, any floating type, any device, any memory format; only read.
            samples: int64 `(batch,)`, ids, not negative; on the CPU for the best speed.
            labels: int64 `(batch,)`, class of each sample, -1 where unknown; ignored without classes.

        Raises:
            ValueError: a label is beyond the number of classes; nothing was added.
        """
        if not len(samples):
            return
        if self._classes is not None and labels is not None:
            self._classes.check(labels)
        with torch.inference_mode():
            reduced = reduce_maps(maps).to(self._device)
            self._moments.update(reduced)
            self._histogram.update(reduced.maxima, reduced.valid)
            self._top.update(reduced.maxima, samples, reduced.find_maximum)
            self._bottom.update(reduced.minima, samples, reduced.find_minimum)
            self._sample.update(reduced.maxima, reduced.maximum_positions, samples.cpu().numpy())
            self._update_scaled(reduced, labels)

    def _update_scaled(self, reduced: Reduced, labels: torch.Tensor | None) -> None:
        if self._scale is None:
            return
        scaled = self._scale.scaled(reduced.maxima)
        if self._covariance is not None:
            self._covariance.update(scaled, reduced.valid)
        if self._classes is not None and labels is not None:
            self._classes.update(scaled, labels, reduced.valid)

    def merge(self, other: LayerStatistics) -> None:
        """Add what another one saw, exactly; the two must not have a sample in common.

        Raises:
            ValueError: the other has other units or options.
        """
        if (self.units, self.options) != (other.units, other.options):
            raise ValueError("Only statistics of the same layer and options can be merged.")
        ours, theirs = self._parts(), other._parts()
        for name, part in ours.items():
            part.merge(theirs[name])
        finer = self._covariance or self._classes
        if finer is not None:
            self._scale = Scale(finer.exponents, self._device)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Everything, for storing; the same samples give the same arrays, bit for bit."""
        options = self.options
        numbers = [self.units, options.top, bool(options.covariance), options.classes, options.sample, options.seed]
        parts = {f"{name}.{key}": array for name, part in self._parts().items() for key, array in part.arrays().items()}
        return {"options": np.array(numbers, np.int64), **parts}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]], device: torch.device | str = "cpu") -> Self:
        """What `arrays` stored, options included."""
        units, top, covariance, classes, size, seed = (int(number) for number in arrays["options"])
        options = LayerOptions(top, bool(covariance), classes, size, seed)
        exponents = arrays.get("covariance.exponents", arrays.get("classes.exponents"))
        result = cls(units, options, exponents=None if exponents is None else exponents.astype(np.int32), device=device)
        result._top = TopK.from_arrays(_part(arrays, "top"), device)
        result._bottom = TopK.from_arrays(_part(arrays, "bottom"), device)
        result._moments = Moments.from_arrays(_part(arrays, "moments"), device)
        result._histogram = MaximumHistogram.from_arrays(_part(arrays, "histogram"), device)
        result._sample = UniformSample.from_arrays(_part(arrays, "sample"), device)
        if result._covariance is not None:
            result._covariance = MaximaCovariance.from_arrays(_part(arrays, "covariance"), device)
        if result._classes is not None:
            result._classes = ClassSums.from_arrays(_part(arrays, "classes"), device)
        return result

    def top(self) -> Ranked:
        """The samples with the largest spatial maxima, best first, `(units, top)`."""
        return self._top.ranked()

    def bottom(self) -> Ranked:
        """The samples with the smallest spatial minima, smallest first, `(units, top)`."""
        return self._bottom.ranked()

    def quantiles(self) -> Ranked:
        """Samples drawn from the bands of the maxima's distribution, `(units, bands x PER_BAND)`.

        Column = band x `PER_BAND` + place in the band; places a band cannot fill have sample -1.
        """
        return self._sample.bands()

    def moments(self) -> MomentValues:
        """Mean, std, active fraction, extremes, of every unit."""
        return self._moments.values()

    def histogram(self) -> NDArray[np.int64]:
        """Counts of the per-sample maxima, `(units, BINS)`, in the bins of `deepvis.gallery.histogram`."""
        return self._histogram.counts()

    def correlation(self) -> NDArray[np.float32] | None:
        """Pearson correlation of the per-sample maxima, `(units, units)`, NaN for constant units; None without it."""
        return None if self._covariance is None else self._covariance.correlation()

    def similar(self, count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The units whose maxima correlate most with each unit's, itself left out; equal ones by number.

        Returns:
            Units int64 and correlations float32 `(units, count)`, best first; -1 and NaN where there are fewer, or
            where no covariance is kept.
        """
        others = np.full((self.units, count), -1, np.int64)
        values = np.full((self.units, count), np.nan, np.float32)
        correlation = self.correlation()
        if correlation is None:
            return others, values
        np.fill_diagonal(correlation, np.nan)
        found = np.argsort(-correlation, axis=1, kind="stable")[:, :count]
        width = found.shape[1]
        values[:, :width] = np.take_along_axis(correlation, found, 1)
        others[:, :width] = np.where(np.isnan(values[:, :width]), -1, found)
        return others, values

    def classes(self, count: int) -> ClassRanking | None:
        """The classes with the largest mean maxima of every unit, and the selectivity; None without classes."""
        return None if self._classes is None else self._classes.ranking(count)

    def referenced_samples(self) -> NDArray[np.int64]:
        """Ids of all samples that `top`, `bottom` or `quantiles` name, ascending, each once."""
        rankings = (self.top(), self.bottom(), self.quantiles())
        named = np.unique(np.concatenate([ranked.samples.ravel() for ranked in rankings]))
        result: NDArray[np.int64] = named[named != EMPTY]
        return result

    def kept_samples(self) -> NDArray[np.int64]:
        """Ids of all samples that `referenced_samples` gives now, or may give after further updates or merges.

        Which of the random sample are drawn for a band changes with every sample that comes.
        """
        ranked = np.concatenate([self.top().samples.ravel(), self.bottom().samples.ravel()])
        named = np.union1d(ranked, self._sample.samples())
        kept: NDArray[np.int64] = named[named != EMPTY]
        return kept

    def _parts(self) -> dict[str, _Part]:
        """Those whose merge may fail first, so that nothing is half merged."""
        parts: dict[str, _Part | None] = {
            "covariance": self._covariance,
            "classes": self._classes,
            "top": self._top,
            "bottom": self._bottom,
            "moments": self._moments,
            "histogram": self._histogram,
            "sample": self._sample,
        }
        return {name: part for name, part in parts.items() if part is not None}


def _part(arrays: Mapping[str, NDArray[np.generic]], name: str) -> dict[str, NDArray[np.generic]]:
    return {key.removeprefix(f"{name}."): array for key, array in arrays.items() if key.startswith(f"{name}.")}
