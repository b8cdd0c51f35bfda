"""Made-up news of a studio, as its thread would tell them."""

from __future__ import annotations

import numpy as np

from deepvis.live.pages import Made, PagePicture
from deepvis.live.studio_news import (
    MadePicture,
    RecipeInfo,
    RegularizerInfo,
    SettingInfo,
    StudioOffer,
    StudioPhase,
    StudioState,
    StudioWish,
)
from deepvis.records import UnitId

UNIT = UnitId("toynet", "blocks.0", 7)
BLUR = RegularizerInfo(
    "blur",
    "Yosinski 2015",
    "smooths",
    "operator",
    (SettingInfo("sigma", 1.0, 0.0, 10.0, "in pixels"), SettingInfo("every", 4, 1, 100, "steps")),
)
DECAY = RegularizerInfo("decay", "Yosinski 2015", "shrinks", "operator", (SettingInfo("rate", 1e-4, 0.0, 1.0),))
SIGNED = RegularizerInfo(
    "signed",
    "nobody",
    "has a switch and a list",
    "penalty",
    (SettingInfo("on", default=False), SettingInfo("how", "soft", choices=("soft", "hard"))),
)
PATCHES = RegularizerInfo("patch-prior", "somebody", "patches", "penalty", (), needs="It needs patches.")
OFFER = StudioOffer(
    recipes=(
        RecipeInfo("clear", "DeepVis", 160, 128, about="fourier"),
        RecipeInfo("old", "Yosinski", 224, 500, (("blur", (("sigma", 0.5), ("every", 4))),), about="pixels"),
        RecipeInfo("generated", "Nguyen", 224, 200, needs="It needs a generator."),
    ),
    class_recipes=(
        RecipeInfo("clear", "DeepVis", 160, 190, about="fourier of classes"),
        RecipeInfo("old", "Yosinski", 224, 500, (("blur", (("sigma", 0.5), ("every", 4))),), about="pixels"),
        RecipeInfo("generated", "Nguyen", 224, 200, needs="It needs a generator."),
    ),
    regularizers=(BLUR, DECAY, SIGNED, PATCHES),
    default="clear",
)


def make_state(phase=StudioPhase.RUNNING, number=1, step=48, keys=None, unit=UNIT, **changes) -> StudioState:
    """How far a wish of 128 steps is; finished ones have a picture per seed, with keys from 11 on."""
    wish = StudioWish(unit, "clear", **changes.pop("wish", {}))
    count = len(wish.seeds)
    made = ()
    if phase is StudioPhase.DONE:
        step, keys = 128, range(11, 11 + count) if keys is None else keys
        made = tuple(
            MadePicture(key, seed, 31.2, 1.5, 0, 27, changes.get("reason", ""))
            for key, seed in zip(keys, wish.seeds, strict=True)
        )
    changes.pop("reason", None)
    curve = np.linspace(0, 30, max(step, 1), dtype=np.float32)[:, None].repeat(count, 1)
    facts = {
        "recipe": "clear",
        "step": step,
        "steps": 128,
        "images": np.full((count, 16, 16, 3), 90, np.uint8) if step else None,
        "curve": curve if step else None,
        "made": made,
        "seconds": 2.0,
        "left_s": 2.2 if phase is StudioPhase.RUNNING and step else None,
    }
    return StudioState(number, wish, phase, **{**facts, **changes})


def make_made(key=5, value=31.2, **changes) -> PagePicture:
    """A finished picture as the page has it."""
    facts = {"recipe": "clear", "seed": 0, "natural_ratio": 1.5, "layer_rank": 0, "majority": 27, "steps": 128}
    made = Made(**{**facts, "removable": True, **changes}, key=key)
    return PagePicture(np.full((16, 16, 3), 120, np.uint8), value, made.recipe, made=made)
