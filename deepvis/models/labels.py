"""What the classes of a network are called."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from deepvis.models.loading import ModelError

if TYPE_CHECKING:
    from pathlib import Path


def read_labels(path: Path) -> tuple[str, ...]:
    """The labels of a file, one per class.

    Args:
        path: text with one label per line (blank lines at the end do not count), a JSON list, or a JSON object that
            gives each index its label: `{"0": "tench"}`, also `{"0": ["n01440764", "tench"]}`.

    Raises:
        ModelError: the file cannot be read or holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"The labels file {path} cannot be read: {error}.") from error
    if text.lstrip().startswith(("[", "{")):
        return _from_json(text, path)
    lines = text.rstrip().splitlines()
    if not lines:
        raise ModelError(f"The labels file {path} is empty: one label per line is wanted.")
    return tuple(line.strip() for line in lines)


@cache
def imagenet_labels() -> tuple[str, ...]:
    """The 1000 classes of ImageNet-1k, as torchvision's weights name them."""
    from torchvision.models import AlexNet_Weights  # noqa: PLC0415

    return tuple(AlexNet_Weights.IMAGENET1K_V1.meta["categories"])


def timm_labels(pretrained_cfg: dict[str, Any]) -> tuple[str, ...]:
    """The labels of a timm network, all offline: from its configuration, else from timm's ImageNet lists.

    Args:
        pretrained_cfg: `network.pretrained_cfg`.

    Returns:
        One label per class, empty where the data set is not known.
    """
    from timm.data.imagenet_info import ImageNetInfo, infer_imagenet_subset  # noqa: PLC0415

    names = pretrained_cfg.get("label_names")
    if names:
        descriptions = pretrained_cfg.get("label_descriptions") or {}
        return tuple(descriptions.get(name, name) for name in names)
    count = pretrained_cfg.get("num_classes")
    if count == len(imagenet_labels()):
        return imagenet_labels()
    subset = infer_imagenet_subset(pretrained_cfg)
    labels = tuple(ImageNetInfo(subset).label_descriptions()) if subset else ()
    return labels if len(labels) == count else ()


def _from_json(text: str, path: Path) -> tuple[str, ...]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise ModelError(f"The labels file {path} is no valid JSON: {error}.") from error
    if isinstance(content, dict):
        content = _by_index(content, path)
    if not content or not all(isinstance(label, str) for label in content):
        raise ModelError(f"The labels file {path} must be a JSON list of texts, or an object from index to text.")
    return tuple(content)


def _by_index(content: dict[str, Any], path: Path) -> list[Any]:
    try:
        by_index = {int(index): label for index, label in content.items()}
    except ValueError as error:
        raise ModelError(f"The labels file {path} has a key that is no class index: {error}.") from error
    missing = next((index for index in range(len(by_index)) if index not in by_index), None)
    if missing is not None:
        raise ModelError(f"The labels file {path} has {len(by_index)} labels but none for class {missing}.")
    labels = (by_index[index] for index in range(len(by_index)))
    return [label[-1] if isinstance(label, list) and label else label for label in labels]
