"""Which layers a job works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.records import LayerInfo, ModelInfo


def layers_wanted(info: ModelInfo, names: Sequence[str], refusal: type[Exception], unfit: str) -> tuple[LayerInfo, ...]:
    """The layers named, in order of execution; those worth showing where none is.

    Args:
        info: of the network.
        names: of layers.
        refusal: raised where there is no such layer, or it cannot be shown.
        unfit: how a sentence about a layer that cannot be shown begins, with `{}` for its name.
    """
    if not names:
        return info.shown_layers()
    for name in names:
        try:
            reason = info.layer(name).reason
        except KeyError as error:
            raise refusal(f"{error.args[0]} `deepvis layers --model {info.name}` lists them.") from None
        if reason:
            raise refusal(f"{unfit.format(name)}: {reason}")
    return tuple(layer for layer in info.layers if layer.name in names)
