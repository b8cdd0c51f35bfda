"""What loading a model says while it runs, and how it stops."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Progress = Callable[[str, float | None], None]
"""Called with a text for people and the fraction done in 0..1, None where unknown."""


class ModelError(Exception):
    """A model cannot be had; the message is a sentence for the person who asked for it."""


class Canceled(Exception):  # noqa: N818  (it is no error: somebody wanted it)
    """Loading was given up because the person asked for it."""


@contextlib.contextmanager
def seeded() -> Iterator[None]:
    """Untrained networks made here are the same every time; the program's own generator is left alone."""
    import torch  # noqa: PLC0415  (keeps this module light)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def silent(text: str, fraction: float | None) -> None:
    """Progress that nobody wants to see."""


def never() -> bool:
    """Nobody cancels."""
    return False


@dataclass(frozen=True, slots=True)
class Watch:
    """Who watches a model being loaded: told what happens, asked whether to go on.

    Attributes:
        progress: told what happens.
        canceled: asked often; True ends the work.
    """

    progress: Progress = silent
    canceled: Callable[[], bool] = never

    def say(self, text: str, fraction: float | None = None) -> None:
        """Tell what happens next.

        Raises:
            Canceled: when the person no longer wants it.
        """
        self.check()
        self.progress(text, fraction)

    def check(self) -> None:
        """Go on only if somebody still wants the result.

        Raises:
            Canceled: when nobody does.
        """
        if self.canceled():
            raise Canceled("Loading was canceled.")
