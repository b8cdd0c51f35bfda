"""What to look at when a model has just arrived. Pure functions; no torch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deepvis.records import SOFTMAX

if TYPE_CHECKING:
    from deepvis.records import ModelInfo, View


def default_layer(info: ModelInfo) -> str:
    """The middle one of the layers worth showing that still have maps; else the last one that can be shown at all."""
    shown = [layer for layer in info.shown_layers() if layer.height * layer.width > 1]
    if shown:
        return shown[len(shown) // 2].name
    every = [layer for layer in info.layers if not layer.reason and layer.name != SOFTMAX]
    return every[-1].name if every else ""


def view_for_model(view: View, info: ModelInfo, layer: str | None = None, unit: int | None = None) -> View:
    """The view to take when `info` begins to run.

    The wanted layer is taken if the model has it, else the present one, else the default; units beyond the layer's end
    and positions beyond the map's are given up.

    Args:
        view: the present view.
        info: the new model.
        layer: a layer the person asked for.
        unit: a unit the person asked for.
    """
    usable = {candidate.name: candidate for candidate in info.layers if not candidate.reason}
    name = next((name for name in (layer, view.layer) if name in usable), default_layer(info))
    if name not in usable:
        return replace(view, model=info.name, layer=name, unit=0, position=None)
    chosen = view.unit if unit is None else unit
    chosen = chosen if chosen < usable[name].units else 0
    keeps = view.position is not None and view.layer == name and view.model == info.name
    return replace(view, model=info.name, layer=name, unit=chosen, position=view.position if keeps else None)
