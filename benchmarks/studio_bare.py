"""What a synthesis of the studio is compared with: the ascent alone, as fast as this machine can."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import torch

from benchmarks.networks import request_for
from deepvis.models.engine import build_engine
from deepvis.models.errors import Canceled
from deepvis.synthesis.ascent import SynthesisRequest, Watch, ascend
from deepvis.synthesis.keeping import picture_seeds
from deepvis.synthesis.recipes import DEFAULT_RECIPE, recipe_named

if TYPE_CHECKING:
    from benchmarks.figures import Sample
    from benchmarks.studio_arms import StudioPlan
    from deepvis.records import UnitId

ENDLESS = 100_000


class Bare:
    """The ascent alone, in this thread, on all cores."""

    def __init__(self, unit: UnitId, plan: StudioPlan) -> None:
        self._unit = unit
        self._plan = plan
        self._engine = build_engine(request_for(plan.network), progress=lambda *_: None, canceled=lambda: False)

    def __call__(self, seconds: float) -> Sample:
        """Steps per second."""
        stamps_s: list[float] = []

        def over() -> bool:
            stamps_s.append(time.perf_counter())
            return stamps_s[-1] - stamps_s[0] > seconds and len(stamps_s) > 2

        before = torch.get_num_threads()
        torch.set_num_threads(os.cpu_count() or 1)
        try:
            ascend(self._engine, self._request(), watch=Watch(canceled=over))
        except Canceled:
            pass
        finally:
            torch.set_num_threads(before)
        return {"steps_per_s": (len(stamps_s) - 1) / (stamps_s[-1] - stamps_s[0])}

    def _request(self) -> SynthesisRequest:
        units, numbers = (self._unit.unit,) * self._plan.seeds, tuple(range(self._plan.seeds))
        seeds = picture_seeds(self._unit.layer, units, numbers)
        return SynthesisRequest(self._unit.layer, units, seeds, recipe_named(DEFAULT_RECIPE), steps=ENDLESS)
