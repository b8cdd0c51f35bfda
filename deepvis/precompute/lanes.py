"""Several batches at once in one process, each in a thread with a network of its own over the same weights.

One batch on two threads of torch leaves them waiting for each other at every layer. Two batches on one thread each do
not, and their pictures do not depend on how many threads there are.
"""

from __future__ import annotations

import logging
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

import torch

from deepvis.models.twin import twin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from types import TracebackType

    from deepvis.models.engine import Engine

log = logging.getLogger(__name__)

Made = TypeVar("Made")

MOST_LANES = 8
"""More batches than this would want more memory than a machine with many processors may have."""


def lane_count(device: torch.device, threads: int, blocks: int) -> int:
    """How many blocks to make at once with so many threads of torch: on a GPU one, for one fills it."""
    return max(1, min(threads, blocks, MOST_LANES)) if device.type == "cpu" else 1


@contextmanager
def threads_each(threads: int) -> Iterator[None]:
    """So many threads of torch for everything that is begun meanwhile, in whatever thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, threads))
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Lanes(Generic[Made]):
    """Threads that work on one block each; what they made is for the thread that made this."""

    def __init__(self, engine: Engine, count: int) -> None:
        """Copy the network's structure for every lane but the first; where it cannot be copied there is one lane."""
        self._engines: SimpleQueue[Engine] = SimpleQueue()
        self._engines.put(engine)
        for _ in range(count - 1):
            try:
                self._engines.put(twin(engine))
            except Exception:  # a person's network may hold anything: a lock, an open file, ...
                log.info(
                    "%s cannot be copied; pictures are made one batch at a time", engine.loaded.name, exc_info=True
                )
                break
        self.count = self._engines.qsize()
        self._pool = ThreadPoolExecutor(self.count, thread_name_prefix="deepvis-lane")
        self._running: set[Future[Made]] = set()

    def __enter__(self) -> Lanes[Made]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what runs; whoever leaves early has told it to end."""
        self._pool.shutdown(cancel_futures=True)

    @property
    def free(self) -> bool:
        """Whether a lane has nothing to do."""
        return len(self._running) < self.count

    @property
    def idle(self) -> bool:
        """Whether no lane has anything to do."""
        return not self._running

    def start(self, work: Callable[[Engine], Made]) -> None:
        """Work on something in a free lane."""
        self._running.add(self._pool.submit(self._work, work))

    def finished(self, timeout_s: float) -> Iterator[Future[Made]]:
        """What was finished, at the latest after so many seconds."""
        done, self._running = wait(self._running, timeout_s, FIRST_COMPLETED)
        yield from done

    def _work(self, work: Callable[[Engine], Made]) -> Made:
        engine = self._engines.get()
        try:
            return work(engine)
        finally:
            self._engines.put(engine)
