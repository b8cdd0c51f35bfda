"""A unit that is clicked and has no picture gets one: after a moment, and not a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

if TYPE_CHECKING:
    from deepvis.records import UnitId

SETTLE_MS = 400
"""Who walks over the units with the arrow keys rests on one before it is begun."""


class AutoStart(QObject):
    """Decides when a synthesis begins by itself.

    Signals:
        due: the `UnitId` that shall be begun.
    """

    due = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.on = True
        self._unit: UnitId | None = None
        self._lacks = False
        self._rested = False
        self._never: set[UnitId] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._rest)

    @property
    def expected(self) -> UnitId | None:
        """The unit that will be begun unless another one is selected before; None for none."""
        waits = self._unit is not None and self._lacks and self._timer.isActive()
        return self._unit if waits and self._may(self._unit) else None

    def select(self, unit: UnitId) -> None:
        """The person chose a unit."""
        self._lacks = self._lacks and unit == self._unit
        self._unit, self._rested = unit, False
        self._timer.start()

    def leave(self) -> None:
        """Another unit is shown that nobody chose by itself: nothing begins."""
        self._unit, self._lacks = None, False
        self._timer.stop()

    def learn(self, unit: UnitId, *, has_picture: bool) -> None:
        """What the gallery says about the unit; it may come before or after the moment of rest."""
        if unit == self._unit:
            self._lacks = not has_picture
            self._begin()

    def forbid(self, unit: UnitId) -> None:
        """This unit was begun, canceled or discarded: it does not begin by itself again."""
        self._never.add(unit)

    def _may(self, unit: UnitId | None) -> bool:
        return self.on and unit is not None and unit not in self._never

    def _rest(self) -> None:
        self._rested = True
        self._begin()

    def _begin(self) -> None:
        unit = self._unit
        if self._rested and self._lacks and unit is not None and self._may(unit):
            self._lacks = False
            self.due.emit(unit)
