"""How an evaluation refuses."""

from __future__ import annotations


class EvaluationError(Exception):
    """It cannot be measured as asked; the message is a sentence for a person."""
