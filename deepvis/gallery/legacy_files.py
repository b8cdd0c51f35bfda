"""What the files of the 2015 toolbox and of its fork are, told by their paths, and what their notes say.

2015, ready-made pictures: `regularized_opt/LAYER/LAYER_0007_montage.jpg`, `regularized_opt/LAYER/whole_layer.jpg`,
`max_im/LAYER/LAYER_0007.jpg`, `max_deconv/LAYER/LAYER_0007.jpg`. Output of both toolboxes' scripts:
`LAYER/unit_0007/maxim_000.png`, `deconv_000.png`, `deconvnorm_000.png`, `backprop_000.png`, `backpropnorm_000.png`,
`info.txt`; of the fork's alone: the same with `min_` in front, `opt*.jpg`, `max_histogram.png`, and beside the units
`layer_inactivity.png` and `channels_correlation.png`. A layer's name with slashes is a path of nested folders.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from deepvis.gallery.reader import WHOLE_LAYER
from deepvis.gallery.records import ImageKind

_TITLES = {
    "maxim": "image crop",
    "deconv": "deconvolution",
    "deconvnorm": "deconvolution, norm over the colors",
    "backprop": "gradient",
    "backpropnorm": "gradient, norm over the colors",
    "max_histogram": "histogram of the maxima",
    "layer_inactivity": "inactivity of the units",
    "channels_correlation": "correlation of the units",
}
_READY_MADE = {
    "regularized_opt": (ImageKind.SYNTHESIS, "2015 montage", "synthesized with four parameter sets, nine of each"),
    "max_im": (ImageKind.MAXIMUM, "", "image crops with the largest activations"),
    "max_deconv": (ImageKind.DECONV, "deconv", "deconvolution of the largest activations"),
}
_SUFFIX = r"\.(?:png|jpe?g)"
_READY_MADE_UNIT = re.compile(
    rf"(?:.*/)?(?P<part>{'|'.join(_READY_MADE)})/(?P<layer>.+)/(?P=layer)_(?P<unit>\d{{4,}})(?:_montage)?{_SUFFIX}",
    re.IGNORECASE,
)
_READY_MADE_LAYER = re.compile(
    rf"(?:.*/)?(?P<part>{'|'.join(_READY_MADE)})/(?P<layer>.+)/whole_layer{_SUFFIX}", re.IGNORECASE
)
_UNIT = re.compile(
    r"(?P<layer>.+)/unit_(?P<unit>\d+)/(?P<low>min_)?(?P<part>maxim|deconvnorm|deconv|backpropnorm|backprop)_(?P<rank>\d+)"
    + _SUFFIX,
    re.IGNORECASE,
)
_SYNTHESIS = re.compile(rf"(?P<layer>.+)/unit_(?P<unit>\d+)/(?P<part>opt[^/]*){_SUFFIX}", re.IGNORECASE)
_HISTOGRAM = re.compile(rf"(?P<layer>.+)/unit_(?P<unit>\d+)/(?P<part>max_histogram){_SUFFIX}", re.IGNORECASE)
_SHEET = re.compile(rf"(?P<layer>.+)/(?P<part>layer_inactivity|channels_correlation){_SUFFIX}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LegacyFile:
    """What a file is.

    Attributes:
        layer: as the old toolbox called it.
        unit: -1 for a picture of the whole layer.
        kind: of picture.
        rank: 0 is the best of its kind.
        recipe: how it was made; empty for crops of images.
        notes: name of the file in the same folder that tells values and image files; empty where there is none.
        metadata: `title`, and `of` for attributions.
    """

    layer: str
    unit: int
    kind: ImageKind
    rank: int = 0
    recipe: str = ""
    notes: str = ""
    metadata: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """One line of `info.txt`: the activation, where it is, and in which image.

    Attributes:
        value: activation.
        path: the image file as it was listed.
        position: `(row, column)` in the layer's map; None for a layer without maps.
        image: place in the list of images.
    """

    value: float
    path: str
    position: tuple[int, int] | None
    image: int


def recognize(path: str) -> LegacyFile | None:
    """What the file of that path is; None where it is nothing of the old toolboxes.

    Args:
        path: below the folder that is imported, with `/`.
    """
    for pattern, make in _MAKERS:
        match = pattern.fullmatch(path)
        if match:
            return make(match)
    return None


def read_notes(text: str) -> list[Note]:
    """The lines of an `info.txt`, best first; what cannot be read is left out.

    A line is: 1 or 0 for with or without maps, value, place in the list, class and (fork) input, row and column where
    there are maps, file. How many numbers stand between differs by version; row and column are the last.
    """
    return [note for note in map(_note, text.splitlines()) if note is not None]


def _note(line: str) -> Note | None:
    match = re.fullmatch(r"\s*([01])\s+(\S+)((?:\s+-?\d+)+)\s+(\S.*?)\s*", line)
    if not match:
        return None
    with_maps, value, between, path = match.groups()
    numbers = [int(number) for number in between.split()]
    try:
        activation = float(value)
    except ValueError:
        return None
    position = (numbers[-2], numbers[-1]) if with_maps == "1" and len(numbers) > 2 else None
    return Note(activation, path, position, numbers[0])


def _ready_made(match: re.Match[str]) -> LegacyFile:
    kind, recipe, title = _READY_MADE[match["part"].lower()]
    return LegacyFile(match["layer"], int(match["unit"]), kind, recipe=recipe, metadata={"title": title})


def _whole_layer(match: re.Match[str]) -> LegacyFile:
    _, _, title = _READY_MADE[match["part"].lower()]
    recipe = f"{match['part'].lower()}/whole_layer"
    return LegacyFile(match["layer"], WHOLE_LAYER, ImageKind.SHEET, recipe=recipe, metadata={"title": title})


def _unit(match: re.Match[str]) -> LegacyFile:
    part, low = match["part"].lower(), bool(match["low"])
    what = {"title": _TITLES[part]}
    place = (match["layer"], int(match["unit"]))
    notes = f"{match['low'] or ''}info.txt"
    if part == "maxim":
        kind = ImageKind.MINIMUM if low else ImageKind.MAXIMUM
        return LegacyFile(*place, kind, int(match["rank"]), notes=notes, metadata={**what})
    of = "minimum" if low else "maximum"
    recipe = f"{part} of {of}" if low else part
    return LegacyFile(*place, ImageKind.DECONV, int(match["rank"]), recipe, notes, {**what, "of": of})


def _synthesis(match: re.Match[str]) -> LegacyFile:
    metadata: dict[str, object] = {"title": f"synthesized ({match['part']})"}
    place = (match["layer"], int(match["unit"]))
    return LegacyFile(*place, ImageKind.SYNTHESIS, recipe=match["part"], metadata=metadata)


def _histogram(match: re.Match[str]) -> LegacyFile:
    return _sheet(match, int(match["unit"]))


def _sheet(match: re.Match[str], unit: int = WHOLE_LAYER) -> LegacyFile:
    part = match["part"].lower()
    return LegacyFile(match["layer"], unit, ImageKind.SHEET, recipe=part, metadata={"title": _TITLES[part]})


_MAKERS = (
    (_READY_MADE_UNIT, _ready_made),
    (_READY_MADE_LAYER, _whole_layer),
    (_UNIT, _unit),
    (_SYNTHESIS, _synthesis),
    (_HISTOGRAM, _histogram),
    (_SHEET, _sheet),
)
