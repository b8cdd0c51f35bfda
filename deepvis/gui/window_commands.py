"""What needs the window: dialogs, overlays, the clipboard, saving pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QGuiApplication, QImage
from PyQt6.QtWidgets import QApplication, QFileDialog, QInputDialog

from deepvis.gui.model_dialog import ModelDialog
from deepvis.gui.qimage import qimage_to_rgb
from deepvis.gui.theme import apply_theme, theme_of

if TYPE_CHECKING:
    from deepvis.gui.main_window import MainWindow
    from deepvis.records import ModelRequest


class WindowCommands(QObject):
    """One method per action id."""

    def __init__(self, window: MainWindow, request: ModelRequest) -> None:
        super().__init__(window)
        self._window = window
        self._controller = window.controller
        self._request = request
        self._folder = str(Path.home())

    def open_file(self) -> None:
        """Ask for an image or a video."""
        from deepvis.sources.decode import IMAGE_EXTENSIONS, VIDEO_EXTENSIONS  # noqa: PLC0415  (imports Pillow)

        endings = " ".join(f"*{ending}" for ending in sorted(IMAGE_EXTENSIONS | VIDEO_EXTENSIONS))
        kinds = f"Images and videos ({endings});;All files (*)"
        path, _ = QFileDialog.getOpenFileName(self._window, "Open an image or a video", self._folder, kinds)
        self._open(path)

    def open_folder(self) -> None:
        """Ask for a folder of images."""
        self._open(QFileDialog.getExistingDirectory(self._window, "Open a folder of images", self._folder))

    def open_address(self) -> None:
        """Ask for a stream or an image on the network."""
        text, agreed = QInputDialog.getText(self._window, "Open a stream", "Address (http, https, rtsp, …):")
        if agreed and text.strip():
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
        """Ask for a network."""
        dialog = ModelDialog(self._window.model_names, self._request, self._window)
        self._controller.models_listed.connect(dialog.set_names)
        if not self._window.model_names:
            self._controller.session.list_models()
        if dialog.exec():
            self._request = dialog.request()
            self._controller.load_model(self._request)
        dialog.deleteLater()

    @property
    def request(self) -> ModelRequest:
        """The model asked for last."""
        return self._request

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
        """The selected unit in place of the grid, or the grid again."""
        self._window.grid_panel.set_enlarged(not self._window.grid_panel.is_enlarged)

    def toggle_unit_page(self) -> None:
        """Show or hide the unit page."""
        self._window.page_dock.setVisible(not self._window.page_dock.isVisible())

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
        """2015's Esc: the enlarged unit goes first, then the view is reset."""
        if self._window.grid_panel.is_enlarged:
            self._window.grid_panel.set_enlarged(False)
        else:
            self._window.view_commands.reset()

    def quit(self) -> None:
        """Close the window."""
        self._window.close()

    def _open(self, path: str) -> None:
        if path:
            self._folder = str(Path(path).parent)
            self._controller.open_source(path)

    def _save(self, image: QImage, name: str) -> None:
        start = str(Path(self._folder) / name)
        path, _ = QFileDialog.getSaveFileName(self._window, "Save as PNG", start, "PNG (*.png)")
        if not path:
            return
        if image.save(path, "PNG"):
            self._controller.told.emit(f"Saved {path}.", "info")
        else:
            self._controller.told.emit(f"{path} could not be written. Choose a folder that you may write to.", "error")
