"""Reading activations out of a running network.

Hooks are on the network only while `Probe.run` runs, and only on the modules that are wanted: an idle probe costs
nothing, and neither a compiled network nor a fused fast path of an unwatched module is disturbed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from deepvis.models.errors import ModelError
from deepvis.models.forward_pass import ForwardPass, Stop, by_call
from deepvis.models.layout import first_tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

    import torch
    from torch import nn
    from torch.utils.hooks import RemovableHandle

    from deepvis.models.layers import LayerTap
    from deepvis.models.layout import Layout


@dataclass(frozen=True, slots=True, eq=False)
class Activations:
    """What one layer gave for one picture, on the network's device, in its precision.

    Attributes:
        maps: `(units, height, width)`.
        prefix: class and register tokens, `(units, prefix_tokens)`; None where the layer has none.
    """

    maps: torch.Tensor
    prefix: torch.Tensor | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one forward pass gave.

    Attributes:
        activations: by layer name, one entry per wanted layer.
        logits: the network's output as it is, `(classes,)`; None where the pass stopped early or the output is no
            vector.
        probabilities: its softmax in float32, `(classes,)`; None where logits are None.
    """

    activations: dict[str, Activations]
    logits: torch.Tensor | None = None
    probabilities: torch.Tensor | None = None


class Probe:
    """Runs a network and keeps what the wanted layers give.

    The caller chooses the gradient mode: activations belong to the graph when `run` is called with gradients on.
    One probe must not be used by two threads at once; two probes on one network may be.
    """

    def __init__(self, network: nn.Module, taps: Iterable[LayerTap]) -> None:
        """Prepare for the layers `describe_layers` found in this network."""
        self._network = network
        taps = tuple(taps)
        modules = dict(network.named_modules())
        self._modules: dict[str, nn.Module] = {tap.module: modules[tap.module] for tap in taps if tap.module}
        self._softmax = next((tap for tap in taps if not tap.module), None)
        self._handles: list[RemovableHandle] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove_hooks()

    def run(self, batch: torch.Tensor, wanted: Sequence[LayerTap], *, to_the_end: bool) -> Answer:
        """One forward pass that ends right after the last wanted layer, or runs to the end.

        Args:
            batch: one preprocessed picture, `(1, channels, height, width)`.
            wanted: layers to keep.
            to_the_end: logits and probabilities are wanted, too.

        Raises:
            ModelError: a wanted layer cannot be shown, or did not run.
        """
        for tap in wanted:
            _check(tap)
        wants_softmax = any(not tap.module for tap in wanted)
        inner = [tap for tap in wanted if tap.module]
        if not inner and not wants_softmax and not to_the_end:
            return Answer({})
        found: dict[str, Activations] = {}

        def keep(tap: LayerTap, output: object) -> None:
            found[tap.name] = _activations(tap, output)

        stops = not to_the_end and not wants_softmax
        run = ForwardPass(by_call(inner), stops, keep)
        output = self._forward(batch, run)
        if run.missing:
            raise _did_not_run(next(iter(run.missing.values())))
        logits, probabilities = self._read(output)
        if wants_softmax:
            self._add_softmax(found, probabilities)
        return Answer({tap.name: found[tap.name] for tap in wanted}, logits, probabilities)

    def stream(
        self, batch: torch.Tensor, wanted: Sequence[LayerTap], consume: Callable[[LayerTap, torch.Tensor], None]
    ) -> None:
        """One forward pass over many pictures that hands every wanted layer over while the network runs.

        Nothing is kept, so memory does not grow with the number of layers. The pass ends right after the last wanted
        layer.

        Args:
            batch: preprocessed pictures, `(pictures, channels, height, width)`.
            wanted: layers to read; none read nothing.
            consume: gets each layer's maps `(pictures, units, height, width)`, in order of execution, `softmax` last.
                They may be overwritten as soon as it returns.

        Raises:
            ModelError: a wanted layer cannot be shown, or did not run.
        """
        for tap in wanted:
            _check(tap)
        softmax = next((tap for tap in wanted if not tap.module), None)
        inner = by_call([tap for tap in wanted if tap.module])
        if not wanted:
            return
        run = ForwardPass(inner, softmax is None, lambda tap, output: consume(tap, _maps(tap, output)))
        output = self._forward(batch, run)
        if run.missing:
            raise _did_not_run(next(iter(run.missing.values())))
        if softmax is not None:
            tensor = first_tensor(output)
            if tensor is None or tensor.dim() != 2:
                raise ModelError("This network's output is not one number per class, so it has no softmax layer.")
            values = tensor.float().softmax(1) if softmax.normalizes else tensor.float()
            consume(softmax, values[:, :, None, None])

    def _forward(self, batch: torch.Tensor, run: ForwardPass) -> object:
        try:
            for name in dict.fromkeys(module for module, _ in run.missing):
                self._handles.append(self._module(name).register_forward_hook(run.hook(name)))
            return self._network(batch)
        except Stop:
            return None
        finally:
            self._remove_hooks()

    def _module(self, name: str) -> nn.Module:
        try:
            return self._modules[name]
        except KeyError:
            raise ModelError(f"This network has no layer '{name}'; choose one from its layer list.") from None

    def _remove_hooks(self) -> None:
        while self._handles:
            self._handles.pop().remove()

    def _read(self, output: object) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        tensor = first_tensor(output)
        if tensor is None or self._softmax is None or tensor.dim() != 2:
            return None, None
        logits = tensor[0]
        return logits, logits.float().softmax(0) if self._softmax.normalizes else logits.float()

    def _add_softmax(self, found: dict[str, Activations], probabilities: torch.Tensor | None) -> None:
        if self._softmax is None or probabilities is None:
            raise ModelError("This network's output is not one number per class, so it has no softmax layer.")
        found[self._softmax.name] = Activations(probabilities[:, None, None])


def _maps(tap: LayerTap, output: object) -> torch.Tensor:
    return _layout(tap).maps(_tensor(tap, output))


def _tensor(tap: LayerTap, output: object) -> torch.Tensor:
    tensor = first_tensor(output)
    if tensor is None:
        raise ModelError(f"The layer '{tap.name}' gave no tensor this time; load the network again.")
    return tensor


def _activations(tap: LayerTap, output: object) -> Activations:
    tensor = _tensor(tap, output)
    if tap.overwritten:
        tensor = tensor.clone()
    layout = _layout(tap)
    prefix = layout.prefix(tensor)
    return Activations(layout.maps(tensor)[0], None if prefix is None else prefix[0])


def _layout(tap: LayerTap) -> Layout:
    if tap.layout is None:
        raise ModelError(f"The layer '{tap.name}' cannot be shown: {tap.info.reason}")
    return tap.layout


def _check(tap: LayerTap) -> None:
    _layout(tap)


def _did_not_run(tap: LayerTap) -> ModelError:
    return ModelError(
        f"The layer '{tap.name}' did not run for this picture: the network took another way. Choose another layer."
    )
