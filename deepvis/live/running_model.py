"""The running model as the gallery thread has to know it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.gallery.records import ModelIdentity
from deepvis.live.scan_wish import model_arguments

if TYPE_CHECKING:
    from deepvis.records import ModelInfo, ModelRequest


@dataclass(frozen=True, slots=True)
class RunningModel:
    """What runs, and how it was asked for; `request` None where that is not known."""

    info: ModelInfo
    request: ModelRequest | None = None

    @property
    def identity(self) -> ModelIdentity:
        """What rows of a gallery are compared with."""
        return ModelIdentity(self.info.name, self.info.weights_sha256, self.info.preprocessing)

    def same_results(self, other: RunningModel) -> bool:
        """Whether pages are the same for both: a model that was only moved to another device keeps its pages."""
        moved = replace(other.info, device=self.info.device, precision=self.info.precision)
        return self.info == moved and self.request == other.request

    def scan_command(self, layer: str = "") -> str:
        """The command that scans this model, and only a layer where one is named; `FOLDER` is to be filled in."""
        model = ("--model", self.info.name) if self.request is None else model_arguments(self.request)
        wanted = ("--layers", layer) if layer else ()
        return shlex.join(("deepvis", "scan", "--images", "FOLDER", *model, *wanted))

    def synthesize_command(self, layer: str, unit: int | None = None) -> str:
        """The command that synthesizes a picture of a unit, or of every unit of a layer."""
        model = ("--model", self.info.name) if self.request is None else model_arguments(self.request)
        units = () if unit is None else ("--units", str(unit))
        return shlex.join(("deepvis", "synthesize", *model, "--layers", layer, *units))
