"""What needs the window: dialogs, overlays, the clipboard, saving pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QGuiApplication, QImage
from PyQt6.QtWidgets import QApplication, QFileDialog, QInputDialog

from deepvis.gui import moves
from deepvis.gui.model_dialog import ModelDialog
from deepvis.gui.qimage import qimage_to_rgb
from deepvis.gui.theme import apply_theme, theme_of
from deepvis.records import Stage

if TYPE_CHECKING:
    from PyQt6.QtCore import QMetaObject, pyqtBoundSignal

    from deepvis.gui.main_window import MainWindow
    from deepvis.records import ModelRequest

ADDRESS_WIDTH = 520
FILE_KINDS = {"image", "video", "folder", "list"}


class WindowCommands(QObject):
    """One method per action id."""

    def __init__(self, window: MainWindow, request: ModelRequest) -> None:
        super().__init__(window)
        self._window = window
        self._controller = window.controller
        self._request = request
        self._folder = ""
        self._dialog: ModelDialog | None = None

    def open_file(self) -> None:
        """Ask for an image or a video."""
        from deepvis.sources.decode import IMAGE_EXTENSIONS, VIDEO_EXTENSIONS  # noqa: PLC0415  (imports Pillow)
        from deepvis.sources.image_list import LIST_EXTENSIONS  # noqa: PLC0415  (as above)

        seen, lists = (
            " ".join(f"*{ending}" for ending in sorted(endings))
            for endings in (IMAGE_EXTENSIONS | VIDEO_EXTENSIONS, LIST_EXTENSIONS)
        )
        kinds = f"Images, videos, lists ({seen} {lists});;Lists of images ({lists});;All files (*)"
        title = "Open an image, a video or a list of images"
        path, _ = QFileDialog.getOpenFileName(self._window, title, self._start(), kinds)
        self._open(path)

    def open_folder(self) -> None:
        """Ask for a folder of images."""
        self._open(QFileDialog.getExistingDirectory(self._window, "Open a folder of images", self._start()))

    def open_address(self) -> None:
        """Ask for a stream or an image on the network."""
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Open a stream")
        dialog.setLabelText("Address (http, https, rtsp, …):")
        dialog.resize(ADDRESS_WIDTH, dialog.sizeHint().height())
        dialog.textValueSelected.connect(self._open_address)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _open_address(self, text: str) -> None:
        if text.strip():
            self._controller.open_source(text.strip())

    def paste(self) -> None:
        """Show what the clipboard holds: a picture, files, a path or an address."""
        clipboard = QGuiApplication.clipboard()
        mime = None if clipboard is None else clipboard.mimeData()
        if clipboard is not None and mime is not None and mime.hasImage():
            image = QImage(clipboard.image())
            if not image.isNull():
                self._controller.session.open_picture(qimage_to_rgb(image), "clipboard")
                return
        paths = [] if mime is None else [url.toLocalFile() or url.toString() for url in mime.urls()]
        text = paths[0] if paths else "" if mime is None else mime.text().strip()
        if text:
            self._controller.open_source(text)
        else:
            self._controller.told.emit("The clipboard holds no picture and no path.", "warning")

    def choose_model(self) -> None:
        """Ask for a network; the dialog stays until it is there."""
        if self._dialog is not None:
            self._dialog.activateWindow()
            return
        controller = self._controller
        dialog = ModelDialog(self._window.model_names, self._request, self._window)
        heard = (
            (controller.models_listed, dialog.set_names),
            (controller.progressed, lambda told: dialog.show_progress(told.text, told.fraction)),
            (controller.load_failed, lambda reason: self._fail(dialog, reason)),
            (controller.model_changed, lambda _info: self._finish(dialog)),
            (self._window.closing, lambda: dialog.done(0)),
        )
        links = [(signal, signal.connect(slot)) for signal, slot in heard]
        dialog.load_asked.connect(controller.load_model)
        dialog.cancel_asked.connect(controller.session.cancel_loading)
        dialog.finished.connect(lambda _result: self._forget(links))
        self._dialog = dialog
        if not self._window.model_names:
            controller.session.list_models()
        dialog.open()

    def _finish(self, dialog: ModelDialog) -> None:
        """The next dialog begins with the network that came; a mere change of device while nobody asked is none."""
        if dialog.loading:
            self._request = dialog.request()
            dialog.finish()

    def _fail(self, dialog: ModelDialog, reason: str) -> None:
        if dialog.loading:
            # the reason is read in the dialog: once is enough
            self._window.overlays.toast.hide()
            dialog.show_failure(reason)

    def _forget(self, links: list[tuple[pyqtBoundSignal, QMetaObject.Connection]]) -> None:
        for signal, link in links:
            signal.disconnect(link)
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    @property
    def request(self) -> ModelRequest:
        """The model asked for last."""
        return self._request

    def scan(self) -> None:
        """Ask which images to scan, or show how far the scan is."""
        self._window.scans.open()

    def toggle_scores(self) -> None:
        """Values under exemplars, or pictures alone."""
        self._window.page.set_scores_shown(self._window.acts["toggle_scores"].isChecked())

    def jump(self) -> None:
        """Ask where to go."""
        self._window.overlays.open_jump()

    def palette(self) -> None:
        """Open the command palette."""
        self._window.overlays.open_palette()

    def help(self) -> None:
        """Open or close the key table."""
        self._window.overlays.toggle_help()

    def next_zoom(self) -> None:
        """2015's z: the selected unit in place of the grid, the backward view where there is one, the grid again."""
        panel = self._window.grid_panel
        back = () if self._controller.view.back.method is None else (panel.back,)
        panel.enlarge(moves.cycled((None, panel.enlarged, *back), panel.large))

    def toggle_unit_page(self) -> None:
        """Show or hide the unit page."""
        page = self._window.page_dock
        # behind another tab it is visible to Qt, and not to the person
        if page.isVisible() and not page.visibleRegion().isEmpty():
            page.hide()
        else:
            page.show()
            page.raise_()

    def toggle_timings(self) -> None:
        """Show or hide what a frame costs."""
        self._window.show_timings(not self._window.timings_shown)

    def toggle_theme(self) -> None:
        """Dark or light."""
        other = "light" if theme_of(self._window.palette()).name == "dark" else "dark"
        app = QApplication.instance()
        if isinstance(app, QApplication):
            self._window.use_theme(apply_theme(app, other))

    def toggle_full_screen(self) -> None:
        """Fill the screen, or not."""
        window = self._window
        window.showNormal() if window.isFullScreen() else window.showFullScreen()

    def copy_address(self) -> None:
        """Put `model/layer/unit` on the clipboard."""
        view = self._controller.view
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None and view.model:
            clipboard.setText(f"{view.model}/{view.layer}/{view.unit}")
            self._controller.flashed.emit(f"Copied {view.model}/{view.layer}/{view.unit}")

    def save_grid(self) -> None:
        """Write the middle of the window to a PNG file."""
        self._save(self._window.grid_panel.grab().toImage(), "grid.png")

    def save_window(self) -> None:
        """Write the whole window to a PNG file."""
        self._save(self._window.grab().toImage(), "deepvis.png")

    def reset(self) -> None:
        """2015's Esc: what is enlarged goes first, then chosen pictures, another page, and last the view is reset."""
        comparison = self._window.studio.comparison
        if self._window.grid_panel.is_enlarged:
            self._window.grid_panel.set_enlarged(False)
        elif comparison.chosen:
            comparison.clear()
        elif self._controller.view.stage is not Stage.ACTIVATIONS:
            view = moves.zoom_reset(self._controller.view)
            self._controller.set_view(replace(view, stage=Stage.ACTIVATIONS))
        else:
            self._reset_view()

    def quit(self) -> None:
        """Close the window."""
        self._window.close()

    def _reset_view(self) -> None:
        """Say which key undoes it: Esc is easily pressed once too often."""
        before = self._controller.view
        self._window.view_commands.reset()
        after = self._controller.view
        if (before.layer, before.unit) != (after.layer, after.unit):
            key = self._window.acts["back"].shortcut().toString()
            self._controller.flashed.emit(f"View reset: {key} goes back")
        elif before != after:
            self._controller.flashed.emit("View reset")

    def _start(self) -> str:
        """Where a dialog begins: beside the file shown now, else where the last one was found, else at home."""
        source = self._controller.source
        shown = Path(source.spec) if source is not None and source.spec and source.kind in FILE_KINDS else None
        if shown is not None and shown.exists():
            return str(shown if shown.is_dir() else shown.parent)
        return self._folder or str(Path.home())

    def _open(self, path: str) -> None:
        if path:
            self._folder = str(Path(path).parent)
            self._controller.open_source(path)

    def _save(self, image: QImage, name: str) -> None:
        start = str(Path(self._folder or Path.home()) / name)
        path, _ = QFileDialog.getSaveFileName(self._window, "Save as PNG", start, "PNG (*.png)")
        if not path:
            return
        if image.save(path, "PNG"):
            self._controller.told.emit(f"Saved {path}.", "info")
        else:
            self._controller.told.emit(f"{path} could not be written. Choose a folder that you may write to.", "error")
