"""Whether results were made with the running model, and if not, why not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis.gallery.records import ModelIdentity

_REMEDIES = {"synthesis": "Synthesize it again to bring it up to date."}
"""By the kind of the job; a scan's is for all others."""
_SCAN_AGAIN = "Scan again to bring it up to date."


def staleness(made_with: ModelIdentity, running: ModelIdentity, kind: str = "scan") -> str:
    """Why results of a kind of job do not belong to the running model, one or two sentences; empty where they do.

    What is unknown on either side is not compared.
    """
    remedy = _REMEDIES.get(kind, _SCAN_AGAIN)
    if made_with.model != running.model:
        return f"This was made with the model {made_with.model}, not with {running.model}. {remedy}"
    if _differ(made_with.weights_sha256, running.weights_sha256):
        return f"This was made with other weights of {running.model}. {remedy}"
    if _differ(made_with.preprocessing, running.preprocessing):
        return f"This was made with other preprocessing{_changes(made_with, running)}. {remedy}"
    return ""


def _differ(made_with: str, running: str) -> bool:
    return bool(made_with) and bool(running) and made_with != running


def _changes(made_with: ModelIdentity, running: ModelIdentity) -> str:
    """` (fit crop, now stretch)`; empty where the texts are not JSON objects."""
    try:
        then, now = json.loads(made_with.preprocessing), json.loads(running.preprocessing)
    except json.JSONDecodeError:
        return ""
    if not isinstance(then, dict) or not isinstance(now, dict):
        return ""
    names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    told = [f"{name.replace('_', ' ')} {_text(then.get(name))}, now {_text(now.get(name))}" for name in names]
    return f" ({'; '.join(told)})" if told else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
