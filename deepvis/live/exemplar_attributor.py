"""Attributions of exemplars on demand, with a copy of the running network's structure over the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.live.page_attributions import made_why, picture_of
from deepvis.live.pages import PagePicture, Why
from deepvis.live.recent import Recent
from deepvis.records import Fit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.gallery.records import Exemplar
    from deepvis.kinds import Method
    from deepvis.live.loan import Loan
    from deepvis.models.samples import SampleRecipe
    from deepvis.records import UnitId

_KEPT_BYTES = 16 << 20


class ExemplarAttributor:
    """Computes what a gallery lacks; belongs to the thread that made it.

    Args:
        loan: the network.

    Raises:
        Exception: whatever a network raises that cannot be copied.
    """

    def __init__(self, loan: Loan) -> None:
        from deepvis.models.twin import twin  # noqa: PLC0415  (imports torch)

        self._engine = twin(loan.engine)
        self._known: Recent[PagePicture] = Recent(_KEPT_BYTES)

    def attribute(
        self, unit: UnitId, exemplar: Exemplar, crop: PagePicture, parameters: Mapping[str, object], method: Method
    ) -> PagePicture:
        """The attribution of an exemplar, as the scan would have stored it.

        Args:
            unit: of the running network.
            exemplar: of the unit.
            crop: the exemplar, as the page shows it.
            parameters: of the scan that found it.
            method: by which.

        Raises:
            ModelError: gradients cannot be followed through the network.
        """
        from deepvis.models.samples import SampleRecipe  # noqa: PLC0415  (imports torch)
        from deepvis.sources.base import SourceError  # noqa: PLC0415  (keeps cv2 and PIL out of the window's start)

        # pages are made anew while a scan writes
        fit, crops = Fit(str(parameters.get("fit", Fit.CROP))), int(str(parameters.get("crops") or 0))
        key = (unit, crop.path, exemplar.position, exemplar.box, exemplar.sample, fit, crops, method)
        known = self._known.get(key)
        if known is not None:
            return known
        recipe = SampleRecipe(self._engine.loaded.preprocessing, fit, crops)
        try:
            rgb, why = self._attribute(unit, exemplar, crop.path or exemplar.path, recipe, method)
        except SourceError as error:
            return picture_of(crop, None, Why("no attribution", reason=str(error)))
        made = picture_of(crop, rgb, why)
        return self._known.put(key, made, made.rgb.nbytes)

    def _attribute(
        self, unit: UnitId, exemplar: Exemplar, path: Path, recipe: SampleRecipe, method: Method
    ) -> tuple[NDArray[np.uint8], Why]:
        from deepvis.attribution.exemplars import attribute_exemplar, sample_cut  # noqa: PLC0415  (imports torch)
        from deepvis.attribution.subject import Subject  # noqa: PLC0415  (imports torch)
        from deepvis.sources.decode import read_image  # noqa: PLC0415  (keeps cv2 and PIL out of the window's start)

        rgb = read_image(path)
        cut = sample_cut(exemplar.box, recipe, (rgb.shape[0], rgb.shape[1]), exemplar.sample)
        subject = Subject(self._engine, recipe.make(rgb, exemplar.sample % recipe.per_file))
        found = attribute_exemplar(subject, unit.layer, unit.unit, exemplar.position, method, cut)
        return found.rgb, made_why(found.method, coverage=found.coverage, reason=found.reason)
