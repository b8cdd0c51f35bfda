"""A layer that runs once for each of two pictures is called twice, and its units are the same. No torch here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.kinds import Pair

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis.models.layers import LayerTap
    from deepvis.records import LayerInfo


def calls_of(info: LayerInfo, pair: Pair = Pair.BOTH) -> tuple[str, ...]:
    """The layers whose maps count, that of the first picture before that of the second.

    Args:
        info: of the second of two that are a pair, as the lists have it; any other stands for itself alone.
        pair: whose maps.
    """
    if not info.pair or pair is Pair.SECOND:
        return (info.name,)
    return (info.pair,) if pair is Pair.FIRST else (info.pair, info.name)


def listed_name(taps: Mapping[str, LayerTap], name: str) -> str:
    """The layer of the lists that has the units of a layer: the second of a pair for the first, else the layer."""
    return next((tap.name for tap in taps.values() if tap.info.pair == name), name)


def calls_with_unit(taps: Mapping[str, LayerTap], name: str) -> tuple[LayerTap, ...]:
    """All calls of a layer that have its units, in order of execution: a unit of a shared layer is one unit.

    Args:
        taps: layers of the network by name.
        name: of either call.
    """
    return tuple(taps[each] for each in calls_of(taps[listed_name(taps, name)].info))
