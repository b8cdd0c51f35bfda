"""What is said and shown of a synthesis that goes on or has just ended."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from deepvis.gui.figures import rough_span, span_text
from deepvis.live.pages import Made, PagePicture
from deepvis.live.studio_news import Start, StudioPhase

if TYPE_CHECKING:
    from deepvis.live.studio_news import StudioState, StudioWish

_EMPTY = np.zeros((1, 1, 3), np.uint8)
_ORDINALS = ("First", "Second", "Third")


def progress_words(state: StudioState) -> tuple[str, str]:
    """The line below the picture: how far it is, and how long it takes or how it ended."""
    phase = state.phase
    if phase is StudioPhase.WAITING:
        return ("Waiting", "for another synthesis") if state.waiting else ("Starting…", "")
    if phase is StudioPhase.PARKED:
        return f"Interrupted at step {state.step:,}", "goes on by itself"
    if phase is StudioPhase.DONE:
        stored = not state.made or any(made.key for made in state.made)
        return f"Done in {span_text(max(1.0, state.seconds))}" if stored else "Not in the gallery", ""
    if phase is not StudioPhase.RUNNING:
        return f"{str(phase).capitalize()} at step {state.step:,}", ""
    if not state.step:
        return "Starting…", ""
    begin = f"{_try(state)}: step" if state.attempt else "Step"
    return f"{begin} {state.step:,} of {state.steps:,}", left_words(state.left_s)


def progress_tip(state: StudioState) -> str:
    """What the line does not say: why there is another try; empty where there is none."""
    if not state.attempt or state.over:
        return ""
    return f"{_try(state)}, from other noise: the one before left the unit off, or showed little of its class."


def curve_tip(state: StudioState) -> str:
    """What the curve shows."""
    if state.objective:
        what = f"{state.objective}, which is more than the activation alone. It rises while the picture comes near it."
    elif state.wish.negative:
        what = "minus the activation that is sought. It rises while the unit is turned off."
    else:
        what = "the activation that is sought. It rises while the unit is excited."
    return (
        f"The objective of {state.recipe or state.wish.recipe} at each step: {what} "
        "Each step sees the picture under its own random transforms, so the value below the picture may differ."
    )


def shows_activation(state: StudioState) -> bool:
    """The curve is of the unit's activation, which natural images have, too."""
    return not state.objective and not state.wish.negative


def left_words(left_s: float | None) -> str:
    """An estimate for people; empty where there is none."""
    return "" if left_s is None else f"{rough_span(left_s)} left"


def fraction(state: StudioState) -> float | None:
    """Part of the attempt that is done, 0..1; None while unknown."""
    return min(1.0, state.step / state.steps) if state.steps and state.step else None


def percent_text(state: StudioState) -> str:
    """The same behind a title."""
    part = fraction(state)
    return "" if part is None or state.over else f"{100 * part:.0f} %"


def pictures_of(state: StudioState) -> tuple[PagePicture, ...]:
    """The pictures as they are now, one per seed, finished or not; without content before there is any."""
    return tuple(_picture(state, place) for place in range(len(state.wish.seeds)))


def expected_pictures(count: int) -> tuple[PagePicture, ...]:
    """What keeps the place of pictures that are about to be begun."""
    return tuple(PagePicture(_EMPTY, math.nan, "", made=Made("", place, 0)) for place in range(count))


def _picture(state: StudioState, place: int) -> PagePicture:
    wish, images = state.wish, state.images
    rgb = _EMPTY if images is None or place >= len(images) else images[place]
    recipe = state.recipe or wish.recipe
    if place < len(state.made):
        made = state.made[place]
        figures = Made(
            recipe,
            made.seed,
            made.key,
            removable=bool(made.key),
            negative=wish.negative,
            natural_ratio=made.natural_ratio,
            layer_rank=made.layer_rank,
            majority=made.majority,
            steps=state.steps or None,
            reason=made.reason,
            start=start_words(wish),
            changes=state.changes,
            how=state.how,
        )
        return PagePicture(rgb, made.value, recipe, made=figures)
    unfinished = Made(
        recipe,
        wish.seeds[place],
        0,
        negative=wish.negative,
        start=start_words(wish),
        changes=state.changes,
        how=state.how,
    )
    return PagePicture(rgb, _last_value(state, place), recipe, made=unfinished)


def start_words(wish: StudioWish) -> str:
    """What the ascent began with where that was no noise."""
    if wish.start is Start.NOISE:
        return ""
    return "the frame" if wish.start is Start.FRAME else wish.start_title or "a picture"


def reasons(state: StudioState) -> str:
    """Why units stayed off, each reason once."""
    return " ".join(dict.fromkeys(made.reason for made in state.made if made.reason))


def _try(state: StudioState) -> str:
    number = state.attempt
    return f"{_ORDINALS[number]} try" if number < len(_ORDINALS) else f"Try {number + 1}"


def _last_value(state: StudioState, place: int) -> float:
    """The activation of the last step, as that of the finished picture will be told; NaN where it is not known."""
    curve = state.curve
    if state.objective or curve is None or not len(curve) or place >= curve.shape[1]:
        return math.nan
    return float(-curve[-1, place] if state.wish.negative else curve[-1, place])
