"""`deepvis evaluate`: how good the pictures of recipes are, as tables, Markdown or JSON."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from rich.console import Console

from deepvis import places
from deepvis.evaluation.errors import EvaluationError
from deepvis.evaluation.report import show, to_json, to_markdown
from deepvis.evaluation.request import NO_JUDGE, RECIPES, EvaluationRequest
from deepvis.evaluation.running import run_evaluation
from deepvis.evaluation.saving import save
from deepvis.gallery.errors import GalleryError
from deepvis.gallery.files import galleries_there
from deepvis.models.devices import DeviceError
from deepvis.models.errors import ModelError
from deepvis.models.zoo import model_key
from deepvis.precompute.progress import ScanControl, ScanProgress
from deepvis.scan_progress import counted, shown_progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis.config import Settings
    from deepvis.evaluation.running import Outcome
    from deepvis.evaluation.workshop import Progress

__all__ = ["RECIPES", "REFUSALS", "EvaluateOptions", "evaluate", "evaluation_request"]

REFUSALS = (EvaluationError, ModelError, DeviceError, GalleryError)
"""Errors whose message is a sentence for the person."""
WIDTH = 170
"""Characters of tables that do not go to a terminal."""
_FORMS = ("auto", "bar", "lines", "none")
_SUBJECT = re.compile(r"\w+( and \w+)*")
_OPTIONS = {"judges": "--judge"}
"""Options that are not called like the field of the request."""


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """What the command line says beside the model; meanings as in `EvaluationRequest`.

    Attributes:
        recipes: names or JSON files.
        layers: hidden layers.
        units_per_layer: units drawn of each.
        classes: drawn.
        pictures: of every unit.
        judges: names; `none` for none; empty for the default ones.
        seed: of the draw.
        images: folder of natural pictures; None for the demo reel's photographs.
        gallery: file; None for the person's own of the model and the one that comes along.
        save: folder that gets figures, sheets and pictures.
        batch_size: pictures made at once.
        progress: `auto`, `bar`, `lines` or `none`.
    """

    recipes: tuple[str, ...]
    layers: tuple[str, ...]
    units_per_layer: int
    classes: int
    pictures: int
    judges: tuple[str, ...]
    seed: int
    images: Path | None
    gallery: Path | None
    save: Path | None
    batch_size: int
    progress: str = "auto"


def evaluate(settings: Settings, options: EvaluateOptions, form: str) -> str:
    """Evaluate, print, save.

    Args:
        settings: what the command line and the settings file say.
        options: of the evaluation.
        form: what is printed: `table`, `json` or `markdown`.

    Returns:
        A sentence that names what was saved; empty where nothing was.

    Raises:
        EvaluationError: it cannot be measured as asked, as a sentence.
    """
    if options.progress not in _FORMS:
        raise EvaluationError(f"--progress must be one of {', '.join(_FORMS)}, not '{options.progress}'.")
    request = evaluation_request(settings, options)
    with shown_progress(options.progress, ScanControl()) as report:
        outcome = run_evaluation(request, _told(report))
    _print(outcome, form)
    return "" if request.folder is None else _saved(outcome, request.folder)


def evaluation_request(settings: Settings, options: EvaluateOptions) -> EvaluationRequest:
    """What is wanted, as the evaluation takes it.

    Raises:
        EvaluationError: a number cannot be; the message names the option.
    """
    try:
        return EvaluationRequest(
            model=settings.model_request(),
            images=places.images_dir() if options.images is None else options.images.expanduser(),
            recipes=options.recipes,
            layers=options.layers,
            units_per_layer=options.units_per_layer,
            classes=options.classes,
            pictures=options.pictures,
            judges=_judges(options.judges),
            seed=options.seed,
            galleries=_galleries(settings, options.gallery),
            folder=None if options.save is None else options.save.expanduser(),
            batch_size=options.batch_size,
            device=settings.device,
            precision=settings.precision,
            threads=settings.threads or os.cpu_count() or 1,
        )
    except EvaluationError as error:
        raise EvaluationError(_as_options(str(error))) from None


def _as_options(said: str) -> str:
    """The sentence, with the fields that it begins with named as the person wrote them: as options."""
    known = {field.name: f"--{field.name.replace('_', '-')}" for field in fields(EvaluationRequest)} | _OPTIONS
    subject = _SUBJECT.match(said)
    names = subject[0].split(" and ") if subject else []
    return " and ".join(known.get(name, name) for name in names) + said[len(" and ".join(names)) :]


def _judges(named: tuple[str, ...]) -> tuple[str, ...] | None:
    if not named:
        return None
    return tuple(name for name in named if name != NO_JUDGE)


def _galleries(settings: Settings, named: Path | None) -> tuple[Path, ...]:
    if named is not None:
        return (named.expanduser(),)
    return galleries_there(model_key(settings.model), settings.gallery_dir)


def _told(report: Callable[[ScanProgress], None]) -> Callable[[Progress], None]:
    return lambda progress: report(ScanProgress(progress.phase, progress.done, progress.total, left_s=progress.left_s))


def _print(outcome: Outcome, form: str) -> None:
    console = Console()
    if form == "json":
        console.file.write(json.dumps(to_json(outcome.report), indent=2, ensure_ascii=False) + "\n")
    elif form == "markdown":
        console.file.write(to_markdown(outcome.report))
    else:
        show(outcome.report, console if console.is_terminal else Console(width=WIDTH))


def _saved(outcome: Outcome, folder: Path) -> str:
    try:
        written = save(outcome.report, outcome.pictures, folder)
    except OSError as error:
        raise EvaluationError(f"{folder} cannot be written to: {error.strerror or error}.") from error
    return f"Wrote {counted(len(written), 'file')} and the pictures into {folder}."
