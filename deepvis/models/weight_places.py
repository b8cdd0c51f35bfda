"""Which module's weights make the units of a layer: its own, or those of a convolution whose output it passes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis.models.layout import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from deepvis.models.layers import LayerTap

_MIXING = ("pool", "softmax", "softmin", "upsample", "shuffle")
"""Parts of names of modules whose output has values of several places, or of several units, of their input."""
_NORM = "norm"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the weights of a layer's units are.

    Attributes:
        module: the module that holds them.
        note: what comes after them, for people; empty where nothing does.
        maps: units, rows and columns of the maps that the module takes flattened; None where it takes them as they are.
        first: no weights come before these: they meet the network's input.
    """

    module: str
    note: str = ""
    maps: tuple[int, int, int] | None = None
    first: bool = False


class WeightPlaces:
    """Finds them along the way that the values took.

    Args:
        taps: every call of every module, in order of execution.
        units: how many units a module's weights make, by the module's name; only modules that have such weights.
        opaque: modules that have other weights, so that their units are not those of their input.
    """

    def __init__(self, taps: Sequence[LayerTap], units: Mapping[str, int], opaque: frozenset[str]) -> None:
        self._taps = taps
        self._units = units
        self._opaque = opaque
        self._by_name = {tap.name: number for number, tap in enumerate(taps)}
        self._uncalled = _uncalled(units, {tap.module for tap in taps})
        self._first = next((number for number, tap in enumerate(taps) if self._holder(tap)), -1)

    def of(self, layer: str) -> Place | str:
        """Where the weights of a layer's units are, or a sentence that says why there are none.

        Raises:
            KeyError: there is no such layer.
        """
        number = self._by_name[layer]
        if not self._taps[number].module:
            return self._no_softmax(number)
        way = _Way()
        end = self._follow(number, way)
        holder = self._holder(self._taps[end])
        if not holder or self._units[holder] != self._taps[number].info.units:
            return self._none(number, end)
        return Place(holder, way.words(), self._flattened(end), first=end == self._first)

    def _follow(self, number: int, way: _Way) -> int:
        """Back to the call whose weights make the units, or to the one where they can be followed no further."""
        for _ in self._taps:
            if self._holder(self._taps[number]):
                break
            before = self._before(number, way)
            if before is None or self._taps[before].info.units != self._taps[number].info.units:
                break
            number = before
        return number

    def _before(self, number: int, way: _Way) -> int | None:
        tap = self._taps[number]
        if tap.flow.gives is not None:
            way.altered |= tap.flow.altered
            return tap.flow.gives
        if inside := self._inside(number):
            # its output was made of what its parts gave, by an operation that is no module
            way.altered = True
            return self._last_of(number, inside)
        if tap.module in self._opaque or any(word in tap.info.type_name.lower() for word in _MIXING):
            return None
        if tap.flow.takes is None:
            return self._through_parent(number, way)
        if not self._same_shape(number, tap.flow.takes):
            return None
        way.normalized |= _NORM in tap.info.type_name.lower()
        way.altered |= tap.flow.altered
        return tap.flow.takes

    def _through_parent(self, number: int, way: _Way) -> int | None:
        """What a part takes that no module gave: the last weights before it in its parent, else the parent's input."""
        parent = self._parent(number)
        if parent is None:
            return None
        if before := [other for other in self._inside(parent) if other < number]:
            way.altered = True
            return self._last_of(parent, before)
        taken = self._taps[parent].flow.takes
        if taken is None or self._taps[parent].module in self._opaque or not self._same_shape(number, taken):
            return None
        way.normalized |= _NORM in self._taps[parent].info.type_name.lower()
        return taken

    def _inside(self, number: int) -> list[int]:
        """Calls with weights inside a call, in order of execution."""
        prefix = self._taps[number].module + "."
        found: list[int] = []
        for other in range(number - 1, -1, -1):
            tap = self._taps[other]
            if not tap.module.startswith(prefix):
                break
            if self._holder(tap):
                found.insert(0, other)
        return found

    def _last_of(self, parent: int, calls: Iterable[int]) -> int | None:
        """The last of these with as many units; one that takes what the parent took is a shortcut, and comes second."""
        units, taken = self._taps[parent].info.units, self._taps[parent].flow.takes
        fitting = [call for call in calls if self._taps[call].info.units == units]
        inner = [call for call in fitting if self._taps[call].flow.takes != taken]
        return next(iter((inner or fitting)[-1:]), None)

    def _parent(self, number: int) -> int | None:
        name = self._taps[number].module.rpartition(".")[0]
        later = range(number + 1, len(self._taps))
        return next((other for other in later if name and self._taps[other].module == name), None)

    def _holder(self, tap: LayerTap) -> str:
        """The module whose weights a call uses; empty where it has none."""
        if tap.module in self._units:
            return tap.module
        # weights of parts that are used without being called, as attention does with its projections
        fitting = [name for name in self._uncalled.get(tap.module, ()) if self._units[name] == tap.info.units]
        return next(iter(fitting[-1:]), "")

    def _same_shape(self, one: int, other: int) -> bool:
        first, second = self._taps[one].info, self._taps[other].info
        return (first.units, first.height, first.width) == (second.units, second.height, second.width)

    def _flattened(self, number: int) -> tuple[int, int, int] | None:
        before = self._taps[number].flow.takes
        while before is not None:
            tap = self._taps[before]
            if tap.info.height * tap.info.width > 1:
                maps = tap.info.units, tap.info.height, tap.info.width
                return maps if tap.layout is not None and tap.layout.kind is Kind.NCHW else None
            # a flattening or a dropout in between gives the same values in the same order
            before = tap.flow.gives if tap.flow.gives is not None else tap.flow.takes
        return None

    # sentences

    def _none(self, number: int, end: int) -> str:
        layer, last = self._taps[number].info, self._taps[end].info
        made = {self._units[self._holder(self._taps[call])] for call in self._inside(end)}
        if made and layer.units not in made:
            counts = _listed([f"{count:,}" for count in sorted(made)[:4]])
            return f"No weights make the {layer.units:,} units of {layer.name}: those inside {last.name} make {counts}."
        kind = _article(last.type_name)
        which = f"{last.name}, {kind}," if end != number else kind
        pools = "pool" in last.type_name.lower()
        does = "only pools" if pools else "only passes on, rescales or mixes"
        return f"No weights make the units of {layer.name}: {which} {does} what comes before it."

    def _no_softmax(self, number: int) -> str:
        units = self._taps[number].info.units
        said = "softmax has no weights: it only turns the network's output into probabilities."
        logits = [tap.name for tap in self._taps[:number] if tap.info.is_classes and tap.info.units == units]
        place = self.of(logits[-1]) if logits else ""
        return said if isinstance(place, str) else f"{said} The weights of its classes are those of {place.module}."


@dataclass(slots=True)
class _Way:
    """What lies between weights and a layer's output."""

    normalized: bool = False
    altered: bool = False

    def words(self) -> str:
        more = [word for word, on in (("normalization", self.normalized), ("further operations", self.altered)) if on]
        return f"before {' and '.join(more)}" if more else ""


def _uncalled(units: Mapping[str, int], called: set[str]) -> dict[str, list[str]]:
    """Modules with weights that never run by themselves, by the innermost module around them that does."""
    found: dict[str, list[str]] = {}
    for name in units:
        owner = name
        while owner and owner not in called:
            owner = owner.rpartition(".")[0]
        if owner and owner != name:
            found.setdefault(owner, []).append(name)
    return found


def _article(name: str) -> str:
    return f"an {name}" if name[:1].upper() in "AEIOU" else f"a {name}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
