"""One forward pass of a network that is listened to: which call of which module is whose, and when to end it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import nn

    from deepvis.models.layers import LayerTap


class Stop(BaseException):
    """Ends a forward pass right after the last layer it was made for.

    Not an `Exception`, so that no `except Exception` inside a network swallows it.
    """


@dataclass(slots=True, eq=False)
class ForwardPass:
    """What is still missing of one forward pass, and where it goes.

    Attributes:
        missing: layers that have not come yet, by module and number of the call.
        stops: raise `Stop` when nothing is missing any more.
        receive: gets a layer and its module's output, while the network runs; what it returns the network goes on with
            instead, None: with the same.
        also: layers that are received if they come by.
        thread: whose calls count.
        calls: of each module so far.
    """

    missing: dict[tuple[str, int], LayerTap]
    stops: bool
    receive: Callable[[LayerTap, object], object]
    also: Mapping[tuple[str, int], LayerTap] = field(default_factory=dict)
    thread: int = field(default_factory=threading.get_ident)
    calls: dict[str, int] = field(default_factory=dict)

    def hook(self, name: str) -> Callable[[nn.Module, object, object], object]:
        """A forward hook for the module of this name."""

        def read(_module: nn.Module, _inputs: object, output: object) -> object:
            # Another thread may run the same network now: its activations are not ours, and it must not be stopped.
            return self._take(name, output) if threading.get_ident() == self.thread else None

        return read

    def _take(self, name: str, output: object) -> object:
        call = self.calls.get(name, 0)
        self.calls[name] = call + 1
        tap = self.missing.pop((name, call), None) or self.also.get((name, call))
        if tap is None:
            return None
        other = self.receive(tap, output)
        if self.stops and not self.missing:
            raise Stop
        return other


def by_call(taps: Sequence[LayerTap]) -> dict[tuple[str, int], LayerTap]:
    """Layers by module and number of the call."""
    return {(tap.module, tap.call): tap for tap in taps}
