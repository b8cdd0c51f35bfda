"""Weight files from the Hugging Face hub, through its cache where they are in it.

The hub's client downloads to a new temporary file each time and cannot be stopped while it waits. So it is asked for
what only it knows (its cache, its addresses, the person's token, whether it is offline), and the bytes come through
`downloads`, which resumes, can be canceled, and checks the hash that the hub announces.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.models.downloads import checkpoints_dir, fetch
from deepvis.models.loading import ModelError

if TYPE_CHECKING:
    from deepvis.models.loading import Watch

_FILES = ("model.safetensors", "pytorch_model.bin")
"""In this order, as timm asks for them."""


def hub_file(repository: str, name: str | None, watch: Watch) -> Path:
    """A weight file of a repository.

    Args:
        repository: `owner/name`, with `@revision` where not the newest is meant.
        name: the file; None for the usual ones.
        watch: told of the download; may cancel it.

    Raises:
        ModelError: it is not cached and cannot be had, or only code may open it.
        Canceled: the watch said so.
    """
    import huggingface_hub  # noqa: PLC0415
    from huggingface_hub import constants  # noqa: PLC0415

    identifier, _, revision = repository.partition("@")
    candidates = _candidates(name)
    for candidate in candidates:
        cached = huggingface_hub.try_to_load_from_cache(identifier, candidate, revision=revision or None)
        own = _own_place(repository, candidate)
        if isinstance(cached, str) or own.exists():
            return Path(cached) if isinstance(cached, str) else own
    if constants.HF_HUB_OFFLINE:
        raise ModelError(
            f"{candidates[0]} of {repository} is not cached, and HF_HUB_OFFLINE forbids to download it. Unset it, or"
            " give the file with --weights FILE."
        )
    return _download(repository, candidates, watch)


def _candidates(name: str | None) -> tuple[str, ...]:
    if name is None:
        return _FILES
    return (f"{name[:-4]}.safetensors", name) if name.endswith(".bin") else (name,)


def _own_place(repository: str, name: str) -> Path:
    return checkpoints_dir() / f"{repository.replace('/', '--')}--{name.replace('/', '--')}"


def _download(repository: str, candidates: tuple[str, ...], watch: Watch) -> Path:
    """The first candidate that the hub has."""
    from huggingface_hub import hf_hub_url  # noqa: PLC0415
    from huggingface_hub.utils._headers import build_hf_headers  # noqa: PLC0415

    identifier, _, revision = repository.partition("@")
    for number, candidate in enumerate(candidates, 1):
        url = hf_hub_url(identifier, candidate, revision=revision or None)
        try:
            return fetch(url, _own_place(repository, candidate), watch, sha256="", headers=build_hf_headers())
        except ModelError as error:
            absent = getattr(error.__cause__, "code", None) == 404
            if number == len(candidates) or not absent:
                raise
    raise ModelError(f"{repository} names no weight file.")
