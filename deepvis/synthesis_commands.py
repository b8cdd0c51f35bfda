"""The commands that make pictures: synthesize, recipes. Nothing heavy is imported before one of them runs."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  (typer reads the annotations)
from typing import Annotated

import typer

from deepvis.command_options import takes
from deepvis.command_settings import (
    Cluster,
    Gallery,
    Jobs,
    LaunchPlace,
    Layers,
    Progress,
    SettingsFile,
    ShardPart,
    Units,
    chosen_settings,
    layer_names,
    model_words,
    said,
)
from deepvis.startup import prepare_exact_torch


@takes("Model")
def synthesize(  # noqa: PLR0913  (a command has as many parameters as options)
    context: typer.Context,
    settings: SettingsFile = None,
    layers: Layers = None,
    units: Units = None,
    every: Annotated[int, typer.Option(metavar="N", help="Only every Nth of these units.")] = 1,
    spread: Annotated[
        int | None, typer.Option(metavar="N", help="Only N of these units per layer, spread evenly.")
    ] = None,
    recipe: Annotated[str, typer.Option(metavar="NAME|FILE.json", help="How; 'deepvis recipes' lists them.")] = "clear",
    per_unit: Annotated[int, typer.Option(metavar="N", help="Pictures of each unit, from different noise.")] = 1,
    seed: Annotated[int, typer.Option(metavar="FIRST", help="Seed of a unit's first picture.")] = 0,
    negative: Annotated[bool, typer.Option("--negative", metavar="", help="Seek what turns the units off.")] = False,
    size: Annotated[
        int | None, typer.Option(metavar="PIXELS", help="Height and width; not given: the recipe's.")
    ] = None,
    steps: Annotated[int | None, typer.Option(metavar="N", help="Forward passes; not given: the recipe's.")] = None,
    gallery: Gallery = None,
    batch_size: Annotated[
        int | None, typer.Option(metavar="N", help="Pictures made at once; not given: 12 on a CPU, 64 elsewhere.")
    ] = None,
    quality: Annotated[int, typer.Option(metavar="1..100", help="WebP quality of stored pictures.")] = 90,
    redo: Annotated[bool, typer.Option("--redo", metavar="", help="Make again what the gallery has already.")] = False,
    natural: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Gallery whose scan says what natural pictures do; not given: the gallery written, yours, ours.",
        ),
    ] = None,
    patches: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Images, for a recipe with a patch prior.")
    ] = None,
    generator: Annotated[
        str | None, typer.Option(metavar="MODULE:FACTORY", help="Your generator, for a recipe that varies its code.")
    ] = None,
    generator_weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="State dict for the generator.")
    ] = None,
    shard: ShardPart = None,
    progress: Progress = "auto",
    launch: LaunchPlace = None,
    jobs: Jobs = 2,
    cluster: Cluster = None,
    **given: object,
) -> int:
    """Make pictures that excite the units of a network, many at once.

    Every batch is stored when it is finished. What was stopped or killed goes on where it was with the same command.
    --precision bfloat16 or float16 computes in it where that is safe (mixed precision).
    """
    chosen = chosen_settings(settings, context.obj, given)
    prepare_exact_torch()
    from deepvis import synthesis_command  # noqa: PLC0415  (imports torch)
    from deepvis.job_command import Launch, own_shard  # noqa: PLC0415  (see the module)

    options = synthesis_command.SynthesisOptions(
        layers=layer_names(layers),
        units=units,
        recipe=recipe,
        per_unit=per_unit,
        seed=seed,
        every=every,
        spread=spread,
        negative=negative,
        size=size,
        steps=steps,
        gallery=gallery,
        batch_size=batch_size,
        quality=quality,
        redo=redo,
        natural=natural,
        patches=patches,
        generator=generator,
        generator_weights=generator_weights,
        progress=progress,
        launch=Launch(launch or "", jobs, tuple(cluster or ())),
    )
    if launch:
        return said(lambda: synthesis_command.launch(chosen, options, model_words(settings, given)), progress)
    return said(lambda: synthesis_command.synthesize(chosen, options, own_shard(shard)), progress)


def recipes(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Print this recipe as JSON, for --recipe.")] = "",
    parts: Annotated[
        bool, typer.Option("--parts", metavar="", help="List every part a recipe can have, with its settings.")
    ] = False,
) -> int:
    """List the ways to make pictures, or print one to be changed and given as --recipe FILE.json."""
    from deepvis import synthesis_command  # noqa: PLC0415  (imports torch)

    def work() -> str:
        if parts:
            return synthesis_command.listed_parts()
        if name:
            return synthesis_command.recipe_text(name)
        rows = synthesis_command.listed_recipes()
        widths = [max(len(row[column]) for row in rows) for column in range(2)]
        return "\n".join(f"{one:<{widths[0]}}  {about:<{widths[1]}}  {source}" for one, about, source in rows)

    return said(work)
