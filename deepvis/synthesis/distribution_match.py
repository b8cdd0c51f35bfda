"""Pulls a picture's features toward those of the natural pictures that excite its unit most (VITAL, ICCV 2025).

What the distance costs is measured by how strongly the unit answers to these pictures: so one weight does as much in a
layer whose units reach 6 as in one whose units reach 100.

The paper weighs channels by their relevance for the unit (LRP). Gradient times activation on the references in its
place was tried on units of the default network's blocks.4.1: at one weight it cost more of the unit's activation and
the pictures were no clearer, so all channels count alike here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from deepvis.synthesis.gradient_flow import GradientFlow
from deepvis.synthesis.references import FEATURE_DISTRIBUTION, ReferenceWish
from deepvis.synthesis.regularizers.feature_distribution import Quantiles, distribution_distance
from deepvis.synthesis.regularizers.table import REGULARIZERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from deepvis.records import LayerInfo
    from deepvis.synthesis.forward import LayerValues
    from deepvis.synthesis.recipe import Recipe
    from deepvis.synthesis.references import References
    from deepvis.synthesis.regularizers.slots import Distribution, Regularizer
    from deepvis.synthesis.subject import Subject

_WHITE = 255.0
_AT_ONCE = 16
"""References that the network sees at once."""
_HOW = "Scan a folder of images first: `deepvis scan --images FOLDER --layers {}`."


def matched_layers(layers: Iterable[LayerInfo], own: str, count: int) -> tuple[str, ...]:
    """The layers compared, in order of execution: evenly spread among those worth showing up to a unit's own.

    One that has a single position, as classes have, has nothing to sort and is left out. The last one that has more
    always is among them, the first one only where there is no other.
    """
    infos = [info for info in layers if not info.reason]
    end = next((number for number, info in enumerate(infos) if info.name == own), len(infos) - 1)
    fit = [
        info.name
        for number, info in enumerate(infos[: end + 1])
        if (info.worth_showing or number == end) and info.height * info.width > 1
    ]
    taken = min(count, len(fit))
    return tuple(fit[len(fit) * (part + 1) // taken - 1] for part in range(taken))


def layers_to_read(layers: Iterable[LayerInfo], own: str, recipe: Recipe) -> frozenset[str]:
    """Names of the layers that a recipe's regularizers compare on the way to a unit's own layer."""
    found: set[str] = set()
    for part in recipe.regularizers:
        if part.name == FEATURE_DISTRIBUTION:
            values = REGULARIZERS[part.name].values(part)
            found.update(matched_layers(layers, own, int(values["layers"])))
    return frozenset(found)


class DistributionMatch:
    """The distance from the references, of every picture from those of its own unit."""

    def __init__(
        self,
        parts: Sequence[Regularizer],
        subject: Subject,
        units: torch.Tensor,
        references: References | None,
        *,
        negative: bool,
    ) -> None:
        """Let the network look at the references.

        Args:
            parts: all regularizers of the recipe.
            subject: reads the layers that `layers_to_read` names.
            units: int64 `(batch,)`.
            references: who has natural pictures.
            negative: those are wanted that the units answer to least.

        Raises:
            ValueError: there are none, or no layer to compare; the message is a sentence.
        """
        wanted = [part.distribution for part in parts if part.distribution is not None]
        self._goals = [_Goal(one, subject, units, references, negative=negative) for one in wanted]

    def keep(self, places: torch.Tensor) -> None:
        """Go on with some of the pictures only."""
        for goal in self._goals:
            goal.keep(places)

    def distance(self, values: Mapping[str, LayerValues]) -> torch.Tensor | None:
        """What is to be taken off the objective, `(batch,)`; None where there is nothing."""
        distances = [goal.distance(values) for goal in self._goals]
        return torch.stack(distances).sum(0) if distances else None


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What the network says of a unit's references: every layer's quantiles, and how strongly the unit answers."""

    layers: dict[str, Quantiles]
    answer: torch.Tensor


class _Goal:
    """One such regularizer."""

    def __init__(
        self,
        wanted: Distribution,
        subject: Subject,
        units: torch.Tensor,
        references: References | None,
        *,
        negative: bool,
    ) -> None:
        own = subject.tap.name
        self._weight = wanted.weight
        self._layers = matched_layers(subject.layers, own, wanted.layers)
        if not self._layers:
            raise ValueError(f"{FEATURE_DISTRIBUTION} compares layers with several positions, and up to {own} is none.")
        if references is None:
            raise ValueError(
                f"{FEATURE_DISTRIBUTION} needs natural pictures out of a scan, and there is none. {_HOW.format(own)}"
            )
        known = {}
        # each unit's by themselves, so that what a picture is pulled to does not depend on what is made beside it
        for unit in dict.fromkeys(units.tolist()):
            wish = ReferenceWish(own, unit, wanted.references, subject.input_size, negative)
            known[unit] = _measured(subject, references, wish, self._layers)
        self._known = [known[unit] for unit in units.tolist()]
        self._at: dict[tuple[str, int], tuple[torch.Tensor, torch.Tensor]] = {}

    def keep(self, places: torch.Tensor) -> None:
        self._known = [self._known[place] for place in places.tolist()]
        self._at.clear()

    def distance(self, values: Mapping[str, LayerValues]) -> torch.Tensor:
        distances = []
        for name in self._layers:
            maps = values[name].maps
            distances.append(distribution_distance(maps, *self._quantiles(name, maps[0, 0].numel())))
        answers = torch.stack([known.answer for known in self._known])
        return self._weight * answers * torch.stack(distances).mean(0)

    def _quantiles(self, layer: str, positions: int) -> tuple[torch.Tensor, torch.Tensor]:
        """For the whole batch; networks see pictures at two or three sizes, which are kept."""
        key = (layer, positions)
        if key not in self._at:
            known = [each.layers[layer] for each in self._known]
            self._at[key] = (
                torch.stack([one.at(positions) for one in known]),
                torch.stack([one.spread for one in known]),
            )
        return self._at[key]


@torch.no_grad()
def _measured(subject: Subject, references: References, wish: ReferenceWish, layers: Sequence[str]) -> _Known:
    """Let the network look at a unit's references.

    Raises:
        ValueError: there are none.
    """
    pictures = references.find(wish)
    if not len(pictures):
        raise ValueError(
            f"{FEATURE_DISTRIBUTION} needs natural pictures that excite unit {wish.unit} of {wish.layer}, and no"
            f" finished scan of this network has any. {_HOW.format(wish.layer)}"
        )
    batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).to(subject.device).float() / _WHITE
    flow = GradientFlow(redirects=False)
    seen = [subject.read(part, flow) for part in torch.split(batch, _AT_ONCE)]
    own = torch.cat([values[wish.layer].maps[:, wish.unit] for values in seen])
    quantiles = {name: Quantiles(torch.cat([values[name].maps for values in seen])) for name in layers}
    return _Known(quantiles, own.abs().amax((1, 2)).mean())
