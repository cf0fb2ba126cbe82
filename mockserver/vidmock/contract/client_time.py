"""The clock that a client under test is given: it passes while the client sleeps, and ends those that never end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vidmock.testing.mock_server import MockServer

MOST_SLEEPS: Final = 1000
"""Sleeps of a client in a call, after which it is ended: one that looks twice a second for five minutes has fewer."""
STEP: Final = 1.0
"""Of the mock's seconds, after which webhooks that have come are handed over: they do not wait until a client wakes."""


class _NeverEnds(BaseException):
    """Ends a client that goes on long after its deadline. No client catches it."""


class _Over(SystemExit):
    """Ends a thread that a client has left behind, without a word about it."""


class ClientTime:
    """The clock that a client is given for so many *calls*, and no longer than *latest* seconds.

    It passes while the client sleeps, as *advance* has it; *meanwhile* is called at every step of that.
    The sleep in which *interrupted* seconds have passed raises ``KeyboardInterrupt``, as one does when its user has had
    enough; ``interrupts`` is whether that is still to come.
    """

    def __init__(
        self,
        mock: MockServer,
        latest: float,
        calls: int,
        advance: Callable[[float], None],
        meanwhile: Callable[[], None] | None = None,
        interrupted: float | None = None,
    ) -> None:
        self._mock, self._latest, self._advance_clock, self._meanwhile = mock, latest, advance, meanwhile
        self._most_sleeps = calls * MOST_SLEEPS
        self._over = False
        self._interrupted = interrupted
        self._began = mock.clock.now
        self._slept = 0
        self.moves = False

    def now(self) -> float:
        return self._mock.clock.now

    @property
    def passed(self) -> float:
        """Seconds since the beginning."""
        return self.now() - self._began

    @property
    def interrupts(self) -> bool:
        return self._interrupted is not None

    def sleep(self, seconds: float) -> None:
        if self._over:
            raise _Over
        self._slept += 1
        if self._slept > self._most_sleeps or self.passed > self._latest:
            raise _NeverEnds(f"still at it {self.passed:.0f} s after the beginning, after {self._slept} sleeps")
        left = max(0.0, seconds)
        while self._meanwhile and left > STEP:
            self._advance(STEP)
            left -= STEP
        self._advance(left)
        if self._interrupted is not None and self.passed >= self._interrupted:
            self._interrupted = None
            raise KeyboardInterrupt

    def stop(self) -> None:
        """End whoever still sleeps when a client is over, and goes on."""
        self._over = True

    def _advance(self, seconds: float) -> None:
        self.moves = True
        try:
            self._advance_clock(seconds)
        finally:
            self.moves = False
        if self._meanwhile:
            self._meanwhile()
