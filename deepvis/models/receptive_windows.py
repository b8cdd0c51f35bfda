"""Sliding windows as tables: which input positions each output position of one dimension looks at.

A window over rows and columns is a product of one table per dimension, so the union of boxes under it is taken one
dimension after the other, exactly, whatever the stride, dilation or padding. Positions that only exist as padding
are not in the tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NOWHERE = -1
"""Entry of a table that points at no position."""


def sliding(size: int, outputs: int, *, kernel: int, stride: int, padding: int, dilation: int = 1) -> torch.Tensor:
    """Table `(outputs, kernel)` of a convolution or pooling over `size` positions."""
    starts = torch.arange(outputs)[:, None] * stride - padding
    return _inside(starts + torch.arange(kernel)[None] * dilation, size)


def transposed(size: int, outputs: int, *, kernel: int, stride: int, padding: int, dilation: int = 1) -> torch.Tensor:
    """Table `(outputs, kernel)` of a transposed convolution over `size` positions."""
    reach = torch.arange(outputs)[:, None] + padding - torch.arange(kernel)[None] * dilation
    return _inside(torch.where(reach % stride == 0, reach.div(stride, rounding_mode="floor"), NOWHERE), size)


def adaptive(size: int, outputs: int) -> torch.Tensor:
    """Table of an adaptive pooling: output i looks at `floor(i*size/outputs)` to `ceil((i+1)*size/outputs)`."""
    index = torch.arange(outputs)
    first = index * size // outputs
    last = ((index + 1) * size + outputs - 1) // outputs
    table = first[:, None] + torch.arange(int((last - first).max()))[None]
    return torch.where(table < last[:, None], table, NOWHERE)


def from_weights(weights: torch.Tensor) -> torch.Tensor:
    """Table of a linear map given as `(outputs, size)` weights: every position with a weight other than zero."""
    used = weights != 0
    order = used.to(torch.uint8).argsort(dim=1, descending=True, stable=True)
    widest = max(1, int(used.sum(dim=1).max()))
    table = order[:, :widest]
    return torch.where(used.gather(1, table), table, NOWHERE)


def union_over(boxes: torch.Tensor, dim: int, table: torch.Tensor) -> torch.Tensor:
    """Union of the boxes each row of the table names, along one dimension.

    Args:
        boxes: any shape; values 0 (nothing) and above, union is the maximum.
        dim: dimension the table is about.
        table: `(outputs, width)` positions in that dimension or `NOWHERE`.
    """
    table = table.to(boxes.device)
    shape = [1] * boxes.dim()
    shape[dim] = table.shape[0]
    union: torch.Tensor | None = None
    for column in table.unbind(1):
        taken = boxes.index_select(dim, column.clamp(min=0))
        if bool((column < 0).any()):
            taken = taken * (column >= 0).to(boxes.dtype).view(shape)
        union = taken if union is None else torch.maximum(union, taken)
    return boxes.new_zeros(shape) if union is None else union


def interpolation(size: Sequence[int], dim: int, apply: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """Table of a separable interpolation, found by sending unit pulses through it.

    Args:
        size: spatial sizes of the input.
        dim: which of them the table is about.
        apply: the interpolation, for inputs `(1, channels, *size)`.
    """
    answers = []
    for start in range(0, size[dim], 32):
        pulses = torch.zeros(1, min(32, size[dim] - start), *size)
        for channel in range(pulses.shape[1]):
            pulses[0, channel].select(dim, start + channel).fill_(1.0)
        answer = apply(pulses)[0].movedim(dim + 1, 1)
        answers.append(answer.flatten(2)[:, :, 0])
    return from_weights(torch.cat(answers).T)


def _inside(table: torch.Tensor, size: int) -> torch.Tensor:
    return torch.where((table >= 0) & (table < size), table, NOWHERE)
