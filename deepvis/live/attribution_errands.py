"""Attributions that no gallery has, computed by the gallery thread with the network that the inference thread lends."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from deepvis.live.page_attributions import is_waiting, without_note
from deepvis.live.why import WhyAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis.live.errand import Errand
    from deepvis.live.exemplar_attributor import ExemplarAttributor
    from deepvis.live.loan import Loan
    from deepvis.live.page_maker import PageMaker
    from deepvis.live.pages import UnitPageData
    from deepvis.live.why import Pace, WhyWish

log = logging.getLogger(__name__)


class AttributionErrands:
    """Borrows a network when the first page needs it, and completes pages.

    Args:
        lend: asks for a loan by its number; `take` gets it.
        pace: whose turn it is.
    """

    def __init__(self, lend: Callable[[int], None], pace: Pace | None = None) -> None:
        self._lend = lend
        self._pace = pace
        self._number = 0
        self._asked = False
        self._attributor: ExemplarAttributor | None = None
        self._trouble = ""

    def forget(self) -> None:
        """Another network runs, or the same one elsewhere."""
        self._number += 1
        self._asked, self._attributor, self._trouble = False, None, ""

    def take(self, loan: Loan) -> None:
        """Here is what was asked for; a loan of the network before is left aside."""
        if loan.number != self._number:
            return
        from deepvis.live.exemplar_attributor import ExemplarAttributor  # noqa: PLC0415  (only where it is needed)

        name = loan.info.name
        self._trouble = f"{name} cannot be copied, so nothing can be computed with it beside the live picture."
        if not loan.own:
            return
        try:
            self._attributor, self._trouble = ExemplarAttributor(loan, self._pace), ""
        except Exception:  # a person's network may hold anything: a lock, an open file, ...
            log.info("%s cannot be copied", name, exc_info=True)

    def complete(
        self, maker: PageMaker, page: UnitPageData, errand: Errand, show: Callable[[UnitPageData], None]
    ) -> UnitPageData:
        """The page with all its attributions, or as it is while the network is not here.

        Raises:
            Superseded: the errand is over.
            GalleryError: a gallery is damaged.
        """
        if not is_waiting(page):
            return page
        if self._trouble:
            return without_note(page, self._trouble)
        if self._attributor is None:
            self._borrow()
            return page
        from deepvis.models.errors import ModelError  # noqa: PLC0415  (only where it is needed)

        try:
            return maker.attribute(page, self._attributor, errand, show)
        except (ModelError, RuntimeError) as error:
            return without_note(page, _failed(error))

    def explain(
        self, maker: PageMaker, wish: WhyWish, errand: Errand, show: Callable[[WhyAnswer], None]
    ) -> WhyAnswer | None:
        """Attributions of any pictures of a page; None while the network is not here.

        Raises:
            Superseded: the errand is over.
            GalleryError: a gallery is damaged.
        """
        if self._trouble:
            return WhyAnswer(wish, problem=self._trouble)
        if self._attributor is None:
            self._borrow()
            return None
        from deepvis.models.errors import ModelError  # noqa: PLC0415  (only where it is needed)

        try:
            return maker.explain(wish, self._attributor, errand, show)
        except (ModelError, RuntimeError) as error:
            return WhyAnswer(wish, problem=_failed(error))

    def _borrow(self) -> None:
        if not self._asked:
            self._asked = True
            self._lend(self._number)


def _failed(error: Exception) -> str:
    said = str(error).splitlines()[0].rstrip(".")
    return f"The attributions could not be computed: {said}."
