"""What a right click on a picture of the unit page offers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtGui import QAction, QGuiApplication
from PyQt6.QtWidgets import QFileDialog, QMenu

from deepvis.gui.qimage import rgb_to_qimage

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.gui.widgets.unit_page import UnitPage
    from deepvis.live.pages import PagePicture


def picture_menu(page: UnitPage, picture: PagePicture) -> QMenu:
    """Open the picture as the input, copy its path, save it; the page tells what became of it."""
    menu = QMenu(page)
    menu.setToolTipsVisible(True)
    _add(menu, "Open as input", lambda: page.picture_opened.emit(picture))
    copy = _add(menu, "Copy path", lambda: _copy(str(picture.path)))
    if picture.path is None:
        copy.setEnabled(False)
        copy.setToolTip("This picture has no file of its own.")
    menu.addSeparator()
    _add(menu, "Save picture…", lambda: _save(page, picture))
    return menu


def file_name(name: str, picture: PagePicture) -> str:
    """A name for a picture's file, of letters that every file system takes."""
    stem = f"{name} {Path(picture.title).stem}"
    return re.sub(r"[^\w.\-]+", "_", stem).strip("_.")[:120] + ".png"


def _add(menu: QMenu, text: str, act: Callable[[], None]) -> QAction:
    action = QAction(text, menu)
    action.triggered.connect(lambda: act())
    menu.addAction(action)
    return action


def _copy(text: str) -> None:
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setText(text)


def _save(page: UnitPage, picture: PagePicture) -> None:
    start = str(Path.home() / file_name(page.address, picture))
    path, _ = QFileDialog.getSaveFileName(page, "Save as PNG", start, "PNG (*.png)")
    if not path:
        return
    if rgb_to_qimage(picture.rgb).save(path, "PNG"):
        page.told.emit(f"Saved {path}.", "info")
    else:
        page.told.emit(f"{path} could not be written. Choose a folder that you may write to.", "error")
