"""What a scan is asked for and what it tells at its end; plain values, no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deepvis.kinds import Method
from deepvis.records import Fit, ModelRequest, Precision

if TYPE_CHECKING:
    from pathlib import Path

EXEMPLAR_METHODS = (Method.DECONVNET, Method.GUIDED, Method.GRADIENT)
"""Methods that exemplars can be attributed by: one backward pass each, in colors."""

SEED = 0
"""Decides which images are the random sample."""


class ScanError(Exception):
    """A scan or merge that cannot be done, or broke off; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """A scan of a folder of images with a network.

    Attributes:
        images: the folder; its subfolders belong to it. Or a list of images, one to a line, see `listing.list_named`.
        model: the network.
        layers: names; empty for the layers worth showing.
        top: images kept per unit, best and smallest alike.
        gallery: the file to write; None for the person's gallery of this model. A shard writes beside it, see
            `shards.shard_file`.
        batch_size: samples in one forward pass; part of what decides the result, to the last bit.
        workers: decoding processes; 0 decodes in this process, None takes a sensible number.
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        precision: number format of the network.
        limit: scan only so many images, spread evenly over the listing; None for all.
        crops: 0 scans whole images; N cuts each into overlapping square windows at N scales, see `crops.windows`.
        classes: `folders` (the first folder below `images` is the class), `none`, or a CSV file of `path,label`;
            None takes the labels of a list, or the folders where every image lies in a direct subfolder and there are
            at least two of them.
        covariance_up_to: layers with more units get no correlations.
        fit: how an image becomes the network's input.
        shard: which part of the files, 0 to `shards` - 1: every `shards`-th file.
        shards: number of parts.
        checkpoint_s: least seconds between two saved states.
        picture_quality: JPEG quality of stored pictures, 1..100.
        threads: threads that torch computes with; 0 leaves it to torch.
        attribution: by which method exemplars get pictures of the pixels that speak for their unit, one of
            `EXEMPLAR_METHODS`; where a rectifier rule changes nothing, it is the gradient. None
            makes none.
        attributed: exemplars of each unit that get one, the best first; None takes as many as the number of samples
            is worth, see `attribution_job.exemplars_per_unit`.
    """

    images: Path
    model: ModelRequest = field(default_factory=ModelRequest)
    layers: tuple[str, ...] = ()
    top: int = 9
    gallery: Path | None = None
    batch_size: int = 16
    workers: int | None = None
    device: str = "auto"
    precision: Precision = Precision.FLOAT32
    limit: int | None = None
    crops: int = 0
    classes: str | None = None
    covariance_up_to: int = 4096
    fit: Fit = Fit.CROP
    shard: int = 0
    shards: int = 1
    checkpoint_s: float = 20.0
    picture_quality: int = 90
    threads: int = 0
    attribution: Method | None = Method.DECONVNET
    attributed: int | None = None

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises:
            ScanError: naming the option.
        """
        least = {"top": 1, "batch_size": 1, "crops": 0, "covariance_up_to": 0, "shards": 1, "threads": 0}
        for name, value in least.items():
            if getattr(self, name) < value:
                raise ScanError(f"{name} must be at least {value}, not {getattr(self, name)}.")
        if self.workers is not None and self.workers < 0:
            raise ScanError(f"workers must be at least 0, not {self.workers}.")
        if self.limit is not None and self.limit < 1:
            raise ScanError(f"limit must be at least 1, not {self.limit}.")
        if self.attributed is not None and self.attributed < 0:
            raise ScanError(f"attributed must be at least 0, not {self.attributed}.")
        if self.attribution not in (None, *EXEMPLAR_METHODS):
            methods = ", ".join(EXEMPLAR_METHODS)
            raise ScanError(f"attribution must be one of {methods} or none, not {self.attribution}.")
        if not 0 <= self.shard < self.shards:
            raise ScanError(f"The shard must be one of 0 to {self.shards - 1}, not {self.shard}.")
        if not 1 <= self.picture_quality <= 100:
            raise ScanError(f"picture_quality must be 1 to 100, not {self.picture_quality}.")
        if not self.checkpoint_s >= 0:
            raise ScanError(f"checkpoint_s must be at least 0 seconds, not {self.checkpoint_s}.")


@dataclass(frozen=True, slots=True)
class Attributed:
    """What became of the attributions of a scan.

    Attributes:
        finished: nothing is left to do; False where it was stopped.
        per_unit: exemplars of each unit that have one now, or were to get one.
        made: pictures made by this run.
        left: pictures that a stopped run has not made.
        spared: they were wanted, and are too many for so few samples.
        warnings: sentences.
    """

    finished: bool = True
    per_unit: int = 0
    made: int = 0
    left: int = 0
    spared: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanSummary:
    """How a scan ended.

    Attributes:
        gallery: the file written.
        model: key of the model, first part of unit addresses.
        layers: names of the layers scanned.
        finished: everything this call had to do is done; False for a stopped scan, which the same call takes up again.
        already_done: the same scan was there already, and nothing was done.
        files: files of this shard looked at, those of earlier runs of the job included.
        total: files of this shard.
        samples: samples that went into the statistics.
        skipped: files that could not be used.
        seconds: that this run took, pauses left out.
        deviation: largest relative difference between recorded values and those computed again; None where none
            were compared.
        warnings: sentences about what a person should know.
        pictures_left: pictures that a scan stopped in its second pass has not stored yet; all files are counted then.
        attributed: what became of the exemplars' attributions.
    """

    gallery: Path
    model: str
    layers: tuple[str, ...]
    finished: bool
    already_done: bool = False
    files: int = 0
    total: int = 0
    samples: int = 0
    skipped: int = 0
    seconds: float = 0.0
    deviation: float | None = None
    warnings: tuple[str, ...] = ()
    pictures_left: int = 0
    attributed: Attributed = Attributed()


@dataclass(frozen=True, slots=True)
class MergeSummary:
    """How a merge ended.

    Attributes:
        gallery: the file written.
        model: key of the model.
        finished: every shard is in and the pictures are stored.
        shards: number of parts of the whole scan.
        merged: parts that are in now.
        missing: parts that are not; some may exist unfinished, then a warning says so.
        samples: samples that went into the statistics.
        skipped: files that could not be used.
        deviation: as in `ScanSummary`.
        warnings: sentences about what a person should know.
    """

    gallery: Path
    model: str
    finished: bool
    shards: int
    merged: tuple[int, ...]
    missing: tuple[int, ...]
    samples: int = 0
    skipped: int = 0
    deviation: float | None = None
    warnings: tuple[str, ...] = ()
