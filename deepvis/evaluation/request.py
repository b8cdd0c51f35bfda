"""What is to be evaluated: one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deepvis.evaluation.errors import EvaluationError
from deepvis.records import ModelRequest, Precision

if TYPE_CHECKING:
    from pathlib import Path

RECIPES = ("clear", "distill")
JUDGES = ("efficientnet_lite1", "efficientnet_lite2", "efficientnet_lite0")
"""Asked where nobody names any: the first two that are not the network itself."""
NO_JUDGE = "none"
CLASSES = 24
UNITS_PER_LAYER = 6
BATCH_SIZE = 8


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """An evaluation.

    Attributes:
        model: the network to visualize.
        recipes: names, or paths of JSON files.
        layers: hidden layers; empty for eight of the default list.
        units_per_layer: units drawn of each.
        classes: drawn.
        pictures: of every unit, with the seeds 0, 1, 2, ...
        judges: names of independent networks; None takes the default ones where they fit, empty none at all.
        seed: of the draw.
        images: folder of natural pictures to compare with.
        galleries: files with natural maxima and exemplars; the first that knows a layer counts.
        folder: where pictures are kept and looked for; None keeps nothing.
        batch_size: pictures made at once.
        device: as `resolve_device` takes it.
        precision: number format of the network.
        threads: of torch.

    Raises:
        EvaluationError: the numbers cannot be; the message names the field.
    """

    model: ModelRequest
    images: Path
    recipes: tuple[str, ...] = RECIPES
    layers: tuple[str, ...] = ()
    units_per_layer: int = UNITS_PER_LAYER
    classes: int = CLASSES
    pictures: int = 1
    judges: tuple[str, ...] | None = None
    seed: int = 0
    galleries: tuple[Path, ...] = field(default=())
    folder: Path | None = None
    batch_size: int = BATCH_SIZE
    device: str = "auto"
    precision: Precision = Precision.FLOAT32
    threads: int = 1

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            if getattr(self, name) < least:
                raise EvaluationError(f"{name} must be at least {least}, not {getattr(self, name)}.")
        if not self.units_per_layer and not self.classes:
            raise EvaluationError("units_per_layer and classes are both 0, so there is nothing to evaluate.")
        repeated = next((name for name in self.recipes if self.recipes.count(name) > 1), None)
        if repeated is not None:
            raise EvaluationError(f"recipes names {repeated} twice.")


_LEAST = {"units_per_layer": 0, "classes": 0, "pictures": 1, "seed": 0, "batch_size": 1, "threads": 1}
