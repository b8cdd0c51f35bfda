"""The first of two sources that works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.sources.base import FrameSource, Picture, SourceCommand, SourceError

if TYPE_CHECKING:
    from deepvis.records import SourceState


class FallbackSource(FrameSource):
    """A source, and another one for the case that the first cannot be opened.

    Once the first has worked, it stays the one: a camera that is lost is waited for, not replaced.
    """

    def __init__(self, first: FrameSource, second: FrameSource) -> None:
        super().__init__()
        self._first = first
        self._second = second
        self._settled = False
        self._use(first)

    def open(self) -> None:
        """Open the first, or else the second and note why.

        Raises:
            SourceError: neither can be opened.
        """
        try:
            self._first.open()
        except SourceError as error:
            if self._settled:
                raise
            self._second.open()
            self._note(str(error))
            self._use(self._second)
            return
        self._settled = True
        self._use(self._first)

    def read(self) -> Picture | None:
        """The next picture of the one in use.

        Raises:
            SourceLost: it went away.
        """
        return self._used.read()

    def delay_s(self) -> float | None:
        """That of the one in use."""
        return self._used.delay_s()

    def control(self, command: SourceCommand) -> None:
        """Tell the one in use."""
        self._used.control(command)

    def state(self) -> SourceState:
        """That of the one in use."""
        return self._used.state()

    def take_notes(self) -> list[str]:
        """Also those of the one in use."""
        return super().take_notes() + self._used.take_notes()

    def close(self) -> None:
        """Close both."""
        self._first.close()
        self._second.close()

    def _use(self, source: FrameSource) -> None:
        self._used = source
        self.mirrored = source.mirrored
