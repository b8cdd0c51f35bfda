"""One picture in one network, and everything that is asked of the two: activations, answers, attributions."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from deepvis.attribution.asked import Asked
from deepvis.attribution.attribution import Attribution
from deepvis.attribution.coverage import coverage
from deepvis.attribution.forward_pass import ForwardPass, Reach, graph_mode, known_tap
from deepvis.attribution.methods import METHODS
from deepvis.attribution.options import Options
from deepvis.attribution.rectifier_rules import Rule, is_rectified
from deepvis.attribution.seeds import (
    find_start,
    layers_of_target,
    met_below,
    pull,
    pull_layer,
    roots_of,
    starts_at_logits,
)
from deepvis.kinds import Method
from deepvis.models.engine import EngineAnswer, planar
from deepvis.models.errors import ModelError
from deepvis.models.pair_calls import calls_of
from deepvis.models.probe import Activations
from deepvis.records import SOFTMAX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from deepvis.models.engine import Engine
    from deepvis.records import Target

    T = TypeVar("T")

_DEFAULTS = Options()
NOTHING = "All values are zero: by this method nothing in this picture speaks for or against the target."
_NEEDS_CARE = ("modified by an inplace operation", "being modified inplace", "nference tensor", "nferenceMode")
"""Parts of torch's messages where only a careful pass can give gradients."""


class Subject:
    """One picture and one network; owns one forward pass with its graph, made on first need.

    Every method may be called in any gradient mode, also in inference mode. Not for two threads at once; others may
    run the same network meanwhile.
    """

    def __init__(
        self, engine: Engine, picture: torch.Tensor, *, layers: Sequence[str] = (), to_the_end: bool = False
    ) -> None:
        """Prepare; nothing is computed.

        Args:
            engine: whose network; nothing is ever left on it.
            picture: uint8 `(channels, height, width)` on the host, from `Preprocessing.prepare`.
            layers: layers that will be asked for, so that one pass is enough.
            to_the_end: the predictions will be asked for, too.
        """
        self.engine = engine
        self.picture = picture
        self._reach = Reach(tuple(dict.fromkeys(layers)), listed=True, to_the_end=to_the_end)
        self._run: ForwardPass | None = None

    def answer(self, layer: str, beside: str = "") -> EngineAnswer:
        """What `Engine.ask` would give for the picture, out of this pass.

        Raises:
            ModelError: there is no such layer, or it cannot be shown.
        """
        tap = known_tap(self.engine, layer)
        run = self.run((beside, layer) if beside else (layer,), to_the_end=not tap.module)
        probabilities = self._probabilities(run)
        if tap.module:
            reached = run.layers[layer]
            prefix = reached.prefix()
            activations = Activations(reached.maps()[0].detach(), None if prefix is None else prefix[0].detach())
        elif probabilities is None:
            raise ModelError("This network's output is not one number per class, so it has no softmax layer.")
        else:
            activations = Activations(probabilities[:, None, None])
        predictions = self.engine.predictions(probabilities)
        complete, maps = run.output is not None, planar(activations)
        if beside:
            left = planar(Activations(run.layers[beside].maps()[0].detach()))
            maps = Activations(torch.cat([left.maps, maps.maps], dim=2))
        logits = None if probabilities is None or run.output is None else run.output[0].detach()
        return EngineAnswer(maps, predictions, complete, run.milliseconds, logits, probabilities)

    def attribute(self, target: Target, method: Method, options: Options = _DEFAULTS) -> Attribution:
        """Which pixels speak for a target.

        Raises:
            ModelError: there is no such target, or the method cannot do this network, a sentence.
        """
        return self._with_care(lambda: self._attribute(target, method, options))

    def gradient_at(self, target: Target, method: Method, layer: str, beside: str = "") -> torch.Tensor:
        """The gradient of the target with respect to the units of a layer, under the method's rectifier rule.

        Args:
            target: as in `attribute`.
            method: gradient, deconvnet or guided; others count as gradient.
            layer: whose units; of the softmax layer, the logits.
            beside: a layer of the same shape, whose gradients come at the left of the layer's.

        Returns:
            float32 `(units, height, width)`; zeros where the layer lies above the target, or the target is off.

        Raises:
            ModelError: there is no such target or layer, a sentence.
        """
        names = (beside, layer) if beside else (layer,)
        for name in names:
            known_tap(self.engine, name)
        return self._with_care(lambda: self._gradient_at(target, METHODS[method].rule, names))

    def asked(self, target: Target, options: Options = _DEFAULTS) -> Asked:
        """What methods are given.

        Raises:
            ModelError: there is no such target, a sentence.
        """
        return self._asked(target, options, ())

    def run(self, layers: tuple[str, ...], *, to_the_end: bool = False) -> ForwardPass:
        """The one pass; made again only where it lacks a layer.

        Raises:
            ModelError: there is no such layer, or it cannot be shown.
        """
        run, inner = self._run, [name for name in layers if self.engine.taps[name].module]
        lacks = run is None or any(name not in run.layers for name in inner)
        ends = to_the_end or len(inner) < len(layers)
        if run is None or lacks or (ends and run.output is None):
            wanted = tuple(dict.fromkeys((*self._reach.layers, *layers)))
            self._reach = replace(self._reach, layers=wanted, to_the_end=self._reach.to_the_end or ends)
            self._run = None
            run = self._with_care(lambda: ForwardPass(self.engine, self._batch(), self._reach))
            self._run = run
        return run

    def _attribute(self, target: Target, method: Method, options: Options) -> Attribution:
        spec = METHODS[method]
        further: tuple[str, ...] = ()
        if method is Method.GRAD_CAM and options.cam_layer:
            further = calls_of(known_tap(self.engine, options.cam_layer).info)
        asked = self._asked(target, options, further)
        run, start = asked.run, asked.start
        made = Attribution(method, start.target, torch.zeros(()), start.activation, start.reason)
        if spec.rule is not Rule.PLAIN:
            below = all(is_rectified(root.output) for root in roots_of(run, start))
            sentence, same = coverage(method, *met_below(run, start), starts_below=below)
            made = replace(made, coverage=sentence, same_as_gradient=same)
        if start.reason and not spec.is_map:
            return replace(made, values=torch.zeros_like(run.batch[0], dtype=torch.float32).detach())
        with graph_mode():
            values = spec.compute(asked).detach().float()
        if start.reason:
            return replace(made, values=torch.zeros_like(values))
        lowest, highest = (float(value) for value in values.aminmax())
        if not math.isfinite(lowest) or not math.isfinite(highest):
            reason = f"The numbers are too large for {self.engine.precision}: choose another precision."
            return replace(made, values=torch.zeros_like(values), reason=reason)
        return replace(made, values=values, reason="" if lowest or highest else NOTHING)

    def _gradient_at(self, target: Target, rule: Rule, layers: tuple[str, ...]) -> torch.Tensor:
        asked = self._asked(target, _DEFAULTS, layers)
        found = [self._gradient_of_layer(asked, rule, layer) for layer in layers]
        return torch.cat(found, dim=2) if len(found) > 1 else found[0]

    def _gradient_of_layer(self, asked: Asked, rule: Rule, layer: str) -> torch.Tensor:
        run, start, tap = asked.run, asked.start, self.engine.taps[layer]
        at = run.layers[layer].output if tap.module else run.logits
        if at is None or tap.layout is None:
            raise ModelError("This network's output is not one number per class, so it has no softmax layer.")
        gradient = None
        if not start.reason:
            gradient = pull_layer(run, start, rule, layer) if tap.module else pull(run, start, rule, [at])[0]
        gradient = torch.zeros_like(at) if gradient is None else gradient
        return tap.layout.maps(gradient)[0].detach().float()

    def _asked(self, target: Target, options: Options, further: tuple[str, ...]) -> Asked:
        for name in further:
            known_tap(self.engine, name)
        logits = starts_at_logits(self.engine, target)
        layers = () if logits else layers_of_target(self.engine, target)
        run = self.run((*layers, *further), to_the_end=logits)
        return Asked(self.engine, run, find_start(run, self.engine, target), options)

    def _batch(self) -> torch.Tensor:
        with graph_mode():
            return self.engine.batch(self.picture)

    def _with_care(self, compute: Callable[[], T]) -> T:
        """What `compute` gives; where torch says that its graph is broken, from a careful pass."""
        try:
            return compute()
        except RuntimeError as error:
            if not any(part in str(error) for part in _NEEDS_CARE):
                raise
            if self._reach.careful:
                raise ModelError(f"Gradients cannot be followed through {self.engine.loaded.name}: {error}") from error
        self._reach = replace(self._reach, careful=True)
        self._run = None
        return compute()

    def _probabilities(self, run: ForwardPass) -> torch.Tensor | None:
        tap = self.engine.taps.get(SOFTMAX)
        if tap is None or run.output is None or run.output.dim() != 2:
            return None
        values = run.output[0].detach().float()
        return values.softmax(0) if tap.normalizes else values
