"""The panel of recipes: everything that can be said of a synthesis before it begins. Nothing said is ever lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from deepvis.gui.recipe_choice import LARGEST_SEED, MOST_PICTURES, MOST_STEPS, SIZES, RecipeChoice, recipe_info
from deepvis.gui.theme import SPACE, small
from deepvis.gui.widgets.elided_label import ElidedLabel
from deepvis.gui.widgets.number_field import WholeField
from deepvis.gui.widgets.paragraph import Paragraph
from deepvis.gui.widgets.recipe_footer import RecipeFooter
from deepvis.gui.widgets.regularizer_list import RegularizerList
from deepvis.gui.widgets.setting_row import switch
from deepvis.gui.widgets.start_combo import StartCombo

if TYPE_CHECKING:
    from deepvis.live.studio_news import RecipeInfo, StudioOffer

LABEL_WIDTH = 54
FIELD_HEIGHT = 26
WIDTH = 272
LEAST_WIDTH = 258
"""Also beside a scroll bar no number is cut."""

WAITING = "Recipes come with the network."
CLICKS = "A click on a unit without a picture makes one with this recipe, size and steps. Key 2 makes another."
NO_CLICKS = "A click on a unit makes no picture: key 2 makes one, or the button below."


class RecipePanel(QWidget):
    """Makes a `RecipeChoice`.

    Signals:
        changed: the choice is another one.
        synthesize_asked: make these pictures of the selected unit.
        cancel_asked: stop what runs.
    """

    changed = pyqtSignal()
    synthesize_asked = pyqtSignal()
    cancel_asked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offer: StudioOffer | None = None
        self._is_classes = False
        self._choice = RecipeChoice()
        self._left: dict[tuple[str, bool], RecipeChoice] = {}
        self._filling = False
        self.recipe = QComboBox()
        self.about = Paragraph()
        self.size_field = WholeField(*SIZES, 160)
        self.steps_field = WholeField(1, MOST_STEPS, 128)
        self.pictures_field = WholeField(1, MOST_PICTURES, 1)
        self.seed_field = WholeField(0, LARGEST_SEED, 0)
        self.start = StartCombo()
        self.negative = switch("what turns it off", "Seek the picture for which the unit is lowest (3)")
        self.regularizers = RegularizerList()
        self.reset = QPushButton("Back to the recipe")
        self.starts = Paragraph()
        self.limits = Paragraph()
        self._unit = ElidedLabel("muted", Qt.TextElideMode.ElideLeft)
        self.footer = RecipeFooter()
        self.go, self.cancel = self.footer.go, self.footer.cancel
        self._build()
        self._connect()
        self.set_auto(True)
        self._fill()

    @property
    def choice(self) -> RecipeChoice:
        """What is chosen."""
        return self._choice

    @property
    def problem(self) -> str:
        """Why nothing can be made of the choice, a sentence; empty where it can."""
        if self._offer is None:
            return WAITING
        info = self._info()
        lacking = [each.needs for each in self._offer.regularizers if each.needs and self._has(each.name)]
        return (info.needs if info is not None else "") or (lacking[0] if lacking else "")

    def set_offer(self, offer: StudioOffer) -> None:
        """What can be chosen with the running model."""
        self._offer = offer
        self.regularizers.set_infos(offer.regularizers)
        self._fill_recipes()
        self._fill()

    def set_choice(self, choice: RecipeChoice) -> None:
        """Choose something else from outside: what was remembered, or a picture to start from."""
        self._choice = choice
        self._fill()
        self.changed.emit()

    def set_unit(self, address: str, *, is_classes: bool) -> None:
        """The unit that would be synthesized: recipes differ between classes and other units."""
        self._unit.set_text(address.replace("/", " / "))
        self._unit.set_tip(address)
        if is_classes != self._is_classes:
            self._turn(is_classes=is_classes)

    def set_auto(self, on: bool) -> None:
        """Say what a click on a unit begins."""
        self.starts.set_words(CLICKS if on else NO_CLICKS)

    def set_running(self, running: bool) -> None:
        """A synthesis of this unit goes on, or none."""
        self.cancel.setEnabled(running)

    def set_words(self, words: str) -> None:
        """What is said above the buttons: an estimate, why it failed. A wrong choice is said first."""
        problem = self.problem
        self.footer.set_words(problem or words, wrong=bool(problem) and self._offer is not None)
        self.go.setEnabled(not problem)

    def sizeHint(self) -> QSize:
        """A column beside the unit page."""
        return QSize(WIDTH, 560)

    def minimumSizeHint(self) -> QSize:
        """Narrower, the sliders cannot be aimed at."""
        return QSize(LEAST_WIDTH, 240)

    # from the choice to the fields

    def _info(self) -> RecipeInfo | None:
        offer = self._offer
        name = "" if offer is None else self._choice.named(offer)
        return None if offer is None else recipe_info(offer, name, is_classes=self._is_classes)

    def _has(self, regularizer: str) -> bool:
        return self._choice.regularizers is not None and any(
            name == regularizer for name, _ in self._choice.regularizers
        )

    def _fill_recipes(self) -> None:
        offer = self._offer
        if offer is None:
            return
        self._filling = True
        self.recipe.clear()
        for place, info in enumerate(offer.recipes):
            usual = info.name == offer.default
            self.recipe.addItem(f"{info.name} (default)" if usual else info.name, info.name)
            why = "It is taken where nobody chooses." if usual else ""
            tip = "\n".join(line for line in (info.needs, info.source, why) if line)
            self.recipe.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
        self._filling = False

    def _fill(self) -> None:
        info, choice = self._info(), self._choice
        for field in (self.recipe, self.size_field, self.steps_field, self.reset):
            field.setEnabled(info is not None)
        if info is not None:
            self._filling = True
            self.recipe.setCurrentIndex(self.recipe.findData(info.name))
            self.recipe.setToolTip(f"What makes the picture; this one: {info.source}")
            self.about.set_words(info.about or info.source)
            self.about.setToolTip("\n".join(line for line in (info.source, info.details.replace("; ", "\n")) if line))
            self.size_field.setValue(choice.size or info.size)
            self.steps_field.setValue(choice.steps or info.steps)
            self.pictures_field.setValue(choice.pictures)
            self.seed_field.setValue(choice.first_seed)
            self.negative.setChecked(choice.negative)
            self.start.choose(choice.start, choice.picture)
            self.regularizers.set_choices(info.regularizers if choice.regularizers is None else choice.regularizers)
            self._filling = False
        changes = choice.changes()
        self.reset.setEnabled(info is not None and bool(changes))
        self.reset.setToolTip(f"Changed: {', '.join(changes)}" if changes else "Nothing differs from the recipe")
        self.set_words("")

    # from the fields to the choice

    def _turn(self, *, is_classes: bool) -> None:
        """A recipe has other regularizers for classes: what was chosen instead holds for one kind of layer only."""
        if self._offer is not None:
            name = self._choice.named(self._offer)
            self._left[name, self._is_classes] = self._choice
            own = self._left.get((name, is_classes), RecipeChoice())
            self._choice = replace(self._choice, regularizers=own.regularizers)
        self._is_classes = is_classes
        self._fill()

    def _take_recipe(self, _place: int) -> None:
        """Another recipe has its own size, steps and regularizers; what was chosen for it before is still there."""
        name = self.recipe.currentData()
        if self._filling or name is None or self._offer is None:
            return
        self._forget_limits()
        self._left[self._choice.named(self._offer), self._is_classes] = self._choice
        own = self._left.get((name, self._is_classes), RecipeChoice())
        self._set(replace(self._choice, recipe=name, size=own.size, steps=own.steps, regularizers=own.regularizers))

    def _take(self, *_: object) -> None:
        info = self._info()
        if self._filling or info is None:
            return
        size, steps, chosen = self.size_field.value(), self.steps_field.value(), self.regularizers.choices()
        start, picture = self.start.chosen()
        self._set(
            replace(
                self._choice,
                size=None if size == info.size else size,
                steps=None if steps == info.steps else steps,
                pictures=self.pictures_field.value(),
                first_seed=self.seed_field.value(),
                negative=self.negative.isChecked(),
                regularizers=None if chosen == info.regularizers else chosen,
                start=start,
                picture=picture,
            )
        )

    def _numbers(self) -> dict[str, WholeField]:
        """Fields of whole numbers by what they are called in a sentence."""
        fields = (self.size_field, self.steps_field, self.pictures_field, self.seed_field)
        return dict(zip(("Size", "Steps", "Pictures", "Seed"), fields, strict=True))

    def _say_limits(self, name: str, field: WholeField) -> None:
        self.limits.set_words(f"{name}: {field.minimum():,} to {field.maximum():,}.")
        self._form.setRowVisible(self.limits, True)

    def _forget_limits(self) -> None:
        self._form.setRowVisible(self.limits, False)

    def _go_back(self) -> None:
        self._forget_limits()
        self._set(RecipeChoice(self._choice.recipe))

    def _set(self, choice: RecipeChoice) -> None:
        if choice != self._choice:
            self._choice = choice
            self._fill()
            self.changed.emit()

    # building

    def _connect(self) -> None:
        self.recipe.currentIndexChanged.connect(self._take_recipe)
        for name, field in self._numbers().items():
            field.valueChanged.connect(self._take)
            field.limited.connect(lambda name=name, field=field: self._say_limits(name, field))
            editor = field.lineEdit()
            if editor is not None:
                editor.textEdited.connect(self._forget_limits)
        self.negative.toggled.connect(self._take)
        self.start.currentIndexChanged.connect(self._take)
        self.regularizers.changed.connect(self._take)
        self.reset.clicked.connect(self._go_back)
        self.go.clicked.connect(lambda: self.synthesize_asked.emit())
        self.cancel.clicked.connect(lambda: self.cancel_asked.emit())

    def _build(self) -> None:
        self.setObjectName("recipe_panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        for quiet in (self.about, self.starts, self.limits, self._unit):
            quiet.setFont(small(self.font()))
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for box in (self.recipe, self.start):
            box.setFixedHeight(FIELD_HEIGHT)
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.negative.setFixedHeight(FIELD_HEIGHT)
        for widget, tip in self._tips().items():
            widget.setToolTip(tip)
            widget.setAccessibleName(tip)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._scrolled(self._fields()), 1)
        column.addWidget(self.footer)

    def _tips(self) -> dict[QWidget, str]:
        return {
            self.recipe: "What makes the picture",
            self.size_field: f"Height and width of a picture in pixels, {SIZES[0]} to {SIZES[1]}",
            self.steps_field: f"Steps of the ascent, 1 to {MOST_STEPS:,}: more take longer",
            self.pictures_field: f"Pictures, made together: one per seed, at most {MOST_PICTURES}",
            self.seed_field: "The first seed: the same seed gives the same picture",
            self.go: "Make these pictures of the unit named at the top",
            self.cancel: "Stop the synthesis (4)",
        }

    def _fields(self) -> QWidget:
        form = self._form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(SPACE)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow(_label("Recipe", self.recipe), self.recipe)
        form.addRow(self.about)
        form.addRow("", self.reset)
        form.addRow(_label("Size", self.size_field), _row(self.size_field, QLabel("steps"), self.steps_field))
        form.addRow(self.limits)
        form.setRowVisible(self.limits, False)
        form.addRow(_label("Pictures", self.pictures_field), _row(self.pictures_field, QLabel("seed"), self.seed_field))
        form.addRow(_label("Start", self.start), self.start)
        form.addRow(_label("Seek", self.negative), self.negative)
        fields = QWidget()
        column = QVBoxLayout(fields)
        column.setContentsMargins(SPACE + 4, SPACE, SPACE + 4, SPACE)
        column.setSpacing(SPACE + SPACE // 2)
        column.addWidget(self._unit)
        column.addLayout(form)
        column.addWidget(self.regularizers)
        column.addWidget(self.starts)
        column.addStretch(1)
        return fields

    def _scrolled(self, fields: QWidget) -> QScrollArea:
        area = QScrollArea()
        area.setWidget(fields)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return area


def _label(text: str, of: QWidget) -> QLabel:
    """The name of a field; it has the field's tooltip."""
    label = QLabel(text)
    label.setToolTip(of.toolTip())
    label.setFixedSize(LABEL_WIDTH, FIELD_HEIGHT)
    return label


def _row(first: WholeField, word: QLabel, second: WholeField) -> QWidget:
    """Two numbers with a word between them."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACE // 2)
    word.setProperty("muted", True)
    word.setToolTip(second.toolTip())
    for field in (first, second):
        field.setFixedHeight(FIELD_HEIGHT)
        field.setMinimumWidth(56)
        # two small buttons would take the room of two digits
        field.setButtonSymbols(WholeField.ButtonSymbols.NoButtons)
    row.addWidget(first, 1)
    row.addWidget(word)
    row.addWidget(second, 1)
    return holder
