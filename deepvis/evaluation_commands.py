"""The command `deepvis evaluate`. Nothing heavy is imported before it runs."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  (read from the annotations at runtime)
from typing import Annotated

import typer

from deepvis.command_options import takes
from deepvis.command_settings import CommandError, SettingsFile, chosen_settings
from deepvis.startup import prepare_torch


@takes("Model")
def evaluate(  # noqa: PLR0913  (a command has as many parameters as options)
    context: typer.Context,
    settings: SettingsFile = None,
    recipes: Annotated[
        list[str] | None,
        typer.Option("--recipes", metavar="NAME,...", help="Recipes, or .json files; not given: clear,distill."),
    ] = None,
    layers: Annotated[
        list[str] | None,
        typer.Option("--layers", metavar="NAME ...", help="Hidden layers; not given: eight, spread over the network."),
    ] = None,
    units_per_layer: Annotated[int, typer.Option(metavar="N", help="Units drawn of each; 0 for none.")] = 6,
    classes: Annotated[int, typer.Option(metavar="N", help="Classes drawn; 0 for none.")] = 24,
    pictures: Annotated[int, typer.Option(metavar="N", help="Pictures of every unit, from other seeds.")] = 1,
    judge: Annotated[
        list[str] | None,
        typer.Option(
            "--judge",
            metavar="NAME",
            help="Independent network of the same classes, or none; may be repeated; not given: two EfficientNet-Lite.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Draws other units.")] = 0,
    images: Annotated[
        Path | None,
        typer.Option("--images", metavar="FOLDER", help="Natural pictures to compare with; not given: the demo reel."),
    ] = None,
    gallery: Annotated[
        Path | None,
        typer.Option(
            "--gallery",
            metavar="FILE",
            help="Natural maxima and exemplars; not given: your own and the packaged one.",
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save",
            metavar="FOLDER",
            help="Write figures and contact sheets; pictures already there are used again.",
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(metavar="N", help="Pictures made at once.")] = 8,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Print everything as JSON.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", metavar="", help="Print the tables as Markdown.")] = False,
    progress: Annotated[str, typer.Option(metavar="FORM", help="auto, bar, lines or none.")] = "auto",
    **given: object,
) -> int:
    """Measure how good the pictures of recipes are, on random units, with confidence intervals.

    Activation over the natural maximum, robustness, whether other networks recognize class pictures, spectrum and
    variation beside natural pictures, seconds per picture.
    """
    if as_json and markdown:
        raise CommandError("Give --json or --markdown, not both.")
    chosen = chosen_settings(settings, context.obj, given)
    prepare_torch()
    from deepvis import evaluate_command  # noqa: PLC0415  (imports torch)

    options = evaluate_command.EvaluateOptions(
        recipes=_names(recipes) or evaluate_command.RECIPES,
        layers=_names(layers),
        units_per_layer=units_per_layer,
        classes=classes,
        pictures=pictures,
        judges=_names(judge),
        seed=seed,
        images=images,
        gallery=gallery,
        save=save,
        batch_size=batch_size,
        progress=progress,
    )
    form = "json" if as_json else "markdown" if markdown else "table"
    try:
        said = evaluate_command.evaluate(chosen, options, form)
    except evaluate_command.REFUSALS as error:
        raise CommandError(str(error)) from error
    except KeyboardInterrupt:
        typer.echo("Ended at once." + (" The same command goes on from the pictures saved." if save else ""), err=True)
        return 130
    if said:
        typer.echo(said, err=True)
    return 0


def _names(given: list[str] | None) -> tuple[str, ...]:
    return tuple(name.strip() for text in given or () for name in text.split(",") if name.strip())
