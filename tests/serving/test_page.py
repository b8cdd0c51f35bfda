"""What the style sheet repeats of the window, because it is no Python, must be the same."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from deepvis.gui.theme import DARK, FAMILIES, LIGHT

STYLE = files("deepvis.serving").joinpath("page.css").read_text()


@pytest.mark.parametrize(("selector", "theme"), [(":root {", DARK), (':root[data-theme="light"] {', LIGHT)])
def test_the_page_has_the_colors_of_the_window(selector, theme):
    _, _, rest = STYLE.partition(selector)
    colors = dict(re.findall(r"--(\w+): (#\w{6});", rest.partition("}")[0]))
    assert len(colors) == 8
    assert colors == {name: getattr(theme, name) for name in colors}


def test_the_page_has_the_typefaces_of_the_window():
    (line,) = re.findall(r"font: \S+ (.*), sans-serif;", STYLE)
    assert tuple(name.strip('"') for name in line.split(", ")) == FAMILIES


def test_every_color_that_is_used_is_one_of_the_window():
    used = set(re.findall(r"var\(--(\w+)\)", STYLE)) - {"width", "height", "scale"}
    assert used
    assert used <= set(re.findall(r"--(\w+):", STYLE))
