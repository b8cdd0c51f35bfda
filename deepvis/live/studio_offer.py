"""What can be synthesized with, in plain values: what the window makes its choices and sliders from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.live.studio_news import RecipeInfo, RegularizerInfo, SettingInfo, StudioOffer
from deepvis.synthesis.patch_source import PATCH_PRIOR
from deepvis.synthesis.recipes import DEFAULT_RECIPE, RECIPES
from deepvis.synthesis.references import FEATURE_DISTRIBUTION
from deepvis.synthesis.regularizers.batch_norm_prior import StatisticsPrior
from deepvis.synthesis.regularizers.table import REGULARIZERS

if TYPE_CHECKING:
    from torch import nn

    from deepvis.synthesis.recipe import Recipe
    from deepvis.synthesis.registry import Parameter, Piece, Row
    from deepvis.synthesis.regularizers.slots import Regularizer

_PATCHES_OF = " In the window these are of the photographs that come with DeepVis."
_NO_GENERATOR = "It needs a generator, and the window has none."
_NO_REFERENCES = "It needs natural pictures that excite the unit, and this network has no gallery with a scan."
_NO_STATISTICS = "It needs BatchNorm layers that remember statistics, and this network has none."

_SAID = {
    "adam": "Adam, rate {rate:g}",
    "clipped-pixels": "pixels",
    "constant": "steps of {rate:g}",
    "crop": "crops of {low:g} to {high:g}",
    "flip": "mirrored at random",
    "fourier": "Fourier, decay {decay:g}",
    "jitter": "shifts up to {pixels:g} px",
    "maco": "phases alone",
    "nadam": "Nadam, rate {rate:g}",
    "noise": "noise {std:g}",
    "pad": "margin of {pixels:g} px",
    "progress": "steps by progress",
    "rotate": "turns up to {degrees:g}°",
    "scale": "sizes {low:g} to {high:g}",
    "zoom": "zooms {low:g} to {high:g}",
}
"""Name of a part of a recipe to what is said of it; of others all settings are told."""


def studio_offer(network: nn.Module, *, scanned: bool) -> StudioOffer:
    """All recipes and regularizers, with what they lack where a network runs, and some gallery has a scan or none."""
    needs = _needs(network, scanned=scanned)
    return StudioOffer(
        recipes=tuple(_recipe(recipe, recipe.for_layer(is_classes=False), needs) for recipe in RECIPES),
        class_recipes=tuple(_recipe(recipe, recipe.for_layer(is_classes=True), needs) for recipe in RECIPES),
        regularizers=tuple(_regularizer(row, needs) for row in REGULARIZERS),
        default=DEFAULT_RECIPE,
    )


def _needs(network: nn.Module, *, scanned: bool) -> dict[str, str]:
    """Name of a part to what it lacks."""
    needs = {"generator": _NO_GENERATOR}
    if not scanned:
        needs[FEATURE_DISTRIBUTION] = _NO_REFERENCES
    if not StatisticsPrior(network).layers:
        needs["batch-norm"] = _NO_STATISTICS
    return needs


def _recipe(whole: Recipe, used: Recipe, needs: dict[str, str]) -> RecipeInfo:
    parts = [used.parametrization, *used.transforms, used.stepper]
    lacking = [needs[part.name] for part in (*used.regularizers, used.parametrization) if part.name in needs]
    return RecipeInfo(
        name=whole.name,
        source=whole.source,
        size=whole.size,
        steps=used.steps,
        regularizers=tuple(
            (part.name, tuple(REGULARIZERS[part.name].values(part).items())) for part in used.regularizers
        ),
        about=" · ".join(_said(part) for part in parts),
        needs=lacking[0] if lacking else "",
        details="; ".join(str(part) for part in parts),
    )


def _said(part: Piece) -> str:
    """A part of a recipe in a few words, with the setting that tells most."""
    values, words = dict(part.values), _SAID.get(part.name, "")
    try:
        return words.format(**values) if words else _plainly(part)
    except KeyError:
        # a setting that has its usual value is not told
        return _plainly(part)


def _plainly(part: Piece) -> str:
    settings = [f"{name.replace('_', ' ')} {value}" for name, value in part.values]
    return ", ".join((part.name.replace("-", " "), *settings))


def _regularizer(row: Row[Regularizer], needs: dict[str, str]) -> RegularizerInfo:
    settings = tuple(_setting(parameter) for parameter in row.parameters)
    about = row.about + (_PATCHES_OF if row.name == PATCH_PRIOR else "")
    return RegularizerInfo(row.name, row.source, about, row.slot, settings, needs.get(row.name, ""))


def _setting(parameter: Parameter) -> SettingInfo:
    return SettingInfo(
        parameter.name, parameter.default, parameter.low, parameter.high, parameter.about, parameter.choices
    )
