"""The recipes that come with the program."""

from __future__ import annotations

import difflib
from pathlib import Path

from deepvis.synthesis.recipe import Keep, Recipe
from deepvis.synthesis.registry import Piece, piece

_YOSINSKI = "Yosinski et al. 2015, Understanding Neural Networks Through Deep Visualization, Table 1"


def _yosinski(number: int, steps: int, stepper: Piece, *regularizers: Piece) -> Recipe:
    return Recipe(
        name=f"yosinski-{number}",
        source=f"{_YOSINSKI}, row {number}",
        objective=Piece("neuron"),
        parametrization=piece("clipped-pixels", std=10.0),
        regularizers=regularizers,
        stepper=stepper,
        steps=steps,
        size=224,
        keep=Keep.BEST,
        stretch=True,
    )


_MEASURED = "DeepVis: found by measuring, see docs/recipes.md"

_LUCID_TRANSFORMS = (
    piece("pad", pixels=12),
    piece("jitter", pixels=8),
    piece("scale", low=0.9, high=1.1),
    piece("rotate", degrees=10.0),
    piece("jitter", pixels=4),
)

RECIPES: tuple[Recipe, ...] = (
    _yosinski(
        1,
        500,
        piece("progress", wanted=2.0, longest=100.0),
        piece("blur", sigma=0.5, every=4),
        piece("small-norm", percent=50.0),
    ),
    _yosinski(2, 750, piece("constant", rate=100.0), piece("decay", rate=0.3), piece("small-norm", percent=20.0)),
    _yosinski(3, 1000, piece("constant", rate=100.0), piece("decay", rate=1e-4), piece("blur", sigma=1.0, every=4)),
    _yosinski(
        4,
        1000,
        piece("progress", wanted=2.0, longest=1e8),
        piece("blur", sigma=0.5, every=4),
        piece("small-contribution", percent=90.0),
    ),
    Recipe(
        name="distill",
        source="Olah et al. 2017, Feature Visualization; lucid's and Lucent's defaults",
        objective=Piece("channel"),
        parametrization=piece("fourier", std=0.01, decay=1.0),
        transforms=_LUCID_TRANSFORMS,
        stepper=piece("adam", rate=0.05),
        steps=512,
        size=128,
    ),
    Recipe(
        name="maco",
        source="Fel et al. 2023, arXiv 2306.06805",
        objective=Piece("channel"),
        parametrization=Piece("maco"),
        transforms=(piece("crop", low=0.15, high=0.5, spread=0.15), piece("noise", std=0.08)),
        stepper=piece("nadam", rate=1.0),
        steps=256,
        size=224,
    ),
    Recipe(
        name="bn-prior",
        source="after Yin et al. 2020, DeepInversion, arXiv 1912.08795, with the statistics of each picture by itself",
        objective=Piece("channel"),
        parametrization=piece("fourier", std=0.01, decay=1.0),
        transforms=(piece("jitter", pixels=30), Piece("flip")),
        regularizers=(
            piece("batch-norm", weight=0.01),
            piece("total-variation", weight=1e-4),
            piece("l2", weight=1e-5),
        ),
        stepper=piece("adam", rate=0.05, beta1=0.5, beta2=0.9, end=0.0),
        steps=256,
        size=160,
    ),
    Recipe(
        name="clear",
        source=_MEASURED,
        objective=Piece("neuron"),
        parametrization=piece("fourier", std=0.05, decay=1.2, contrast=1.5),
        # shifted by less than their stride, units of the first layers answer to something else
        transforms=(
            piece("scale", low=0.95, high=1.05),
            piece("rotate", degrees=3.0),
            piece("noise", std=0.02),
        ),
        stepper=piece("adam", rate=0.12, end=0.2),
        steps=128,
        size=160,
        starts=2,
        scouting=0.12,
        scout_size=1.0,
        average=0.9,
        for_classes=Recipe(
            name="clear",
            source=_MEASURED,
            objective=piece("softmax", weight=2.0),
            parametrization=piece("fourier", std=0.6, decay=1.2, blur=0.45, contrast=1.5),
            transforms=(
                piece("zoom", low=0.8, high=2.0, slack=0.05),
                piece("rotate", degrees=5.0),
                piece("noise", std=0.01),
            ),
            regularizers=(piece("skip-gradient", factor=0.4), piece("batch-norm", weight=0.003)),
            stepper=piece("adam", rate=0.15, end=0.2),
            steps=160,
            size=160,
            doubt=0.33,
            again=1,
            longer=1.5,
            closer=1.25,
            average=0.9,
            coarse=0.8,
            coarse_part=1.0,
        ),
    ),
)
"""In the order in which they are offered; the last one is the program's own default."""

DEFAULT_RECIPE = "clear"


def recipe_named(name: str) -> Recipe:
    """A recipe by name, or out of a JSON file.

    Raises:
        ValueError: there is none, or the file holds none; the message is a sentence that names it.
    """
    for recipe in RECIPES:
        if recipe.name == name:
            return recipe
    path = Path(name)
    if path.suffix == ".json":
        return _recipe_in(path)
    names = [recipe.name for recipe in RECIPES]
    close = difflib.get_close_matches(name, names, n=2, cutoff=0.4)
    hint = f"Did you mean {' or '.join(close)}?" if close else f"There are {', '.join(names)}, or name a .json file."
    raise ValueError(f"No recipe is called '{name}'. {hint}")


def _recipe_in(path: Path) -> Recipe:
    hint = f"'deepvis recipes {DEFAULT_RECIPE}' prints a recipe to begin with."
    try:
        return Recipe.from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"The recipe {path} cannot be read: {error.strerror}. {hint}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"The recipe {path} cannot be used: it is no text. {hint}") from error
    except ValueError as error:
        raise ValueError(f"The recipe {path} cannot be used: {str(error).rstrip('.')}. {hint}") from error
