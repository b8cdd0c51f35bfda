"""What a recipe needs beside the network: patches, a generator, natural pictures. Found by what the person named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis.models.errors import ModelError
from deepvis.models.own_model import HOW_TO, is_own, made_by
from deepvis.models.weights import load_strictly, read_state_dict
from deepvis.precompute.listing import list_folder
from deepvis.precompute.picture_request import PicturesError
from deepvis.precompute.request import ScanError
from deepvis.synthesis.parametrizations.protocol import Generator
from deepvis.synthesis.patch_source import PATCH_PRIOR, digest_of, patches_in
from deepvis.synthesis.reference_gallery import GalleryReferences
from deepvis.synthesis.references import reference_facts
from deepvis.synthesis.synthesis import Materials

if TYPE_CHECKING:
    from deepvis.models.engine import Engine
    from deepvis.precompute.picture_request import PicturesRequest
    from deepvis.synthesis.natural_images import NaturalStatistics
    from deepvis.synthesis.recipe import Recipe

GENERATOR = "generator"
MOST_FILES = 200
"""Patches come from so many files at most, spread evenly over the folder."""
_GENERATOR_HOW_TO = (
    "A generator is an object with latent_shape, sample(count, generator) and decode(codes); write a function without"
    " arguments that returns it, and give --generator package.module:function or --generator path/to/file.py:function"
)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Materials, and what of them decides the pictures, as JSON values for the job."""

    materials: Materials
    decisive: dict[str, object]


def find_materials(request: PicturesRequest, natural: NaturalStatistics, engine: Engine) -> Found:
    """Everything the request's recipe needs on a network, which is where it will run.

    Raises:
        PicturesError: something is missing or cannot be used, or was named although the recipe does not use it.
        GalleryError: a gallery that is asked for natural pictures cannot be read.
    """
    decisive: dict[str, object] = {}
    patches, generator = None, None
    check_materials(request)
    if uses_patches(request.recipe):
        patches = _patches(request.patches or Path())
        decisive["patches"] = digest_of(patches)
    if uses_generator(request.recipe):
        weights = request.generator_weights
        generator, decisive["generator"] = _generator(request.generator or "", weights, engine.device)
    references = GalleryReferences(request.natural, engine.loaded)
    decisive |= reference_facts(request.recipe, references)
    return Found(Materials(natural, patches, generator, references), decisive)


def check_materials(request: PicturesRequest) -> None:
    """Refuse materials that are missing, or named although the recipe does not use them.

    Raises:
        PicturesError: naming the option.
    """
    recipe = request.recipe
    _check(uses_patches(recipe), request.patches, recipe, "--patches FOLDER", "images")
    _check(uses_generator(recipe), request.generator, recipe, "--generator", "a generator")


def uses_patches(recipe: Recipe) -> bool:
    """The recipe, or its alternative for classes, has the patch prior."""
    return recipe.regularizes_with(PATCH_PRIOR)


def uses_generator(recipe: Recipe) -> bool:
    """The recipe, or its alternative for classes, varies the code of a generator."""
    return any(one is not None and one.parametrization.name == GENERATOR for one in (recipe, recipe.for_classes))


def _check(needed: bool, given: object, recipe: Recipe, option: str, what: str) -> None:
    if needed and not given:
        raise PicturesError(f"The recipe '{recipe.name}' needs {what}: name them with {option}.")
    if given and not needed:
        raise PicturesError(f"The recipe '{recipe.name}' has no use for {option.split()[0]}: leave it out.")


def _patches(folder: Path) -> torch.Tensor:
    """Patches of the folder's images, at the scale of synthesized pictures.

    Raises:
        PicturesError: there are none.
    """
    try:
        listing = list_folder(folder.expanduser())
    except ScanError as error:
        raise PicturesError(str(error)) from error
    patches = patches_in(listing.root / listing.names[number] for number in listing.chosen(MOST_FILES))
    if not len(patches):
        raise PicturesError(f"No patches can be cut from {folder}: no image in it can be read.")
    return patches


def _generator(name: str, weights: Path | None, device: torch.device) -> tuple[Generator, str]:
    """The generator, ready to be used, and what tells it from others.

    Raises:
        PicturesError: it cannot be had, or is none.
    """
    if not is_own(name):
        raise PicturesError(f"'{name}' names no generator. {_GENERATOR_HOW_TO}.")
    try:
        generator = made_by(name)
        if weights is not None:
            _load(generator, weights.expanduser(), name)
    except ModelError as error:
        raise PicturesError(str(error).replace(HOW_TO, _GENERATOR_HOW_TO)) from error
    if not isinstance(generator, Generator):
        raise PicturesError(f"{name} gave something of type {type(generator).__name__}. {_GENERATOR_HOW_TO}.")
    if not isinstance(generator, nn.Module):
        return generator, name
    generator.to(device).float().eval().requires_grad_(requires_grad=False)
    tensors = generator.state_dict().values()
    return generator, f"{name} {digest_of(*(tensor for tensor in tensors))}"


def _load(generator: object, weights: Path, name: str) -> None:
    if not isinstance(generator, nn.Module):
        raise PicturesError(f"--generator-weights needs a torch.nn.Module; {name} is none.")
    load_strictly(generator, read_state_dict(weights), weights.name)
