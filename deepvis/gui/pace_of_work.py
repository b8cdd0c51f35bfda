"""How long a synthesis will take, by how long the last ones took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.gui.figures import rough_span
from deepvis.gui.recipe_choice import RecipeChoice, recipe_info

if TYPE_CHECKING:
    from deepvis.live.studio_news import StudioOffer, StudioState

_ENOUGH = 0.25
"""After this part of the steps the pace is known: the first ones take longer, and the first rests come later."""


class PaceOfWork:
    """Seconds per step, picture and pixel; that of the last synthesis stands for the next one."""

    def __init__(self) -> None:
        self._seconds_each: float | None = None

    def learn(self, state: StudioState) -> None:
        """Take note of one that goes on."""
        if state.images is None or state.step < _ENOUGH * state.steps or state.attempt or not state.seconds:
            return
        pictures, height, width = state.images.shape[:3]
        self._seconds_each = state.seconds / (state.step * pictures * height * width)

    def estimate(self, choice: RecipeChoice, offer: StudioOffer | None, *, is_classes: bool) -> str:
        """A few words for people; empty as long as nothing is known."""
        info = None if offer is None else recipe_info(offer, choice.named(offer), is_classes=is_classes)
        if info is None or self._seconds_each is None:
            return ""
        size, steps = choice.size or info.size, choice.steps or info.steps
        return f"Takes {rough_span(self._seconds_each * steps * choice.pictures * size * size)}."
