"""How units are muted and changed otherwise: functions from a view to a view, with no window."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from deepvis.causes import ChangeKind, Intervention, in_force

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deepvis.records import ModelInfo, View


def change_of(view: View, layer: str, unit: int) -> Intervention | None:
    """The change of a unit, on or off; None where it has none."""
    return next((each for each in view.changes if (each.layer, each.unit) == (layer, unit)), None)


def with_change(view: View, change: Intervention) -> View:
    """The view with a change, in the place of the one that the unit had."""
    if change_of(view, change.layer, change.unit) is None:
        return replace(view, changes=(*view.changes, change))
    same = (change.layer, change.unit)
    return replace(view, changes=tuple(change if (each.layer, each.unit) == same else each for each in view.changes))


def without_change(view: View, layer: str, unit: int) -> View:
    """The view without the change of a unit."""
    return replace(view, changes=tuple(each for each in view.changes if (each.layer, each.unit) != (layer, unit)))


def without_changes(view: View) -> View:
    """The network as it is."""
    return replace(view, changes=())


def is_muted(view: View, layer: str, unit: int) -> bool:
    """Whether a unit is muted now."""
    change = change_of(view, layer, unit)
    return change is not None and change.on and change.kind is ChangeKind.MUTE


def toggle_mute(view: View) -> View:
    """Mute the selected unit, or take that back; another change of it gives way."""
    if is_muted(view, view.layer, view.unit):
        return without_change(view, view.layer, view.unit)
    return with_change(view, Intervention(view.layer, view.unit))


def begun(kind: ChangeKind, layer: str, unit: int, maximum: float) -> Intervention:
    """A change as it begins, before anybody turns at it.

    Args:
        kind: what is done.
        layer: of the unit.
        unit: its number.
        maximum: of the unit in the present frame: bounds begin between zero and half of it.
    """
    if kind is ChangeKind.MUTE:
        return Intervention(layer, unit)
    if kind is ChangeKind.SCALE:
        return Intervention(layer, unit, kind, value=2.0)
    half = float(f"{maximum / 2:.3g}") if math.isfinite(maximum) else 0.0
    return Intervention(layer, unit, kind, low=min(0.0, half), high=max(0.0, half))


def of_another_model(view: View, info: ModelInfo, *, same: bool) -> tuple[str, View]:
    """What is said of the changes that a model does away with, and the view with those that stay.

    Args:
        view: before.
        info: the model that runs now.
        same: it has the same name; its units may be others all the same.
    """
    units = {layer.name: 0 if layer.why_fixed else layer.units for layer in info.layers}
    kept = tuple(each for each in view.changes if same and each.unit < units.get(each.layer, 0))
    lost = len(view.changes) - len(kept)
    if not lost:
        return "", view
    what = "1 changed unit was" if lost == 1 else f"{lost} changed units were"
    return f"{what} taken back: {info.name} has other units.", replace(view, changes=kept)


def changed_units(view: View, layer: str) -> frozenset[int]:
    """Units of a layer whose change is on."""
    return frozenset(each.unit for each in view.changes if each.on and each.layer == layer)


def summary(changes: Iterable[Intervention]) -> str:
    """How many units are changed now, for people: `3 units muted`; empty for none."""
    on = in_force(changes)
    if not on:
        return ""
    what = "muted" if all(each.kind is ChangeKind.MUTE for each in on) else "changed"
    return f"1 unit {what}" if len(on) == 1 else f"{len(on)} units {what}"
