"""What feeds a unit: how much it loses when a unit of an earlier layer is muted, estimated for all at once and exact.

The estimate is the first order of Taylor's series: muting takes the activation a away, so the unit changes by about
the sum over positions of -a times its gradient (the criterion of Molchanov et al. 2017, arXiv 1611.06440, with its
sign). The exact number comes from running the network with each unit muted in turn, many at once: the layers before the
earlier one run for one picture only, which is then made as many as units are muted.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis.attribution.forward_pass import graph_mode, known_tap
from deepvis.attribution.unit_passes import UnitPasses, by_unit, cut, mute
from deepvis.models.devices import is_out_of_memory
from deepvis.models.errors import ModelError
from deepvis.records import Pair, Precision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from deepvis.attribution.unit_value import UnitValue
    from deepvis.models.engine import Engine

log = logging.getLogger(__name__)

ALL_BELOW = 300
"""Of a layer with at most so many units all are muted in turn."""

BEST = 64
"""Of a larger one these, the largest estimates."""

STEP_S = 0.12
"""A step should take about so long: whoever wants something else waits for it."""

FIRST_STEP, LARGEST_STEP = 8, 64
"""Units muted at once."""

_TOLERANCE = 1e-3
"""Part of the unit's range by which a picture among many may differ from the same picture alone."""

_HALF_TOLERANCE = 0.03
"""The same in half precision."""


class Way(Enum):
    """How many units are muted at once, from the fastest on; what a network does not take falls back to the next."""

    WIDENED = auto()
    """One picture up to the earlier layer, from there on one per muted unit."""
    WHOLE = auto()
    """One picture per muted unit from the beginning."""
    SINGLE = auto()
    """One after the other."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """What the linear estimate found.

    Attributes:
        value: of the unit, before its own rectifier.
        position: `(row, column)` it was read at; None for the mean.
        effects: float32 `(units,)`, about by how much the value changes when a unit of the earlier layer is muted.
        rectified: the unit's layer ends in a rectifier.
        active: bool `(units,)`, units with any activation that is not zero: muting the others changes nothing.
        pair: in whose map of two the position is; `BOTH` where there is one map, or for both.
    """

    value: float
    position: tuple[int, int] | None
    effects: NDArray[np.float32]
    rectified: bool
    active: NDArray[np.bool_]
    pair: Pair = Pair.BOTH


class Feeding:
    """One unit, one picture, one earlier layer.

    Args:
        engine: whose network; nothing is left on it.
        picture: uint8 `(channels, height, width)` on the host, from `Preprocessing.prepare`.
        target: the unit; its position is where it is read.
        inputs: name of the earlier layer.
        follow: read at the maximum of the unit's map instead.

    Raises:
        ModelError: there is no such layer, or it cannot be changed.
    """

    def __init__(
        self, engine: Engine, picture: torch.Tensor, target: UnitValue, inputs: str, *, follow: bool = False
    ) -> None:
        self._passes = UnitPasses(engine, picture, known_tap(engine, target.layer), known_tap(engine, inputs))
        if reason := self._passes.inputs.info.why_fixed:
            raise ModelError(f"Units of '{inputs}' cannot be muted: {reason}")
        self._target = target
        self._follow = follow
        self._estimate: Estimate | None = None
        self._span = 0.0
        self.way = Way.WIDENED

    def estimate(self) -> Estimate:
        """One pass and one gradient, down to the earlier layer and no further."""
        if self._estimate is None:
            self._estimate = self._estimated()
        return self._estimate

    def candidates(self) -> list[int]:
        """Units that are worth muting, the largest estimate first."""
        found = self.estimate()
        order = np.argsort(-np.abs(np.nan_to_num(found.effects)), kind="stable")
        active = [int(unit) for unit in order if found.active[unit]]
        return active if len(found.effects) <= ALL_BELOW else active[:BEST]

    def exact(self) -> Iterator[list[tuple[int, float]]]:
        """Mute the candidates in turn: some units and by how much the value changes, step by step."""
        left, size = self.candidates(), FIRST_STEP
        while left:
            size = 1 if self.way is Way.SINGLE else size
            units, started_s = left[:size], time.perf_counter()
            try:
                changes = self._muted(units)
            except Exception as error:  # noqa: BLE001  (the network is the person's own code: anything may come out of it)
                size = self._fall_back(error, size)
                continue
            yield list(zip(units, changes, strict=True))
            left = left[len(units) :]
            seconds = time.perf_counter() - started_s
            if seconds < STEP_S / 2:
                size = min(LARGEST_STEP, 2 * size)
            elif seconds > 2 * STEP_S:
                size = max(1, size // 2)

    def _fall_back(self, error: Exception, size: int) -> int:
        """Fewer at once, or another way.

        Raises:
            Exception: `error`, where nothing is left to be tried.
        """
        if self.way is Way.SINGLE:
            raise error
        if is_out_of_memory(error) and size > 1:
            return size // 2
        log.info("%s: %s does not go", self._passes.engine.loaded.name, self.way, exc_info=error)
        self.way = Way.WHOLE if self.way is Way.WIDENED else Way.SINGLE
        return FIRST_STEP

    def _estimated(self) -> Estimate:
        with graph_mode():
            batch = self._passes.engine.batch(self._passes.picture)
            taken = self._passes.run(batch, self._target, cut, follow=self._follow)
            if taken.values is None or not taken.leaves or taken.at is None:
                raise self._passes.elsewhere()
            gradients: tuple[torch.Tensor | None, ...] = (None,) * len(taken.leaves)
            if taken.values.requires_grad:
                gradients = torch.autograd.grad(taken.values[0], taken.leaves, allow_unused=True)
        self._target, self._span = taken.at, taken.span
        inputs = self._passes.inputs
        effects, active = torch.zeros(inputs.info.units), torch.zeros(inputs.info.units, dtype=torch.bool)
        # a unit is muted in all calls of its layer at once
        for leaf, gradient in zip(taken.leaves, gradients, strict=True):
            values = by_unit(inputs, leaf.detach())
            active |= (values != 0).any(1).cpu()
            if gradient is not None:
                effects -= (values * by_unit(inputs, gradient)).sum(1).cpu()
        return Estimate(
            float(taken.values[0].detach()),
            taken.at.position,
            effects.numpy(),
            taken.rectified,
            active.numpy(),
            taken.at.pair,
        )

    def _muted(self, units: Sequence[int]) -> list[float]:
        value = self.estimate().value
        alone = self.way is Way.SINGLE
        count = 1 if alone else len(units) + 1
        with torch.inference_mode():
            batch = self._passes.engine.batch(self._passes.picture)
            batch = batch if self.way is Way.WIDENED else batch.repeat(count, 1, 1, 1)
            taken = self._passes.run(batch, self._target, mute(units, count, alone=alone))
        values = taken.values
        if values is None or values.shape[0] != count:
            raise self._passes.elsewhere()
        if alone:
            return [float(values[0]) - value]
        full = self._passes.engine.precision is Precision.FLOAT32
        tolerance = (_TOLERANCE if full else _HALF_TOLERANCE) * max(self._span, abs(value)) + 1e-6
        # not above: what is no number is no answer either
        if not abs(float(values[0]) - value) <= tolerance:
            raise ModelError("A picture among others gives another value than alone.")
        return [float(each) for each in values[1:] - values[0]]
