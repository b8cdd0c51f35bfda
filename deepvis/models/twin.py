"""A second network over the same weights."""

from __future__ import annotations

import copy
from dataclasses import replace

from torch import nn

from deepvis.models.engine import Engine


def structural_copy(network: nn.Module) -> nn.Module:
    """A second network over the same weights.

    Its hooks and its device are its own: the inference thread may probe or move the first one meanwhile, for moving
    replaces the storage of a parameter and leaves this one's alone. No hook may be on the network while it is copied.

    Raises:
        Exception: whatever a person's own network raises: it may hold a lock, an open file, ...
    """
    memo: dict[int, object] = {}
    for parameter in network.parameters():
        memo[id(parameter)] = nn.Parameter(parameter.detach(), requires_grad=False)
    for buffer in network.buffers():
        memo[id(buffer)] = buffer.detach()
    return copy.deepcopy(network, memo)


def twin(engine: Engine) -> Engine:
    """A second engine over the same weights, where the first one has them now.

    Raises:
        Exception: as `structural_copy`.
    """
    network = structural_copy(engine.loaded.network)
    made = Engine(replace(engine.loaded, network=network), tuple(engine.taps.values()))
    made.device, made.precision = engine.device, engine.precision
    made.boxes = engine.boxes
    return made
