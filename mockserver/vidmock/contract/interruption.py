"""Interrupts what lives in real time, as its user does who has had enough: some seconds after its first job."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic


class Interruption:
    """Calls *interrupt* so many *seconds* after *has_job*; where there are none, never. It happens in ``look``.

    ``is_due`` is whether it is still to come.
    """

    def __init__(self, seconds: float | None, has_job: Callable[[], bool], interrupt: Callable[[], None]) -> None:
        self._seconds, self._has_job, self._interrupt = seconds, has_job, interrupt
        self._began: float | None = None
        self.is_due = seconds is not None

    def look(self) -> None:
        """Interrupt it, if it is time."""
        if not self.is_due or self._seconds is None:
            return
        if self._began is None:
            self._began = monotonic() if self._has_job() else None
        elif monotonic() - self._began >= self._seconds:
            self.is_due = False
            self._interrupt()
