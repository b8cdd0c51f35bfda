"""What every parametrization can do, and what a generator has to offer to be one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from deepvis.synthesis.natural_images import NaturalStatistics

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from deepvis.synthesis.draws import Draws

EPSILON = 1e-4
"""Pictures are kept this far from 0 and 1 where they are brought back into an unbounded space."""


class Parametrization(Protocol):
    """A batch of pictures as a function of free variables."""

    @property
    def variables(self) -> Sequence[torch.Tensor]:
        """Leaf tensors that an ascent changes; the first dimension is the batch."""

    def images(self) -> torch.Tensor:
        """Pictures as they are now, float32 `(batch, 3, height, width)` in 0..1, differentiable."""

    def assign(self, images: torch.Tensor) -> None:
        """Take over pictures `(batch, 3, height, width)` in 0..1, as exactly as this parametrization can.

        Raises:
            ValueError: it cannot take pictures over.
        """

    def project(self) -> None:
        """Bring the variables back to where they may be; called after every step."""


@runtime_checkable
class Generator(Protocol):
    """A network that makes pictures from a code: any object with these, no inheritance needed.

    Also used where present: `encode(images) -> codes`, so that an ascent can start from a picture, and
    `project(codes) -> codes`, the bounds of a code.
    """

    latent_shape: tuple[int, ...]

    def sample(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """Codes `(count, *latent_shape)`."""

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        """Pictures `(count, 3, height, width)` in 0..1, differentiable."""


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """What a parametrization is made for.

    Attributes:
        height: of the pictures.
        width: of the pictures.
        draws: one source of random numbers per image.
        mean: of the network's inputs, per color, in 0..1: gray to the network.
        natural: statistics of natural pictures.
        device: where the variables are.
        generator: for the parametrization `generator` only.
    """

    height: int
    width: int
    draws: Draws
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    natural: NaturalStatistics = field(default_factory=NaturalStatistics.built_in)
    device: torch.device | str = "cpu"
    generator: Generator | None = None
