"""Which layers of a network of two pictures look at one of them, and which two do the same to each.

A branch with shared weights runs once for each picture, so its modules run twice in one pass. Which call is for which
picture is seen by changing one of the pictures: what stays the same does not depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import torch

from deepvis.models.layout import first_tensor
from deepvis.records import SOFTMAX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import nn

    from deepvis.models.layers import LayerTap

_AS_ONE_BATCH = "It runs for both pictures as one batch. Let it run once for each picture, and it can be shown."

_Key = tuple[str, int]
"""Name of a module, and which of its calls."""


def with_pairs(network: nn.Module, batch: torch.Tensor, taps: Sequence[LayerTap]) -> tuple[LayerTap, ...]:
    """The layers, with what is told of them in `LayerInfo.of_picture` and `LayerInfo.pair`.

    Of two layers that are a pair, the one of the second picture stands for both in the default list.

    Args:
        network: in evaluation mode; has no hook afterward.
        batch: two pictures in one tensor, `(1, 2 x channels, height, width)`.
        taps: all layers of the network.
    """
    outputs = _run(network, batch)
    seen = _pictures_seen(network, batch, outputs.found)
    known = [_placed(tap, seen, outputs.rows) for tap in taps]
    partners = _partners(known)
    first = set(partners.values())
    return tuple(_told(tap, partners.get(tap.name, ""), is_first=tap.name in first) for tap in known)


@dataclass(slots=True, eq=False)
class _Outputs:
    """What every module call of one pass gave.

    Attributes:
        found: reduced to something small that tells two outputs apart.
        rows: size of the batch.
        calls: of each module so far.
    """

    found: dict[_Key, torch.Tensor] = field(default_factory=dict)
    rows: dict[_Key, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)

    def hook(self, name: str) -> Callable[[nn.Module, object, object], None]:
        def take(_module: nn.Module, _inputs: object, output: object) -> None:
            call = self.calls.get(name, 0)
            self.calls[name] = call + 1
            tensor = first_tensor(output)
            if tensor is not None and tensor.is_floating_point() and tensor.layout is torch.strided:
                self.rows[name, call] = tensor.shape[0] if tensor.dim() else 0
                flat = tensor.detach().double().flatten()
                # sums with weights: no order of the same numbers, and no change of sign, is taken for the same
                self.found[name, call] = torch.stack((flat.sum(), flat @ torch.linspace(1, 2, flat.numel()).double()))

        return take


def _pictures_seen(network: nn.Module, batch: torch.Tensor, outputs: dict[_Key, torch.Tensor]) -> dict[_Key, set[int]]:
    """The pictures, 1 and 2, that each call's output depends on."""
    again = _run(network, batch).found
    # what differs for the same pictures tells nothing: chance, or what is not a number
    outputs = {key: values for key, values in outputs.items() if key in again and torch.equal(values, again[key])}
    seen: dict[_Key, set[int]] = {key: set() for key in outputs}
    for number, part in enumerate(batch.chunk(2, dim=1), 1):
        other = batch.clone()
        other.chunk(2, dim=1)[number - 1].copy_(part.flip(-1, -2) * 0.5 + 0.25)
        for key, values in _run(network, other).found.items():
            if key in outputs and not torch.equal(values, outputs[key]):
                seen[key].add(number)
    return seen


def _run(network: nn.Module, batch: torch.Tensor) -> _Outputs:
    outputs = _Outputs()
    handles = [module.register_forward_hook(outputs.hook(name)) for name, module in network.named_modules() if name]
    try:
        with torch.inference_mode(mode=False), torch.no_grad():
            # a copy, because a network may write into its input
            network(batch.clone())
    finally:
        for handle in handles:
            handle.remove()
    return outputs


def _placed(tap: LayerTap, seen: dict[_Key, set[int]], rows: dict[_Key, int]) -> LayerTap:
    key = (tap.module, tap.call)
    pictures = seen.get(key, set())
    reason = _AS_ONE_BATCH if tap.info.reason and rows.get(key) == 2 else tap.info.reason
    of_picture = next(iter(pictures)) if len(pictures) == 1 else 0
    return replace(tap, info=replace(tap.info, of_picture=of_picture, reason=reason))


def _partners(taps: Sequence[LayerTap]) -> dict[str, str]:
    """Layers of the second picture to those of the first: calls of the same module, in the same order."""
    of_picture: dict[str, tuple[list[LayerTap], list[LayerTap]]] = {}
    for tap in taps:
        if tap.info.of_picture:
            of_picture.setdefault(tap.module, ([], []))[tap.info.of_picture - 1].append(tap)
    found = {}
    for firsts, seconds in of_picture.values():
        if len(firsts) == len(seconds):
            found.update({b.name: a.name for a, b in zip(firsts, seconds, strict=True) if _alike(a, b)})
    return found


def _alike(first: LayerTap, second: LayerTap) -> bool:
    shapes = [(tap.info.units, tap.info.height, tap.info.width, bool(tap.info.reason)) for tap in (first, second)]
    return shapes[0] == shapes[1] and not first.info.reason


def _told(tap: LayerTap, partner: str, *, is_first: bool) -> LayerTap:
    shown = tap.info.worth_showing and (not is_first or tap.name == SOFTMAX)
    return replace(tap, info=replace(tap.info, pair=partner, worth_showing=shown))
