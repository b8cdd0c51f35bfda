"""How strongly the units of a layer answer to pictures, as they are and disturbed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis.evaluation.disturbances import DISTURBANCES, KINDS
from deepvis.synthesis.gradient_flow import GradientFlow
from deepvis.synthesis.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis.models.engine import Engine

BATCH = 16
_WHITE = 255.0


@dataclass(frozen=True, slots=True)
class Response:
    """What one unit says to one picture.

    Attributes:
        value: the unit's largest activation; of classes before the softmax.
        rank: units of the layer with a larger one; 0: the picture is this unit's more than any other's.
        kept: by kind of disturbance, the mean activation under it over `value`; empty where `value` is not above 0.
    """

    value: float
    rank: int
    kept: dict[str, float]

    @property
    def robustness(self) -> float:
        """Mean over the kinds; NaN where there is none."""
        return float(np.mean(list(self.kept.values()))) if self.kept else float("nan")


class LayerAnswers:
    """One layer, asked about pictures of one size. The network is fed with that size where it runs on it."""

    def __init__(self, engine: Engine, layer: str, size: int) -> None:
        """Find the layer and the size.

        Raises:
            ModelError: there is no such layer, or it cannot be shown.
        """
        self._subject = Subject(engine, layer, frozenset(), None)
        self._subject.choose_input_size(size, (), GradientFlow(redirects=False))

    @torch.no_grad()
    def peaks(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
        """Largest activations, `(pictures, units)`, of uint8 `(size, size, 3)` pictures."""
        parts = [self._batch(pictures[first : first + BATCH]) for first in range(0, len(pictures), BATCH)]
        return np.concatenate(parts)

    def responses(self, pictures: Sequence[NDArray[np.uint8]], units: Sequence[int]) -> list[Response]:
        """What each picture's own unit says."""
        clean = self.peaks(pictures)
        return [
            self._response(picture, unit, peaks) for picture, unit, peaks in zip(pictures, units, clean, strict=True)
        ]

    def _response(self, picture: NDArray[np.uint8], unit: int, peaks: NDArray[np.float64]) -> Response:
        value = float(peaks[unit])
        rank = int((peaks > value).sum())
        # a share of nothing, or of less than nothing, says nothing
        if not value > 0:
            return Response(value, rank, {})
        changed = self.peaks([disturbance.change(picture) for disturbance in DISTURBANCES])[:, unit]
        kept = {kind: float(np.mean(changed[_places(kind)])) / value for kind in KINDS}
        return Response(value, rank, kept)

    def _batch(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
        subject = self._subject
        batch = torch.from_numpy(np.stack(pictures)).to(subject.device).permute(0, 3, 1, 2).float() / _WHITE
        values = subject.read(subject.resized(batch), GradientFlow(redirects=False))[subject.tap.name]
        peaks: NDArray[np.float64] = values.maps.amax((2, 3)).cpu().double().numpy()
        return peaks


def _places(kind: str) -> list[int]:
    return [place for place, disturbance in enumerate(DISTURBANCES) if disturbance.kind == kind]
