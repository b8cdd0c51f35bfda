"""One picture in one network, and everything that is asked of the two: activations, answers, attributions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from deepvis.attribution.attribution import Attribution
from deepvis.attribution.coverage import coverage
from deepvis.attribution.forward_pass import ForwardPass, known_tap
from deepvis.attribution.options import Options
from deepvis.attribution.rectifier_rules import Rule, is_rectified
from deepvis.attribution.seeds import find_start, met_below, root_of, starts_at_logits
from deepvis.kinds import Method
from deepvis.models.engine import EngineAnswer, planar
from deepvis.models.errors import ModelError
from deepvis.models.probe import Activations
from deepvis.records import SOFTMAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.attribution.seeds import Start
    from deepvis.models.engine import Engine
    from deepvis.records import Target

RULES = {Method.DECONVNET: Rule.DECONVNET, Method.GUIDED: Rule.GUIDED}


class Subject:
    """One picture and one network; owns one forward pass with its graph, made on first need."""

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
        self._layers = dict.fromkeys(layers)
        self._to_the_end = to_the_end
        self._run: ForwardPass | None = None

    def answer(self, layer: str) -> EngineAnswer:
        """What `Engine.ask` would give for the picture, out of this pass.

        Raises:
            ModelError: there is no such layer, or it cannot be shown.
        """
        tap = known_tap(self.engine, layer)
        run = self.run([layer], to_the_end=not tap.module)
        predictions = self.engine.predictions(self._probabilities(run))
        if tap.module:
            reached = run.layers[layer]
            prefix = None if reached.prefix is None else reached.prefix[0].detach()
            activations = Activations(reached.maps[0].detach(), prefix)
        else:
            activations = Activations(self._softmax(run)[:, None, None])
        return EngineAnswer(planar(activations), predictions, run.output is not None, run.milliseconds)

    def attribute(self, target: Target, method: Method, options: Options = Options()) -> Attribution:  # noqa: B008  (frozen)
        """Which pixels speak for a target.

        Raises:
            ModelError: there is no such target, or the method cannot do this network, a sentence.
        """
        run, start = self.start(target)
        rule = RULES.get(method, Rule.PLAIN)
        root, output = root_of(run, start)
        if start.reason:
            values = torch.zeros_like(run.batch[0], dtype=torch.float32)
        else:
            (gradient,) = run.gradients(root, start.seed, rule, [run.batch], output)
            values = torch.zeros_like(run.batch[0]) if gradient is None else gradient[0]
        made = Attribution(method, start.target, values.float(), start.activation, start.reason)
        if rule is Rule.PLAIN:
            return made
        sentence, same = coverage(method, met_below(run, start), starts_below=is_rectified(output))
        return replace(made, coverage=sentence, same_as_gradient=same)

    def gradient_at(self, target: Target, method: Method, layer: str) -> torch.Tensor:
        """The gradient of the target with respect to the units of a layer, under the method's rectifier rule.

        Args:
            target: as in `attribute`.
            method: gradient, deconvnet or guided; others count as gradient.
            layer: whose units.

        Returns:
            float32 `(units, height, width)`; zeros where the layer lies above the target, or the target is off.

        Raises:
            ModelError: there is no such target or layer, a sentence.
        """
        known_tap(self.engine, layer)
        run, start = self.start(target, layer)
        root, output = root_of(run, start)
        tap = self.engine.taps[layer]
        at = run.layers[layer].output if tap.module else run.logits
        if at is None or tap.layout is None:
            raise ModelError(f"The layer '{layer}' cannot be shown: {tap.info.reason}")
        gradient = None
        if not start.reason:
            (gradient,) = run.gradients(root, start.seed, RULES.get(method, Rule.PLAIN), [at], output)
        gradient = torch.zeros_like(at) if gradient is None else gradient
        return tap.layout.maps(gradient)[0].detach().float()

    def start(self, target: Target, *layers: str) -> tuple[ForwardPass, Start]:
        """The pass, with the target and further layers in it, and where in it the backward pass starts.

        Raises:
            ModelError: there is no such target, a sentence.
        """
        logits = starts_at_logits(self.engine, target)
        wanted = layers if logits else (target.layer, *layers)
        run = self.run(wanted, to_the_end=logits)
        return run, find_start(run, self.engine, target)

    def run(self, layers: Sequence[str], *, to_the_end: bool = False) -> ForwardPass:
        """The one pass; made again only where it lacks a layer."""
        self._layers.update(dict.fromkeys(layers))
        self._to_the_end = self._to_the_end or to_the_end or SOFTMAX in self._layers
        run = self._run
        lacks = run is None or any(name not in run.layers for name in layers if name != SOFTMAX)
        if run is None or lacks or (self._to_the_end and run.output is None):
            batch = self.engine.batch(self.picture)
            run = ForwardPass(self.engine, batch, tuple(self._layers), listed=True, to_the_end=self._to_the_end)
            self._run = run
        return run

    def _probabilities(self, run: ForwardPass) -> torch.Tensor | None:
        return None if run.output is None or run.output.dim() != 2 else self._softmax(run)

    def _softmax(self, run: ForwardPass) -> torch.Tensor:
        tap = self.engine.taps.get(SOFTMAX)
        if tap is None or run.output is None or run.output.dim() != 2:
            raise ModelError("This network's output is not one number per class, so it has no softmax layer.")
        values = run.output[0].detach().float()
        return values.softmax(0) if tap.normalizes else values
