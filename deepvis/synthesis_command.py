"""`deepvis synthesize` and `deepvis recipes`: pictures of whole networks, and how they are made."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.gallery.errors import GalleryError
from deepvis.gallery.files import galleries_there
from deepvis.job_command import (
    Launch,
    check_options,
    few,
    gallery_path,
    launch_shards,
    merged_by_last,
    option_words,
    own_device,
    own_threads,
    stopped,
    stopping,
)
from deepvis.models.zoo import model_key
from deepvis.precompute.merge_pictures import merge_pictures, picture_jobs
from deepvis.precompute.picture_plan import check_named
from deepvis.precompute.picture_request import PicturesError, PicturesRequest
from deepvis.precompute.progress import ScanControl
from deepvis.precompute.shards import Shard, shard_files
from deepvis.precompute.synthesize import run_synthesis
from deepvis.precompute.work_list import parse_units
from deepvis.scan_progress import counted, duration, shown_progress
from deepvis.synthesis.parts import parts_text
from deepvis.synthesis.recipes import DEFAULT_RECIPE, RECIPES, recipe_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.config import Settings
    from deepvis.precompute.picture_request import PicturesMerged, PicturesSummary
    from deepvis.synthesis.recipe import Recipe


@dataclass(frozen=True, slots=True)
class SynthesisOptions:
    """What the command line says beside the model.

    Attributes:
        layers: names; empty for the default list.
        units: as in `0-99,151`; None for all.
        recipe: a name, or a JSON file.
        per_unit: pictures of a unit.
        seed: of a unit's first picture.
        every: only every so many units.
        spread: only so many units of a layer, spread evenly.
        negative: seek what turns the units off.
        size: height and width; None: the recipe's.
        steps: forward passes; None: the recipe's.
        gallery: file; None for the person's own of the model.
        batch_size: pictures made at once; None: sensible for the device.
        quality: WebP quality of the stored pictures.
        redo: also what is there already.
        natural: gallery that says what natural pictures do; None looks by itself.
        patches: folder of images for a patch prior.
        generator: `package.module:factory`.
        generator_weights: its state dict.
        progress: `auto`, `bar`, `lines`, `json` or `none`.
        launch: shards as jobs.
    """

    layers: tuple[str, ...] = ()
    units: str | None = None
    recipe: str = DEFAULT_RECIPE
    per_unit: int = 1
    seed: int = 0
    every: int = 1
    spread: int | None = None
    negative: bool = False
    size: int | None = None
    steps: int | None = None
    gallery: Path | None = None
    batch_size: int | None = None
    quality: int = 90
    redo: bool = False
    natural: Path | None = None
    patches: Path | None = None
    generator: str | None = None
    generator_weights: Path | None = None
    progress: str = "auto"
    launch: Launch = field(default_factory=Launch)


def synthesize(settings: Settings, options: SynthesisOptions, shard: Shard) -> str:
    """Make one shard's pictures, or all; merges where this was the last shard.

    Returns:
        Sentences that say what came of it.

    Raises:
        PicturesError: it cannot be done, as a sentence.
        GalleryError: a gallery that is named cannot be used.
        Interrupted: a signal ended it.
    """
    gallery = gallery_path(settings, options.gallery)
    request = _request(settings, options, gallery, shard)
    folder_is_new = not gallery.parent.is_dir()
    control = ScanControl()
    with shown_progress(options.progress, control) as report, stopping(control) as signals:
        summary = run_synthesis(request, report=report, control=control)
        if not summary.finished:
            return _stopped(summary, signals)
        said = _made(summary, shard, named=options.gallery is not None)
        if folder_is_new:
            said += f"\nIts folder was not there and was made: {gallery.parent.resolve()}."
        if shard.count == 1:
            return said

        def merge_all() -> str:
            return _merged(merge_pictures(gallery, _parts(gallery), report=report, control=control))

        return merged_by_last(said, gallery, shard, lambda path: _is_done(path, summary), merge_all)


def merge(files: Sequence[Path], gallery: Path, progress: str) -> str:
    """Copy the pictures of shards into a gallery.

    Returns:
        Sentences that name what is missing.

    Raises:
        PicturesError: they cannot be merged, as a sentence.
    """
    control = ScanControl()
    with shown_progress(progress, control) as report, stopping(control):
        return _merged(merge_pictures(gallery, files, report=report, control=control))


def holds_pictures(path: Path) -> bool:
    """The file holds synthesized pictures.

    Raises:
        GalleryError: it cannot be read.
    """
    return bool(picture_jobs(path))


def launch(settings: Settings, options: SynthesisOptions, model: Sequence[str]) -> str:
    """Start the shards as jobs, wait for them, merge.

    Args:
        settings: what the command line and the settings file say.
        options: of the synthesis.
        model: the words of the command line that choose the model.

    Raises:
        LaunchError: a job could not be started, or failed.
        PicturesError: the options make no sense.
        GalleryError: a gallery that is named cannot be used.
    """
    gallery = gallery_path(settings, options.gallery)
    _request(settings, options, gallery, Shard())
    launch_shards(["synthesize", *model, *_words(options)], gallery, options.launch, options.progress)
    if options.launch.jobs == 1:
        return f"The pictures are in {gallery}."
    # the shard that ended last has merged, unless it was killed right then: merging again changes nothing
    return merge(_parts(gallery), gallery, options.progress)


def listed_recipes() -> list[tuple[str, str, str]]:
    """Name, size and steps, and source of every recipe, in the order in which they are offered."""
    return [(one.name, f"{one.size} px, {one.steps} steps", one.source) for one in RECIPES]


def listed_parts() -> str:
    """Every part that a recipe can have, with its settings."""
    return parts_text()


def recipe_text(name: str) -> str:
    """A recipe as JSON, a line per part; `--recipe FILE.json` reads it.

    Raises:
        PicturesError: there is none.
    """
    return _lines_of(json.loads(_recipe(name).to_json()), "")


def _lines_of(recipe: dict[str, object], indent: str) -> str:
    """Plain JSON, but a list of parts has one part per line."""
    lines = []
    for key, value in recipe.items():
        if isinstance(value, dict) and "parametrization" in value:
            text = _lines_of(value, indent + "  ")
        elif isinstance(value, list) and value:
            parts = ",\n".join(f"{indent}    {json.dumps(part)}" for part in value)
            text = f"[\n{parts}\n{indent}  ]"
        else:
            text = json.dumps(value)
        lines.append(f"{indent}  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _request(settings: Settings, options: SynthesisOptions, gallery: Path, shard: Shard) -> PicturesRequest:
    request = PicturesRequest(
        recipe=_recipe(options.recipe),
        gallery=gallery,
        model=settings.model_request(),
        layers=options.layers,
        units=() if options.units is None else parse_units(options.units),
        every=options.every,
        spread=options.spread,
        per_unit=options.per_unit,
        seed=options.seed,
        negative=options.negative,
        size=options.size,
        steps=options.steps,
        batch_size=options.batch_size,
        quality=options.quality,
        redo=options.redo,
        natural=_natural(settings, options, gallery),
        patches=options.patches,
        generator=options.generator,
        generator_weights=options.generator_weights,
        device=own_device(settings.device, shard),
        precision=settings.precision,
        shard=shard.index,
        shards=shard.count,
        threads=own_threads(settings, shard),
    )
    check_options(request)
    # before the network is read, which takes seconds
    check_named(request)
    return request


def _recipe(name: str) -> Recipe:
    try:
        return recipe_named(name)
    except ValueError as error:
        raise PicturesError(str(error)) from error


def _natural(settings: Settings, options: SynthesisOptions, gallery: Path) -> tuple[Path, ...]:
    """Galleries whose scans are asked: the one named, or that being written, the person's own, the packaged one."""
    if options.natural is not None:
        return (options.natural.expanduser(),)
    written = (gallery,) if gallery.is_file() else ()
    return tuple(dict.fromkeys((*written, *galleries_there(model_key(settings.model), settings.gallery_dir))))


def _words(options: SynthesisOptions) -> list[str]:
    """The options as a shard's command line; paths hold wherever the job runs."""
    recipe = options.recipe
    if recipe.endswith(".json"):
        recipe = str(Path(recipe).expanduser().resolve())
    return option_words(
        {
            "--layers": ",".join(options.layers) or None,
            "--units": options.units,
            "--recipe": recipe,
            "--per-unit": options.per_unit,
            "--seed": options.seed,
            "--every": options.every,
            "--spread": options.spread,
            "--negative": options.negative,
            "--size": options.size,
            "--steps": options.steps,
            "--batch-size": options.batch_size,
            "--quality": options.quality,
            "--redo": options.redo,
            "--natural": _absolute(options.natural),
            "--patches": _absolute(options.patches),
            "--generator": options.generator,
            "--generator-weights": _absolute(options.generator_weights),
        }
    )


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else path.expanduser().resolve()


def _parts(gallery: Path) -> list[Path]:
    """Shards of pictures that lie beside a gallery; shards of scans may lie there, too."""
    return [path for path in shard_files(gallery) if holds_pictures(path)]


def _is_done(path: Path, summary: PicturesSummary) -> bool:
    """A shard's file holds all of its part of the work that the summary is about."""
    try:
        jobs = picture_jobs(path) if path.is_file() else ()
    except GalleryError:
        return False
    own = [job for job in jobs if (job.hash, job.data_hash) == (summary.hash, summary.work)]
    return any(done == total for job in own for *_, done, total in job.coverage)


def _made(summary: PicturesSummary, shard: Shard, *, named: bool) -> str:
    part = f" (shard {shard})" if shard.count > 1 else ""
    there = f"; {counted(summary.there, 'picture')} there already" if summary.there else ""
    if summary.made:
        each = f" in {duration(summary.seconds)}, {summary.seconds / summary.made:.2f} s each"
        lines = [f"Made {counted(summary.made, 'picture')}{part}{each}{there}: {summary.gallery}."]
    else:
        lines = [f"Nothing to make{part}{there}: {summary.gallery}."]
    lines.append(f"Averages over natural pictures: {summary.natural}.")
    if shard.count == 1 and summary.first:
        gallery = f" --gallery {summary.gallery}" if named else ""
        lines.append(f"See a unit: deepvis show {summary.first}{gallery}")
    off = f"{counted(len(summary.off), 'picture')} could not excite the unit; the gallery has the reason of each:"
    return "\n".join([*lines, *few(off, summary.off), *summary.warnings])


def _stopped(summary: PicturesSummary, signals: Sequence[int]) -> str:
    done = summary.made + summary.there
    where = f"Stopped after {done:,} of {counted(summary.total, 'picture')}." if summary.total else "Stopped."
    return stopped(where, signals)


def _merged(summary: PicturesMerged) -> str:
    parts = f" of {len(summary.merged)} of {summary.shards} shards" if summary.shards else ""
    lines = [f"Merged {counted(summary.pictures, 'picture')}{parts} into {summary.gallery}: {summary.new:,} were new."]
    if summary.missing:
        names = ", ".join(f"{index}/{summary.shards}" for index in summary.missing)
        lines.append(f"Missing: {names}. Run the same command with --shard {names.split(',')[0]}, then merge again.")
    return "\n".join([*lines, *summary.warnings])
