"""Why a part of a page is empty and what to do about it, and where the results come from: sentences, nothing else."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis.gallery.records import Exemplar, JobRecord, UnitRecord
    from deepvis.live.running_model import RunningModel
    from deepvis.records import LayerInfo

SCANNED_PARTS = ("exemplars", "minima", "quantiles", "histogram", "classes", "similar")

NO_SCAN_OF_TWO = "Scans work with networks of one picture, and this one takes two at once. Look at its layers live."
NO_SYNTHESIS_FOR_TWO = "Pictures are synthesized for networks of one picture, and this one takes two at once."

_IMPORT = "Pictures of the 2015 toolbox can be read in: deepvis import."


def not_scanned(running: RunningModel, layer: LayerInfo, *, scanned: bool) -> str:
    """Why nothing is known of a layer.

    Args:
        running: the running model.
        layer: the layer.
        scanned: there are results of other layers.
    """
    if running.info.pictures > 1:
        return NO_SCAN_OF_TWO
    if not scanned:
        what, command = f"No images were scanned with {running.info.name} yet.", running.scan_command()
        if not layer.worth_showing:
            command = running.scan_command(layer.name)
    else:
        what = f"The scan left out the layer {layer.name}."
        command = running.scan_command(layer.name)
    return f"{what} Scan a folder of images: with the button below, or in a terminal: {command}"


def not_synthesized(running: RunningModel, layer: LayerInfo, unit: int) -> str:
    """Why there is no synthesized picture of a unit."""
    if running.info.pictures > 1:
        return NO_SYNTHESIS_FOR_TWO
    command = running.synthesize_command(layer.name, unit)
    return (
        f"No picture was synthesized for this unit yet. Press 2 or the button below to make one, or in a terminal: "
        f"{command}"
    )


def layer_not_synthesized(running: RunningModel, layer: LayerInfo) -> str:
    """Why there is no grid of synthesized pictures."""
    if running.info.pictures > 1:
        return NO_SYNTHESIS_FOR_TWO
    return (
        f"No pictures were synthesized for units of {layer.name} yet. Make one of the selected unit on its page, or "
        f"all of them in a terminal: {running.synthesize_command(layer.name)}. {_IMPORT}"
    )


def unit_notes(record: UnitRecord, running: RunningModel, layer: LayerInfo) -> dict[str, str]:
    """Part of the page to the reason why it is empty, for a unit whose layer was scanned; no entry where it is not."""
    statistics = record.statistics
    name = f"Unit {record.unit.unit}"
    silent = f"{name} gave no number for any image." if statistics is None or not statistics.count else ""
    notes: dict[str, str] = {}
    if not record.exemplars:
        notes["exemplars"] = silent or "The scan has not come to this part yet."
    if level_minima(record.minima):
        notes["minima"] = level_minima(record.minima)
    elif not record.minima:
        notes["minima"] = silent or "The scan kept no images with small values."
    if not record.quantiles:
        notes["quantiles"] = silent or "The scan kept no random examples."
    if record.histogram is None or not record.histogram.total:
        notes["histogram"] = silent or "The scan kept no histogram."
    if not record.classes:
        notes["classes"] = (
            "The images have no classes. Put them into one folder per class, or give a CSV file of path,label: "
            f"{running.scan_command()} --classes FILE.csv"
        )
    if not record.similar:
        notes["similar"] = silent or _no_similar(record, running, layer)
    return notes


def level_minima(minima: tuple[Exemplar, ...]) -> str:
    """Why the smallest images say nothing: all have one and the same value; empty where they differ."""
    if len(minima) < 2 or minima[0].value != minima[-1].value:
        return ""
    if minima[0].value == 0:
        return "The unit is never below zero, and many images leave it at zero: none of them is lower than the others."
    return f"Many images leave the unit at {minima[0].value:.3g}, and none is lower."


def origin_text(job: JobRecord | None, *, packaged: bool) -> str:
    """`1,234 images of photos, 2025-10-03`; what is not finished says so."""
    if job is None:
        return ""
    folder = "the photographs that come with DeepVis" if packaged else PurePath(job.data_root).name
    what = _count(job.samples, "image crop" if job.parameters.get("crops") else "image")
    parts = [f"{what} of {folder}" if folder else what]
    done, files = sum(row[2] for row in job.coverage), sum(row[3] for row in job.coverage)
    if not job.finished and done < files:
        parts.append(f"unfinished: {done:,} of {files:,} files")
    if job.skipped and not packaged:
        parts.append(f"{_count(job.skipped, 'file')} skipped")
    if job.updated_utc:
        parts.append(job.updated_utc[:10])
    return ", ".join(parts)


def _no_similar(record: UnitRecord, running: RunningModel, layer: LayerInfo) -> str:
    if layer.units < 2:
        return f"{layer.name} has only one unit."
    statistics = record.statistics
    if statistics is not None and statistics.minimum == statistics.maximum:
        return "The unit gave the same value everywhere: it goes together with no other."
    more = f" --covariance-up-to {layer.units}" if layer.units > 4096 else ""
    return (
        "Which units go together was not computed for this layer; it is left out for layers with very many units. "
        f"The command that computes it: {running.scan_command(layer.name)}{more}"
    )


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
