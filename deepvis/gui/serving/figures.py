"""What viewers are told in words: the model, where one looks, how fast it runs, what the network answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis import __version__
from deepvis.gui.run_report import top5

if TYPE_CHECKING:
    from deepvis.gui.controller import Controller


def status_of(controller: Controller, theme: str, viewers: int) -> dict[str, object]:
    """Plain values, rates of the last two seconds; None where something is not known yet.

    Args:
        controller: of the window.
        theme: its name, `dark` or `light`.
        viewers: how many watch.
    """
    info, view, source, result = controller.info, controller.view, controller.source, controller.result
    layer, counts = controller.layer(), controller.session.counts()
    return {
        "deepvis": __version__,
        "model": None if info is None else info.name,
        "layer": view.layer or None,
        "unit": view.unit,
        "label": info.label(layer, view.unit) if info is not None and layer is not None else "",
        "device": None if info is None else info.device,
        "precision": None if info is None else str(info.precision),
        "source": None if source is None else source.title,
        "frozen": controller.frozen,
        "backward": _backward(controller),
        "fps": {
            "capture": round(counts.capture_fps, 1),
            "inference": round(counts.inference_fps, 1),
            "paint": round(counts.paint_fps, 1),
        },
        "top5": [] if result is None else top5(result.predictions),
        "problem": controller.failure if info is None else "" if result is None else result.problem,
        "theme": theme,
        "viewers": viewers,
    }


def _backward(controller: Controller) -> dict[str, object] | None:
    """The backward view: what it is of, how it was found, what is known to be wrong with it; None while it is off."""
    back, result = controller.view.back, controller.result
    if back.method is None:
        return None
    shown = None if result is None else result.back
    return {
        "method": str(back.method),
        "view": str(back.view),
        "overlay": str(back.overlay),
        "of": None if shown is None else shown.title,
        "frozen": back.origin is not None,
        "randomized_check": back.checks,
        "caveat": "" if shown is None else shown.caveat,
        "problem": "" if shown is None else shown.reason,
    }
