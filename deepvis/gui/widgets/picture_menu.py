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
    from deepvis.live.pages import Made, PagePicture

NOT_YOURS = "It came with DeepVis, or is not stored: only pictures of your own gallery can be discarded."


def picture_menu(page: UnitPage, picture: PagePicture) -> QMenu:
    """Open the picture as the input, copy its path, save it; the page tells what became of it."""
    menu = QMenu(page)
    menu.setToolTipsVisible(True)
    _add(menu, "Open as input", lambda: page.picture_opened.emit(picture))
    if picture.made is None:
        large = _add(menu, "Show large, with its attribution", lambda: page.picture_enlarged.emit(picture))
        large.setToolTip("A double click does it too")
    _add(menu, "Start a synthesis from it", lambda: page.start_asked.emit(picture))
    if picture.made is not None:
        _add_made(menu, page, picture, picture.made)
    _add(menu, "Choose to compare", lambda: page.picture_chosen.emit(picture)).setToolTip("Ctrl and a click do it too")
    menu.addSeparator()
    _add(menu, "Copy picture", lambda: _copy_picture(picture))
    copy = _add(menu, "Copy path", lambda: _copy(str(picture.path)))
    if picture.path is None:
        copy.setEnabled(False)
        copy.setToolTip("This picture has no file of its own.")
    _add(menu, "Save picture…", lambda: _save(page, picture))
    return menu


def _add_made(menu: QMenu, page: UnitPage, picture: PagePicture, made: Made) -> None:
    """What can be done with a synthesized picture besides."""
    _add(menu, "Make another like it", lambda: page.another_asked.emit(picture))
    discard = _add(menu, "Discard", lambda: page.discard_asked.emit(picture))
    discard.setEnabled(made.removable)
    discard.setToolTip("Take it out of the gallery" if made.removable else NOT_YOURS)


def file_name(name: str, picture: PagePicture) -> str:
    """A name for a picture's file, of letters that every file system takes."""
    stem = f"{name} {Path(picture.title).stem}"
    return re.sub(r"[^\w.\-]+", "_", stem).strip("_.")[:120] + ".png"


def _add(menu: QMenu, text: str, act: Callable[[], None]) -> QAction:
    action = QAction(text, menu)
    action.triggered.connect(lambda: act())
    menu.addAction(action)
    return action


def _copy_picture(picture: PagePicture) -> None:
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setImage(rgb_to_qimage(picture.rgb).copy())


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
