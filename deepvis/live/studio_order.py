"""From a wish to what an ascent is asked: the recipe with its changes and its name, seeds, what it begins with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from deepvis.live.demo_patches import demo_patches
from deepvis.live.recipe_changes import recipe_changes
from deepvis.live.replay import how_made, recipe_of
from deepvis.live.studio_news import Start
from deepvis.models.errors import ModelError
from deepvis.models.two_inputs import refuse_pairs
from deepvis.synthesis.keeping import changed, negated, picture_seeds, synthesis_job
from deepvis.synthesis.objectives import told_apart
from deepvis.synthesis.patch_source import PATCH_PRIOR, digest_of
from deepvis.synthesis.recipe import SETTINGS
from deepvis.synthesis.recipes import recipe_named
from deepvis.synthesis.references import reference_facts
from deepvis.synthesis.registry import piece
from deepvis.synthesis.regularizers.table import REGULARIZERS
from deepvis.synthesis.synthesis import SynthesisRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis.gallery.records import JobRecord
    from deepvis.live.loan import Loan
    from deepvis.live.studio_door import NumberedWish
    from deepvis.live.studio_news import RegularizerChoice, StudioWish
    from deepvis.models.engine import Engine
    from deepvis.records import LayerInfo
    from deepvis.synthesis.recipe import Recipe
    from deepvis.synthesis.registry import Piece
    from deepvis.synthesis.synthesis import Materials

_DIGEST = 16
_ASKED = ("size", "steps")  # settings of a recipe that a wish has under the same name


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """A wish that can be worked on.

    Attributes:
        number: of the wish.
        wish: what was asked for.
        layer: of the unit.
        request: for the ascent.
        materials: for the ascent.
        job: how a gallery knows the pictures.
        recipe: name under which they are stored.
        more: what their metadata say beside the figures.
        changes: what of the recipe was changed, in words.
        how: what others like these are made from.
        objective: what it is, where it is something else than the unit's activation; empty where it is that.
    """

    number: int
    wish: StudioWish
    layer: LayerInfo
    request: SynthesisRequest
    materials: Materials
    job: JobRecord
    recipe: str
    more: dict[str, object]
    changes: str = ""
    how: str = ""
    objective: str = ""


def order(asked: NumberedWish, loan: Loan, materials: Materials) -> Order:
    """What is to be done for a wish; `materials` as for the command, so that both make the same pictures.

    Raises:
        GalleryError: a gallery with natural pictures that the recipe asks for cannot be read.
        ValueError: the wish cannot be fulfilled; the message is a sentence.
        ModelError: there is no such layer or unit.
    """
    engine = loan.engine
    wish, given = _as_before(asked.wish)
    refuse_pairs(engine.loaded.name, engine.loaded.preprocessing, "synthesis")
    layer = _layer(engine, wish)
    recipe = _recipe(wish, recipe_named(wish.recipe), is_classes=layer.is_classes) if given is None else given
    _check(wish)
    if recipe.regularizes_with(PATCH_PRIOR):
        materials = replace(materials, patches=demo_patches())
    size = recipe.size if wish.size is None else wish.size
    picture, title = _start(wish, loan)
    start = None if picture is None else _resized(picture, size)
    units = (wish.unit.unit,) * len(wish.seeds)
    request = SynthesisRequest(
        wish.unit.layer,
        units,
        picture_seeds(wish.unit.layer, units, wish.seeds),
        recipe,
        None if size == recipe.size else size,
        wish.steps if _differs(wish.steps, _steps(recipe, layer)) else None,
        start,
    )
    digest = "" if start is None else hashlib.sha256(start.tobytes()).hexdigest()[:_DIGEST]
    facts = _facts(wish, recipe, layer, materials)
    job = synthesis_job(
        engine, recipe, materials.natural, size=request.size, steps=request.steps, start=digest, others=facts
    )
    more: dict[str, object] = {"start": digest, "start_title": title} if digest else {}
    changes = recipe_changes(job.parameters, recipe.name, is_classes=layer.is_classes)
    how = how_made(job.parameters)
    objective = told_apart(recipe.for_layer(is_classes=layer.is_classes).objective)
    return Order(asked.number, wish, layer, request, materials, job, recipe.name, more, changes, how, objective)


def passes(recipe: Recipe, request: SynthesisRequest, layer: LayerInfo) -> int:
    """Forward passes of an ascent."""
    return _steps(recipe, layer) if request.steps is None else request.steps


def _as_before(wish: StudioWish) -> tuple[StudioWish, Recipe | None]:
    """The wish, and the very recipe where it is for something like a picture that is there."""
    if not wish.how:
        return wish, None
    recipe, size, steps = recipe_of(wish.how)
    return replace(wish, size=size, steps=steps), recipe


def _facts(wish: StudioWish, recipe: Recipe, layer: LayerInfo, materials: Materials) -> dict[str, object]:
    """What decides the pictures beside recipe, size, steps and start."""
    facts = dict(reference_facts(recipe, materials.references))
    if recipe.regularizes_with(PATCH_PRIOR) and materials.patches is not None:
        facts["patches"] = digest_of(materials.patches)
    if len(wish.seeds) > 1 and recipe.for_layer(is_classes=layer.is_classes).is_batchwise:
        facts["together"] = [wish.seeds[0], len(wish.seeds)]
    return facts


def _layer(engine: Engine, wish: StudioWish) -> LayerInfo:
    unit = wish.unit
    if unit.model != engine.loaded.name:
        raise ModelError(f"{engine.loaded.name} runs now, and {unit} is not one of its units. Choose one that is.")
    tap = engine.taps.get(unit.layer)
    if tap is None:
        raise ModelError(f"{engine.loaded.name} has no layer '{unit.layer}'; choose one from its layer list.")
    return tap.info


def _check(wish: StudioWish) -> None:
    if not wish.seeds:
        raise ValueError("Choose at least one seed: there is one picture per seed.")
    for setting in SETTINGS:
        if setting.name in _ASKED and (wanted := getattr(wish, setting.name)) is not None:
            setting.check(wanted)


def _recipe(wish: StudioWish, recipe: Recipe, *, is_classes: bool) -> Recipe:
    """The recipe as it is where nothing is changed; otherwise another one, whose name says so."""
    own = recipe.for_layer(is_classes=is_classes)
    # size and steps are no part of the recipe: the gallery's job has them beside it
    other, used = _differs(wish.size, recipe.size) or _differs(wish.steps, own.steps), recipe
    if wish.regularizers is not None and _plain(wish.regularizers) != _plain(_choices(own.regularizers)):
        parts = tuple(piece(name, **dict(values)) for name, values in wish.regularizers)
        other, used = True, own.changed(regularizers=parts, size=recipe.size)
    if other:
        used = changed(used)
    return negated(used) if wish.negative else used


def _steps(recipe: Recipe, layer: LayerInfo) -> int:
    return recipe.for_layer(is_classes=layer.is_classes).steps


def _differs(wanted: int | None, usual: int) -> bool:
    return wanted is not None and wanted != usual


def _choices(pieces: Sequence[Piece]) -> tuple[RegularizerChoice, ...]:
    return tuple((part.name, part.values) for part in pieces)


def _plain(choices: Sequence[RegularizerChoice]) -> list[tuple[str, dict[str, object]]]:
    """Names with all settings, those that were not said included."""
    return [(name, dict(REGULARIZERS[name].values(piece(name, **dict(values))))) for name, values in choices]


def _start(wish: StudioWish, loan: Loan) -> tuple[NDArray[np.uint8] | None, str]:
    """The picture to begin with and what it is, for people."""
    if wish.start is Start.NOISE:
        return None, ""
    if wish.start is Start.PICTURE:
        if wish.start_rgb is None:
            raise ValueError("There is no picture to start from: choose one, or start from noise.")
        return _square(wish.start_rgb), wish.start_title or "a picture"
    if loan.rgb is None:
        raise ValueError("There is no frame to start from yet: open a source first, or start from noise.")
    return loan.rgb, f"a frame of {loan.title}" if loan.title else "a frame"


def _square(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of a picture."""
    side = min(rgb.shape[:2])
    top, left = (rgb.shape[0] - side) // 2, (rgb.shape[1] - side) // 2
    return rgb[top : top + side, left : left + side]


def _resized(rgb: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """uint8 `(size, size, 3)`; what the network sees need not be square, and is stretched to its shape again."""
    # torch warns about memory that it may not write to, and refuses negative strides
    batch = torch.from_numpy(np.array(rgb, order="C")).permute(2, 0, 1)[None].float()
    resized = functional.interpolate(batch, (size, size), mode="bilinear", antialias=True)
    return np.ascontiguousarray(resized[0].round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy())
