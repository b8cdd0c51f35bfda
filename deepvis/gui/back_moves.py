"""How keys and choices change the backward view: functions of values, with no window."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deepvis.gui.moves import cycled
from deepvis.imaging.colormap import COLORMAPS
from deepvis.records import BackView, Method, SeedKind, Stage

if TYPE_CHECKING:
    from deepvis.records import Backward, ModelInfo, View

METHOD_CYCLE = (None, Method.GRADIENT, Method.DECONVNET, Method.GUIDED)
"""What b of the fork goes through; the other methods are chosen by name."""

BACK_COLORMAPS = (
    "auto",
    "gray",
    "jet",
    "plasma",
    *(n for n in COLORMAPS if n not in ("auto", "gray", "jet", "plasma")),
)
"""The fork's three first, in its order."""

CLASS_SEEDS = (SeedKind.CLASS, SeedKind.DIFFERENCE)
_HEAT_VIEWS = (BackView.NORM, BackView.NORM_BLUR, BackView.SUM)
MAP_METHODS = frozenset({Method.GRAD_CAM, Method.OCCLUSION})
"""Their answer is a map without colors of its own; the window must not import torch to look this up."""

_OF_THE_START = ("seed", "class_index", "other_class")


def changed(back: Backward, **changes: object) -> Backward:
    """The backward view with some of it changed, and what follows from that.

    Where the origin is frozen, another start changes the frozen one; what is off shows no gradients and checks nothing.
    """
    start = {name: changes[name] for name in _OF_THE_START if name in changes}
    if start and back.origin is not None and "origin" not in changes:
        changes["origin"] = replace(back.origin, **start)  # type: ignore[arg-type]
    after = replace(back, **changes)  # type: ignore[arg-type]
    return after if after.method is not None else replace(after, gradients=False, checks=False)


def next_method(back: Backward, by: int) -> Backward:
    """2015's b: off, gradient, deconvnet, guided backprop."""
    return changed(back, method=cycled(METHOD_CYCLE, back.method, by))


def next_view(back: Backward, by: int) -> Backward:
    """2015's n: raw, gray, norm, blurred norm, positive sum, histogram."""
    return changed(back, view=cycled(tuple(BackView), back.view, by))


def next_colormap(back: Backward, by: int) -> Backward:
    """2015's m."""
    return changed(back, colormap=cycled(BACK_COLORMAPS, back.colormap, by))


def toggle_gradients(view: View) -> View:
    """2015's a: gradients in the grid, from any page of the layer; they need a method."""
    back = view.back
    on = not (back.gradients and view.stage is Stage.ACTIVATIONS)
    method = back.method or (Method.GRADIENT if on else None)
    return replace(view, stage=Stage.ACTIVATIONS, back=changed(back, gradients=on, method=method))


def is_colored(back: Backward) -> bool:
    """Whether a color map plays a part in the picture."""
    return back.view in _HEAT_VIEWS or (back.method in MAP_METHODS and back.view is BackView.RAW)


def of_another_model(view: View) -> View:
    """The view when another network comes: a frozen origin and chosen classes were those of the one before."""
    return replace(view, back=replace(view.back, origin=None, class_index=None, other_class=None, checks=False))


def origin_text(view: View, info: ModelInfo | None) -> str:
    """Where the backward pass starts, for people: `blocks.4.1/37`, `espresso`, `espresso − next answer`."""
    target = view.back.target(view.layer, view.unit, view.position)
    if target.seed not in CLASS_SEEDS:
        return f"{target.layer}/{target.unit}"
    first = _class_text(target.class_index, info) or "first answer"
    if target.seed is SeedKind.CLASS:
        return first
    return f"{first} − {_class_text(target.other_class, info) or 'next answer'}"


def status_text(back: Backward, origin: str) -> str:
    """What the status line says; empty where the backward view is off. `origin`: where the pass starts."""
    return "" if back.method is None else f"Back: {back.method.label} (from {origin}, {back.view})"


def _class_text(index: int | None, info: ModelInfo | None) -> str:
    if index is None:
        return ""
    return info.labels[index] if info is not None and index < len(info.labels) else f"class {index}"
