"""The running machine as one object: all the window ever talks to. It knows no Qt and imports no torch by itself."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from deepvis.live.capture import CaptureWorker, ListCameras, OpenSource, SetFrozen
from deepvis.live.inference import InferenceWorker, Placement
from deepvis.live.mailbox import Mailbox, Outbox
from deepvis.live.meter import Counts, Meters
from deepvis.live.model_loader import ModelWorker
from deepvis.records import View

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.live.events import Event
    from deepvis.live.result import LiveResult
    from deepvis.live.worker import Worker
    from deepvis.records import ModelRequest, Precision
    from deepvis.sources.base import FrameSource, SourceCommand

CLOSE_WITHIN_S = 10.0


class LiveSession:
    """Starts, feeds and joins the workers.

    Every method returns at once (`close` excepted) and may be called from the thread that made the session. Answers are
    fetched with `take_result` and `take_events` after `notify` was called; `notify` is called from worker threads and
    must only wake the receiver.

    Args:
        images_dir: the photographs of the demo reel.
        notify: something new can be fetched.
        threads: threads of torch; 0 leaves one core to the window.
        camera_size: `(width, height)` asked of cameras.
    """

    def __init__(
        self,
        images_dir: Path,
        notify: Callable[[], None] = lambda: None,
        *,
        threads: int = 0,
        camera_size: tuple[int, int] = (640, 480),
    ) -> None:
        self._images_dir = images_dir
        self._camera_size = camera_size
        self._view = View()
        self._events: Outbox[Event] = Outbox(notify)
        self._results: Mailbox[LiveResult] = Mailbox(notify)
        self.meters = Meters()
        threads = threads or max(1, (os.cpu_count() or 2) - 1)
        self._inference = InferenceWorker(self._events.put, self._results, self.meters.inferred, threads)
        self._capture = CaptureWorker(self._events.put, self._inference.frames, self.meters.captured)
        self._models = ModelWorker(self._events.put, self._inference.engines.put, self._inference.boxes.put, threads)

    def start(self) -> None:
        """Start the threads."""
        for worker in self._workers:
            worker.start()

    def close(self, within_s: float = CLOSE_WITHIN_S) -> tuple[str, ...]:
        """Ask all threads to end and wait for them; names those that did not end in time."""
        for worker in self._workers:
            worker.stop()
        deadline_s = time.monotonic() + within_s
        stuck = [worker.name for worker in self._workers if not worker.join(max(0.0, deadline_s - time.monotonic()))]
        return tuple(stuck)

    @property
    def _workers(self) -> tuple[Worker, ...]:
        return (self._capture, self._inference, self._models)

    @property
    def view(self) -> View:
        """What is asked for now."""
        return self._view

    def set_view(self, view: View) -> None:
        """Ask for another view; the next result answers it."""
        if view != self._view:
            self._view = view
            self._inference.views.put(view)

    def load_model(self, request: ModelRequest) -> None:
        """Ask for a model; `ModelReady` or `ModelFailed` tells how it ended."""
        self._models.request(request)

    def place(self, device: str, precision: Precision) -> None:
        """Ask for a device and a precision; `ModelReady` tells what came of it."""
        self._inference.placements.put(Placement(device, precision))

    def open_source(self, spec: str, fallback: str | None = None) -> None:
        """Switch the source; `spec` as in `sources.open_spec`. A source that does not open leaves the present one.

        Args:
            spec: what to open.
            fallback: opened instead where there is no present source to stay with.
        """
        second = None if fallback is None else (lambda: self._make(fallback))
        self._capture.send(OpenSource(spec, lambda: self._make(spec), second))

    def open_picture(self, rgb: NDArray[np.uint8], title: str) -> None:
        """Show one picture, as from the clipboard: uint8 `(height, width, 3)`."""

        def make() -> FrameSource:
            from deepvis.sources.images import ArraySource  # noqa: PLC0415  (keeps PIL out of the window's start)

            return ArraySource(rgb, title)

        self._capture.send(OpenSource(title, make))

    def use_source(self, make: Callable[[], FrameSource], name: str) -> None:
        """Switch to a source of the caller's own making; it is built and opened in the capture thread."""
        self._capture.send(OpenSource(name, make))

    def send_source(self, command: SourceCommand) -> None:
        """Next file, pause, seek, ...: ignored by sources that cannot."""
        self._capture.send(command)

    def set_frozen(self, frozen: bool) -> None:
        """Hold the present frame; everything else goes on working on it."""
        self._capture.send(SetFrozen(frozen))

    def list_cameras(self) -> None:
        """Look for cameras; `CamerasListed` answers."""
        self._capture.send(ListCameras())

    def list_models(self) -> None:
        """Ask for the names of networks; `ModelsListed` answers."""
        self._models.ask_names()

    def cancel_loading(self) -> None:
        """Give up the model that is being loaded."""
        self._models.cancel()

    def report(self, event: Event) -> None:
        """Say something to whoever fetches the events; any thread may call this."""
        self._events.put(event)

    def take_result(self) -> LiveResult | None:
        """The newest result, once."""
        return self._results.take()

    def take_events(self) -> list[Event]:
        """Everything that was said since the last call."""
        return self._events.take_all()

    def counts(self, *, overall: bool = False) -> Counts:
        """Frames captured, dropped, inferred, painted; their rates; latency."""
        return self.meters.counts(self._inference.frames.replaced, overall=overall)

    def _make(self, spec: str) -> FrameSource:
        from deepvis.sources.spec import open_spec  # noqa: PLC0415  (keeps cv2 and PIL out of the window's start)

        return open_spec(spec, images_dir=self._images_dir, camera_size=self._camera_size)
