"""One table of colors dresses everything."""

from __future__ import annotations

import gc
from dataclasses import fields

import pytest
from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import QLabel

from deepvis.gui.theme import DARK, LIGHT, apply_theme, base_font, kept_widgets, palette_for, theme_of


@pytest.fixture
def restored(qapp):
    """The application as it was before the test."""
    before = (qapp.palette(), qapp.font(), qapp.styleSheet())
    yield qapp
    with kept_widgets():
        qapp.setStyleSheet(before[2])
        qapp.setPalette(before[0])
        qapp.setFont(before[1])


def _contrast(one: str, other: str) -> float:
    def luminance(name: str) -> float:
        channels = [value / 255 for value in QColor(name).getRgb()[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_everything_that_is_read_has_enough_contrast(theme):
    for ground in (theme.panel, theme.window, theme.raised, theme.chosen):
        assert _contrast(theme.text, ground) >= 7
        assert _contrast(theme.muted, ground) >= 4.5
    for role in ("warning", "error", "good", "accent"):
        assert _contrast(getattr(theme, role), theme.panel) >= 4.5, role
    assert _contrast(theme.on_accent, theme.accent) >= 4.5


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_every_color_is_a_color(theme):
    assert all(QColor(getattr(theme, field.name)).isValid() for field in fields(theme) if field.name != "name")


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_a_widget_finds_its_theme_by_its_palette(qapp, theme):
    assert theme_of(palette_for(theme)) is theme


def test_a_widget_finds_its_theme_also_below_the_stylesheet(restored, qtbot):
    for theme in (LIGHT, DARK):
        assert apply_theme(restored, theme.name) is theme
        label = QLabel("text")
        qtbot.addWidget(label)
        label.ensurePolished()
        assert theme_of(label.palette()) is theme
        assert restored.palette().color(QPalette.ColorRole.Highlight) == QColor(theme.accent)


def test_an_unknown_theme_is_refused_with_the_choices(qapp):
    with pytest.raises(ValueError, match="'pink': choose dark, light or system"):
        apply_theme(qapp, "pink")


def test_the_typeface_has_a_size_in_pixels(qapp):
    assert base_font().pixelSize() == 12


def test_no_widget_is_collected_while_qt_goes_through_all_of_them(qtbot, restored):
    collecting = []

    class Told(QLabel):
        def changeEvent(self, event):
            super().changeEvent(event)
            collecting.append(gc.isenabled())

    label = Told()
    qtbot.addWidget(label)
    apply_theme(restored, "dark")
    apply_theme(restored, "light")
    assert collecting
    assert not any(collecting)
    assert gc.isenabled()
