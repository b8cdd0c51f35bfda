"""zennit's rules on the modules of a network. Imports zennit, which is an extra: only for whoever has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn
from zennit.core import Composite, Hook
from zennit.rules import Epsilon, Flat, ZPlus
from zennit.types import Convolution, Linear

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager

    from zennit.core import BasicHook


class EachCall(Hook):  # type: ignore[misc]
    """A rule for a module that may run several times: zennit's own hooks remember the input of the last call only."""

    def __init__(self, rule: BasicHook) -> None:
        """Prepare; `rule` itself is never registered."""
        super().__init__()
        self._rule = rule
        # zennit's backward hooks refer to theirs weakly
        self._calls: list[BasicHook] = []

    def pre_forward(self, module: nn.Module, input: Any) -> Any:  # noqa: ANN401  (zennit's)
        """Begin another call."""
        self._calls.append(self._rule.copy())
        return self._calls[-1].pre_forward(module, input)

    def post_forward(self, module: nn.Module, input: Any, output: Any) -> Any:  # noqa: ANN401  (zennit's)
        """As zennit's, for this call."""
        return self._calls[-1].post_forward(module, input, output)

    def forward(self, module: nn.Module, input: Any, output: Any) -> Any:  # noqa: ANN401  (zennit's)
        """As zennit's, for this call."""
        return self._calls[-1].forward(module, input, output)

    def copy(self) -> EachCall:
        """For another module."""
        return EachCall(self._rule)

    def remove(self) -> None:
        """Let go of all tensors."""
        while self._calls:
            self._calls.pop().remove()
        super().remove()


def rules(network: nn.Module, firsts: Collection[str] = ()) -> AbstractContextManager[object]:
    """While it lasts, modules with weights pass relevance on (zennit's `EpsilonPlusFlat`).

    Args:
        network: any.
        firsts: names of the modules that look at a picture itself; none: the first one that is registered.
    """
    names = [name for name, module in network.named_modules() if isinstance(module, Linear)]
    flat = set(firsts or names[:1])

    def rule_of(_context: dict[str, Any], name: str, module: nn.Module) -> EachCall | None:
        if name in flat:
            return EachCall(Flat())
        if isinstance(module, Convolution):
            return EachCall(ZPlus())
        return EachCall(Epsilon()) if isinstance(module, nn.Linear) else None

    context: AbstractContextManager[object] = Composite(module_map=rule_of).context(network)
    return context
