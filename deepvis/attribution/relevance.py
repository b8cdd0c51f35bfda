"""Layer-wise relevance propagation (Bach et al. 2015): zennit's rules where weights are, ours for what is between.

zennit (Anders et al. 2021, arXiv 2106.13200) sees modules only. Rectifiers, sums, means and normalizations are often
functions, so their rules live in a mode that watches functions: rectifiers and normalizations pass relevance on, sums
and means divide it in proportion to what each part gave.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from deepvis.attribution.forward_pass import graph_mode, known_tap
from deepvis.attribution.rectifier_forms import SOFTMAXES, Rectifier, nonlinearity
from deepvis.attribution.seeds import roots_of
from deepvis.attribution.wording import listed
from deepvis.kinds import SeedKind
from deepvis.models.errors import ModelError
from deepvis.models.graph_reader import GraphReader
from deepvis.models.twin import structural_copy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from deepvis.attribution.asked import Asked

NEEDS_ZENNIT = "Layer-wise relevance needs zennit: pip install 'deepvis[lrp]'."

_WEIGHTED = (nn.Linear, nn.modules.conv._ConvNd)
_SUMS = {torch.add, torch.Tensor.add, torch.Tensor.add_}
_OF_TWO = {
    torch.mul: "gates",
    torch.Tensor.mul: "gates",
    torch.Tensor.mul_: "gates",
    torch.div: "quotients",
    torch.Tensor.div: "quotients",
    torch.Tensor.div_: "quotients",
    torch.sub: "differences",
    torch.Tensor.sub: "differences",
    torch.Tensor.sub_: "differences",
}
"""Without a rule where relevance flows to both."""
_PASSING = {functional.batch_norm, *_OF_TWO} - {torch.sub, torch.Tensor.sub, torch.Tensor.sub_}
"""Pass relevance on where it flows to one."""
_MEANS = {
    functional.adaptive_avg_pool2d,
    functional.adaptive_avg_pool1d,
    functional.avg_pool2d,
    torch.mean,
    torch.Tensor.mean,
    torch.sum,
    torch.Tensor.sum,
}
_LAYERS = {
    functional.conv1d: "convolutions by computed weights",
    functional.conv2d: "convolutions by computed weights",
    functional.conv3d: "convolutions by computed weights",
    functional.conv_transpose2d: "convolutions by computed weights",
    functional.linear: "products with computed weights",
}
_WITHOUT_RULE = {
    functional.layer_norm: "LayerNorm",
    functional.group_norm: "GroupNorm",
    functional.instance_norm: "InstanceNorm",
    functional.local_response_norm: "local response normalization",
    functional.scaled_dot_product_attention: "attention",
    functional.multi_head_attention_forward: "attention",
    torch.matmul: "products of activations",
    torch.Tensor.matmul: "products of activations",
    torch.bmm: "products of activations",
    torch.einsum: "products of activations",
}


def relevance(asked: Asked) -> torch.Tensor:
    """Layer-wise relevance of the input, `(channels, height, width)`.

    Convolutions follow the z+ rule, linear layers the epsilon rule, the first layer the flat rule (zennit's
    `EpsilonPlusFlat`), on a copy of the network in float32 in which BatchNorms are merged into the layers in front of
    them. What starts is the target's own activation, or logit; the sum over the input is about the same.

    Raises:
        ModelError: zennit is not installed, or the network has operations without a rule; a sentence.
    """
    if find_spec("zennit") is None:
        raise ModelError(NEEDS_ZENNIT)
    for merged in (True, False):
        values = _traced(asked, merged=merged)
        if values is not None:
            return values
    raise ModelError(
        f"Layer-wise relevance cannot follow {asked.engine.loaded.name}: watched, it gives other numbers. "
        "Choose another method."
    )


def _traced(asked: Asked, *, merged: bool) -> torch.Tensor | None:
    """Relevance of the input; None where the copy gives other numbers than the network."""
    from deepvis.attribution.relevance_rules import rules  # noqa: PLC0415  (an extra)

    engine, start = asked.engine, asked.start
    network = structural_copy(engine.loaded.network).float()
    if merged and not _merge_norms(network):
        return None
    flow = _RelevanceFlow(module.weight for module in network.modules() if isinstance(module, _WEIGHTED))
    taken: list[torch.Tensor] = []
    reader = GraphReader(network, [known_tap(engine, layer) for layer in start.layers])
    with graph_mode(), rules(network, _firsts(asked)):
        batch = asked.run.batch.detach().float().requires_grad_()
        with flow:
            output = reader.read(batch.clone(), lambda _, tensor: taken.append(tensor), to_the_end=not start.layers)
        if flow.without_rule:
            what = listed(flow.without_rule)
            raise ModelError(f"Layer-wise relevance has no rule for {what} of this network. Choose another method.")
        layouts = [asked.run.layers[layer].layout for layer in start.layers]
        roots = [layout.maps(tensor) for layout, tensor in zip(layouts, taken, strict=True)]
        roots = roots or [flow.before_softmax(output)]
        if not _same(roots, asked):
            return None
        # a channel seed is the activation already
        known = start.layers and start.target.seed is SeedKind.CHANNEL
        worths = [1 if known else root.detach() for root in roots]
        seeds = [worth * seed.float() for worth, seed in zip(worths, start.seeds.values(), strict=True)]
        (values,) = torch.autograd.grad(roots, [batch], seeds, allow_unused=True)
    return torch.zeros_like(batch[0]) if values is None else values[0]


def _same(roots: Sequence[torch.Tensor], asked: Asked) -> bool:
    """The copy gives what the network gave; half precision is rounded."""
    return all(_close(root, known.values) for root, known in zip(roots, roots_of(asked.run, asked.start), strict=True))


def _close(root: torch.Tensor, known: torch.Tensor) -> bool:
    if known.shape != root.shape:
        return False
    tolerance = 1e-3 if known.dtype is torch.float32 else 0.1
    return bool((root - known).abs().max() <= tolerance * known.abs().max() + 1e-6)


def _merge_norms(network: nn.Module) -> bool:
    """Merge BatchNorms into the layers registered in front of them; False where one cannot be.

    zennit points the copy's parameters at new numbers, so that the running network's are left alone.
    """
    from zennit.canonizers import SequentialMergeBatchNorm  # noqa: PLC0415  (an extra)

    try:
        SequentialMergeBatchNorm().apply(network)
    except (AttributeError, TypeError, RuntimeError):  # a norm without weights, or without statistics
        return False
    return True


def _firsts(asked: Asked) -> set[str]:
    """Of a network of two pictures, the module that looks at each of them first; of one picture nothing is said."""
    found: dict[int, str] = {}
    modules = dict(asked.engine.loaded.network.named_modules()) if asked.pictures > 1 else {}
    for tap in asked.engine.taps.values():
        if isinstance(modules.get(tap.module), _WEIGHTED):
            for picture in (tap.info.of_picture,) if tap.info.of_picture else (1, 2):
                found.setdefault(picture, tap.module)
    return set(found.values())


class _Passed(torch.autograd.Function):
    """An operation of one number each that passes relevance on as it is."""

    @staticmethod
    def forward(ctx: Any, compute: Callable[[torch.Tensor], torch.Tensor], values: torch.Tensor) -> torch.Tensor:  # noqa: ANN401  (torch's)
        del ctx
        # of a copy, because it may write into it
        return compute(values.clone())

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[None, torch.Tensor]:  # noqa: ANN401  (torch's)
        del ctx
        return None, gradients[0]


class _Shared(torch.autograd.Function):
    """A sum or a mean, which divides relevance in proportion to what each part gave (zennit's rule `Norm`)."""

    @staticmethod
    def forward(ctx: Any, compute: Callable[..., torch.Tensor], *parts: torch.Tensor) -> torch.Tensor:  # noqa: ANN401  (torch's)
        output = compute(*(part.clone() for part in parts))
        ctx.compute = compute
        ctx.save_for_backward(output, *parts)
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401  (torch's)
        output, *parts = ctx.saved_tensors
        stable = torch.where(output < 0, output - 1e-6, output + 1e-6)
        with torch.enable_grad():
            inputs = [part.detach().clone().requires_grad_() for part in parts]
            shares = torch.autograd.grad(ctx.compute(*(part * 1 for part in inputs)), inputs, gradients[0] / stable)
        return None, *(part * share for part, share in zip(parts, shares, strict=True))


class _RelevanceFlow(TorchFunctionMode):
    """While it lasts, functions pass relevance on by rules.

    Attributes:
        without_rule: names of the operations met that have none.
    """

    def __init__(self, weights: Iterable[torch.Tensor]) -> None:
        super().__init__()
        self._weights = {id(weight) for weight in weights}
        self._softmax: tuple[torch.Tensor, torch.Tensor] | None = None
        self.without_rule: list[str] = []

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401  (torch's own signature)
        """As torch calls it for every operation."""
        del types
        kwargs = dict(kwargs or {})
        flowing = [index for index, value in enumerate(args) if _flows(value)]
        if not flowing:
            return func(*args, **kwargs)
        met = nonlinearity(func, args, kwargs)
        name = met if isinstance(met, str) else self._name_without_rule(func, args, kwargs, len(flowing))
        if name:
            self.without_rule.append(name)
        elif len(flowing) == 1 and (func in _PASSING or isinstance(met, Rectifier)):
            return _Passed.apply(*_split(func, args, kwargs, flowing))
        elif func in _MEANS or (func in _SUMS and len(flowing) == 2):
            return _Shared.apply(*_split(func, args, kwargs, flowing))
        output = func(*args, **kwargs)
        if func in SOFTMAXES:
            self._softmax = (output, args[0])
        return output

    def before_softmax(self, output: torch.Tensor | None) -> torch.Tensor:
        """What went into the softmax that gave `output`; the output itself where no softmax gave it."""
        if output is None:
            raise ModelError("This network gave no output.")
        return self._softmax[1] if self._softmax is not None and self._softmax[0] is output else output

    def _name_without_rule(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], flowing: int
    ) -> str:
        """What people call an operation that has no rule; empty for all others."""
        name = _WITHOUT_RULE.get(func, "")
        if not name and func in _LAYERS and id(args[1] if len(args) > 1 else kwargs.get("weight")) not in self._weights:
            name = _LAYERS[func]
        if not name and flowing > 1:
            different = func in _SUMS and (bool(kwargs) or args[0].shape != args[1].shape)
            name = "sums of different shapes" if different else _OF_TWO.get(func, "")
        return name


def _flows(value: object) -> bool:
    return isinstance(value, torch.Tensor) and value.requires_grad


def _split(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], flowing: Sequence[int]
) -> tuple[Any, ...]:
    """A function of the tensors that relevance flows to, and those tensors."""

    def compute(*parts: torch.Tensor) -> torch.Tensor:
        filled = list(args)
        for index, part in zip(flowing, parts, strict=True):
            filled[index] = part
        output: torch.Tensor = func(*filled, **kwargs)
        return output

    return compute, *(args[index] for index in flowing)
