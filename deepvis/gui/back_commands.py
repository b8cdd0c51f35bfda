"""What the actions of the backward view do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deepvis.gui import back_moves
from deepvis.live.pairs import aimed
from deepvis.records import Method, SeedKind

if TYPE_CHECKING:
    from deepvis.gui.controller import Controller
    from deepvis.records import Backward, Target


class BackCommands:
    """One method per action id; each asks the controller for another backward view."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def next_backward(self) -> None:
        """2015's b."""
        self._choose(back_moves.next_method(self._back, 1).method)

    def previous_backward(self) -> None:
        """The same backwards."""
        self._choose(back_moves.next_method(self._back, -1).method)

    def back_off(self) -> None:
        """No backward pass."""
        self._choose(None)

    def back_gradient(self) -> None:
        """The plain gradient."""
        self._choose(Method.GRADIENT)

    def back_gradient_x_input(self) -> None:
        """Gradient times input."""
        self._choose(Method.GRADIENT_X_INPUT)

    def back_deconvnet(self) -> None:
        """Zeiler and Fergus's rule."""
        self._choose(Method.DECONVNET)

    def back_guided(self) -> None:
        """Guided backprop."""
        self._choose(Method.GUIDED)

    def back_smoothgrad(self) -> None:
        """Mean over noisy pictures."""
        self._choose(Method.SMOOTHGRAD)

    def back_integrated_gradients(self) -> None:
        """Mean along the way from a blank picture."""
        self._choose(Method.INTEGRATED_GRADIENTS)

    def back_grad_cam(self) -> None:
        """A weighted sum of the last maps."""
        self._choose(Method.GRAD_CAM)

    def back_occlusion(self) -> None:
        """What hiding a part changes."""
        self._choose(Method.OCCLUSION)

    def back_lrp(self) -> None:
        """Layer-wise relevance."""
        self._choose(Method.LRP)

    def next_filter(self) -> None:
        """2015's n."""
        self._filter(1)

    def previous_filter(self) -> None:
        """The same backwards."""
        self._filter(-1)

    def toggle_gradients(self) -> None:
        """2015's a."""
        view = back_moves.toggle_gradients(self._controller.view)
        self._controller.set_view(view)
        label = "" if view.back.method is None else view.back.method.label
        text = f"Gradients in the grid, by {label}" if view.back.gradients else "Activations in the grid"
        self._controller.flashed.emit(text)

    def freeze_origin(self) -> None:
        """2015's d."""
        if self._back.origin is None:
            self._freeze()
        else:
            self._controller.change_back(origin=None)
            self._controller.flashed.emit("The backward view follows the selected unit")

    def freeze_here(self) -> None:
        """Freeze at the selected unit, whatever was frozen before; what is off goes on."""
        self._controller.change_back(origin=None, method=self._back.method or Method.GRADIENT)
        self._freeze()

    def toggle_check(self) -> None:
        """The same view of a network with randomized weights, or no longer."""
        on = not self._back.checks
        method = self._back.method or (Method.GRADIENT if on else None)
        self._controller.change_back(checks=on, method=method)
        self._controller.flashed.emit("Compared with randomized weights" if on else "The comparison is over")

    @property
    def _back(self) -> Backward:
        return self._controller.view.back

    def _choose(self, method: Method | None) -> None:
        self._controller.change_back(method=method)
        text = "Backward view off" if method is None else f"Backward view: {method.label}"
        self._controller.flashed.emit(text)

    def _filter(self, by: int) -> None:
        back = back_moves.next_view(self._back, by)
        self._controller.change_back(view=back.view)
        off = " (the backward view is off: B)" if back.method is None else ""
        self._controller.flashed.emit(f"Shown as {back.view}{off}")

    def _freeze(self) -> None:
        controller = self._controller
        view = controller.view
        if not view.layer:
            return
        target = self._classes_of_now(view.back.target(view.layer, view.unit, view.position))
        if controller.info is not None:
            target = aimed(target, controller.info.layer(view.layer), view.pair)
        controller.change_back(origin=target)
        where = back_moves.origin_text(controller.view, controller.info)
        off = ": B shows it" if view.back.method is None else ""
        controller.flashed.emit(f"Backward view frozen at {where}{off}")

    def _classes_of_now(self, target: Target) -> Target:
        """A start that follows the network's answers is held at the classes it has in the shown frame."""
        result = self._controller.result
        shown = None if result is None or result.back is None else result.back.target
        if target.seed not in back_moves.CLASS_SEEDS or shown is None or shown.seed is not target.seed:
            return target
        other = shown.other_class if target.seed is SeedKind.DIFFERENCE else target.other_class
        return replace(
            target,
            class_index=shown.class_index if target.class_index is None else target.class_index,
            other_class=other if target.other_class is None else target.other_class,
        )
