"""The frames of this session that excited a unit most, on their way from the inference thread to the page."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from deepvis.gallery.records import ImageKind, JobRecord
from deepvis.gallery.rows import ImageRow
from deepvis.live.crop_pictures import decoded, shown_crop, shown_whole
from deepvis.live.pages import PagePicture, SessionPage

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis.gallery.writer import GalleryWriter
    from deepvis.live.running_model import RunningModel
    from deepvis.records import LayerInfo, UnitId

SESSION_HASH = f"session {uuid.uuid4()}"
"""Frames that are kept again in the same session replace those kept before."""


class KeptPicture:
    """A frame that some unit refers to. The inference thread keeps it, the gallery thread makes it small and shows it.

    Args:
        picture: what the network saw, uint8 `(1 or 3, height, width)`; nobody writes to it.
        title: what it was, for people.
        path: the image file it came from; None where it came from none.

    Attributes:
        size: `(height, width)`.
        compressing: it was handed over to become a JPEG.
        dropped: nobody needs it any more.
    """

    def __init__(self, picture: NDArray[np.uint8], title: str, path: Path | None) -> None:
        self._picture: bytes | NDArray[np.uint8] = picture
        self._title = title
        self._seen = datetime.now(UTC)
        self.path = path
        self.size = (picture.shape[1], picture.shape[2])
        self.compressing = False
        self.dropped = False

    @property
    def nbytes(self) -> int:
        """What it takes."""
        picture = self._picture
        return len(picture) if isinstance(picture, bytes) else picture.nbytes

    @property
    def title(self) -> str:
        """The name of a file; of anything else also the time of day."""
        return self._title if self.path is not None else f"{self._title}, {self._seen.astimezone():%H:%M:%S}"

    @property
    def seen_utc(self) -> str:
        """When, ISO 8601."""
        return self._seen.isoformat(timespec="seconds")

    def compress(self) -> None:
        """Become a JPEG, unless nobody needs it any more."""
        if not self.dropped:
            self._picture = self.jpeg()

    def jpeg(self) -> bytes:
        """As a JPEG."""
        from deepvis.sources.encode import encode_jpeg  # noqa: PLC0415  (keeps PIL out of the window's start)

        picture = self._picture
        return picture if isinstance(picture, bytes) else encode_jpeg(_as_rgb(picture))

    def rgb(self) -> NDArray[np.uint8] | None:
        """As uint8 `(height, width, 3)`; None where it cannot be decoded."""
        picture = self._picture
        return decoded(picture, self._title) if isinstance(picture, bytes) else _as_rgb(picture)


@dataclass(frozen=True, slots=True, eq=False)
class SessionFrame:
    """One entry of a unit's ranking.

    Attributes:
        value: the unit's activation.
        position: `(row, column)` in the layer's map.
        picture: what the network saw.
        box: what the position can see, in pixels of that picture: `(top, left, bottom, right)`; None while unknown.
    """

    value: float
    position: tuple[int, int]
    picture: KeptPicture
    box: tuple[int, int, int, int] | None


@dataclass(frozen=True, slots=True, eq=False)
class SessionFrames:
    """Those of one unit, best first; `keep` asks to write them to the gallery; `since_s` as in `SessionPage`."""

    unit: UnitId
    layer: LayerInfo
    frames: tuple[SessionFrame, ...]
    since_s: float
    keep: bool = False


def session_page(found: SessionFrames) -> SessionPage:
    """Decode and cut the pictures."""
    pictures = [_page_picture(frame) for frame in found.frames]
    return SessionPage(found.unit, tuple(picture for picture in pictures if picture is not None), found.since_s)


def keep_frames(found: SessionFrames, writer: GalleryWriter, running: RunningModel) -> int:
    """Write the frames as pictures of the unit, in one transaction; returns how many.

    Raises:
        GalleryError: they cannot be written.
    """
    rows = [_row(found, frame, rank) for rank, frame in enumerate(found.frames)]
    with writer.transaction():
        writer.add_layer(found.layer)
        job = writer.begin_job(JobRecord(0, "session", SESSION_HASH, running.identity, device=running.info.device))
        for row in rows:
            writer.add_image(job, row)
    return len(rows)


def _row(found: SessionFrames, frame: SessionFrame, rank: int) -> ImageRow:
    kept = frame.picture
    metadata: dict[str, object] = {
        "title": kept.title,
        "position": list(frame.position),
        "seen_utc": kept.seen_utc,
    }
    if frame.box is not None:
        top, left, bottom, right = frame.box
        metadata["box"] = [top, left, bottom - top, right - left]
    unit, kind = found.unit, ImageKind.SESSION
    return ImageRow(unit.layer, unit.unit, kind, kept.jpeg(), *kept.size, rank, frame.value, metadata=metadata)


def _page_picture(frame: SessionFrame) -> PagePicture | None:
    kept = frame.picture
    rgb = kept.rgb()
    if rgb is None:
        return None
    everything = (0, 0, *kept.size)
    top, left, bottom, right = frame.box or everything
    whole, within = shown_whole(rgb, (top, left, bottom, right))
    crop, part = shown_crop(rgb[top:bottom, left:right]), None if frame.box in (None, everything) else within
    return PagePicture(
        crop, frame.value, kept.title, whole, part, kept.path, rgb, position=frame.position, cropped=True
    )


def _as_rgb(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`(1 or 3, height, width)` to a copy `(height, width, 3)`."""
    planes = np.broadcast_to(picture, (3, *picture.shape[1:]))
    return np.array(np.moveaxis(planes, 0, -1), order="C")
