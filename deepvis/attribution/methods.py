"""The table of methods: what each costs, what it gives, and what is known to be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING

from deepvis.attribution.averaged import integrated_gradients, smoothgrad
from deepvis.attribution.grad_cam import grad_cam
from deepvis.attribution.gradients import deconvnet, gradient, gradient_x_input, guided
from deepvis.attribution.occlusion import occlusion
from deepvis.attribution.options import Options
from deepvis.attribution.rectifier_rules import Rule
from deepvis.attribution.relevance import NEEDS_ZENNIT, relevance
from deepvis.kinds import Method

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch

    from deepvis.attribution.asked import Asked

_DEFAULTS = Options()


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """A method.

    Attributes:
        compute: gives its values for what is asked.
        caveat: what is known to be wrong with it, one line.
        is_map: values are `(height, width)` of its own; otherwise they have the shape of the network's input.
        is_signed: values below zero mean something.
        refines: it takes long and can be had coarse to fine.
        passes: forward passes of one picture with the default options, beside the one of the picture itself.
        needs_package: package that is not installed with DeepVis; empty for none.
        rule: of the rectifiers.
    """

    compute: Callable[[Asked], torch.Tensor]
    caveat: str
    is_map: bool = False
    is_signed: bool = True
    refines: bool = False
    passes: int = 0
    needs_package: str = ""
    rule: Rule = Rule.PLAIN

    def available(self) -> str:
        """Why it cannot be used here, a sentence; empty where it can."""
        return NEEDS_ZENNIT if self.needs_package and find_spec(self.needs_package) is None else ""


METHODS: Mapping[Method, MethodSpec] = MappingProxyType(
    {
        Method.GRADIENT: MethodSpec(
            gradient, "Noisy: it tells what a tiny change would do, not what the unit saw (Smilkov et al. 2017)."
        ),
        Method.GRADIENT_X_INPUT: MethodSpec(
            gradient_x_input,
            "Multiplying by the picture makes even a random network's map look sensible (Adebayo et al. 2018).",
        ),
        Method.DECONVNET: MethodSpec(
            deconvnet,
            "Shows the picture's structure and hardly depends on the unit (Mahendran & Vedaldi 2016, Nie et al. 2018).",
            rule=Rule.DECONVNET,
        ),
        Method.GUIDED: MethodSpec(
            guided,
            "Acts like an edge detector: random weights may give much the same (Adebayo et al. 2018, Nie et al. 2018).",
            rule=Rule.GUIDED,
        ),
        Method.SMOOTHGRAD: MethodSpec(
            smoothgrad,
            "Averaging hides fine detail, and the amount of noise decides what is seen (Smilkov et al. 2017).",
            passes=_DEFAULTS.samples,
        ),
        Method.INTEGRATED_GRADIENTS: MethodSpec(
            integrated_gradients,
            "Blind to what has the mean color, and multiplied by the picture (Sturmfels 2020, Adebayo 2018).",
            passes=_DEFAULTS.steps,
        ),
        Method.GRAD_CAM: MethodSpec(
            grad_cam,
            "Coarse: it says where, not what, and mean weights can point at the wrong place (Draelos & Carin 2020).",
            is_map=True,
            is_signed=False,
        ),
        Method.OCCLUSION: MethodSpec(
            occlusion,
            "Truly a cause, but a gray patch is itself a shape that the network has never seen (Hooker et al. 2019).",
            is_map=True,
            refines=True,
            passes=_DEFAULTS.cells[-1] ** 2,
        ),
        Method.LRP: MethodSpec(
            relevance,
            "With rules of this kind the map hardly depends on later layers (Sixt et al. 2020).",
            passes=1,
            needs_package="zennit",
        ),
    }
)
