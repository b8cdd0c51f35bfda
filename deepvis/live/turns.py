"""Taking turns on the device: live frames go first, a synthesis gets what is left of it."""

from __future__ import annotations


class Turns:
    """How long a synthesis rests between two steps, so that live pictures keep their pace."""

    def rest_s(self) -> float:
        """Seconds to rest before the next step."""
        return 0.0
