"""Make every screenshot of the README and the docs from the running window: `python docs/make_screenshots.py`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
IMAGES = HERE / "images"
CHELSEA = HERE.parent / "assets" / "images" / "chelsea.jpg"
COFFEE = HERE.parent / "assets" / "images" / "coffee.jpg"
SETTLE_MS = 1200
LOOK_MS = 20


@dataclass(frozen=True)
class Scene:
    """One picture: settings, size, and the actions that lead to it.

    `type:TEXT` types into what has the focus, `wait` does nothing for a moment, `until:STEP` and `until:end` wait for a
    synthesis.
    """

    name: str
    settings: dict[str, object]
    size: tuple[int, int] = (1280, 720)
    scale: int = 1
    steps: tuple[str, ...] = ()


CAT = {"source": str(CHELSEA), "layer": "blocks.3.2", "unit": 42}
UNIT = {"layer": "blocks.3.2", "unit": 44}
BACKWARD = {"layer": "blocks.4.1", "unit": 37, "method": "gradient", "view": "norm-blur", "back_overlay": "over active"}
SCENES = (
    Scene("window", {**CAT, "overlay": "over active", "opacity": 0.9}, (1600, 900)),
    Scene("window_1280x720", CAT),
    Scene("window_1920x1080", {"source": str(COFFEE), "layer": "blocks.1.1", "unit": 7}, (1920, 1080)),
    Scene("window_scale2", {"source": str(COFFEE), "layer": "classifier", "unit": 967}, (1280, 720), 2),
    Scene("light", {**CAT, "theme": "light", "layer": "bn1", "unit": 9, "colormap": "viridis"}),
    Scene("enlarged", {**CAT, "layer": "blocks.1.0", "unit": 3}, steps=("next_zoom",)),
    Scene("exemplars", {**CAT, "layer": "blocks.4.1"}, (1600, 900), steps=("show_exemplars", "wait", "wait")),
    Scene("activity", {**CAT, "layer": "bn2", "unit": 9}, steps=("show_activity", "wait")),
    Scene("correlation", {**CAT, "layer": "blocks.5.3"}, steps=("show_correlation", "wait")),
    Scene("unit_page", {**CAT, "layer": "blocks.4.1"}, (1280, 1600), steps=("wait",)),
    Scene("synthesis_running", {**CAT, **UNIT}, steps=("synthesize", "until:40")),
    Scene("recipes", {**CAT, **UNIT}, (1600, 900), steps=("toggle_recipes", "synthesize", "until:60")),
    Scene("compare", {**CAT, **UNIT}, steps=("synthesize", "until:end", "synthesize", "until:end", "compare")),
    Scene(
        "synthesized",
        {**CAT, "layer": "classifier", "unit": 0, "hide_dead": True},
        (1600, 900),
        steps=("show_synthesized", *["wait"] * 6),
    ),
    Scene("backward", {**CAT, **BACKWARD}, (1600, 900), steps=("wait", "wait")),
    Scene(
        "backward_1280x720",
        {**CAT, **BACKWARD},
        steps=("freeze_origin", "toggle_gradients", *["previous_layer"] * 2, "wait", "wait"),
    ),
    Scene("backward_check", {**CAT, **BACKWARD, "method": "guided"}, steps=("wait", "toggle_check", *["wait"] * 6)),
    Scene("scan", CAT, steps=("scan",)),
    Scene("help", CAT, steps=("help",)),
    Scene("palette", CAT, steps=("palette", "type:sort")),
    Scene("jump", CAT, steps=("jump", "type:espresso")),
)


def main() -> int:
    """Make one scene (its name given), or all of them in processes of their own: each needs its own scale factor."""
    if len(sys.argv) > 1:
        with tempfile.TemporaryDirectory() as galleries:
            return make(next(scene for scene in SCENES if scene.name == sys.argv[1]), Path(galleries))
    IMAGES.mkdir(exist_ok=True)
    failed = [scene.name for scene in SCENES if subprocess.call([sys.executable, __file__, scene.name])]
    sys.stdout.write(f"{len(SCENES) - len(failed)} screenshots in {IMAGES}; failed: {failed or 'none'}\n")
    return 1 if failed else 0


def make(scene: Scene, galleries: Path) -> int:
    """Start the window offscreen, lead it to the scene, save the picture; what is synthesized goes to `galleries`."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    os.environ["QT_SCALE_FACTOR"] = str(scene.scale)
    from PyQt6.QtCore import QTimer
    from PyQt6.QtWidgets import QApplication

    from deepvis.config import Settings
    from deepvis.gui.app import App
    from deepvis.options import RunOptions

    application = QApplication([])
    app = App(Settings(**scene.settings, gallery_dir=galleries), replace(RunOptions(offscreen=True), size=scene.size))

    def ready() -> bool:
        result = app.controller.result
        told = result is not None and result.unit is not None and bool(result.unit.field_text)
        return told and app.window.recipe_panel.go.isEnabled()

    def play(steps: tuple[str, ...]) -> None:
        if not steps:
            QTimer.singleShot(SETTLE_MS, finish)
            return
        done, pause_ms = perform(app, *steps[:2])
        QTimer.singleShot(pause_ms, lambda: play(steps[1:] if done else steps))

    def finish() -> None:
        save(with_dialog(app.window), IMAGES / f"{scene.name}.png")
        app.window.close()

    def wait() -> None:
        QTimer.singleShot(SETTLE_MS, lambda: play(scene.steps)) if ready() else QTimer.singleShot(100, wait)

    app.start()
    wait()
    application.exec()
    app.finish()
    return 0


def has_come(app: object, where: str) -> bool:
    """Whether the synthesis of the selected unit has come to a step, or to its end."""
    state = app.window.page.synthesis.ascent.state  # type: ignore[attr-defined]
    if state is None:
        return False
    return state.over if where == "end" else state.over or state.step >= int(where)


def with_dialog(window: object) -> object:
    """The window, and an open dialog in the middle of it."""
    from PyQt6.QtGui import QPainter
    from PyQt6.QtWidgets import QApplication, QDialog

    picture = window.grab()  # type: ignore[attr-defined]
    for dialog in QApplication.topLevelWidgets():
        if isinstance(dialog, QDialog) and dialog.isVisible():
            painter = QPainter(picture)
            place = window.rect().center() - dialog.rect().center()  # type: ignore[attr-defined]
            painter.drawPixmap(place, dialog.grab())
            painter.end()
    return picture


def save(pixmap: object, path: Path) -> None:
    """Write a picture as small as PNG allows."""
    from PIL import Image

    pixmap.save(str(path))  # type: ignore[attr-defined]
    with Image.open(path) as image:
        image.convert("RGB").save(path, optimize=True)


def perform(app: object, step: str, following: str = "") -> tuple[bool, int]:
    """One action by its id, text typed into what has the focus, or a look at how far a synthesis is.

    Returns:
        whether the step is done, and how long to wait, in milliseconds.
    """
    from PyQt6.QtTest import QTest
    from PyQt6.QtWidgets import QApplication, QWidget

    kind, _, text = step.partition(":")
    focused = QApplication.focusWidget()
    if kind == "type" and isinstance(focused, QWidget):
        QTest.keyClicks(focused, text)
    elif kind == "until":
        return (True, SETTLE_MS if text == "end" else 0) if has_come(app, text) else (False, LOOK_MS)
    elif step != "wait":
        app.window.acts.trigger(step)  # type: ignore[attr-defined]
    return True, LOOK_MS if following.startswith("until:") else SETTLE_MS


if __name__ == "__main__":
    sys.exit(main())
