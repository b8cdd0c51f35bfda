"""The backward view of one frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis.kinds import Method
    from deepvis.records import Target


@dataclass(frozen=True, slots=True, eq=False)
class RandomizedCheck:
    """The same view of a network whose weights were randomized from the top (Adebayo et al. 2018).

    Attributes:
        depth: name of the lowest layer that was randomized, for people.
        correlation: Spearman's rank correlation with the true view, of absolute values, -1..1.
        picture_rgb: uint8 `(height, width, 3)`, drawn like the true one.
        extent: lowest and highest value.
        counts: int64 `(50,)`, histogram between `extent`; None unless the view is the histogram.
    """

    depth: str
    correlation: float
    picture_rgb: NDArray[np.uint8]
    extent: tuple[float, float] = (0.0, 0.0)
    counts: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class BackResult:
    """The backward view of one frame.

    Attributes:
        method: by which it was made.
        target: what it is of, class and position filled in.
        title: of the target for people: `blocks.4.1/37`, `espresso`, `espresso − cup`.
        frozen: the origin was frozen.
        picture_rgb: uint8 `(height, width, 3)`, at most as large as the pane; None where `reason` says why.
        reason: why there is no picture, a sentence.
        caveat: what is known to be wrong with the method, one line.
        coverage: what its rectifier rule reaches in this network, a sentence; empty where there is no such rule.
        activation: of the target.
        extent: lowest and highest value of the attribution.
        counts: int64 `(50,)`, histogram of the attribution between `extent`; None unless the view is the histogram.
        milliseconds: what it took, beside the forward pass.
        progress: of a method that refines itself, 0..1; 1 for all others.
        checks: deepest randomization last; empty unless asked for.
    """

    method: Method
    target: Target
    title: str
    frozen: bool
    picture_rgb: NDArray[np.uint8] | None
    reason: str = ""
    caveat: str = ""
    coverage: str = ""
    activation: float = 0.0
    extent: tuple[float, float] = (0.0, 0.0)
    counts: NDArray[np.int64] | None = None
    milliseconds: float = 0.0
    progress: float = 1.0
    checks: tuple[RandomizedCheck, ...] = ()
