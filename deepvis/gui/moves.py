"""How each key changes the view: functions from a view to a view, with no window."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from deepvis.config import GAMMA_STEPS, INDIVIDUAL_STEPS
from deepvis.imaging.colormap import COLORMAPS
from deepvis.records import Backward, Fit, GridView, Overlay, Pair, Scaling, Sort, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.imaging.tiling import GridLayout
    from deepvis.records import LayerInfo, ModelInfo, View

T = TypeVar("T")

ZOOM_STEP = 1.25
LARGEST_ZOOM = 64.0


def cycled(options: Sequence[T], present: T, by: int = 1) -> T:
    """The option `by` places after the present one, round and round; the first where the present one is unknown."""
    if present not in options:
        return options[0]
    return options[(options.index(present) + by) % len(options)]


def move_selection(view: View, layout: GridLayout | None, count: int, rows: int, columns: int) -> View:
    """Move the selected unit over the tiles as they lie on screen.

    Sideways runs on over the ends of rows; up and down stay in their column; both stop at the ends of the grid, as the
    2015 toolbox does.
    """
    if layout is None:
        return select_unit(view, min(max(view.unit + columns, 0), count - 1))
    index = layout.index_of(view.unit)
    if index is None:
        return select_unit(view, int(layout.units[0]))
    last = len(layout.units) - 1
    if rows:
        steps = range(abs(rows))
        for _ in steps:
            step = layout.columns if rows > 0 else -layout.columns
            index = index + step if 0 <= index + step <= last else index
    return select_unit(view, int(layout.units[min(max(index + columns, 0), last)]))


def move_along(view: View, order: NDArray[np.int64], by: int) -> View:
    """Select the unit `by` places further in an order that is shown in place of tiles; stops at its ends."""
    found = (order == view.unit).nonzero()[0]
    here = int(found[0]) if len(found) else -by
    return select_unit(view, int(order[min(max(here + by, 0), len(order) - 1)]))


def select_unit(view: View, unit: int, position: tuple[int, int] | None = None) -> View:
    """Select a unit; without a position its maximum is followed."""
    return replace(view, unit=unit, position=position)


def select_layer(view: View, layer: LayerInfo) -> View:
    """Go to a layer, the unit's number kept as far as the layer has it; zoomed out."""
    unit = min(view.unit, max(0, layer.units - 1))
    grid = replace(view.grid, zoom=1.0, center_row=0.5, center_column=0.5)
    return replace(view, layer=layer.name, unit=unit, position=None, grid=grid)


def next_layer(view: View, info: ModelInfo, by: int) -> View:
    """The layer `by` places further in the default list (between two of it when the present one is not in it)."""
    shown = info.shown_layers()
    names = [layer.name for layer in shown]
    if not names:
        return view
    if view.layer in names:
        place = names.index(view.layer) + by
    else:
        order = [layer.name for layer in info.layers]
        here = order.index(view.layer) if view.layer in order else 0
        before = sum(order.index(name) < here for name in names)
        place = before if by > 0 else before - 1
    return select_layer(view, shown[min(max(place, 0), len(shown) - 1)])


def zoom_by(view: View, factor: float, row: float, column: float) -> View:
    """Zoom the grid; the canvas point shown at pane fraction `(row, column)` stays where it is."""
    grid = view.grid
    zoom = min(max(grid.zoom * factor, 1.0), LARGEST_ZOOM)
    change = 1 / grid.zoom - 1 / zoom
    center_row = grid.center_row + (row - 0.5) * change
    center_column = grid.center_column + (column - 0.5) * change
    return replace(view, grid=_limited(replace(grid, zoom=zoom, center_row=center_row, center_column=center_column)))


def pan_by(view: View, rows: float, columns: float) -> View:
    """Move the grid by fractions of the pane; positive moves the canvas down and right."""
    grid = view.grid
    moved = replace(
        grid,
        center_row=grid.center_row - rows / grid.zoom,
        center_column=grid.center_column - columns / grid.zoom,
    )
    return replace(view, grid=_limited(moved))


def _limited(grid: GridView) -> GridView:
    half = 0.5 / grid.zoom
    return replace(
        grid,
        center_row=min(max(grid.center_row, half), 1 - half),
        center_column=min(max(grid.center_column, half), 1 - half),
    )


def zoom_reset(view: View) -> View:
    """Show all tiles."""
    return replace(view, grid=replace(view.grid, zoom=1.0, center_row=0.5, center_column=0.5))


def next_gamma(view: View) -> View:
    """2015's t: gamma boost 1, .7, .5, .3."""
    return replace(view, grid=replace(view.grid, gamma=cycled(GAMMA_STEPS, view.grid.gamma)))


def next_individual(view: View) -> View:
    """2015's T: individual boost 0, .3, .5, .8, 1."""
    return replace(view, grid=replace(view.grid, individual=cycled(INDIVIDUAL_STEPS, view.grid.individual)))


def next_colormap(view: View, by: int) -> View:
    """Another color map."""
    return replace(view, grid=replace(view.grid, colormap=cycled(COLORMAPS, view.grid.colormap, by)))


def next_overlay(view: View, by: int) -> View:
    """Off, over active, over inactive: as in the fork of 2015's toolbox, of the unit's pane and the backward view."""
    overlay = cycled(tuple(Overlay), view.pane.overlay, by)
    return replace(view, pane=replace(view.pane, overlay=overlay), back=replace(view.back, overlay=overlay))


def next_fit(view: View) -> View:
    """Crop, letterbox, stretch."""
    return replace(view, fit=cycled(tuple(Fit), view.fit))


def next_scaling(view: View) -> View:
    """One range per layer, or one per unit."""
    return replace(view, grid=replace(view.grid, scaling=cycled(tuple(Scaling), view.grid.scaling)))


def next_sort(view: View) -> View:
    """By index, by maximum, by mean."""
    return replace(view, grid=replace(view.grid, sort=cycled(tuple(Sort), view.grid.sort)))


def toggle_dead(view: View) -> View:
    """Show or hide units that never answered."""
    return replace(view, grid=replace(view.grid, hide_dead=not view.grid.hide_dead))


def next_stage(view: View, by: int) -> View:
    """2015's s: what the middle of the window shows of the layer."""
    return replace(view, stage=cycled(tuple(Stage), view.stage, by))


def toggle_unit_histograms(view: View) -> View:
    """Every unit's histogram, or the figures of the layer; from another page the histograms."""
    on = view.stage is not Stage.ACTIVITY or not view.unit_histograms
    return replace(view, stage=Stage.ACTIVITY, unit_histograms=on)


def toggle_all_patterns(view: View) -> View:
    """2015's 1: the best exemplar of each unit, or all of them."""
    return replace(view, all_patterns=not view.all_patterns)


def toggle_predictions(view: View) -> View:
    """Show or hide the answers; without them the forward pass stops at the layer."""
    return replace(view, predictions=not view.predictions)


def toggle_mirror(view: View) -> View:
    """Flip left and right."""
    return replace(view, mirror=not view.mirror)


def turn(view: View) -> View:
    """Turn by 90 degrees clockwise."""
    return replace(view, quarter_turns=(view.quarter_turns + 1) % 4)


def next_pair(view: View) -> View:
    """The fork's v: the first of two pictures, the second, both; a chosen position belongs to the maps of before."""
    return replace(view, pair=cycled(tuple(Pair), view.pair), position=None)


def reset(view: View, info: ModelInfo | None) -> View:
    """2015's Esc: first layer, first unit, activations, no boosts, zoom, overlay or backward view, default colors."""
    # sizes, the pointer and the theme are not the person's to reset
    kept = {name: getattr(view.grid, name) for name in ("height", "width", "hold_order", "background", "gap")}
    grid = GridView(**kept)
    shown = info.shown_layers() if info is not None else ()
    layer = shown[0].name if shown else view.layer
    pane = replace(view.pane, overlay=Overlay.OFF)
    back = Backward(opacity=view.back.opacity, height=view.back.height, width=view.back.width)
    first = replace(view, layer=layer, unit=0, position=None, grid=grid, pane=pane, back=back)
    first = replace(first, stage=Stage.ACTIVATIONS, all_patterns=False, unit_histograms=False)
    return replace(first, predictions=True, pair=Pair.BOTH)
