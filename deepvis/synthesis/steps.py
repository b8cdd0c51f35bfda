"""How far a step goes: optimizers and the step policies of the 2015 paper."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from deepvis.synthesis.registry import Parameter, Row, Table

_TINY = 1e-30
_ROUNDING = 1e-3


class Stepper(Protocol):
    """Moves variables along their gradients, every image by itself."""

    def __call__(self, step: int, reached: torch.Tensor) -> None:
        """Do one step up.

        Args:
            step: counted from 0; gradients of the objective are in `.grad` of the variables.
            reached: value of the objective, `(batch,)`.
        """

    def keep(self, index: torch.Tensor) -> None:
        """Go on with some images only, int64 `(images,)`; the variables are theirs already."""


MakeStepper = Callable[[Sequence[torch.Tensor], int], Stepper]
"""From the variables and the number of steps."""


def rate_at(step: int, steps: int, rate: float, end: float) -> float:
    """A learning rate that goes from `rate` to `end * rate` along half a cosine."""
    part = step / max(1, steps - 1)
    return rate * (end + (1 - end) * 0.5 * (1 + math.cos(math.pi * part)))


@dataclass(slots=True, eq=False)
class OptimizerStepper:
    """One of torch's optimizers that treats every number by itself."""

    optimizer: torch.optim.Optimizer
    steps: int
    rate: float
    end: float

    def __call__(self, step: int, reached: torch.Tensor) -> None:
        """As `Stepper`."""
        del reached
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(step, self.steps, self.rate, self.end)
        self.optimizer.step()

    def keep(self, index: torch.Tensor) -> None:
        """As `Stepper`; counters, which have no dimension, belong to all images."""
        for state in self.optimizer.state.values():
            for name, value in state.items():
                if isinstance(value, torch.Tensor) and value.dim():
                    state[name] = value[index]


@dataclass(slots=True, eq=False)
class PolicyStepper:
    """Plain steps along the gradient, as long as a policy says.

    Attributes:
        variables: what moves.
        length: from the step, the squared norms of the gradients and the values, `(batch,)` each, to the factors of the
            gradients, `(batch,)`.
    """

    variables: Sequence[torch.Tensor]
    length: Callable[[int, torch.Tensor, torch.Tensor], torch.Tensor]

    def __call__(self, step: int, reached: torch.Tensor) -> None:
        """As `Stepper`."""
        gradients = [variable.grad for variable in self.variables]
        present = [gradient for gradient in gradients if gradient is not None]
        if not present:
            return
        squares = sum((gradient.flatten(1).square().sum(1) for gradient in present), torch.zeros_like(reached))
        factors = self.length(step, squares, reached)
        with torch.no_grad():
            for variable, gradient in zip(self.variables, gradients, strict=True):
                if gradient is not None:
                    variable += factors.view(-1, *[1] * (variable.dim() - 1)) * gradient

    def keep(self, index: torch.Tensor) -> None:
        """Nothing to do: a policy remembers nothing."""


def _adam(rate: float, end: float, beta1: float, beta2: float) -> MakeStepper:
    def make(variables: Sequence[torch.Tensor], steps: int) -> Stepper:
        optimizer = torch.optim.Adam(list(variables), rate, (beta1, beta2), maximize=True)
        return OptimizerStepper(optimizer, steps, rate, end)

    return make


def _nadam(rate: float, end: float) -> MakeStepper:
    def make(variables: Sequence[torch.Tensor], steps: int) -> Stepper:
        optimizer = torch.optim.NAdam(list(variables), rate, maximize=True)
        return OptimizerStepper(optimizer, steps, rate, end)

    return make


def _constant(rate: float, end: float) -> MakeStepper:
    def make(variables: Sequence[torch.Tensor], steps: int) -> Stepper:
        return PolicyStepper(
            variables, lambda step, squares, _reached: torch.full_like(squares, rate_at(step, steps, rate, end))
        )

    return make


def _progress(wanted: float, longest: float) -> MakeStepper:
    def make(variables: Sequence[torch.Tensor], _steps: int) -> Stepper:
        return PolicyStepper(
            variables, lambda _step, squares, _reached: (wanted / squares.clamp_min(_TINY)).clamp_max(longest)
        )

    return make


def _progress01(early: float, late: float, longest: float) -> MakeStepper:
    def make(variables: Sequence[torch.Tensor], _steps: int) -> Stepper:
        def length(_step: int, squares: torch.Tensor, reached: torch.Tensor) -> torch.Tensor:
            if bool((reached > 1 + _ROUNDING).any()):
                raise ValueError(
                    "The step policy 'progress01' is for objectives up to 1, such as 'probability'; this one gave"
                    f" {reached.max().item():.4g}. 'progress' is for any."
                )
            wanted = torch.minimum(torch.full_like(reached, early), late * (1 - reached)).clamp_min(0)
            return (wanted / squares.clamp_min(_TINY)).clamp_max(longest)

        return PolicyStepper(variables, length)

    return make


_END = Parameter("end", 1.0, 0.0, 1.0, "part of the rate at the last step")
_LONGEST = Parameter("longest", 100.0, 0.0, 1e9, "largest factor of the gradient")
_YOSINSKI = "Yosinski et al. 2015, the authors' code"

STEPPERS: Table[MakeStepper] = Table(
    "step policy",
    (
        Row(
            "adam",
            "Kingma and Ba 2014, arXiv 1412.6980",
            "Adam.",
            _adam,
            (
                Parameter("rate", 0.05, 0.0, 100.0, "learning rate"),
                _END,
                Parameter("beta1", 0.9, 0.0, 0.999, "memory of the gradient"),
                Parameter("beta2", 0.999, 0.0, 0.9999, "memory of its square"),
            ),
        ),
        Row(
            "nadam",
            "Dozat 2016, Incorporating Nesterov Momentum into Adam",
            "Adam with Nesterov's momentum.",
            _nadam,
            (Parameter("rate", 1.0, 0.0, 100.0, "learning rate"), _END),
        ),
        Row(
            "constant",
            _YOSINSKI,
            "The gradient times a fixed number.",
            _constant,
            (Parameter("rate", 100.0, 0.0, 1e6, "factor of the gradient"), _END),
        ),
        Row(
            "progress",
            _YOSINSKI,
            "As far as raises the unit by a fixed amount, were it linear.",
            _progress,
            (Parameter("wanted", 2.0, 0.0, 1000.0, "rise at each step"), _LONGEST),
        ),
        Row(
            "progress01",
            _YOSINSKI,
            "The same for values up to 1, such as a probability: slower as the unit comes near.",
            _progress01,
            (
                Parameter("early", 0.1, 0.0, 1.0, "rise at each step"),
                Parameter("late", 0.1, 0.0, 1.0, "largest part of what is missing to 1"),
                _LONGEST,
            ),
        ),
    ),
)
