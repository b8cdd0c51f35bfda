"""One forward pass with its graph: what layers gave, and gradients from there down, under any rectifier rule."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from deepvis.attribution.rectifier_rules import RectifierRules, Rule, opened
from deepvis.models.errors import ModelError
from deepvis.models.graph_reader import GraphReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deepvis.models.engine import Engine
    from deepvis.models.layers import LayerTap


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """What the gradient meets below a point of the network.

    Attributes:
        ruled: names of the rectifiers that follow the rule.
        others: names of nonlinearities that keep their own gradient.
    """

    ruled: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """A layer in the graph.

    Attributes:
        output: what it gave, on the path to everything above it.
        maps: the same as `(batch, units, height, width)`.
        prefix: class and register tokens, `(batch, units, tokens)`; None where there are none.
        met: between the input and here.
    """

    output: torch.Tensor
    maps: torch.Tensor
    prefix: torch.Tensor | None
    met: Met


@dataclass(slots=True, eq=False)
class _Taking:
    """Takes layers while the network runs."""

    rules: RectifierRules
    found: dict[str, Reached] = field(default_factory=dict)

    def take(self, tap: LayerTap, output: torch.Tensor) -> torch.Tensor | None:
        if tap.layout is not None:
            met = Met(tuple(self.rules.ruled), tuple(self.rules.others))
            self.found[tap.name] = Reached(output, tap.layout.maps(output), tap.layout.prefix(output), met)
        # what will be overwritten stays on the path, and the network goes on with a copy
        return output.clone() if tap.overwritten else None


class ForwardPass:
    """One forward pass with its graph.

    Attributes:
        batch: what the network was fed, `(batch, channels, height, width)`: the leaf of the graph.
        layers: what was read, by name.
        logits: what the softmax of the network's classes would be taken of, `(batch, classes)`; None where the pass
            stopped early or the output is no vector.
        output: of the network; None where the pass stopped early.
        met: in the whole pass.
        milliseconds: it took.
    """

    def __init__(
        self,
        engine: Engine,
        batch: torch.Tensor,
        wanted: Sequence[str],
        *,
        listed: bool = False,
        to_the_end: bool = False,
    ) -> None:
        """Run the network.

        Args:
            engine: whose network; nothing is left on it.
            batch: as the engine makes it.
            wanted: names of layers to read.
            listed: also every layer of the default list that comes by.
            to_the_end: the pass does not stop after the last of them.

        Raises:
            ModelError: there is no such layer, or it cannot be shown.
        """
        started_s = time.perf_counter()
        taps = [known_tap(engine, name) for name in wanted]
        also = [tap for tap in engine.taps.values() if _costs_nothing(tap)] if listed else []
        rules = RectifierRules()
        taking = _Taking(rules)
        with graph_mode():
            self.batch = batch.detach().requires_grad_()
            reader = GraphReader(engine.loaded.network, taps, also)
            with rules:
                # a copy, because a network may write into its input
                self.output = reader.read(self.batch.clone(), taking.take, to_the_end=to_the_end)
            before = rules.before_softmax(self.output)
        rules.forget()
        self.logits = before if before is not None and before.dim() == 2 else None
        self.layers = taking.found
        self.met = Met(tuple(rules.ruled), tuple(rules.others))
        self._switch = rules.switch
        if engine.device.type != "cpu":
            torch.accelerator.synchronize()
        self.milliseconds = (time.perf_counter() - started_s) * 1000

    def gradients(
        self, root: torch.Tensor, seed: torch.Tensor, rule: Rule, inputs: Sequence[torch.Tensor], start: torch.Tensor
    ) -> tuple[torch.Tensor | None, ...]:
        """Gradients of the sum of `root * seed`; the graph is kept.

        Args:
            root: in the graph.
            seed: of its shape.
            rule: of the rectifiers.
            inputs: in the graph, or its leaf.
            start: what the layer gave that `root` is a view of; its own rectifier is passed.

        Returns:
            One for each input; None for those that `root` does not depend on.
        """
        self._switch.rule = rule
        try:
            with graph_mode(), opened(start):
                return torch.autograd.grad(root, list(inputs), seed, retain_graph=True, allow_unused=True)
        finally:
            self._switch.rule = Rule.PLAIN


@contextmanager
def graph_mode() -> Iterator[None]:
    """Gradients are recorded, wherever this is called from."""
    with torch.inference_mode(mode=False), torch.enable_grad():
        yield


def known_tap(engine: Engine, layer: str) -> LayerTap:
    """How a layer is read.

    Raises:
        ModelError: there is no such layer, or it cannot be shown.
    """
    try:
        tap = engine.taps[layer]
    except KeyError:
        raise ModelError(f"{engine.loaded.name} has no layer '{layer}'; choose one from its layer list.") from None
    if tap.layout is None:
        raise ModelError(f"The layer '{layer}' cannot be shown: {tap.info.reason}")
    return tap


def _costs_nothing(tap: LayerTap) -> bool:
    return tap.info.worth_showing and tap.layout is not None and not tap.overwritten
