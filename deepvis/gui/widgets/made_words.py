"""What is said of a synthesized picture: captions, badges, and all its figures."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from deepvis.gui.figures import number

if TYPE_CHECKING:
    from collections.abc import Hashable

    from deepvis.live.pages import Made, PagePicture

WRAPPED_AT = 46
"""Letters in a line of the popup."""

TURNS_OFF = "turns off"
STALE = "stale"
CHANGED = "size, steps or regularizers are not the recipe's"
"""Said where it is not known any more what was changed."""

STAYED_OFF = "stayed off"


def name_of(made: Made) -> str:
    """Recipe and seed, `clear · seed 0`; an imported picture has only a recipe."""
    return f"{made.recipe} · seed {made.seed}"


def key_of(picture: PagePicture) -> Hashable:
    """What tells that a picture is still the same after a page was read again."""
    if picture.made is not None and picture.made.key:
        return ("made", picture.made.key)
    return (picture.title, picture.position, picture.value, picture.band)


def same_picture(first: PagePicture, second: PagePicture) -> bool:
    """Both are one synthesized picture, read from a gallery or just made.

    A picture of the packaged gallery has its own key there, and none where the studio shows that it is made already.
    """
    one, other = first.made, second.made
    if one is None or other is None:
        return False
    if one.removable and other.removable:
        return one.key == other.key
    same = (one.recipe, one.seed, one.negative, one.start) == (other.recipe, other.seed, other.negative, other.start)
    return same and first.value == second.value


def caption(picture: PagePicture, made: Made) -> tuple[tuple[str, str], tuple[str, str]]:
    """Two lines, each with its beginning and its end: recipe (with a star where changed) and seed, value and ratio."""
    value = "" if math.isnan(picture.value) else number(picture.value)
    recipe, _, changes = made.recipe.partition(",")
    return (recipe + "*" * ("changed" in changes), f"seed {made.seed}"), (value, ratio_text(made, " max"))


def ratio_text(made: Made, of: str) -> str:
    """The value as a multiple of the natural maximum; empty where that is unknown, or no maximum was sought."""
    ratio = made.natural_ratio
    if ratio is None or made.negative or not math.isfinite(ratio):
        return ""
    places = 0 if abs(ratio) >= 10 or not ratio else 1 if abs(ratio) >= 0.95 else 2
    figure = f"{ratio:.{places}f}"
    return f"{figure.replace('-', '−')}×{of}"


def badges(made: Made) -> tuple[str, ...]:
    """Short words for what must not be overlooked."""
    said = ((bool(made.reason), STAYED_OFF), (made.negative, TURNS_OFF), (bool(made.stale), STALE))
    return tuple(word for on, word in said if on)


def value_text(value: float, made: Made) -> str:
    """Value and ratio in one line; empty where both are unknown."""
    known = "" if math.isnan(value) else f"value {number(value)}"
    return "  ·  ".join(part for part in (known, ratio_text(made, " natural maximum")) if part)


def figures_of(value: float, made: Made, letters: int | None = WRAPPED_AT) -> tuple[str, ...]:
    """All that is known of a synthesized picture with that activation (NaN where unknown), a line each.

    Args:
        value: the activation.
        made: how the picture was made.
        letters: of a line at most where sentences are long; None leaves every sentence in one line.
    """
    how = [] if made.steps is None else [f"{made.steps:,} steps"]
    if made.start:
        how.append(f"from {made.start}")
    lines = [
        name_of(made),
        "turns the unit off" if made.negative else "",
        value_text(value, made),
        rank_text(made.layer_rank, made.majority),
        "  ·  ".join(how),
        *change_lines(made, letters),
        *in_lines(made.reason, letters),
        *in_lines(made.stale, letters),
    ]
    return tuple(line for line in lines if line)


def in_lines(text: str, letters: int | None) -> list[str]:
    """A sentence in lines of so many letters, or in one where that is None; no line where nothing is said."""
    return [text] if text and letters is None else textwrap.wrap(text, letters or WRAPPED_AT)


def change_lines(made: Made, letters: int | None = WRAPPED_AT) -> list[str]:
    """What of the recipe was changed, in lines of the popup; none where nothing was."""
    if "changed" not in made.recipe.partition(",")[2]:
        return []
    return in_lines(f"changed: {made.changes}", letters) if made.changes else [CHANGED]


def rank_text(rank: int | None, majority: int | None) -> str:
    """How the unit stood among the units of its layer in the end, and since when it led them."""
    if rank is None:
        return ""
    if rank:
        others = "1 unit of the layer is" if rank == 1 else f"{rank:,} units of the layer are"
        return f"{others} larger"
    return f"largest of its layer, from step {majority:,} on" if majority else "largest of its layer"
