"""A running session to ask, networks to ask it about, and a source that knows its thread."""

from __future__ import annotations

import sys
import textwrap
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from deepvis.live.events import ModelReady, Notice
from deepvis.live.first_view import view_for_model
from deepvis.live.mailbox import Bell
from deepvis.live.session import LiveSession
from deepvis.records import GridView, ModelRequest, Precision, SourceState, UnitPane, View
from deepvis.sources.base import FrameSource, Picture

WAIT_S = 40.0
"""Far more than anything takes; only a failing test waits so long."""
CLOSE_WITHIN_S = 5.0

GRID = GridView(height=60, width=80)
PANE = UnitPane(height=40, width=40)

NETWORKS = """
    import collections
    import threading
    from collections import OrderedDict

    import torch
    from torch import nn

    CALLS = collections.Counter()   # (module, thread): how often it ran
    FAILURES = {}                   # module: what it raises
    ONLY_IN = {}                    # module: the number format in which it raises
    REFUSES_CHANNELS_LAST = []      # modules

    class Watched(nn.Module):
        def __init__(self, name, inner):
            super().__init__()
            self.name, self.inner = name, inner

        def forward(self, x):
            CALLS[self.name, threading.current_thread().name] += 1
            if self.name in FAILURES and ONLY_IN.get(self.name, x.dtype) == x.dtype:
                raise FAILURES[self.name]
            if self.name in REFUSES_CHANNELS_LAST and not x.is_contiguous():
                raise TypeError("channels-last is not for this module")
            return self.inner(x)

    def chain(channels=3):
        return nn.Sequential(OrderedDict(
            stem=Watched("stem", nn.Conv2d(channels, 4, 3, stride=2)),
            act=nn.ReLU(inplace=True),
            body=Watched("body", nn.Conv2d(4, 6, 3, stride=2)),
            pool=nn.AdaptiveAvgPool2d(1),
            flat=nn.Flatten(),
            head=nn.Linear(6, 7),
        ))

    def gray():
        return chain(channels=1)

    def window():
        conv = nn.Conv2d(3, 2, 5, stride=4, bias=False)
        nn.init.ones_(conv.weight)
        return nn.Sequential(conv)

    class EveryThird(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3, stride=2)
            self.runs = 0

        def forward(self, x):
            self.runs += 1
            if self.runs % 3 == 0:
                raise ValueError("every third call goes wrong")
            return self.conv(x)

    class Never(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            raise ValueError("this network never runs")

    class Locked(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.lock = threading.Lock()

        def forward(self, x):
            with self.lock:
                return self.conv(x)

    class Unfolded(nn.Module):
        def forward(self, x):
            return x[:, :, None]

    class Folded(nn.Module):
        def forward(self, x):
            return x[:, :, 0]

    def odd():
        return nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3), deep=Unfolded(), flat=Folded()))

    class HalfNumbers(nn.Module):
        def forward(self, x):
            units = torch.ones(1, x.shape[1], 1, 1, dtype=x.dtype, device=x.device)
            units[:, 1] = torch.nan
            return x * units

    def sick():
        return nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3, stride=2), bad=HalfNumbers()))
    """


@pytest.fixture
def networks(tmp_path):
    """A file with networks, and how to ask for one; `networks.module` is the file as it was imported last."""
    file = tmp_path / "nets.py"
    file.write_text(textwrap.dedent(NETWORKS))
    yield Networks(file)
    sys.modules.pop("deepvis_own_nets", None)


class Networks:
    def __init__(self, file):
        self._file = file
        self.folder = file.parent

    def request(self, factory, input_size=(32, 48), **options):
        return ModelRequest(f"{self._file}:{factory}", input_size=input_size, **options)

    @property
    def module(self):
        return sys.modules["deepvis_own_nets"]

    def calls(self, name, thread="deepvis-inference"):
        return self.module.CALLS[name, thread]


class Live:
    """A session whose events and results are kept, with waits that end as soon as what is waited for is there."""

    def __init__(self, images_dir):
        self._bell = Bell()
        self.session = LiveSession(images_dir, self._bell.ring, threads=1)
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
    live = Live(tmp_path)
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


def picture(height=60, width=80, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


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
def make_picture():
    return picture


@pytest.fixture
def default_view():
    return View(grid=GRID, pane=PANE)


@pytest.fixture
def images_dir():
    return Path(__file__).parents[2] / "assets" / "images"
