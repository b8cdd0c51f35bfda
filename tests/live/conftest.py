"""A running session to ask, networks to ask it about, and a source that knows its thread."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from deepvis.gallery.files import gallery_file
from deepvis.gallery.histogram import BINS
from deepvis.gallery.records import PER_BAND, QUANTILE_BANDS, JobRecord, ModelIdentity
from deepvis.gallery.rows import ClassRows, ExemplarRows, FileRow, LayerRows, SimilarRows, StatisticsRows
from deepvis.gallery.writer import GalleryWriter
from deepvis.live.events import ModelReady, Notice
from deepvis.live.first_view import view_for_model
from deepvis.live.mailbox import Bell
from deepvis.live.running_model import RunningModel
from deepvis.live.session import LiveSession
from deepvis.records import GridView, LayerInfo, ModelInfo, ModelRequest, Precision, SourceState, UnitPane, View
from deepvis.sources.base import FrameSource, Picture
from deepvis.sources.encode import encode_jpeg

WAIT_S = 40.0
"""Far more than anything takes; only a failing test waits so long."""
CLOSE_WITHIN_S = 5.0

GRID = GridView(height=60, width=80)
PANE = UnitPane(height=40, width=40)


class Live:
    """A session whose events and results are kept, with waits that end as soon as what is waited for is there."""

    def __init__(self, images_dir, gallery_dir):
        self._bell = Bell()
        self.session = LiveSession(images_dir, self._bell.ring, threads=1, gallery_dir=gallery_dir)
        self.events = []
        self.results = []
        self.closed = False

    def collect(self):
        self.events += self.session.take_events()
        result = self.session.take_result()
        if result is not None:
            self.results.append(result)

    def wait(self, found, what, timeout_s=WAIT_S):
        deadline_s = time.monotonic() + timeout_s
        while True:
            self.collect()
            if (value := found()) is not None:
                return value
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                said = "\n".join(map(str, self.events))
                raise AssertionError(f"{what} did not come within {timeout_s} s. Said so far:\n{said}")
            self._bell.wait(left_s)

    def wait_result(self, predicate=lambda result: True, timeout_s=WAIT_S, after=0):
        """The first result that fits, among those that came after the first `after` ones."""
        return self.wait(partial(first, lambda: self.results[after:], predicate), "The result", timeout_s)

    def wait_event(self, kind, predicate=lambda event: True, timeout_s=WAIT_S, after=0):
        def fits(event):
            return isinstance(event, kind) and predicate(event)

        return self.wait(partial(first, lambda: self.events[after:], fits), f"A {kind.__name__}", timeout_s)

    def load(self, request, **options):
        """Load a model and look at it; the answer is what the window would know of it."""
        self.collect()
        heard = len(self.events)
        self.session.load_model(request)
        told = self.wait_event(ModelReady, after=heard, **options)
        self.look(replace(view_for_model(self.session.view, told.info), grid=GRID, pane=PANE))
        return told.info

    def look(self, view=None, **changes):
        """Ask for another view; returns it."""
        view = replace(view or self.session.view, **changes)
        self.session.set_view(view)
        return view

    def answer(self, view=None, timeout_s=WAIT_S, **changes):
        """Ask for a view and wait for the first answer to it."""
        self.collect()
        seen = len(self.results)
        wanted = self.look(view, **changes)
        return self.wait_result(lambda result: result.view == wanted, timeout_s, after=seen)

    def quiet(self, for_s=0.15):
        """Whether no result comes for a while; the one kind of wait that has nothing to wait for."""
        self.collect()
        seen = len(self.results)
        deadline_s = time.monotonic() + for_s
        while (left_s := deadline_s - time.monotonic()) > 0:
            self._bell.wait(left_s)
            self.collect()
        return len(self.results) == seen

    def calm_down(self):
        """Wait until no more results come."""
        deadline_s = time.monotonic() + WAIT_S
        while not self.quiet():
            assert time.monotonic() < deadline_s, "results keep coming"

    def settle(self):
        """Wait until the model's receptive boxes have arrived and been answered: nothing more comes by itself."""
        return self.wait_result(lambda result: result.unit is not None and result.unit.box is not None)

    def notices(self, level=None):
        self.collect()
        return [event.text for event in self.events if isinstance(event, Notice) and level in (None, event.level)]

    def close(self):
        self.closed = True
        return self.session.close(CLOSE_WITHIN_S)


def first(items, predicate):
    return next((item for item in items() if predicate(item)), None)


@pytest.fixture
def session(tmp_path):
    live = Live(tmp_path, tmp_path / "galleries")
    # a GPU of this machine would change values and times
    live.session.place("cpu", Precision.FLOAT32)
    live.session.start()
    yield live
    if not live.closed:
        begun_s = time.monotonic()
        stuck = live.close()
        assert stuck == (), f"still running after {CLOSE_WITHIN_S} s: {stuck}"
        assert time.monotonic() - begun_s < CLOSE_WITHIN_S
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("deepvis-")]
    assert left == []


class ScriptedSource(FrameSource):
    """Gives pictures one after another; whatever is done to it must be done in the capture thread.

    Args:
        count: so many pictures, then none until a command comes; None for no end.
        period_s: time between pictures.
        moving: a further picture follows by itself; otherwise it stands still until a command.
    """

    def __init__(self, *, count=None, period_s=0.01, moving=True, kind="synthetic", title="script"):
        super().__init__()
        self.calls = []
        self.threads = set()
        self.is_open = False
        self.position = 0
        self.failures = {}  # by what is called: the error to raise in each call, None for a call that succeeds
        self._count, self._period_s, self._moving = count, period_s, moving
        self._kind, self._title = kind, title
        self._due = True

    def _note(self, what):
        self.threads.add(threading.current_thread().name)
        self.calls.append(what)
        waiting = self.failures.get(what)
        if waiting and (error := waiting.pop(0)) is not None:
            raise error

    def open(self):
        self._note("open")
        self.is_open = True

    def read(self):
        self._note("read")
        if not self.is_open or not self._due or self.position == self._count:
            return None
        self.position += 1
        self._due = self._moving
        return Picture(np.full((8, 12, 3), self.position % 256, np.uint8), f"picture {self.position}")

    def delay_s(self):
        return self._period_s if self._due and self.position != self._count else None

    def state(self):
        return SourceState(self._kind, self._title, "script", position=self.position)

    def control(self, command):
        self._note(type(command).__name__)
        self._due = True

    def close(self):
        self._note("close")
        self.is_open = False


@pytest.fixture
def scripted():
    return ScriptedSource


@pytest.fixture
def default_view():
    return View(grid=GRID, pane=PANE)


# ------------------------------------------------------------------------------------------------------------ galleries

MODEL = "tiny"
LAYER = LayerInfo("body", "Conv2d", 6, 4, 5, worth_showing=True)
OTHER_LAYER = LayerInfo("stem", "Conv2d", 4, 8, 10, worth_showing=True)
FILES = 12
ORIGINAL = (120, 160)
"""Size of the image files; what the gallery stores of them is half as large."""
LEFT, RIGHT = (0, 0, 120, 80), (0, 80, 120, 80)


def left_color(file):
    return 20 + 18 * file, 200, 40


def right_color(file):
    return 40, 60, 20 + 18 * file


def two_colors(file, height=60, width=80):
    """The picture of an image file: two colors side by side that tell which file it is."""
    rgb = np.empty((height, width, 3), np.uint8)
    rgb[:, : width // 2], rgb[:, width // 2 :] = left_color(file), right_color(file)
    return rgb


class MadeGallery:
    """A gallery with known pictures. Exemplar `rank` of `unit` is file `(unit + rank) % FILES`.

    Exemplars of even units are left halves of their images, those of odd units right halves.
    """

    def __init__(self, folder):
        self.folder = folder
        self.path = gallery_file(MODEL, folder)
        self.identity = ModelIdentity(MODEL, "aa", "{}")
        self.info = ModelInfo(
            MODEL, (OTHER_LAYER, LAYER), (), (3, 32, 48), "", 0, weights_sha256="aa", preprocessing="{}"
        )
        self.running = RunningModel(self.info, ModelRequest(MODEL))

    def scan(self, layer=LAYER, *, pictures=FILES, root="/photos", level_minima=False, more=None, hash_text="scan"):
        """Write a layer as a scan would; only the first `pictures` files have their picture stored."""
        with GalleryWriter(self.path, MODEL) as writer, writer.transaction():
            job = writer.begin_job(
                JobRecord(0, "scan", hash_text, self.identity, str(root), samples=40, coverage=((0, 1, 40, 40),))
            )
            writer.write_classes(["cat", "dog"])
            writer.write_files(
                job, [FileRow(number, f"{number:02d}.png", *ORIGINAL, number % 2) for number in range(FILES)]
            )
            for row in writer.files_without_picture(job):
                if row.number < pictures:
                    writer.store_picture(row.id, encode_jpeg(two_colors(row.number), 100))
            writer.write_layer(job, layer_rows(layer, level_minima=level_minima, **(more or {})))

    def view(self, **changes):
        return replace(View(MODEL, LAYER.name), **changes)


def layer_rows(layer, *, level_minima=False, depths=None, correlation=None, similar=True, classes=True):
    """Rows of a layer; `depths` of each unit are taken from its minimum images' values."""
    units = np.arange(layer.units)
    places = [
        (kind, rank) for kind, top in ((0, 9), (1, 9), (2, PER_BAND * len(QUANTILE_BANDS))) for rank in range(top)
    ]
    kind, rank = np.tile(places, (layer.units, 1)).T
    unit = np.repeat(units, len(places))
    low = rank - 10.0 - np.asarray(depths or np.zeros(layer.units))[unit]
    value = np.choose(kind, [10.0 - rank, np.zeros_like(rank) if level_minima else low, 1.0 + rank])
    exemplars = ExemplarRows(
        kind=kind,
        unit=unit,
        rank=rank,
        sample=(unit + rank) % FILES,
        value=value.astype(np.float32),
        row=unit % layer.height,
        column=rank % layer.width,
        box=np.where((unit % 2 == 0)[:, None], LEFT, RIGHT),
    )
    histogram = np.zeros((layer.units, BINS), np.int64)
    histogram[:, BINS // 2 + 100] = 40
    spread = np.linspace(0.1, 1, layer.units)
    figures = StatisticsRows(
        count=np.full(layer.units, 40),
        mean=spread[::-1].copy(),
        std=spread,
        active_fraction=spread,
        minimum=np.zeros(layer.units) if level_minima else np.full(layer.units, -10.0),
        maximum=np.where(units == 3, 0.0, 10.0),
        mean_maximum=spread,
        nan_count=np.zeros(layer.units, np.int64),
        histogram=histogram,
    )
    ranked = ClassRows(
        np.tile([1, 0], (layer.units, 1)), np.tile([2.0, 1.0], (layer.units, 1)), np.full((layer.units, 2), 20)
    )
    alike = SimilarRows((units[:, None] + [1, 2]) % layer.units, np.tile([0.9, 0.5], (layer.units, 1)))
    return LayerRows(
        layer,
        figures,
        exemplars,
        classes=ranked if classes else None,
        similar=alike if similar else None,
        correlation=correlation,
    )


@pytest.fixture
def gallery(tmp_path):
    return MadeGallery(tmp_path / "galleries")


@pytest.fixture
def two_colored():
    return two_colors


@pytest.fixture
def color_of():
    """The color of an exemplar's crop, by unit and file."""
    return lambda unit, file: left_color(file) if unit % 2 == 0 else right_color(file)
