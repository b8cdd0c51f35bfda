"""Made-up backward views, as the inference thread would tell them."""

from __future__ import annotations

import numpy as np

from deepvis.live.back_result import BackResult, RandomizedCheck
from deepvis.records import Method, Target


def make_back(view=None, **changes) -> BackResult:
    """Of the view's target, or of blocks.0/7: a gray picture of 40 × 40."""
    target = Target("blocks.0", 7) if view is None else view.back.target(view.layer, view.unit, view.position)
    method = Method.GRADIENT if view is None or view.back.method is None else view.back.method
    facts = {
        "title": f"{target.layer}/{target.unit}",
        "frozen": view is not None and view.back.origin is not None,
        "picture_rgb": np.full((40, 40, 3), 90, np.uint8),
        "caveat": "It is noisy.",
        "activation": 3.5,
        "extent": (-1.0, 1.0),
        "milliseconds": 12.0,
    }
    return BackResult(method, target, **{**facts, **changes})


def make_checks(*correlations: float) -> tuple[RandomizedCheck, ...]:
    """One for each correlation, deeper and deeper."""
    return tuple(
        RandomizedCheck(f"layer {depth}", correlation, np.full((40, 40, 3), depth, np.uint8))
        for depth, correlation in enumerate(correlations)
    )
