"""How a module's output is read as activation maps.

Networks give maps channels-first, channels-last, as tokens or as plain vectors, sometimes wrapped in tuples or dicts.
`find_layout` decides once, from the shape, the kind of module and the shape of the network's input; the `Layout` it
returns then turns every later output of that layer into maps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum

import torch
from torch import nn

from deepvis.models.errors import ModelError

MOST_PREFIX_TOKENS = 16
"""More class and register tokens than this are not looked for."""

_ASPECT_TOLERANCE = 0.28
"""Largest difference of the logarithms of two aspects that still may be the same picture, cut a little."""


class Kind(StrEnum):
    """The orders of dimensions an output can have."""

    NCHW = "channels first"
    NHWC = "channels last"
    TOKENS = "tokens"
    VECTOR = "vector"


@dataclass(frozen=True, slots=True)
class Layout:
    """How one layer's output becomes maps.

    Attributes:
        kind: order of the dimensions.
        prefix_tokens: tokens ahead of the grid that belong to no position; only with `Kind.TOKENS`.
        grid: rows and columns the remaining tokens are laid out in; only with `Kind.TOKENS`.
    """

    kind: Kind
    prefix_tokens: int = 0
    grid: tuple[int, int] = (1, 1)

    def maps(self, output: torch.Tensor) -> torch.Tensor:
        """View `output` as `(pictures, units, height, width)`.

        Raises:
            ModelError: the output has another shape than the one this layout was found for.
        """
        self.check(output)
        if self.kind is Kind.NCHW:
            return output
        if self.kind is Kind.NHWC:
            return output.permute(0, 3, 1, 2)
        if self.kind is Kind.VECTOR:
            return output[:, :, None, None]
        return output[:, self.prefix_tokens :].transpose(1, 2).reshape(*output.shape[::2], *self.grid)

    def prefix(self, output: torch.Tensor) -> torch.Tensor | None:
        """The tokens set apart, `(pictures, units, prefix_tokens)`; None where there are none."""
        if not self.prefix_tokens:
            return None
        return output[:, : self.prefix_tokens].transpose(1, 2)

    @property
    def unit_dimension(self) -> int:
        """Which dimension of the output counts the units."""
        return {Kind.NCHW: 1, Kind.NHWC: 3, Kind.TOKENS: 2, Kind.VECTOR: 1}[self.kind]

    def check(self, output: torch.Tensor) -> None:
        """Make sure that an output is one this layout was found for.

        Raises:
            ModelError: it has another shape.
        """
        dimensions = {Kind.NCHW: 4, Kind.NHWC: 4, Kind.TOKENS: 3, Kind.VECTOR: 2}[self.kind]
        fits = output.dim() == dimensions
        if fits and self.kind is Kind.TOKENS:
            fits = output.shape[1] == self.prefix_tokens + self.grid[0] * self.grid[1]
        if not fits:
            raise ModelError(
                f"The layer gave an output of shape {shape_text(output)}, which is not what it gave at first; "
                "load the network again at this input size."
            )


@dataclass(slots=True)
class LayoutClues:
    """What is known of the network while its layers are looked at in order of execution.

    Attributes:
        input_size: `(height, width)` of the network's input.
        pictures: size of the batch.
        prefix_tokens: what the network itself says; None where it says nothing.
        grids: map sizes seen so far, newest last.
        certain: kinds of 4-D shapes that a module's type left no doubt about.
    """

    input_size: tuple[int, int]
    pictures: int
    prefix_tokens: int | None
    grids: list[tuple[int, int]]
    certain: dict[tuple[int, ...], Kind]


def clues(network: nn.Module, batch: torch.Tensor) -> LayoutClues:
    """What can be said before the first layer ran; `batch` is `(pictures, channels, height, width)`."""
    declared = (getattr(module, "num_prefix_tokens", None) for module in network.modules())
    prefix = next((value for value in declared if isinstance(value, int)), None)
    return LayoutClues((batch.shape[-2], batch.shape[-1]), batch.shape[0], prefix, [], {})


def first_tensor(output: object) -> torch.Tensor | None:
    """The first tensor inside tuples, lists, mappings and dataclasses; None where there is none."""
    if isinstance(output, torch.Tensor):
        return output
    for part in _parts(output):
        found = first_tensor(part)
        if found is not None:
            return found
    return None


def find_layout(module: nn.Module, output: torch.Tensor | None, known: LayoutClues) -> Layout | str:
    """How to read `output` of `module`, or a sentence that says why it cannot be shown. Adds to `known`."""
    if output is None:
        return "Its output holds no tensor."
    reason = _why_not(output, known)
    if reason:
        return reason
    if output.dim() == 2:
        return Layout(Kind.VECTOR)
    if output.dim() == 3:
        return _token_layout(output.shape[1], known)
    kind = _spatial_kind(module, tuple(output.shape), known)
    height, width = output.shape[2:] if kind is Kind.NCHW else output.shape[1:3]
    known.grids.append((int(height), int(width)))
    return Layout(kind)


def shape_text(output: torch.Tensor) -> str:
    """`1×64×56×56`."""
    return "×".join(str(size) for size in output.shape) or "a single number"


def _parts(output: object) -> list[object]:
    if isinstance(output, tuple | list):
        return list(output)
    if isinstance(output, Mapping):
        return list(output.values())
    if is_dataclass(output) and not isinstance(output, type):
        return [getattr(output, field.name) for field in fields(output)]
    return []


def _why_not(output: torch.Tensor, known: LayoutClues) -> str:
    if not output.is_floating_point():
        return f"Its output holds {str(output.dtype).removeprefix('torch.')} values, not real numbers."
    if output.layout is not torch.strided or output.is_nested:
        return "Its output is not a plain array."
    if not 2 <= output.dim() <= 4:
        return f"Its output has {output.dim()} dimensions ({shape_text(output)}); two to four can be shown."
    if output.shape[0] != known.pictures:
        return f"Its output ({shape_text(output)}) does not begin with the picture: it is in windows or reordered."
    return "Its output is empty." if output.numel() == 0 else ""


def _spatial_kind(module: nn.Module, shape: tuple[int, ...], known: LayoutClues) -> Kind:
    kind = _kind_by_type(module, shape)
    if kind is not None:
        known.certain[shape] = kind
        return kind
    first = _aspect_error(shape[2], shape[3], known.input_size)
    last = _aspect_error(shape[1], shape[2], known.input_size)
    if (first < _ASPECT_TOLERANCE) != (last < _ASPECT_TOLERANCE):
        return Kind.NCHW if first < last else Kind.NHWC
    if shape in known.certain:
        return known.certain[shape]
    return Kind.NHWC if last < first < math.inf and last < _ASPECT_TOLERANCE else Kind.NCHW


def _kind_by_type(module: nn.Module, shape: tuple[int, ...]) -> Kind | None:
    if isinstance(module, nn.Linear):
        return Kind.NHWC
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d | nn.MaxPool2d | nn.AvgPool2d | nn.GroupNorm):
        return Kind.NCHW
    if isinstance(module, nn.LayerNorm) and len(module.normalized_shape) == 1:
        # Some libraries derive a channels-first norm from LayerNorm, so only the sizes tell.
        first, last = (size == module.normalized_shape[0] for size in (shape[1], shape[3]))
        if first != last:
            return Kind.NCHW if first else Kind.NHWC
    return None


def _aspect_error(height: int, width: int, input_size: tuple[int, int]) -> float:
    return abs(math.log(height * input_size[1] / (width * input_size[0])))


def _token_layout(tokens: int, known: LayoutClues) -> Layout:
    counts = list(range(min(MOST_PREFIX_TOKENS, tokens - 1) + 1))
    if known.prefix_tokens is not None and known.prefix_tokens in counts:
        counts.insert(0, known.prefix_tokens)
    for height, width in reversed(known.grids):
        for prefix in counts:
            if tokens - prefix == height * width and height * width > 1:
                return Layout(Kind.TOKENS, prefix, (height, width))
    for prefix in counts:
        grid = _grid_of(tokens - prefix, known.input_size)
        if grid is not None:
            return Layout(Kind.TOKENS, prefix, grid)
    return Layout(Kind.TOKENS, 0, (1, tokens))


def _grid_of(tokens: int, input_size: tuple[int, int]) -> tuple[int, int] | None:
    if tokens < 4:
        return None
    ideal = math.sqrt(tokens * input_size[0] / input_size[1])
    heights = [height for height in range(1, tokens + 1) if tokens % height == 0]
    height = min(heights, key=lambda candidate: abs(math.log(candidate / ideal)))
    grid = (height, tokens // height)
    square = input_size[0] == input_size[1]
    fits = grid[0] == grid[1] if square else _aspect_error(*grid, input_size) < _ASPECT_TOLERANCE / 2
    return grid if fits else None
