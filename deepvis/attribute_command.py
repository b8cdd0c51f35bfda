"""`deepvis attribute`: which pixels of a file's picture speak for a unit."""

from __future__ import annotations

import difflib
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.console import Console

from deepvis.attribution.methods import METHODS
from deepvis.attribution.one_picture import attribute_picture, ready_engine
from deepvis.attribution_report import ARRAY, PICTURE, AttributionReport, Look, save
from deepvis.command_settings import CommandError
from deepvis.gallery.errors import GalleryError
from deepvis.gallery_commands import unit_address
from deepvis.imaging.colormap import COLORMAPS
from deepvis.kinds import BackView, Method, Overlay, SeedKind
from deepvis.models.devices import DeviceError
from deepvis.models.errors import ModelError
from deepvis.models.zoo import model_key
from deepvis.precompute.progress import ScanControl, ScanProgress
from deepvis.records import Target
from deepvis.scan_progress import shown_progress
from deepvis.sources.base import SourceError
from deepvis.sources.decode import read_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deepvis.config import Settings
    from deepvis.models.engine import Engine
    from deepvis.records import LayerInfo, ModelInfo

_REFUSALS = (ModelError, DeviceError, SourceError, GalleryError)
"""Errors whose message is a sentence for the person."""
_CLASS_SEEDS = (SeedKind.CLASS, SeedKind.DIFFERENCE)
FORMS = ("auto", "bar", "lines", "none")
"""Of progress; the standard output is the report's."""
_NAMED = 6
"""So many classes are named where several are meant."""


@dataclass(frozen=True, slots=True)
class AttributeOptions:
    """What the command line says beside the settings.

    Attributes:
        unit: `[model/]layer/unit`.
        image: file.
        second: file of the second picture, for a network that takes two; None: the first again.
        method: name.
        seed: name; None: what the other options mean.
        position: `(row, column)` in the unit's map.
        wanted_class: number or label.
        other_class: number or label.
        view: name.
        names_model: `--model` was given.
        look: which of colormap, overlay and opacity were given: what settings say of them is about the unit's map.
        save: files to write.
        progress: of a method of many passes, as in `FORMS`.
    """

    unit: str
    image: Path
    method: str
    seed: str | None = None
    position: tuple[int, int] | None = None
    wanted_class: str | None = None
    other_class: str | None = None
    view: str = BackView.RAW
    names_model: bool = False
    look: frozenset[str] = frozenset()
    save: tuple[Path, ...] = ()
    second: Path | None = None
    progress: str = "auto"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the command says: the report, warnings as sentences, and whether a file was not written."""

    report: AttributionReport
    warnings: tuple[str, ...]
    refused: bool


def attribute(settings: Settings, options: AttributeOptions) -> Answer:
    """Find out which pixels speak for a unit, and write it down.

    Args:
        settings: what the command line and the settings file say.
        options: of the command.

    Returns:
        What is to be told.

    Raises:
        CommandError: it cannot be done, as a sentence.
    """
    try:
        return _attribute(settings, options)
    except _REFUSALS as error:
        raise CommandError(str(error)) from error


def _attribute(settings: Settings, options: AttributeOptions) -> Answer:
    method, seed, look = _method(options.method), _seed(options), _look(settings, options)
    paths = _writable(options)
    if options.progress not in FORMS:
        raise CommandError(f"--progress must be one of {', '.join(FORMS)}, not '{options.progress}'.")
    named = (options.image,) if options.second is None else (options.image, options.second)
    pictures = [read_image(path.expanduser()) for path in named]
    chosen, layer, unit = _named(settings, options)
    quiet = Console(stderr=True, quiet=options.progress == "none")
    with quiet.status("Loading") as line:
        engine = ready_engine(chosen, line.update)
        target = _target(engine, Target(layer, unit, seed, options.position), options)
        if METHODS[method].passes <= 1:
            line.update(f"Computing {method.label}")
            made = attribute_picture(engine, pictures, chosen.fit, target, method)
    if METHODS[method].passes > 1:
        with shown_progress(options.progress, ScanControl()) as show:
            told = _rated(f"computing {method.label}", show)
            told(0, 0)
            made = attribute_picture(engine, pictures, chosen.fit, target, method, told)
    info, spec = engine.info(), METHODS[method]
    second = options.second if info.pictures > 1 else None
    report = AttributionReport(info, options.image, made.found, spec, made.values, made.milliseconds, second=second)
    written, refused = save(paths, report, made.input_rgb, look)
    report = replace(report, written=tuple(written))
    said = [
        *_other_model(info, options),
        *_other_pictures(info, options),
        *report.warnings(),
        *_not_drawn(report, refused),
    ]
    return Answer(report, tuple(said), bool(refused))


def _rated(phase: str, report: Callable[[ScanProgress], None]) -> Callable[[int, int], None]:
    """What counts pictures, with their rate and what is left."""
    started_s = time.monotonic()

    def told(done: int, total: int) -> None:
        rate = done / max(1e-9, time.monotonic() - started_s)
        report(ScanProgress(phase, done, total, rate, (total - done) / rate if rate else None))

    return told


def _method(name: str) -> Method:
    try:
        method = Method.parse(name)
    except ValueError as error:
        raise CommandError(str(error)) from None
    if reason := METHODS[method].available():
        raise CommandError(reason)
    return method


def _seed(options: AttributeOptions) -> SeedKind:
    """The seed that is named, or that the other options mean.

    Raises:
        CommandError: there is none of that name, or options contradict each other.
    """
    meant = SeedKind.CHANNEL if options.position is None else SeedKind.POSITION
    if options.wanted_class is not None:
        meant = SeedKind.CLASS
    if options.other_class is not None:
        meant = SeedKind.DIFFERENCE
    name = meant if options.seed is None else options.seed.strip().lower()
    if name not in tuple(SeedKind):
        raise CommandError(f"There is no seed '{options.seed}'. There are: {', '.join(SeedKind)}.")
    seed = SeedKind(name)
    for flag, given, fitting in (
        ("--position", options.position, (SeedKind.POSITION,)),
        ("--class", options.wanted_class, _CLASS_SEEDS),
        ("--other-class", options.other_class, (SeedKind.DIFFERENCE,)),
    ):
        if given is not None and seed not in fitting:
            raise CommandError(f"{flag} goes with --seed {' or '.join(fitting)}, not with {seed}.")
    return seed


def _look(settings: Settings, options: AttributeOptions) -> Look:
    try:
        view = BackView.parse(options.view)
    except ValueError as error:
        raise CommandError(str(error)) from None
    colormap = settings.colormap if "colormap" in options.look else "auto"
    if colormap not in COLORMAPS:
        raise CommandError(f"--colormap must be one of {', '.join(COLORMAPS)}, not '{colormap}'.")
    overlay = settings.overlay if "overlay" in options.look else Overlay.OFF
    return Look(view, colormap, overlay, settings.opacity if "opacity" in options.look else 0.7)


def _writable(options: AttributeOptions) -> list[Path]:
    """The files to write; what could not be written in the end is told at the start."""
    paths = [path.expanduser() for path in options.save]
    images = [image.expanduser() for image in (options.image, options.second) if image is not None]
    for path in paths:
        if path.suffix.lower() not in (ARRAY, PICTURE):
            raise CommandError(f"--save writes {ARRAY} and {PICTURE} files: give a name that ends so, not '{path}'.")
        if not path.parent.is_dir():
            raise CommandError(f"--save: there is no folder '{path.parent}'. Make it first, or give another path.")
        if path.exists() and any(image.exists() and path.samefile(image) for image in images):
            raise CommandError(f"--save would replace the picture {path} itself: give another name.")
    return paths


def _named(settings: Settings, options: AttributeOptions) -> tuple[Settings, str, int]:
    """The settings with the model that the address names, layer and unit; `--model` goes before the address."""
    key = model_key(settings.model)
    address = unit_address(options.unit, key)
    if address.model != key and not options.names_model:
        settings = replace(settings, model=address.model)
    return settings, address.layer, address.unit


def _other_model(info: ModelInfo, options: AttributeOptions) -> Iterator[str]:
    model = unit_address(options.unit, info.name).model
    if options.names_model and model_key(model) != info.name:
        yield f"The address names {model}, but --model says {info.name}, and that was used."


def _other_pictures(info: ModelInfo, options: AttributeOptions) -> Iterator[str]:
    """What is said where there are more or fewer pictures than the network takes, as in the window."""
    if info.pictures > 1 and options.second is None:
        yield f"{info.name} takes two pictures at once and gets the same one twice: give the other with --second FILE."
    if info.pictures == 1 and options.second is not None:
        yield f"{info.name} takes one picture: {options.second.name} is left out."


def _target(engine: Engine, target: Target, options: AttributeOptions) -> Target:
    """The target with its classes; refuses what the network has not."""
    info = engine.info()
    try:
        layer = info.layer(target.layer)
    except KeyError as error:
        raise CommandError(f"{error.args[0]} 'deepvis layers --all' lists them.") from None
    _check_unit(layer, target)
    if target.seed not in _CLASS_SEEDS:
        return target
    if not engine.classes:
        raise CommandError(f"{info.name} does not answer with classes: --seed {target.seed} has nothing to start at.")
    chosen, other = (
        None if text is None else class_named(info, engine.classes, text)
        for text in (options.wanted_class, options.other_class)
    )
    if chosen is not None and chosen == other:
        raise CommandError(f"--class and --other-class are both class {chosen}: their difference is nothing.")
    return replace(target, class_index=chosen, other_class=other)


def _check_unit(layer: LayerInfo, target: Target) -> None:
    if layer.reason:
        raise CommandError(f"{layer.name} cannot be shown: {layer.reason}")
    if target.unit >= layer.units:
        raise CommandError(f"{layer.name} has units 0 to {layer.units - 1}, no {target.unit}.")
    if target.position is None:
        return
    row, column = target.position
    if not (0 <= row < layer.height and 0 <= column < layer.width):
        raise CommandError(
            f"--position {row} {column} lies outside the map of {layer.name}, which has {layer.height} rows and"
            f" {layer.width} columns, counted from 0."
        )


def class_named(info: ModelInfo, classes: int, text: str) -> int:
    """The class that a person names by number, by name, or by a part of a name that no other has.

    Raises:
        CommandError: there is none, or there are several.
    """
    if text.strip().isdecimal():
        if int(text) < classes:
            return int(text)
        raise CommandError(f"{info.name} answers with classes 0 to {classes - 1}; there is no class {text.strip()}.")
    wanted = text.strip().lower()
    labels = [label.lower() for label in info.labels] if len(info.labels) == classes else []
    if not labels:
        raise CommandError(f"The classes of {info.name} have no names here: give a number, or --labels FILE.")
    found = [index for index, label in enumerate(labels) if label == wanted]
    found = found or [index for index, label in enumerate(labels) if wanted and wanted in label]
    if len(found) == 1:
        return found[0]
    if found:
        named = ", ".join(f"{index} {info.labels[index]}" for index in found[:_NAMED])
        more = ", ..." if len(found) > _NAMED else ""
        raise CommandError(f"Several classes are called '{text}': {named}{more}. Give the number.")
    close = difflib.get_close_matches(wanted, labels, n=3, cutoff=0.6)
    hint = f" Did you mean {', '.join(close)}?" if close else ""
    raise CommandError(f"{info.name} has no class '{text}'.{hint}")


def _not_drawn(report: AttributionReport, refused: list[Path]) -> Iterator[str]:
    if report.found.same_as_gradient:
        names = " and ".join(str(path) for path in refused)
        yield report.found.coverage + (f" So {names} was not drawn: --method gradient draws it." if refused else "")
