"""What the gallery and the session know of the selected unit, on its way to the unit page and back."""

from __future__ import annotations

import importlib
import threading
from typing import TYPE_CHECKING

from deepvis.records import UnitId

if TYPE_CHECKING:
    from deepvis.gui.controller import Controller
    from deepvis.gui.widgets.unit_page import UnitPage
    from deepvis.live.pages import PagePicture
    from deepvis.live.result import LiveResult
    from deepvis.records import ModelInfo, View


class PagePresenter:
    """Names the unit as soon as it is chosen, fills the page when it has been read, passes on what is clicked.

    Args:
        page: the page.
        controller: tells what is chosen and brings pages; it must outlive this object's page.
    """

    def __init__(self, page: UnitPage, controller: Controller) -> None:
        self._page = page
        self._controller = controller
        self._model: ModelInfo | None = None
        self._warm = False
        controller.view_changed.connect(self.show_view)
        controller.model_changed.connect(self.show_model)
        controller.model_failed.connect(self._show_failure)
        controller.page_arrived.connect(page.set_page)
        controller.session_page_arrived.connect(page.set_session)
        controller.weights.unit_arrived.connect(page.set_weights)
        controller.result_arrived.connect(self._follow_result)
        page.picture_opened.connect(self._open)
        page.unit_clicked.connect(controller.select_unit)
        page.keep_asked.connect(self._keep)
        page.told.connect(controller.told)
        self.show_view(controller.view)

    def show_view(self, view: View) -> None:
        """Name the selected unit; its page follows from the loader."""
        info, layer = self._controller.info, self._controller.layer()
        if info is None or layer is None or view.model != info.name:
            self._page.set_unit("")
            return
        self._page.set_unit(str(UnitId(info.name, layer.name, view.unit)), info.label(layer, view.unit))

    def show_model(self, info: ModelInfo) -> None:
        """Other weights make other pages, even where the name stays; another device does not."""
        before, self._model = self._model, info
        if before is not None and _identity(before) != _identity(info):
            self._page.expect_page()
        self.show_view(self._controller.view)

    def _show_failure(self, _text: str) -> None:
        self._page.set_unit("")

    def _follow_result(self, _result: LiveResult) -> None:
        """Once pictures flow, the plot's library is fetched aside, so that the first histogram does not wait for it."""
        if not self._warm:
            self._warm = True
            threading.Thread(target=_import_plotting, name="deepvis-plotting").start()

    def _open(self, picture: PagePicture) -> None:
        self._controller.open_exemplar(picture)

    def _keep(self) -> None:
        self._controller.session.keep_session_exemplars()


def _identity(info: ModelInfo) -> tuple[str, ...]:
    return info.name, info.weights, info.weights_sha256, info.preprocessing


def _import_plotting() -> None:
    """Import pyqtgraph in a thread.

    That is safe beside a running QApplication: while it is imported it makes no QObject, and exception hooks that are
    already set stay. Python's import lock keeps two threads from importing it twice.
    """
    importlib.import_module("pyqtgraph")
