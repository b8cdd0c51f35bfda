"""What a synthesis of many units is asked for and what it tells at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deepvis.records import ModelRequest, Precision
from deepvis.synthesis.recipe import SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis.synthesis.recipe import Recipe

_LARGEST_SIDE = 4096


class PicturesError(Exception):
    """Pictures that cannot be made or merged; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class PicturesRequest:
    """Pictures wanted of many units.

    Attributes:
        recipe: how; also what is used on layers of classes.
        gallery: the file to write. A shard writes beside it, see `shards.shard_file`.
        model: the network.
        layers: names; empty for the layers worth showing.
        units: numbers in each layer; empty for all. Layers that have fewer get those that they have.
        every: only every so many of these.
        spread: only so many of these per layer, spread evenly; None for all.
        per_unit: pictures of a unit, with seeds one after the other.
        seed: seed of a unit's first picture.
        negative: seek what turns the units off.
        size: height and width in pixels; None: the recipe's.
        steps: forward passes; None: the recipe's.
        batch_size: pictures made at once; None: sensible for the device.
        quality: of the stored pictures, 1..100.
        redo: also what the gallery has already.
        natural: galleries that are asked, in this order, for what natural pictures do.
        patches: folder of images for the patch prior.
        generator: `package.module:factory` of a generator.
        generator_weights: its state dict.
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        precision: number format of the arithmetic where that is safe; weights stay float32.
        shard: which part of the blocks, 0 to `shards` - 1: every `shards`-th block.
        shards: number of parts.
        threads: threads that torch computes with; 0 leaves it to torch.
    """

    recipe: Recipe
    gallery: Path
    model: ModelRequest = field(default_factory=ModelRequest)
    layers: tuple[str, ...] = ()
    units: tuple[range, ...] = ()
    every: int = 1
    spread: int | None = None
    per_unit: int = 1
    seed: int = 0
    negative: bool = False
    size: int | None = None
    steps: int | None = None
    batch_size: int | None = None
    quality: int = 90
    redo: bool = False
    natural: tuple[Path, ...] = ()
    patches: Path | None = None
    generator: str | None = None
    generator_weights: Path | None = None
    device: str = "auto"
    precision: Precision = Precision.FLOAT32
    shard: int = 0
    shards: int = 1
    threads: int = 0

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises:
            PicturesError: naming the option.
        """
        settings = {setting.name: setting for setting in SETTINGS}
        largest = 2**63 - 1
        allowed = {
            "every": (1, largest),
            "spread": (1, largest),
            "per_unit": (1, 1_000_000),
            "seed": (0, 2**62),
            "size": (int(settings["size"].low), _LARGEST_SIDE),
            "steps": (int(settings["steps"].low), int(settings["steps"].high)),
            "batch_size": (1, 65_536),
            "quality": (1, 100),
            "threads": (0, largest),
        }
        for name, (low, high) in allowed.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                bounds = f"at least {low}" if high == largest else f"{low} to {high}"
                raise PicturesError(f"{name} must be {bounds}, not {value}.")
        if not 0 <= self.shard < self.shards:
            raise PicturesError(f"The shard must be one of 0 to {self.shards - 1}, not {self.shard}.")


@dataclass(frozen=True, slots=True)
class PicturesSummary:
    """How a synthesis ended.

    Attributes:
        gallery: the file written.
        model: key of the model, first part of unit addresses.
        finished: everything this call had to do is done; False for one that was stopped.
        total: pictures of this shard.
        made: pictures made by this run.
        there: pictures that the gallery had already.
        seconds: that this run took for the pictures, pauses left out.
        natural: what the averages over natural pictures come from.
        maxima: layers whose natural maxima are known.
        first: address of the first unit made; empty where none was.
        hash: of the job, as the gallery knows it.
        work: digest of the list of all shards' pictures.
        off: reasons why units could not be excited, one sentence each, of this run.
        warnings: sentences about what a person should know.
    """

    gallery: Path
    model: str
    finished: bool
    total: int = 0
    made: int = 0
    there: int = 0
    seconds: float = 0.0
    natural: str = ""
    maxima: int = 0
    first: str = ""
    hash: str = ""
    work: str = ""
    off: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PicturesMerged:
    """How a merge of pictures ended.

    Attributes:
        gallery: the file written.
        pictures: that the files held, each counted once.
        new: pictures that the gallery did not have, or had otherwise.
        shards: number of parts of the newest job; 0 where the files are no parts.
        merged: parts of it that are there and complete.
        missing: parts that are not there.
        warnings: sentences about parts that are not complete.
    """

    gallery: Path
    pictures: int
    new: int
    shards: int = 0
    merged: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()
