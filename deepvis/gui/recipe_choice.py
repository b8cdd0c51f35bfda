"""What a person wants of a synthesis besides the unit: kept by the panel, and from one run to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.live.studio_news import Start, StudioWish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deepvis.live.pages import PagePicture
    from deepvis.live.studio_news import RecipeInfo, RegularizerChoice, StudioOffer
    from deepvis.records import UnitId

MOST_PICTURES = 9
LARGEST_SEED = 999_999
SIZES = (32, 512)
MOST_STEPS = 5000

_NAMED = {
    "size": "size",
    "steps": "steps",
    "pictures": "pictures",
    "first_seed": "seed",
    "start": "start",
    "negative": "what is sought",
    "regularizers": "regularizers",
}
"""Attribute of a choice to what it is called in a sentence; the picture belongs to the start."""


@dataclass(frozen=True, slots=True)
class RecipeChoice:
    """What the panel says.

    Attributes:
        recipe: its name; empty for the one that is taken where nobody chooses.
        size: in pixels; None: the recipe's.
        steps: None: the recipe's.
        pictures: how many, one per seed.
        first_seed: of the first one; the others follow.
        negative: what turns the unit off.
        regularizers: None: the recipe's.
        start: what to begin with.
        picture: where `start` is `PICTURE`.
        how: `Made.how` of a picture that others are to be like, whatever else is chosen of the recipe.
    """

    recipe: str = ""
    size: int | None = None
    steps: int | None = None
    pictures: int = 1
    first_seed: int = 0
    negative: bool = False
    regularizers: tuple[RegularizerChoice, ...] | None = None
    start: Start = Start.NOISE
    picture: PagePicture | None = None
    how: str = ""

    @property
    def seeds(self) -> tuple[int, ...]:
        """One per picture."""
        return tuple(range(self.first_seed, self.first_seed + self.pictures))

    def named(self, offer: StudioOffer) -> str:
        """The recipe's name; that of the usual one where the chosen one is not offered (any more)."""
        return self.recipe if any(info.name == self.recipe for info in offer.recipes) else offer.default

    def wish(self, unit: UnitId, offer: StudioOffer) -> StudioWish:
        """All of it, of one unit."""
        picture = self.picture if self.start is Start.PICTURE else None
        start = Start.NOISE if self.start is Start.PICTURE and picture is None else self.start
        return StudioWish(
            unit,
            self.recipe if self.how else self.named(offer),
            self.size,
            self.steps,
            self.seeds,
            self.regularizers,
            self.negative,
            start,
            None if picture is None else picture.rgb,
            "" if picture is None else picture.title,
            again=False,
            how=self.how,
        )

    def plain(self) -> RecipeChoice:
        """What holds for units that are merely clicked: recipe, size and steps, one picture."""
        return RecipeChoice(self.recipe, self.size, self.steps)

    def changes(self) -> tuple[str, ...]:
        """What differs from the recipe as it is, as the panel names it."""
        usual = RecipeChoice(self.recipe)
        return tuple(word for name, word in _NAMED.items() if getattr(self, name) != getattr(usual, name))

    def to_json(self) -> dict[str, object]:
        """What is remembered."""
        names = ("recipe", "size", "steps", "pictures", "first_seed")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> RecipeChoice:
        """What was remembered; what is damaged or out of range is passed over."""
        recipe = data.get("recipe")
        return cls(
            recipe if isinstance(recipe, str) else "",
            _whole(data.get("size"), *SIZES),
            _whole(data.get("steps"), 1, MOST_STEPS),
            _whole(data.get("pictures"), 1, MOST_PICTURES) or 1,
            _whole(data.get("first_seed"), 0, LARGEST_SEED) or 0,
        )


def recipe_info(offer: StudioOffer, name: str, *, is_classes: bool) -> RecipeInfo | None:
    """A recipe as it is on one kind of layer."""
    rows = offer.class_recipes if is_classes else offer.recipes
    return next((info for info in rows if info.name == name), None)


def another(choice: RecipeChoice, recipe: str, pictures: Iterable[PagePicture]) -> RecipeChoice:
    """The same with seeds that are not on the page yet: a seed gives the same picture every time.

    Args:
        choice: what the panel says.
        recipe: its recipe's name.
        pictures: of the page.
    """
    if choice.regularizers is not None or choice.negative or choice.start is not Start.NOISE:
        return choice
    made = [each.made for each in pictures if each.made is not None and not each.made.start]
    taken = {each.seed for each in made if each.recipe.partition(",")[0] == recipe and not each.negative}
    if not taken.intersection(choice.seeds):
        return choice
    return replace(choice, first_seed=min(LARGEST_SEED, max(taken) + 1))


def _whole(value: object, low: int, high: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if low <= value <= high else None
