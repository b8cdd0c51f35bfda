"""Grad-CAM: the maps of a layer, weighed by what the target gains from each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from deepvis.models.errors import ModelError
from deepvis.models.pair_calls import calls_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis.attribution.asked import Asked
    from deepvis.attribution.forward_pass import Reached
    from deepvis.records import LayerInfo


def grad_cam(asked: Asked) -> torch.Tensor:
    """Rectified sum of maps times the target's mean gradient over each (Selvaraju et al. 2017, arXiv 1610.02391).

    Equations 1 and 2; for a unit in the place of the class, the unit. The maps are those of the last listed layer in
    front of the target on which it depends, unless the options name another. Of two pictures each has a map of its own
    where such a layer runs for each of them, and both have the same one where it looks at both.

    Returns:
        `(height, width)` of that layer's maps; of two pictures `(2, height, width)`, zero for the one that the target
        does not look at.

    Raises:
        ModelError: there is no such layer, a sentence.
    """
    found = [_cam(asked, picture) for picture in range(1, asked.pictures + 1)]
    shape = next((cam.shape for cam in found if cam is not None), None)
    if shape is None:
        raise ModelError(_nothing(asked))
    cams = [torch.zeros(shape, device=asked.run.batch.device) if cam is None else cam for cam in found]
    if len(cams) == 1:
        return cams[0]
    rows, columns = (max(cam.shape[side] for cam in cams) for side in (0, 1))
    # branches of two architectures have maps of two sizes
    return torch.stack([_sized(cam, (rows, columns)) for cam in cams])


def _cam(asked: Asked, picture: int) -> torch.Tensor | None:
    """The map of one picture; None where the target looks at none of its layers."""
    found: torch.Tensor | None = None
    for reached in _candidates(asked, picture):
        gradient = asked.gradient_of_maps(reached)
        if gradient is None:
            continue
        weights = gradient.float().mean((1, 2), keepdim=True)
        cam = (weights * reached.maps()[0].detach().float()).sum(0)
        found = cam.clamp_min(0) if found is None else found
        # zero weights: a class token has taken what it needed before, say
        if gradient.any():
            return cam.clamp_min(0)
    return found


def _candidates(asked: Asked, picture: int) -> Iterator[Reached]:
    """Layers with maps in front of the target that look at a picture, last first."""
    run, start, taps = asked.run, asked.start, asked.engine.taps
    if asked.options.cam_layer:
        name = _call(taps[asked.options.cam_layer].info, picture)
        if name:
            yield run.layers[name]
        return
    order = {name: index for index, name in enumerate(taps)}
    above = [run.layers[layer].output for layer in start.layers]
    # of a layer that runs for each picture the first call is over before the second
    ends = {taps[layer].info.of_picture: order[layer] for layer in start.layers}
    end = ends.get(picture, max(ends.values(), default=len(order)))
    for name in reversed(order):
        info, call = taps[name].info, _call(taps[name].info, picture)
        reached = run.layers.get(call)
        if reached is None or order[call] >= end or any(reached.output is output for output in above):
            continue
        if info.worth_showing and info.height * info.width > 1:
            yield reached


def _call(info: LayerInfo, picture: int) -> str:
    """The call of a layer that looks at one of two pictures; empty for none."""
    if info.pair:
        return calls_of(info)[picture - 1]
    return info.name if info.of_picture in (0, picture) else ""


def _sized(cam: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    if tuple(cam.shape) == size:
        return cam
    return torch.nn.functional.interpolate(cam[None, None], size, mode="bilinear", align_corners=False)[0, 0]


def _nothing(asked: Asked) -> str:
    what = asked.start.target.layer if asked.start.layers else "the classes"
    layer = asked.options.cam_layer
    if layer:
        return f"Grad-CAM cannot weigh the maps of {layer}: {what} does not depend on them. Choose an earlier layer."
    return (
        f"Grad-CAM weighs maps of a layer in front of {what}, and no listed layer there has any. Choose another method."
    )
