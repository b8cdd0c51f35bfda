"""A second network: over the same weights, or over equal ones of its own."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis.models.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Callable


def structural_copy(network: nn.Module) -> nn.Module:
    """A second network over the same weights.

    Its hooks and its device are its own: the inference thread may probe or move the first one meanwhile, for moving
    replaces the storage of a parameter and leaves this one's alone. No hook may be on the network while it is copied.

    Raises:
        Exception: whatever a person's own network raises: it may hold a lock, an open file, ...
    """
    return _copy(network, torch.Tensor.detach)


def twin(engine: Engine) -> Engine:
    """A second engine over the same weights, where the first one has them now; it is fed in the same memory order.

    Raises:
        Exception: as `structural_copy`.
    """
    return _engine(engine, structural_copy(engine.loaded.network))


def separate(engine: Engine) -> Engine:
    """A second engine over equal weights of its own, which may be changed; it is fed in the same memory order as well.

    Raises:
        Exception: as `structural_copy`.
    """
    with torch.inference_mode(mode=False), torch.no_grad():
        return _engine(engine, _copy(engine.loaded.network, torch.Tensor.clone))


def _copy(network: nn.Module, taken: Callable[[torch.Tensor], torch.Tensor]) -> nn.Module:
    memo: dict[int, object] = {}
    for parameter in network.parameters():
        memo[id(parameter)] = nn.Parameter(taken(parameter), requires_grad=False)
    for buffer in network.buffers():
        memo[id(buffer)] = taken(buffer)
    return copy.deepcopy(network, memo)


def _engine(engine: Engine, network: nn.Module) -> Engine:
    made = Engine(replace(engine.loaded, network=network), tuple(engine.taps.values()))
    made.device, made.precision = engine.device, engine.precision
    made.boxes = engine.boxes
    made.feed_like(engine)
    return made
