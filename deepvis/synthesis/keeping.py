"""Finished pictures as rows of a gallery: what decides them, and what is known of each.

The command and the window store pictures through here, so that both name and number them alike.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis.gallery.records import ImageKind, JobRecord, ModelIdentity
from deepvis.gallery.rows import ImageRow
from deepvis.records import SOFTMAX
from deepvis.sources.encode import encode_webp
from deepvis.synthesis.objectives import OBJECTIVES, sign_of
from deepvis.synthesis.registry import piece

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from deepvis.gallery.writer import GalleryWriter
    from deepvis.models.engine import Engine
    from deepvis.records import LayerInfo
    from deepvis.synthesis.natural_images import NaturalStatistics
    from deepvis.synthesis.recipe import Recipe
    from deepvis.synthesis.synthesis import Synthesis

KIND = "synthesis"
"""Of jobs."""

QUALITY = 90
"""Of stored pictures, WebP."""

_FORMAT = 1
"""Counts up when the same recipe gives other pictures."""
_PACKAGES = ("torch", "torchvision", "numpy")
_SEED_BYTES = 7


def picture_seeds(layer: str, units: Sequence[int], numbers: Sequence[int]) -> tuple[int, ...]:
    """What the random numbers of pictures begin with: another number for every unit, the same on every machine.

    Args:
        layer: name of the layer.
        units: one per picture.
        numbers: the seed that people see, one per picture: 0 for a unit's first picture, 1 for its second, ...
    """
    return tuple(_mixed(f"{layer}/{unit}/{number}") for unit, number in zip(units, numbers, strict=True))


def synthesis_job(  # noqa: PLR0913  (everything that decides a picture)
    engine: Engine,
    recipe: Recipe,
    natural: NaturalStatistics,
    *,
    size: int | None = None,
    steps: int | None = None,
    start: str = "",
    others: Mapping[str, object] | None = None,
) -> JobRecord:
    """How a gallery knows pictures of one kind: equal jobs give equal pictures for equal units and seeds.

    Args:
        engine: the network.
        recipe: as it was chosen, with its alternative for classes.
        natural: averages over natural pictures that it may use.
        size: height and width, where another than the recipe's was chosen.
        steps: forward passes, where others than the recipe's were chosen.
        start: digest of the picture that the ascent began with; empty for noise.
        others: what else decides the pictures, JSON values: number format of the arithmetic, a generator, patches.
    """
    loaded = engine.loaded
    identity = ModelIdentity(loaded.name, loaded.weights_sha256, loaded.preprocessing.identity())
    decisive: dict[str, object] = {
        "format": _FORMAT,
        "recipe": json.loads(recipe.to_json()),
        "size": size,
        "steps": steps,
        "start": start,
        "precision": str(engine.precision),
        "natural": _digest(natural),
        **(others or {}),
    }
    text = json.dumps([asdict(identity), decisive], sort_keys=True)
    return JobRecord(
        id=0,
        kind=KIND,
        hash=hashlib.sha256(text.encode()).hexdigest(),
        identity=identity,
        parameters={**decisive, "natural_source": natural.source},
        versions={name: version(name) for name in _PACKAGES},
        device=str(engine.device),
        finished=True,
    )


def image_rows(
    synthesis: Synthesis,
    numbers: Sequence[int],
    natural_maxima: NDArray[np.float64] | None = None,
    *,
    quality: int = QUALITY,
    more: Mapping[str, object] | None = None,
) -> tuple[ImageRow, ...]:
    """Rows of finished pictures, in their order.

    Args:
        synthesis: the pictures.
        numbers: their seeds, as people see them.
        natural_maxima: `(units,)` largest activation of each unit of the layer over a scanned data set; None: unknown.
        quality: of the pictures, 1..100.
        more: for the metadata of all of them.
    """
    return tuple(
        _row(synthesis, place, number, _natural(synthesis, place, natural_maxima), quality, dict(more or {}))
        for place, number in enumerate(numbers)
    )


def store(
    writer: GalleryWriter, job: JobRecord, layer: LayerInfo, rows: Sequence[ImageRow]
) -> tuple[JobRecord, tuple[int, ...]]:
    """Write pictures in one transaction; those of the same job, unit and seed are replaced.

    Returns:
        The job as the gallery knows it, and the keys of the pictures.

    Raises:
        GalleryError: the gallery cannot be written to.
    """
    with writer.transaction():
        entered = replace(job, id=writer.take_up_job(job))
        writer.add_layer(layer)
        return entered, tuple(writer.add_image(entered.id, row) for row in rows)


def changed(recipe: Recipe) -> Recipe:
    """A recipe of which something was changed; the name says so, also for classes."""
    return _renamed(recipe, f"{recipe.name}, changed")


def negated(recipe: Recipe) -> Recipe:
    """The recipe that seeks what turns units off; its alternative for classes does, too. The name says so.

    Raises:
        ValueError: its objective cannot be turned around; the message is a sentence.
    """
    if not any(setting.name == "sign" for setting in OBJECTIVES[recipe.objective.name].parameters):
        raise ValueError(f"The objective '{recipe.objective.name}' cannot be turned around: choose another recipe.")
    objective = piece(recipe.objective.name, **{**dict(recipe.objective.values), "sign": -1.0})
    for_classes = None if recipe.for_classes is None else negated(recipe.for_classes)
    return recipe.changed(name=f"{recipe.name}, negative", objective=objective, for_classes=for_classes)


def _renamed(recipe: Recipe, name: str) -> Recipe:
    alternative = recipe.for_classes
    return recipe.changed(name=name, for_classes=None if alternative is None else alternative.changed(name=name))


def is_negative(synthesis: Synthesis) -> bool:
    """The pictures turn their units off."""
    return sign_of(synthesis.request.recipe.objective) < 0


def _row(
    synthesis: Synthesis, place: int, number: int, natural: float | None, quality: int, more: dict[str, object]
) -> ImageRow:
    request, image = synthesis.request, synthesis.images[place]
    negative = is_negative(synthesis)
    objective, peak = float(synthesis.objectives[place]), float(synthesis.peaks[place])
    value = objective / sign_of(request.recipe.objective) if negative else peak
    metadata: dict[str, Any] = {
        "objective": _number(objective),
        "description": synthesis.description,
        "layer_rank": int(synthesis.ranks[place]),
        "majority": int(synthesis.majority[place]),
        # a picture that was begun anew may have taken more
        "steps": int(np.isfinite(synthesis.trajectory[:, place]).sum()) or request.passes,
        "input_size": list(synthesis.input_size),
        "seconds": round(synthesis.seconds / len(request.units), 3),
    }
    if natural is not None and not negative:
        metadata |= {"natural_maximum": natural, "natural_ratio": value / natural}
    metadata |= {"negative": True} if negative else {}
    metadata |= {"reason": synthesis.reasons[place]} if synthesis.reasons[place] else {}
    return ImageRow(
        layer=request.layer,
        unit=request.units[place],
        kind=ImageKind.SYNTHESIS,
        data=encode_webp(image, quality),
        height=image.shape[0],
        width=image.shape[1],
        value=_number(value),
        recipe=request.recipe.name,
        seed=number,
        metadata={**metadata, **more},
    )


def _natural(synthesis: Synthesis, place: int, maxima: NDArray[np.float64] | None) -> float | None:
    # pictures of the softmax layer are measured before the softmax, a scan measures behind it
    if maxima is None or synthesis.request.layer == SOFTMAX:
        return None
    maximum = float(maxima[synthesis.request.units[place]])
    return maximum if math.isfinite(maximum) and maximum > 0 else None


def _number(value: float) -> float | None:
    # JSON knows no "not a number"
    return value if math.isfinite(value) else None


def _mixed(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=_SEED_BYTES).digest(), "big")


def _digest(natural: NaturalStatistics) -> str:
    hashed = hashlib.sha256()
    for array in (natural.color_mean, natural.color_covariance, natural.mean_amplitude):
        hashed.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
    return hashed.hexdigest()[:16]
