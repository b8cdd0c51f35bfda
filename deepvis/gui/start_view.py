"""What the window looks at when it opens, as far as settings say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.config import SettingsError
from deepvis.imaging.colormap import COLORMAPS
from deepvis.records import Backward, GridView, UnitPane, View

if TYPE_CHECKING:
    from deepvis.config import Settings


def first_view(settings: Settings) -> View:
    """The view that the settings ask for; layer and unit follow when the model is known.

    Raises:
        SettingsError: there is no such color map.
    """
    for name in ("colormap", "back_colormap"):
        if getattr(settings, name) not in COLORMAPS:
            raise SettingsError(f"{name} must be one of {', '.join(COLORMAPS)}, not '{getattr(settings, name)}'.")
    grid = GridView(
        sort=settings.sort,
        hide_dead=settings.hide_dead,
        scaling=settings.scaling,
        individual=settings.individual,
        gamma=settings.gamma,
        colormap=settings.colormap,
    )
    return View(
        mirror=bool(settings.mirror),
        quarter_turns=settings.quarter_turns,
        fit=settings.fit,
        predictions=settings.predictions,
        grid=grid,
        pane=UnitPane(overlay=settings.overlay, opacity=settings.opacity),
        back=_first_back(settings),
    )


def _first_back(settings: Settings) -> Backward:
    return Backward(
        method=settings.method,
        view=settings.view,
        colormap=settings.back_colormap,
        overlay=settings.back_overlay,
        opacity=settings.opacity,
        seed=settings.back_seed,
    )
