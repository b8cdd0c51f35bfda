"""What a network gets of a frame and what is shown of it: one picture, or two of which either or both are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from deepvis.imaging.geometry import InputGeometry, orient
from deepvis.records import Pair, Rect

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.live.pairs import Place
    from deepvis.models.engine import Engine
    from deepvis.models.preprocess import Preprocessing
    from deepvis.records import Frame, View

GAP = 6
"""Pixels between two pictures side by side."""


@dataclass(frozen=True, slots=True)
class Look:
    """Where one of the network's pictures is in what is shown.

    Attributes:
        number: 1 or 2.
        geometry: which pixel of the network's input is which of the picture.
        left: first column of it in what is shown.
        scale: pixels of what is shown per pixel of the picture.
    """

    number: int
    geometry: InputGeometry
    left: float = 0.0
    scale: float = 1.0

    def to_shown(self, rect: Rect) -> Rect:
        """A rectangle of the network's input in pixels of what is shown."""
        found = self.geometry.to_picture(rect)
        return Rect(
            found.top * self.scale,
            self.left + found.left * self.scale,
            found.height * self.scale,
            found.width * self.scale,
        )


@dataclass(frozen=True, eq=False)
class Prepared:
    """A frame as a network gets it and as it is shown.

    Attributes:
        key: tells it from others.
        picture_rgb: uint8 `(height, width, 3)`, what is shown.
        network_picture: uint8 `(channels, height, width)` on the host; of two pictures the channels of both.
        looks: one for each picture that is shown.
        pictures: that the network takes.
    """

    key: tuple[object, ...]
    picture_rgb: NDArray[np.uint8]
    network_picture: torch.Tensor
    looks: tuple[Look, ...]
    pictures: int = 1

    def seen(self, engine: Engine) -> tuple[Rect, ...]:
        """What the network sees of each picture shown, in pixels of what is shown."""
        height, width = engine.loaded.preprocessing.input_size
        return tuple(look.to_shown(Rect(0, 0, height, width)) for look in self.looks)

    def boxes(self, rect: Rect, place: Place) -> tuple[Rect, ...]:
        """A rectangle of the network's input in each picture that is shown and that the place depends on."""
        looks = [look for look in self.looks if place.picture in (0, look.number)]
        return tuple(look.to_shown(rect) for look in looks)

    def beneath(self, place: Place, *, side_by_side: bool) -> torch.Tensor:
        """What a unit's map is laid over: uint8 `(1 or 3, height, width)`.

        Args:
            place: of the unit's map.
            side_by_side: the maps of both pictures are shown.
        """
        if self.pictures == 1:
            return self.network_picture
        parts = self.network_picture.chunk(2)
        if side_by_side:
            return torch.cat(parts, dim=2)
        return parts[(place.picture or self.looks[0].number) - 1]


def prepare(engine: Engine, frame: Frame, view: View) -> Prepared:
    """Turn, mirror and cut a frame; a frame of one picture stands for both where a network takes two."""
    preprocessing = engine.loaded.preprocessing
    key = preparation_key(engine, frame, view)
    pictures = [_oriented(frame.rgb, view)]
    if preprocessing.pictures > 1:
        pictures.append(pictures[0] if frame.second_rgb is None else _oriented(frame.second_rgb, view))
    made = [_prepared(preprocessing, picture, view) for picture in pictures]
    network_picture = made[0][0] if len(made) == 1 else torch.cat([each for each, _ in made])
    geometries = [geometry for _, geometry in made]
    shown, looks = _shown(pictures, geometries, view)
    return Prepared(key, shown, network_picture, looks, len(pictures))


def preparation_key(engine: Engine, frame: Frame, view: View) -> tuple[object, ...]:
    """What a preparation depends on."""
    shown = (view.pair, view.grid.background) if engine.loaded.preprocessing.pictures > 1 else None
    return (frame, engine, view.mirror, view.quarter_turns, view.fit, shown)


def draw_seam(rgb: NDArray[np.uint8], color: tuple[int, int, int]) -> None:
    """Draw a line in the middle of a unit's picture `(height, width, 3)`, between the maps of two pictures."""
    rgb[:, rgb.shape[1] // 2] = color


def _oriented(rgb: NDArray[np.uint8], view: View) -> NDArray[np.uint8]:
    return orient(rgb, mirror=view.mirror, quarter_turns=view.quarter_turns)


def _prepared(
    preprocessing: Preprocessing, picture: NDArray[np.uint8], view: View
) -> tuple[torch.Tensor, InputGeometry]:
    return preprocessing.prepare(picture, view.fit)


def _shown(
    pictures: list[NDArray[np.uint8]], geometries: list[InputGeometry], view: View
) -> tuple[NDArray[np.uint8], tuple[Look, ...]]:
    """One of the pictures, or both side by side, at the height of the lower one."""
    if len(pictures) == 1 or view.pair is not Pair.BOTH:
        number = 2 if len(pictures) > 1 and view.pair is Pair.SECOND else 1
        return pictures[number - 1], (Look(number, geometries[number - 1]),)
    height = min(picture.shape[0] for picture in pictures)
    resized = [_at_height(picture, height) for picture in pictures]
    between = np.full((height, GAP, 3), view.grid.background, np.uint8)
    left = float(resized[0].shape[1] + GAP)
    scales = [height / picture.shape[0] for picture in pictures]
    looks = (Look(1, geometries[0], 0.0, scales[0]), Look(2, geometries[1], left, scales[1]))
    return np.concatenate([resized[0], between, resized[1]], axis=1), looks


def _at_height(rgb: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    if rgb.shape[0] == height:
        return rgb
    width = max(1, round(rgb.shape[1] * height / rgb.shape[0]))
    planes = torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None]
    made = functional.interpolate(planes, (height, width), mode="bilinear", antialias=True)[0]
    return np.ascontiguousarray(made.permute(1, 2, 0).numpy())
