"""Methods of one backward pass to the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.attribution.rectifier_rules import Rule

if TYPE_CHECKING:
    import torch

    from deepvis.attribution.asked import Asked


def gradient(asked: Asked) -> torch.Tensor:
    """What a small change of each input number would do (Simonyan et al. 2013, arXiv 1312.6034), with its sign."""
    return asked.input_gradient()


def deconvnet(asked: Asked) -> torch.Tensor:
    """The unit's activation sent back through rectified gradients (Zeiler & Fergus 2014, arXiv 1311.2901)."""
    return asked.input_gradient(Rule.DECONVNET)


def guided(asked: Asked) -> torch.Tensor:
    """The gradient, of which only what is positive at every rectifier gets through (Springenberg et al. 2015)."""
    return asked.input_gradient(Rule.GUIDED)


def gradient_x_input(asked: Asked) -> torch.Tensor:
    """Gradient times the network's input tensor (Shrikumar et al. 2016, arXiv 1605.01713)."""
    return asked.input_gradient() * asked.run.batch[0].detach()
