"""From the action table to Qt: one QAction per row, menus, rows of the help page and of the command palette."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QMenu, QMenuBar

from deepvis.gui.actions import ACTIONS, GROUPS, ActionSpec
from deepvis.gui.widgets.palette import PaletteRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PyQt6.QtWidgets import QWidget

    from deepvis.gui.widgets.help_overlay import HelpRow


class ActionSet:
    """The window's actions by id.

    Args:
        window: gets the actions, and with them the keys.
        handlers: what each action calls.

    Raises:
        KeyError: an action has no handler.
    """

    def __init__(self, window: QWidget, handlers: Mapping[str, Callable[[], None]]) -> None:
        self._actions: dict[str, QAction] = {}
        self._barred = set[str]()
        self._open: str | None = None
        for spec in ACTIONS:
            made = _make(spec, window)
            handler = handlers[spec.id]
            made.triggered.connect(lambda _checked=False, call=handler: call())
            window.addAction(made)
            self._actions[spec.id] = made

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def trigger(self, name: str) -> None:
        """Do it, as from a menu."""
        self._actions[name].trigger()

    def block(self, blocked: bool, besides: str = "") -> None:
        """Keep all keys from acting while an overlay has them; `besides` goes on, for it closes the overlay."""
        self._open = besides if blocked else None
        for spec in ACTIONS:
            self._enable(spec.id)

    def allow(self, name: str, on: bool) -> None:
        """Say whether it can be done at present."""
        (self._barred.discard if on else self._barred.add)(name)
        self._enable(name)

    def set_checked(self, name: str, on: bool) -> None:
        """Bring a tick in line with what it stands for."""
        self._actions[name].setChecked(on)

    def _enable(self, name: str) -> None:
        self._actions[name].setEnabled(name not in self._barred and self._open in (None, name))

    def fill(self, bar: QMenuBar) -> None:
        """One menu per group, lines between what belongs together."""
        for group in GROUPS:
            menu = bar.addMenu(group)
            if isinstance(menu, QMenu):
                menu.setToolTipsVisible(True)
                self._fill_menu(menu, group)

    def _fill_menu(self, menu: QMenu, group: str) -> None:
        inner: dict[str, QMenu] = {}
        for spec in ACTIONS:
            if spec.group != group:
                continue
            family, _ = _family(spec)
            if spec.apart:
                menu.addSeparator()
            if not family:
                menu.addAction(self._actions[spec.id])
                continue
            if family not in inner:
                inner[family] = QMenu(family, menu)
                inner[family].setToolTipsVisible(True)
                menu.addMenu(inner[family])
            inner[family].addAction(self._actions[spec.id])


def key_text(spec: ActionSpec) -> str:
    """The keys of a row as people read them, `E, PgDown`."""
    return ", ".join(_native(key) for key in spec.keys)


def help_rows() -> list[HelpRow]:
    """Rows of the help page: group, keys, text."""
    return [(spec.group, key_text(spec), spec.text) for spec in ACTIONS if spec.keys]


def palette_rows() -> list[PaletteRow]:
    """Rows of the command palette: all but itself."""
    return [PaletteRow(spec.id, spec.text.rstrip("…"), key_text(spec)) for spec in ACTIONS if spec.id != "palette"]


def _make(spec: ActionSpec, window: QWidget) -> QAction:
    made = QAction(_family(spec)[1], window)
    made.setShortcuts([QKeySequence(key) for key in spec.keys])
    made.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    made.setCheckable(spec.checkable)
    keys = f" ({key_text(spec)})" if spec.keys else ""
    made.setToolTip(f"{spec.text}{keys}" + (f"\n{spec.tip}" if spec.tip else ""))
    return made


def _family(spec: ActionSpec) -> tuple[str, str]:
    """`Backward view: gradient` is *Gradient* in a menu *Backward view*; help and palette have the words whole."""
    family, _, member = spec.text.rpartition(": ")
    if sum(other.text.startswith(f"{family}: ") for other in ACTIONS) < 2:
        return "", spec.text
    return family, member[0].upper() + member[1:]


def _native(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
