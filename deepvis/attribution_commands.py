"""The command `deepvis attribute`. Nothing heavy is imported before it runs."""

from __future__ import annotations

import os
from pathlib import Path  # noqa: TC003  (read from the annotations at runtime)
from typing import Annotated

import typer

from deepvis.command_options import takes
from deepvis.command_settings import SettingsFile, chosen_settings
from deepvis.kinds import BackView, Method, SeedKind
from deepvis.startup import keep_freed_memory

_SHOWS = {
    Method.GRADIENT: "how the unit would change with each pixel",
    Method.GRADIENT_X_INPUT: "the same, times the pixel",
    Method.DECONVNET: "back through rectifiers, passing what is positive",
    Method.GUIDED: "the same, where they also were active",
    Method.SMOOTHGRAD: "mean gradient over noisy copies of the picture",
    Method.INTEGRATED_GRADIENTS: "mean gradient on the way from a plain picture",
    Method.GRAD_CAM: "where a layer below speaks for it; a coarse map",
    Method.OCCLUSION: "what it loses where a patch is covered; a map; slow",
    Method.LRP: "credit for the unit, handed down layer by layer",
}
_STARTS = {
    SeedKind.CHANNEL: "all positions of the unit, times their activations, as in 2015",
    SeedKind.MAXIMUM: "the position where the unit is most active",
    SeedKind.POSITION: "that of --position; without it as maximum",
    SeedKind.CLASS: "--class before the softmax; without it the first answer",
    SeedKind.DIFFERENCE: "that minus --other-class; without it the next answer",
}


def _listed(heading: str, lines: dict[Method, str] | dict[SeedKind, str]) -> str:
    width = max(len(name) for name in lines)
    # \b keeps the lines apart
    return "\n".join(("\b", heading, *(f"  {name:<{width}}  {line}" for name, line in lines.items())))


HELP = f"""Show which pixels of a picture speak for a unit.

Writes the attribution as an array or as a picture, and says what is known to be wrong with the method.

{_listed("Methods:", _SHOWS)}

{_listed("Seeds, where the way back starts:", _STARTS)}
"""
"""For the help page."""


@takes("Model")
def attribute(  # noqa: PLR0913  (a command has as many parameters as options)
    context: typer.Context,
    unit: Annotated[
        str, typer.Argument(metavar="[MODEL/]LAYER/UNIT", help="As in blocks.4.1/37; without a model the default one.")
    ],
    image: Annotated[Path, typer.Option("--image", metavar="FILE", help="The picture.")],
    second: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The second picture, for networks that take two; not given: the same again."),
    ] = None,
    method: Annotated[str, typer.Option(metavar="NAME", help="One of those above.")] = Method.GRADIENT,
    settings: SettingsFile = None,
    seed: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="One of those above; not given: channel, or what other options mean."),
    ] = None,
    position: Annotated[
        tuple[int, int] | None, typer.Option(metavar="ROW COLUMN", help="In the unit's map; 0 0 is at the top left.")
    ] = None,
    wanted_class: Annotated[
        str | None, typer.Option("--class", metavar="N|LABEL", help="Number or name of a class.")
    ] = None,
    other_class: Annotated[str | None, typer.Option(metavar="N|LABEL", help="Number or name of a class.")] = None,
    view: Annotated[
        str, typer.Option(metavar="NAME", help=f"How the picture is drawn: {', '.join(BackView)}.")
    ] = BackView.RAW,
    colormap: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of norm, norm-blur, sum>0 and maps; not given: by their sign.")
    ] = None,
    overlay: Annotated[
        str | None,
        typer.Option(metavar="HOW", help="Lay it over the picture: off, over-active, over-inactive; not given: off."),
    ] = None,
    opacity: Annotated[str | None, typer.Option(metavar="0..1", help="Of what lies over the picture; 0.7.")] = None,
    fit: Annotated[
        str | None, typer.Option(metavar="HOW", help="How the picture becomes the input: crop, letterbox, stretch.")
    ] = None,
    save: Annotated[
        list[Path] | None,
        typer.Option(
            "--save",
            metavar="FILE",
            help=".npy: float32 (channels, height, width) at the network's input, of maps (height, width); "
            ".png: drawn. Of two pictures the second's channels come last. May be repeated.",
        ),
    ] = None,
    progress: Annotated[
        str, typer.Option(metavar="FORM", help="Of slow methods, on the standard error: auto, bar, lines or none.")
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Print what it is as JSON.")] = False,
    **given: object,
) -> int:
    """Show which pixels of a picture speak for a unit; the help page has `HELP`."""
    look = {"colormap": colormap, "overlay": overlay, "opacity": opacity, "fit": fit}
    chosen = chosen_settings(settings, context.obj, {**given, **look})
    # both before torch is imported
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    keep_freed_memory()
    from deepvis import attribute_command  # noqa: PLC0415  (imports torch)

    options = attribute_command.AttributeOptions(
        unit=unit,
        image=image,
        second=second,
        method=method,
        seed=seed,
        position=position,
        wanted_class=wanted_class,
        other_class=other_class,
        view=view,
        names_model=given.get("model") is not None,
        look=frozenset(name for name, value in look.items() if value),
        save=tuple(save or ()),
        progress=progress,
    )
    try:
        answer = attribute_command.attribute(chosen, options)
    except KeyboardInterrupt:
        typer.echo("Ended at once; nothing was written.", err=True)
        return 130
    for warning in answer.warnings:
        typer.echo(warning, err=True)
    typer.echo(answer.report.as_json() if as_json else answer.report.as_text())
    return 2 if answer.refused else 0
