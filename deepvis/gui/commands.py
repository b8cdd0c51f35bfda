"""What each action of the table does to view and source; what needs a window is in `window_commands`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deepvis.gui import back_moves, moves
from deepvis.live.pages import PATTERN_STAGES, asks_for_tiles
from deepvis.records import Overlay, Pair, Stage

if TYPE_CHECKING:
    from deepvis.gui.controller import Controller
    from deepvis.imaging.tiling import GridLayout
    from deepvis.records import View
    from deepvis.sources.base import Next, Previous

_PICTURES = {Stage.MINIMA: "minimum image", Stage.SYNTHESIZED: "synthesized picture"}
"""What the tiles of a grid are; else they are exemplars."""
FAR = 3
"""Units that J L K I move by, as in the 2015 toolbox."""


class ViewCommands:
    """One method per action id; each asks the controller for another view or the source for another picture."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._before_camera = "demo"

    # input

    def toggle_camera(self) -> None:
        """From the camera to what was shown before, or to the camera."""
        source = self._controller.source
        if source is not None and source.kind == "camera":
            self._controller.open_source(self._before_camera)
            return
        if source is not None and source.spec:
            self._before_camera = source.spec
        self._controller.open_source("camera")

    def use_demo(self) -> None:
        """The photographs that come with DeepVis."""
        self._controller.open_source("demo")

    def use_synthetic(self) -> None:
        """The test pattern."""
        self._controller.open_source("synthetic")

    def next_file(self) -> None:
        """Next picture of a folder or the reel; from a camera back to what was shown before it, as in 2015."""
        from deepvis.sources.base import Next  # noqa: PLC0415  (keeps the sources out of the window's start)

        self._go_to_file(Next())

    def previous_file(self) -> None:
        """Previous picture, as `next_file`."""
        from deepvis.sources.base import Previous  # noqa: PLC0415  (as above)

        self._go_to_file(Previous())

    def _go_to_file(self, command: Next | Previous) -> None:
        source = self._controller.source
        if source is not None and source.kind == "camera":
            self.toggle_camera()
        else:
            self._controller.session.send_source(command)

    def toggle_pause(self) -> None:
        """Stop or go on playing."""
        from deepvis.sources.base import TogglePause  # noqa: PLC0415  (as above)

        self._controller.session.send_source(TogglePause())

    def step_forward(self) -> None:
        """One frame on."""
        self.step(1)

    def step_back(self) -> None:
        """One frame back."""
        self.step(-1)

    def step(self, frames: int) -> None:
        """Some frames on."""
        from deepvis.sources.base import Step  # noqa: PLC0415  (as above)

        self._controller.session.send_source(Step(frames))

    def toggle_freeze(self) -> None:
        """Hold the frame or let it go."""
        self._controller.set_frozen(not self._controller.frozen)

    def next_fit(self) -> None:
        """Crop, letterbox, stretch."""
        view = self._set(moves.next_fit(self._view))
        self._controller.flashed.emit(f"Input: {view.fit}")

    def toggle_mirror(self) -> None:
        """Flip left and right."""
        self._controller.set_mirror(not self._view.mirror)

    def turn(self) -> None:
        """Turn by 90 degrees."""
        self._set(moves.turn(self._view))

    def next_input(self) -> None:
        """The first of two pictures, the second, both."""
        info = self._controller.info
        if info is None or info.pictures == 1:
            name = "The network" if info is None else info.name
            self._controller.flashed.emit(f"{name} takes one picture; V is for networks of two.")
            return
        pair = self._set(moves.next_pair(self._view)).pair
        self._controller.flashed.emit("Both pictures" if pair is Pair.BOTH else f"The {pair} picture")

    # navigate

    def left(self) -> None:
        """One unit to the left."""
        self._move(0, -1)

    def right(self) -> None:
        """One unit to the right."""
        self._move(0, 1)

    def down(self) -> None:
        """One row down."""
        self._move(1, 0)

    def up(self) -> None:
        """One row up."""
        self._move(-1, 0)

    def far_left(self) -> None:
        """Three units to the left."""
        self._move(0, -FAR)

    def far_right(self) -> None:
        """Three units to the right."""
        self._move(0, FAR)

    def far_down(self) -> None:
        """Three rows down."""
        self._move(FAR, 0)

    def far_up(self) -> None:
        """Three rows up."""
        self._move(-FAR, 0)

    def previous_layer(self) -> None:
        """The layer before in the default list."""
        self._layer(-1)

    def next_layer(self) -> None:
        """The layer after in the default list."""
        self._layer(1)

    def back(self) -> None:
        """Where the person was before."""
        self._set(self._controller.history.back(self._view))

    def forward(self) -> None:
        """Where the person was after that."""
        self._set(self._controller.history.forward(self._view))

    def follow_maximum(self) -> None:
        """Give up the chosen position."""
        self._set(moves.select_unit(self._view, self._view.unit))

    def go_to_class(self, index: int) -> None:
        """The unit of a class, before the softmax."""
        info = self._controller.info
        layers = [] if info is None else [layer for layer in info.layers if layer.is_classes and not layer.reason]
        if layers:
            self._controller.go(layers[0].name, index)

    # grid and unit

    def zoom_in(self) -> None:
        """Larger tiles."""
        self._set(moves.zoom_by(self._view, moves.ZOOM_STEP, 0.5, 0.5))

    def zoom_out(self) -> None:
        """Smaller tiles."""
        self._set(moves.zoom_by(self._view, 1 / moves.ZOOM_STEP, 0.5, 0.5))

    def zoom_reset(self) -> None:
        """All tiles."""
        self._set(moves.zoom_reset(self._view))

    def next_gamma(self) -> None:
        """2015's gamma boost."""
        self._controller.flashed.emit(f"Gamma boost {self._set(moves.next_gamma(self._view)).grid.gamma:g}")

    def next_individual(self) -> None:
        """2015's individual boost."""
        view = self._set(moves.next_individual(self._view))
        self._controller.flashed.emit(f"Individual boost {view.grid.individual:g}")

    def next_scaling(self) -> None:
        """Colors per layer or per unit."""
        self._controller.flashed.emit(f"Colors per {self._set(moves.next_scaling(self._view)).grid.scaling}")

    def next_colormap(self) -> None:
        """Another color map."""
        self._colormap(1)

    def previous_colormap(self) -> None:
        """The color map before."""
        self._colormap(-1)

    def next_grid_colormap(self) -> None:
        """The same, of the grid also beside a backward view."""
        self._grid_colormap(1)

    def next_sort(self) -> None:
        """By index, maximum, mean."""
        self._controller.flashed.emit(f"Sorted by {self._set(moves.next_sort(self._view)).grid.sort}")

    def toggle_dead(self) -> None:
        """Hide or show dead units."""
        view = self._set(moves.toggle_dead(self._view))
        self._controller.flashed.emit("Dead units hidden" if view.grid.hide_dead else "All units shown")

    def next_overlay(self) -> None:
        """Off, over active, over inactive."""
        self._overlay(1)

    def previous_overlay(self) -> None:
        """The same backwards."""
        self._overlay(-1)

    def toggle_predictions(self) -> None:
        """Show or hide the answers."""
        view = self._set(moves.toggle_predictions(self._view))
        text = "Predictions on" if view.predictions else "Predictions off: the forward pass stops at the viewed layer"
        self._controller.flashed.emit(text)

    # what the middle shows, and the gallery

    def next_pattern(self) -> None:
        """2015's s."""
        self._stage(moves.next_stage(self._view, 1).stage)

    def previous_pattern(self) -> None:
        """The same backwards."""
        self._stage(moves.next_stage(self._view, -1).stage)

    def show_activations(self) -> None:
        """The live maps."""
        self._stage(Stage.ACTIVATIONS)

    def show_exemplars(self) -> None:
        """Each unit's best images."""
        self._stage(Stage.EXEMPLARS)

    def show_minimum_images(self) -> None:
        """The images for which each unit is lowest."""
        self._stage(Stage.MINIMA)

    def show_synthesized(self) -> None:
        """The picture made to excite each unit, in the grid."""
        self._stage(Stage.SYNTHESIZED)

    def show_weights(self) -> None:
        """Every unit's weights."""
        self._stage(Stage.WEIGHTS)

    def show_weight_correlation(self) -> None:
        """Which units have similar weights."""
        self._stage(Stage.WEIGHT_CORRELATION)

    def show_activity(self) -> None:
        """How often each unit is active."""
        self._stage(Stage.ACTIVITY)

    def toggle_unit_histograms(self) -> None:
        """Every unit's histogram in the grid, or the figures of the layer."""
        self._set(moves.toggle_unit_histograms(self._view))

    def show_correlation(self) -> None:
        """Which units are active together."""
        self._stage(Stage.CORRELATION)

    def toggle_first_pattern(self) -> None:
        """2015's 1; elsewhere than in the grid of exemplars it goes there."""
        if self._view.stage in PATTERN_STAGES:
            view = self._set(moves.toggle_all_patterns(self._view))
        else:
            view = self._set(replace(self._view, stage=Stage.EXEMPLARS, all_patterns=True))
        what = _PICTURES.get(view.stage, "exemplar")
        alone = f"The first {what} alone" if view.stage is Stage.MINIMA else f"The best {what} alone"
        self._controller.flashed.emit(f"All {what}s in each tile" if view.all_patterns else alone)

    def keep_exemplars(self) -> None:
        """Write the selected unit's frames of this session to the gallery."""
        self._controller.session.keep_session_exemplars()

    def refresh_gallery(self) -> None:
        """Look at the gallery again."""
        self._controller.session.refresh_gallery()

    def reset(self) -> None:
        """2015's Esc."""
        self._set(moves.reset(self._view, self._controller.info))

    @property
    def _view(self) -> View:
        return self._controller.view

    def _set(self, view: View) -> View:
        self._controller.set_view(view)
        return view

    def _move(self, rows: int, columns: int) -> None:
        layer = self._controller.layer()
        if layer is None or not layer.units:
            return
        order = self._controller.unit_order
        if order is not None and len(order):
            self._set(moves.move_along(self._view, order, rows + columns))
        else:
            self._set(moves.move_selection(self._view, self._layout(), layer.units, rows, columns))

    def _layout(self) -> GridLayout | None:
        """Where the tiles lie that are on screen; a grid of the layer before has other units."""
        if asks_for_tiles(self._view) or self._view.stage is Stage.WEIGHTS:
            weights, pattern = self._controller.weights, self._controller.pattern
            pattern = weights.present_grid() if self._view.stage is Stage.WEIGHTS else pattern
            return pattern.layout if pattern is not None and pattern.view.layer == self._view.layer else None
        result = self._controller.result
        fits = result is not None and result.grid is not None and result.view.layer == self._view.layer
        return result.grid.layout if fits and result is not None and result.grid is not None else None

    def _stage(self, stage: Stage) -> None:
        self._controller.set_stage(stage)

    def _layer(self, by: int) -> None:
        if self._controller.info is not None:
            self._set(moves.next_layer(self._view, self._controller.info, by))

    def _colormap(self, by: int) -> None:
        if self._view.back.method is None:
            self._grid_colormap(by)
            return
        back = back_moves.next_colormap(self._view.back, by)
        self._controller.change_back(colormap=back.colormap)
        unseen = "" if back_moves.is_colored(back) else f" ({back.view} has colors of its own)"
        self._controller.flashed.emit(f"Backward color map {back.colormap}{unseen}")

    def _grid_colormap(self, by: int) -> None:
        self._controller.flashed.emit(f"Color map {self._set(moves.next_colormap(self._view, by)).grid.colormap}")

    def _overlay(self, by: int) -> None:
        overlay = self._set(moves.next_overlay(self._view, by)).pane.overlay
        self._controller.flashed.emit("Overlay off" if overlay is Overlay.OFF else f"Input {overlay} regions")
