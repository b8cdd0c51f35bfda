"""Pictures that excite units: the door of this package."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from deepvis.models.errors import ModelError
from deepvis.synthesis.climb import WHITE, Climb, Course, as_bytes
from deepvis.synthesis.distribution_match import layers_to_read
from deepvis.synthesis.excitement import judge, reason
from deepvis.synthesis.gradient_flow import GradientFlow
from deepvis.synthesis.objectives import OBJECTIVES, sign_of
from deepvis.synthesis.recipe import Keep
from deepvis.synthesis.registry import piece
from deepvis.synthesis.subject import Subject, layer_infos
from deepvis.synthesis.synthesis import Materials, Synthesis, SynthesisRequest, Watch

if TYPE_CHECKING:
    from deepvis.models.engine import Engine
    from deepvis.synthesis.excitement import Verdict
    from deepvis.synthesis.objectives import Objective
    from deepvis.synthesis.recipe import Recipe
    from deepvis.synthesis.registry import Piece

__all__ = ["Materials", "SynthesisRequest", "Watch", "ascend"]

_TRY_SEEDS = 0x85EB_CA77
"""Added to a seed, times the number of the try: later tries begin elsewhere.

Odd and within 32 bits: of a seed, torch's generators heed the lowest 32 bits only.
"""
_START_SEEDS = 0x9E37_79B1
"""The same for the starts of one try."""
_DOUBT_SEEDS = 0xC2B2_AE35
"""The same for pictures that are begun anew because they were doubtful."""
_MOST_ENLARGED = 4.0
"""The largest part of its size at which a recipe lets a network see a picture."""


@dataclass(eq=False)
class _Results:
    """What is the best so far, in the order of the request."""

    images: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
    verdict: Verdict
    trajectory: torch.Tensor
    majority: torch.Tensor
    tries: int = 1


def ascend(
    engine: Engine,
    request: SynthesisRequest,
    materials: Materials | None = None,
    watch: Watch | None = None,
) -> Synthesis:
    """Synthesize pictures, all of one layer as one batch.

    A picture depends on its unit, its seed and the recipe: not on its place in the batch, and on the size of the batch
    only as far as the last bits of the network's arithmetic do. Batches of the same size give the same pictures.

    The network is left as it was, and its parameters get no gradients. While the ascent runs it may have hooks (of the
    BatchNorm prior), which heed this thread's forward passes alone.

    Args:
        engine: the network; other threads may run it at the same time.
        request: what is wanted.
        materials: what the recipe may need; None: the built-in statistics, and nothing else.
        watch: who looks on; None: nobody.

    Raises:
        Canceled: the watch said so.
        ModelError: no such layer or unit, or the network cannot be run.
        ValueError: the recipe needs something that is missing.
    """
    started_s = time.perf_counter()
    watch = watch or Watch()
    # a caller's no_grad or inference mode must not reach the pictures
    with torch.inference_mode(mode=False), torch.enable_grad():
        request = _settled(engine, request)
        objective, sign = _objective(request)
        read = objective.layers | layers_to_read(layer_infos(engine), request.layer, request.recipe)
        subject = Subject(engine, request.layer, read, request.autocast)
        _check_units(request, subject)
        subject.choose_input_size(request.pixels, _parts(request.recipe), GradientFlow(redirects=False))
        results = _all_tries(subject, request, objective, materials or Materials(), watch, seeks=sign > 0)
    return Synthesis(
        request,
        results.images,
        results.verdict.objectives.float().numpy(),
        results.verdict.peaks.numpy(),
        results.verdict.ranks.numpy(),
        results.majority.numpy(),
        results.trajectory.numpy(),
        _reasons(subject, request, results) if sign > 0 else ("",) * len(request.units),
        subject.input_size,
        objective.description,
        time.perf_counter() - started_s,
    )


def _all_tries(
    subject: Subject,
    request: SynthesisRequest,
    objective: Objective,
    materials: Materials,
    watch: Watch,
    *,
    seeks: bool,
) -> _Results:
    """The ascent, and others for the units that it left off."""
    everyone = tuple(range(len(request.units)))
    first = _Try(request.recipe, everyone, start=_start(request, subject))
    results = _one_try(subject, request, objective, materials, watch, first)
    if not seeks:
        return results
    for number in range(1, request.tries):
        off = _places(~results.verdict.excited)
        if not off:
            break
        # later tries have their own ways: one start each
        seeker = _Try(_seeking(request.recipe, request.passes, number), off, number, number * _TRY_SEEDS)
        again = _one_try(subject, request, objective, materials, watch, seeker)
        _take_over(results, again, off, _excites_more(results, again, off))
        results.tries = number + 1
    if _may_doubt(subject, request):
        _clear_doubts(subject, request, objective, materials, watch, results)
    return results


def _clear_doubts(
    subject: Subject,
    request: SynthesisRequest,
    objective: Objective,
    materials: Materials,
    watch: Watch,
    results: _Results,
) -> None:
    """Begin pictures of classes anew that show little of their class."""
    recipe = request.recipe
    for number in range(1, recipe.again + 1):
        doubtful = _places(results.verdict.distinctness < recipe.doubt)
        if not doubtful:
            break
        closer = recipe.changed(
            coarse=_closer(recipe, recipe.coarse),
            scout_size=_closer(recipe, recipe.scout_size),
            # starts are told apart after as many steps as before
            scouting=min(1.0, recipe.scouting / recipe.longer),
        )
        anew = _Try(closer, doubtful, number, number * _DOUBT_SEEDS, steps=round(request.passes * recipe.longer))
        again = _one_try(subject, request, objective, materials, watch, anew)
        old = results.verdict.distinctness[list(doubtful)]
        _take_over(results, again, doubtful, again.verdict.distinctness > old)


def _may_doubt(subject: Subject, request: SynthesisRequest) -> bool:
    return subject.is_classes and request.recipe.doubt > 0 and request.start is None


def _closer(recipe: Recipe, part: float) -> float:
    return min(part * recipe.closer, _MOST_ENLARGED)


def _places(wanted: torch.Tensor) -> tuple[int, ...]:
    return tuple(wanted.nonzero().flatten().tolist())


@dataclass(frozen=True, eq=False)
class _Try:
    """One ascent for some of the pictures.

    Attributes:
        recipe: how.
        places: which pictures of the request.
        number: 0 for the first one.
        seeds: added to those of the request.
        start: `(batch, 3, size, size)` in 0..1 to start from; None for noise. It is the only start then.
        steps: forward passes; None: those of the request.
    """

    recipe: Recipe
    places: tuple[int, ...]
    number: int = 0
    seeds: int = 0
    start: torch.Tensor | None = None
    steps: int | None = None


def _one_try(
    subject: Subject,
    request: SynthesisRequest,
    objective: Objective,
    materials: Materials,
    watch: Watch,
    this: _Try,
) -> _Results:
    places, starts = this.places, this.recipe.starts if this.start is None else 1
    units = torch.tensor([request.units[place] for place in places] * starts, device=subject.device)
    course = Course(
        this.recipe,
        objective,
        units,
        [
            (request.seeds[place] + this.seeds + again * _START_SEEDS) % (1 << 63)
            for again in range(starts)
            for place in places
        ],
        places,
        request.pixels,
        request.passes if this.steps is None else max(1, this.steps),
        this.start,
        this.number,
    )
    climb = Climb(subject, course, materials)
    reached = climb.run(watch)
    images = as_bytes(climb.shown(reached.pictures))
    stored = torch.from_numpy(images).to(subject.device).permute(0, 3, 1, 2).float() / WHITE
    # scaled pictures are for people: another picture than the one that was climbed to
    verdict = judge(
        subject,
        reached.pictures if course.recipe.stretch else stored,
        units[: len(places)],
        objective,
        GradientFlow(redirects=False),
        doubts=_may_doubt(subject, request),
    )
    return _Results(images, verdict, torch.stack(reached.trajectory).float(), reached.majority)


def _seeking(recipe: Recipe, steps: int, number: int) -> Recipe:
    """The recipe of a later try, which seeks a unit by all means.

    The second try sees through all rectifiers and begins with strong noise; further ones also drop transforms and
    regularizers, and vary plain pixels.
    """
    freed = recipe.changed(redirect_steps=steps, leak=1.0, starts=1)
    if number == 1:
        return freed if recipe.parametrization.name != "fourier" else freed.changed(parametrization=_louder(recipe))
    return freed.changed(
        parametrization=piece("pixels", std=0.5 * number),
        transforms=(),
        regularizers=(),
        stepper=piece("adam", rate=0.05),
        keep=Keep.BEST,
        average=0.0,
    )


def _parts(recipe: Recipe) -> tuple[float, ...]:
    """Parts of its size at which the network may have to see the pictures."""
    parts = (recipe.coarse, recipe.scout_size) if recipe.starts > 1 else (recipe.coarse,)
    return (*parts, *(_closer(recipe, part) for part in parts)) if recipe.doubt else parts


def _louder(recipe: Recipe) -> Piece:
    return piece(recipe.parametrization.name, **{**dict(recipe.parametrization.values), "std": 0.3})


def _excites_more(results: _Results, again: _Results, places: tuple[int, ...]) -> torch.Tensor:
    """Which pictures of a later try do better for units that were off: bool `(places,)`."""
    return again.verdict.excited | (again.verdict.inputs > results.verdict.inputs[list(places)])


def _take_over(results: _Results, again: _Results, places: tuple[int, ...], better: torch.Tensor) -> None:
    """Put the better pictures of a later try into their places."""
    results.trajectory, trajectory = _as_long(results.trajectory, again.trajectory)
    for here, place in enumerate(places):
        if not better[here]:
            continue
        results.images[place] = again.images[here]
        results.trajectory[:, place] = trajectory[:, here]
        results.majority[place] = again.majority[here]
        for name in ("objectives", "peaks", "ranks", "inputs", "excited", "distinctness"):
            getattr(results.verdict, name)[place] = getattr(again.verdict, name)[here]


def _as_long(first: torch.Tensor, second: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Two trajectories of the same number of steps; the shorter one is continued by what is no number."""
    steps = max(len(first), len(second))
    return (
        functional.pad(first, (0, 0, 0, steps - len(first)), value=torch.nan),
        functional.pad(second, (0, 0, 0, steps - len(second)), value=torch.nan),
    )


def _reasons(subject: Subject, request: SynthesisRequest, results: _Results) -> tuple[str, ...]:
    return tuple(
        "" if excited else reason(subject, results.verdict, place, request.units[place], results.tries)
        for place, excited in enumerate(results.verdict.excited.tolist())
    )


def _settled(engine: Engine, request: SynthesisRequest) -> SynthesisRequest:
    """The request with the very recipe that this layer gets."""
    tap = engine.taps.get(request.layer)
    recipe = request.recipe.for_layer(is_classes=tap is not None and tap.info.is_classes)
    return replace(request, recipe=recipe, size=request.pixels, steps=request.steps)


def _objective(request: SynthesisRequest) -> tuple[Objective, float]:
    """What is maximized, and whether units are sought (1) or avoided (-1; 0: nobody knows)."""
    if request.objective is not None:
        return request.objective, 0.0
    wanted = request.recipe.objective
    return OBJECTIVES.build(wanted), sign_of(wanted)


def _check_units(request: SynthesisRequest, subject: Subject) -> None:
    for unit in request.units:
        if not 0 <= unit < subject.units:
            raise ModelError(
                f"The layer '{request.layer}' has the units 0 to {subject.units - 1}; there is no unit {unit}."
            )


def _start(request: SynthesisRequest, subject: Subject) -> torch.Tensor | None:
    if request.start is None:
        return None
    start = torch.from_numpy(np.array(request.start)).to(subject.device)
    batch = start[None] if start.dim() == 3 else start
    pictures = batch.permute(0, 3, 1, 2).float() / WHITE
    return pictures.expand(len(request.units), -1, -1, -1)
