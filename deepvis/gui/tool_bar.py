"""The bar under the menus: source, network, device, precision, and the way to everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QComboBox, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from deepvis.gui.widgets.changes_badge import ChangesBadge
from deepvis.records import Precision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis.gui.bindings import ActionSet
    from deepvis.records import ModelInfo, SourceState

LONGEST_TITLE = 28


class MainToolBar(QToolBar):
    """Says what runs, and changes it.

    Signals:
        source_chosen: what to open, as in `sources.open_spec`.
        source_menu_opened: the list of cameras should be fresh.
        device_chosen: its name.
        precision_chosen: a `Precision`.

    Attributes:
        badge: how many units are changed; there only while some are.
    """

    source_chosen = pyqtSignal(str)
    source_menu_opened = pyqtSignal()
    device_chosen = pyqtSignal(str)
    precision_chosen = pyqtSignal(object)

    def __init__(self, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__("Main", parent)
        self.setObjectName("main_tool_bar")
        self.setMovable(False)
        self._acts = actions
        self._source = self._button("Source", "What feeds the network")
        self._model = self._button("Network", "Choose a network (Ctrl+M)")
        self._freeze = QToolButton()
        self._device = QComboBox()
        self._precision = QComboBox()
        self._cameras = QMenu("Cameras", self)
        self.badge = ChangesBadge()
        self._build()

    def show_source(self, state: SourceState) -> None:
        """Name the source."""
        self._source.setText(_short(state.title) + ("  (lost)" if state.lost else ""))
        self._source.setToolTip(
            f"{state.kind}: {state.title}\nClick to choose another source, or drop a file on the window"
        )

    def show_model(self, info: ModelInfo) -> None:
        """Name network, device and precision."""
        self._model.setText(_short(info.name))
        size = "×".join(map(str, info.input_size))
        self._model.setToolTip(f"{info.weights}\n{info.parameters / 1e6:.1f} million parameters, input {size}")
        _choose(self._device, info.device)
        self._precision.setCurrentIndex(self._precision.findData(info.precision))

    def show_devices(self, names: Sequence[str]) -> None:
        """Offer these devices."""
        present = self._device.currentText()
        self._device.clear()
        self._device.addItems(list(names))
        _choose(self._device, present or names[0])

    def devices(self) -> list[str]:
        """The devices offered."""
        return [self._device.itemText(place) for place in range(self._device.count())]

    def show_cameras(self, cameras: Sequence[tuple[str, str]]) -> None:
        """Offer these cameras."""
        self._cameras.clear()
        for spec, name in cameras:
            self._offer(self._cameras, name, spec)
        if not cameras:
            none = self._cameras.addAction("No camera found")
            if none is not None:
                none.setEnabled(False)

    def show_frozen(self, frozen: bool) -> None:
        """Say whether the picture is held."""
        self._freeze.setChecked(frozen)
        self._freeze.setText("Frozen" if frozen else "Freeze")

    def show_changes(self, words: str) -> None:
        """Say how many units are changed; no words for none."""
        self.badge.set_words(words)
        if self._badge_place is not None:
            self._badge_place.setVisible(bool(words))

    def _build(self) -> None:
        self._source.setMenu(self._source_menu())
        self._source.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._model.clicked.connect(lambda: self._acts.trigger("choose_model"))
        self._freeze.setCheckable(True)
        self._freeze.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._freeze.setToolTip(self._acts["toggle_freeze"].toolTip())
        self._freeze.clicked.connect(lambda: self._acts.trigger("toggle_freeze"))
        self.show_frozen(False)
        self._device.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._device.setToolTip("Device the network runs on")
        self._device.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._device.addItem("cpu")
        self._device.activated.connect(lambda _index: self.device_chosen.emit(self._device.currentText()))
        for precision in Precision:
            self._precision.addItem(str(precision), precision)
        self._precision.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._precision.setToolTip("Number format the network runs in")
        self._precision.activated.connect(lambda _index: self.precision_chosen.emit(self._precision.currentData()))
        self._arrange()

    def _arrange(self) -> None:
        self.addWidget(self._source)
        self.addWidget(self._freeze)
        self.addSeparator()
        self.addWidget(self._model)
        self.addWidget(self._device)
        self.addWidget(self._precision)
        self._badge_place = self.addWidget(self.badge)
        room = QWidget()
        room.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(room)
        for name, text in (("jump", "Go to…"), ("palette", "Commands"), ("help", "Keys and help")):
            button = self._button(text, self._acts[name].toolTip())
            button.clicked.connect(lambda _checked=False, name=name: self._acts.trigger(name))
            self.addWidget(button)

    def _source_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addMenu(self._cameras)
        menu.addActions([self._acts[name] for name in ("open_file", "open_folder", "open_address", "paste")])
        menu.addSeparator()
        menu.addActions([self._acts[name] for name in ("use_demo", "use_synthetic")])
        menu.aboutToShow.connect(self.source_menu_opened.emit)
        return menu

    def _offer(self, menu: QMenu, text: str, spec: str) -> None:
        choice = QAction(text, menu)
        choice.triggered.connect(lambda: self.source_chosen.emit(spec))
        menu.addAction(choice)

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button


def _choose(combo: QComboBox, text: str) -> None:
    if combo.findText(text) < 0:
        combo.addItem(text)
    combo.setCurrentText(text)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TITLE else f"{text[: LONGEST_TITLE - 12]}…{text[-11:]}"
