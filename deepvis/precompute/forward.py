"""Running the network over samples in batches of one size, whatever sizes they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from deepvis.models.devices import is_out_of_memory
from deepvis.models.errors import ModelError
from deepvis.precompute.request import ScanError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.models.engine import Engine
    from deepvis.models.layers import LayerTap

    Consume = Callable[[str, torch.Tensor, torch.Tensor], None]


class Forward:
    """Runs an engine over samples, always in batches of the same size.

    Activations of a picture do not depend on what else is in its batch, but matrix products of another size are summed
    in another order: the last batch is filled up, and what fills it is dropped.

    Args:
        engine: on its device.
        layers: names of the layers to read.
        batch_size: of every batch.
    """

    def __init__(self, engine: Engine, layers: tuple[str, ...], batch_size: int) -> None:
        self._engine = engine
        self._layers = layers
        self._batch_size = batch_size

    def run(self, pictures: torch.Tensor, samples: torch.Tensor, consume: Consume) -> None:
        """One pass over at most a batch.

        Args:
            pictures: uint8 `(n, channels, height, width)`, n at most the batch size.
            samples: int64 `(n,)`, ids.
            consume: gets the name of every layer, its maps `(n, units, height, width)`, and the samples. The maps may
                be overwritten as soon as it returns.

        Raises:
            ScanError: the network failed.
        """
        count = len(pictures)
        if count < self._batch_size:
            filling = pictures[-1:].expand(self._batch_size - count, *pictures.shape[1:])
            pictures = torch.cat([pictures, filling])

        def read(tap: LayerTap, maps: torch.Tensor) -> None:
            consume(tap.name, maps[:count], samples)

        try:
            self._engine.stream(pictures, self._layers, read)
        except ScanError:
            raise
        except ModelError as error:
            raise ScanError(str(error)) from error
        except Exception as error:  # the network may be the person's own code: anything may come out of it
            raise ScanError(self._failed(error)) from error

    def _failed(self, error: Exception) -> str:
        where = f"{self._engine.loaded.name} on {self._engine.device}"
        if is_out_of_memory(error):
            return f"There is not enough memory to run {where} with {self._batch_size} images at once: use fewer."
        said = f"{type(error).__name__}: {error}".rstrip(".")
        remedy = "" if self._batch_size == 1 else " If it takes one image at a time only, use a batch size of 1."
        return f"Running {where} with {self._batch_size} images at once failed ({said}).{remedy}"


class Batcher:
    """Makes batches of one size out of groups of any size, in order, copying only where it must."""

    def __init__(self, size: int, run: Callable[[torch.Tensor, torch.Tensor], None]) -> None:
        self._size = size
        self._run = run
        self._pictures: list[torch.Tensor] = []
        self._samples: list[torch.Tensor] = []
        self._waiting = 0

    def add(self, pictures: torch.Tensor | None, samples: torch.Tensor) -> None:
        """Take samples in, and run what fills batches; None is no pictures at all."""
        if pictures is None:
            return
        self._pictures.append(pictures)
        self._samples.append(samples)
        self._waiting += len(pictures)
        if self._waiting >= self._size:
            self._go(self._waiting - self._waiting % self._size)

    def flush(self) -> None:
        """Run what is left, in a batch that is not full."""
        if self._waiting:
            self._go(self._waiting)

    def _go(self, count: int) -> None:
        pictures, samples = _joined(self._pictures), _joined(self._samples)
        self._pictures, self._samples, self._waiting = [], [], 0
        if count < len(pictures):
            self._pictures, self._samples = [pictures[count:]], [samples[count:]]
            self._waiting = len(pictures) - count
        for start in range(0, count, self._size):
            stop = min(start + self._size, count)
            self._run(pictures[start:stop], samples[start:stop])


def _joined(parts: list[torch.Tensor]) -> torch.Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts)
