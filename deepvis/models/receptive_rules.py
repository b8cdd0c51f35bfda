"""What each tensor operation does to receptive boxes.

A rule takes the operation and its results and returns, for each result, codes that broadcast to
`(4, *result.shape)`, or None where the result depends on nothing. Views have no rule: they share their base's codes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import torch

from deepvis.models.receptive_attention import attention, matrix_product, softmax, sum_or_mask
from deepvis.models.receptive_operation import CODES, Codes, Operation, aligned, tensors_in
from deepvis.models.receptive_windows import adaptive, interpolation, sliding, transposed, union_over

Answer = list[Codes | None]
Rule = Callable[[Operation, list[torch.Tensor]], Answer]

_INDEX_ARGUMENTS = ("index", "indices", "mask", "condition")


def rule_for(operation: Operation) -> Rule | None:
    """The rule for an operation, None if none is known."""
    name = operation.name
    if name.startswith("new_") or name.endswith("_like"):
        return _nothing
    if name.startswith("_scaled_dot_product"):
        return attention
    return _RULES.get(name, _pointwise if operation.pointwise else None)


def everything(operation: Operation, results: list[torch.Tensor]) -> Answer:
    """Every result depends on all that went in: true or too large for any operation."""
    union = operation.union_of(operation.tensors)
    return [union.view(CODES, *[1] * result.dim()) for result in results]


def _nothing(operation: Operation, results: list[torch.Tensor]) -> Answer:
    zeros = torch.zeros(CODES, device=operation.tensors[0].device)
    return [zeros.view(CODES, *[1] * result.dim()) if operation.in_place else None for result in results]


def _pointwise(operation: Operation, results: list[torch.Tensor]) -> Answer:
    dimensions = results[0].dim()
    found = [operation.codes(tensor) for tensor in operation.tensors]
    union = reduce(torch.maximum, (aligned(codes, dimensions) for codes in found if codes is not None))
    return [union for _ in results]


def _copy(operation: Operation, results: list[torch.Tensor]) -> Answer:
    return [aligned(operation.code_of("src"), results[0].dim())]


def _fill(operation: Operation, results: list[torch.Tensor]) -> Answer:
    value = operation.argument("value")
    if isinstance(value, torch.Tensor):
        return [operation.union_of([value]).view(CODES, *[1] * results[0].dim())]
    return _nothing(operation, results)


def _choose(operation: Operation, results: list[torch.Tensor]) -> Answer:
    """`where` and `masked_fill`: with a constant condition only the chosen side counts."""
    condition = operation.argument("condition", operation.argument("mask"))
    if not isinstance(condition, torch.Tensor) or operation.codes(condition) is not None:
        return _pointwise(operation, results)
    names = ("self", "other") if operation.name == "where" else ("value", "self")
    chosen, other = (_side(operation, name, results[0]) for name in names)
    return [torch.where(condition, chosen, other)]


def _side(operation: Operation, name: str, result: torch.Tensor) -> Codes:
    if isinstance(operation.argument(name), torch.Tensor):
        return aligned(operation.code_of(name), result.dim())
    return torch.zeros(CODES, *[1] * result.dim(), device=result.device)


def _move(operation: Operation, results: list[torch.Tensor]) -> Answer:
    """Operations that only move data are run on the codes, one plane after the other."""
    planes = [_run_on_codes(operation, plane) for plane in range(CODES)]
    moved = [torch.stack([plane[index] for plane in planes]) for index in range(len(results))]
    chosen_by = list(tensors_in([operation.argument(name) for name in _INDEX_ARGUMENTS]))
    if any(operation.codes(tensor) is not None for tensor in chosen_by):
        union = operation.union_of(chosen_by)
        moved = [torch.maximum(codes, union.view(CODES, *[1] * (codes.dim() - 1))) for codes in moved]
    return list(moved)


def _run_on_codes(operation: Operation, plane: int) -> list[torch.Tensor]:
    def replaced(value: Any) -> Any:  # noqa: ANN401  (arguments are anything)
        if isinstance(value, torch.Tensor):
            codes = operation.codes(value)
            found = torch.zeros(value.shape, device=value.device) if codes is None else codes[plane]
            return found.clone() if operation.in_place else found
        return [replaced(part) for part in value] if isinstance(value, list | tuple) else value

    names = [argument.name for argument in operation.func._schema.arguments]
    values = {name: operation.argument(name) for name in names}
    for name, value in values.items():
        if name == "value" and not isinstance(value, torch.Tensor):
            values[name] = 0
        elif name not in _INDEX_ARGUMENTS:
            values[name] = replaced(value)
    return list(tensors_in([operation.func(**values)]))


def _reduce(operation: Operation, results: list[torch.Tensor]) -> Answer:
    """Union over the dimensions that are summed, compared or normalized together, whether they are kept or not."""
    if isinstance(operation.argument("other"), torch.Tensor):
        return _pointwise(operation, results)
    codes = operation.code_of(operation.func._schema.arguments[0].name)
    union = codes.amax(_dimensions(operation.argument("dim"), codes.dim() - 1), keepdim=True)
    kept = results[0].dim() == codes.dim() - 1
    return [union if kept else union.reshape(CODES, *result.shape) for result in results]


def _dimensions(dim: int | list[int] | None, count: int) -> list[int]:
    chosen = list(range(count)) if dim is None or dim == [] else [dim] if isinstance(dim, int) else list(dim)
    return [each % count + 1 for each in chosen] if count else []


def _layer_norm(operation: Operation, results: list[torch.Tensor]) -> Answer:
    count = len(operation.argument("normalized_shape"))
    union = operation.code_of("input").amax(list(range(-count, 0)), keepdim=True)
    return [union for _ in results]


def _group_norm(operation: Operation, results: list[torch.Tensor]) -> Answer:
    codes, groups = operation.code_of("input"), operation.argument("group")
    pictures, channels = codes.shape[1:3]
    union = codes.reshape(CODES, pictures, groups, -1).amax(-1).repeat_interleave(channels // groups, dim=2)
    return [union.view(CODES, pictures, channels, *[1] * (results[0].dim() - 2)), *[None] * (len(results) - 1)]


def _batch_norm(operation: Operation, results: list[torch.Tensor]) -> Answer:
    codes = operation.code_of("input")
    if operation.argument("training", default=False):
        codes = codes.amax([dim for dim in range(1, codes.dim()) if dim != 2], keepdim=True)
    return [codes, *[None] * (len(results) - 1)]


def _glu(operation: Operation, results: list[torch.Tensor]) -> Answer:
    codes, dim = operation.code_of("self"), operation.argument("dim")
    first, second = codes.chunk(2, dim=dim % (codes.dim() - 1) + 1)
    return [torch.maximum(first, second)]


def _convolution(operation: Operation, results: list[torch.Tensor]) -> Answer:
    codes, weight, groups = operation.code_of("input"), operation.argument("weight"), operation.argument("groups")
    count = weight.dim() - 2
    table = transposed if operation.argument("transposed") else sliding
    stride, padding, dilation = (_each(operation, name, count) for name in ("stride", "padding", "dilation"))
    union = codes.reshape(*codes.shape[:2], groups, -1, *codes.shape[3:]).amax(3)
    for dim, (size, outputs) in enumerate(zip(codes.shape[3:], results[0].shape[2:], strict=True)):
        place = {"stride": stride[dim], "padding": padding[dim], "dilation": dilation[dim]}
        union = union_over(union, 3 + dim, table(size, outputs, kernel=weight.shape[2 + dim], **place))
    union = union.repeat_interleave(results[0].shape[1] // groups, dim=2)
    if operation.codes(weight) is not None:
        union = torch.maximum(union, operation.union_of([weight]).view(CODES, *[1] * results[0].dim()))
    return [union]


def _pool(operation: Operation, results: list[torch.Tensor]) -> Answer:
    codes, count = operation.code_of("self"), _count(operation.name)
    kernel = _each(operation, "kernel_size", count)
    stride = _each(operation, "stride", count) if operation.argument("stride") else kernel
    padding, dilation = (_each(operation, name, count) for name in ("padding", "dilation"))
    for dim in range(-count, 0):
        place = {"kernel": kernel[dim], "stride": stride[dim], "padding": padding[dim], "dilation": dilation[dim]}
        codes = union_over(codes, codes.dim() + dim, sliding(codes.shape[dim], results[0].shape[dim], **place))
    return [codes for _ in results]


def _adaptive_pool(operation: Operation, results: list[torch.Tensor]) -> Answer:
    codes = operation.code_of("self")
    for dim in range(-_count(operation.name), 0):
        codes = union_over(codes, codes.dim() + dim, adaptive(codes.shape[dim], results[0].shape[dim]))
    return [codes for _ in results]


def _interpolate(operation: Operation, results: list[torch.Tensor]) -> Answer:
    codes = operation.code_of(operation.func._schema.arguments[0].name)
    sizes = tuple(codes.shape[3:])

    def apply(pulses: torch.Tensor) -> torch.Tensor:
        answer = operation.func(pulses, *operation.args[1:], **operation.kwargs)
        return torch.as_tensor(answer)

    tables = [interpolation(sizes, dim, apply) for dim in range(len(sizes))]
    for dim, table in enumerate(tables):
        codes = union_over(codes, 3 + dim, table)
    return [codes for _ in results]


def _each(operation: Operation, name: str, count: int) -> list[int]:
    value = operation.argument(name, 1 if name == "dilation" else 0)
    sizes = [value] if isinstance(value, int) else list(value)
    return sizes * count if len(sizes) == 1 else sizes


def _count(name: str) -> int:
    return int(next(letter for letter in name if letter.isdigit()))


def _table(rule: Rule, names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


_RULES: dict[str, Rule] = {
    **_table(_pointwise, "_to_copy clone contiguous hardswish hardsigmoid mish _prelu_kernel native_dropout alias"),
    **_table(_pointwise, "log_sigmoid_forward rrelu_with_noise lift_fresh lift_fresh_copy _conj_physical detach_copy"),
    **_table(sum_or_mask, "add"),
    **_table(_copy, "copy"),
    **_table(_fill, "fill"),
    **_table(_nothing, "zero normal uniform bernoulli_like random sym_size sym_stride _local_scalar_dense"),
    **_table(_choose, "where masked_fill"),
    **_table(_move, "cat stack index index_select gather take take_along_dim roll flip constant_pad_nd index_put"),
    **_table(_move, "reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d replication_pad2d"),
    **_table(_move, "replication_pad3d pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle repeat"),
    **_table(_move, "repeat_interleave im2col slice_scatter select_scatter diag_embed triu tril scatter rot90"),
    **_table(_move, "expand_copy view_copy permute_copy slice_copy select_copy split_copy split_with_sizes_copy"),
    **_table(_reduce, "mean sum amax amin max min prod var std var_mean std_mean norm linalg_vector_norm argmax"),
    **_table(_reduce, "logsumexp any all median nanmedian kthvalue mode cumsum cumprod logcumsumexp cummax cummin"),
    **_table(_reduce, "argmin sort topk argsort log_softmax _log_softmax count_nonzero aminmax"),
    **_table(_layer_norm, "native_layer_norm _fused_rms_norm"),
    **_table(_group_norm, "native_group_norm"),
    **_table(_batch_norm, "native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_no_training"),
    **_table(_batch_norm, "cudnn_batch_norm miopen_batch_norm _batch_norm_with_update _batch_norm_no_update"),
    **_table(matrix_product, "mm bmm addmm baddbmm _addmm_activation"),
    **_table(softmax, "_softmax softmax _safe_softmax"),
    **_table(everything, "_native_multi_head_attention _transformer_encoder_layer_fwd"),
    **_table(_glu, "glu"),
    **_table(_convolution, "convolution _convolution"),
    **_table(_pool, "max_pool1d max_pool2d_with_indices max_pool3d_with_indices avg_pool1d avg_pool2d avg_pool3d"),
    **_table(_adaptive_pool, "_adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_max_pool2d adaptive_max_pool3d"),
    **_table(_interpolate, "upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d"),
    **_table(_interpolate, "_upsample_nearest_exact2d _upsample_nearest_exact3d upsample_linear1d upsample_bilinear2d"),
    **_table(_interpolate, "upsample_trilinear3d upsample_bicubic2d _upsample_bilinear2d_aa _upsample_bicubic2d_aa"),
}
