"""From what a person wrote to a source."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from deepvis.sources.base import FrameSource, SourceError
from deepvis.sources.camera import CameraSource, list_cameras
from deepvis.sources.decode import is_image, is_video, looks_like_image
from deepvis.sources.demo import DemoReel
from deepvis.sources.fallback import FallbackSource
from deepvis.sources.folder import FolderSource
from deepvis.sources.image_list import LIST_EXTENSIONS, ImageListSource
from deepvis.sources.images import ImageSource
from deepvis.sources.pair_spec import split_pair, unquoted
from deepvis.sources.pairs import PairSource, TwiceSource
from deepvis.sources.stream import SCHEMES, StreamSource
from deepvis.sources.synthetic import SyntheticPattern
from deepvis.sources.video import VideoSource

GRAMMAR = (
    "auto, camera, camera:1, camera:NAME, demo, synthetic, a file, folder or list of images, a URL, or two of these as "
    "A + B"
)
"""What a source may be, for messages and help texts."""

_KEYWORDS = ("auto", "camera", "demo", "synthetic")
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")


def open_spec(spec: str, *, images_dir: Path, camera_size: tuple[int, int] = (640, 480)) -> FrameSource:
    """Make the source that `spec` names; its device is not opened yet.

    Args:
        spec: `auto` (first camera, else the demo reel), `camera`, `camera:1`, `camera:NAME`, `demo`, `synthetic`, a
            path to an image, a video, a folder or a list of images, `pairs:LIST` for one with two images to a line, a
            URL (`file`, `http`, `https`, `rtsp`, ...), or two of all these as `A + B`.
        images_dir: the demo reel's photographs.
        camera_size: `(width, height)` to ask a camera for.

    Raises:
        SourceError: a sentence, for what cannot be a source.
    """
    two = split_pair(spec.strip())
    if two is not None and not _is_there(spec.strip()):
        if split_pair(two[1]):
            raise SourceError(f"'{spec}' names more than two sources; a network takes two pictures at most.")
        return _two(*(open_spec(part, images_dir=images_dir, camera_size=camera_size) for part in two))
    text = _unquoted(spec)
    word, colon, rest = text.partition(":")
    match word.lower() if colon or text.lower() in _KEYWORDS else "":
        case "auto" if not colon:
            return _auto(images_dir, camera_size)
        case "camera":
            return CameraSource(_which_camera(rest) if colon else None, camera_size)
        case "demo" if not colon:
            return DemoReel(images_dir)
        case "synthetic" if not colon:
            return SyntheticPattern()
        case "pairs" if colon:
            return ImageListSource(Path(_unquoted(rest)).expanduser(), pairs=True)
        case _:
            return _from_url(text) if _URL.match(text) else _from_path(text)


def _two(first: FrameSource, second: FrameSource) -> FrameSource:
    same = first.state().spec == second.state().spec
    return TwiceSource(first) if same else PairSource(first, second)


def _is_there(text: str) -> bool:
    try:
        return Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # as in `_from_path`
        return False


def _auto(images_dir: Path, camera_size: tuple[int, int]) -> FrameSource:
    demo = DemoReel(images_dir)
    return FallbackSource(CameraSource(None, camera_size), demo) if list_cameras() else demo


def _unquoted(spec: str) -> str:
    text = unquoted(spec)
    if not text:
        raise SourceError(f"No source was named. A source is {GRAMMAR}.")
    return text


def _which_camera(text: str) -> int | str:
    text = text.strip()
    if not text:
        raise SourceError("Which camera? Write camera:0 for an index, or camera:NAME for part of its name.")
    return int(text) if text.isascii() and text.isdigit() else text


def _from_url(url: str) -> FrameSource:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme == "file":
        if parts.netloc not in ("", "localhost"):
            raise SourceError(f"{url} is on another machine; a file URL must name a file of this one.")
        return _from_path(url2pathname(parts.path))
    if scheme not in SCHEMES:
        known = ", ".join(sorted(SCHEMES))
        raise SourceError(f"'{scheme}' URLs cannot be opened ({url}). These can: file, {known}.")
    if not parts.netloc:
        raise SourceError(f"{url} names no server.")
    return StreamSource(url)


def _from_path(text: str) -> FrameSource:
    try:
        path = Path(text).expanduser()
        if path.is_dir():
            return FolderSource(path)
        if not path.exists():
            raise SourceError(_missing(text))
    except (OSError, ValueError, RuntimeError) as error:  # too long, a null character, no home folder
        raise SourceError(f"'{text}' cannot be a file: {error}.") from error
    if is_image(path):
        return ImageSource(path)
    if path.suffix.lower() in LIST_EXTENSIONS:
        return ImageListSource(path)
    if is_video(path) or not looks_like_image(path):
        return VideoSource(path)
    return ImageSource(path)


def _missing(text: str) -> str:
    if text.isascii() and text.isdigit():
        return f"There is no file '{text}'. For the camera of that index write camera:{text}."
    close = difflib.get_close_matches(text.lower(), _KEYWORDS, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"There is no file or folder '{text}'.{hint} A source is {GRAMMAR}."
