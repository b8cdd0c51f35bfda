"""What the studio reads from the galleries of a model and writes into the person's own."""

from __future__ import annotations

import logging
import math
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis.gallery.errors import GalleryError
from deepvis.gallery.files import gallery_file, packaged_gallery
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ImageKind, ModelIdentity
from deepvis.gallery.rows import ImageRow
from deepvis.gallery.writer import GalleryWriter
from deepvis.live.crop_pictures import decoded
from deepvis.live.studio_news import MadePicture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis.gallery.records import ImageRecord, JobRecord
    from deepvis.live.studio_order import Order
    from deepvis.models.engine import Engine
    from deepvis.records import LayerInfo
    from deepvis.synthesis.natural_images import NaturalStatistics
    from deepvis.synthesis.reference_gallery import GalleryReferences
    from deepvis.synthesis.synthesis import Materials, Synthesis

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """Pictures as they can be stored: again, after they were discarded.

    Attributes:
        model: key of the model.
        job: what made them.
        layer: of the unit.
        rows: one per picture.
    """

    model: str
    job: JobRecord
    layer: LayerInfo
    rows: tuple[ImageRow, ...]


class StudioGallery:
    """The galleries of whatever model is named; opened for every single question, for there are few.

    Args:
        folder: of the person's galleries; None for the one in the person's data folder.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def materials(self, engine: Engine) -> Materials:
        """What recipes may use beside the network, as far as scans with this model know it."""
        from deepvis.synthesis.synthesis import Materials  # noqa: PLC0415  (imports torch)

        return Materials(self._natural(engine), references=self._references(engine))

    def has_references(self, engine: Engine) -> bool:
        """Some layer was scanned with this very model."""
        try:
            return bool(self._references(engine).digest())
        except GalleryError:
            log.info("no natural pictures of %s", engine.loaded.name, exc_info=True)
            return False

    def _references(self, engine: Engine) -> GalleryReferences:
        from deepvis.synthesis.reference_gallery import GalleryReferences  # noqa: PLC0415  (imports torch)

        return GalleryReferences([path for path, _ in self._paths(engine.loaded.name)], engine.loaded)

    def _natural(self, engine: Engine) -> NaturalStatistics:
        """Averages over natural pictures: of a scan with this model, else the built-in ones."""
        from deepvis.synthesis.natural_gallery import natural_statistics  # noqa: PLC0415  (imports torch)
        from deepvis.synthesis.natural_images import NaturalStatistics  # noqa: PLC0415  (imports torch)

        loaded = engine.loaded
        identity = ModelIdentity(loaded.name, loaded.weights_sha256, loaded.preprocessing.identity())
        try:
            return natural_statistics([path for path, _ in self._paths(loaded.name)], identity)
        except GalleryError:
            log.info("no natural statistics of %s", loaded.name, exc_info=True)
            return NaturalStatistics.built_in()

    def finished(self, order: Order, synthesis: Synthesis) -> Finished:
        """Rows of finished pictures, with how they compare to what the data set showed."""
        from deepvis.synthesis.keeping import image_rows  # noqa: PLC0415  (imports torch)

        maxima = np.full(order.layer.units, np.nan)
        maxima[order.wish.unit.unit] = self._natural_maximum(order)
        rows = image_rows(synthesis, order.wish.seeds, maxima, more=order.more)
        return Finished(order.wish.unit.model, order.job, order.layer, rows)

    def store(self, finished: Finished, places: Sequence[int] | None = None) -> tuple[int, ...]:
        """Write pictures, all of them or some, into the person's gallery; returns their keys.

        Raises:
            GalleryError: it cannot be written to.
        """
        from deepvis.synthesis.keeping import store  # noqa: PLC0415  (imports torch)

        rows = finished.rows if places is None else [finished.rows[place] for place in places]
        with GalleryWriter(gallery_file(finished.model, self._folder), finished.model) as writer:
            return store(writer, finished.job, finished.layer, rows)[1]

    def remove(self, model: str, key: int) -> bool:
        """Remove a picture from the person's gallery; False where there is none.

        Raises:
            GalleryError: it cannot be written to.
        """
        path = gallery_file(model, self._folder)
        if not path.is_file():
            return False
        with GalleryWriter(path, model) as writer:
            return writer.remove_image(key)

    def known(self, order: Order) -> tuple[tuple[MadePicture, ...], NDArray[np.uint8], Finished] | None:
        """The very pictures of an order, where a gallery has all of them: figures, `(pictures, size, size, 3)`, rows.

        Raises:
            GalleryError: a gallery is damaged.
        """
        with self._readers(order.wish.unit.model) as readers:
            for reader, own in readers:
                found = _very_pictures(reader, order)
                images = [decoded(row.data, "The picture") for _, row in found]
                shown = [image for image in images if image is not None]
                if found and len(shown) == len(order.wish.seeds):
                    made = tuple(_made(record.id if own else 0, row) for record, row in found)
                    rows = tuple(row for _, row in found)
                    return made, np.stack(shown), Finished(order.wish.unit.model, order.job, order.layer, rows)
        return None

    def _natural_maximum(self, order: Order) -> float:
        """The unit's largest activation over the images of a scan of this very model; NaN where there was none."""
        unit = order.wish.unit
        try:
            with self._readers(unit.model) as readers:
                for reader, _ in readers:
                    record = reader.unit(unit.layer, unit.unit, order.job.identity)
                    if record.statistics is not None and not record.stale:
                        return record.statistics.maximum
        except GalleryError:
            # whoever reads or writes it next says so; a finished picture must not be lost for it
            log.info("no natural maximum of %s", unit, exc_info=True)
        return math.nan

    @contextmanager
    def _readers(self, model: str) -> Iterator[list[tuple[GalleryReader, bool]]]:
        """Those that are there, and whether it is the person's own, which comes first."""
        with ExitStack() as stack:
            yield [(stack.enter_context(GalleryReader(path)), own) for path, own in self._paths(model)]

    def _paths(self, model: str) -> list[tuple[Path, bool]]:
        paths = ((gallery_file(model, self._folder), True), (packaged_gallery(model), False))
        return [(path, own) for path, own in paths if path is not None and path.is_file()]


def made_pictures(finished: Finished, keys: Sequence[int]) -> tuple[MadePicture, ...]:
    """What is known of pictures, with their keys in the person's gallery."""
    return tuple(_made(key, row) for key, row in zip(keys, finished.rows, strict=True))


def _made(key: int, row: ImageRow) -> MadePicture:
    told = row.metadata
    ratio = told.get("natural_ratio")
    return MadePicture(
        key,
        row.seed,
        math.nan if row.value is None else row.value,
        float(ratio) if isinstance(ratio, int | float) else None,
        _whole(told.get("layer_rank")),
        _whole(told.get("majority")),
        str(told.get("reason", "")),
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _very_pictures(reader: GalleryReader, order: Order) -> list[tuple[ImageRecord, ImageRow]]:
    """One per seed, in their order; none where one is missing."""
    unit = order.wish.unit
    images = reader.unit(unit.layer, unit.unit).images
    records = {image.seed: image for image in images if image.job == order.job.hash}
    if not all(seed in records for seed in order.wish.seeds):
        return []
    return [(records[seed], _row(reader, records[seed], order)) for seed in order.wish.seeds]


def _row(reader: GalleryReader, record: ImageRecord, order: Order) -> ImageRow:
    return ImageRow(
        layer=order.wish.unit.layer,
        unit=order.wish.unit.unit,
        kind=ImageKind.SYNTHESIS,
        data=reader.image(record.id) or b"",
        height=record.size[0],
        width=record.size[1],
        rank=record.rank,
        value=record.value,
        recipe=record.recipe,
        seed=record.seed,
        metadata=record.metadata,
    )
