"""The page of one unit: what the galleries know of it, with its pictures cut and decoded."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from deepvis.gallery.records import ImageKind, UnitRecord
from deepvis.live.crop_pictures import placeholder, shown_crop, shown_whole
from deepvis.live.page_attributions import PageAttributions, unable
from deepvis.live.page_notes import (
    SCANNED_PARTS,
    level_minima,
    not_scanned,
    not_synthesized,
    origin_text,
    unit_notes,
)
from deepvis.live.pages import PagePicture, SimilarPicture, UnitPageData
from deepvis.live.synthesized import ChangeWords, in_order, made_of
from deepvis.records import Rect, UnitId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from deepvis.gallery.records import Exemplar, ImageRecord, SimilarUnit
    from deepvis.live.crop_pictures import CropPictures
    from deepvis.live.errand import Errand
    from deepvis.live.exemplar_attributor import ExemplarAttributor
    from deepvis.live.gallery_shelf import GalleryShelf, OpenGallery
    from deepvis.live.running_model import RunningModel
    from deepvis.live.why import WhyAnswer, WhyWish
    from deepvis.records import LayerInfo

_IMAGE_PARTS = {
    "attributions": ImageKind.DECONV,
    "kept": ImageKind.SESSION,
    "exemplars": ImageKind.MAXIMUM,
    "minima": ImageKind.MINIMUM,
}


class PageMaker:
    """Makes pages of units.

    Args:
        running: the model they belong to.
        shelf: its galleries.
        pictures: decodes what they keep.
    """

    def __init__(self, running: RunningModel, shelf: GalleryShelf, pictures: CropPictures) -> None:
        self._running = running
        self._shelf = shelf
        self._pictures = pictures
        self._changes = ChangeWords()
        self._attributions = PageAttributions(pictures)

    def make(
        self, layer: LayerInfo, unit: int, errand: Errand, show: Callable[[UnitPageData], None] = lambda _: None
    ) -> UnitPageData:
        """Make the page of a unit.

        Args:
            layer: of the running model.
            unit: its number.
            errand: asked between two pictures.
            show: gets unfinished pages when there is much to decode.

        Raises:
            Superseded: the errand is over.
            GalleryError: a gallery is damaged.
        """
        records = self._records(layer.name, unit)
        source = _scanned(records)
        page = self._with_facts(layer, unit, source)
        page = self._with_images(page, records, errand)
        page = self._with_synthesized(page, layer, records, errand)
        if source is not None:
            page = self._with_exemplars(page, source, errand, show)
            page = self._with_similar(page, layer, source, errand)
        notes = {part: text for part, text in page.notes.items() if not _filled(page, part)}
        page = replace(page, notes=notes)
        return page if source is None else self._attributions.add_stored(page, *source)

    def attribute(
        self,
        page: UnitPageData,
        attributor: ExemplarAttributor,
        errand: Errand,
        show: Callable[[UnitPageData], None],
    ) -> UnitPageData:
        """Compute the attributions that the galleries lack; `show` gets the page with each further one.

        Raises:
            Superseded: the errand is over.
            GalleryError: a gallery is damaged.
            ModelError: gradients cannot be followed through the network.
        """
        records = self._records(page.unit.layer, page.unit.unit)
        source = _scanned(records)
        if source is None or unable(source[1]):
            return page
        return self._attributions.complete(page, source, attributor, errand, show)

    def explain(
        self, wish: WhyWish, attributor: ExemplarAttributor, errand: Errand, show: Callable[[WhyAnswer], None]
    ) -> WhyAnswer:
        """Attributions of any pictures of a unit's page; `show` gets the answer with each further one.

        Raises:
            Superseded: the errand is over.
            GalleryError: a gallery is damaged.
            ModelError: gradients cannot be followed through the network.
        """
        source = _scanned(self._records(wish.unit.layer, wish.unit.unit))
        return self._attributions.explain(wish, source, attributor, errand, show)

    def _records(self, layer: str, unit: int) -> list[tuple[OpenGallery, UnitRecord]]:
        identity = self._running.identity
        return [(gallery, gallery.reader.unit(layer, unit, identity)) for gallery in self._shelf.galleries]

    def _with_facts(self, layer: LayerInfo, unit: int, source: tuple[OpenGallery, UnitRecord] | None) -> UnitPageData:
        address = UnitId(self._running.info.name, layer.name, unit)
        nothing_made = not_synthesized(self._running, layer, unit)
        if source is None:
            why = self._shelf.trouble or not_scanned(self._running, layer, scanned=self._shelf.scanned)
            notes = {**dict.fromkeys(SCANNED_PARTS, why), "synthesized": nothing_made}
            return UnitPageData(address, notes=notes, offers=self._running.info.pictures == 1)
        gallery, record = source
        stale = " ".join(text for text in (record.stale, self._shelf.trouble) if text)
        return UnitPageData(
            address,
            statistics=record.statistics,
            histogram=record.histogram,
            classes=record.classes,
            notes={**unit_notes(record, self._running, layer), "synthesized": nothing_made},
            stale=stale,
            origin=origin_text(gallery.job(layer.name), packaged=gallery.packaged),
        )

    def _with_images(
        self, page: UnitPageData, records: list[tuple[OpenGallery, UnitRecord]], errand: Errand
    ) -> UnitPageData:
        """Pictures that are stored whole; each kind from the first gallery that has it, kept frames from all."""
        found: dict[str, tuple[PagePicture, ...]] = {}
        for part, kind in _IMAGE_PARTS.items():
            lists = [
                # attributions with a method are a scan's: they stand beside its exemplars or nowhere
                [(gallery, image) for image in record.images if image.kind is kind and "method" not in image.metadata]
                for gallery, record in records
            ]
            chosen = next((images for images in lists if images), [])
            if kind is ImageKind.SESSION:
                every = [pair for images in lists for pair in images]
                chosen = sorted(every, key=lambda pair: -(pair[1].value or 0.0))
            found[part] = self._images(chosen, errand)
        return replace(
            page,
            attributions=found["attributions"],
            kept=found["kept"],
            exemplars=found["exemplars"],
            minima=found["minima"],
        )

    def _with_synthesized(
        self, page: UnitPageData, layer: LayerInfo, records: list[tuple[OpenGallery, UnitRecord]], errand: Errand
    ) -> UnitPageData:
        """Those of all galleries, each with how it was made."""
        maximum = None if page.statistics is None or page.stale else page.statistics.maximum
        pictures = [(gallery, image) for gallery, record in records for image in record.images]
        made: list[PagePicture] = []
        for gallery, image in in_order(pair for pair in pictures if pair[1].kind is ImageKind.SYNTHESIS):
            errand.go_on()
            picture = self._image(gallery, image)
            if picture is not None:
                changes = self._changes.of(gallery, image, is_classes=layer.is_classes)
                own = not gallery.packaged
                how = self._changes.how(gallery, image)
                made_so = made_of(image, layer.name, maximum, removable=own, changes=changes, how=how)
                made.append(replace(picture, made=made_so))
        return replace(page, synthesized=tuple(made))

    def _images(self, images: Iterable[tuple[OpenGallery, ImageRecord]], errand: Errand) -> tuple[PagePicture, ...]:
        made = []
        for gallery, image in images:
            errand.go_on()
            picture = self._image(gallery, image)
            if picture is not None:
                made.append(picture)
        return tuple(made)

    def _image(self, gallery: OpenGallery, image: ImageRecord) -> PagePicture | None:
        rgb = self._pictures.of_unit(gallery, image.id)
        if rgb is None:
            return None
        value = math.nan if image.value is None else image.value
        title = str(image.metadata.get("title") or image.recipe or image.kind.value)
        seen = image.kind is ImageKind.SESSION
        box = _box(image.metadata.get("box"), rgb.shape[:2])
        place = _position(image.metadata.get("position")) if seen else None
        if box is None:
            return PagePicture(shown_crop(rgb), value, title, source_rgb=rgb, position=place, cropped=seen)
        whole, within = shown_whole(rgb, box)
        top, left, bottom, right = box
        crop = shown_crop(rgb[top:bottom, left:right])
        return PagePicture(crop, value, title, whole, within, source_rgb=rgb, position=place, cropped=seen)

    def _with_exemplars(
        self,
        page: UnitPageData,
        source: tuple[OpenGallery, UnitRecord],
        errand: Errand,
        show: Callable[[UnitPageData], None],
    ) -> UnitPageData:
        gallery, record = source
        parts = {"exemplars": record.exemplars, "quantiles": record.quantiles}
        if not level_minima(record.minima):
            parts["minima"] = record.minima
        for part, exemplars in parts.items():
            made: tuple[PagePicture, ...] = ()
            for exemplar in exemplars:
                errand.go_on()
                made = (*made, self.exemplar(gallery, exemplar))
                if errand.part_due():
                    show(_with_part(page, part, made))
            page = _with_part(page, part, made) if made else page
        return page

    def exemplar(self, gallery: OpenGallery, exemplar: Exemplar) -> PagePicture:
        """The picture of an exemplar; plain gray where it is nowhere any more."""
        picture = self._pictures.file(gallery, exemplar.file)
        path = picture.path or exemplar.path
        crop = picture.crop(exemplar.box)
        if crop is None or picture.rgb is None:
            made = PagePicture(placeholder(), exemplar.value, f"{path.name} (no longer there)", path=path)
        else:
            box = picture.box(exemplar.box)
            whole, within = shown_whole(picture.rgb, box)
            rgb = None if picture.there else picture.rgb
            everything = box == (0, 0, *picture.rgb.shape[:2])
            part = None if everything else within
            made = PagePicture(shown_crop(crop), exemplar.value, path.name, whole, part, path, rgb)
        return replace(made, label=exemplar.label, band=exemplar.band, position=exemplar.position)

    def _with_similar(
        self, page: UnitPageData, layer: LayerInfo, source: tuple[OpenGallery, UnitRecord], errand: Errand
    ) -> UnitPageData:
        gallery, record = source
        made: list[SimilarPicture] = []
        for similar in record.similar:
            errand.go_on()
            made.append(self._similar(gallery, layer, similar))
        return replace(page, similar=tuple(made))

    def _similar(self, gallery: OpenGallery, layer: LayerInfo, similar: SimilarUnit) -> SimilarPicture:
        label = self._running.info.label(layer, similar.unit)
        best = gallery.reader.unit(layer.name, similar.unit).exemplars[:1]
        crop = self._pictures.file(gallery, best[0].file).crop(best[0].box) if best else None
        return SimilarPicture(similar, None if crop is None else shown_crop(crop), label)


def _scanned(records: list[tuple[OpenGallery, UnitRecord]]) -> tuple[OpenGallery, UnitRecord] | None:
    """The first that holds results of a scan, one that belongs to the running model if there is one.

    They are all taken from one gallery: a histogram of one data set beside the images of another would mislead.
    """
    scanned = [(gallery, record) for gallery, record in records if record.statistics is not None or record.exemplars]
    fresh = [(gallery, record) for gallery, record in scanned if not record.stale]
    return next(iter(fresh or scanned), None)


def _filled(page: UnitPageData, part: str) -> bool:
    value = getattr(page, part)
    return value is not None and value != () and not (part == "histogram" and value.total == 0)


def _with_part(page: UnitPageData, part: str, pictures: tuple[PagePicture, ...]) -> UnitPageData:
    if part == "exemplars":
        return replace(page, exemplars=pictures)
    return replace(page, minima=pictures) if part == "minima" else replace(page, quantiles=pictures)


def _box(value: object, size: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """A box `[top, left, height, width]` of a picture's metadata, inside the picture; None where there is none."""
    if not isinstance(value, list) or len(value) != 4 or not all(isinstance(side, int | float) for side in value):
        return None
    rect = Rect(*(float(side) for side in value))
    top, left = max(0, round(rect.top)), max(0, round(rect.left))
    bottom, right = min(size[0], round(rect.bottom)), min(size[1], round(rect.right))
    return (top, left, bottom, right) if top < bottom and left < right else None


def _position(value: object) -> tuple[int, int] | None:
    """A position `[row, column]` of a picture's metadata; None where there is none."""
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(side, int) for side in value):
        return None
    return int(value[0]), int(value[1])
