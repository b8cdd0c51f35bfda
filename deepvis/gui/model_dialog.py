"""Choosing a network: a name, or your own factory with a file of weights. It stays until the network is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from deepvis.config import Settings, SettingsError
from deepvis.gui.name_completer import NameCompleter
from deepvis.gui.theme import SPACE
from deepvis.gui.widgets.elided_label import ElidedLabel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.records import ModelRequest

WEIGHTS = "Weights (*.safetensors *.pth *.pt *.bin);;All files (*)"
LABELS = "Labels (*.txt *.json);;All files (*)"
HINT = (
    "A torchvision or timm name such as resnet50 or vit_tiny_patch16_224, or your own network as "
    "package.module:factory or path/to/file.py:factory. What is left empty comes from the weights."
)


class ModelDialog(QDialog):
    """Asks for a `ModelRequest`; fields that are left empty mean "as the weights say".

    After `load_asked` the owner tells it how loading goes on, with `show_progress`, `show_failure` or `finish`.

    Signals:
        load_asked: the request.
        cancel_asked: give up what is being loaded; `show_failure` tells that it was.
    """

    load_asked = pyqtSignal(object)
    cancel_asked = pyqtSignal()

    def __init__(self, names: Sequence[str], present: ModelRequest, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Choose a network")
        self.setMinimumWidth(520)
        self._loading = False
        self._canceling = False
        self._name = QLineEdit(present.name)
        self._completer = NameCompleter(self._name, names)
        self._weights = QLineEdit(present.weights or "")
        self._labels = QLineEdit("" if present.labels is None else str(present.labels))
        self._mean = QLineEdit(_joined(present.mean))
        self._std = QLineEdit(_joined(present.std))
        self._size = QLineEdit("" if present.input_size is None else "x".join(map(str, present.input_size)))
        self._form = QWidget()
        self._problem = QLabel()
        self._doing = ElidedLabel("muted")
        self._bar = QProgressBar()
        self._load = QPushButton("Load")
        self._cancel = QPushButton("Cancel")
        self._build()

    @property
    def loading(self) -> bool:
        """A network was asked for and neither came nor failed yet."""
        return self._loading

    def set_names(self, names: Sequence[str]) -> None:
        """Offer these names while typing."""
        self._completer.set_names(names)

    def request(self) -> ModelRequest:
        """What was asked for.

        Raises:
            SettingsError: a field cannot be read; the message names it.
        """
        settings = Settings(
            model=self._name.text().strip(),
            weights=self._weights.text().strip() or None,
            labels=Path(text) if (text := self._labels.text().strip()) else None,
            mean=_numbers("mean", self._mean.text()),
            std=_numbers("std", self._std.text()),
            input_size=_size(self._size.text()),
        )
        return settings.model_request()

    def accept(self) -> None:
        """Ask for loading where the fields can be read; the dialog closes when the network is there."""
        if self._loading:
            return
        try:
            request = self.request()
        except SettingsError as error:
            self._tell(str(error))
            return
        self._set_loading(on=True)
        self._doing.set_text(f"Loading {request.name}")
        self.load_asked.emit(request)

    def reject(self) -> None:
        """Close; while a network is being loaded the first time only cancels that."""
        if self._loading and not self._canceling:
            self._canceling = True
            self._doing.set_text("Canceling; press again to close")
            self.cancel_asked.emit()
        else:
            super().reject()

    def show_progress(self, text: str, fraction: float | None) -> None:
        """Show how far loading is, 0..1; None where that is not known."""
        if not self._loading or self._canceling or not text:
            return
        self._doing.set_text(text)
        self._bar.setRange(0, 0 if fraction is None else 1000)
        if fraction is not None:
            self._bar.setValue(round(1000 * fraction))

    def show_failure(self, reason: str) -> None:
        """Say why there is no network; the fields can be changed again.

        Nothing happens where none was asked for.
        """
        if self._loading:
            self._set_loading(on=False)
            self._tell(reason)
            self._name.setFocus()

    def finish(self) -> None:
        """The network is there."""
        if self._loading:
            self._loading = False
            super().accept()

    def _set_loading(self, *, on: bool) -> None:
        self._loading, self._canceling = on, False
        self._form.setEnabled(not on)
        self._load.setEnabled(not on)
        self._bar.setRange(0, 0)
        self._bar.setVisible(on)
        self._doing.setVisible(on)
        self._tell("")
        if on:
            self._cancel.setFocus()

    def _tell(self, problem: str) -> None:
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._fit_height()

    def _fit_height(self) -> None:
        """Room for a wrapped reason is not taken from the fields: Qt asks no window for more height by itself."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(self.width(), layout.totalHeightForWidth(self.width()))

    def _build(self) -> None:
        self._name.selectAll()
        self._completer.confirmed.connect(self.accept)
        for field, text in (
            (self._weights, "the network's own; a file, or random"),
            (self._labels, "the network's own; a file"),
            (self._mean, "for example 0.485, 0.456, 0.406"),
            (self._std, "for example 0.229, 0.224, 0.225"),
            (self._size, "224x224"),
        ):
            field.setPlaceholderText(text)
        form = QFormLayout(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(SPACE)
        form.addRow("Network", self._name)
        form.addRow("Weights", self._with_browse(self._weights, WEIGHTS))
        form.addRow("Labels", self._with_browse(self._labels, LABELS))
        form.addRow("Mean", self._mean)
        form.addRow("Std", self._std)
        form.addRow("Input size", self._size)
        self._arrange()

    def _arrange(self) -> None:
        hint = QLabel(HINT)
        hint.setWordWrap(True)
        hint.setProperty("muted", True)
        self._problem.setWordWrap(True)
        self._problem.setProperty("failed", True)
        self._problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._bar.setTextVisible(False)
        # the dialog grows for what appears below the fields; they keep their height
        self._form.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        buttons = QDialogButtonBox()
        self._load.setDefault(True)
        self._cancel.setAutoDefault(False)
        buttons.addButton(self._load, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self._cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE + SPACE // 2)
        column.addWidget(hint)
        column.addWidget(self._form)
        for widget in (self._problem, self._doing, self._bar):
            column.addWidget(widget)
        column.addWidget(buttons)
        self._set_loading(on=False)

    def _with_browse(self, field: QLineEdit, kinds: str) -> QWidget:
        button = QPushButton("Browse…")
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self._browse(field, kinds))
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(field, 1)
        row.addWidget(button)
        return holder

    def _browse(self, field: QLineEdit, kinds: str) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Choose a file", field.text(), kinds)
        if path:
            field.setText(path)


def _joined(values: Sequence[object] | None) -> str:
    return "" if values is None else ", ".join(map(str, values))


def _numbers(name: str, text: str) -> tuple[float, ...] | None:
    try:
        return tuple(float(word) for word in text.replace(",", " ").split()) or None
    except ValueError:
        raise SettingsError(f"{name} must be numbers separated by commas, not '{text}'.") from None


def _size(text: str) -> tuple[int, int] | None:
    """`28x28`, `28, 28` and `28 28`; None for an empty text."""
    words = text.lower().replace(",", " ").replace("x", " ").replace("×", " ").split()
    if not words:
        return None
    try:
        height, width = (int(word) for word in words)
    except ValueError:
        raise SettingsError(f"input size must be height and width, as in 224x224, not '{text}'.") from None
    return height, width
