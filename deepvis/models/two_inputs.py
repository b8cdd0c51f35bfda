"""Networks that take two pictures at once, run like all others: with one tensor."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from torch import nn

from deepvis.models.errors import ModelError
from deepvis.records import Inputs

if TYPE_CHECKING:
    import torch

    from deepvis.models.preprocess import Preprocessing

STACKED_CHANNELS = (2, 6)
"""Input channels that two pictures have together, gray or RGB, and one picture never has."""


class TwoPictureNetwork(nn.Module):
    """A network of two pictures as one of a single tensor, the channels of the second behind those of the first.

    So whatever runs networks, reads layers, or asks for gradients needs to know nothing of it. Layers keep their names.
    """

    def __init__(self, network: nn.Module) -> None:
        """Take over a network whose `forward` takes two tensors."""
        super().__init__()
        # the same dictionaries: what is moved, converted or copied here is so there, too, and no name changes
        self._modules, self._parameters, self._buffers = network._modules, network._parameters, network._buffers
        self._non_persistent_buffers_set = network._non_persistent_buffers_set
        # beside the modules: as one of them its layers would be there twice
        self.__dict__["of_two"] = network

    def forward(self, pictures: torch.Tensor) -> object:
        """What the network gives for `(batch, 2 x channels, height, width)`."""
        network: nn.Module = self.__dict__["of_two"]
        return network(*pictures.chunk(2, dim=1))

    def train(self, mode: bool = True) -> TwoPictureNetwork:
        """As every module; the network itself is none of the children."""
        self.__dict__["of_two"].training = mode
        super().train(mode)
        return self


def inputs_of(network: nn.Module, channels: int, wish: str | None) -> Inputs:
    """What a network takes at once.

    Args:
        network: as its factory made it.
        channels: that its first layer takes.
        wish: an `Inputs`, as the person said; None looks at what `forward` cannot do without, and at the channels.
    """
    if wish is not None:
        return Inputs(wish)
    if _required(network) == 2:
        return Inputs.TWO
    return Inputs.STACKED if channels in STACKED_CHANNELS else Inputs.ONE


def joined(network: nn.Module, inputs: Inputs) -> nn.Module:
    """The network as one of a single tensor."""
    return TwoPictureNetwork(network) if inputs is Inputs.TWO else network


def refuse_pairs(name: str, preprocessing: Preprocessing, doing: str) -> None:
    """Refuse what can be done with networks of one picture only.

    Args:
        name: the model's key.
        preprocessing: of the network.
        doing: what is wanted, within a sentence: `scanning`.

    Raises:
        ModelError: the network takes two pictures.
    """
    if preprocessing.pictures > 1:
        raise ModelError(f"{name} takes two pictures at once, and {doing} works with networks of one picture only.")


def _required(network: nn.Module) -> int:
    """Arguments that `forward` has no default for."""
    try:
        parameters = inspect.signature(network.forward).parameters.values()
    except (TypeError, ValueError):  # builtins and scripted networks tell nothing
        return 1
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return sum(each.default is each.empty and each.kind not in optional for each in parameters)
