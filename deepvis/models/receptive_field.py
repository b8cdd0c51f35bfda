"""Which part of the picture a position of a layer can see, exactly.

One forward pass is followed operation by operation (`receptive_tracking`), so branches, dilation, padding, pooling
with leftovers, attention and in-place code all come out as they are, not as a formula for stacks of convolutions
would have them. A box is the smallest rectangle that holds every pixel the position depends on through the network's
structure: a pixel counts also where the weight between them happens to be zero.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis.models.layout import first_tensor
from deepvis.models.receptive_tracking import ReceptiveTracking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from torch import nn

    from deepvis.models.layers import LayerTap


def receptive_boxes(
    network: nn.Module, batch: torch.Tensor, taps: Sequence[LayerTap]
) -> dict[str, NDArray[np.int32] | None]:
    """The receptive field of every position of every layer.

    Args:
        network: in evaluation mode; has no hook afterward.
        batch: one preprocessed picture, `(1, channels, height, width)`, on the network's device.
        taps: the layers wanted.

    Returns:
        By layer name `(4, height, width)` int32: first row, first column, last row + 1, last column + 1 in pixels of
        the network's input, united over the units; all zero where a position sees nothing. None for a layer that
        has no maps or did not run. Tokens set apart from the map are not in it.
    """
    boxes: dict[str, NDArray[np.int32] | None] = {tap.name: None for tap in taps}
    wanted = {(tap.module, tap.call): tap for tap in taps if tap.layout is not None}
    with torch.inference_mode(mode=False), torch.no_grad():
        # Boxes follow memory, so the picture must have memory of its own.
        picture = batch.detach().clone(memory_format=torch.contiguous_format)
        reader = _Reader(ReceptiveTracking(picture), (picture.shape[-2], picture.shape[-1]), wanted)
        with reader.attached_to(network), reader.tracking:
            network(picture)
    return boxes | reader.boxes


def field_text(boxes: NDArray[np.int32], row: int, column: int, input_size: tuple[int, int]) -> str:
    """How large the receptive field of a position is, for people.

    `51 × 51 px`, `whole image`, or, where the picture's border cuts the field, its full size (known from a position
    that is not cut; otherwise the least it can be, the same for the whole layer) and what is left of it.

    Args:
        boxes: of the layer, as `receptive_boxes` gives them.
        row: of the position in the layer's map.
        column: of the position in the layer's map.
        input_size: `(height, width)` of the network's input.
    """
    top, left, bottom, right = (int(edge) for edge in boxes[:, row, column])
    if bottom <= top or right <= left:
        return "nothing of the image"
    if (top, left, bottom, right) == (0, 0, *input_size):
        return "whole image"
    inside = f"{bottom - top} × {right - left} px"
    height = _full_size(boxes[0], boxes[2], input_size[0], (top, bottom))
    width = _full_size(boxes[1], boxes[3], input_size[1], (left, right))
    if height is None or width is None:
        # every position is cut: what the widest still sees is the least that the field can be, at any position
        least = f"{int((boxes[2] - boxes[0]).max())} × {int((boxes[3] - boxes[1]).max())} px"
        return f"at least {least}, cut by the border to {inside}"
    full = f"{height} × {width} px"
    return full if full == inside else f"{full}, cut by the border to {inside}"


def _full_size(first: NDArray[np.int32], last: NDArray[np.int32], size: int, own: tuple[int, int]) -> int | None:
    """Extent of a field along one dimension, were the picture larger; None where no position tells."""
    if (own[0] > 0 and own[1] < size) or own == (0, size):
        return own[1] - own[0]
    whole = (first > 0) & (last < size)
    extents = (last - first)[whole]
    return max(own[1] - own[0], int(np.median(extents))) if extents.size else None


class _Reader:
    """Reads the boxes of the wanted layers while a network runs."""

    def __init__(
        self, tracking: ReceptiveTracking, input_size: tuple[int, int], wanted: dict[tuple[str, int], LayerTap]
    ) -> None:
        self.tracking = tracking
        self.boxes: dict[str, NDArray[np.int32] | None] = {}
        self._input_size = input_size
        self._wanted = wanted
        self._calls: dict[str, int] = {}
        self._thread = threading.get_ident()

    @contextmanager
    def attached_to(self, network: nn.Module) -> Iterator[None]:
        modules = dict(network.named_modules())
        names = {name for name, _ in self._wanted}
        handles = [modules[name].register_forward_hook(self._hook(name)) for name in names]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _hook(self, name: str) -> Callable[[nn.Module, object, object], None]:
        def read(_module: nn.Module, _inputs: object, output: object) -> None:
            if threading.get_ident() != self._thread:
                return  # somebody else runs the same network now
            call = self._calls.get(name, 0)
            self._calls[name] = call + 1
            tap, tensor = self._wanted.get((name, call)), first_tensor(output)
            if tap is not None and tensor is not None:
                self.boxes[tap.name] = self._boxes(tap, tensor)

        return read

    def _boxes(self, tap: LayerTap, tensor: torch.Tensor) -> NDArray[np.int32] | None:
        if tap.layout is None:
            return None
        codes = self.tracking.codes(tensor)
        if codes is None:
            codes = torch.zeros(4, *tensor.shape)
        # The four codes take the place of the pictures of a batch.
        return self._decoded(tap.layout.maps(codes[:, 0]).amax(1).cpu().numpy())

    def _decoded(self, codes: NDArray[np.float32]) -> NDArray[np.int32]:
        sees = codes[:2] > 0
        first = np.where(sees, np.array(self._input_size)[:, None, None] - codes[:2], 0)
        return np.concatenate([first, codes[2:]]).astype(np.int32)
