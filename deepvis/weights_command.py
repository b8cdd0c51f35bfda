"""What `deepvis weights` does: figures of a layer's or of a unit's weights, their values, a picture of them."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis.command_settings import CommandError
from deepvis.imaging.kernels import BARS, MIDDLE, histogram_tiles, reach_pictures, sheet
from deepvis.live.weight_grid import REACH_COLORS
from deepvis.live.weight_pages import layer_words, strongest, tile_choices, whole_pictures
from deepvis.models.engine import build_engine
from deepvis.models.unit_weights import weight_source
from deepvis.models.zoo import model_key
from deepvis.records import WeightTiles
from deepvis.sources.encode import encode_png
from deepvis.statistics.weight_figures import figures, histogram, unit_histograms

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis.models.engine import Engine
    from deepvis.models.unit_weights import UnitWeights
    from deepvis.records import ModelRequest
    from deepvis.statistics.weight_figures import WeightFigures, WeightHistogram

TOLD = 8
"""Units, or inputs, that are named one by one."""
TILE_SIDE = 48
"""Pixels that a kernel of a picture file gets at least."""
HISTOGRAM_SIZE = (60, 80)


@dataclass(frozen=True, slots=True)
class Address:
    """A layer or a unit; `model` is empty where the address names none that is not the chosen one anyway."""

    layer: str
    unit: int | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class WeightOptions:
    """What becomes of the figures: printed for people or as JSON; the weights go to the files of `save`."""

    save: tuple[Path, ...] = ()
    as_json: bool = False


def parse_address(text: str, model: str, *, named: bool) -> Address:
    """`layer`, `layer/unit`, `model/layer` or `model/layer/unit`.

    Args:
        text: the address.
        model: the one that is meant where the address names none.
        named: that one was named on the command line, too.

    Raises:
        CommandError: it is no address, or names another model.
    """
    words = text.split("/")
    unit = int(words.pop()) if len(words) > 1 and words[-1].isdigit() else None
    if not 1 <= len(words) <= 2 or not all(words):
        raise CommandError(f"'{text}' is no address: write layer, layer/unit or model/layer/unit, as in conv_stem/5.")
    layer, other = words[-1], words[0] if len(words) == 2 else ""
    if other in ("", model, model_key(model)):
        return Address(layer, unit)
    if named:
        raise CommandError(f"'{text}' names the model {other}, and --model names {model}: leave one of them out.")
    return Address(layer, unit, other)


def show_weights(request: ModelRequest, address: Address, options: WeightOptions) -> str:
    """Load the model and tell of its weights.

    Returns:
        What is to be said; with `as_json` the figures go to the standard output here.

    Raises:
        CommandError: there are no such weights, or the file cannot be written.
        ModelError: the model cannot be had.
    """
    for path in options.save:
        if path.suffix.lower() not in (".npy", ".png"):
            raise CommandError(f"--save writes .npy or .png, not '{path.name}'.")
    engine = build_engine(request, progress=lambda _text, _fraction: None, canceled=lambda: False)
    weights = _read(engine, address)
    known = figures(weights.kernels)
    name = "/".join(str(part) for part in (engine.loaded.name, address.layer, address.unit) if part is not None)
    told = [_save(weights, known, address.unit, path) for path in options.save]
    if options.as_json:
        made = (
            _layer_json(name, weights, known)
            if address.unit is None
            else _unit_json(name, weights, known, address.unit)
        )
        sys.stdout.write(json.dumps(made, indent=2) + "\n")
    elif not options.save:
        told += (
            _layer_lines(name, weights, known)
            if address.unit is None
            else _unit_lines(name, weights, known, address.unit)
        )
    return "\n".join(told)


def _read(engine: Engine, address: Address) -> UnitWeights:
    try:
        info = engine.info().layer(address.layer)
    except KeyError as error:
        raise CommandError(f"{error.args[0]} 'deepvis layers --all' lists them.") from None
    if info.reason:
        raise CommandError(f"{info.name} cannot be shown: {info.reason}")
    found = weight_source(engine).read(address.layer)
    if isinstance(found, str):
        raise CommandError(found)
    if address.unit is not None and address.unit >= found.units:
        raise CommandError(f"{address.layer} has units 0 to {found.units - 1}, no {address.unit}.")
    return found


# files


def _save(weights: UnitWeights, known: WeightFigures, unit: int | None, path: Path) -> str:
    chosen = weights.kernels if unit is None else weights.kernels[unit]
    try:
        if path.suffix.lower() == ".npy":
            np.save(path, np.ascontiguousarray(chosen))
            return f"Wrote {'×'.join(map(str, chosen.shape))} weights to {path}."
        picture = _layer_picture(weights, known) if unit is None else _unit_picture(weights, unit)
        path.write_bytes(encode_png(picture))
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error
    return f"Wrote a picture of {picture.shape[0]}×{picture.shape[1]} pixels to {path}."


def _unit_picture(weights: UnitWeights, unit: int) -> NDArray[np.uint8]:
    if tile_choices(weights)[0] is WeightTiles.KERNELS:
        return sheet(whole_pictures(weights, np.arange(unit, unit + 1)), 4 * TILE_SIDE, gap=0)
    inputs = weights.kernels.shape[1]
    return sheet(np.stack([kernel.rgb for kernel in strongest(weights, unit, inputs)]), TILE_SIDE // 2)


def _layer_picture(weights: UnitWeights, known: WeightFigures) -> NDArray[np.uint8]:
    suited, choices = tile_choices(weights)
    if suited is WeightTiles.KERNELS:
        return sheet(whole_pictures(weights, np.arange(weights.units)), TILE_SIDE)
    if WeightTiles.KERNELS in choices:
        return sheet(reach_pictures(weights.kernels, REACH_COLORS), TILE_SIDE)
    tiles = histogram_tiles(unit_histograms(weights.kernels, known.largest), *HISTOGRAM_SIZE)
    colors = np.full((3, 3), 20, np.uint8)
    colors[MIDDLE], colors[BARS] = 60, 170
    return sheet(colors[tiles], 1)


# JSON


def _layer_json(name: str, weights: UnitWeights, known: WeightFigures) -> dict[str, object]:
    return {
        "layer": name,
        **_origin(weights),
        "shape": list(weights.kernels.shape),
        "groups": weights.groups,
        "histogram": _histogram_json(histogram(weights.kernels)),
        "bias_histogram": None if weights.bias is None else _histogram_json(histogram(weights.bias)),
        "units": [{"unit": unit, **_figures_json(weights, known, unit)} for unit in range(weights.units)],
    }


def _unit_json(name: str, weights: UnitWeights, known: WeightFigures, unit: int) -> dict[str, object]:
    inputs = strongest(weights, unit, weights.kernels.shape[1])
    return {
        "unit": name,
        **_origin(weights),
        "shape": list(weights.kernels.shape[1:]),
        "groups": weights.groups,
        "units": weights.units,
        **_figures_json(weights, known, unit),
        "histogram": _histogram_json(histogram(weights.kernels[unit].reshape(-1))),
        "inputs": [{"input": kernel.input, "norm": kernel.norm} for kernel in inputs],
    }


def _origin(weights: UnitWeights) -> dict[str, object]:
    return {"module": weights.module, "note": weights.note}


def _figures_json(weights: UnitWeights, known: WeightFigures, unit: int) -> dict[str, object]:
    return {
        "bias": None if weights.bias is None else _number(weights.bias[unit]),
        "norm": _number(known.norm[unit]),
        "rank": int(known.rank[unit]),
        "mean": _number(known.mean[unit]),
        "largest": _number(known.largest[unit]),
        "near_zero": _number(known.near_zero[unit]),
    }


def _histogram_json(found: WeightHistogram) -> dict[str, object]:
    return {"low": found.low, "high": found.high, "counts": found.counts.tolist()}


def _number(value: float | np.float32) -> float | None:
    """JSON knows neither NaN nor infinities."""
    return float(value) if math.isfinite(value) else None


# words


def _layer_lines(name: str, weights: UnitWeights, known: WeightFigures) -> list[str]:
    found = histogram(weights.kernels)
    first = np.argsort(known.rank)[:TOLD]
    rows = [
        ("weights", f"{weights.kernels.size:,} from {found.low:.4g} to {found.high:.4g}"),
        ("biases", "none" if weights.bias is None else _bias_words(weights.bias)),
        ("norms", f"{known.norm.min():.4g} to {known.norm.max():.4g}, mean {known.norm.mean():.4g}"),
        ("near zero", f"{100 * float(known.near_zero.mean()):.3g} % on average"),
        ("longest", ", ".join(f"{unit} ({known.norm[unit]:.4g})" for unit in first)),
    ]
    return [f"{name}   {layer_words(weights)}", *_table(rows)]


def _unit_lines(name: str, weights: UnitWeights, known: WeightFigures, unit: int) -> list[str]:
    inputs = strongest(weights, unit, TOLD)
    single = weights.kernel_size == (1, 1)
    told = (f"{kernel.input} ({kernel.value if single else kernel.norm:.4g})" for kernel in inputs)
    rows = [
        ("bias", "none" if weights.bias is None else f"{weights.bias[unit]:.4g}"),
        ("norm", f"{known.norm[unit]:.4g}, number {known.rank[unit]:,} of {weights.units:,}"),
        ("weights", f"{weights.kernels[unit].size:,}, mean {known.mean[unit]:.4g}, largest {known.largest[unit]:.4g}"),
        ("near zero", f"{100 * float(known.near_zero[unit]):.3g} %"),
        ("inputs", f"{', '.join(told)}   (strongest first, with their {'weights' if single else 'norms'})"),
    ]
    return [f"{name}   {layer_words(weights)}", *_table(rows)]


def _bias_words(bias: NDArray[np.float32]) -> str:
    return f"{len(bias):,} from {bias.min():.4g} to {bias.max():.4g}, mean {bias.mean():.4g}"


def _table(rows: list[tuple[str, str]]) -> list[str]:
    return [f"  {name:<10} {value}" for name, value in rows]
