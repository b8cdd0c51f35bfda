"""Receptive boxes through matrix products, softmax and attention, with what a constant mask closes left out.

Windowed attention computes scores between places that must not see each other and closes them with a mask: a constant
that adds minus infinity, or −100, to the score. Structure alone would let everything through. So a score such a mask
closes depends on nothing, its softmax is a constant zero, and a constant zero carries nothing through a product.
"""

from __future__ import annotations

from functools import reduce

import torch

from deepvis.models.receptive_operation import CODES, Codes, Operation, aligned

CLOSED = -50.0
"""What a mask must at least subtract from a score: e to that power is lost in float64 rounding."""

_VANISHED = 1e-20

Answer = list[Codes | None]


def sum_or_mask(operation: Operation, results: list[torch.Tensor]) -> Answer:
    """Addition: the union of both sides, but nothing where a constant mask closes the element."""
    found = [operation.codes(tensor) for tensor in operation.tensors]
    union = reduce(torch.maximum, (aligned(codes, results[0].dim()) for codes in found if codes is not None))
    for tensor, codes in zip(operation.tensors, found, strict=True):
        if codes is None and _is_mask(tensor):
            union = union * (tensor > CLOSED).to(union.dtype)
    return [union]


def softmax(operation: Operation, results: list[torch.Tensor]) -> Answer:
    """Union over the dimension; elements that a mask has closed stay constant."""
    codes = operation.code_of("self")
    dim = operation.argument("dim") % (codes.dim() - 1) + 1 if codes.dim() > 1 else 0
    if codes.dim() == 1:
        return [codes]
    union = codes.amax(dim, keepdim=True).expand_as(codes)
    closed = _constant_zeros(codes, results[0])
    return [union if closed is None else union * (~closed).to(union.dtype)]


def matrix_product(operation: Operation, results: list[torch.Tensor]) -> Answer:
    """`mm`, `bmm`, and the same with something added: an element sees its row on the left, its column on the right."""
    *added, left, right = operation.tensors
    parts = [aligned(codes, results[0].dim()) for each in added if (codes := operation.codes(each)) is not None]
    left_codes, right_codes = operation.codes(left), operation.codes(right)
    if left_codes is not None:
        parts.append(left_codes.amax(-1, keepdim=True))
    if right_codes is not None:
        closed = None if left_codes is None else _constant_zeros(left_codes, left)
        parts.append(right_codes.amax(-2, keepdim=True) if closed is None else _through(~closed, right_codes))
    return [reduce(torch.maximum, parts)]


def attention(operation: Operation, results: list[torch.Tensor]) -> Answer:
    """Every query sees itself and the keys and values of its head, but those its mask closes."""
    union = operation.code_of("query").amax(-1, keepdim=True)
    mask = operation.argument("attn_mask", operation.argument("attn_bias"))
    for name in ("key", "value"):
        seen = _for_heads(operation.code_of(name), union.shape[-3])
        is_open = _open_keys(operation, mask)
        whole = seen.amax((-1, -2), keepdim=True)
        union = torch.maximum(union, whole if is_open is None else _open_only(seen, is_open))
    if isinstance(mask, torch.Tensor):
        union = torch.maximum(union, operation.union_of([mask]).view(CODES, *[1] * results[0].dim()))
    return [union, *[None] * (len(results) - 1)]


def _is_mask(tensor: torch.Tensor) -> bool:
    """Whether a tensor holds nothing but zeros and large negative numbers, some of each."""
    if not tensor.is_floating_point() or tensor.dim() < 2:
        return False
    closed = tensor <= CLOSED
    return bool(closed.any()) and bool((tensor == 0).any()) and bool((closed | (tensor == 0)).all())


def _constant_zeros(codes: Codes, values: torch.Tensor) -> torch.Tensor | None:
    """Elements that depend on nothing and are as good as zero; None if there are none."""
    zeros = (values.abs() < _VANISHED) & (codes == 0).all(0)
    return zeros if bool(zeros.any()) else None


def _through(is_open: torch.Tensor, right: Codes) -> Codes:
    """`(4, ..., rows, columns)`: for each row and column the union over what is open to the row."""
    factors = is_open.to(right.dtype)
    union = right.new_zeros(CODES, *is_open.shape[:-1], right.shape[-1])
    for inner in range(is_open.shape[-1]):
        torch.maximum(union, factors[..., inner, None] * right[..., inner, None, :], out=union)
    return union


def _open_only(right: Codes, is_open: torch.Tensor) -> Codes:
    """`(4, ..., queries, 1)`: union of the rows of `right`, `(4, ..., keys, width)`, that are open to each query."""
    rows = right.amax(-1)[..., None, :]
    return (rows * is_open.to(rows.dtype)).amax(-1, keepdim=True)


def _open_keys(operation: Operation, mask: torch.Tensor | None) -> torch.Tensor | None:
    if mask is None or operation.codes(mask) is not None:
        return None
    return mask if mask.dtype == torch.bool else mask > CLOSED


def _for_heads(codes: Codes, heads: int) -> Codes:
    # Queries of several heads may share one key head.
    return codes if codes.shape[-3] == heads else codes.repeat_interleave(heads // codes.shape[-3], dim=-3)
