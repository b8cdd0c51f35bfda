"""Random changes of the picture before the network sees it: what a result has to survive.

Every image draws for itself. Neighboring geometric changes are multiplied into one matrix per image, so that a picture
is resampled once however many there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis.synthesis.registry import Parameter, Row, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepvis.synthesis.draws import Draws

_TAIL = 3
"""Deviations after which a blur's kernel ends."""
_SHARP = 1e-3
"""Least deviation of a blur, in pixels: the kernel is a single one then."""


@dataclass(frozen=True, slots=True, eq=False)
class Transform:
    """One random change; exactly one of the two functions is there.

    Attributes:
        matrix: draws `(batch, 3, 3)`: from a place in the result to the place in the picture it shows, both in units in
            which the picture reaches from -1 to 1; gets the draws and the picture's `(height, width)`.
        change: `(batch, 3, height, width)` to the same; gets the pictures and the draws.
    """

    matrix: Callable[[Draws, tuple[int, int]], torch.Tensor] | None = None
    change: Callable[[torch.Tensor, Draws], torch.Tensor] | None = None


class Chain:
    """Transforms one after the other, and the resize to what the network is fed."""

    def __init__(self, transforms: Sequence[Transform], fill: str = "gray") -> None:
        """Keep the transforms; `fill` is what lies around a picture: `gray`, `border` or `reflection`."""
        self._transforms = tuple(transforms)
        self._fill = fill

    def __call__(self, images: torch.Tensor, draws: Draws, size: tuple[int, int]) -> torch.Tensor:
        """Change and resize pictures.

        Args:
            images: `(batch, 3, height, width)` in 0..1.
            draws: one source per image.
            size: `(height, width)` of the result.

        Returns:
            `(batch, 3, *size)`; noise may lead out of 0..1.
        """
        waiting: torch.Tensor | None = None
        for transform in self._transforms:
            if transform.matrix is not None:
                shape = (images.shape[2], images.shape[3])
                drawn = transform.matrix(draws, shape).to(images.device)
                waiting = drawn if waiting is None else waiting @ drawn
            elif transform.change is not None:
                images, waiting = self._resampled(images, waiting, size), None
                images = transform.change(images, draws)
        return self._resampled(images, waiting, size)

    def _resampled(self, images: torch.Tensor, matrix: torch.Tensor | None, size: tuple[int, int]) -> torch.Tensor:
        if matrix is None:
            if images.shape[2:] == size:
                return images
            return functional.interpolate(images, size, mode="bilinear", antialias=True)
        shape = [len(images), 3, *size]
        grid = functional.affine_grid(matrix[:, :2], shape, align_corners=False)
        if self._fill != "gray":
            return functional.grid_sample(images, grid, padding_mode=self._fill, align_corners=False)
        return functional.grid_sample(images - 0.5, grid, padding_mode="zeros", align_corners=False) + 0.5


def jitter(pixels: int) -> Transform:
    """Shift by up to `pixels` in both directions, uniformly."""

    def matrix(draws: Draws, size: tuple[int, int]) -> torch.Tensor:
        offset = draws.uniform(2, low=-1, high=1)
        return _affine(shift_x=offset[:, 0] * 2 * pixels / size[1], shift_y=offset[:, 1] * 2 * pixels / size[0])

    return Transform(matrix)


def scale(low: float, high: float) -> Transform:
    """Resize around the center by a factor between `low` and `high`; below 1 the picture gets smaller.

    Raises:
        ValueError: `low` is above `high`.
    """
    _check_order("scale", low, high)

    def matrix(draws: Draws, _size: tuple[int, int]) -> torch.Tensor:
        factor = draws.uniform(1, low=low, high=high)[:, 0]
        return _affine(1 / factor)

    return Transform(matrix)


def zoom(low: float, high: float, slack: float) -> Transform:
    """Resize by a factor between `low` and `high` and move to any place where picture and field contain each other.

    Above 1 the field is a window anywhere inside the picture, below 1 the picture lies anywhere inside the field: what
    the picture shows has to hold at many sizes and places.

    Args:
        low: smallest factor.
        high: largest factor.
        slack: how far the window may reach over the edge, in halves of the field.

    Raises:
        ValueError: `low` is above `high`.
    """
    _check_order("zoom", low, high)

    def matrix(draws: Draws, _size: tuple[int, int]) -> torch.Tensor:
        factor = draws.uniform(1, low=low, high=high)
        shift = draws.uniform(2, low=-1, high=1) * ((1 - factor).abs() + slack) / factor
        return _affine(1 / factor[:, 0], shift[:, 0], shift[:, 1])

    return Transform(matrix)


def rotate(degrees: float) -> Transform:
    """Turn around the center by up to `degrees` in both directions."""

    def matrix(draws: Draws, size: tuple[int, int]) -> torch.Tensor:
        angle = draws.uniform(1, low=-1, high=1)[:, 0] * math.radians(degrees)
        aspect = size[1] / size[0]
        cosine, sine = angle.cos(), angle.sin()
        rows = torch.stack([cosine, -sine / aspect, torch.zeros_like(angle)], 1)
        columns = torch.stack([sine * aspect, cosine, torch.zeros_like(angle)], 1)
        return torch.stack([rows, columns, _last_row(angle)], 1)

    return Transform(matrix)


def crop(low: float, high: float, spread: float) -> Transform:
    """A window of the picture, whose side is a part of the picture's between `low` and `high`, near the center.

    Args:
        low: smallest side.
        high: largest side.
        spread: standard deviation of the window's center around the picture's, in picture sides; windows stay inside.

    Raises:
        ValueError: `low` is above `high`.
    """
    _check_order("crop", low, high)

    def matrix(draws: Draws, _size: tuple[int, int]) -> torch.Tensor:
        side = draws.uniform(1, low=low, high=high)[:, 0]
        center = draws.normal(2, std=2 * spread)
        room = (1 - side).clamp_min(0)[:, None]
        center = torch.minimum(torch.maximum(center, -room), room)
        return _affine(side, center[:, 0], center[:, 1])

    return Transform(matrix)


def pad(pixels: int) -> Transform:
    """Surround the picture, so that shifts do not cut it; the whole is then what the network sees."""

    def matrix(draws: Draws, size: tuple[int, int]) -> torch.Tensor:
        one = torch.ones(len(draws))
        grown = _affine(one)
        grown[:, 0, 0] = (size[1] + 2 * pixels) / size[1]
        grown[:, 1, 1] = (size[0] + 2 * pixels) / size[0]
        return grown

    return Transform(matrix)


def flip() -> Transform:
    """Left and right changed in half of the cases."""

    def matrix(draws: Draws, _size: tuple[int, int]) -> torch.Tensor:
        sign = draws.uniform(1)[:, 0].lt(0.5).float() * -2 + 1
        flipped = _affine(torch.ones_like(sign))
        flipped[:, 0, 0] = sign
        return flipped

    return Transform(matrix)


def noise(std: float) -> Transform:
    """Normal noise on every pixel; `std` in 0..1 of the full range."""

    def change(images: torch.Tensor, draws: Draws) -> torch.Tensor:
        return images + draws.normal(*images.shape[1:], std=std)

    return Transform(change=change)


def uniform_noise(reach: float) -> Transform:
    """Uniform noise on every pixel, up to `reach` in both directions; 1 is the full range."""

    def change(images: torch.Tensor, draws: Draws) -> torch.Tensor:
        return images + draws.uniform(*images.shape[1:], low=-reach, high=reach)

    return Transform(change=change)


def blur(low: float, high: float) -> Transform:
    """A Gaussian blur whose deviation is drawn between `low` and `high`, in pixels; edges are continued.

    Raises:
        ValueError: `low` is above `high`.
    """
    _check_order("blur", low, high)
    reach = math.ceil(_TAIL * high)

    def change(images: torch.Tensor, draws: Draws) -> torch.Tensor:
        sigma = draws.uniform(1, low=low, high=high).clamp_min(_SHARP)
        distance = torch.arange(-reach, reach + 1, device=sigma.device)
        kernels = torch.exp(-0.5 * (distance / sigma).square())
        kernels = (kernels / kernels.sum(1, keepdim=True)).to(images.dtype)
        batch, channels, height, width = images.shape
        # every image has its own kernel: images and channels are the groups of one convolution
        planes = images.reshape(1, batch * channels, height, width)
        weights = kernels.repeat_interleave(channels, 0)
        padded = functional.pad(planes, (reach,) * 4, mode="replicate")
        down = functional.conv2d(padded, weights[:, None, :, None], groups=batch * channels)
        across = functional.conv2d(down, weights[:, None, None, :], groups=batch * channels)
        return across.view_as(images)

    return Transform(change=change)


def contrast(strength: float) -> Transform:
    """Contrast times a factor between 1 - strength and 1 + strength."""

    def change(images: torch.Tensor, draws: Draws) -> torch.Tensor:
        factor = draws.uniform(1, 1, 1, low=1 - strength, high=1 + strength)
        return (images - 0.5) * factor + 0.5

    return Transform(change=change)


def gray(probability: float) -> Transform:
    """Without colors, with a probability."""

    def change(images: torch.Tensor, draws: Draws) -> torch.Tensor:
        chosen = draws.uniform(1, 1, 1) < probability
        return torch.where(chosen, images.mean(1, keepdim=True), images)

    return Transform(change=change)


def _affine(
    factor: torch.Tensor | None = None, shift_x: torch.Tensor | None = None, shift_y: torch.Tensor | None = None
) -> torch.Tensor:
    """`(batch, 3, 3)`: the result at p shows the picture at factor * p + shift."""
    given = next(values for values in (factor, shift_x, shift_y) if values is not None)
    zero = torch.zeros_like(given)
    scaled = torch.ones_like(given) if factor is None else factor
    x, y = (zero if shift is None else shift for shift in (shift_x, shift_y))
    return torch.stack([torch.stack([scaled, zero, x], 1), torch.stack([zero, scaled, y], 1), _last_row(given)], 1)


def _last_row(like: torch.Tensor) -> torch.Tensor:
    return torch.tensor((0.0, 0.0, 1.0), device=like.device).repeat(len(like), 1)


def _check_order(what: str, low: float, high: float) -> None:
    if low > high:
        raise ValueError(f"In '{what}', low ({low:g}) must not be above high ({high:g}).")


_LUCID = "lucid, transform.standard_transforms"

TRANSFORMS: Table[Transform] = Table(
    "transform",
    (
        Row(
            "pad",
            _LUCID,
            "Surrounds the picture.",
            pad,
            (Parameter("pixels", 12, 0, 128, "width of the border, in pixels"),),
        ),
        Row(
            "jitter",
            "Mordvintsev et al. 2015, Inceptionism",
            "Shifts the picture.",
            jitter,
            (Parameter("pixels", 8, 0, 128, "largest shift, in pixels"),),
        ),
        Row(
            "scale",
            _LUCID,
            "Resizes the picture.",
            scale,
            (
                Parameter("low", 0.9, 0.2, 3.0, "smallest factor"),
                Parameter("high", 1.1, 0.2, 3.0, "largest factor"),
            ),
        ),
        Row(
            "zoom",
            "DeepVis: a scale of lucid's with the free place of a crop, see docs/recipes.md",
            "Resizes the picture and moves it anywhere.",
            zoom,
            (
                Parameter("low", 0.6, 0.2, 4.0, "smallest factor"),
                Parameter("high", 1.7, 0.2, 4.0, "largest factor"),
                Parameter("slack", 0.05, 0.0, 1.0, "reach over the edge, in halves of the field"),
            ),
        ),
        Row(
            "rotate",
            _LUCID,
            "Turns the picture.",
            rotate,
            (Parameter("degrees", 5.0, 0.0, 180.0, "largest angle"),),
        ),
        Row(
            "crop",
            "Fel et al. 2023, arXiv 2306.06805",
            "Shows a window of the picture.",
            crop,
            (
                Parameter("low", 0.15, 0.02, 1.0, "smallest side, as a part of the picture's"),
                Parameter("high", 0.35, 0.02, 1.0, "largest side"),
                Parameter("spread", 0.15, 0.0, 1.0, "deviation of the center"),
            ),
        ),
        Row("flip", "Yin et al. 2020, arXiv 1912.08795", "Changes left and right.", flip),
        Row(
            "noise",
            "Fel et al. 2023, arXiv 2306.06805",
            "Adds noise.",
            noise,
            (Parameter("std", 0.1, 0.0, 1.0, "deviation; 1 is the full range of a pixel"),),
        ),
        Row(
            "uniform-noise",
            "Fel et al. 2023, arXiv 2306.06805",
            "Adds noise that has a largest value.",
            uniform_noise,
            (Parameter("reach", 0.1, 0.0, 1.0, "largest value; 1 is the full range of a pixel"),),
        ),
        Row(
            "blur",
            "Xplique, Fel et al. 2022, arXiv 2206.04394",
            "Blurs the picture.",
            blur,
            (
                Parameter("low", 1.0, 0.0, 10.0, "smallest deviation, in pixels"),
                Parameter("high", 1.1, 0.0, 10.0, "largest deviation"),
            ),
        ),
        Row(
            "contrast",
            "color augmentation, Krizhevsky et al. 2012",
            "Changes the contrast.",
            contrast,
            (Parameter("strength", 0.2, 0.0, 1.0, "largest change of the factor"),),
        ),
        Row(
            "gray",
            "color augmentation, Chen et al. 2020, arXiv 2002.05709",
            "Takes the colors away now and then.",
            gray,
            (Parameter("probability", 0.2, 0.0, 1.0, "how often"),),
        ),
    ),
)
