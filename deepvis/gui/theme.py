"""Colors, typeface and style of the window: one frozen table of colors per theme, everything else follows from it."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics, QPalette

from deepvis.gui.stylesheet import stylesheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PyQt6.QtWidgets import QApplication

SPACE = 8
"""The spacing grid in logical pixels; half of it separates what belongs together."""

FONT_PX = 12
SMALL_FONT_PX = 11
FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Helvetica Neue", "Noto Sans", "Liberation Sans", "DejaVu Sans")
"""Typefaces by preference; the first one installed is used for everything."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Named colors, `#rrggbb`.

    Attributes:
        name: `dark` or `light`.
        window: behind everything, and behind pictures.
        panel: docks, bars, lists.
        raised: buttons, the row under the pointer.
        field: where text is typed.
        border: hairlines.
        text: what is read.
        muted: labels and captions; still readable on `panel`.
        faint: disabled text.
        accent: what is active or chosen.
        on_accent: text on `accent`.
        chosen: background of the chosen row: a tint of `accent` on `panel`.
        selection: frames over pictures, bright in both themes.
        highlight: a second color for frames over pictures: the maximum.
        origin: frames over pictures where the backward view is frozen: 2015's pale blue.
        origin_text: the same for words and lines on `panel`.
        hover: the thin frame of the tile under the pointer.
        outline: dark line around frames over pictures.
        warning: something needs attention.
        error: something failed.
        good: something worked.
    """

    name: str
    window: str
    panel: str
    raised: str
    field: str
    border: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    chosen: str
    selection: str
    highlight: str
    origin: str
    origin_text: str
    hover: str
    outline: str
    warning: str
    error: str
    good: str


DARK = Theme(
    name="dark",
    window="#101215",
    panel="#17191e",
    raised="#22262d",
    field="#101215",
    border="#2b3038",
    text="#e6e8ec",
    muted="#98a0ad",
    faint="#5d6571",
    accent="#3ecfae",
    on_accent="#06231c",
    chosen="#1b3833",
    selection="#5bf0c8",
    highlight="#ffc857",
    origin="#b9bdff",
    origin_text="#b9bdff",
    hover="#c9ced6",
    outline="#0b0d10",
    warning="#e8b04b",
    error="#f0706a",
    good="#6ccf7a",
)

LIGHT = Theme(
    name="light",
    window="#e4e7eb",
    panel="#f3f4f6",
    raised="#ffffff",
    field="#ffffff",
    border="#c4cad2",
    text="#1a1d22",
    muted="#59616e",
    faint="#a0a7b2",
    accent="#097a64",
    on_accent="#ffffff",
    chosen="#d5ece6",
    selection="#4df5cb",
    highlight="#ffc857",
    origin="#b9bdff",
    origin_text="#4f50c8",
    hover="#c9ced6",
    outline="#0b0d10",
    warning="#9a6200",
    error="#c0322b",
    good="#23803a",
)


def theme_of(palette: QPalette) -> Theme:
    """The theme a widget's palette was made from; a foreign palette counts by its lightness."""
    text = palette.color(QPalette.ColorRole.WindowText).lightness()
    window = palette.color(QPalette.ColorRole.Window).lightness()
    return DARK if text > window else LIGHT


def apply_theme(app: QApplication, name: str) -> Theme:
    """Dress the application: Fusion, palette, typeface, stylesheet.

    Args:
        app: the application.
        name: `dark`, `light`, or `system` for what the desktop prefers (dark where it does not say).

    Returns:
        the theme in force.

    Raises:
        ValueError: for another name.
    """
    theme = _named(app, name)
    with kept_widgets():
        app.setStyle("Fusion")
        app.setPalette(palette_for(theme))
        app.setFont(base_font())
        app.setStyleSheet(stylesheet(theme))
    return theme


@contextmanager
def kept_widgets() -> Iterator[None]:
    """Put off the collection of garbage: Qt walks over a list of all widgets, and none on it may be deleted meanwhile.

    The widgets' own Python code runs on that walk, so a collection can begin in it, and windows that were closed may
    wait for one.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def palette_for(theme: Theme) -> QPalette:
    """The palette of a theme, with its disabled colors."""
    palette = QPalette()
    for role, color in _roles(theme).items():
        palette.setColor(role, QColor(color))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.faint))
    return palette


def base_font() -> QFont:
    """The typeface of the window at its normal size, digits all of one width where the typeface can."""
    installed = set(QFontDatabase.families())
    family = next((name for name in FAMILIES if name in installed), None)
    font = QFont(family) if family else QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setPixelSize(FONT_PX)
    font.setStyleHint(QFont.StyleHint.SansSerif)
    return with_tabular_digits(font)


def with_tabular_digits(font: QFont) -> QFont:
    """A copy of a font whose digits are all of one width, where the typeface can."""
    tabular = QFont(font)
    if hasattr(tabular, "setFeature"):
        tabular.setFeature(QFont.Tag("tnum"), 1)
    return tabular


def small(font: QFont) -> QFont:
    """A copy of a font for captions."""
    smaller = QFont(font)
    smaller.setPixelSize(SMALL_FONT_PX)
    return smaller


def strong(font: QFont) -> QFont:
    """A copy of a font for headings."""
    heavier = QFont(font)
    heavier.setWeight(QFont.Weight.DemiBold)
    return heavier


def elided(text: str, font: QFont, width: int, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> str:
    """The text, shortened with an ellipsis to `width` logical pixels."""
    return QFontMetrics(font).elidedText(text, mode, max(0, width))


def _named(app: QApplication, name: str) -> Theme:
    if name == "system":
        hints = app.styleHints()
        return LIGHT if hints is not None and hints.colorScheme() == Qt.ColorScheme.Light else DARK
    themes = {theme.name: theme for theme in (DARK, LIGHT)}
    if name not in themes:
        raise ValueError(f"There is no theme '{name}': choose dark, light or system.")
    return themes[name]


def _roles(theme: Theme) -> dict[QPalette.ColorRole, str]:
    role = QPalette.ColorRole
    return {
        role.Window: theme.panel,
        role.WindowText: theme.text,
        role.Base: theme.field,
        role.AlternateBase: theme.panel,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.error,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Accent: theme.accent,
        role.Link: theme.accent,
        role.Light: theme.raised,
        role.Midlight: theme.raised,
        role.Mid: theme.border,
        role.Dark: theme.border,
        role.Shadow: theme.outline,
    }
