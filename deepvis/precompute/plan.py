"""What exactly a scan is: files, classes, network, layers, and the hash by which the same scan is known again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from deepvis.gallery.files import gallery_file
from deepvis.gallery.records import JobRecord, ModelIdentity
from deepvis.kinds import Method
from deepvis.models.engine import Engine, build_engine
from deepvis.models.errors import ModelError
from deepvis.models.receptive_field import receptive_boxes
from deepvis.models.samples import SampleRecipe
from deepvis.models.two_inputs import refuse_pairs
from deepvis.precompute.labeling import Labeling, find_labels
from deepvis.precompute.layer_choice import layers_wanted
from deepvis.precompute.listing import Listing, list_folder, list_named
from deepvis.precompute.request import SEED, ScanError, ScanRequest
from deepvis.precompute.shards import Shard, shard_file
from deepvis.records import Fit, LayerInfo, ModelRequest, Precision
from deepvis.sources.image_list import LIST_EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

KIND = "scan"

_FORMAT = 1
"""Counts up when the same parameters come to mean another result."""

_PACKAGES = ("deepvis", "torch", "pillow", "numpy")


@dataclass(frozen=True, slots=True, eq=False)
class ScanPlan:
    """A request, with everything looked up that it depends on.

    Attributes:
        request: as it was made.
        gallery: the file to write; of the shard where there are several.
        listing: of the folder.
        labeling: classes of the files.
        chosen: numbers of the files that are tried, of all shards.
        recipe: how samples are made.
        layers: what is scanned, in order of execution.
        boxes: receptive fields in network input pixels, by layer name; None where unknown.
        identity: of the model.
        parameters: what else decides the result, and what is needed to do it again; JSON values.
        hash: SHA-256 of all that decides the result.
    """

    request: ScanRequest
    gallery: Path
    listing: Listing
    labeling: Labeling
    chosen: tuple[int, ...]
    recipe: SampleRecipe
    layers: tuple[LayerInfo, ...]
    boxes: dict[str, NDArray[np.int32] | None]
    identity: ModelIdentity
    parameters: dict[str, Any]
    hash: str

    @property
    def files(self) -> tuple[int, ...]:
        """Numbers of the files of this shard, ascending."""
        return self.chosen[self.request.shard :: self.request.shards]

    def path(self, number: int) -> str:
        """Where a file is."""
        return str(self.listing.root / self.listing.names[number])

    def job(self, device: str) -> JobRecord:
        """How the gallery knows this scan."""
        return JobRecord(
            id=0,
            kind=KIND,
            hash=self.hash,
            identity=self.identity,
            data_root=str(self.listing.root.absolute()),
            data_hash=self.parameters["listing"],
            parameters=self.parameters,
            versions={name: version(name) for name in _PACKAGES},
            device=device,
        )


def make_plan(request: ScanRequest, listing: Listing, engine: Engine) -> ScanPlan:
    """Look up everything a request depends on. The engine still is where `build_engine` left it.

    Raises:
        ScanError: layers that are not there, labels that cannot be read, no file that could be an image.
    """
    _refuse_pairs(engine)
    chosen = listing.chosen(request.limit)
    if not chosen:
        raise ScanError(f"None of the {len(listing.names)} files in {listing.root} can be an image, by their names.")
    labeling = find_labels(listing, request.classes, chosen)
    layers = layers_wanted(engine.info(), request.layers, ScanError, "The layer '{}' cannot be scanned")
    loaded = engine.loaded
    identity = ModelIdentity(loaded.name, loaded.weights_sha256, loaded.preprocessing.identity(request.fit))
    decisive = _decisive(request, listing, labeling, layers)
    text = json.dumps([asdict(identity), decisive], sort_keys=True)
    gallery = request.gallery or gallery_file(loaded.name)
    return ScanPlan(
        request,
        shard_file(gallery, Shard(request.shard, request.shards)),
        listing,
        labeling,
        tuple(chosen),
        SampleRecipe(loaded.preprocessing, request.fit, request.crops),
        layers,
        _boxes(engine, layers),
        identity,
        {
            **decisive,
            "model": _model_parameters(request.model),
            "weights": loaded.weights,
            "classes_from": request.classes,
            "list": str(request.images.expanduser().absolute()) if _is_list(request) else None,
            "files": len(chosen),
            "attribution": None if request.attribution is None else str(request.attribution),
            "attributed": request.attributed,
        },
        hashlib.sha256(text.encode()).hexdigest(),
    )


def _refuse_pairs(engine: Engine) -> None:
    try:
        refuse_pairs(engine.loaded.name, engine.loaded.preprocessing, "scanning")
    except ModelError as error:
        raise ScanError(str(error)) from error


def list_images(request: ScanRequest) -> Listing:
    """The files of the request's folder, or of its list.

    Raises:
        ScanError: it is missing or empty.
    """
    images = request.images.expanduser()
    return list_named(images) if _is_list(request) else list_folder(images)


def _is_list(request: ScanRequest) -> bool:
    return request.images.suffix.lower() in LIST_EXTENSIONS and not request.images.expanduser().is_dir()


def load_engine(
    request: ModelRequest, *, progress: Callable[[str, float | None], None], canceled: Callable[[], bool]
) -> Engine:
    """The network of a request, on the CPU.

    Raises:
        ScanError: it cannot be had.
        Canceled: `canceled` said so.
    """
    try:
        return build_engine(request, progress=progress, canceled=canceled)
    except ModelError as error:
        raise ScanError(str(error)) from error


def request_again(job: JobRecord, gallery: Path, device: str) -> ScanRequest:
    """The request of which a stored job came, for its second half somewhere else.

    Raises:
        ScanError: another version of DeepVis wrote it, and something is missing.
    """
    known: dict[str, Any] = job.parameters
    try:
        model = _model_request(known["model"])
        return ScanRequest(
            images=Path(known.get("list") or job.data_root),
            model=model,
            layers=tuple(known["layers"]),
            top=known["top"],
            gallery=gallery,
            batch_size=known["batch_size"],
            device=device,
            precision=Precision(known["precision"]),
            limit=known["limit"],
            crops=known["crops"],
            classes=known["classes_from"],
            covariance_up_to=known["covariance_up_to"],
            fit=Fit(known["fit"]),
            picture_quality=known["picture_quality"],
            # scans of before did not say it
            attribution=None if known.get("attribution") is None else Method(known["attribution"]),
            attributed=known.get("attributed"),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise ScanError(f"{gallery} does not say how it was scanned ({error}); scan again.") from error


def _decisive(
    request: ScanRequest, listing: Listing, labeling: Labeling, layers: tuple[LayerInfo, ...]
) -> dict[str, Any]:
    """Everything but the model that decides the result."""
    return {
        "format": _FORMAT,
        "listing": listing.digest(),
        "layers": [info.name for info in layers],
        "top": request.top,
        "crops": request.crops,
        "limit": request.limit,
        "classes": labeling.digest(),
        "class_names": len(labeling.names),
        "precision": str(request.precision),
        "batch_size": request.batch_size,
        "covariance_up_to": request.covariance_up_to,
        "fit": str(request.fit),
        "picture_quality": request.picture_quality,
        "seed": SEED,
    }


def _boxes(engine: Engine, layers: tuple[LayerInfo, ...]) -> dict[str, NDArray[np.int32] | None]:
    shape = engine.loaded.preprocessing
    batch = torch.zeros(1, shape.channels, *shape.input_size)
    try:
        return receptive_boxes(engine.loaded.network, batch, [engine.taps[layer.name] for layer in layers])
    except Exception:  # noqa: BLE001  (a person's own network: anything may come out of it; then boxes are unknown)
        return {layer.name: None for layer in layers}


def _model_parameters(model: ModelRequest) -> dict[str, Any]:
    found = {name: value for name, value in asdict(model).items() if value is not None}
    return {name: str(value) if isinstance(value, Path) else value for name, value in found.items()}


def _model_request(known: Any) -> ModelRequest:  # noqa: ANN401  (JSON)
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in known.items()}
    if "labels" in values:
        values["labels"] = Path(values["labels"])
    return ModelRequest(**values)
