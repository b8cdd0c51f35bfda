"""The running machine as one object: all the window ever talks to. It knows no Qt and imports no torch by itself."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from deepvis.gallery.files import gallery_file
from deepvis.live.capture import CaptureWorker, ListCameras, OpenSource, SetFrozen
from deepvis.live.events import ModelReady
from deepvis.live.gallery_loader import GalleryLoader
from deepvis.live.inference import InferenceWorker, Placement
from deepvis.live.mailbox import Mailbox, Outbox
from deepvis.live.meter import Counts, Meters
from deepvis.live.model_loader import ModelWorker
from deepvis.live.running_model import RunningModel
from deepvis.live.scan_runner import ScanRunner
from deepvis.live.studio import StudioWorker
from deepvis.live.studio_door import Studio, StudioStates
from deepvis.live.turns import Turns
from deepvis.live.weights import WeightWorker
from deepvis.live.why import LOSS
from deepvis.records import View

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.live.events import Event
    from deepvis.live.pages import LayerPageData, PagePicture, PatternPicture, SessionPage, UnitPageData
    from deepvis.live.result import LiveResult
    from deepvis.live.scan_wish import ScanWish
    from deepvis.live.weight_records import LayerWeightsPage, UnitWeightsPage, WeightCorrelationPage
    from deepvis.live.why import WhyAnswer, WhyWish
    from deepvis.live.worker import Worker
    from deepvis.records import ModelInfo, ModelRequest, Precision
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
        gallery_dir: folder of the person's galleries; None for the one in the person's data folder.

    Attributes:
        meters: of all rates.
        studio: synthesis on demand.
    """

    def __init__(
        self,
        images_dir: Path,
        notify: Callable[[], None] = lambda: None,
        *,
        threads: int = 0,
        camera_size: tuple[int, int] = (640, 480),
        gallery_dir: Path | None = None,
    ) -> None:
        self._images_dir = images_dir
        self._camera_size = camera_size
        self._gallery_dir = gallery_dir
        self._view = View()
        self._asked: ModelRequest | None = None
        self._model: ModelInfo | None = None
        self._events: Outbox[Event] = Outbox(notify)
        self._results: Mailbox[LiveResult] = Mailbox(notify)
        self.meters = Meters()
        threads = threads or max(1, (os.cpu_count() or 2) - 1)
        self._gallery = GalleryLoader(self._events.put, notify, gallery_dir)
        self._scan = ScanRunner(self._events.put, self.refresh_gallery)
        self._inference = InferenceWorker(self._hear, self._results, self.meters.inferred, threads)
        self._inference.tell_session(self._gallery.take_session_frames, self._gallery.take_picture)
        page_turns, turns = Turns(threads, loss=LOSS), Turns(threads)
        self._gallery.tell_network(self._inference.page_loans.put, page_turns)
        self._inference.tell_pages(self._gallery.loans.put)
        self._capture = CaptureWorker(self._events.put, self._inference.frames, self.meters.captured)
        states = StudioStates(notify)
        self._studio = StudioWorker(
            self._events.put, states, self._inference.loans.put, self._gallery.refresh, turns, gallery_dir
        )

        def framed() -> None:
            turns.frame()
            page_turns.frame()

        self._inference.tell_studio(self._studio.loans.put, framed)
        self.studio = Studio(self._studio, states)
        self._weights = WeightWorker(self._events.put, notify)
        self._inference.tell_weights(self._weights.sources.put)
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
        return (self._capture, self._inference, self._models, self._gallery, self._scan, self._studio, self._weights)

    @property
    def view(self) -> View:
        """What is asked for now."""
        return self._view

    def set_view(self, view: View) -> None:
        """Ask for another view; the next result answers it."""
        if view != self._view:
            self._view = view
            self._inference.views.put(view)
            self._gallery.views.put(view)
            self._weights.views.put(view)

    def load_model(self, request: ModelRequest) -> None:
        """Ask for a model; `ModelReady` or `ModelFailed` tells how it ended."""
        self._asked = request
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
        self._inference.freezes.put(frozen)

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

    def take_page(self) -> UnitPageData | None:
        """What the gallery tells about the selected unit, once; newest wins.

        It comes again when the gallery was written to. `UnitPageData.unit` tells a late one.
        """
        return self._gallery.pages.take()

    def take_pattern(self) -> PatternPicture | None:
        """The pattern grid of the viewed layer, once; only while `View.stage` is `EXEMPLARS`.

        Unfinished ones come first (`complete` is False) while pictures are decoded; `PatternPicture.view` tells a late
        one.
        """
        return self._gallery.patterns.take()

    def take_layer_page(self) -> LayerPageData | None:
        """Activity and correlation of the viewed layer, once; only while `View.stage` asks for one of them."""
        return self._gallery.layer_pages.take()

    def take_unit_weights(self) -> UnitWeightsPage | None:
        """The weights of the selected unit, once; `UnitWeightsPage.unit` tells a late one."""
        return self._weights.units.take()

    def take_layer_weights(self) -> LayerWeightsPage | None:
        """The weights of the viewed layer, once; only while `View.stage` is `WEIGHTS`."""
        return self._weights.layers.take()

    def take_weight_grid(self) -> PatternPicture | None:
        """The grid of the viewed layer's weights, once; only while `View.stage` is `WEIGHTS`."""
        return self._weights.grids.take()

    def take_weight_correlation(self) -> WeightCorrelationPage | None:
        """How similar the units' weights are, once; only while `View.stage` is `WEIGHT_CORRELATION`."""
        return self._weights.correlations.take()

    def take_session_page(self) -> SessionPage | None:
        """The frames of this session that excited the selected unit most, once.

        A new one comes at most twice a second, when they changed or another unit is selected.
        """
        return self._gallery.session_pages.take()

    def keep_session_exemplars(self) -> None:
        """Write the selected unit's frames of this session to the person's gallery; a `Notice` tells how it ended."""
        self._inference.keeps.put(True)

    def ask_why(self, wish: WhyWish) -> None:
        """Which pixels of some pictures of the selected unit's page speak for it; `take_whys` answers.

        Of what is to be seen large, and of the others, the newest wish of each is answered; live pictures go first.
        """
        self._gallery.why_wishes.put(wish)

    def take_whys(self) -> list[WhyAnswer]:
        """What was found since the last call; `WhyAnswer.wish` tells a late one."""
        return self._gallery.whys.take_all()

    def refresh_gallery(self) -> None:
        """Look at the gallery again: somebody may have written to it."""
        self._gallery.refresh()
        self._studio.refresh()

    def start_scan(self, wish: ScanWish) -> None:
        """Scan a folder of images in a process of its own; `ScanChanged` tells how far it is.

        Results go to the person's gallery of the running model and show by themselves. Only one scan runs at a time;
        a second wish is refused with a `Notice`. The same wish after a stop goes on where it was.
        """
        self._scan.begin(wish, self.scan_gallery())

    def pause_scan(self) -> None:
        """Let the scan rest; `ScanChanged` with `paused` answers."""
        self._scan.pause()

    def resume_scan(self) -> None:
        """Let a resting scan go on; `ScanChanged` with `running` answers."""
        self._scan.resume()

    def stop_scan(self) -> None:
        """End the scan; what it found stays. `ScanChanged` with `stopping`, then with `stopped`, answers."""
        self._scan.end()

    def scan_gallery(self) -> Path | None:
        """The gallery file a scan of the running model writes; None before a model runs."""
        info = self._model
        return None if info is None else gallery_file(info.name, self._gallery_dir)

    def open_exemplar(self, picture: PagePicture) -> None:
        """Show a page's picture as the source: its file where it still is there, else the picture that was stored."""
        self._capture.send(OpenSource(picture.title, lambda: self._make_exemplar(picture)))

    def counts(self, *, overall: bool = False) -> Counts:
        """Frames captured, dropped, inferred, painted; their rates; latency."""
        return self.meters.counts(self._inference.frames.replaced, overall=overall)

    def _hear(self, event: Event) -> None:
        """Events of the inference thread; the gallery follows the model that really runs."""
        if isinstance(event, ModelReady):
            self._model = event.info
            running = self._running(event.info)
            self._gallery.models.put(running)
            self._studio.models.put(running)
        self._events.put(event)

    def _running(self, info: ModelInfo) -> RunningModel:
        """With how it was asked for, unless another model has been asked for since."""
        from deepvis.models.zoo import model_key  # noqa: PLC0415  (imports torch, which this thread has imported)

        asked = self._asked
        return RunningModel(info, asked if asked is not None and model_key(asked.name) == info.name else None)

    def _make_exemplar(self, picture: PagePicture) -> FrameSource:
        from deepvis.sources.images import ArraySource  # noqa: PLC0415  (keeps PIL out of the window's start)

        if picture.path is not None and picture.path.is_file():
            return self._make(str(picture.path))
        stored = picture.rgb if picture.source_rgb is None else picture.source_rgb
        # the network crops what it gets: this picture gives another value than the frame it is a part of
        title = f"{picture.title}: crop of a frame, cropped again" if picture.cropped else picture.title
        return ArraySource(stored, title)

    def _make(self, spec: str) -> FrameSource:
        from deepvis.sources.spec import open_spec  # noqa: PLC0415  (keeps cv2 and PIL out of the window's start)

        return open_spec(spec, images_dir=self._images_dir, camera_size=self._camera_size)
