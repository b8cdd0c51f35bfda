"""Natural pictures that excite a unit most: how they are asked for, and what the answer is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis.synthesis.recipe import Recipe

FEATURE_DISTRIBUTION = "feature-distribution"
"""Name of the regularizer that wants them."""


@dataclass(frozen=True, slots=True)
class ReferenceWish:
    """Natural pictures wanted.

    Attributes:
        layer: name of the layer.
        unit: of the layer.
        count: so many at most.
        size: `(height, width)` they shall have.
        negative: those that the unit answers to least.
    """

    layer: str
    unit: int
    count: int
    size: tuple[int, int]
    negative: bool = False


class References(Protocol):
    """Who has such pictures. Any thread may ask; nothing is open between two questions."""

    def find(self, wish: ReferenceWish) -> NDArray[np.uint8]:
        """What is there, best first: `(pictures, *wish.size, 3)`; none where the unit is not known."""

    def digest(self) -> str:
        """The same for two of these only if they give the same pictures; empty where they have none at all."""


def reference_facts(recipe: Recipe, references: References | None) -> dict[str, object]:
    """What the references add to all that decides a picture, JSON values; nothing where the recipe asks for none."""
    if references is None or not recipe.regularizes_with(FEATURE_DISTRIBUTION):
        return {}
    return {"references": references.digest()}
