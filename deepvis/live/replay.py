"""How a picture was made, as a text that goes with it: what another one like it is made from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deepvis.synthesis.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping


def how_made(parameters: Mapping[str, object]) -> str:
    """The recipe with what was chosen beside it.

    Args:
        parameters: of the job that made the picture, as `synthesis_job` gives them.

    Returns:
        JSON; empty where this version does not know such a recipe.
    """
    try:
        recipe = Recipe.from_json(json.dumps(parameters.get("recipe")))
    except (ValueError, TypeError):
        return ""
    beside = {name: parameters.get(name) for name in ("size", "steps")}
    return json.dumps({"recipe": json.loads(recipe.to_json()), **beside})


def recipe_of(how: str) -> tuple[Recipe, int | None, int | None]:
    """What `how_made` put into a text.

    Returns:
        The recipe, and size and steps where others than its own were chosen.
    """
    known = json.loads(how)
    return Recipe.from_json(json.dumps(known["recipe"])), known["size"], known["steps"]
