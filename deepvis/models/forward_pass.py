"""One forward pass of a network that is listened to: which call of which module is whose, and when to end it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

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
        receive: gets a layer and its module's output, while the network runs.
        thread: whose calls count.
        calls: of each module so far.
    """

    missing: dict[tuple[str, int], LayerTap]
    stops: bool
    receive: Callable[[LayerTap, object], None]
    thread: int = field(default_factory=threading.get_ident)
    calls: dict[str, int] = field(default_factory=dict)

    def hook(self, name: str) -> Callable[[nn.Module, object, object], None]:
        """A forward hook for the module of this name."""

        def read(_module: nn.Module, _inputs: object, output: object) -> None:
            # Another thread may run the same network now: its activations are not ours, and it must not be stopped.
            if threading.get_ident() == self.thread:
                self._take(name, output)

        return read

    def _take(self, name: str, output: object) -> None:
        call = self.calls.get(name, 0)
        self.calls[name] = call + 1
        tap = self.missing.pop((name, call), None)
        if tap is None:
            return
        self.receive(tap, output)
        if self.stops and not self.missing:
            raise Stop
