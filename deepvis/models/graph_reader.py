"""Layers of a network as they come in one forward pass that keeps its graph, and nothing beyond the last one wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from deepvis.models.errors import ModelError
from deepvis.models.forward_pass import ForwardPass, Stop, by_call
from deepvis.models.layout import first_tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepvis.models.layers import LayerTap

    Take = Callable[[LayerTap, torch.Tensor], torch.Tensor | None]
    """Gets what a layer gave; what it returns the network goes on with instead, None: with the same."""


class GraphReader:
    """Runs a network up to the layers wanted; hooks are on it only while `read` runs."""

    def __init__(self, network: nn.Module, wanted: Sequence[LayerTap], also: Sequence[LayerTap] = ()) -> None:
        """Prepare for layers that `describe_layers` found, in any order; parameters need no gradients.

        Args:
            network: as it will be run.
            wanted: layers that must come; the softmax among them makes the pass go to the end.
            also: layers that are read if they come by.
        """
        self._network = network
        self._wanted = [tap for tap in wanted if tap.module]
        names = {tap.name for tap in self._wanted}
        self._also = [tap for tap in also if tap.module and tap.name not in names]
        self._ends = any(not tap.module for tap in wanted)

    def read(self, batch: torch.Tensor, take: Take, *, to_the_end: bool = False) -> torch.Tensor | None:
        """One forward pass.

        Args:
            batch: prepared pictures, `(batch, channels, height, width)`.
            take: gets every layer while the network runs.
            to_the_end: the pass does not stop after the last layer wanted.

        Returns:
            The first tensor of the network's output; None where the pass stopped earlier.

        Raises:
            ModelError: a layer did not run, or gave something else than it did when it was described.
        """
        to_the_end = to_the_end or self._ends
        if not self._wanted and not to_the_end:
            return None
        run = ForwardPass(
            by_call(self._wanted), stops=not to_the_end, receive=self._receiver(take), also=by_call(self._also)
        )
        handles = []
        try:
            for name in dict.fromkeys(tap.module for tap in (*self._wanted, *self._also)):
                handles.append(self._network.get_submodule(name).register_forward_hook(run.hook(name)))
            output = first_tensor(self._network(batch))
        except Stop:
            output = None
        finally:
            for handle in handles:
                handle.remove()
        if run.missing:
            name = next(iter(run.missing.values())).name
            raise ModelError(f"The layer '{name}' did not run: the network took another way. Choose another layer.")
        return output

    def _receiver(self, take: Take) -> Callable[[LayerTap, object], object]:
        optional = {tap.name for tap in self._also}

        def receive(tap: LayerTap, output: object) -> object:
            tensor = first_tensor(output)
            if tensor is None and tap.name in optional:
                return None
            if tap.layout is None or tensor is None:
                reason = tap.info.reason or "it gave no tensor this time."
                raise ModelError(f"The layer '{tap.name}' cannot be shown: {reason}")
            other = take(tap, tensor)
            return None if other is None else with_first_tensor(output, other)

        return receive


def with_first_tensor(output: Any, tensor: torch.Tensor) -> Any:  # noqa: ANN401  (whatever a module gave)
    """A module's output with another tensor in the place of `first_tensor(output)`."""
    if isinstance(output, torch.Tensor):
        return tensor
    if isinstance(output, Mapping):
        key = next(key for key, part in output.items() if first_tensor(part) is not None)
        output[key] = with_first_tensor(output[key], tensor)  # type: ignore[index]
        return output
    if is_dataclass(output) and not isinstance(output, type):
        name = next(each.name for each in fields(output) if first_tensor(getattr(output, each.name)) is not None)
        return replace(output, **{name: with_first_tensor(getattr(output, name), tensor)})
    parts = list(output)
    index = next(index for index, part in enumerate(parts) if first_tensor(part) is not None)
    parts[index] = with_first_tensor(parts[index], tensor)
    made = getattr(type(output), "_make", type(output))
    return made(parts)
