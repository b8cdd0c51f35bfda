"""One forward pass with its graph: what layers gave, and gradients from there down, under any rectifier rule."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from deepvis.attribution.rectifier_rules import RectifierRules, Rule, opened
from deepvis.models.errors import ModelError
from deepvis.models.graph_reader import GraphReader
from deepvis.models.pair_calls import calls_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deepvis.models.engine import Engine
    from deepvis.models.layers import LayerTap
    from deepvis.models.layout import Layout
    from deepvis.records import Target


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """A layer in the graph.

    Attributes:
        output: what it gave, on the path to everything above it.
        layout: how it becomes maps.
        ruled: how many rectifiers lie between the input and here.
        others: how many nonlinearities that are none.
    """

    output: torch.Tensor
    layout: Layout
    ruled: int
    others: int

    def maps(self) -> torch.Tensor:
        """The output as `(batch, units, height, width)`; a branch of the path."""
        with graph_mode():
            return self.layout.maps(self.output)

    def prefix(self) -> torch.Tensor | None:
        """Class and register tokens, `(batch, units, tokens)`; None where there are none."""
        return self.layout.prefix(self.output)


@dataclass(frozen=True, slots=True, eq=False)
class Root:
    """Where gradients start.

    Attributes:
        values: in the graph.
        output: what the layer gave that `values` is a view of; its own rectifier is passed.
        seed: of the values' shape, or of one of their pictures.
    """

    values: torch.Tensor
    output: torch.Tensor
    seed: torch.Tensor


@dataclass(slots=True, eq=False)
class _Taking:
    """Takes layers while the network runs."""

    rules: RectifierRules
    found: dict[str, Reached] = field(default_factory=dict)

    def take(self, tap: LayerTap, output: torch.Tensor) -> torch.Tensor | None:
        if tap.layout is not None:
            self.found[tap.name] = Reached(output, tap.layout, len(self.rules.ruled), len(self.rules.others))
        # what will be overwritten stays on the path, and the network goes on with a copy
        return output.clone() if tap.overwritten else None


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a forward pass goes, and what it keeps.

    Attributes:
        layers: names of layers to read.
        listed: also every layer of the default list that comes by.
        to_the_end: the pass does not stop after the last of `layers`.
        graph: gradients will be wanted.
        careful: also right where the network overwrites what gradients need, or holds tensors of the inference mode;
            takes more time and memory.
    """

    layers: tuple[str, ...]
    listed: bool = False
    to_the_end: bool = False
    graph: bool = True
    careful: bool = False


class ForwardPass:
    """One forward pass with its graph.

    Attributes:
        reach: how far it went.
        batch: what the network was fed, `(batch, channels, height, width)`: the leaf of the graph.
        layers: what was read, by name.
        logits: what the softmax of the network's classes would be taken of, `(batch, classes)`; None where the pass
            stopped early or the output is no vector.
        output: of the network; None where the pass stopped early.
        ruled: names of the rectifiers that follow the rule, in order of execution.
        others: names of the nonlinearities that keep their own gradient.
        milliseconds: it took.
        latest: of the latest backward pass to the batch: target, rule, and the gradients of `reach.layers` by name.
    """

    def __init__(self, engine: Engine, batch: torch.Tensor, reach: Reach) -> None:
        """Run the network; nothing is left on it.

        Args:
            engine: whose network.
            batch: as the engine makes it.
            reach: how far.

        Raises:
            ModelError: there is no such layer, or it cannot be shown.
        """
        started_s = time.perf_counter()
        taps = [known_tap(engine, name) for name in reach.layers]
        also = _listed(engine) if reach.listed else []
        rules = RectifierRules(copies=reach.careful)
        taking = _Taking(rules)
        self.reach = reach
        with _mode(reach):
            self.batch = batch.detach().requires_grad_(reach.graph)
            reader = GraphReader(engine.loaded.network, taps, also)
            with rules:
                # a copy, because a network may write into its input
                self.output = reader.read(self.batch.clone(), taking.take, to_the_end=reach.to_the_end)
            before = rules.before_softmax(self.output)
        rules.forget()
        self.logits = before if before is not None and before.dim() == 2 else None
        self.layers = taking.found
        self.ruled, self.others = tuple(rules.ruled), tuple(rules.others)
        self.latest: tuple[Target, Rule, dict[str, torch.Tensor | None]] | None = None
        self._switch = rules.switch
        if engine.device.type != "cpu":
            torch.accelerator.synchronize()
        self.milliseconds = (time.perf_counter() - started_s) * 1000

    def gradients(
        self, roots: Sequence[Root], rule: Rule, inputs: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor | None, ...]:
        """Gradients of the sum of `values * seed` over all roots; the graph is kept.

        Args:
            roots: where they start.
            rule: of the rectifiers.
            inputs: in the graph, or its leaf.

        Returns:
            One for each input; None for those that no root depends on.
        """
        # without those from which the network has cut its graph
        roots = [root for root in roots if root.values.requires_grad]
        if not roots:
            return (None,) * len(inputs)
        self._switch.rule = rule
        try:
            with graph_mode(), ExitStack() as open_ones:
                for root in roots:
                    open_ones.enter_context(opened(root.output))
                values = [root.values for root in roots]
                seeds = [root.seed.to(root.values.dtype).expand_as(root.values) for root in roots]
                return torch.autograd.grad(values, list(inputs), seeds, retain_graph=True, allow_unused=True)
        finally:
            self._switch.rule = Rule.PLAIN


@contextmanager
def _mode(reach: Reach) -> Iterator[None]:
    if not reach.graph:
        with torch.inference_mode():
            yield
        return
    # clones are no longer what the network overwrites
    saved = torch.autograd.graph.saved_tensors_hooks(torch.clone, lambda tensor: tensor)
    with graph_mode(), saved if reach.careful else nullcontext():
        yield


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


def _listed(engine: Engine) -> list[LayerTap]:
    """Layers of the default list, and those that do the same to the first of two pictures; only what costs nothing."""
    names = [name for tap in engine.taps.values() if tap.info.worth_showing for name in calls_of(tap.info)]
    taps = [engine.taps[name] for name in names]
    return [tap for tap in taps if tap.layout is not None and not tap.overwritten]
