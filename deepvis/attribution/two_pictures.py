"""The attribution of two pictures that a network takes at once, one beside the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def of_each(values: NDArray[np.float32], pictures: int, *, is_map: bool) -> list[NDArray[np.float32]]:
    """What belongs to each picture: `(channels, height, width)`, or `(height, width)` of a map.

    Args:
        values: as in `Attribution`, on the host.
        pictures: that the network takes at once, 1 or 2.
        is_map: the method gives maps.
    """
    if pictures == 1:
        return [values]
    return list(values) if is_map else np.split(values, pictures)


def side_by_side(values: NDArray[np.float32], pictures: int, *, is_map: bool) -> NDArray[np.float32]:
    """The same as one, the first picture at the left; arguments as in `of_each`."""
    parts = of_each(values, pictures, is_map=is_map)
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
