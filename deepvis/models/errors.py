"""What loading a network, or asking one, can end in."""

from __future__ import annotations

from deepvis.models.loading import Canceled, ModelError

__all__ = ["Canceled", "ModelError"]
