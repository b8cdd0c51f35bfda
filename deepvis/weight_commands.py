"""The command `deepvis weights`. Nothing heavy is imported before it runs."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  (typer reads the annotations)
from typing import Annotated

import typer

from deepvis.command_options import takes
from deepvis.command_settings import SettingsFile, chosen_settings, said


@takes("Model")
def weights(
    context: typer.Context,
    address: Annotated[
        str,
        typer.Argument(
            metavar="[MODEL/]LAYER[/UNIT]", help="As in conv_stem or blocks.4.1/37; the model may be left out."
        ),
    ],
    settings: SettingsFile = None,
    save: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="Write the weights (.npy, float32) or a picture of them (.png). May be repeated."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Print the figures as JSON.")] = False,
    **given: object,
) -> int:
    """Print what is known of the weights that make a layer's units, or of those of one unit."""
    chosen = chosen_settings(settings, context.obj, given)
    from deepvis import weights_command  # noqa: PLC0415  (imports torch)

    asked = weights_command.parse_address(address, chosen.model, named=given.get("model") is not None)
    if asked.model and given.get("model") is None:
        # weights and labels of the settings belong to their model
        own = {name: None for name in ("weights", "labels") if given.get(name) is None}
        chosen = chosen.with_changes({"model": asked.model, **own})
    options = weights_command.WeightOptions(tuple(path.expanduser() for path in save or ()), as_json=as_json)
    return said(
        lambda: weights_command.show_weights(chosen.model_request(), asked, options), "aside" if as_json else ""
    )
