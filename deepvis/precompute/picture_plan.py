"""What exactly a synthesis of many units is: layers, blocks, materials, and the hash that its pictures are known by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.records import ModelIdentity
from deepvis.models.engine import DTYPES
from deepvis.models.zoo import check_name, model_key
from deepvis.precompute.picture_materials import check_materials, find_materials
from deepvis.precompute.picture_request import PicturesError
from deepvis.precompute.shards import Shard, shard_file
from deepvis.precompute.work_list import chosen_layers, digest, work_list
from deepvis.records import Precision
from deepvis.synthesis.keeping import changed, negated, synthesis_job
from deepvis.synthesis.natural_gallery import natural_statistics

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import torch

    from deepvis.gallery.records import JobRecord
    from deepvis.models.engine import Engine
    from deepvis.precompute.picture_request import PicturesRequest
    from deepvis.precompute.work_list import Block
    from deepvis.records import LayerInfo
    from deepvis.synthesis.recipe import Recipe
    from deepvis.synthesis.synthesis import Materials

ON_CPU = 12
"""Pictures at once: more of the default network's are no faster, and take more memory."""
ON_DEVICE = 64


@dataclass(frozen=True, slots=True, eq=False)
class PicturePlan:
    """A request, with everything looked up that it depends on.

    Attributes:
        request: as it was made.
        recipe: the one used; the negative one where that was asked for.
        gallery: the file to write; of the shard where there are several.
        layers: in order of execution.
        blocks: of this shard, in the order in which they are made.
        all_blocks: how many blocks all shards have together.
        work: tells lists of blocks of all shards apart.
        materials: for the ascents.
        job: how the gallery knows the pictures.
        identity: of the model.
        autocast: number format of the arithmetic; None: float32 throughout.
    """

    request: PicturesRequest
    recipe: Recipe
    gallery: Path
    layers: tuple[LayerInfo, ...]
    blocks: tuple[Block, ...]
    all_blocks: int
    work: str
    materials: Materials
    job: JobRecord
    identity: ModelIdentity
    autocast: torch.dtype | None

    def shard_job(self, done: int) -> JobRecord:
        """The job of a shard's file: also says how much of the shard's work is done."""
        part = (self.request.shard, self.request.shards, done, len(self.blocks))
        return replace(self.job, coverage=(part,), data_hash=self.work)


def make_picture_plan(request: PicturesRequest, engine: Engine) -> PicturePlan:
    """Look up everything a request depends on. The engine is where it will run.

    Raises:
        PicturesError: layers, units or materials that are not there, or a recipe that cannot be turned around.
        GalleryError: a gallery that is asked for natural statistics cannot be read.
    """
    loaded = engine.loaded
    _check_gallery(request.gallery, loaded.name)
    layers = chosen_layers(engine.info(), request.layers)
    # a batch size that was asked for is one; and a GPU makes one batch at a time
    even = request.batch_size is None and engine.device.type == "cpu"
    blocks = work_list(request, layers, batch_size(request, engine.device), even=even)
    if not blocks:
        raise PicturesError("There is nothing to make: none of the layers has such units.")
    identity = ModelIdentity(loaded.name, loaded.weights_sha256, loaded.preprocessing.identity())
    natural = natural_statistics(request.natural, identity)
    found = find_materials(request, natural, engine)
    autocast = None if request.precision is Precision.FLOAT32 else DTYPES[request.precision]
    recipe, size, steps = _settled(request, layers)
    others = {**found.decisive, **({} if autocast is None else {"autocast": str(request.precision)})}
    if any(block.together > 1 for block in blocks):
        others["together"] = [request.seed, request.per_unit]
    return PicturePlan(
        request,
        recipe,
        shard_file(request.gallery, Shard(request.shard, request.shards)),
        layers,
        blocks[request.shard :: request.shards],
        len(blocks),
        digest(blocks),
        found.materials,
        synthesis_job(engine, recipe, natural, size=size, steps=steps, others=others),
        identity,
        autocast,
    )


def check_named(request: PicturesRequest) -> None:
    """Refuse what needs no network to be seen: names nobody knows, files that are no galleries, materials of no use.

    Raises:
        PicturesError: naming what cannot be.
        ModelError: no network is called so.
        GalleryError: a gallery cannot be read.
    """
    check_name(request.model.name)
    _check_gallery(request.gallery, model_key(request.model.name))
    for path in request.natural:
        GalleryReader(path).close()
    check_materials(request)


def batch_size(request: PicturesRequest, device: torch.device) -> int:
    """Pictures of a block: as asked, else what suits the device."""
    if request.batch_size is not None:
        return request.batch_size
    return ON_CPU if device.type == "cpu" else ON_DEVICE


def _check_gallery(path: Path, model: str) -> None:
    """Say now what a merge of the shards would say in the end."""
    if not path.is_file():
        return
    with GalleryReader(path) as gallery:
        other = gallery.model
    if other != model:
        raise PicturesError(f"The gallery {path} belongs to the model {other}, not to {model}: choose another gallery.")


def _settled(request: PicturesRequest, layers: Sequence[LayerInfo]) -> tuple[Recipe, int | None, int | None]:
    """The recipe used, and the size and steps that differ from its own; the recipe's name says that some do."""
    recipe = request.recipe
    size = None if request.size == recipe.size else request.size
    usual = {recipe.for_layer(is_classes=layer.is_classes).steps for layer in layers}
    steps = None if usual == {request.steps} else request.steps
    if size is not None or steps is not None:
        recipe = changed(recipe)
    if not request.negative:
        return recipe, size, steps
    try:
        return negated(recipe), size, steps
    except ValueError as error:
        raise PicturesError(str(error)) from error
