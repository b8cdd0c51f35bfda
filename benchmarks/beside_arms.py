"""The arms: the window alone, and with a backward view, a changed unit, questions about causes, or viewers."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from benchmarks.figures import Sample, interleaved, ratios, spreads
from benchmarks.pictures import photographs
from benchmarks.window import shown
from benchmarks.worker import BenchmarkError
from deepvis.causes import CauseWish, Intervention
from deepvis.kinds import Method
from deepvis.live.why import WhyWish
from deepvis.options import ServeOptions
from deepvis.records import UnitId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from benchmarks.window import WindowRun
    from deepvis.live.pages import PagePicture
    from deepvis.live.result import LiveResult
    from deepvis.records import View

Values = dict[str, Any]
T = TypeVar("T")

ALONE = "nothing else"
SOURCE_FPS = 120.0
UNIT = 37


@dataclass(frozen=True)
class BesidePlan:
    """How to measure.

    Attributes:
        network: name.
        seconds: length of one stretch of one arm.
        repetitions: stretches per arm.
        threads: of torch.
        only: names of the arms beside `ALONE`; empty for all.
    """

    network: str
    seconds: float
    repetitions: int
    threads: int
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Changed:
    """The window while its view is another one."""

    run: WindowRun
    change: Callable[[View], View]
    is_there: Callable[[LiveResult], bool]
    name: str

    def __call__(self, seconds: float) -> Sample:
        before = self.run.controller.view
        self.run.change(self.change, self.is_there, self.name)
        try:
            return self.run(seconds)
        finally:
            self.run.change(lambda _view: before, lambda result: result.view.back == before.back, "the first view")


@dataclass(frozen=True)
class _Watched:
    """The window while so many watch."""

    run: WindowRun
    address: str
    viewers: int

    def __call__(self, seconds: float) -> Sample:
        with watching(self.address, self.viewers):
            self.run.wait_for(lambda: self.run.viewers == self.viewers, f"not all of {self.viewers} viewers came")
            sample = self.run(seconds)
        self.run.wait_for(lambda: self.run.viewers == 0, "the viewers do not leave")
        return sample


@dataclass
class _Explaining:
    """The window while pictures of a unit page get attributions on demand; of another unit each time."""

    run: WindowRun
    unit: int

    def __call__(self, seconds: float) -> Sample:
        controller, first = self.run.controller, self.run.controller.view.unit
        self.unit += 1
        controller.select_unit(self.unit)
        self.run.wait_for(lambda: self._pictures() != (), "no page comes")
        # more than a stretch is long
        unit = UnitId(controller.view.model, controller.view.layer, self.unit)
        controller.session.ask_why(WhyWish(unit, self._pictures()))
        try:
            return self.run(seconds)
        finally:
            controller.select_unit(first)
            self.run.pause(seconds / 2)

    def _pictures(self) -> tuple[PagePicture, ...]:
        page = self.run.controller.page
        if page is None or page.unit.unit != self.unit:
            return ()
        return tuple(one for one in (*page.minima, *page.quantiles) if one.position is not None)


@contextmanager
def watching(address: str, count: int) -> Iterator[None]:
    """So many viewers, in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.viewers", address, str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as viewers:
        yield
        if viewers.stdin is not None:
            viewers.stdin.close()


def measure(plan: BesidePlan, say: Callable[[str], None]) -> Values:
    """All arms in turns.

    Args:
        plan: how to measure.
        say: gets what happens now.
    """
    port = _free_port()
    options = ServeOptions(port=port)
    with shown(plan.network, photographs(), fps=SOURCE_FPS, threads=plan.threads, serve=options) as run:
        if run.info is None:
            raise BenchmarkError("No network is ready.")
        layers = [layer for layer in run.info.shown_layers() if not layer.is_classes and layer.height > 1]
        layer = layers[len(layers) * 2 // 3]
        run.view(layer.name)
        run.change(lambda view: replace(view, unit=min(UNIT, layer.units - 1)), lambda _: True, "the unit")
        wanted = chosen(_arms(run, f"http://127.0.0.1:{port}/"), plan.only)
        say(f"{plan.network} at {layer.name}: {', '.join(wanted)}")
        samples = interleaved(wanted, plan.seconds, plan.repetitions)
    return {"layer": layer.name, "arms": {name: _figures(samples, name) for name in wanted}}


def chosen(arms: Mapping[str, T], only: tuple[str, ...]) -> dict[str, T]:
    """Those of some names, and the window alone; all where there are no names.

    Raises:
        BenchmarkError: one of the names is unknown.
    """
    if strange := [name for name in only if name not in arms]:
        raise BenchmarkError(f"There is no row {', '.join(strange)}; there are {', '.join(arms)}.")
    return {name: arm for name, arm in arms.items() if not only or name in (ALONE, *only)}


def _figures(samples: Mapping[str, list[Sample]], name: str) -> Values:
    figures = {figure: asdict(spread) for figure, spread in spreads(samples[name]).items()}
    return {"figures": figures, "of_alone": asdict(ratios(samples, name, ALONE))}


def _arms(run: WindowRun, address: str) -> dict[str, Callable[[float], Sample]]:
    arms: dict[str, Callable[[float], Sample]] = {ALONE: run}
    for method in (Method.GRADIENT, Method.DECONVNET, Method.GUIDED, Method.GRAD_CAM, Method.SMOOTHGRAD):
        arms[str(method)] = _Changed(run, _with_method(method), _shows(method), str(method))
    arms["gradient grid"] = _Changed(run, _with_gradients, _shows(Method.GRADIENT), "the gradient grid")
    arms["muted"] = _Changed(run, _muted, lambda result: bool(result.view.changes), "the muted unit")
    wish = CauseWish(feeds=True, does=True)
    arms["causes"] = _Changed(
        run, lambda view: replace(view, causes=wish), lambda result: result.causes is not None, "causes"
    )
    arms["attributions on demand"] = _Explaining(run, UNIT)
    for count in (1, 3):
        arms["1 viewer" if count == 1 else f"{count} viewers"] = _Watched(run, address, count)
    return arms


def _with_method(method: Method) -> Callable[[View], View]:
    return lambda view: replace(view, back=replace(view.back, method=method))


def _shows(method: Method) -> Callable[[LiveResult], bool]:
    return lambda result: result.back is not None and result.back.method is method


def _with_gradients(view: View) -> View:
    return replace(view, back=replace(view.back, method=Method.GRADIENT, gradients=True))


def _muted(view: View) -> View:
    return replace(view, changes=(Intervention(view.layer, view.unit + 1),))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
