"""The fields of a scan: which images, which layers, how many to keep, and how the machine is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from deepvis.gui.theme import SPACE
from deepvis.live.scan_wish import ScanWish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.records import ModelInfo, ModelRequest

AUTOMATIC, NO_CLASSES, FROM_FILE = "automatic", "none", "file"
DEFAULT_LAYERS, VIEWED_LAYER, ALL_LAYERS = "default", "viewed", "all"
MOST_IMAGES = 2_000_000_000
LARGEST_TOP = 100
LARGEST_CROPS = 8
LABEL_WIDTH = 116
FIELD_HEIGHT = 26
NUMBER_WIDTH = 132
CSV = "Labels per file (*.csv);;All files (*)"


class ScanForm(QWidget):
    """Makes a `ScanWish`.

    Signals:
        changed: a field has another value, or another network runs.
        edited: a path was typed or chosen.
        folded: fields were shown or hidden.
    """

    changed = pyqtSignal()
    edited = pyqtSignal()
    folded = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._request: ModelRequest | None = None
        self._all_layers: tuple[str, ...] = ()
        self._viewed = ""
        self._network = QLabel()
        self._images = QLineEdit()
        self._crops = _number(0, LARGEST_CROPS, 0, "whole images")
        self._layers = _combo()
        self._top = _number(1, LARGEST_TOP, 9)
        self._limit = _number(0, MOST_IMAGES, 0, "all")
        self._classes = _combo()
        self._labels = QLineEdit()
        self._file = _row(self._labels, _browse_button(self._ask_labels))
        self._plain = _form()
        self._more = QToolButton()
        self._advanced = QWidget()
        self._device = _combo()
        self._workers = _number(-1, 256, -1, "automatic")
        self._batch = _number(0, 4096, 0, "automatic")
        self._build()

    @property
    def ready(self) -> bool:
        """A network runs and a folder is named."""
        return self._request is not None and bool(self._images.text().strip())

    def set_network(self, info: ModelInfo | None, request: ModelRequest | None, layer: str) -> None:
        """The network that would be scanned, how it was asked for, and the viewed layer."""
        self._request = request if info is not None else None
        self._network.setText("The network is still being loaded." if info is None or request is None else info.name)
        shown = () if info is None else info.shown_layers()
        self._all_layers = () if info is None else tuple(each.name for each in info.layers if not each.reason)
        self._viewed = layer
        for place, text in enumerate(
            (
                f"the {len(shown):,} layers of the layer bar" if shown else "those of the layer bar",
                f"only {layer}" if layer else "only the viewed layer",
                f"all {len(self._all_layers):,} layers" if self._all_layers else "all layers",
            )
        ):
            self._layers.setItemText(place, text)
        self.changed.emit()

    def set_devices(self, names: Sequence[str]) -> None:
        """Offer these devices."""
        present = self._device.currentText()
        self._device.clear()
        self._device.addItems(["auto", *(name for name in names if name != "auto")])
        self._device.setCurrentIndex(max(0, self._device.findText(present)))

    def set_images(self, folder: str) -> None:
        """Name the folder."""
        self._images.setText(folder)

    def wish(self) -> ScanWish:
        """What is asked for.

        Raises:
            ValueError: a field cannot be used; the message says which and why.
        """
        if self._request is None:
            raise ValueError("The network is still being loaded: wait until it is there.")
        from deepvis.sources.image_list import LIST_EXTENSIONS  # noqa: PLC0415  (imports Pillow)

        images = Path(self._images.text().strip()).expanduser()
        if not images.is_dir() and not (images.is_file() and images.suffix.lower() in LIST_EXTENSIONS):
            raise ValueError(f"There is no folder {images}. Choose the folder that holds the images, or name a list.")
        layers = {DEFAULT_LAYERS: (), VIEWED_LAYER: (self._viewed,), ALL_LAYERS: self._all_layers}
        return ScanWish(
            self._request,
            images,
            layers=layers[self._layers.currentData()],
            top=self._top.value(),
            crops=self._crops.value(),
            limit=self._limit.value() or None,
            classes=self._chosen_classes(),
            device=self._device.currentText() or "auto",
            batch_size=self._batch.value() or None,
            workers=None if self._workers.value() < 0 else self._workers.value(),
        )

    def _chosen_classes(self) -> str | None:
        choice = self._classes.currentData()
        if choice != FROM_FILE:
            return None if choice == AUTOMATIC else str(choice)
        file = Path(self._labels.text().strip()).expanduser()
        if not file.is_file():
            raise ValueError(f"There is no file {file}. Choose the CSV file with a path and a label in each line.")
        return str(file)

    # building

    def _build(self) -> None:
        self._images.setPlaceholderText("a folder; its sub-folders are searched too")
        self._images.textChanged.connect(lambda _text: self.changed.emit())
        for path in (self._images, self._labels):
            path.textChanged.connect(lambda _text: self.edited.emit())
        self._images.setToolTip("Images are only read, never changed or copied as a whole.")
        for name in (DEFAULT_LAYERS, VIEWED_LAYER, ALL_LAYERS):
            self._layers.addItem("", name)
        for text, data in (
            ("folder names, where there are some", AUTOMATIC),
            ("no classes", NO_CLASSES),
            ("a CSV file: path, label", FROM_FILE),
        ):
            self._classes.addItem(text, data)
        self._classes.currentIndexChanged.connect(lambda _index: self._show_labels())
        self._labels.setPlaceholderText("file.csv")
        self._device.addItem("auto")
        self._crops.setToolTip("Windows of so many sizes are cut from every image: for few, large images.")
        self._top.setToolTip("Images kept for the largest and for the smallest values of each unit.")
        self._limit.setToolTip("Only so many files of the folder.")
        self._more.setText("Advanced")
        self._more.setArrowType(Qt.ArrowType.RightArrow)
        self._more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._more.setProperty("flat", True)
        self._more.clicked.connect(self._fold)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        self._fill_plain(self._plain)
        column.addLayout(self._plain)
        column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._advanced)
        self._fill_advanced()
        self._show_labels()
        self._advanced.hide()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _fill_plain(self, form: QFormLayout) -> None:
        form.addRow(_label("Network"), self._network)
        form.addRow(_label("Images"), _row(self._images, _browse_button(self._ask_images)))
        form.addRow(_label("Layers"), self._layers)
        form.addRow(_label("Images per unit"), self._top)
        form.addRow(_label("At most"), self._limit)
        form.addRow(_label("Crops"), self._crops)
        form.addRow(_label("Classes"), self._classes)
        form.addRow(_label(""), self._file)

    def _fill_advanced(self) -> None:
        form = _form()
        form.addRow(_label("Device"), self._device)
        form.addRow(_label("Decoders"), self._workers)
        form.addRow(_label("Batch size"), self._batch)
        self._device.setFixedWidth(NUMBER_WIDTH)
        self._workers.setToolTip("Processes that read and decode images; 0 reads them in the scan's own process.")
        self._batch.setToolTip("Images in one forward pass; more need more memory.")
        self._advanced.setLayout(form)

    def _fold(self) -> None:
        on = self._advanced.isHidden()
        self._more.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self._advanced.setVisible(on)
        self.folded.emit()

    def _show_labels(self) -> None:
        self._plain.setRowVisible(self._file, self._classes.currentData() == FROM_FILE)
        self.folded.emit()

    def _ask_images(self) -> None:
        start = self._images.text().strip() or str(Path.home())
        folder = QFileDialog.getExistingDirectory(self, "Choose a folder of images", start)
        if folder:
            self.set_images(folder)

    def _ask_labels(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Choose a file with labels", self._labels.text(), CSV)
        if path:
            self._labels.setText(path)


def _combo() -> QComboBox:
    box = QComboBox()
    box.setFixedHeight(FIELD_HEIGHT)
    return box


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setSpacing(SPACE)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return form


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setFixedSize(LABEL_WIDTH, FIELD_HEIGHT)
    return label


def _number(low: int, high: int, value: int, lowest: str = "") -> QSpinBox:
    """A number; `lowest` is what the least one means."""
    box = QSpinBox()
    box.setRange(low, high)
    box.setValue(value)
    box.setSpecialValueText(lowest)
    box.setGroupSeparatorShown(True)
    box.setFixedSize(NUMBER_WIDTH, FIELD_HEIGHT)
    return box


def _browse_button(ask: object) -> QPushButton:
    button = QPushButton("Browse…")
    button.setAutoDefault(False)
    button.clicked.connect(ask)  # type: ignore[arg-type]
    return button


def _row(*widgets: QWidget) -> QWidget:
    """Widgets side by side; the first takes the room that is left."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACE)
    for place, widget in enumerate(widgets):
        row.addWidget(widget, 1 if place == 0 else 0)
    return holder
