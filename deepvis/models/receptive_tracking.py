"""Following, through every tensor operation of a forward pass, which input pixels each number depends on.

For each element of each tensor four numbers are kept, the bounding box of the input pixels it depends on, coded so
that the union of boxes is the maximum and "depends on nothing" is zero: `(height - first row, width - first column,
last row + 1, last column + 1)`. The codes belong to the *storage*: a view of a tensor sees the same view of its codes,
and an in-place operation through any view changes what all others see. So views need no rule, and operations that
only move data are run on the codes themselves; zero padding then pads with "nothing".
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode

from deepvis.models.receptive_operation import CODES, Operation, tensors_in
from deepvis.models.receptive_rules import Rule, everything, rule_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch._ops import OpOverload

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Entry:
    """The codes of one storage, and a weak reference that also keeps its address from being used again."""

    alive: StorageWeakRef
    codes: torch.Tensor
    itemsize: int

    def expired(self) -> bool:
        return bool(self.alive.expired())  # type: ignore[no-untyped-call]


class ReceptiveTracking(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While entered, every operation carries receptive boxes from its inputs to its outputs."""

    def __init__(self, batch: torch.Tensor) -> None:
        """Start from `batch`, `(pictures, channels, height, width)`, in which each pixel depends on itself."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._entries: dict[int, _Entry] = {}
        height, width = batch.shape[-2:]
        rows = torch.arange(height, device=batch.device, dtype=torch.float32)[:, None].expand(height, width)
        columns = torch.arange(width, device=batch.device, dtype=torch.float32).expand(height, width)
        codes = torch.stack([height - rows, width - columns, rows + 1, columns + 1])
        self._write(batch, codes[:, None, None])

    def codes(self, tensor: torch.Tensor) -> torch.Tensor | None:
        """Codes of a tensor, `(4, *tensor.shape)` float32, a view; None if no element depends on the input."""
        entry = self._entries.get(_address(tensor))
        if entry is None:
            return None
        if entry.itemsize != tensor.element_size():
            # Seen as another type, elements do not line up with the codes: everything there depends on everything.
            return entry.codes.amax(1).view(CODES, *[1] * tensor.dim()).expand(CODES, *tensor.shape)
        size = entry.codes.shape[1]
        return entry.codes.as_strided((CODES, *tensor.shape), (size, *tensor.stride()), tensor.storage_offset())

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401  (an operation returns anything)
        """Run one operation and its rule."""
        kwargs = dict(kwargs or {})
        operation = Operation(func, args, kwargs, self.codes)
        if not operation.tracked:
            return func(*args, **kwargs)
        rule = rule_for(operation)
        if rule is None and not operation.in_place:
            with self:
                parts = func.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
        before = {_address(tensor) for tensor in operation.tensors}
        output = func(*args, **kwargs)
        self._sweep()
        results = list(tensors_in(output))
        if torch.Tag.inplace_view in func.tags:
            return output  # only another look at the same memory
        if not operation.in_place and all(_address(result) in before for result in results):
            return output  # a view: it shares the codes of what it is a view of
        if rule is None:
            _log.debug("No receptive-field rule for %s: its result counts as seeing all its inputs see.", func)
            rule = everything
        self._assign(operation, results or _written(operation), rule)
        return output

    def _assign(self, operation: Operation, results: list[torch.Tensor], rule: Rule) -> None:
        if not results:
            return
        for result, code in zip(results, rule(operation, results), strict=True):
            if code is not None:
                self._write(result, code)

    def _write(self, tensor: torch.Tensor, codes: torch.Tensor) -> None:
        """Set the codes of a tensor; `codes` broadcasts to `(4, *tensor.shape)`."""
        address = _address(tensor)
        if address not in self._entries:
            if not tensor.numel() or not bool(codes.any()):
                return
            storage = tensor.untyped_storage()
            size = storage.nbytes() // tensor.element_size()
            make = torch.empty if size == tensor.numel() else torch.zeros
            fresh = make(CODES, size, dtype=torch.float32, device=tensor.device)
            alive = StorageWeakRef(storage)  # type: ignore[no-untyped-call]
            self._entries[address] = _Entry(alive, fresh, tensor.element_size())
        entry, target = self._entries[address], self.codes(tensor)
        if entry.itemsize != tensor.element_size():
            union = torch.maximum(entry.codes.amax(1), codes.flatten(1).amax(1))
            entry.codes.copy_(union[:, None])
        elif target is not None and not _same_view(target, codes):
            target.copy_(codes)

    def _sweep(self) -> None:
        gone = [address for address, entry in self._entries.items() if entry.expired()]
        for address in gone:
            del self._entries[address]


def _address(tensor: torch.Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _written(operation: Operation) -> list[torch.Tensor]:
    declared = [argument for argument in operation.func._schema.arguments if argument.is_write]
    return list(tensors_in([operation.argument(argument.name) for argument in declared]))


def _same_view(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.data_ptr() == other.data_ptr() and one.shape == other.shape and one.stride() == other.stride()
