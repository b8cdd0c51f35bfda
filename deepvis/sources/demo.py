"""The demo reel: photographs that move as if a camera looked at them, for machines without a camera."""

from __future__ import annotations

import math
import time
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from deepvis.records import SourceState
from deepvis.sources.base import FrameSource, Next, Picture, Previous, SetLoop, SourceCommand, SourceError
from deepvis.sources.decode import is_image, read_image
from deepvis.sources.natural import natural_path_key
from deepvis.sources.opencv import cv2
from deepvis.sources.playhead import Playhead

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis.sources.base import Clock

FPS = 30.0
HEIGHT, WIDTH = 480, 640
HOLD_FRAMES = 240
"""From the start of one photograph to the start of the next: 8 s."""
FADE_FRAMES = 30
_OPENERS = ("chelsea", "coffee")
"""Photographs to begin with, where the folder has them: a network names what they show at first sight."""
_NARROWEST = 0.86
"""The closest view shows this much of the widest."""
_PAN = 0.6
"""How much of the room left and right of the view is used, in 0..1; all of it would lose a subject in the middle."""
_UP, _DOWN = 0.02, 0.24
"""The part of the room above and below that is used: heads are near the upper edge of tall pictures."""


class DemoReel(FrameSource):
    """The photographs of a folder, panned, zoomed and cross-faded at 30 frames per second, again and again.

    A frame depends on its number and the photographs alone.
    """

    def __init__(self, images_dir: Path, *, clock: Clock = time.monotonic) -> None:
        super().__init__()
        self._images_dir = images_dir
        self._clock = clock
        self._photos: list[Path] = []
        self._head = Playhead(FPS, clock)
        self._is_open = False
        self._canvas = lru_cache(maxsize=3)(_canvas)

    def open(self) -> None:
        """Find the photographs that can be read.

        Raises:
            SourceError: there is none.
        """
        folder = self._images_dir
        paths = sorted((p for p in folder.glob("*") if is_image(p)), key=natural_path_key) if folder.is_dir() else []
        self._photos = [path for path in paths if self._readable(path)]
        if not self._photos:
            raise SourceError(f"The demo reel has no photograph: put some images into {folder}.")
        self._photos.sort(key=lambda path: _OPENERS.index(path.stem) if path.stem in _OPENERS else len(_OPENERS))
        self._head = Playhead(FPS, self._clock, length=HOLD_FRAMES * len(self._photos))
        self._is_open = True

    def read(self) -> Picture | None:
        """The frame that is due."""
        number = self._head.due() if self._is_open else None
        if number is None:
            return None
        self._head.shown(number)
        scene = str(self._photos[self._shown_photo(number) % len(self._photos)])
        return Picture(self.render(number), self._photo_title(number), scene=scene, mixed=_fading(number) > 0)

    def render(self, number: int) -> NDArray[np.uint8]:
        """Frame `number`, uint8 `(480, 640, 3)` RGB."""
        photo, frame = divmod(number, HOLD_FRAMES)
        rgb = self._view(photo, frame + FADE_FRAMES)
        fading = _fading(number)
        if fading <= 0:
            return rgb
        share = _ease(fading / FADE_FRAMES)
        coming = self._view(photo + 1, fading)
        return cv2.addWeighted(rgb, 1 - share, coming, share, 0).astype(np.uint8, copy=False)

    def delay_s(self) -> float | None:
        """Seconds until the next frame; None while paused."""
        return self._head.delay_s() if self._is_open else None

    def control(self, command: SourceCommand) -> None:
        """Next and previous photograph, pause, step, speed."""
        match command:
            case Next():
                self._go_to_photo(1)
            case Previous():
                self._go_to_photo(-1)
            case SetLoop():
                pass  # a reel has no end
            case _:
                self._head.control(command)

    def state(self) -> SourceState:
        """The title names the photograph that is mostly seen."""
        number = max(self._head.current, 0)
        title = f"Demo reel: {self._photo_title(number)}" if self._photos else "Demo reel"
        return SourceState("demo", title, "demo", paused=self._head.paused, speed=self._head.speed, fps=FPS)

    def close(self) -> None:
        """Forget the photographs."""
        self._is_open = False
        self._canvas.cache_clear()

    def _readable(self, path: Path) -> bool:
        try:
            self._canvas(path)
        except SourceError as error:
            self._note(f"Skipped: {error}")
            return False
        return True

    def _shown_photo(self, number: int) -> int:
        photo, frame = divmod(number, HOLD_FRAMES)
        return photo + (frame >= HOLD_FRAMES - FADE_FRAMES // 2)

    def _photo_title(self, number: int) -> str:
        return self._photos[self._shown_photo(number) % len(self._photos)].stem.replace("_", " ")

    def _go_to_photo(self, step: int) -> None:
        if self._photos:
            photo = (self._shown_photo(max(self._head.current, 0)) + step) % len(self._photos)
            self._head.go_to(photo * HOLD_FRAMES)

    def _view(self, photo: int, age: int) -> NDArray[np.uint8]:
        """A photograph as the moving camera sees it, `age` frames after it began to appear."""
        photo %= len(self._photos)
        canvas = self._canvas(self._photos[photo])
        return _look(canvas, photo, age / (HOLD_FRAMES + FADE_FRAMES))


def _fading(number: int) -> int:
    """How many frames ago the next photograph began to appear; 0 or less where only one is seen."""
    return number % HOLD_FRAMES - (HOLD_FRAMES - FADE_FRAMES)


def _canvas(path: Path) -> NDArray[np.uint8]:
    """The photograph at the size where its largest 4:3 part has the size of the output."""
    rgb = read_image(path)
    scale = max(WIDTH / rgb.shape[1], HEIGHT / rgb.shape[0])
    size = (max(WIDTH, round(rgb.shape[1] * scale)), max(HEIGHT, round(rgb.shape[0] * scale)))
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(rgb, size, interpolation=smooth).astype(np.uint8, copy=False)


def _look(canvas: NDArray[np.uint8], photo: int, progress: float) -> NDArray[np.uint8]:
    """Cut the view out of the canvas at `progress` in 0..1, to a fraction of a pixel so that motion is smooth."""
    forward = 1 if photo % 2 == 0 else -1
    sway = math.sin(2 * math.pi * progress + photo)
    zoom = (1 + _NARROWEST) / 2 + forward * (1 - _NARROWEST) / 2 * math.cos(math.pi * progress)
    view_width, view_height = WIDTH * zoom, HEIGHT * zoom
    across = 0.5 - forward * _PAN / 2 * math.cos(math.pi * progress)
    down = _UP + (_DOWN - _UP) * (0.5 + 0.5 * sway)
    left = (canvas.shape[1] - view_width) * across
    top = (canvas.shape[0] - view_height) * down
    to_canvas = np.array([[zoom, 0, left + (zoom - 1) / 2], [0, zoom, top + (zoom - 1) / 2]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    view = cv2.warpAffine(canvas, to_canvas, (WIDTH, HEIGHT), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return view.astype(np.uint8, copy=False)


def _ease(share: float) -> float:
    """0..1 to 0..1, starting and ending gently."""
    return share * share * (3 - 2 * share)
