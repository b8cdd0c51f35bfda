"""What somebody wants scanned, and the command line that does it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis.records import Fit, Precision

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis.records import ModelRequest


@dataclass(frozen=True, slots=True)
class ScanWish:
    """A scan that somebody asks for in the window; the words are those of `deepvis scan`.

    Attributes:
        model: the running model, as it was asked for.
        images: folder of images.
        layers: names; empty for the default list.
        top: images kept per unit and direction.
        crops: scales at which windows are cut from every image; 0 takes images whole.
        limit: at most so many images; None for all.
        classes: `folders`, `none` or a CSV file; None looks whether the folders are classes.
        device: `auto`, `cpu`, `cuda:0`, ...
        batch_size: images in one forward pass; None leaves it to the scan.
        workers: processes that decode; None leaves it to the scan.
    """

    model: ModelRequest
    images: Path
    layers: tuple[str, ...] = ()
    top: int = 9
    crops: int = 0
    limit: int | None = None
    classes: str | None = None
    device: str = "auto"
    batch_size: int | None = None
    workers: int | None = None


def scan_arguments(wish: ScanWish, gallery: Path | None) -> tuple[str, ...]:
    """What to write after `deepvis`; options that are left to the scan are not written.

    The settings file, and an environment that splits work, must not change what was asked for here: what the model does
    not say goes back to the default.

    Args:
        wish: what is wanted.
        gallery: the file to write; None for the person's own of the model.
    """
    arguments = ["scan", "--images", str(wish.images), *model_arguments(wish.model, everything=True)]
    options: tuple[tuple[str, object], ...] = (
        ("--gallery", gallery),
        ("--fit", Fit.CROP),
        ("--precision", Precision.FLOAT32),
        ("--shard", "0/1"),
        ("--device", wish.device),
        ("--top", wish.top),
        ("--crops", wish.crops or None),
        ("--limit", wish.limit),
        ("--classes", wish.classes),
        ("--batch-size", wish.batch_size),
        ("--workers", wish.workers),
    )
    for flag, value in options:
        if value is not None:
            arguments += [flag, str(value)]
    if wish.layers:
        arguments += ["--layers", ",".join(wish.layers)]
    return (*arguments, "--progress", "json")


def python_command() -> tuple[str, ...]:
    """How this same program is started again."""
    return sys.executable, "-m", "deepvis"


def model_arguments(model: ModelRequest, *, everything: bool = False) -> list[str]:
    """The options that ask for this model; `everything` also writes those that say "the default"."""
    size = None if model.input_size is None else f"{model.input_size[0]}x{model.input_size[1]}"
    options: tuple[tuple[str, object], ...] = (
        ("--model", model.name),
        ("--weights", model.weights),
        ("--labels", model.labels),
        ("--mean", _numbers(model.mean)),
        ("--std", _numbers(model.std)),
        ("--input-size", size),
        ("--interpolation", model.interpolation),
        ("--crop-ratio", model.crop_ratio),
        ("--inputs", model.inputs),
    )
    said = [(flag, value) for flag, value in options if everything or value is not None]
    return [part for flag, value in said for part in (flag, "" if value is None else str(value))]


def _numbers(values: tuple[float, ...] | None) -> str | None:
    return None if values is None else ",".join(repr(value) for value in values)
