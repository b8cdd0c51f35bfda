"""What the accumulators need of a batch of maps: one number per sample and unit of each kind.

On the CPU the maps of a batch do not fit the caches, so they are read in pieces that do, by all reductions in turn.
Every sum is made in an order that depends on the size of the map alone (pooling adds a window's values one after the
other), so a sample gives the same bits in whichever batch it comes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch.nn import functional

_PIECE = 2**18
"""Values that are reduced together on the CPU: a megabyte fits the caches, and keeps several threads busy."""
_VECTOR = 64
"""Values of a row that torch's reductions take at once; with fewer they fall back to single ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """Maps, reduced; `(batch, units)` each, on the device of the maps.

    Attributes:
        maxima: float32; NaN where `valid` is false.
        minima: float32; NaN where `valid` is false.
        maximum_positions: int64, row x width + column of the first maximum in row-major order.
        means: float64 `(batch, 3, units)`: mean, mean of the squares, share of values above zero; 0 where `valid` is
            false.
        valid: bool; false where a map holds NaN or an infinity. None: true everywhere.
        maps: what was reduced, `(batch, units, height, width)`.
        row_minima: float32 `(batch, units, height)`.
    """

    maxima: torch.Tensor
    minima: torch.Tensor
    maximum_positions: torch.Tensor
    means: torch.Tensor
    valid: torch.Tensor | None
    maps: torch.Tensor
    row_minima: torch.Tensor

    def to(self, device: torch.device) -> Reduced:
        """What the accumulators add up, on their device, means in float64; `maps` and `row_minima` stay."""
        return replace(
            self,
            maxima=self.maxima.to(device),
            minima=self.minima.to(device),
            maximum_positions=self.maximum_positions.to(device),
            means=self.means.to(device).double(),
            valid=None if self.valid is None else self.valid.to(device),
        )

    def find_maximum(self, batch: torch.Tensor, units: torch.Tensor) -> torch.Tensor:
        """Positions of the maxima of `(n,)` pairs, int64 `(n,)`."""
        device = self.maximum_positions.device
        return self.maximum_positions[batch.to(device), units.to(device)]

    def find_minimum(self, batch: torch.Tensor, units: torch.Tensor) -> torch.Tensor:
        """Positions of the first minima of `(n,)` pairs, int64 `(n,)`."""
        batch, units = batch.to(self.maps.device), units.to(self.maps.device)
        # the first row that holds the minimum holds the first minimum
        rows = self.row_minima[batch, units].argmin(1)
        columns = self.maps[batch, units, rows].argmin(1)
        return rows * self.maps.shape[3] + columns


def reduce_maps(maps: torch.Tensor) -> Reduced:
    """Reduce `(batch, units, height, width)` of any floating type, on any device, in any memory format."""
    if not len(maps):
        raise ValueError("There is no sample in this batch.")
    height, width = maps.shape[2:]
    if height * width == 1:
        return _masked(_single(maps))
    rows = _rows_in_pieces(maps) if maps.device.type == "cpu" else _rows(maps.float())
    maxima, row = functional.max_pool2d(_as_column(rows.maxima), (height, 1), return_indices=True)
    positions = (row * width)[:, :, 0, 0] + rows.columns.gather(2, row[:, :, 0])[:, :, 0]
    sums = torch.stack([_column_sums(part.to(_wide(maps))) for part in rows.sums], 1)
    # a negative zero would tell the order of a reduction
    maxima, minima = maxima[:, :, 0, 0] + 0.0, rows.minima.amin(2) + 0.0
    return _masked(Reduced(maxima, minima, positions, sums.div_(height * width), None, maps, rows.minima))


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Every row of every map, reduced: `(batch, units, height)` each; `columns` int64 tell where the maxima are.

    `sums`: of the values, of their squares, and of 1 for those above zero.
    """

    maxima: torch.Tensor
    columns: torch.Tensor
    minima: torch.Tensor
    sums: tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def _single(maps: torch.Tensor) -> Reduced:
    """Maps of one position."""
    values = maps[:, :, 0, 0].float() + 0.0
    means = torch.stack([values, values * values, (values > 0).float()], 1).to(_wide(maps))
    return Reduced(values, values, torch.zeros_like(values, dtype=torch.int64), means, None, maps, values[..., None])


def _rows_in_pieces(maps: torch.Tensor) -> _Rows:
    """Several rows at a time, from whichever maps, so that all reductions but the first find them in the cache."""
    batch, units, height, width = maps.shape
    lines = maps.permute(0, 2, 3, 1).reshape(batch * height, width, units).contiguous()
    together = max(1, _PIECE // (width * units))
    work = torch.empty(min(together, len(lines)), width, units)
    parts = [_row_pieces(piece.float(), work[: len(piece)]) for piece in torch.split(lines, together)]
    whole = (torch.cat(column).view(batch, height, units).permute(0, 2, 1) for column in zip(*parts, strict=True))
    maxima, columns, minima, values, squares, active = whole
    return _Rows(maxima, columns, minima, (values, squares, active))


def _row_pieces(piece: torch.Tensor, work: torch.Tensor) -> list[torch.Tensor]:
    """The fields of `_Rows`, `(rows, units)` each, of `(rows, width, units)`."""
    rows = _rows(_as_maps(piece[None]), _as_maps(work[None]))
    fields = (rows.maxima, rows.columns, rows.minima, *rows.sums)
    return [field[0].T for field in fields]


def _rows(maps: torch.Tensor, work: torch.Tensor | None = None) -> _Rows:
    """Reduce the rows of float32 `(batch, units, height, width)`; `work`, of the same shape, is overwritten."""
    height, width = maps.shape[2:]
    row = (1, width)
    work = torch.empty_like(maps) if work is None else work
    maxima, indices = functional.max_pool2d(maps, row, return_indices=True)
    columns = indices[..., 0] - torch.arange(height, device=maps.device) * width
    values = functional.avg_pool2d(maps, row, divisor_override=1)
    torch.mul(maps, maps, out=work)
    squares = functional.avg_pool2d(work, row, divisor_override=1)
    torch.gt(maps, 0.0, out=work)
    active = functional.avg_pool2d(work, row, divisor_override=1)
    return _Rows(maxima[..., 0], columns, _row_minima(maps), (values[..., 0], squares[..., 0], active[..., 0]))


def _column_sums(rows: torch.Tensor) -> torch.Tensor:
    """`(batch, units)` of `(batch, units, height)`."""
    return functional.avg_pool2d(_as_column(rows), (rows.shape[2], 1), divisor_override=1)[:, :, 0, 0]


def _as_maps(channels_last: torch.Tensor) -> torch.Tensor:
    """`(batch, units, height, width)` of `(batch, height, width, units)`."""
    return channels_last.permute(0, 3, 1, 2)


def _as_column(rows: torch.Tensor) -> torch.Tensor:
    """`(batch, units, height, 1)` of `(batch, units, height)`, with strides that torch takes for channels-last."""
    return _as_maps(rows.permute(0, 2, 1)[:, :, None])


def _row_minima(maps: torch.Tensor) -> torch.Tensor:
    """`(batch, units, height)`."""
    batch, units, height, width = maps.shape
    if maps.device.type != "cpu":
        return maps.amin(3)
    # on the view that is contiguous, and with several columns side by side if that makes rows that fill the vectors
    together = math.gcd(width, _VECTOR // math.gcd(units, _VECTOR))
    wide = maps.permute(0, 2, 3, 1).view(batch, height, width // together, together * units)
    return wide.amin(2).view(batch, height, together, units).amin(2).permute(0, 2, 1)


def _masked(reduced: Reduced) -> Reduced:
    finite = reduced.maxima.isfinite().logical_and_(reduced.minima.isfinite())
    if bool(finite.all()):
        return reduced
    return replace(
        reduced,
        maxima=reduced.maxima.where(finite, torch.nan),
        minima=reduced.minima.where(finite, torch.nan),
        means=reduced.means.where(finite[:, None], 0.0),
        valid=finite,
    )


def _wide(maps: torch.Tensor) -> torch.dtype:
    """Apple's GPUs know no float64."""
    return torch.float32 if maps.device.type == "mps" else torch.float64
