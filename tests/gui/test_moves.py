"""What each key does to a view; the tables of 2015 are in the docstrings of the moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepvis.gui import moves
from deepvis.imaging.colormap import COLORMAPS
from deepvis.imaging.tiling import lay_out
from deepvis.records import Fit, GridView, Overlay, Scaling, Sort, View

VIEW = View("m", "stem", 0, grid=GridView(400, 600))


def grid_of(units: int, order=None):
    return lay_out(np.arange(units) if order is None else np.asarray(order), 4, 4, VIEW.grid)


def walk(view: View, step, times: int, read) -> list:
    seen = []
    for _ in range(times):
        view = step(view)
        seen.append(read(view))
    return seen


def test_gamma_boost_goes_through_the_steps_of_2015():
    assert walk(VIEW, moves.next_gamma, 4, lambda view: view.grid.gamma) == [0.7, 0.5, 0.3, 1.0]


def test_individual_boost_goes_through_the_steps_of_2015():
    assert walk(VIEW, moves.next_individual, 5, lambda view: view.grid.individual) == [0.3, 0.5, 0.8, 1.0, 0.0]


def test_overlay_goes_round_both_ways():
    forward = walk(VIEW, lambda view: moves.next_overlay(view, 1), 3, lambda view: view.pane.overlay)
    back = walk(VIEW, lambda view: moves.next_overlay(view, -1), 3, lambda view: view.pane.overlay)
    assert forward == [Overlay.ACTIVE, Overlay.INACTIVE, Overlay.OFF]
    assert back == [Overlay.INACTIVE, Overlay.ACTIVE, Overlay.OFF]


def test_fit_scaling_sort_and_turns_go_round():
    assert walk(VIEW, moves.next_fit, 3, lambda view: view.fit) == [Fit.LETTERBOX, Fit.STRETCH, Fit.CROP]
    assert walk(VIEW, moves.next_scaling, 2, lambda view: view.grid.scaling) == [Scaling.UNIT, Scaling.LAYER]
    assert walk(VIEW, moves.next_sort, 3, lambda view: view.grid.sort) == [Sort.MAXIMUM, Sort.MEAN, Sort.INDEX]
    assert walk(VIEW, moves.turn, 4, lambda view: view.quarter_turns) == [1, 2, 3, 0]


def test_every_color_map_comes_by():
    seen = walk(VIEW, lambda view: moves.next_colormap(view, 1), len(COLORMAPS), lambda view: view.grid.colormap)
    assert sorted(seen) == sorted(COLORMAPS)
    assert moves.next_colormap(VIEW, -1).grid.colormap == COLORMAPS[-1]


def test_a_value_that_is_no_step_goes_to_the_first_one():
    assert moves.cycled((1, 2, 3), 17) == 1


def test_toggles_go_there_and_back():
    for toggle in (moves.toggle_dead, moves.toggle_predictions, moves.toggle_mirror):
        assert toggle(VIEW) != VIEW
        assert toggle(toggle(VIEW)) == VIEW


def test_sideways_runs_on_over_the_ends_of_rows_and_stops_at_the_ends_of_the_grid():
    layout = grid_of(20)
    end_of_row = replace(VIEW, unit=layout.columns - 1)
    assert moves.move_selection(end_of_row, layout, 20, 0, 1).unit == layout.columns
    assert moves.move_selection(replace(VIEW, unit=19), layout, 20, 0, 3).unit == 19
    assert moves.move_selection(replace(VIEW, unit=1), layout, 20, 0, -3).unit == 0


def test_up_and_down_keep_the_column_and_stop_at_the_last_row_that_has_it():
    layout = grid_of(20)
    columns = layout.columns
    assert moves.move_selection(replace(VIEW, unit=2), layout, 20, 1, 0).unit == 2 + columns
    assert moves.move_selection(replace(VIEW, unit=2), layout, 20, -1, 0).unit == 2
    far = moves.move_selection(replace(VIEW, unit=2), layout, 20, 100, 0).unit
    assert far % columns == 2
    assert far + columns > 19


def test_moves_follow_the_tiles_as_they_lie_not_the_numbers():
    layout = grid_of(6, [5, 3, 1, 4, 2, 0])
    assert moves.move_selection(replace(VIEW, unit=3), layout, 6, 0, 1).unit == 1


def test_from_a_hidden_unit_a_move_leads_to_the_first_tile():
    layout = grid_of(3, [7, 8, 9])
    assert moves.move_selection(replace(VIEW, unit=2), layout, 10, 0, 1).unit == 7


def test_without_a_grid_sideways_moves_still_work_within_the_layer():
    assert moves.move_selection(replace(VIEW, unit=8), None, 10, 0, 3).unit == 9
    assert moves.move_selection(replace(VIEW, unit=1), None, 10, 0, -3).unit == 0


@given(st.integers(1, 60), st.data())
def test_a_move_never_leaves_the_grid(count, data):
    layout = grid_of(count)
    view = replace(VIEW, unit=data.draw(st.integers(0, count - 1)))
    rows, columns = data.draw(st.integers(-4, 4)), data.draw(st.integers(-4, 4))
    assert 0 <= moves.move_selection(view, layout, count, rows, columns).unit < count


def test_a_move_gives_up_the_chosen_position():
    assert moves.move_selection(replace(VIEW, position=(1, 1)), grid_of(9), 9, 0, 1).position is None


def test_another_layer_keeps_the_unit_as_far_as_it_has_it_and_shows_all(info):
    view = replace(VIEW, unit=150, position=(1, 2), grid=replace(VIEW.grid, zoom=4.0, center_row=0.2, gamma=0.5))
    there = moves.select_layer(view, info.layer("blocks.0"))
    assert (there.layer, there.unit, there.position) == ("blocks.0", 150, None)
    assert (there.grid.zoom, there.grid.center_row, there.grid.gamma) == (1.0, 0.5, 0.5)
    assert moves.select_layer(view, info.layer("blocks.1")).unit == 11


def test_next_layer_goes_along_the_default_list_and_stops_at_its_ends(info):
    names = walk(VIEW, lambda view: moves.next_layer(view, info, 1), 5, lambda view: view.layer)
    assert names == ["blocks.0", "blocks.1", "classifier", "softmax", "softmax"]
    assert moves.next_layer(VIEW, info, -1).layer == "stem"


def test_from_a_layer_outside_the_default_list_the_next_one_is_its_neighbor(info):
    view = replace(VIEW, layer="stem.act")
    assert moves.next_layer(view, info, 1).layer == "blocks.0"
    assert moves.next_layer(view, info, -1).layer == "stem"


def test_a_model_without_a_default_list_leaves_the_view(info):
    bare = replace(info, layers=(info.layer("odd"),))
    assert moves.next_layer(VIEW, bare, 1) is VIEW


@given(
    st.floats(1, 40),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0.05, 20),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_the_point_under_the_pointer_stays_while_zooming_inside(zoom, center_row, center_column, factor, row, column):
    half = 0.5 / zoom
    grid = replace(
        VIEW.grid,
        zoom=zoom,
        center_row=min(max(center_row, half), 1 - half),
        center_column=min(max(center_column, half), 1 - half),
    )
    now = moves.zoom_by(replace(VIEW, grid=grid), factor, row, column).grid
    assert 1.0 <= now.zoom <= moves.LARGEST_ZOOM
    for center in (now.center_row, now.center_column):
        assert 0.5 / now.zoom - 1e-9 <= center <= 1 - 0.5 / now.zoom + 1e-9
    before = grid.center_row + (row - 0.5) / grid.zoom
    after = now.center_row + (row - 0.5) / now.zoom
    at_an_edge = min(now.center_row, 1 - now.center_row) <= 0.5 / now.zoom + 1e-9
    assert at_an_edge or after == pytest.approx(before, abs=1e-9)


def test_panning_down_shows_what_is_above_and_stops_at_the_edge():
    zoomed = replace(VIEW, grid=replace(VIEW.grid, zoom=4.0))
    moved = moves.pan_by(zoomed, 0.5, -0.25).grid
    assert (moved.center_row, moved.center_column) == (0.5 - 0.125, 0.5 + 0.0625)
    assert moves.pan_by(zoomed, 100, 0).grid.center_row == 0.125


def test_showing_all_undoes_zoom_and_pan():
    view = moves.pan_by(moves.zoom_by(VIEW, 5.0, 0.1, 0.9), 0.2, 0.2)
    assert moves.zoom_reset(view) == VIEW


def test_reset_is_the_esc_of_2015_and_leaves_what_is_not_the_persons_choice(info):
    grid = GridView(
        400,
        600,
        3.0,
        0.2,
        0.3,
        Sort.MEAN,
        hold_order=True,
        hide_dead=True,
        scaling=Scaling.UNIT,
        individual=0.8,
        gamma=0.3,
        colormap="jet",
        background=(1, 2, 3),
        gap=(4, 5, 6),
    )
    pane = replace(VIEW.pane, height=50, width=60, overlay=Overlay.ACTIVE, opacity=0.3)
    view = replace(
        VIEW, layer="blocks.1", unit=7, position=(1, 1), mirror=True, predictions=False, grid=grid, pane=pane
    )
    plain = moves.reset(view, info)
    assert (plain.layer, plain.unit, plain.position, plain.predictions) == ("stem", 0, None, True)
    assert plain.grid == GridView(400, 600, hold_order=True, background=(1, 2, 3), gap=(4, 5, 6))
    assert plain.pane == replace(pane, overlay=Overlay.OFF)
    assert plain.mirror


def test_reset_before_a_model_runs_stays_where_it_is():
    assert moves.reset(replace(VIEW, layer="x", unit=3), None).layer == "x"
