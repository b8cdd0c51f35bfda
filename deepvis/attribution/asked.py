"""What every method is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from deepvis.attribution.forward_pass import ForwardPass, Reach
from deepvis.attribution.rectifier_rules import Rule
from deepvis.attribution.seeds import pull, pull_input, roots_of
from deepvis.models.errors import Canceled

if TYPE_CHECKING:
    from deepvis.attribution.forward_pass import Reached
    from deepvis.attribution.options import Options
    from deepvis.attribution.seeds import Start
    from deepvis.models.engine import Engine


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One target in one picture.

    Attributes:
        engine: whose network.
        run: the picture's forward pass.
        start: where the backward pass starts.
        options: of the methods.
    """

    engine: Engine
    run: ForwardPass
    start: Start
    options: Options

    def input_gradient(self, rule: Rule = Rule.PLAIN) -> torch.Tensor:
        """Of the target with respect to the network's input, `(channels, height, width)`."""
        gradient = pull_input(self.run, self.start, rule)
        return torch.zeros_like(self.run.batch[0]) if gradient is None else gradient[0]

    def gradient_of_maps(self, reached: Reached) -> torch.Tensor | None:
        """Of the target with respect to a layer's maps; None where it does not depend on them."""
        (gradient,) = pull(self.run, self.start, Rule.PLAIN, [reached.output])
        return None if gradient is None else reached.layout.maps(gradient)[0]

    def input_gradients(self, batch: torch.Tensor) -> torch.Tensor:
        """The same target in other inputs: its gradients, of the batch's shape.

        Raises:
            Canceled: nobody wants to know any more.
        """
        if self.options.canceled():
            raise Canceled
        run = self._pass(batch, graph=True)
        (gradients,) = pull(run, self.start, Rule.PLAIN, [run.batch])
        return torch.zeros_like(batch) if gradients is None else gradients.detach()

    def worths(self, batch: torch.Tensor) -> torch.Tensor:
        """The same target in other inputs: what the seed counts of it there, float32 `(batch,)`; no gradients."""
        roots = roots_of(self._pass(batch, graph=False), self.start)
        counted = [(root.values.float() * root.seed.float()).flatten(1).sum(1) for root in roots]
        return torch.stack(counted).sum(0) if len(counted) > 1 else counted[0]

    @property
    def pictures(self) -> int:
        """How many the network takes at once."""
        return self.engine.loaded.preprocessing.pictures

    def chunk(self) -> int:
        """Pictures in one batch."""
        return self.options.chunk or (4 if self.engine.device.type == "cpu" else 16)

    def _pass(self, batch: torch.Tensor, *, graph: bool) -> ForwardPass:
        layers = self.start.layers
        reach = Reach(layers, to_the_end=not layers, graph=graph, careful=self.run.reach.careful)
        return ForwardPass(self.engine, self.engine.in_order(batch), reach)
