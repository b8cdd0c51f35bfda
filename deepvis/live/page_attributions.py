"""Which pixels of a page's exemplars speak for the unit: what a gallery keeps of it, and how the rest is found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.gallery.records import ImageKind
from deepvis.kinds import Method
from deepvis.live.crop_pictures import placeholder
from deepvis.live.pages import PagePicture, Why
from deepvis.live.why import WhyAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from deepvis.gallery.records import Exemplar, ImageRecord, UnitRecord
    from deepvis.live.crop_pictures import CropPictures
    from deepvis.live.errand import Errand
    from deepvis.live.exemplar_attributor import ExemplarAttributor
    from deepvis.live.gallery_shelf import OpenGallery
    from deepvis.live.pages import UnitPageData
    from deepvis.live.why import WhyWish
    from deepvis.records import UnitId

ON_THEIR_WAY = "They are being computed with the running network."


NO_POSITION = "Where the unit was largest in this picture is not known, so nothing can be followed back from there."


@dataclass(frozen=True, slots=True, eq=False)
class Sought:
    """An exemplar whose attribution is wanted.

    Attributes:
        exemplar: of the unit; None for a live frame, whose `source_rgb` is what the network saw.
        crop: the exemplar, as the page shows it.
        parameters: of the scan that found it.
        method: by which.
    """

    exemplar: Exemplar | None
    crop: PagePicture
    parameters: Mapping[str, object]
    method: Method


class PageAttributions:
    """Puts attributions beside the exemplars of a page, in the same order, from the first one on.

    Args:
        pictures: decodes what galleries keep.
    """

    def __init__(self, pictures: CropPictures) -> None:
        self._pictures = pictures

    def add_stored(self, page: UnitPageData, gallery: OpenGallery, record: UnitRecord) -> UnitPageData:
        """The page with what its gallery keeps, up to the first exemplar that has none, and why there are no more."""
        stored = _stored(gallery, record)
        made: list[PagePicture] = []
        for exemplar, crop in zip(record.exemplars, page.exemplars, strict=False):
            picture = self._known(gallery, stored.get(exemplar.rank), crop, record.unit)
            if picture is None:
                break
            made.append(picture)
        imported = page.attributions
        page = replace(page, attributions=tuple(made) or imported)
        if not record.exemplars or len(made) == len(record.exemplars) or (imported and not made):
            return page
        note = unable(record) or ON_THEIR_WAY
        return replace(page, notes={**page.notes, "attribution": note})

    def complete(
        self,
        page: UnitPageData,
        found: tuple[OpenGallery, UnitRecord],
        attributor: ExemplarAttributor,
        errand: Errand,
        show: Callable[[UnitPageData], None],
    ) -> UnitPageData:
        """The page with the attributions that its gallery lacks.

        Args:
            page: as `add_stored` made it.
            found: its gallery, and what that knows of the unit.
            attributor: computes them.
            errand: asked between two of them.
            show: gets the page with each further one; it need not show it.

        Raises:
            Superseded: the errand is over.
            ModelError: gradients cannot be followed through the network.
        """
        gallery, record = found
        stored = _stored(gallery, record)
        method, parameters = _method(stored), _parameters(gallery, record)
        there = len(page.attributions)
        for exemplar, crop in zip(record.exemplars[there:], page.exemplars[there:], strict=False):
            errand.go_on()
            picture = self._known(gallery, stored.get(exemplar.rank), crop, record.unit)
            if picture is None:
                picture = attributor.attribute(record.unit, Sought(exemplar, crop, parameters, method), errand)
            page = replace(page, attributions=(*page.attributions, picture))
            show(page)
        return without_note(page)

    def explain(
        self,
        wish: WhyWish,
        found: tuple[OpenGallery, UnitRecord] | None,
        attributor: ExemplarAttributor,
        errand: Errand,
        show: Callable[[WhyAnswer], None],
    ) -> WhyAnswer:
        """Attributions of any pictures of a page.

        Args:
            wish: which, and how they are drawn.
            found: the gallery that they come from, and what it knows of the unit; live frames need none.
            attributor: computes them.
            errand: asked between two of them.
            show: gets the answer with each further one.

        Raises:
            Superseded: the errand is over.
            ModelError: gradients cannot be followed through the network.
        """
        method = _method({} if found is None else _stored(*found))
        answer = WhyAnswer(wish)
        for crop in wish.pictures:
            sought = _sought(crop, found, method)
            if isinstance(sought, Sought):
                picture = attributor.attribute(wish.unit, sought, errand, wish.look)
            else:
                picture = picture_of(crop, None, Why("no attribution", reason=sought))
            answer = replace(answer, made=(*answer.made, picture))
            show(answer)
        return answer

    def _known(
        self, gallery: OpenGallery, image: ImageRecord | None, crop: PagePicture, unit: UnitId
    ) -> PagePicture | None:
        """What stands beside a crop without computing anything; None where that is not known."""
        if not crop.value > 0:
            reason = f"Unit {unit.unit} is not above zero in this image: nothing in it speaks for the unit."
            return picture_of(crop, None, Why("no attribution", reason=reason))
        rgb = None if image is None else self._pictures.of_unit(gallery, image.id)
        if rgb is None or image is None:
            return None
        told = image.metadata
        coverage, reason = (str(told.get(name, "")) for name in ("coverage", "reason"))
        return picture_of(crop, rgb, made_why(Method(str(told["method"])), coverage=coverage, reason=reason))


def _method(stored: Mapping[int, ImageRecord]) -> Method:
    """By which method those of the gallery were made."""
    return next((Method(image.recipe) for image in stored.values()), Method.DECONVNET)


def _parameters(gallery: OpenGallery, record: UnitRecord) -> Mapping[str, object]:
    """Of the scan that found the exemplars."""
    job = gallery.job(record.unit.layer)
    return {} if job is None else job.parameters


def _sought(crop: PagePicture, found: tuple[OpenGallery, UnitRecord] | None, method: Method) -> Sought | str:
    """What is to be attributed for a picture of a page, or why nothing can be, a sentence."""
    if crop.cropped and crop.source_rgb is not None and crop.position is not None:
        return Sought(None, crop, {}, method)
    if found is None or (exemplar := _exemplar_of(found[1], crop)) is None:
        return NO_POSITION
    return unable(found[1]) or Sought(exemplar, crop, _parameters(*found), method)


def _exemplar_of(record: UnitRecord, crop: PagePicture) -> Exemplar | None:
    """What the gallery knows of a picture of the page."""
    place = (crop.value, crop.position)
    name = None if crop.path is None else crop.path.name
    every = (*record.exemplars, *record.minima, *record.quantiles)
    return next((one for one in every if (one.value, one.position) == place and one.path.name == name), None)


def unable(record: UnitRecord) -> str:
    """Why attributions that a gallery lacks cannot be computed here, a sentence; empty where they can."""
    if record.stale:
        return "These exemplars were found with another network: only that can say which of their pixels counted."
    return ""


def is_waiting(page: UnitPageData) -> bool:
    """Some of its attributions are still to be computed."""
    return page.notes.get("attribution") == ON_THEIR_WAY


def without_note(page: UnitPageData, instead: str = "") -> UnitPageData:
    """The page without the word that attributions are on their way, or with another."""
    notes = {part: text for part, text in page.notes.items() if part != "attribution"}
    return replace(page, notes={**notes, "attribution": instead} if instead else notes)


def made_why(method: Method, *, coverage: str = "", reason: str = "") -> Why:
    """How an attribution was found, and what is known to be wrong with that."""
    from deepvis.attribution.methods import METHODS  # noqa: PLC0415  (imports torch)

    return Why(method.label, METHODS[method].caveat, coverage, reason)


def picture_of(crop: PagePicture, rgb: NDArray[np.uint8] | None, why: Why) -> PagePicture:
    """The attribution of an exemplar as a page shows it; a click on it opens what a click on the crop opens.

    Args:
        crop: the exemplar, as the page shows it.
        rgb: uint8 `(height, width, 3)`; None where there is none.
        why: how it was found.
    """
    return replace(
        crop,
        rgb=placeholder() if rgb is None else rgb,
        title=f"{why.method} of {crop.title}",
        whole_rgb=None,
        box=None,
        why=why,
    )


def _stored(gallery: OpenGallery, record: UnitRecord) -> dict[int, ImageRecord]:
    """Attributions that belong to the unit's exemplars, by rank."""
    scan = gallery.job(record.unit.layer)
    images = [image for image in record.images if image.kind is ImageKind.DECONV and "method" in image.metadata]
    makers = {hash_text: gallery.reader.job(hash_text) for hash_text in {image.job for image in images}}
    return {
        image.rank: image
        for image in images
        if scan is not None and (job := makers[image.job]) is not None and job.parameters.get("scan") == scan.hash
    }
