"""The commands around the gallery: scan, merge, show, export, import. Nothing heavy is imported before one runs."""

from __future__ import annotations

import json
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
from deepvis.gallery.files import gallery_file
from deepvis.startup import prepare_exact_torch


@takes("Model")
def scan(  # noqa: PLR0913  (a command has as many parameters as options)
    context: typer.Context,
    images: Annotated[
        Path,
        typer.Option(
            "--images",
            metavar="FOLDER",
            help="Folder of images with its subfolders, or a list: one path to a line, a label behind it.",
        ),
    ],
    settings: SettingsFile = None,
    layers: Layers = None,
    top: Annotated[int, typer.Option(metavar="N", help="Images kept per unit, best and smallest alike.")] = 9,
    gallery: Gallery = None,
    batch_size: Annotated[int, typer.Option(metavar="N", help="Images in one forward pass.")] = 16,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Processes that decode images; not given: chosen by the cores.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Only so many images, spread evenly over the folder.")
    ] = None,
    crops: Annotated[
        int, typer.Option(metavar="SCALES", help="Cut every image into overlapping windows at so many scales.")
    ] = 0,
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="HOW",
            help="Class of an image: folders, none, or a CSV file of path,label; not given: looks itself.",
        ),
    ] = None,
    covariance_up_to: Annotated[
        int, typer.Option(metavar="UNITS", help="No correlations for layers with more units.")
    ] = 4096,
    fit: Annotated[
        str | None, typer.Option(metavar="HOW", help="How an image becomes the input: crop, letterbox, stretch.")
    ] = None,
    shard: ShardPart = None,
    checkpoint_s: Annotated[float, typer.Option(metavar="SECONDS", help="Time between two savings.")] = 20.0,
    picture_quality: Annotated[int, typer.Option(metavar="1..100", help="JPEG quality of stored pictures.")] = 90,
    attribution: Annotated[
        str,
        typer.Option(
            metavar="METHOD",
            help="Pixels of exemplars that speak for the unit, by deconvnet, guided, gradient, or none.",
        ),
    ] = "deconvnet",
    attributed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Exemplars per unit attributed so; not given: as many as are worth the images scanned.",
        ),
    ] = None,
    portable: Annotated[
        bool,
        typer.Option(
            "--portable", metavar="", help="Make the gallery one file that can be moved together with the images."
        ),
    ] = False,
    progress: Progress = "auto",
    launch: LaunchPlace = None,
    jobs: Jobs = 2,
    cluster: Cluster = None,
    **given: object,
) -> int:
    """Find out what every unit of a network answers to in a folder of images.

    One pass over the images for all layers. A scan that was stopped or killed goes on where it was with the same
    command.
    """
    chosen = chosen_settings(settings, context.obj, {**given, "fit": fit})
    prepare_exact_torch()
    from deepvis import scan_command  # noqa: PLC0415  (imports torch)
    from deepvis.job_command import Launch, own_shard  # noqa: PLC0415  (see the module)

    options = scan_command.ScanOptions(
        images=images.expanduser(),
        layers=layer_names(layers),
        top=top,
        gallery=gallery,
        batch_size=batch_size,
        workers=workers,
        limit=limit,
        crops=crops,
        classes=classes,
        covariance_up_to=covariance_up_to,
        checkpoint_s=checkpoint_s,
        picture_quality=picture_quality,
        portable=portable,
        attribution=attribution,
        attributed=attributed,
        progress=progress,
        launch=Launch(launch or "", jobs, tuple(cluster or ())),
    )
    if launch:
        return said(lambda: scan_command.launch(chosen, options, model_words(settings, given)), progress)
    return said(lambda: scan_command.scan(chosen, options, own_shard(shard)), progress)


@takes("Model")
def merge(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE ...]", help="Files of shards; not given: those beside the gallery."),
    ] = None,
    settings: SettingsFile = None,
    gallery: Gallery = None,
    progress: Progress = "auto",
    **given: object,
) -> int:
    """Fold the shards of a scan or of a synthesis into one gallery; says which are missing."""
    chosen = chosen_settings(settings, context.obj, given)
    from deepvis import merge_command  # noqa: PLC0415  (imports torch)
    from deepvis.job_command import gallery_path  # noqa: PLC0415  (see the module)
    from deepvis.precompute.shards import gallery_of  # noqa: PLC0415  (see the module)

    named = [path.expanduser() for path in files or ()]
    if gallery is None and named:
        gallery = gallery_of(named[0])
    target = gallery_path(chosen, gallery)
    return said(lambda: merge_command.merge(named, target, progress), progress)


def show(
    context: typer.Context,
    unit: Annotated[
        str, typer.Argument(metavar="[MODEL/]LAYER/UNIT", help="As in blocks.4.1/37; without a model the default one.")
    ],
    settings: SettingsFile = None,
    gallery: Gallery = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Print the whole record as JSON.")] = False,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FOLDER", help="Write the unit's pictures as PNG files.")
    ] = None,
) -> int:
    """Print what the gallery knows of a unit: exemplars, minima, statistics, similar units, pictures."""
    chosen = chosen_settings(settings, context.obj, {})
    from deepvis import gallery_commands  # noqa: PLC0415  (see the module)
    from deepvis.models.zoo import model_key  # noqa: PLC0415  (imports torch)
    from deepvis.unit_pictures import unit_pictures  # noqa: PLC0415  (see the module)

    def work() -> str:
        address = gallery_commands.unit_address(unit, model_key(chosen.model))
        with gallery_commands.opened_galleries(address.model, gallery, chosen.gallery_dir) as galleries:
            record, source = gallery_commands.read_unit(address, galleries)
            pictures = unit_pictures(address, galleries)
            lines = []
            if save is not None:
                written = gallery_commands.save_pictures(record, source, pictures, save.expanduser())
                lines.append(f"Wrote {len(written)} pictures into {save}.")
            if as_json:
                typer.echo(json.dumps(gallery_commands.as_json(record, pictures), indent=2, ensure_ascii=False))
            elif save is None:
                lines.append(gallery_commands.as_text(record, source.path, pictures))
            return "\n".join(lines)

    return said(work, "aside" if as_json else "")


@takes("Model")
def export(  # noqa: PLR0913  (as above)
    context: typer.Context,
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where the folders go.")],
    settings: SettingsFile = None,
    gallery: Gallery = None,
    layers: Annotated[
        list[str] | None, typer.Option("--layers", metavar="NAME ...", help="Layers; not given: all that are known.")
    ] = None,
    units: Units = None,
    kind: Annotated[str, typer.Option(metavar="WHAT", help="all, synthesis or exemplars.")] = "all",
    **given: object,
) -> int:
    """Write what galleries know as plain folders: LAYER/unit_0007 with PNG files and unit.json."""
    chosen = chosen_settings(settings, context.obj, given)
    from deepvis import export_command  # noqa: PLC0415  (see the module)
    from deepvis.gallery_commands import opened_galleries  # noqa: PLC0415  (see the module)
    from deepvis.models.zoo import model_key  # noqa: PLC0415  (imports torch)
    from deepvis.precompute.work_list import parse_units  # noqa: PLC0415  (see the module)

    def work() -> str:
        wanted = export_command.Wanted(layer_names(layers), parse_units(units) if units else (), kind)
        with opened_galleries(model_key(chosen.model), gallery, chosen.gallery_dir) as galleries:
            return export_command.export(galleries, wanted, to.expanduser())

    return said(work)


def import_gallery(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Outputs of the 2015 toolbox or of its fork.")],
    settings: SettingsFile = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="Model the pictures are of; not given: the default.")
    ] = None,
    gallery: Gallery = None,
) -> int:
    """Bring an old gallery into DeepVis: optimized images, maximum images, deconvolutions."""
    chosen = chosen_settings(settings, context.obj, {"model": model})
    from deepvis import gallery_commands  # noqa: PLC0415  (see the module)
    from deepvis.models.zoo import model_key  # noqa: PLC0415  (imports torch)

    key = model_key(chosen.model)
    target = gallery.expanduser() if gallery is not None else gallery_file(key, chosen.gallery_dir)
    return said(lambda: gallery_commands.import_old(folder.expanduser(), key, target))
