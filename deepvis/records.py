"""The values that everybody knows: frames, addresses, layers, and what the person looks at.

Everything here is frozen and holds plain Python or NumPy, so it may cross a thread. Arrays inside a record belong to
the record: whoever builds one hands the array over and does not write to it again.

Rectangles are `(top, left, height, width)` in pixels; positions are `(row, column)`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

# part of what everybody knows
from deepvis.backward import Backward as Backward
from deepvis.backward import Target as Target
from deepvis.causes import CauseWish as CauseWish
from deepvis.causes import ChangeKind as ChangeKind
from deepvis.causes import Intervention as Intervention
from deepvis.kinds import BackView as BackView
from deepvis.kinds import Fit as Fit
from deepvis.kinds import Inputs as Inputs
from deepvis.kinds import Method as Method
from deepvis.kinds import Overlay as Overlay
from deepvis.kinds import Pair as Pair
from deepvis.kinds import Precision as Precision
from deepvis.kinds import Scaling as Scaling
from deepvis.kinds import SeedKind as SeedKind
from deepvis.kinds import Sort as Sort
from deepvis.kinds import Stage as Stage
from deepvis.kinds import WeightTiles as WeightTiles

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

SOFTMAX = "softmax"
"""Name of the layer that no module makes: the softmax of the network's output."""

SOFTMAX_IS_FIXED = "Probabilities are the end of the network: change the layer of the classes before them."


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in pixels; `height` and `width` may exceed the picture it is drawn on."""

    top: float
    left: float
    height: float
    width: float

    @property
    def bottom(self) -> float:
        """First row below the rectangle."""
        return self.top + self.height

    @property
    def right(self) -> float:
        """First column right of the rectangle."""
        return self.left + self.width

    def contains(self, row: float, column: float) -> bool:
        """Whether the point lies inside; top and left edges belong to the rectangle, the others do not."""
        return self.top <= row < self.bottom and self.left <= column < self.right


@dataclass(frozen=True, slots=True)
class UnitId:
    """The address of a unit, the same in the window, on the command line and in the gallery."""

    model: str
    layer: str
    unit: int

    def __str__(self) -> str:
        return f"{self.model}/{self.layer}/{self.unit}"

    @classmethod
    def parse(cls, text: str) -> UnitId:
        """Read `model/layer/unit`; the model may itself hold slashes, layer and unit may not.

        Raises:
            ValueError: naming the text and the form wanted.
        """
        parts = text.rsplit("/", 2)
        if len(parts) != 3 or not parts[2].isdigit() or not parts[0] or not parts[1]:
            raise ValueError(
                f"'{text}' is no unit address: write model/layer/unit, as in efficientnet_lite0/blocks.4.1/37."
            )
        return cls(parts[0], parts[1], int(parts[2]))


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a source.

    Attributes:
        rgb: uint8, `(height, width, 3)`, C-contiguous, sRGB.
        number: counts up from 0 within one opened source.
        captured_s: `time.monotonic()` when the picture was complete.
        title: what it is, for people: a file name, "camera 0", ...
        path: the file it came from, if it came from one.
        still: no other frame will follow by itself (a single image, a paused video).
        scene: the same for all frames that show one and the same picture; empty where the source does not know.
        mixed: two pictures at once: a cross-fade.
        label: what it really shows: the name of a class, or its number in the network; empty where nobody said.
        second_rgb: the second picture, as `rgb`, of any size, for networks that take two; None where there is none.
    """

    rgb: NDArray[np.uint8]
    number: int
    captured_s: float
    title: str
    path: Path | None = None
    still: bool = False
    scene: str = ""
    mixed: bool = False
    label: str = ""
    second_rgb: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """One answer of the network: class index, label, probability in 0..1."""

    index: int
    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """What is known of a layer before it runs.

    Attributes:
        name: dotted module name; `name:2` is the second call of a module that runs more than once, `softmax` the
            softmax of the output.
        type_name: class of the module, `Conv2d`, `Bottleneck`, ...
        units: number of units (channels); 0 where the output cannot be shown.
        height: rows of the activation map; 1 for a fully connected layer.
        width: columns of the activation map; 1 for a fully connected layer.
        prefix_tokens: class and register tokens that are set apart from the map.
        worth_showing: belongs to the default list (stem, block outputs, head, classes, softmax).
        is_classes: unit i is class i of the labels.
        reason: why the layer cannot be shown, a sentence; empty where it can.
        pair: the layer that does to the first of two pictures what this one does to the second; empty where there is
            none. Both have the same shape.
        of_picture: 1 or 2 where only this one of two pictures changes it; 0 where both do, or where there is only one.
        side_by_side: it is told as it is shown, with the maps of both pictures; then `width` is that of both together.
    """

    name: str
    type_name: str
    units: int
    height: int
    width: int
    prefix_tokens: int = 0
    worth_showing: bool = False
    is_classes: bool = False
    reason: str = ""
    pair: str = ""
    of_picture: int = 0
    side_by_side: bool = False

    @property
    def shape_text(self) -> str:
        """`32×112×112`, or `1000` for a fully connected layer."""
        if self.height == self.width == 1:
            return str(self.units)
        return f"{self.units}×{self.height}×{self.width}"

    @property
    def why_fixed(self) -> str:
        """Why its units cannot be muted or changed otherwise, a sentence; empty where they can."""
        return self.reason or (SOFTMAX_IS_FIXED if self.name == SOFTMAX else "")


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What the window knows of the running model.

    Attributes:
        name: the model's key, first part of every unit address.
        layers: every layer that ran, in order of execution, softmax last.
        labels: one per class; empty where unknown.
        input_size: `(channels, height, width)` of the network's input.
        weights: where the weights came from, for people.
        parameters: number of parameters.
        device: as torch names it: `cpu`, `cuda:0`, `mps`.
        precision: number format it runs in.
        weights_sha256: of the weights; empty where unknown.
        preprocessing: JSON text of how pictures become its input; what a gallery is compared by.
        pictures: how many it takes at once, 1 or 2; `input_size` is of one of them.
    """

    name: str
    layers: tuple[LayerInfo, ...]
    labels: tuple[str, ...]
    input_size: tuple[int, int, int]
    weights: str
    parameters: int
    device: str = "cpu"
    precision: Precision = Precision.FLOAT32
    weights_sha256: str = ""
    preprocessing: str = ""
    pictures: int = 1

    def layer(self, name: str) -> LayerInfo:
        """The layer of that name.

        Raises:
            KeyError: with a sentence naming the layer and close ones.
        """
        for info in self.layers:
            if info.name == name:
                return info
        import difflib  # noqa: PLC0415  (only for the message)

        # layers that cannot be shown are no help; below 0.6 names share hardly more than a few letters
        close = difflib.get_close_matches(name, [info.name for info in self.layers if not info.reason], n=3)
        hint = f" Did you mean {', '.join(close)}?" if close else ""
        raise KeyError(f"{self.name} has no layer '{name}'.{hint}")

    def shown_layers(self) -> tuple[LayerInfo, ...]:
        """The default list of the layer bar."""
        return tuple(info for info in self.layers if info.worth_showing and not info.reason)

    def label(self, layer: LayerInfo, unit: int) -> str:
        """The class name of a unit, or an empty string where units of the layer are not classes."""
        return self.labels[unit] if layer.is_classes and unit < len(self.labels) else ""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """A model that somebody wants; None means "from the weights' own metadata".

    Attributes:
        name: a torchvision or timm name (`timm:NAME` and `torchvision:NAME` say which), or `package.module:factory`.
        weights: a `.safetensors` file or a torch file that holds a state dict; `random` for none.
        labels: text file with one label per line, or a JSON list.
        mean: per input channel, for inputs in 0..1.
        std: per input channel.
        input_size: `(height, width)`.
        interpolation: `nearest`, `bilinear` or `bicubic`.
        crop_ratio: side of the center crop over the resized short side, in 0..1.
        inputs: an `Inputs`: what a person's own network takes at once; None looks at the network.
    """

    name: str = "efficientnet_lite0"
    weights: str | None = None
    labels: Path | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    input_size: tuple[int, int] | None = None
    interpolation: str | None = None
    crop_ratio: float | None = None
    inputs: str | None = None


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the capture thread tells about its source.

    Attributes:
        kind: `camera`, `video`, `image`, `folder`, `list`, `stream`, `demo`, `synthetic`, `pair` (of two others).
        title: for people: the camera's name, the file's name.
        spec: what opens it again.
        position: frame of a video, index in a folder or list; 0 elsewhere.
        length: frames of a video, files of a folder or list; None where unknown or endless.
        seekable: `seek` works (video, folder, list).
        paused: a video or reel stands still.
        looping: a video begins again at its end.
        speed: playback speed, 1.0 = as recorded.
        fps: frames per second the source means to give; None where unknown.
        lost: the device went away and is being retried.
        instead_of: what was asked for and could not be opened; empty where this source was asked for.
        lead: of a pair, the kind of the source that position and controls belong to; empty elsewhere.
    """

    kind: str
    title: str
    spec: str
    position: int = 0
    length: int | None = None
    seekable: bool = False
    paused: bool = False
    looping: bool = True
    speed: float = 1.0
    fps: float | None = None
    lost: bool = False
    instead_of: str = ""
    lead: str = ""


@dataclass(frozen=True, slots=True)
class GridView:
    """What the person wants of the activation grid.

    Attributes:
        height: rows of the pane in device pixels; 0 while the window has no size yet.
        width: columns of the pane in device pixels.
        zoom: 1 shows all tiles, 2 twice as large, ...
        center_row: canvas point in the middle of the pane, 0..1 from top to bottom.
        center_column: the same from left to right.
        sort: order of the tiles.
        hold_order: keep the present order (the pointer is over the grid, tiles must not jump away under it).
        hide_dead: leave out units that have shown nothing since the layer was chosen.
        scaling: what the color range spans.
        individual: 2015's "individual boost", 0 (one range for all) to 1 (each tile its full range).
        gamma: 2015's "gamma boost"; values are raised to this power, below 1 brightens.
        colormap: name in `imaging.colormap.COLORMAPS`; `auto` picks by whether the data is signed.
        background: sRGB color around the tiles.
        gap: sRGB color of the lines between tiles.
    """

    height: int = 0
    width: int = 0
    zoom: float = 1.0
    center_row: float = 0.5
    center_column: float = 0.5
    sort: Sort = Sort.INDEX
    hold_order: bool = False
    hide_dead: bool = False
    scaling: Scaling = Scaling.LAYER
    individual: float = 0.0
    gamma: float = 1.0
    colormap: str = "auto"
    background: tuple[int, int, int] = (16, 18, 21)
    gap: tuple[int, int, int] = (52, 58, 68)

    @property
    def exponent(self) -> float:
        """The individual boost in force: colors per unit are its largest step."""
        return 1.0 if self.scaling is Scaling.UNIT else self.individual


@dataclass(frozen=True, slots=True)
class UnitPane:
    """What the person wants of the selected unit's pane; sizes in device pixels, opacity of the map in 0..1."""

    height: int = 0
    width: int = 0
    overlay: Overlay = Overlay.OFF
    opacity: float = 0.7


@dataclass(frozen=True, slots=True)
class View:
    """What the person looks at now. The GUI thread writes it, the inference thread reads it once per step.

    Attributes:
        model: key of the model the layer belongs to.
        layer: name of the viewed layer.
        unit: selected unit.
        position: chosen position in the unit's map `(row, column)`; None follows the maximum.
        mirror: flip the picture left to right.
        quarter_turns: turn the picture clockwise by this many times 90 degrees, 0..3.
        fit: how the picture becomes the network's input.
        predictions: the top-5 list is shown, so the forward pass must reach the end.
        stage: what the middle of the window shows.
        weight_tiles: what the grid shows of each unit's weights; None for what suits the layer.
        all_patterns: in the pattern grid, every exemplar or synthesized picture of a unit and not only its best.
        unit_histograms: on the page of activity, a grid of every unit's histogram and not the figures of the layer.
        grid: the activation grid.
        pane: the selected unit's pane.
        back: the backward view.
        changes: units that are muted or changed otherwise, at most one change of each; their order does not matter.
        causes: what is asked about the selected unit's causes.
        pair: which of two pictures is shown, where the network takes two.
    """

    model: str = ""
    layer: str = ""
    unit: int = 0
    position: tuple[int, int] | None = None
    mirror: bool = False
    quarter_turns: int = 0
    fit: Fit = Fit.CROP
    predictions: bool = True
    stage: Stage = Stage.ACTIVATIONS
    weight_tiles: WeightTiles | None = None
    all_patterns: bool = False
    unit_histograms: bool = False
    grid: GridView = field(default_factory=GridView)
    pane: UnitPane = field(default_factory=UnitPane)
    back: Backward = field(default_factory=Backward)
    changes: tuple[Intervention, ...] = ()
    causes: CauseWish = field(default_factory=CauseWish)
    pair: Pair = Pair.BOTH
