"""Attributions of exemplars on demand, with a copy of the running network's structure over the same weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deepvis.kinds import BackView, Overlay, SeedKind
from deepvis.live.page_attributions import made_why, picture_of
from deepvis.live.pages import PagePicture, Why
from deepvis.live.recent import Recent
from deepvis.live.why import Pace
from deepvis.records import Fit, Rect, Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from deepvis.attribution.exemplars import Cut
    from deepvis.live.errand import Errand
    from deepvis.live.loan import Loan
    from deepvis.live.page_attributions import Sought
    from deepvis.records import Backward, UnitId

LARGE_SIDE = 512
"""Pixels of the longer side of an attribution that is seen large."""
_KEPT_BYTES = 16 << 20


class ExemplarAttributor:
    """Computes what a gallery lacks; belongs to the thread that made it.

    Args:
        loan: the network.
        pace: whose turn it is.

    Raises:
        Exception: whatever a network raises that cannot be copied.
    """

    def __init__(self, loan: Loan, pace: Pace | None = None) -> None:
        from deepvis.models.twin import twin  # noqa: PLC0415  (imports torch)

        self._engine = twin(loan.engine)
        self._pace = pace or Pace()
        self._known: Recent[PagePicture] = Recent(_KEPT_BYTES)

    def attribute(self, unit: UnitId, sought: Sought, errand: Errand, look: Backward | None = None) -> PagePicture:
        """The attribution of an exemplar, as the scan would have stored it, or large.

        Args:
            unit: of the running network.
            sought: what is wanted.
            errand: asked while live frames go first.
            look: how it is drawn; None: small, as it is stored.

        Raises:
            ModelError: gradients cannot be followed through the network.
            Superseded: the errand is over.
        """
        from deepvis.sources.base import SourceError  # noqa: PLC0415  (keeps cv2 and PIL out of the window's start)

        # pages are made anew while a scan writes
        key = (unit, *_place(sought), sought.method, None if look is None else _drawn_so(look))
        known = self._known.get(key)
        if known is not None:
            return known
        try:
            with self._pace.turn(errand):
                rgb, why = self._attribute(unit, sought, look)
        except SourceError as error:
            return picture_of(sought.crop, None, Why("no attribution", reason=str(error)))
        made = picture_of(sought.crop, rgb, why)
        return self._known.put(key, made, made.rgb.nbytes)

    def _attribute(self, unit: UnitId, sought: Sought, look: Backward | None) -> tuple[NDArray[np.uint8], Why]:
        from deepvis.attribution.exemplars import attribute_exemplar, drawn_exemplar  # noqa: PLC0415  (imports torch)
        from deepvis.attribution.subject import Subject  # noqa: PLC0415  (imports torch)

        picture, cut = self._frame(sought.crop) if sought.exemplar is None else self._sample(sought)
        position = (sought.crop if sought.exemplar is None else sought.exemplar).position or (0, 0)
        subject = Subject(self._engine, picture)
        if look is None:
            found = attribute_exemplar(subject, unit.layer, unit.unit, position, sought.method, cut)
            return found.rgb, made_why(found.method, coverage=found.coverage, reason=found.reason)
        target = Target(unit.layer, unit.unit, SeedKind.POSITION, position)

        def large(values: torch.Tensor) -> NDArray[np.uint8]:
            return _large(values, picture[:, cut.top : cut.bottom, cut.left : cut.right], look)

        found = drawn_exemplar(subject, target, sought.method, cut, large)
        why = made_why(found.method, coverage=found.coverage, reason=found.reason)
        return found.rgb, replace(why, drawn=_drawn_words(look))

    def _sample(self, sought: Sought) -> tuple[torch.Tensor, Cut]:
        """The network's input as the scan made it of an image file, and the part that the crop shows."""
        from deepvis.attribution.exemplars import sample_cut  # noqa: PLC0415  (imports torch)
        from deepvis.models.samples import SampleRecipe  # noqa: PLC0415  (imports torch)
        from deepvis.sources.decode import read_image  # noqa: PLC0415  (keeps cv2 and PIL out of the window's start)

        exemplar, parameters = sought.exemplar, sought.parameters
        if exemplar is None:
            raise ValueError("A live frame is no sample of an image file.")
        recipe = SampleRecipe(self._engine.loaded.preprocessing, _fit(parameters), _crops(parameters))
        rgb = read_image(sought.crop.path or exemplar.path)
        cut = sample_cut(exemplar.box, recipe, (rgb.shape[0], rgb.shape[1]), exemplar.sample)
        return recipe.make(rgb, exemplar.sample % recipe.per_file), cut

    def _frame(self, crop: PagePicture) -> tuple[torch.Tensor, Cut]:
        """What the network saw of a live frame, and the part that the crop shows."""
        from torch import from_numpy  # noqa: PLC0415  (imports for seconds)

        from deepvis.attribution.exemplars import cut_of  # noqa: PLC0415  (imports torch)
        from deepvis.imaging.geometry import InputGeometry  # noqa: PLC0415  (only where something is computed)
        from deepvis.models.errors import ModelError  # noqa: PLC0415  (as above)

        seen, shape = crop.source_rgb, self._engine.loaded.preprocessing
        if seen is None or (seen.shape[0], seen.shape[1]) != tuple(shape.input_size):
            raise ModelError(f"{crop.title} was seen by a network with an input of another size")
        # gray networks see three equal channels on the page
        picture = from_numpy(seen.copy()).permute(2, 0, 1)[: shape.channels].contiguous()
        same = InputGeometry(1.0, 1.0, 0.0, 0.0)
        return picture, cut_of(_box(crop, seen), same, (seen.shape[0], seen.shape[1]), 1.0)


def _large(values: torch.Tensor, part: torch.Tensor, look: Backward) -> NDArray[np.uint8]:
    """As the dock draws it; a histogram has no place in the picture, so it is drawn raw."""
    from deepvis.imaging.attribution_views import overlaid  # noqa: PLC0415  (only where something is drawn)

    scale = LARGE_SIDE / max(values.shape[1:])
    size = (max(1, round(values.shape[1] * scale)), max(1, round(values.shape[2] * scale)))
    view, rgb = _shown(look.view), part.expand(3, -1, -1).permute(1, 2, 0).numpy()
    return overlaid(rgb, values.float().cpu().numpy(), view, look.colormap, look.overlay, look.opacity, size)


def _shown(view: BackView) -> BackView:
    return BackView.RAW if view is BackView.HISTOGRAM else view


def _drawn_so(look: Backward) -> tuple[object, ...]:
    return _shown(look.view), look.colormap, look.overlay, look.opacity


def _drawn_words(look: Backward) -> str:
    """How to read it, as long as there is something to say that the colors do not."""
    view = _shown(look.view)
    zero = ", mid gray is zero" if view in (BackView.RAW, BackView.GRAY) else ""
    return f"Drawn as {view}{zero}{'' if look.overlay is Overlay.OFF else f', {look.overlay}'}."


def _place(sought: Sought) -> tuple[object, ...]:
    """Tells exemplars from each other, also when they are read again."""
    exemplar, crop = sought.exemplar, sought.crop
    if exemplar is None:
        return crop.title, crop.value, crop.position
    where = (crop.path, exemplar.position, exemplar.box, exemplar.sample)
    return (*where, _fit(sought.parameters), _crops(sought.parameters))


def _box(crop: PagePicture, seen: NDArray[np.uint8]) -> Rect:
    """The crop in pixels of what the network saw."""
    if crop.box is None or crop.whole_rgb is None:
        return Rect(0, 0, seen.shape[0], seen.shape[1])
    by_row, by_column = seen.shape[0] / crop.whole_rgb.shape[0], seen.shape[1] / crop.whole_rgb.shape[1]
    box = crop.box
    return Rect(box.top * by_row, box.left * by_column, box.height * by_row, box.width * by_column)


def _fit(parameters: Mapping[str, object]) -> Fit:
    return Fit(str(parameters.get("fit", Fit.CROP)))


def _crops(parameters: Mapping[str, object]) -> int:
    return int(str(parameters.get("crops") or 0))
