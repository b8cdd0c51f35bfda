"""The arms: a bare forward and backward pass, DeepVis, and captum, each making a class's picture from a frame."""

from __future__ import annotations

import time
import warnings
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.figures import interleaved, ratios, spreads
from benchmarks.networks import request_for
from deepvis.attribution.methods import METHODS
from deepvis.attribution.options import Options
from deepvis.attribution.subject import Subject
from deepvis.kinds import Method, SeedKind
from deepvis.models.engine import build_engine
from deepvis.records import SOFTMAX, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.figures import Sample
    from deepvis.models.engine import Engine

Values = dict[str, Any]

CLASS = 7
TARGET = Target(SOFTMAX, CLASS, SeedKind.CLASS, class_index=CLASS)
OPTIONS = Options()
BARE = "bare"
TOGETHER = "three together"
THREE = (Method.GRADIENT, Method.DECONVNET, Method.GUIDED)


@dataclass(frozen=True)
class BackwardPlan:
    """How to measure.

    Attributes:
        methods: which.
        seconds: length of one stretch of one arm; of an arm that takes longer, one frame.
        repetitions: stretches per arm.
    """

    methods: tuple[Method, ...]
    seconds: float
    repetitions: int


def measure(name: str, pictures: Sequence[NDArray[np.uint8]], plan: BackwardPlan, say: Callable[[str], None]) -> Values:
    """One network: every method beside the bare passes and beside captum."""
    engine = build_engine(request_for(name), progress=lambda *_: None, canceled=lambda: False)
    frames = [engine.loaded.preprocessing.prepare(picture)[0] for picture in pictures]
    bare = _Bare(engine, frames)
    results = {}
    for method in plan.methods:
        say(f"{name}: {method}")
        arms: dict[str, Callable[[float], Sample]] = {
            BARE: _Arm(bare),
            "deepvis": _Arm(_ours(engine, frames, (method,))),
        }
        theirs = _captum(engine, frames, method)
        if theirs is not None:
            arms["captum"] = _Arm(theirs)
        results[str(method)] = _compared(arms, plan)
    say(f"{name}: {TOGETHER}")
    together = _compared({BARE: _Arm(bare), "deepvis": _Arm(_ours(engine, frames, THREE))}, plan)
    return {"network": name, "methods": results, "together": together}


def _compared(arms: dict[str, Callable[[float], Sample]], plan: BackwardPlan) -> Values:
    samples = interleaved(arms, plan.seconds, plan.repetitions)
    values: Values = {"fps": {arm: asdict(spreads(found)["fps"]) for arm, found in samples.items()}}
    values["times_bare"] = asdict(ratios(samples, BARE, "deepvis"))
    values["times_bare_cpu"] = asdict(ratios(samples, "deepvis", BARE, "cpu_ms"))
    if "captum" in samples:
        values["over_captum"] = asdict(ratios(samples, "deepvis", "captum"))
        values["over_captum_cpu"] = asdict(ratios(samples, "captum", "deepvis", "cpu_ms"))
    return values


@dataclass(frozen=True)
class _Arm:
    """Frames per second of something that is done with frame after frame, and processor time per frame."""

    frame: Callable[[int], object]

    def __call__(self, seconds: float) -> Sample:
        done, begun_s, begun_cpu_s = 0, time.perf_counter(), time.process_time()
        while not done or time.perf_counter() - begun_s < seconds:
            self.frame(done)
            done += 1
        wall_s, cpu_s = time.perf_counter() - begun_s, time.process_time() - begun_cpu_s
        return {"fps": done / wall_s, "cpu_ms": 1000 * cpu_s / done}


@dataclass(frozen=True)
class _Bare:
    """`network(x)` and the gradient of a class with respect to x, on frames that are prepared beforehand."""

    engine: Engine
    frames: list[torch.Tensor]

    def __call__(self, number: int) -> torch.Tensor:
        leaf = self.engine.batch(self.frames[number % len(self.frames)]).requires_grad_()
        return torch.autograd.grad(self.engine.loaded.network(leaf)[0, CLASS], leaf)[0]


def _ours(engine: Engine, frames: list[torch.Tensor], methods: Sequence[Method]) -> Callable[[int], object]:
    def frame(number: int) -> object:
        subject = Subject(engine, frames[number % len(frames)], to_the_end=True)
        return [subject.attribute(TARGET, method, OPTIONS) for method in methods]

    return frame


def _captum(engine: Engine, frames: list[torch.Tensor], method: Method) -> Callable[[int], object] | None:
    """The same by captum, with as many samples, steps and windows in batches of the same size; None: it has none."""
    network = engine.loaded.network
    attribute = _captum_method(network, engine, method)
    if attribute is None:
        return None

    def frame(number: int) -> object:
        with warnings.catch_warnings():
            # that it puts hooks on the network
            warnings.simplefilter("ignore")
            return attribute(engine.batch(frames[number % len(frames)]).requires_grad_())

    return frame


def _captum_method(network: torch.nn.Module, engine: Engine, method: Method) -> Callable[[torch.Tensor], object] | None:
    from captum import attr

    chunk = 4
    side = engine.loaded.preprocessing.input_size[0]
    stride = side // OPTIONS.cells[-1]
    last = [tap for tap in engine.taps.values() if tap.info.worth_showing and tap.info.height > 1][-1]
    made: dict[Method, Callable[[torch.Tensor], object]] = {
        Method.GRADIENT: lambda x: attr.Saliency(network).attribute(x, CLASS, abs=False),
        Method.GRADIENT_X_INPUT: lambda x: attr.InputXGradient(network).attribute(x, CLASS),
        Method.DECONVNET: lambda x: attr.Deconvolution(network).attribute(x, CLASS),
        Method.GUIDED: lambda x: attr.GuidedBackprop(network).attribute(x, CLASS),
        Method.SMOOTHGRAD: lambda x: attr.NoiseTunnel(attr.Saliency(network)).attribute(
            x, nt_samples=OPTIONS.samples, nt_samples_batch_size=chunk, stdevs=0.5, target=CLASS, abs=False
        ),
        Method.INTEGRATED_GRADIENTS: lambda x: attr.IntegratedGradients(network).attribute(
            x, target=CLASS, n_steps=OPTIONS.steps, internal_batch_size=chunk
        ),
        Method.GRAD_CAM: lambda x: attr.LayerGradCam(network, network.get_submodule(last.module)).attribute(x, CLASS),
        Method.OCCLUSION: lambda x: attr.Occlusion(network).attribute(
            x,
            (x.shape[1], 2 * stride, 2 * stride),
            (x.shape[1], stride, stride),
            target=CLASS,
            perturbations_per_eval=chunk,
        ),
    }
    return made.get(method)


def expected_passes(method: Method) -> int:
    """Forward passes of one frame."""
    return METHODS[method].passes + 1
