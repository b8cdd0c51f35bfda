"""What can be chosen from a few: how pictures are cut, colored, sorted, and what a backward view shows."""

from __future__ import annotations

from enum import StrEnum


class Fit(StrEnum):
    """How a picture of one shape becomes a network input of another."""

    CROP = "crop"
    """Resize the short side, cut the center: what the weights were evaluated with."""
    LETTERBOX = "letterbox"
    """Keep the whole picture and its aspect; fill the rest with the mean color."""
    STRETCH = "stretch"
    """Keep the whole picture, ignore its aspect."""


class Scaling(StrEnum):
    """What the color range of the grid spans."""

    LAYER = "layer"
    """One range for the whole layer: tiles can be compared."""
    UNIT = "unit"
    """Each tile uses its own range: weak units become visible."""


class Sort(StrEnum):
    """Order of the tiles."""

    INDEX = "index"
    MAXIMUM = "maximum"
    MEAN = "mean"


class Overlay(StrEnum):
    """How the selected unit is shown in its pane."""

    OFF = "off"
    """The activation map alone."""
    ACTIVE = "over active"
    """The input picture where the unit is active, the map's color elsewhere."""
    INACTIVE = "over inactive"
    """The input picture where the unit is inactive, the map's color where it is active."""


class Stage(StrEnum):
    """What the middle of the window shows of the viewed layer."""

    ACTIVATIONS = "activations"
    """Every unit's map, live."""
    EXEMPLARS = "exemplars"
    """Every unit's best data-set crop."""
    MINIMA = "minimum images"
    """Every unit's data-set crop with the smallest value."""
    SYNTHESIZED = "synthesized"
    """Every unit's best synthesized picture."""
    WEIGHTS = "weights"
    """Every unit's weights, and how they are distributed in the layer."""
    ACTIVITY = "activity"
    """How often each unit is active, and which are dead."""
    WEIGHT_CORRELATION = "weight correlation"
    """Which units have similar weights."""
    CORRELATION = "correlation"
    """Which units are active together."""


class WeightTiles(StrEnum):
    """What the grid shows of each unit's weights."""

    KERNELS = "kernels"
    """Small pictures of them."""
    HISTOGRAMS = "histograms"
    """How often each value occurs."""


class Precision(StrEnum):
    """Number format the network runs in."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"


class Inputs(StrEnum):
    """What a network takes at once."""

    ONE = "1"
    """One picture."""
    TWO = "2"
    """Two pictures, each a tensor of its own."""
    STACKED = "stacked"
    """Two pictures in one tensor, the channels of the second behind those of the first."""


class Pair(StrEnum):
    """Which of two pictures is shown, and whose maps of a layer that looks at both in the same way."""

    FIRST = "first"
    SECOND = "second"
    BOTH = "both"
    """Side by side."""


class Method(StrEnum):
    """How it is found which pixels speak for a unit; what each is, is told by `attribution.methods`."""

    GRADIENT = "gradient"
    GRADIENT_X_INPUT = "gradient-x-input"
    DECONVNET = "deconvnet"
    GUIDED = "guided"
    SMOOTHGRAD = "smoothgrad"
    INTEGRATED_GRADIENTS = "integrated-gradients"
    GRAD_CAM = "grad-cam"
    OCCLUSION = "occlusion"
    LRP = "lrp"

    @property
    def label(self) -> str:
        """Its name for people."""
        return _METHOD_LABELS[self]

    @classmethod
    def parse(cls, text: str) -> Method:
        """The method people call so: its name in any spelling, or a usual other name (`saliency`, `ig`, ...).

        Raises:
            ValueError: a sentence with the names there are.
        """
        plain = _plain(text)
        for method in cls:
            if plain in {_plain(method), *_OTHER_NAMES.get(method, ())}:
                return method
        raise ValueError(f"There is no method '{text}'. There are: {', '.join(cls)}.")


class SeedKind(StrEnum):
    """Where a backward pass starts."""

    CHANNEL = "channel"
    """The whole channel, every position times its own activation: what the toolbox of 2015 did."""
    MAXIMUM = "maximum"
    """The position of the channel's maximum, with 1."""
    POSITION = "position"
    """The chosen position (the click), with 1; the maximum's while none is chosen."""
    CLASS = "class"
    """The logit of a class, whatever unit is selected: the chosen one, or the network's first answer."""
    DIFFERENCE = "difference"
    """The logit of a class minus that of another: the chosen ones, or the network's first two answers."""


class BackView(StrEnum):
    """How a gradient becomes a picture."""

    RAW = "raw"
    """In color; zero is mid gray, the strongest 0.5 % are clipped."""
    GRAY = "gray"
    """Mean over colors; zero is mid gray, as raw."""
    NORM = "norm"
    """Length over colors, in a color map."""
    NORM_BLUR = "norm-blur"
    """The same, blurred by 4 pixels of the input."""
    SUM = "sum>0"
    """Sum over colors where it is positive, in a color map."""
    HISTOGRAM = "histogram"
    """How often each value occurs."""

    @classmethod
    def parse(cls, text: str) -> BackView:
        """The view people call so, in any spelling.

        Raises:
            ValueError: a sentence with the names there are.
        """
        plain = _plain(text)
        for view in cls:
            if plain == _plain(view) or (view is cls.SUM and plain in {"sum", "sumpos"}):
                return view
        raise ValueError(f"There is no view '{text}'. There are: {', '.join(cls)}.")


_METHOD_LABELS = {
    Method.GRADIENT: "gradient",
    Method.GRADIENT_X_INPUT: "gradient × input",
    Method.DECONVNET: "deconvnet",
    Method.GUIDED: "guided backprop",
    Method.SMOOTHGRAD: "SmoothGrad",
    Method.INTEGRATED_GRADIENTS: "integrated gradients",
    Method.GRAD_CAM: "Grad-CAM",
    Method.OCCLUSION: "occlusion",
    Method.LRP: "layer-wise relevance",
}

_OTHER_NAMES = {
    Method.GRADIENT: {"grad", "saliency", "vanillagradient", "backprop"},
    Method.GRADIENT_X_INPUT: {"inputxgradient", "gradientinput", "inputgradient", "gradxinput", "gradient×input"},
    Method.DECONVNET: {"deconv", "deconvolution", "zf"},
    Method.GUIDED: {"guidedbackprop", "guidedbackpropagation", "guidedgradient"},
    Method.INTEGRATED_GRADIENTS: {"ig", "integratedgradient"},
    Method.GRAD_CAM: {"cam"},
    Method.LRP: {"layerwiserelevance", "layerwiserelevancepropagation", "relevance"},
}


def _plain(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter not in " -_>0*")
