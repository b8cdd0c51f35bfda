"""Whose output a module takes, and whose it gives on: seen while a network runs once.

Two tensors count as the same where one is a view of the other with as many values: a network may flatten or permute
between two modules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    Key = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Flow:
    """How one call of a module hangs together with those before it; calls are counted in order of execution.

    Attributes:
        takes: the call whose output this one took as its input; None where another operation made it.
        gives: the call whose output this one gave as its own: of a module that holds others, its last one; None where
            it made a new one.
        altered: something wrote into that tensor in between, as an addition in place does.
    """

    takes: int | None = None
    gives: int | None = None
    altered: bool = False


class FlowTracker:
    """Follows the calls of one forward pass. All outputs must be kept alive: freed memory would be taken for theirs."""

    def __init__(self) -> None:
        self._makers: dict[Key, tuple[int, int]] = {}
        self._entered: list[tuple[object, int | None, bool]] = []
        self._calls = 0

    def enter(self, module: object, given: torch.Tensor | None) -> None:
        """A module is about to run on this input."""
        self._entered.append((module, *self._maker(given)))

    def leave(self, module: object, output: torch.Tensor | None) -> Flow:
        """A module that was entered gave this output; those that were entered after it and not left have failed."""
        entered, takes, altered = self._entered.pop()
        while entered is not module:
            entered, takes, altered = self._entered.pop()
        gives, rewritten = self._maker(output)
        if gives is not None and gives == takes:
            # it gave back its own input: untouched, or written into in place
            gives, rewritten = None, False
        key = _key(output)
        if key is not None and output is not None:
            self._makers[key] = (self._calls, output._version)
        self._calls += 1
        return Flow(takes, gives, rewritten if gives is not None else altered)

    def _maker(self, tensor: torch.Tensor | None) -> tuple[int | None, bool]:
        key = _key(tensor)
        if key is None or tensor is None or key not in self._makers:
            return None, False
        call, version = self._makers[key]
        return call, tensor._version != version


def _key(tensor: torch.Tensor | None) -> Key | None:
    if tensor is None:
        return None
    try:
        return tensor.untyped_storage().data_ptr(), int(tensor.storage_offset()), tensor.numel()
    except (RuntimeError, NotImplementedError):
        # sparse and nested tensors have no plain memory
        return None
