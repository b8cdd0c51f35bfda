"""The only writer of the view: keys, clicks and the session's events come in, views go out to the session."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from deepvis.gui import back_moves, change_moves, moves
from deepvis.gui.history import History
from deepvis.gui.start_view import first_view
from deepvis.gui.weight_news import WeightNews
from deepvis.live.events import (
    CamerasListed,
    DevicesFound,
    Event,
    ModelFailed,
    ModelReady,
    ModelsListed,
    Notice,
    Progress,
    ScanChanged,
    SourceChanged,
    StudioOffered,
)
from deepvis.live.first_view import view_for_model
from deepvis.live.pages import asks_for_tiles
from deepvis.live.pairs import shown_layer
from deepvis.records import Stage, UnitId, View

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.config import Settings
    from deepvis.live.pages import LayerPageData, PagePicture, PatternPicture, SessionPage, UnitPageData
    from deepvis.live.result import LiveResult
    from deepvis.live.session import LiveSession
    from deepvis.records import LayerInfo, ModelInfo, ModelRequest, Precision, SourceState


class Controller(QObject):
    """Owns the view, the history and what is known of model and source.

    Attributes:
        lasting_source: the last source that was not merely looked into by a click on an exemplar.
        result: the latest result.
        page: the latest page of a unit, and it may be about another one.
        session_page: the latest of this session's exemplars, as `page`.
        pattern: the latest grid of exemplars or of synthesized pictures; it may be about another layer.
        layer_page: the latest figures of a layer; they may be about another one.
        weights: the latest of the network's weights.
        unit_order: int64, units in the order in which a page without tiles shows them; None where there are tiles.

    Signals:
        view_changed: another view is asked for.
        model_changed: another model runs, or on another device.
        load_failed: a model could not be had; the reason.
        model_failed: the same where no other model runs either.
        frozen_changed: whether the frame is held.
        source_changed: the source or its state changed.
        result_arrived: a result that answers the present layer.
        page_arrived: what the gallery tells about the selected unit.
        session_page_arrived: this session's exemplars of the selected unit.
        pattern_arrived: the grid of exemplars or of synthesized pictures of the viewed layer.
        layer_page_arrived: activity and correlation of the viewed layer.
        why_arrived: a `WhyAnswer` about the selected unit.
        scan_changed: the `ScanStatus` of the scan that was started here.
        studio_offered: what can be synthesized with, a `StudioOffer`.
        studio_changed: the `StudioState` of a wish for synthesized pictures.
        picture_brought: a `PagePicture` that somebody brought to start a synthesis from; it has been read.
        told: a sentence and its level (`info`, `warning`, `error`).
        progressed: the last report of long work.
        devices_found: names.
        models_listed: names.
        cameras_listed: `(spec, name)` pairs.
        flashed: a word about what a key just did.
    """

    view_changed = pyqtSignal(object)
    model_changed = pyqtSignal(object)
    load_failed = pyqtSignal(str)
    model_failed = pyqtSignal(str)
    frozen_changed = pyqtSignal(bool)
    source_changed = pyqtSignal(object)
    result_arrived = pyqtSignal(object)
    page_arrived = pyqtSignal(object)
    session_page_arrived = pyqtSignal(object)
    pattern_arrived = pyqtSignal(object)
    layer_page_arrived = pyqtSignal(object)
    why_arrived = pyqtSignal(object)
    scan_changed = pyqtSignal(object)
    studio_offered = pyqtSignal(object)
    studio_changed = pyqtSignal(object)
    picture_brought = pyqtSignal(object)
    told = pyqtSignal(str, str)
    progressed = pyqtSignal(object)
    devices_found = pyqtSignal(object)
    models_listed = pyqtSignal(object)
    cameras_listed = pyqtSignal(object)
    flashed = pyqtSignal(str)

    def __init__(self, session: LiveSession, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.info: ModelInfo | None = None
        self.request: ModelRequest | None = None
        self._asked: ModelRequest | None = None
        self.source: SourceState | None = None
        self.lasting_source: SourceState | None = None
        self._looked_into: PagePicture | None = None
        self.result: LiveResult | None = None
        self.page: UnitPageData | None = None
        self.session_page: SessionPage | None = None
        self.pattern: PatternPicture | None = None
        self.layer_page: LayerPageData | None = None
        self.weights = WeightNews(session, lambda: self.view, self)
        self.unit_order: NDArray[np.int64] | None = None
        self.frozen = False
        self.history = History()
        self.failure = ""
        self.view = first_view(settings)
        self._wanted: tuple[str | None, int | None] = (settings.layer, settings.unit)
        self._mirror_wish = settings.mirror
        self._precision: Precision = settings.precision
        self._device = settings.device
        self._takers: dict[type[object], Callable[..., None]] = {
            Notice: lambda notice: self.told.emit(notice.text, notice.level),
            Progress: self.progressed.emit,
            ModelReady: self._take_model,
            ModelFailed: self._take_failure,
            SourceChanged: self._take_source,
            DevicesFound: lambda found: self.devices_found.emit(found.names),
            ModelsListed: lambda listed: self.models_listed.emit(listed.names),
            CamerasListed: lambda listed: self.cameras_listed.emit(listed.cameras),
            ScanChanged: lambda changed: self.scan_changed.emit(changed.status),
            StudioOffered: lambda offered: self.studio_offered.emit(offered.offer),
        }

    # what the session says

    def fetch(self) -> None:
        """Take everything the session has; called when the doorbell rings."""
        for event in self.session.take_events():
            self.take(event)
        result = self.session.take_result()
        if result is not None and self.is_present(result):
            self.result = result
            self.result_arrived.emit(result)
        self._fetch_pages()
        while (state := self.session.studio.take()) is not None:
            self.studio_changed.emit(state)
        brought = self.session.studio.take_picture()
        if brought is not None:
            self.picture_brought.emit(brought)

    def _fetch_pages(self) -> None:
        """What the gallery's thread has; what is about another unit or another layer is not passed on.

        It is kept: the person may come back to it before that thread has seen that they were away.
        """
        page, session_page = self.session.take_page(), self.session.take_session_page()
        self.page = page or self.page
        self.session_page = session_page or self.session_page
        self._pass_on(page, session_page)
        for answer in self.session.take_whys():
            if self._is_selected(answer.wish.unit):
                self.why_arrived.emit(answer)
        self._fetch_layer_pages()
        self.weights.fetch()

    def _pass_on(self, page: UnitPageData | None, session_page: SessionPage | None) -> None:
        if page is not None and self._is_selected(page.unit):
            self.page_arrived.emit(page)
        if session_page is not None and self._is_selected(session_page.unit):
            self.session_page_arrived.emit(session_page)

    def _fetch_layer_pages(self) -> None:
        pattern, layer_page = self.session.take_pattern(), self.session.take_layer_page()
        self.pattern = pattern or self.pattern
        self.layer_page = layer_page or self.layer_page
        if pattern is not None and self.shows_pattern(pattern):
            self.pattern_arrived.emit(pattern)
        if layer_page is not None and self.is_viewed(layer_page):
            self.layer_page_arrived.emit(layer_page)

    def take(self, event: Event) -> None:
        """Follow one event."""
        self._takers[type(event)](event)

    def is_present(self, result: LiveResult) -> bool:
        """Whether a result answers the layer that is asked for now; a late answer is dropped."""
        return (result.view.model, result.view.layer) == (self.view.model, self.view.layer)

    def _is_selected(self, unit: UnitId) -> bool:
        return unit == UnitId(self.view.model, self.view.layer, self.view.unit)

    def is_viewed(self, layer_page: LayerPageData) -> bool:
        """Whether the figures of a layer are about the viewed one."""
        return (layer_page.model, layer_page.layer) == (self.view.model, self.view.layer)

    def shows_pattern(self, pattern: PatternPicture) -> bool:
        """Whether a grid of pictures is what is asked for now, its zoom and the size of the pane apart."""
        return asks_for_tiles(self.view) and _tiles_of(self.view) == _tiles_of(pattern.view)

    def _take_model(self, ready: ModelReady) -> None:
        other = self.info is None or self.info.name != ready.info.name
        if not ready.moved:
            self.request = self._asked
        self.info, self.failure = ready.info, ""
        self._device, self._precision = ready.info.device, ready.info.precision
        layer, unit = self._wanted
        self._wanted = (None, None)
        view = view_for_model(self.view, ready.info, layer, unit if layer or self.view.model == "" else None)
        if other:
            self.result = self.page = self.session_page = self.pattern = self.layer_page = None
            self.weights.forget()
            self.history.clear()
            view = back_moves.of_another_model(view)
        lost, view = change_moves.of_another_model(view, ready.info, same=not other)
        self.model_changed.emit(ready.info)
        self.set_view(view)
        if lost:
            self.told.emit(lost, "warning")
        if trouble := _unmet_wish(ready.info, view, layer, unit):
            self.told.emit(trouble, "error")

    def _take_failure(self, failed: ModelFailed) -> None:
        self.told.emit(failed.text, "error")
        self.failure = failed.text
        self.load_failed.emit(failed.text)
        if self.info is None:
            self.model_failed.emit(failed.text)

    def _take_source(self, changed: SourceChanged) -> None:
        before = self.source
        self.source = changed.state
        if self._looked_into is None or changed.state.spec not in {"", str(self._looked_into.path)}:
            self.lasting_source = changed.state
        if before is None or before.kind != changed.state.kind:
            mirror = changed.state.kind == "camera" if self._mirror_wish is None else self._mirror_wish
            self.set_view(replace(self.view, mirror=mirror))
        if self.frozen and before is not None and before.spec != changed.state.spec:
            self.set_frozen(False)
        self.source_changed.emit(changed.state)

    # what the person wants

    def set_view(self, view: View) -> None:
        """Ask for another view."""
        if view == self.view and view == self.session.view:
            return
        moved = (view.layer, view.unit, view.position) != (self.view.layer, self.view.unit, self.view.position)
        elsewhere = (view.model, view.layer, view.unit) != (self.view.model, self.view.layer, self.view.unit)
        self.view = view
        if moved or not self.history.can_go_back:
            self.history.visit(view)
        self.session.set_view(view)
        self.view_changed.emit(view)
        if elsewhere:
            self._pass_on(self.page, self.session_page)
            self.weights.pass_on()

    def layer(self) -> LayerInfo | None:
        """The viewed layer as it is shown, once a model runs."""
        if self.info is None:
            return None
        found = next((layer for layer in self.info.layers if layer.name == self.view.layer), None)
        return None if found is None else shown_layer(found, self.view.pair)

    def select_layer(self, name: str) -> None:
        """Go to a layer by name."""
        if self.info is not None:
            self.set_view(moves.select_layer(self.view, self.info.layer(name)))

    def select_unit(self, unit: int) -> None:
        """Select a unit of the viewed layer; its maximum is followed."""
        if self._has(unit):
            self.set_view(moves.select_unit(self.view, unit))

    def select_position(self, unit: int, row: int, column: int) -> None:
        """Select a position of a unit's map; the same position again gives it up."""
        same = (self.view.unit, self.view.position) == (unit, (row, column))
        if self._has(unit):
            self.set_view(moves.select_unit(self.view, unit, None if same else (row, column)))

    def _has(self, unit: int) -> bool:
        """A click may come on the tiles of the layer before, which had more units."""
        layer = self.layer()
        return layer is None or unit < layer.units

    def go(self, layer: str, unit: int) -> None:
        """Go to a unit of any layer."""
        if self.info is not None:
            self.set_view(replace(moves.select_layer(self.view, self.info.layer(layer)), unit=unit))

    def change_grid(self, **changes: object) -> None:
        """Change some of the grid's view."""
        self.set_view(replace(self.view, grid=replace(self.view.grid, **changes)))  # type: ignore[arg-type]

    def change_pane(self, **changes: object) -> None:
        """Change some of the unit pane's view."""
        self.set_view(replace(self.view, pane=replace(self.view.pane, **changes)))  # type: ignore[arg-type]

    def change_back(self, **changes: object) -> None:
        """Change some of the backward view."""
        self.set_view(replace(self.view, back=back_moves.changed(self.view.back, **changes)))

    def set_stage(self, stage: Stage) -> None:
        """Choose what the middle of the window shows of the layer."""
        if stage is not self.view.stage:
            self.set_view(replace(self.view, stage=stage))

    def set_frozen(self, frozen: bool) -> None:
        """Hold the present frame, or go on."""
        self.frozen = frozen
        self.session.set_frozen(frozen)
        self.frozen_changed.emit(frozen)
        self.flashed.emit("Frozen: everything works on this frame" if frozen else "Running")

    def open_source(self, spec: str) -> None:
        """Switch the source; a frozen picture is let go when another source is there."""
        self._looked_into = None
        self.session.open_source(spec)

    def open_exemplar(self, picture: PagePicture) -> None:
        """Show an exemplar as the source; it is a look, and the next run begins where this one was before."""
        self._looked_into = picture
        self.session.open_exemplar(picture)

    def load_model(self, request: ModelRequest) -> None:
        """Ask for another model; `request` tells which one runs once it does."""
        self._asked = request
        self.session.load_model(request)

    def place(self, device: str | None = None, precision: Precision | None = None) -> None:
        """Ask for another device or precision."""
        self._device = device or self._device
        self._precision = precision or self._precision
        self.session.place(self._device, self._precision)

    def set_mirror(self, mirror: bool) -> None:
        """Mirror from now on, whatever the source."""
        self._mirror_wish = mirror
        self.set_view(replace(self.view, mirror=mirror))


def _unmet_wish(info: ModelInfo, view: View, layer: str | None, unit: int | None) -> str:
    """Why the layer and the unit of the settings are not what is shown; empty where they are."""
    if layer is not None and view.layer != layer:
        try:
            reason = info.layer(layer).reason
        except KeyError as error:
            return f"{error.args[0]} Showing the default layer."
        return f"{layer} cannot be shown: {reason} Showing the default layer."
    if unit is not None and view.layer and view.unit != unit:
        return f"{view.layer} has units 0 to {info.layer(view.layer).units - 1}, no #{unit}. Showing #{view.unit}."
    return ""


def _tiles_of(view: View) -> tuple[object, ...]:
    return view.stage, view.unit_histograms, view.model, view.layer, view.all_patterns
