"""Why a wish came to nothing, in sentences."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis.live.studio_news import StudioWish

log = logging.getLogger(__name__)


def problem(wish: StudioWish, error: Exception, *, begun: bool) -> str:
    """What went wrong, to what, and what to do.

    Args:
        wish: what was asked for.
        error: what came of it.
        begun: steps were done: from then on the network's own code is what fails.
    """
    from deepvis.models.devices import is_out_of_memory  # noqa: PLC0415  (imports torch)
    from deepvis.models.errors import ModelError  # noqa: PLC0415  (imports torch)

    if isinstance(error, ModelError) or (isinstance(error, ValueError) and not begun):
        return str(error)
    log.warning("synthesis of %s failed", wish.unit, exc_info=error)
    if is_out_of_memory(error):
        count = f"{len(wish.seeds)} pictures" if len(wish.seeds) > 1 else "a picture"
        return f"There is not enough memory for {count} of {wish.unit}. Ask for fewer seeds or a smaller size."
    what = f"{type(error).__name__}: {error}"
    return f"{wish.unit} could not be synthesized: {what}. Choose another layer or another recipe."


def replaced(wish: StudioWish, name: str) -> str:
    """Another model, of that name, was loaded in the middle of an ascent."""
    if name == wish.unit.model:
        return f"Not finished, for {name} was loaded anew. Ask again."
    return f"Not finished, for {name} was loaded. Load {wish.unit.model}, then ask again."
