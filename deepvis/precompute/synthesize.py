"""Pictures of whole networks: many units of one layer as one batch, each batch stored as soon as it is finished."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import torch

from deepvis.gallery.errors import GalleryError
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.writer import GalleryWriter
from deepvis.models.devices import DeviceError, is_out_of_memory, resolve_device
from deepvis.models.engine import build_engine
from deepvis.models.errors import Canceled, ModelError
from deepvis.models.two_inputs import refuse_pairs
from deepvis.precompute.lanes import Lanes, lane_count, threads_each
from deepvis.precompute.picture_estimate import Trial
from deepvis.precompute.picture_pace import PicturePace
from deepvis.precompute.picture_plan import make_picture_plan
from deepvis.precompute.picture_request import PicturesError, PicturesRequest, PicturesSummary
from deepvis.precompute.progress import READING, REPORT_EVERY_S, ScanControl, ScanProgress
from deepvis.records import Precision
from deepvis.synthesis.ascent import ascend
from deepvis.synthesis.keeping import image_rows, picture_seeds, store
from deepvis.synthesis.natural_gallery import natural_maxima
from deepvis.synthesis.synthesis import SynthesisRequest, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.gallery.rows import ImageRow
    from deepvis.models.engine import Engine
    from deepvis.precompute.picture_pace import BlockPace
    from deepvis.precompute.picture_plan import PicturePlan
    from deepvis.precompute.work_list import Block
    from deepvis.synthesis.synthesis import Synthesis

    Report = Callable[[ScanProgress], None]

__all__ = ["PicturesError", "PicturesRequest", "PicturesSummary", "run_synthesis"]


def run_synthesis(request: PicturesRequest, *, report: Report, control: ScanControl) -> PicturesSummary:
    """Make pictures of many units, or go on with what was stopped or killed.

    Args:
        request: what is wanted. What the gallery has already is not made again.
        report: told where it stands, a few times a second, in this thread.
        control: pauses and stops it; of a stopped run the finished blocks are there.

    Returns:
        What was done. The pictures of a shard (`shards` > 1) come into the gallery with `merge_pictures`.

    Raises:
        PicturesError: it cannot be done; the message is a sentence. What was stored before stays.
    """
    request.check()
    if request.threads:
        torch.set_num_threads(request.threads)
    try:
        device = resolve_device(request.device)
        report(ScanProgress(READING))
        engine = build_engine(request.model, progress=_silent, canceled=lambda: control.stopped)
        refuse_pairs(engine.loaded.name, engine.loaded.preprocessing, "synthesis")
        engine.move(device, Precision.FLOAT32)
        plan = make_picture_plan(request, engine)
        with GalleryWriter(plan.gallery, plan.identity.model) as writer:
            return _Run(plan, engine, writer, control, report).run()
    except Canceled:
        return PicturesSummary(request.gallery, request.model.name, finished=False)
    except (GalleryError, DeviceError, ModelError) as error:
        raise PicturesError(str(error)) from error


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What came of a block.

    Attributes:
        pace: of the block.
        parts: its pictures, in the batches they were made in; empty where there are none.
        failed: why there are none, a sentence.
        canceled: there are none because the run was stopped.
    """

    pace: BlockPace
    parts: list[tuple[Block, Synthesis]] = field(default_factory=list)
    failed: str = ""
    canceled: bool = False


class _Run:
    """One run of `run_synthesis`, once the network is there."""

    def __init__(
        self, plan: PicturePlan, engine: Engine, writer: GalleryWriter, control: ScanControl, report: Report
    ) -> None:
        self._plan, self._engine, self._writer, self._control = plan, engine, writer, control
        self._missing = _missing(plan)
        self._pace = PicturePace(plan.blocks, self._missing, report, control)
        self._at_once = max((len(block) for block in plan.blocks), default=1)
        self._halving = threading.Lock()
        self._maxima: dict[str, NDArray[np.float64] | None] = {}
        self._failed: dict[str, str] = {}
        self._off: list[str] = []
        self._warnings: list[str] = []
        self._stored: list[Block] = []

    def run(self) -> PicturesSummary:
        self._enter()
        # of all blocks of all shards, so that a run that goes on and one of another shard compute alike
        threads = torch.get_num_threads()
        count = lane_count(self._engine.device, threads, self._plan.all_blocks)
        with Lanes[Made](self._engine, count) as lanes, threads_each(threads // lanes.count):
            self._expect(lanes.count)
            finished = self._work(lanes)
        if self._failed and finished and not self._pace.made:
            raise PicturesError(next(iter(self._failed.values())))
        return self._summary(finished=finished)

    def _work(self, lanes: Lanes[Made]) -> bool:
        """All missing blocks; False where the run was stopped before."""
        waiting, finished = deque(self._missing), True
        try:
            while (waiting and finished) or not lanes.idle:
                while waiting and finished and lanes.free:
                    self._start(lanes, waiting.popleft())
                for made in lanes.finished(REPORT_EVERY_S):
                    finished = self._take(made.result()) and finished
                self._pace.tell()
        except BaseException:
            self._pace.give_up()
            raise
        return finished

    def _expect(self, lanes: int) -> None:
        """Where pictures of several layers are to be made, try how much they cost beside each other."""
        plan = self._plan
        layers = [layer for layer in plan.layers if any(block.layer == layer for block in self._missing)]
        costs: Mapping[str, float] = {}
        if len(layers) > 1:
            size, control = plan.request.size, self._control
            trial = Trial(self._engine, plan.recipe, plan.materials, size, lambda: control.stopped)
            costs = trial.costs(layers)
        self._pace.expect(costs, at_once=lanes)

    def _enter(self) -> None:
        """All layers at once, so that shards and runs that were killed give them the same order."""
        with self._writer.transaction():
            for layer in self._plan.layers:
                self._writer.add_layer(layer)
        self._mark_done()

    def _mark_done(self) -> None:
        """Say in a shard's file how far it is; a gallery says it by the pictures it holds."""
        if self._plan.request.shards == 1:
            return
        done = len(self._plan.blocks) - len(self._missing) + len(self._stored)
        with self._writer.transaction():
            key = self._writer.take_up_job(self._plan.job)
            self._writer.update_job(replace(self._plan.shard_job(done), id=key))

    def _start(self, lanes: Lanes[Made], block: Block) -> None:
        if block.layer.name in self._failed:
            return
        pace = self._pace.begin(block, self._steps(block))
        lanes.start(lambda engine: self._make(engine, pace))

    def _make(self, engine: Engine, pace: BlockPace) -> Made:
        """In a lane: the pictures of a block, or why there are none."""
        name = pace.block.layer.name
        try:
            return Made(pace, self._ascended(engine, pace))
        except Canceled:
            return Made(pace, canceled=True)
        except (ModelError, ValueError, RuntimeError) as error:
            said = str(error).splitlines()[0].rstrip(".")
            return Made(
                pace, failed=said + "." if isinstance(error, ModelError | ValueError) else f"{name} failed: {said}."
            )

    def _take(self, made: Made) -> bool:
        """Store what a lane made; False where it was told to end."""
        block = made.pace.block
        name = block.layer.name
        if made.failed:
            self._failed.setdefault(name, made.failed)
        if not made.parts:
            self._pace.end(made.pace, stored=False)
            return not made.canceled
        maxima = self._natural(name)
        rows = [row for part, synthesis in made.parts for row in self._rows(part, synthesis, maxima)]
        self._stored.append(block)
        with self._writer.transaction():
            store(self._writer, self._plan.job, block.layer, rows)
            self._mark_done()
        self._off += [reason for part, synthesis in made.parts for reason in synthesis.reasons[: len(part)] if reason]
        self._pace.end(made.pace, stored=True)
        return True

    def _ascended(self, engine: Engine, pace: BlockPace) -> list[tuple[Block, Synthesis]]:
        """The block's pictures, as one batch, or as several where the device cannot hold so many."""
        while True:
            at_once = self._at_once
            parts = pace.block.parts(at_once)
            try:
                return [(part, self._ascend(engine, part, pace)) for part in parts]
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or at_once == 1:
                    raise
            self._halve(pace.block, at_once)

    def _halve(self, block: Block, tried: int) -> None:
        if self._engine.device.type == "cuda":
            torch.cuda.empty_cache()
        with self._halving:
            if self._at_once < tried:
                return  # another lane has done it
            before, self._at_once = min(tried, len(block)), max(1, min(tried, len(block)) // 2)
            self._warnings.append(
                f"The memory of {self._engine.device} does not hold {before} pictures at once: from {block.layer.name}"
                f" on, {self._at_once} were made at once. The last bits of such pictures differ from those of larger"
                " batches."
            )

    def _ascend(self, engine: Engine, block: Block, pace: BlockPace) -> Synthesis:
        plan, layer = self._plan, block.layer.name
        # one picture alone is multiplied by other kernels than several, and comes out as another picture
        units, seeds = (2 * block.units, 2 * block.seeds) if len(block) == 1 else (block.units, block.seeds)
        request = SynthesisRequest(
            layer,
            units,
            picture_seeds(layer, units, seeds),
            plan.recipe,
            size=plan.request.size,
            steps=plan.request.steps,
            autocast=plan.autocast,
        )
        return ascend(engine, request, plan.materials, Watch(canceled=pace.step))

    def _rows(self, block: Block, synthesis: Synthesis, maxima: NDArray[np.float64] | None) -> tuple[ImageRow, ...]:
        each = {"seconds": round(synthesis.seconds / len(block), 3)}
        return image_rows(synthesis, block.seeds, maxima, quality=self._plan.request.quality, more=each)

    def _steps(self, block: Block) -> int:
        recipe = self._plan.recipe.for_layer(is_classes=block.layer.is_classes)
        return self._plan.request.steps or recipe.steps

    def _natural(self, layer: str) -> NDArray[np.float64] | None:
        if layer not in self._maxima:
            self._maxima[layer] = natural_maxima(self._plan.request.natural, layer, self._plan.identity)
        return self._maxima[layer]

    def _first(self) -> str:
        """Address of the first unit made, in the order of the work."""
        block = min(self._stored, key=self._missing.index, default=None)
        return "" if block is None else f"{self._plan.identity.model}/{block.layer.name}/{block.units[0]}"

    def _summary(self, *, finished: bool) -> PicturesSummary:
        plan = self._plan
        total = sum(len(block) for block in plan.blocks)
        failed = [f"The layer {layer} was left out: {reason}" for layer, reason in self._failed.items()]
        return PicturesSummary(
            plan.gallery,
            plan.identity.model,
            finished,
            total=total,
            made=self._pace.made,
            there=total - sum(len(block) for block in self._missing),
            seconds=self._pace.seconds,
            natural=plan.materials.natural.source,
            maxima=sum(maxima is not None for maxima in self._maxima.values()),
            first=self._first(),
            hash=plan.job.hash,
            work=plan.work,
            off=tuple(self._off),
            warnings=(*self._warnings, *failed),
        )


def _missing(plan: PicturePlan) -> tuple[Block, ...]:
    """Blocks of which some picture is neither in the file to write nor in the gallery; all where that is wished."""
    if plan.request.redo:
        return plan.blocks
    known: dict[str, frozenset[tuple[int, int]]] = {}
    for path in {plan.gallery, plan.request.gallery}:
        if path.is_file():
            with GalleryReader(path) as gallery:
                for layer in plan.layers:
                    known[layer.name] = known.get(layer.name, frozenset()) | gallery.image_seeds(
                        layer.name, plan.job.hash
                    )
    return tuple(block for block in plan.blocks if not block.entries <= known.get(block.layer.name, frozenset()))


def _silent(text: str, fraction: float | None) -> None:
    """Progress that nobody watches."""
