"""What a unit is worth before its own rectifier: a number that still tells something where the unit is off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch.nn import functional
from torch.overrides import TorchFunctionMode

from deepvis.kinds import Pair
from deepvis.models.rectifiers import batch_norm, rectified, rectifier_call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import torch


@dataclass(frozen=True, slots=True)
class UnitValue:
    """One number of a unit.

    Attributes:
        layer: of the unit.
        unit: its number.
        position: `(row, column)` in its map; None for the mean of the map.
        pair: in whose map, where the layer runs once for each of two pictures; in both: the mean of the two numbers.
    """

    layer: str
    unit: int
    position: tuple[int, int] | None = None
    pair: Pair = Pair.BOTH

    def of(self, maps: torch.Tensor) -> torch.Tensor:
        """The value per picture, float32 `(pictures,)`, of the layer's maps `(pictures, units, height, width)`."""
        mine = maps[:, self.unit].float()
        if self.position is None:
            return mine.mean((1, 2))
        # a copy: the network may write into the map later
        return mine[:, self.position[0], self.position[1]].clone()


class BeforeRectifier(TorchFunctionMode):
    """While it lasts, what went into the last rectifier is known, also where it was overwritten.

    It lives in a mode of this thread: the network keeps nothing, other threads notice nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self._last: tuple[torch.Tensor, torch.Tensor] | None = None

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401  (torch's own signature)
        """As torch calls it for every operation."""
        del types
        kwargs = kwargs or {}
        if func is functional.batch_norm:
            return batch_norm(*args, **kwargs)
        met = rectifier_call(func, args, kwargs)
        if met is None:
            return func(*args, **kwargs)
        values, bounds, overwrites = met
        entered = values.clone() if overwrites else values
        output = rectified(values, *bounds, overwrites=overwrites)
        self._last = (output, entered)
        return output

    def of(self, output: torch.Tensor) -> torch.Tensor:
        """What went into the rectifier that gave `output`; `output` itself where no rectifier gave it last."""
        return self._last[1] if self._last is not None and self._last[0] is output else output

    def forget(self) -> None:
        """Let go of tensors."""
        self._last = None
