"""The loop: make or fetch the pictures of every recipe, measure them, add floors and ceilings."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from deepvis.evaluation.making import Made, Shelf
from deepvis.evaluation.measurement import Kind, Measurement, Motif, Role
from deepvis.evaluation.natural import square
from deepvis.evaluation.picture_figures import PictureFigures, figures_of
from deepvis.evaluation.response import LayerAnswers
from deepvis.evaluation.workshop import Workshop, nobody
from deepvis.records import SOFTMAX
from deepvis.synthesis.natural_images import NaturalStatistics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from deepvis.evaluation.judges import Judge
    from deepvis.evaluation.making import Maker
    from deepvis.evaluation.natural import Photographs, Scanned
    from deepvis.evaluation.units import Draw
    from deepvis.evaluation.workshop import Progress
    from deepvis.models.engine import Engine
    from deepvis.records import LayerInfo

NOISE = "random noise"
ANOTHER = "another unit's picture"
EXEMPLARS = "natural exemplars"


@dataclass(frozen=True, eq=False)
class Bench:
    """What pictures are measured with.

    Attributes:
        engine: the visualized network.
        photographs: natural pictures to compare with.
        judges: independent networks; none to measure no transfer.
        scanned: galleries with natural maxima and exemplars, the first that knows a layer counts; none takes the
            maxima over the photographs.
        shelf: keeps pictures.
        natural: averages over natural pictures, for the colors.
    """

    engine: Engine
    photographs: Photographs
    judges: tuple[Judge, ...] = ()
    scanned: tuple[Scanned, ...] = ()
    shelf: Shelf = field(default_factory=lambda: Shelf(None))
    natural: NaturalStatistics = field(default_factory=NaturalStatistics.built_in)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture, what it is of, and the layer."""

    layer: LayerInfo
    motif: Motif
    made: Made


class Evaluation:
    """Measures makers on the same units."""

    def __init__(self, bench: Bench, draws: Sequence[Draw], pictures_per_unit: int = 1) -> None:
        """Take the units; every one gets the same number of pictures, with the seeds 0, 1, 2, ..."""
        self._bench = bench
        self._draws = tuple(draws)
        self._numbers = range(pictures_per_unit)
        self._info = bench.engine.info()
        self.natural_maxima = cache(self._natural_maxima)
        self.pictures: dict[str, list[Picture]] = {}
        """By arm, once they were made."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers whose units are measured."""
        return tuple(draw.layer.name for draw in self._draws)

    def run(self, makers: Sequence[Maker], report: Callable[[Progress], None] = nobody) -> tuple[Measurement, ...]:
        """Measurements of all makers in their order, then floors (of the first one) and ceiling.

        Raises:
            ModelError: the network cannot be run.
            ValueError: a recipe needs something that is missing; the message is a sentence.
        """
        if not makers:
            raise ValueError("No recipe was named, so there is nothing to evaluate.")
        workshop = Workshop(self._bench.shelf, makers, self._draws, self._numbers, report)
        measured: list[Measurement] = []
        for maker in makers:
            for draw in self._draws:
                self.pictures.setdefault(maker.name, []).extend(self._made(maker, draw, workshop))
            workshop.say(f"measuring {maker.name}")
            measured += self._measured(maker.name, Role.RECIPE, self.pictures[maker.name])
        first = makers[0]
        workshop.say("measuring floors and ceiling")
        for name, role, pictures in (
            (f"{ANOTHER} ({first.name})", Role.FLOOR, _exchanged(self.pictures[first.name])),
            (NOISE, Role.FLOOR, list(self._noise(first.size))),
            (EXEMPLARS, Role.CEILING, list(self._exemplars())),
        ):
            self.pictures[name] = pictures
            measured += self._measured(name, role, pictures)
        return tuple(measured)

    def _made(self, maker: Maker, draw: Draw, workshop: Workshop) -> Iterator[Picture]:
        for (unit, number), made in workshop.pictures(maker, draw).items():
            yield Picture(draw.layer, self._motif(draw, unit, number), made)

    def _motif(self, draw: Draw, unit: int, number: int = 0) -> Motif:
        kind = Kind.CLASSES if draw.is_classes else Kind.HIDDEN
        return Motif(kind, draw.layer.name, unit, self._info.label(draw.layer, unit), number)

    def _measured(self, arm: str, role: Role, pictures: Sequence[Picture]) -> list[Measurement]:
        found = []
        for layer in dict.fromkeys(picture.layer for picture in pictures):
            found += self._layer(arm, role, layer, [picture for picture in pictures if picture.layer == layer])
        return found

    def _layer(self, arm: str, role: Role, layer: LayerInfo, pictures: Sequence[Picture]) -> list[Measurement]:
        images = [picture.made.rgb for picture in pictures]
        units = [picture.motif.unit for picture in pictures]
        size = images[0].shape[0]
        responses = LayerAnswers(self._bench.engine, layer.name, size).responses(images, units)
        maxima, _ = self.natural_maxima(layer.name)
        # of hidden units a judge tells only how far seeds are apart
        judges = self._bench.judges if layer.is_classes or len(self._numbers) > 1 else ()
        logits = {judge.name: judge.logits(images) for judge in judges}
        opinions = {
            judge.name: judge.opinions(logits[judge.name], units) if layer.is_classes else [] for judge in judges
        }
        usual = self._usual(size)
        return [
            Measurement(
                arm=arm,
                role=role,
                motif=picture.motif,
                response=responses[place],
                natural_maximum=float(maxima[picture.motif.unit]),
                figures=figures_of(picture.made.rgb, self._bench.natural),
                usual=usual,
                opinions={name: said[place] for name, said in opinions.items() if said},
                wall_s=picture.made.wall_s,
                cpu_s=picture.made.cpu_s,
                reason=picture.made.reason,
                features=next((rows[place] for rows in logits.values()), None),
            )
            for place, picture in enumerate(pictures)
        ]

    def _usual(self, size: int) -> PictureFigures:
        photographs = self._bench.photographs
        return PictureFigures(**{row.name: photographs.usual(row.name, size) for row in fields(PictureFigures)})

    def _natural_maxima(self, layer: str) -> tuple[NDArray[np.float64], str]:
        """Largest activations of a layer's units by natural pictures, and which pictures these were."""
        for scanned in self._bench.scanned if layer != SOFTMAX else ():
            best = scanned.best(layer)
            if best is not None:
                return best.maxima, f"{best.samples:,} samples of {scanned.path}"
        photographs = self._bench.photographs
        size = min(self._info.input_size[1:])
        pictures = [square(picture, size) for picture in photographs.pictures]
        peaks = LayerAnswers(self._bench.engine, layer, size).peaks(pictures)
        return peaks.max(0), f"{photographs.count} images of {photographs.source}"

    def _noise(self, size: int) -> Iterator[Picture]:
        for draw in self._draws:
            generator = np.random.default_rng(zlib.crc32(draw.layer.name.encode()))
            for unit in draw.units:
                rgb = generator.integers(0, 256, (size, size, 3), dtype=np.uint8)
                yield Picture(draw.layer, self._motif(draw, unit), Made(rgb, math.nan, math.nan))

    def _exemplars(self) -> Iterator[Picture]:
        # at the size at which the network saw them in the scan
        size = min(self._info.input_size[1:])
        for draw in self._draws:
            for unit in draw.units:
                found = self._exemplar(draw, unit, size)
                if found is not None:
                    yield Picture(draw.layer, self._motif(draw, unit), Made(found, math.nan, math.nan))

    def _exemplar(self, draw: Draw, unit: int, size: int) -> NDArray[np.uint8] | None:
        for scanned in self._bench.scanned:
            found = scanned.exemplar(self._info, draw.layer.name, unit, size)
            if found is None:
                continue
            rgb, label = found
            # what excites a class most in a few images need not show it
            return rgb if not draw.is_classes or label == self._info.label(draw.layer, unit) else None
        return None


def _exchanged(pictures: Sequence[Picture]) -> list[Picture]:
    """Every unit gets the pictures of the next one of its layer; layers of which one unit was drawn are left out."""
    found = []
    for layer in dict.fromkeys(picture.layer for picture in pictures):
        units = list(dict.fromkeys(picture.motif.unit for picture in pictures if picture.layer == layer))
        following = dict(zip(units, [*units[1:], units[0]], strict=True))
        by_place = {(p.motif.unit, p.motif.number): p for p in pictures if p.layer == layer}
        for (unit, number), picture in by_place.items() if len(units) > 1 else ():
            other = by_place[following[unit], number].made
            found.append(Picture(layer, picture.motif, Made(other.rgb, math.nan, math.nan)))
    return found
