"""One tensor operation as a receptive-field rule sees it.

Codes are explained in `receptive_tracking`: four numbers per element in a leading dimension, union is the maximum,
"depends on nothing" is zero.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from torch._ops import OpOverload

Codes = torch.Tensor
"""`(4, *shape)` float32."""

CODES = 4
"""Numbers per element."""


class Operation:
    """One call of one operation, its arguments by name, and the codes of its tensors.

    Attributes:
        name: without the trailing underscore of in-place operations.
        arguments: by the name in the operation's schema, defaults filled in.
        tensors: every tensor among the arguments.
        tracked: whether any of them depends on the input.
    """

    def __init__(
        self,
        func: OpOverload,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        codes: Callable[[torch.Tensor], Codes | None],
    ) -> None:
        self.func = func
        self.args = args
        self.kwargs = kwargs
        self.tensors = list(tensors_in([*args, *kwargs.values()]))
        self._codes = codes
        self.tracked = any(codes(tensor) is not None for tensor in self.tensors)

    @property
    def name(self) -> str:
        """Name of the operation, `relu` for `aten.relu_.default`."""
        name = str(self.func.overloadpacket.__name__)
        return name if name.startswith("__") else name.removesuffix("_")

    @property
    def in_place(self) -> bool:
        """Whether it writes into one of its arguments."""
        return bool(self.func._schema.is_mutable)

    @property
    def pointwise(self) -> bool:
        """Whether torch itself says that each output element depends on the same element of the inputs only."""
        return torch.Tag.pointwise in self.func.tags

    def argument(self, name: str, default: Any = None) -> Any:  # noqa: ANN401  (arguments are anything)
        """The argument of that name in the schema, or its default there, or `default` if there is no such name."""
        for index, declared in enumerate(self.func._schema.arguments):
            if declared.name == name:
                if index < len(self.args):
                    return self.args[index]
                return self.kwargs.get(name, declared.default_value if declared.has_default_value() else default)
        return default

    def codes(self, tensor: torch.Tensor | None) -> Codes | None:
        """Codes of one of the tensors; None if it depends on nothing."""
        return None if tensor is None else self._codes(tensor)

    def code_of(self, name: str) -> Codes:
        """Codes of an argument; zeros if it depends on nothing."""
        tensor = self.argument(name)
        found = self.codes(tensor)
        return torch.zeros(CODES, *tensor.shape, device=tensor.device) if found is None else found

    def union_of(self, tensors: Sequence[torch.Tensor | None]) -> Codes:
        """One box over all elements of these tensors, `(4,)`."""
        codes = [self.codes(tensor) for tensor in tensors]
        found = [code.flatten(1).amax(1) for code in codes if code is not None and code.numel()]
        return reduce(torch.maximum, found) if found else torch.zeros(CODES, device=self.tensors[0].device)


def tensors_in(value: object) -> Iterator[torch.Tensor]:
    """Every tensor in nested lists and tuples."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from tensors_in(part)


def aligned(codes: Codes, dimensions: int) -> Codes:
    """Codes of a tensor as they broadcast against a result with more dimensions."""
    missing = dimensions + 1 - codes.dim()
    return codes[(slice(None), *[None] * missing)] if missing > 0 else codes
