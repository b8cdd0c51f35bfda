"""The thread that loads models, so that live video goes on while the next network downloads."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from deepvis.live.events import Event, ModelFailed, ModelsListed, Notice, Progress
from deepvis.live.mailbox import Mailbox
from deepvis.live.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from deepvis.live.inference import Boxes
    from deepvis.models.engine import Engine
    from deepvis.records import ModelRequest

log = logging.getLogger(__name__)


class ModelWorker(Worker):
    """Builds the engine somebody asked for and hands it to the inference thread; a newer wish ends an older one."""

    name = "deepvis-model"

    def __init__(
        self,
        report: Callable[[Event], None],
        deliver_engine: Callable[[Engine], None],
        deliver_boxes: Callable[[Boxes], None],
        threads: int,
    ) -> None:
        super().__init__(report)
        self._deliver_engine = deliver_engine
        self._deliver_boxes = deliver_boxes
        self._threads = threads
        self._requests: Mailbox[ModelRequest] = Mailbox(self.bell.ring)
        self._listing_asked: Mailbox[bool] = Mailbox(self.bell.ring)
        self._gave_up = False

    def ask_names(self) -> None:
        """Ask which networks there are; `ModelsListed` answers."""
        self._listing_asked.put(True)

    def request(self, request: ModelRequest) -> None:
        """Ask for a model; any thread may call this."""
        self._gave_up = False
        self._requests.put(request)

    def cancel(self) -> None:
        """Give up what is being loaded; any thread may call this."""
        self._gave_up = True

    def open(self) -> None:
        """Import torch, which takes seconds, here instead of in front of a window."""
        self.report(Progress("Starting PyTorch"))
        import torch  # noqa: PLC0415  (see above)

        if self._threads > 0:
            torch.set_num_threads(self._threads)

    def step(self) -> None:
        """Wait for a request and serve it."""
        self.bell.wait()
        request = self._requests.take()
        if request is not None:
            try:
                self._serve(request)
            finally:
                self.report(Progress("", done=True))
        if self._listing_asked.take():
            from deepvis.models.zoo import available_models  # noqa: PLC0415  (imports torch)

            self.report(ModelsListed(available_models()))

    def _serve(self, request: ModelRequest) -> None:
        from deepvis.models.engine import build_engine  # noqa: PLC0415  (imports torch)
        from deepvis.models.errors import Canceled, ModelError  # noqa: PLC0415  (imports torch)

        self.report(Progress(f"Loading {request.name}"))
        try:
            engine = build_engine(request, progress=self._tell, canceled=self._canceled)
        except Canceled:
            if self._gave_up:
                self.report(ModelFailed(request.name, f"Loading {request.name} was canceled."))
            return
        except ModelError as error:
            self.report(ModelFailed(request.name, str(error)))
            return
        except Exception as error:  # noqa: BLE001  (the window waits for an answer, whatever went wrong)
            self._report_failure(request.name, error)
            return
        network = self._copy(engine)
        self._deliver_engine(engine)
        self._compare_labels(engine)
        if network is not None:
            self._find_fields(engine, network)

    def _compare_labels(self, engine: Engine) -> None:
        """Labels of another network would name every class wrongly, without a sign of it."""
        labels, classes = len(engine.loaded.labels), engine.classes
        if labels and classes and labels != classes:
            what = f"There are {labels} labels for the {classes} classes of {engine.loaded.name}"
            self.report(Notice(f"{what}: the classes are numbered instead.", "warning"))

    def _report_failure(self, name: str, error: Exception) -> None:
        from deepvis.models.devices import is_out_of_memory  # noqa: PLC0415  (imports torch)

        log.error("loading %s failed", name, exc_info=error)
        told = f"Loading {name} failed with an unexpected {type(error).__name__}: {error}"
        short = f"There is not enough memory to load {name}."
        self.report(ModelFailed(name, short if is_out_of_memory(error) else told))

    def _copy(self, engine: Engine) -> nn.Module | None:
        from deepvis.models.twin import structural_copy  # noqa: PLC0415  (imports torch)

        try:
            return structural_copy(engine.loaded.network)
        except Exception as error:  # noqa: BLE001  (a person's network may hold anything: a lock, an open file, ...)
            self._report_no_fields(engine, error)
            return None

    def _report_no_fields(self, engine: Engine, error: Exception) -> None:
        log.warning("no receptive fields of %s", engine.loaded.name, exc_info=error)
        why = f"{type(error).__name__}: {error}"
        self.report(
            Notice(f"{engine.loaded.name} runs without receptive fields; finding them failed ({why}).", "warning")
        )

    def _tell(self, text: str, fraction: float | None) -> None:
        self.report(Progress(text, fraction))

    def _canceled(self) -> bool:
        return self.stopping or self._gave_up or self._requests.waiting

    def _find_fields(self, engine: Engine, network: nn.Module) -> None:
        """Receptive fields come after the first pictures: nobody waits for them."""
        import torch  # noqa: PLC0415  (see open)

        from deepvis.live.inference import Boxes  # noqa: PLC0415  (imports torch)
        from deepvis.models.receptive_field import receptive_boxes  # noqa: PLC0415  (imports torch)

        if self._canceled():
            return
        shape = engine.loaded.preprocessing
        batch = torch.zeros(1, shape.input_channels, *shape.input_size)
        try:
            boxes = receptive_boxes(network, batch, tuple(engine.taps.values()))
        except Exception as error:  # noqa: BLE001  (the network is the person's own code: anything may come out of it)
            self._report_no_fields(engine, error)
            return
        self._deliver_boxes(Boxes(engine, boxes))
