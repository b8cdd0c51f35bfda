"""Occlusion: how much the target loses when a window of the picture is covered (Zeiler & Fergus 2014, section 4.2)."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis.attribution.attribution import Attribution
from deepvis.attribution.options import Options
from deepvis.kinds import Method

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis.attribution.asked import Asked
    from deepvis.attribution.subject import Subject
    from deepvis.records import Target


_DEFAULTS = Options()


def refine(subject: Subject, target: Target, options: Options = _DEFAULTS) -> Iterator[Attribution]:
    """Coarse to fine: an attribution after every forward batch; the last one is `complete`.

    The picture is divided into a grid of cells, and each cell is covered with the mean color, together with half a cell
    around it. What has not been covered yet in a finer grid has the value of the coarser one.

    Args:
        subject: the picture.
        target: what loses.
        options: `cells` and `chunk`.

    Yields:
        `values` are `(cells, cells)`, what the target loses; for a channel seed, every position counts as much as it
        is active in the picture. Of two pictures each is covered in turn: `(2, cells, cells)`.

    Raises:
        ModelError: there is no such target, a sentence.
    """
    asked = subject.asked(target, options)
    start = asked.start
    made = Attribution(Method.OCCLUSION, start.target, torch.zeros(0), start.activation, start.reason, complete=False)
    if start.reason:
        finest = torch.zeros(_shape(asked, options.cells[-1]), device=subject.engine.device)
        yield replace(made, values=finest, complete=True)
        return
    whole = asked.worths(asked.run.batch.detach())
    left = rounds(options, asked.chunk(), asked.pictures)
    values = whole
    for cells in options.cells:
        values = values.expand(_shape(asked, cells)) if values.dim() < 2 else _finer(values, cells)
        for part in _covered(asked, whole, values):
            left -= 1
            yield replace(made, values=part.clone(), complete=not left)
            values = part


def rounds(options: Options, chunk: int, pictures: int = 1) -> int:
    """How often `refine` yields with so many inputs in a batch, for a network of so many pictures."""
    return sum(-(-cells * cells * pictures // chunk) for cells in options.cells)


def windows(cells: int, height: int, width: int) -> list[tuple[slice, slice]]:
    """What is covered for each cell, row by row: the cell and half a cell around it, cut at the picture's edge."""
    rows, columns = _spans(cells, height), _spans(cells, width)
    return [(row, column) for row in rows for column in columns]


def occlusion(asked: Asked) -> torch.Tensor:
    """The finest grid at once, `(cells, cells)`; of two pictures `(2, cells, cells)`."""
    shape = _shape(asked, asked.options.cells[-1])
    if asked.start.reason:
        return torch.zeros(shape, device=asked.run.batch.device)
    values = asked.worths(asked.run.batch.detach())
    for part in _covered(asked, values, values.expand(shape)):
        values = part
    return values


def _finer(values: torch.Tensor, cells: int) -> torch.Tensor:
    planes = values.view(1, -1, *values.shape[-2:])
    finer = functional.interpolate(planes, (cells, cells), mode="nearest-exact")
    return finer.view(*values.shape[:-2], cells, cells)


def _shape(asked: Asked, cells: int) -> tuple[int, ...]:
    return (asked.pictures, cells, cells) if asked.pictures > 1 else (cells, cells)


def _covered(asked: Asked, whole: torch.Tensor, values: torch.Tensor) -> Iterator[torch.Tensor]:
    """A grid, what is known before in the place of what is not; always the same tensor, filled batch by batch."""
    picture, values = asked.run.batch.detach(), values.clone()
    cells = windows(values.shape[-1], picture.shape[2], picture.shape[3])
    each = picture.shape[1] // asked.pictures
    channels = [slice(number * each, (number + 1) * each) for number in range(asked.pictures)]
    places = [(part, *cell) for part in channels for cell in cells]
    for first in range(0, len(places), asked.chunk()):
        some = places[first : first + asked.chunk()]
        batch = picture.repeat(len(some), 1, 1, 1)
        for index, place in enumerate(some):
            # zero is the mean color in the units of the network's input
            batch[index, *place] = 0
        values.view(-1)[first : first + len(some)] = whole - asked.worths(batch)
        asked.options.progress(first + len(some), len(places))
        yield values


def _spans(cells: int, length: int) -> list[slice]:
    edges = [index * length / cells for index in range(cells + 1)]
    margin = length / cells / 2
    return [slice(max(0, round(a - margin)), min(length, round(b + margin))) for a, b in itertools.pairwise(edges)]
