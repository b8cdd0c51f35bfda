"""The frames every arm gets: a few dozen crops of the demo reel's photographs, 640 x 480."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from deepvis.places import images_dir
from deepvis.records import SourceState
from deepvis.sources.base import FrameSource, Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis.sources.base import Clock

SIZE = (640, 480)
CROPS_PER_PHOTOGRAPH = 4


def photographs() -> list[NDArray[np.uint8]]:
    """Distinct uint8 `(480, 640, 3)` pictures, the same in every run."""
    generator = np.random.default_rng(0)
    files = sorted(images_dir().glob("*.jpg"))
    return [crop for file in files for crop in _crops(Image.open(file).convert("RGB"), generator)]


def _crops(picture: Image.Image, generator: np.random.Generator) -> list[NDArray[np.uint8]]:
    crops = []
    for part in generator.uniform(0.6, 1.0, CROPS_PER_PHOTOGRAPH):
        scale = part * min(picture.width / SIZE[0], picture.height / SIZE[1])
        width, height = int(SIZE[0] * scale), int(SIZE[1] * scale)
        left = int(generator.integers(0, picture.width - width + 1))
        top = int(generator.integers(0, picture.height - height + 1))
        crops.append(np.array(picture.crop((left, top, left + width, top + height)).resize(SIZE)))
    return crops


class PhotographSource(FrameSource):
    """Gives the pictures in turn at a fixed rate, as a camera does.

    A rate of twice the network's own makes sure that a fresh frame waits whenever the network is free.
    """

    def __init__(self, pictures: list[NDArray[np.uint8]], fps: float, clock: Clock = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._pictures = pictures
        self._period_s = 1 / fps
        self._number = 0
        self._due_s = 0.0

    def open(self) -> None:
        """The first frame is due at once."""
        self._due_s = self._clock()

    def read(self) -> Picture | None:
        """The next picture, if it is due."""
        now_s = self._clock()
        if now_s < self._due_s:
            return None
        self._due_s = max(self._due_s + self._period_s, now_s)
        self._number += 1
        return Picture(self._pictures[self._number % len(self._pictures)], "photographs")

    def delay_s(self) -> float | None:
        """Until the next frame is due."""
        return max(0.0, self._due_s - self._clock())

    def state(self) -> SourceState:
        """A camera as far as anybody can tell."""
        return SourceState("camera", "photographs", "", fps=1 / self._period_s)

    def close(self) -> None:
        """Nothing is held."""
