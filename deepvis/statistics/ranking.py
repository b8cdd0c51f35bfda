"""What a ranking of samples is read out as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Samples of every unit in order.

    Attributes:
        values: float32 `(units, places)`: activation; meaningless where the place is empty.
        samples: int64 `(units, places)`: sample ids; -1 where the place is empty.
        positions: int32 `(units, places)`: row x width + column in the map.
    """

    values: NDArray[np.float32]
    samples: NDArray[np.int64]
    positions: NDArray[np.int32]
