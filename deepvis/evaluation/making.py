"""Where the pictures come from: recipes, with the time each picture took, kept in a folder for the next time."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PIL import Image, PngImagePlugin

from deepvis.synthesis.ascent import ascend
from deepvis.synthesis.keeping import picture_seeds, synthesis_job
from deepvis.synthesis.references import reference_facts
from deepvis.synthesis.synthesis import SynthesisRequest, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis.models.engine import Engine
    from deepvis.records import LayerInfo
    from deepvis.synthesis.recipe import Recipe
    from deepvis.synthesis.synthesis import Materials

_TOLD = "deepvis"
"""Name of the text in a kept PNG file that says how the picture was made."""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """One finished picture.

    Attributes:
        rgb: uint8 `(size, size, 3)`.
        wall_s: seconds it took, its part of its batch.
        cpu_s: processor seconds of the whole process, likewise.
        reason: why the unit could not be excited; empty where it was.
    """

    rgb: NDArray[np.uint8]
    wall_s: float
    cpu_s: float
    reason: str = ""


class Maker(Protocol):
    """A way to make pictures of units.

    Attributes:
        name: as reports call it.
        size: height and width of the pictures.
        batch_size: pictures made at once.
    """

    name: str
    size: int
    batch_size: int

    def key(self) -> str:
        """The same for two makers only if they make the same pictures."""

    def cost(self, layer: LayerInfo) -> float:
        """How much work a picture of the layer is, in any unit that all makers of a run share."""

    def make(
        self, layer: LayerInfo, units: Sequence[int], numbers: Sequence[int], tell: Callable[[float], None]
    ) -> list[Made]:
        """Pictures of units, one per entry.

        Args:
            layer: whose units they are.
            units: one per picture.
            numbers: the seeds as people see them, one per picture.
            tell: told the part that is done, 0..1.
        """


class RecipeMaker:
    """A recipe of the engine."""

    def __init__(self, engine: Engine, recipe: Recipe, materials: Materials, *, batch_size: int) -> None:
        """Take what an ascent needs."""
        self.name = recipe.name
        self.size = recipe.size
        self.batch_size = batch_size
        self._engine, self._recipe, self._materials = engine, recipe, materials

    def key(self) -> str:
        """Hash of the gallery's job for such pictures, and the size of the batch: it decides what was measured."""
        others = reference_facts(self._recipe, self._materials.references)
        job = synthesis_job(self._engine, self._recipe, self._materials.natural, others=others)
        return f"{job.hash[:12]}-{self.batch_size}"

    def cost(self, layer: LayerInfo) -> float:
        """Pixels that the network sees."""
        return float(self._steps(layer) * self.size**2)

    def make(
        self, layer: LayerInfo, units: Sequence[int], numbers: Sequence[int], tell: Callable[[float], None]
    ) -> list[Made]:
        """One ascent of all of them together.

        Raises:
            ModelError: the network cannot be run.
            ValueError: the recipe needs something that is missing; the message is a sentence.
        """
        begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
        request = SynthesisRequest(layer.name, tuple(units), picture_seeds(layer.name, units, numbers), self._recipe)
        result = ascend(self._engine, request, self._materials, Watch(canceled=_counting(self._steps(layer), tell)))
        wall_s, cpu_s = time.perf_counter() - begun_s, time.process_time() - begun_cpu_s
        shares = (wall_s / len(units), cpu_s / len(units))
        pairs = zip(result.images, result.reasons, strict=True)
        return [Made(rgb, *shares, reason) for rgb, reason in pairs]

    def _steps(self, layer: LayerInfo) -> int:
        return self._recipe.for_layer(is_classes=layer.is_classes).steps


class Shelf:
    """Keeps finished pictures in a folder, so that another run need not make them again."""

    def __init__(self, folder: Path | None) -> None:
        """None keeps nothing."""
        self._folder = folder

    def find(self, maker: Maker, layer: str, unit: int, number: int) -> Made | None:
        """The picture, if it is there and whole."""
        path = self._path(maker, layer, unit, number)
        if path is None or not path.is_file():
            return None
        try:
            with Image.open(path) as image:
                told = json.loads(image.info[_TOLD])
                rgb = np.asarray(image.convert("RGB"))
            return Made(rgb, float(told["wall_s"]), float(told["cpu_s"]), str(told["reason"]))
        except (OSError, ValueError, KeyError, SyntaxError):
            return None

    def keep(self, maker: Maker, layer: str, unit: int, number: int, made: Made) -> None:
        """Store a picture, with how it was made."""
        path = self._path(maker, layer, unit, number)
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        told = PngImagePlugin.PngInfo()
        about = {"maker": maker.name, "layer": layer, "unit": unit, "seed": number}
        told.add_itxt(_TOLD, json.dumps({**about, "wall_s": made.wall_s, "cpu_s": made.cpu_s, "reason": made.reason}))
        # a run that is killed leaves no half picture under the name
        part = path.with_suffix(".part")
        Image.fromarray(made.rgb).save(part, "PNG", pnginfo=told)
        part.replace(path)

    def _path(self, maker: Maker, layer: str, unit: int, number: int) -> Path | None:
        if self._folder is None:
            return None
        folder = self._folder / "pictures" / file_name(f"{maker.name}-{maker.key()}")
        return folder / f"{file_name(layer)}-{unit}-{number}.png"


def file_name(text: str) -> str:
    """The text with everything a file system may refuse replaced by `_`."""
    return re.sub(r"[^A-Za-z0-9._+-]", "_", text)


def _counting(steps: int, tell: Callable[[float], None]) -> Callable[[], bool]:
    """Never cancels; counts the steps at which it is asked."""
    done = 0

    def canceled() -> bool:
        nonlocal done
        done += 1
        tell(min(1.0, done / steps))
        return False

    return canceled
