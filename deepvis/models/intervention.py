"""Muting, scaling and clamping units while a network runs: everything after them changes, and nothing stays behind."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

import torch

from deepvis.causes import ChangeKind, in_force
from deepvis.models.errors import ModelError
from deepvis.models.graph_reader import with_first_tensor
from deepvis.models.layout import first_tensor
from deepvis.models.pair_calls import calls_with_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from torch import nn
    from torch.utils.hooks import RemovableHandle

    from deepvis.causes import Intervention
    from deepvis.models.layers import LayerTap

_ORDER = (ChangeKind.SCALE, ChangeKind.CLAMP, ChangeKind.MUTE)
"""Of several changes of one unit the last word has the one that leaves least; so their order does not matter."""


class Changed:
    """While it lasts, forward passes of this thread give what the network would give with some units changed.

    Hooks are on the changed layers only; without changes there are none. Whatever reads layers must put its own hooks
    on the network inside the `with`, then it reads changed ones. With gradients on, they are those of the changed
    network: none passes a muted unit.

    A layer that runs once for each of two pictures is changed in both calls, whichever of them a change names.

    A network may be used by another thread meanwhile, which notices nothing, but must not be copied: copies would keep
    the hooks.

    Args:
        network: in evaluation mode.
        taps: its layers by name.
        changes: those that are on count.

    Raises:
        ModelError: a layer is not there, has no such unit, or its output cannot be changed.
    """

    def __init__(self, network: nn.Module, taps: Mapping[str, LayerTap], changes: Iterable[Intervention]) -> None:
        self._network = network
        self._wanted: dict[tuple[str, int], tuple[LayerTap, list[Intervention]]] = {}
        for change in sorted(in_force(changes), key=_place):
            changeable(taps, change)
            for tap in calls_with_unit(taps, change.layer):
                self._wanted.setdefault((tap.module, tap.call), (tap, []))[1].append(change)
        self._handles: list[RemovableHandle] = []
        self._calls: dict[str, int] = {}
        self._thread = 0

    def __enter__(self) -> Self:
        self._thread = threading.get_ident()
        try:
            if self._wanted:
                self._handles.append(self._network.register_forward_pre_hook(self._begin))
            for name in dict.fromkeys(module for module, _ in self._wanted):
                module = self._network.get_submodule(name)
                self._handles.append(module.register_forward_hook(self._hook(name)))
        except BaseException:
            self._remove_hooks()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove_hooks()

    def _remove_hooks(self) -> None:
        while self._handles:
            self._handles.pop().remove()

    def _begin(self, _network: nn.Module, _inputs: object) -> None:
        """Another forward pass: calls are counted from its beginning, also where the last one was broken off."""
        if threading.get_ident() == self._thread:
            self._calls.clear()

    def _hook(self, name: str) -> Callable[[nn.Module, object, object], object]:
        def change(module: nn.Module, inputs: object, output: object) -> object:
            if threading.get_ident() != self._thread:
                return None
            call = self._calls.get(name, 0)
            self._calls[name] = call + 1
            wanted = self._wanted.get((name, call))
            return None if wanted is None else _changed_output(module, inputs, output, *wanted)

        return change


def changeable(taps: Mapping[str, LayerTap], change: Intervention) -> LayerTap:
    """The layer of a change.

    Raises:
        ModelError: there is none of that name, it has no such unit, or its output cannot be changed.
    """
    tap = taps.get(change.layer)
    if tap is None:
        raise ModelError(f"This network has no layer '{change.layer}'; choose one from its layer list.")
    if reason := tap.info.why_fixed:
        raise ModelError(f"Units of '{change.layer}' cannot be changed: {reason}")
    if not 0 <= change.unit < tap.info.units:
        raise ModelError(f"'{change.layer}' has units 0 to {tap.info.units - 1}, no #{change.unit}.")
    return tap


def _place(change: Intervention) -> tuple[float, ...]:
    return _ORDER.index(change.kind), change.value, change.low, change.high


def _changed_output(
    module: nn.Module, inputs: object, output: object, tap: LayerTap, changes: list[Intervention]
) -> object:
    tensor = first_tensor(output)
    if tensor is None or tap.layout is None:
        raise ModelError(f"The layer '{tap.name}' gave no tensor this time; load the network again.")
    tap.layout.check(tensor)
    # never in the tensor itself: it may be another layer's output as well, or be needed for the gradient
    made = tensor.clone()
    for change in changes:
        _apply(change, made.select(tap.layout.unit_dimension, change.unit))
    if _is_in_place(module, inputs, tensor):
        # the network may go on with what it put in, and not look at what the module returned
        tensor.copy_(made)
        return None
    return with_first_tensor(output, made)


def _apply(change: Intervention, values: torch.Tensor) -> None:
    if change.kind is ChangeKind.MUTE:
        # not times zero: that would keep what is not a number
        values.zero_()
    elif change.kind is ChangeKind.SCALE:
        values.mul_(change.value)
    else:
        values.clamp_(change.low, change.high)


def _is_in_place(module: nn.Module, inputs: object, output: torch.Tensor) -> bool:
    """Whether a module wrote its result into its input, and that may be written into once more."""
    writes = getattr(module, "inplace", False) is True and first_tensor(inputs) is output
    return writes and not (torch.is_grad_enabled() and output.requires_grad)
