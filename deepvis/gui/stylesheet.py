"""The stylesheet of the standard widgets, written once with the theme's color names in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis.gui.theme import Theme

_TEMPLATE = """
QMainWindow, QDialog { background: $window; }
QMainWindow::separator { background: $window; width: 4px; height: 4px; }
QMainWindow::separator:hover { background: $accent; }
#grid_panel, #unit_panel, #recipe_panel, #back_panel, #cause_panel { background: $panel; }
#recipe_footer { border-top: 1px solid $border; }
QSplitter::handle { background: $window; }
QSplitter::handle:hover { background: $accent; }

QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 4px 6px; }

QMenuBar { background: $panel; color: $muted; padding: 2px 4px; border-bottom: 1px solid $border; }
QMenuBar::item { background: transparent; padding: 4px 8px; border-radius: 4px; }
QMenuBar::item:selected { background: $raised; color: $text; }
QMenu { background: $panel; color: $text; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 24px; border-radius: 4px; }
QMenu::item:selected { background: $chosen; color: $text; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }

QDockWidget { color: $muted; titlebar-close-icon: none; titlebar-normal-icon: none; }
QDockWidget::title { background: $panel; padding: 6px 8px; text-align: left; border-bottom: 1px solid $border; }
QToolBar { background: $panel; border: none; border-bottom: 1px solid $border; spacing: 4px; padding: 4px 8px; }
QToolBar::separator { background: $border; width: 1px; margin: 4px 4px; }
QStatusBar { background: $panel; border: none; }
QStatusBar::item { border: none; }

QPushButton, QToolButton { background: $raised; color: $text; border: 1px solid $border; border-radius: 4px; }
QPushButton { padding: 4px 12px; }
QToolButton { padding: 3px 6px; }
QPushButton:hover, QToolButton:hover { border-color: $muted; }
QPushButton:pressed, QToolButton:pressed { background: $border; }
QPushButton:checked, QToolButton:checked { background: $chosen; border-color: $accent; color: $text; }
QPushButton:disabled, QToolButton:disabled { color: $faint; background: $panel; }
QPushButton:default { background: $accent; border-color: $accent; color: $on_accent; }
QPushButton:default:disabled { background: $panel; border-color: $border; color: $faint; }
QToolButton[flat="true"] { background: transparent; border-color: transparent; padding: 0; }
QToolButton[flat="true"]:hover { background: $raised; }
QToolButton[flat="true"]:pressed { background: $border; }
QToolButton[flat="true"]:checked { background: $chosen; }
QToolButton[alert="true"] { color: $warning; border-color: $warning; }
QLabel[muted="true"] { color: $muted; }
QToolButton::menu-indicator { image: none; }

QLineEdit, QSpinBox, QDoubleSpinBox, QPlainTextEdit, QTextEdit {
    background: $field; color: $text; border: 1px solid $border; border-radius: 4px; padding: 3px 6px;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QPlainTextEdit:focus, QTextEdit:focus { border-color: $accent; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled { color: $faint; background: $panel; }
QSpinBox::up-button, QSpinBox::down-button { subcontrol-origin: border; border: none; width: 18px; }
QSpinBox::up-button { subcontrol-position: top right; }
QSpinBox::down-button { subcontrol-position: bottom right; }
QSpinBox::up-arrow, QSpinBox::down-arrow { width: 0; height: 0;
    border-left: 3px solid $field; border-right: 3px solid $field; }
QSpinBox::up-arrow { border-bottom: 4px solid $muted; margin-top: 2px; }
QSpinBox::down-arrow { border-top: 4px solid $muted; margin-bottom: 2px; }
QSpinBox::up-arrow:disabled, QSpinBox::up-arrow:off { border-bottom-color: $faint; }
QSpinBox::down-arrow:disabled, QSpinBox::down-arrow:off { border-top-color: $faint; }
#completions { background: $panel; border: 1px solid $border; padding: 4px; }
#completions::item { padding: 3px 6px; border-radius: 4px; }
#completions::item:selected, #completions::item:hover { background: $chosen; color: $text; }
QLabel[failed="true"] { color: $error; }

QComboBox { background: $raised; color: $text; border: 1px solid $border; border-radius: 4px; padding: 3px 6px; }
QComboBox[compact="true"], QToolButton[compact="true"] { font-size: 11px; padding: 3px 4px; }
QLineEdit[compact="true"] { font-size: 11px; padding: 2px 4px; }
QComboBox[compact="true"]::drop-down { width: 10px; }
QComboBox[compact="true"]::down-arrow { margin-right: 3px; }
QComboBox:hover { border-color: $muted; }
QComboBox:disabled { color: $faint; }
QComboBox::drop-down { border: none; width: 16px; }
QComboBox::down-arrow { width: 0; height: 0; margin-right: 6px;
    border-left: 3px solid $raised; border-right: 3px solid $raised; border-top: 4px solid $muted; }
QComboBox QAbstractItemView { background: $panel; color: $text; border: 1px solid $border; padding: 2px;
    selection-background-color: $chosen; selection-color: $text; outline: none; }

QSlider::groove:horizontal { height: 4px; background: $border; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { background: $text; width: 12px; height: 12px; margin: -4px 0; border-radius: 6px; }
QSlider::handle:horizontal:hover { background: $accent; }
QSlider::groove:vertical { width: 4px; background: $border; border-radius: 2px; }
QSlider::add-page:vertical { background: $accent; border-radius: 2px; }
QSlider::handle:vertical { background: $text; width: 12px; height: 12px; margin: 0 -4px; border-radius: 6px; }
QSlider::sub-page:horizontal:disabled, QSlider::add-page:vertical:disabled { background: $border; }
QSlider::handle:disabled { background: $faint; }

QScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 3px; margin: 2px; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QAbstractItemView { background: $panel; color: $text; border: none; outline: none; }
QHeaderView::section { background: $panel; color: $muted; border: none; padding: 4px 8px;
    border-bottom: 1px solid $border; }

QTabBar { background: transparent; }
QTabBar::tab { background: transparent; color: $muted; padding: 6px 12px; border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:hover { color: $text; }
QTabWidget::pane { border: none; }

QProgressBar { background: $border; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
"""


def stylesheet(theme: Theme) -> str:
    """The stylesheet in the colors of a theme.

    Raises:
        AttributeError: where the template names a color the theme does not have.
    """
    return re.sub(r"\$(\w+)", lambda match: str(getattr(theme, match.group(1))), _TEMPLATE)
