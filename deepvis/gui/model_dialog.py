"""Choosing a network: a name, or your own factory with a file of weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QStringListModel, Qt
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import (
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from deepvis.config import Settings, SettingsError
from deepvis.gui.theme import SPACE

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
    """Asks for a `ModelRequest`; fields that are left empty mean "as the weights say"."""

    def __init__(self, names: Sequence[str], present: ModelRequest, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Choose a network")
        self.setMinimumWidth(520)
        self._names = QStringListModel(list(names))
        self._name = QLineEdit(present.name)
        self._weights = QLineEdit(present.weights or "")
        self._labels = QLineEdit("" if present.labels is None else str(present.labels))
        self._mean = QLineEdit(_joined(present.mean))
        self._std = QLineEdit(_joined(present.std))
        self._size = QLineEdit(_joined(present.input_size))
        self._problem = QLabel()
        self._build()

    def set_names(self, names: Sequence[str]) -> None:
        """Offer these names while typing."""
        self._names.setStringList(list(names))

    def request(self) -> ModelRequest:
        """What was asked for.

        Raises:
            SettingsError: a field cannot be read; the message names it.
        """
        settings = Settings(
            model=self._name.text().strip(),
            weights=self._weights.text().strip() or None,
            labels=Path(text) if (text := self._labels.text().strip()) else None,
            mean=_numbers("mean", self._mean.text(), float),
            std=_numbers("std", self._std.text(), float),
            input_size=_numbers("input size", self._size.text(), int),  # type: ignore[arg-type]
        )
        return settings.model_request()

    def accept(self) -> None:
        """Close only where the fields can be read."""
        try:
            self.request()
        except SettingsError as error:
            self._problem.setText(str(error))
            return
        super().accept()

    def _build(self) -> None:
        completer = QCompleter(self._names, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(12)
        self._name.setCompleter(completer)
        self._name.selectAll()
        for field, text in (
            (self._weights, "the network's own"),
            (self._labels, "the network's own"),
            (self._mean, "for example 0.485, 0.456, 0.406"),
            (self._std, "for example 0.229, 0.224, 0.225"),
            (self._size, "height, width"),
        ):
            field.setPlaceholderText(text)
        form = QFormLayout()
        form.setSpacing(SPACE)
        form.addRow("Network", self._name)
        form.addRow(
            "Weights", self._with_browse(self._weights, "Weights (*.safetensors *.pth *.pt *.bin);;All files (*)")
        )
        form.addRow("Labels", self._with_browse(self._labels, "Labels (*.txt *.json);;All files (*)"))
        form.addRow("Mean", self._mean)
        form.addRow("Std", self._std)
        form.addRow("Input size", self._size)
        self._finish(form)

    def _finish(self, form: QFormLayout) -> None:
        hint = QLabel(HINT)
        hint.setWordWrap(True)
        hint.setProperty("muted", True)
        self._problem.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        if ok is not None:
            ok.setText("Load")
        for button in buttons.buttons():
            button.setIcon(QIcon())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE + SPACE // 2)
        column.addWidget(hint)
        column.addLayout(form)
        column.addWidget(self._problem)
        column.addWidget(buttons)

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


def _numbers(name: str, text: str, kind: type[int] | type[float]) -> tuple[float, ...] | None:
    words = text.replace(",", " ").replace("x", " ").replace("×", " ").split()
    try:
        return tuple(kind(word) for word in words) or None
    except ValueError:
        raise SettingsError(f"{name} must be numbers separated by commas, not '{text}'.") from None
