"""Two sources as one, for networks that take two pictures at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deepvis.sources.base import FrameSource, Picture, SourceCommand, SourceError
from deepvis.sources.pair_spec import PLUS, join_pair

if TYPE_CHECKING:
    from deepvis.records import SourceState


class PairSource(FrameSource):
    """The pictures of one source, each with the newest one of another.

    The first sets the pace; while it stands still, the second does. Commands go to both, so that folders and videos of
    the same length stay in step.
    """

    def __init__(self, first: FrameSource, second: FrameSource) -> None:
        super().__init__()
        self._first = first
        self._second = second
        self._latest: tuple[Picture | None, Picture | None] = (None, None)
        self.mirrored = first.mirrored and second.mirrored

    def open(self) -> None:
        """Open both.

        Raises:
            SourceError: one of them cannot be opened; nothing is held then.
        """
        self._latest = (None, None)
        self._first.open()
        try:
            self._second.open()
        except SourceError:
            self._first.close()
            raise

    def read(self) -> Picture | None:
        """A new pair, or None where nothing is new.

        Raises:
            SourceLost: one of them went away.
        """
        first, second = self._first.read(), self._second.read()
        before = self._latest
        self._latest = (first or before[0], second or before[1])
        leads = first is not None or self._first.stands_still() or before[1] is None
        if not leads or (first is None and second is None) or None in self._latest:
            return None
        return _joined(*self._latest)

    def delay_s(self) -> float | None:
        """That of the first to come."""
        delays = [delay for delay in (self._first.delay_s(), self._second.delay_s()) if delay is not None]
        return min(delays, default=None)

    def stands_still(self) -> bool:
        """Whether both do."""
        return self._first.stands_still() and self._second.stands_still()

    def control(self, command: SourceCommand) -> None:
        """Tell both."""
        self._first.control(command)
        self._second.control(command)

    def state(self) -> SourceState:
        """Position and pace are those of the first, unless only the second has a position."""
        first, second = self._first.state(), self._second.state()
        lead = second if second.seekable and not first.seekable else first
        title = f"{first.title}{PLUS}{second.title}"
        return replace(lead, kind="pair", lead=lead.kind, title=title, spec=join_pair(first.spec, second.spec))

    def take_notes(self) -> list[str]:
        """Also those of both."""
        return super().take_notes() + self._first.take_notes() + self._second.take_notes()

    def close(self) -> None:
        """Close both."""
        self._first.close()
        self._second.close()


class TwiceSource(FrameSource):
    """One source, each of its pictures twice: a camera cannot be opened two times."""

    def __init__(self, inner: FrameSource) -> None:
        super().__init__()
        self._inner = inner
        self.mirrored = inner.mirrored

    def open(self) -> None:
        """Open it.

        Raises:
            SourceError: it cannot be opened.
        """
        self._inner.open()
        self.mirrored = self._inner.mirrored

    def read(self) -> Picture | None:
        """The next picture, and the same once more.

        Raises:
            SourceLost: it went away.
        """
        picture = self._inner.read()
        return None if picture is None else replace(picture, second_rgb=picture.rgb)

    def delay_s(self) -> float | None:
        """That of the source."""
        return self._inner.delay_s()

    def stands_still(self) -> bool:
        """As the source."""
        return self._inner.stands_still()

    def control(self, command: SourceCommand) -> None:
        """Tell it."""
        self._inner.control(command)

    def state(self) -> SourceState:
        """That of the source; it stays of its kind, mirrored where that is."""
        state = self._inner.state()
        return replace(state, title=f"{state.title}, twice", spec=join_pair(state.spec, state.spec))

    def take_notes(self) -> list[str]:
        """Also those of the source."""
        return super().take_notes() + self._inner.take_notes()

    def close(self) -> None:
        """Close it."""
        self._inner.close()


def _joined(first: Picture | None, second: Picture | None) -> Picture | None:
    """Two pictures as one; what they show is told where both say so."""
    if first is None or second is None:
        return None
    labels = [picture.label for picture in (first, second) if picture.label]
    known = [picture.scene or str(picture.path or "") for picture in (first, second)]
    return Picture(
        first.rgb,
        f"{first.title}{PLUS}{second.title}",
        scene="\n".join(known) if all(known) else "",
        mixed=first.mixed or second.mixed,
        label=PLUS.join(dict.fromkeys(labels)) if len(labels) == 2 else "",
        second_rgb=second.rgb,
    )
