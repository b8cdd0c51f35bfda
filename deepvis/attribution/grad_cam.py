"""Grad-CAM: the maps of a layer, weighed by what the target gains from each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis.models.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from deepvis.attribution.asked import Asked
    from deepvis.attribution.forward_pass import Reached


def grad_cam(asked: Asked) -> torch.Tensor:
    """Rectified sum of maps times the target's mean gradient over each (Selvaraju et al. 2017, arXiv 1610.02391).

    Equations 1 and 2; for a unit in the place of the class, the unit. The maps are those of the last listed layer in
    front of the target on which it depends, unless the options name another.

    Returns:
        `(height, width)` of that layer's maps.

    Raises:
        ModelError: there is no such layer, a sentence.
    """
    found: torch.Tensor | None = None
    for reached in _candidates(asked):
        gradient = asked.gradient_of_maps(reached)
        if gradient is None:
            continue
        weights = gradient.float().mean((1, 2), keepdim=True)
        cam = (weights * reached.maps()[0].detach().float()).sum(0)
        found = cam.clamp_min(0) if found is None else found
        # zero weights: a class token has taken what it needed before, say
        if gradient.any():
            return cam.clamp_min(0)
    if found is None:
        raise ModelError(_nothing(asked))
    return found


def _candidates(asked: Asked) -> Iterator[Reached]:
    """Layers with maps in front of the target, last first."""
    run, start, taps = asked.run, asked.start, asked.engine.taps
    if asked.options.cam_layer:
        yield run.layers[asked.options.cam_layer]
        return
    names = list(taps)
    above = run.layers[start.layer].output if start.layer else None
    before = names[: names.index(start.layer)] if start.layer else names
    for name in reversed(before):
        info, reached = taps[name].info, run.layers.get(name)
        if reached is not None and info.worth_showing and info.height * info.width > 1 and reached.output is not above:
            yield reached


def _nothing(asked: Asked) -> str:
    what = asked.start.layer or "the classes"
    layer = asked.options.cam_layer
    if layer:
        return f"Grad-CAM cannot weigh the maps of {layer}: {what} does not depend on them. Choose an earlier layer."
    return (
        f"Grad-CAM weighs maps of a layer in front of {what}, and no listed layer there has any. Choose another method."
    )
