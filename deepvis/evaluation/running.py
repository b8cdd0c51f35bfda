"""From a request to a report: loads what is needed, draws the units, runs the evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from deepvis.evaluation.errors import EvaluationError
from deepvis.evaluation.evaluation import Bench, Evaluation
from deepvis.evaluation.judges import check_judge, load_judge
from deepvis.evaluation.making import RecipeMaker, Shelf
from deepvis.evaluation.natural import Scanned, photograph_files, read_photographs
from deepvis.evaluation.report import Report, Setting
from deepvis.evaluation.request import JUDGES
from deepvis.evaluation.units import class_layer, draw_units, hidden_layers
from deepvis.evaluation.workshop import Progress, nobody
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ModelIdentity
from deepvis.models.devices import resolve_device
from deepvis.models.engine import build_engine
from deepvis.models.errors import ModelError
from deepvis.models.two_inputs import refuse_pairs
from deepvis.models.zoo import check_name
from deepvis.synthesis.natural_gallery import natural_statistics
from deepvis.synthesis.recipes import recipe_named
from deepvis.synthesis.reference_gallery import GalleryReferences
from deepvis.synthesis.synthesis import Materials

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deepvis.evaluation.evaluation import Picture
    from deepvis.evaluation.judges import Judge
    from deepvis.evaluation.making import Maker
    from deepvis.evaluation.request import EvaluationRequest
    from deepvis.evaluation.units import Draw
    from deepvis.models.engine import Engine
    from deepvis.synthesis.recipe import Recipe


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A finished evaluation: its report, and the pictures by what made them, in the order of their measurements."""

    report: Report
    pictures: Mapping[str, Sequence[Picture]]


def run_evaluation(
    request: EvaluationRequest,
    report: Callable[[Progress], None] = nobody,
    more: Callable[[Engine], Sequence[Maker]] | None = None,
) -> Outcome:
    """Do everything.

    Args:
        request: what is wanted.
        report: told how far it is.
        more: other ways to make pictures, measured after the recipes.

    Raises:
        EvaluationError: it cannot be measured as asked.
        ModelError: a network cannot be had or run.
        DeviceError: there is no such device.
        GalleryError: a gallery cannot be read.
    """
    torch.set_num_threads(request.threads)
    recipes = _checked(request)
    engine = _engine(request, report)
    identity = _identity(engine)
    natural = natural_statistics(request.galleries, identity)
    photographs = read_photographs(request.images, natural)
    judges, notes = _judges(request, engine)
    shelf, scanned = Shelf(request.folder), tuple(Scanned(path, identity) for path in request.galleries)
    evaluation = Evaluation(
        Bench(engine, photographs, judges, scanned, shelf, natural), _draws(request, engine), request.pictures
    )
    try:
        materials = Materials(natural, references=GalleryReferences(request.galleries, engine.loaded))
        made = [RecipeMaker(engine, recipe, materials, batch_size=request.batch_size) for recipe in recipes]
        makers = [*made, *(more(engine) if more else ())]
        measurements = evaluation.run(makers, report)
    except ValueError as error:
        raise EvaluationError(str(error)) from error
    setting = Setting(
        model=engine.loaded.name,
        weights=engine.loaded.weights,
        seed=request.seed,
        judges=tuple(judge.name for judge in judges),
        maxima={layer: evaluation.natural_maxima(layer)[1] for layer in evaluation.layers},
        photographs=f"{photographs.count} images of {photographs.source}",
        device=str(engine.device),
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        chance=1 / engine.classes if engine.classes else 0.0,
    )
    return Outcome(Report(setting, measurements, notes), evaluation.pictures)


def _checked(request: EvaluationRequest) -> list[Recipe]:
    """The recipes; refuses what needs no network to be seen, before one is read."""
    check_name(request.model.name)
    recipes = _recipes(request)
    photograph_files(request.images)
    for path in request.galleries:
        GalleryReader(path).close()
    for name in (request.judges or ()) if request.classes else ():
        check_judge(name)
    return recipes


def _engine(request: EvaluationRequest, report: Callable[[Progress], None]) -> Engine:
    device = resolve_device(request.device)
    engine = build_engine(
        request.model, progress=lambda text, _: report(Progress(text, 0, 0, None)), canceled=lambda: False
    )
    refuse_pairs(engine.loaded.name, engine.loaded.preprocessing, "evaluation")
    try:
        engine.move(device, request.precision)
    except RuntimeError as error:
        raise EvaluationError(f"{engine.loaded.name} cannot be put on {device}: {error}") from error
    return engine


def _judges(request: EvaluationRequest, engine: Engine) -> tuple[tuple[Judge, ...], tuple[str, ...]]:
    """The judges, and sentences about those that cannot be asked."""
    if not request.classes or not engine.classes:
        return (), ()
    if request.judges is not None:
        return tuple(load_judge(name, engine.loaded, engine.device) for name in request.judges), ()
    found: list[Judge] = []
    notes = []
    for name in [name for name in JUDGES if name != engine.loaded.name][:2]:
        try:
            found.append(load_judge(name, engine.loaded, engine.device))
        except (EvaluationError, ModelError) as error:
            notes.append(f"Not judged: {error}")
    return tuple(found), tuple(notes)


def _identity(engine: Engine) -> ModelIdentity:
    loaded = engine.loaded
    return ModelIdentity(loaded.name, loaded.weights_sha256, loaded.preprocessing.identity())


def _draws(request: EvaluationRequest, engine: Engine) -> tuple[Draw, ...]:
    info = engine.info()
    classes = class_layer(info) if request.classes else None
    draws = [] if classes is None else [draw_units(classes, request.classes, request.seed)]
    if request.units_per_layer:
        layers = hidden_layers(info, request.layers)
        draws += [draw_units(layer, request.units_per_layer, request.seed) for layer in layers]
    if not draws:
        raise EvaluationError(f"{info.name} has no classes, and no hidden units are wanted: there is nothing to do.")
    return tuple(draws)


def _recipes(request: EvaluationRequest) -> list[Recipe]:
    try:
        recipes = [recipe_named(name) for name in request.recipes]
    except ValueError as error:
        raise EvaluationError(str(error)) from error
    names = [recipe.name for recipe in recipes]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise EvaluationError(f"Two recipes are called '{repeated}': give them names of their own.")
    return recipes
