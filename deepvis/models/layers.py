"""Which layers a network has, found by running it once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import torch

from deepvis.models.data_flow import Flow, FlowTracker
from deepvis.models.errors import ModelError
from deepvis.models.layout import Kind, Layout, clues, find_layout, first_tensor
from deepvis.models.worth_showing import Step, worth_showing
from deepvis.records import SOFTMAX, LayerInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import nn


@dataclass(frozen=True, slots=True, eq=False)
class LayerTap:
    """Where and how a layer's activations are read.

    Attributes:
        info: what the rest of the program knows of the layer.
        module: dotted name of the module; empty for the softmax of the network's output.
        call: which call of the module, counted from 0.
        calls: how often the module runs in one forward pass.
        layout: how its output becomes maps; None where `info.reason` says why it cannot.
        overwritten: a later operation writes into the output in place, so it must be copied to be kept.
        normalizes: the softmax still has to be taken of the network's output; only with the `softmax` layer.
        flow: whose output the module takes and gives on, counted like the taps.
    """

    info: LayerInfo
    module: str
    call: int
    calls: int
    layout: Layout | None
    overwritten: bool
    normalizes: bool = False
    flow: Flow = field(default_factory=Flow)

    @property
    def name(self) -> str:
        """Name of the layer."""
        return self.info.name


@dataclass(slots=True, eq=False)
class _Call:
    name: str
    module: nn.Module
    output: torch.Tensor | None
    version: int
    layout: Layout | str
    flow: Flow

    def overwritten(self) -> bool:
        return self.output is not None and self.output._version != self.version


def describe_layers(
    network: nn.Module, batch: torch.Tensor, *, labels: Sequence[str], emits_probabilities: bool
) -> tuple[LayerTap, ...]:
    """Every module call of one forward pass, in order of execution, then `softmax` where the output is one vector.

    Of a module that runs several times the last call has the module's name, the earlier ones are `name:1`, `name:2`.

    Args:
        network: in evaluation mode; has no hook afterward.
        batch: one preprocessed picture, `(1, channels, height, width)`.
        labels: one per class, or none.
        emits_probabilities: the network's output has been through a softmax already.

    Raises:
        ModelError: nothing in the network can be shown.
    """
    calls, output = _run_once(network, batch)
    classes = _classes(output, labels)
    taps = _module_taps(calls, output, classes)
    if classes is not None or _is_vector(output):
        taps.append(_softmax_tap(output, is_classes=classes is not None, normalizes=not emits_probabilities))
    shown = worth_showing(network, [_step(tap, call) for tap, call in zip(taps, calls, strict=False)])
    taps = [_marked(tap, worth=tap.name in shown or tap.name == SOFTMAX) for tap in taps]
    if all(tap.info.reason for tap in taps):
        raise ModelError(
            f"No layer of this {type(network).__name__} can be shown: none gives maps, tokens or a vector per picture."
        )
    return tuple(taps)


def _run_once(network: nn.Module, batch: torch.Tensor) -> tuple[list[_Call], torch.Tensor | None]:
    calls: list[_Call] = []
    known = clues(network, batch)
    tracker = FlowTracker()

    def enter(module: nn.Module, inputs: object) -> None:
        tracker.enter(module, first_tensor(inputs))

    def record(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(module: nn.Module, _inputs: object, output: object) -> None:
            tensor = first_tensor(output)
            version = 0 if tensor is None else tensor._version
            flow = tracker.leave(module, tensor)
            calls.append(_Call(name, module, tensor, version, find_layout(module, tensor, known), flow))

        return hook

    named = [(name, module) for name, module in network.named_modules() if name]
    handles = [module.register_forward_pre_hook(enter) for _, module in named]
    handles += [module.register_forward_hook(record(name)) for name, module in named]
    try:
        with torch.inference_mode(mode=False), torch.no_grad():
            # A copy, because a network may write into its input, and only tensors of this mode count their versions.
            return calls, first_tensor(network(batch.clone()))
    finally:
        for handle in handles:
            handle.remove()


def _is_vector(output: torch.Tensor | None) -> bool:
    return output is not None and output.dim() == 2 and output.is_floating_point() and output.numel() > 0


def _classes(output: torch.Tensor | None, labels: Sequence[str]) -> int | None:
    if output is None or not _is_vector(output):
        return None
    count = int(output.shape[1])
    return count if not labels or len(labels) == count else None


def _module_taps(calls: list[_Call], output: torch.Tensor | None, classes: int | None) -> list[LayerTap]:
    totals: dict[str, int] = {}
    for call in calls:
        totals[call.name] = totals.get(call.name, 0) + 1
    seen: dict[str, int] = {}
    taps = []
    for call in calls:
        index = seen.get(call.name, 0)
        seen[call.name] = index + 1
        info = _info(call, _layer_name(call.name, index, totals[call.name]))
        is_classes = classes is not None and info.units == classes and _same_values(call, output)
        layout = call.layout if isinstance(call.layout, Layout) else None
        info = replace(info, is_classes=is_classes)
        taps.append(LayerTap(info, call.name, index, totals[call.name], layout, call.overwritten(), flow=call.flow))
    return taps


def _layer_name(name: str, index: int, total: int) -> str:
    # A module that is itself called "softmax" counts as an earlier call of the virtual last layer.
    last = index == total - 1 and name != SOFTMAX
    return name if last else f"{name}:{index + 1}"


def _info(call: _Call, name: str) -> LayerInfo:
    type_name = type(call.module).__name__
    if isinstance(call.layout, str) or call.output is None:
        return LayerInfo(name, type_name, 0, 0, 0, reason=str(call.layout))
    _, units, height, width = call.layout.maps(call.output).shape
    return LayerInfo(name, type_name, units, height, width, prefix_tokens=call.layout.prefix_tokens)


def _same_values(call: _Call, output: torch.Tensor | None) -> bool:
    if call.output is None or output is None or call.overwritten():
        return False
    return call.output.data_ptr() == output.data_ptr() and call.output.numel() == output.numel()


def _softmax_tap(output: torch.Tensor | None, *, is_classes: bool, normalizes: bool) -> LayerTap:
    units = 0 if output is None else int(output.shape[1])
    info = LayerInfo(SOFTMAX, "Softmax", units, 1, 1, worth_showing=True, is_classes=is_classes)
    return LayerTap(info, "", 0, 1, Layout(Kind.VECTOR), overwritten=False, normalizes=normalizes)


def _step(tap: LayerTap, call: _Call) -> Step:
    return Step(tap.name, tap.module, call.module, tap.info.units, tap.info.is_classes)


def _marked(tap: LayerTap, *, worth: bool) -> LayerTap:
    return replace(tap, info=replace(tap.info, worth_showing=worth))
