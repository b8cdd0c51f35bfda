"""What `deepvis attribute` found, as files, as text and as JSON."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis.attribution.subject import NOTHING
from deepvis.attribution.two_pictures import side_by_side
from deepvis.command_settings import CommandError
from deepvis.imaging.attribution_views import overlaid
from deepvis.kinds import BackView, SeedKind
from deepvis.records import SOFTMAX
from deepvis.sources.encode import encode_png

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis.attribution.attribution import Attribution
    from deepvis.attribution.methods import MethodSpec
    from deepvis.kinds import Overlay
    from deepvis.records import ModelInfo, Target

ARRAY, PICTURE = ".npy", ".png"
_HISTOGRAM_SIZE = (240, 400)
_CLASS_SEEDS = (SeedKind.CLASS, SeedKind.DIFFERENCE)


@dataclass(frozen=True, slots=True)
class Look:
    """How an attribution is drawn; meanings as in `imaging.attribution_views.overlaid`."""

    view: BackView
    colormap: str
    overlay: Overlay
    opacity: float


@dataclass(frozen=True, slots=True, eq=False)
class AttributionReport:
    """What was found.

    Attributes:
        model: that ran.
        image: the file.
        found: the attribution.
        method: by which it was made.
        values: float32 `(channels, height, width)`, or `(height, width)` for a map; of two pictures
            as in `Attribution`.
        milliseconds: it took, the forward pass among them.
        written: files.
        second: file of the second picture; None where there is none, or the first is used twice.
    """

    model: ModelInfo
    image: Path
    found: Attribution
    method: MethodSpec
    values: NDArray[np.float32]
    milliseconds: float
    written: tuple[Path, ...] = ()
    second: Path | None = None

    @property
    def target(self) -> Target:
        """With class and position as they were used."""
        return self.found.target

    @property
    def title(self) -> str:
        """The target for people: `efficientnet_lite0/blocks.4.1/37`, `espresso`, `espresso − cup`."""
        if self.target.seed in _CLASS_SEEDS:
            return " − ".join(name for name in (self._label(index) for index in self._classes) if name)
        label = self.model.label(self.model.layer(self.target.layer), self.target.unit)
        return self.address + (f" ({label})" if label else "")

    @property
    def address(self) -> str:
        """`model/layer/unit`."""
        return f"{self.model.name}/{self.target.layer}/{self.target.unit}"

    @property
    def beside(self) -> NDArray[np.float32]:
        """The values as they are drawn, of two pictures side by side."""
        return side_by_side(self.values, self.model.pictures, is_map=self.method.is_map)

    def as_text(self) -> str:
        """For people."""
        low, high = _extent(self.values)
        shape = "×".join(str(side) for side in self.values.shape)
        rows = [
            ("method", self.found.method.label),
            ("caveat", self.method.caveat),
            ("rule", self.found.coverage),
            ("starts at", self._start()),
            ("activation", f"{self.found.activation:.4g}"),
            ("values", f"{shape}, from {low:.4g} to {high:.4g}"),
            ("took", f"{self.milliseconds:.0f} ms"),
        ]
        where = self.image.name if self.second is None else f"{self.image.name} and {self.second.name}"
        lines = [f"{self.title} in {where}", *(f"  {name:<10}  {text}" for name, text in rows if text)]
        return "\n".join([*lines, *(f"Wrote {path}." for path in self.written)])

    def as_json(self) -> str:
        """For programs."""
        low, high = _extent(self.values)
        target = self.target
        record = {
            "unit": self.address,
            "title": self.title,
            "image": str(self.image),
            "second_image": None if self.second is None else str(self.second),
            "method": str(self.found.method),
            "seed": str(target.seed),
            "position": list(target.position) if target.position else None,
            "second_position": list(target.second_position) if target.second_position else None,
            "class": self._class(target.class_index),
            "other_class": self._class(target.other_class),
            "activation": _number(self.found.activation),
            "shape": list(self.values.shape),
            "extent": [low, high],
            "caveat": self.method.caveat,
            "coverage": self.found.coverage,
            "reason": self.found.reason,
            "same_as_gradient": self.found.same_as_gradient,
            "milliseconds": self.milliseconds,
            "written": [str(path) for path in self.written],
        }
        return json.dumps(record, indent=2, ensure_ascii=False)

    def warnings(self) -> Iterator[str]:
        """What the person must not overlook, as sentences."""
        if self.found.reason:
            zero = "" if self.found.reason == NOTHING else " All values of the attribution are zero."
            written = " So are those of what was written." if self.written else ""
            yield f"{self.found.reason}{zero}{written}"

    def _start(self) -> str:
        seed, place = self.target.seed, self.target.position
        where = "" if place is None else f"row {place[0]}, column {place[1]}"
        if (other := self.target.second_position) is not None:
            where += f" of the first picture's map and row {other[0]}, column {other[1]} of the second's"
        elif place is not None and self.model.layer(self.target.layer).pair:
            where += " of both pictures' maps"
        if seed in _CLASS_SEEDS or self.target.layer == SOFTMAX:
            return "what the softmax is taken of"
        if seed is SeedKind.CHANNEL:
            both = " in both pictures' maps" if self.model.layer(self.target.layer).pair else ""
            return f"every position{both}, times its activation"
        return where + (", the maximum's" if seed is SeedKind.MAXIMUM else "")

    @property
    def _classes(self) -> tuple[int | None, int | None]:
        return self.target.class_index, self.target.other_class

    def _label(self, index: int | None) -> str:
        if index is None:
            return ""
        # as many labels as classes, or they belong to another network
        labels = self.model.labels if len(self.model.labels) == self.model.layer(SOFTMAX).units else ()
        return labels[index] if labels else f"class {index}"

    def _class(self, index: int | None) -> dict[str, object] | None:
        return None if index is None else {"index": index, "label": self._label(index)}


def save(
    paths: Sequence[Path], report: AttributionReport, picture_rgb: NDArray[np.uint8], look: Look
) -> tuple[list[Path], list[Path]]:
    """Write arrays and pictures.

    Where the method is nothing but the gradient here, only arrays are written: a picture would be taken for its own.

    Args:
        paths: end in `.npy` or `.png`.
        report: what was found.
        picture_rgb: what the network saw, uint8 `(height, width, 3)`, two pictures side by side; what is drawn has
            its size.
        look: how pictures are drawn.

    Returns:
        The files written, and those that were not.

    Raises:
        CommandError: one cannot be written.
    """
    written: list[Path] = []
    refused: list[Path] = []
    for path in paths:
        drawn = path.suffix.lower() == PICTURE
        if drawn and report.found.same_as_gradient:
            refused.append(path)
            continue
        try:
            if drawn:
                path.write_bytes(encode_png(_drawn(report, picture_rgb, look)))
            else:
                with path.open("wb") as file:
                    np.save(file, report.values)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error
        written.append(path)
    return written, refused


def _drawn(report: AttributionReport, picture_rgb: NDArray[np.uint8], look: Look) -> NDArray[np.uint8]:
    values, pictures = report.beside, report.model.pictures
    size = (picture_rgb.shape[0], picture_rgb.shape[1])
    if look.view is BackView.HISTOGRAM:
        size = _HISTOGRAM_SIZE
    return overlaid(picture_rgb, values, look.view, look.colormap, look.overlay, look.opacity, size, pictures)


def _extent(values: NDArray[np.float32]) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _number(value: float) -> float | None:
    """JSON knows neither NaN nor infinities."""
    return value if math.isfinite(value) else None
