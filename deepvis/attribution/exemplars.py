"""The attribution of an exemplar: seeded where the unit was largest, cut from the network's input as its crop was."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch.nn import functional

from deepvis.backward import Target
from deepvis.imaging.attribution_views import draw
from deepvis.kinds import BackView, Method, SeedKind

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from deepvis.attribution.subject import Subject
    from deepvis.imaging.geometry import InputGeometry
    from deepvis.models.samples import SampleRecipe
    from deepvis.records import Rect

EXEMPLAR_VIEW = BackView.RAW

LARGEST_SIDE = 160
"""Pixels; a unit page shows crops at most this large."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of the network's input that an exemplar's crop shows.

    Attributes:
        top: first row.
        left: first column.
        bottom: last row + 1.
        right: last column + 1.
        size: `(height, width)` of the picture wanted of it.
    """

    top: int
    left: int
    bottom: int
    right: int
    size: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class ExemplarAttribution:
    """What came of an exemplar.

    Attributes:
        rgb: uint8 `(*Cut.size, 3)`; mid gray is zero.
        method: how it was found: the gradient where the method asked for is the plain gradient here.
        coverage: why it is the plain gradient, a sentence; empty where it is what was asked for.
        reason: why there is nothing to see, a sentence; empty where there is.
    """

    rgb: NDArray[np.uint8]
    method: Method
    coverage: str = ""
    reason: str = ""


def cut_of(box: Rect, geometry: InputGeometry, input_size: tuple[int, int], finest: float) -> Cut:
    """Where the crop of an exemplar lies in the network's input.

    Args:
        box: of the exemplar, in pixels of the image file.
        geometry: from those to pixels of the network's input.
        input_size: rows and columns of the network's input.
        finest: pixels of a stored picture for a pixel of the image file; the cut becomes as large as the crop of the
            stored picture is, and at most `LARGEST_SIDE`.
    """
    inside = geometry.to_network(box)
    top, bottom = _span(inside.top, inside.bottom, input_size[0])
    left, right = _span(inside.left, inside.right, input_size[1])
    crop = (box.height * finest, box.width * finest)
    scale = min(1.0, LARGEST_SIDE / max(crop))
    height, width = (max(1, round(side * scale)) for side in crop)
    return Cut(top, left, bottom, right, (height, width))


def sample_cut(box: Rect, recipe: SampleRecipe, size: tuple[int, int], sample: int) -> Cut:
    """The same for an exemplar that is a sample (its id) of an image file of a size, `(height, width)`."""
    geometry = recipe.geometry(*size, sample % recipe.per_file)
    return cut_of(box, geometry, recipe.preprocessing.input_size, recipe.stored_size(*size)[0] / size[0])


def attribute_exemplar(
    subject: Subject, layer: str, unit: int, position: tuple[int, int], method: Method, cut: Cut
) -> ExemplarAttribution:
    """Which pixels of an exemplar's crop speak for the unit.

    Args:
        subject: the network's input as the unit was found on it.
        layer: of the unit.
        unit: its number.
        position: of its maximum, which is given 1 (2015: `crop_max_patches`); nothing else is.
        method: one that gives colors with one backward pass: deconvnet, guided, gradient.
        cut: what is wanted of it.

    Raises:
        ModelError: there is no such unit, or gradients cannot be followed through this network, a sentence.
    """

    def small(values: torch.Tensor) -> NDArray[np.uint8]:
        return draw(_sized(values, cut.size).cpu().numpy(), EXEMPLAR_VIEW, "auto")

    return drawn_exemplar(subject, Target(layer, unit, SeedKind.POSITION, position), method, cut, small)


def drawn_exemplar(
    subject: Subject, target: Target, method: Method, cut: Cut, paint: Callable[[torch.Tensor], NDArray[np.uint8]]
) -> ExemplarAttribution:
    """The same, drawn in any way.

    Args:
        subject: as in `attribute_exemplar`.
        target: the unit at the position of its maximum.
        method: as in `attribute_exemplar`.
        cut: which part of the network's input is wanted.
        paint: float32 `(channels, rows, columns)` of that part, on any device, to uint8 `(height, width, 3)`.

    Raises:
        ModelError: as in `attribute_exemplar`.
    """
    found = subject.attribute(target, method)
    rgb = paint(found.values[:, cut.top : cut.bottom, cut.left : cut.right])
    if found.same_as_gradient:
        return ExemplarAttribution(rgb, Method.GRADIENT, found.coverage, found.reason)
    return ExemplarAttribution(rgb, method, reason=found.reason)


def _sized(values: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """`(channels, height, width)` at a size: mean where it shrinks."""
    if tuple(values.shape[1:]) == size:
        return values
    return functional.interpolate(values[None], size, mode="bilinear", antialias=True)[0]


def _span(start: float, end: float, size: int) -> tuple[int, int]:
    """To the nearest pixel edges, inside the input, at least one pixel."""
    first = min(max(0, math.floor(start + 0.5)), size - 1)
    return first, min(size, max(first + 1, math.floor(end + 0.5)))
