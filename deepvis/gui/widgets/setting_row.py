"""One setting of a part of a recipe: a slider with a number, a switch, or a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from deepvis.gui.theme import SPACE, small
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.number_field import DecimalField, PlainSlider, Scale, WholeField

if TYPE_CHECKING:
    from deepvis.live.studio_news import SettingInfo, Value

NAME_WIDTH = 66
FIELD_WIDTH = 66
FIELD_HEIGHT = 24


class SettingRow(QWidget):
    """A name and what sets it; the type of the default decides what that is.

    Args:
        info: of the setting.
        value: at first.
        parent: the widget it lies in.

    Signals:
        changed: it has another value.
    """

    changed = pyqtSignal()

    def __init__(self, info: SettingInfo, value: Value, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.info = info
        self._value = value
        name = ElidedLabel("muted")
        name.setFont(small(self.font()))
        name.set_text(info.name.replace("_", " "))
        name.setFixedWidth(NAME_WIDTH)
        name.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACE)
        self._row.addWidget(name)
        self._add_editor(info, value)
        self.setToolTip(info.about)

    @property
    def value(self) -> Value:
        """What it is set to, in the type of the default."""
        return self._value

    def _add_editor(self, info: SettingInfo, value: Value) -> None:
        if isinstance(info.default, bool):
            self._add_switch(bool(value))
        elif isinstance(info.default, str):
            self._add_list(info, str(value))
        else:
            self._add_number(info, float(value))

    def _add_switch(self, value: bool) -> None:
        button = switch("yes" if value else "no", self.info.about)
        button.setChecked(value)
        button.setAccessibleName(self.info.name)
        button.toggled.connect(lambda on: button.setText("yes" if on else "no"))
        button.toggled.connect(self._take)
        self._row.addWidget(button)
        self._row.addStretch(1)

    def _add_list(self, info: SettingInfo, value: str) -> None:
        combo = QComboBox()
        combo.addItems(list(info.choices))
        combo.setCurrentText(value)
        combo.setFixedHeight(FIELD_HEIGHT)
        combo.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        combo.setAccessibleName(info.name)
        combo.currentTextChanged.connect(self._take)
        self._row.addWidget(combo, 1)

    def _add_number(self, info: SettingInfo, value: float) -> None:
        whole = isinstance(info.default, int)
        scale = Scale.around(info.low, info.high, float(info.default), whole=whole)
        slider = PlainSlider()
        slider.setValue(scale.place(value))
        slider.setAccessibleName(info.name)
        field: WholeField | DecimalField = (
            WholeField(int(info.low), int(info.high), int(value)) if whole else DecimalField(info.low, info.high, value)
        )
        field.setButtonSymbols(field.ButtonSymbols.NoButtons)
        field.setFixedSize(FIELD_WIDTH, FIELD_HEIGHT)
        field.setAccessibleName(info.name)

        def slid(place: int) -> None:
            if isinstance(field, WholeField):
                field.setValue(int(scale.value(place)))
            else:
                field.setValue(scale.value(place))

        def typed(number: float) -> None:
            slider.blockSignals(True)
            slider.setValue(scale.place(number))
            slider.blockSignals(False)
            self._take(int(number) if whole else float(number))

        slider.valueChanged.connect(slid)
        field.valueChanged.connect(typed)
        self._row.addWidget(slider, 1)
        self._row.addWidget(field)

    def _take(self, value: Value) -> None:
        if value != self._value:
            self._value = value
            self.changed.emit()


def switch(text: str, tip: str) -> QToolButton:
    """A button that stays down, like the other choices of this window."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setCheckable(True)
    button.setProperty("compact", True)
    button.setMinimumWidth(FIELD_WIDTH)
    button.setFixedHeight(FIELD_HEIGHT)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
