"""Polls a job: at growing intervals, until a deadline, also after errors that may be over at the next poll."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import httpx

from vidmock.kit.client import ClientError, Refused, Result, StillRunning
from vidmock.kit.parts.posting import decoded

FIRST_WAIT, WAIT_GROWTH, LONGEST_WAIT = 1.0, 1.5, 10.0
"""Seconds before the first poll, the factor by which each next wait is longer, and seconds of the longest wait."""
TRANSIENT_STATUSES = frozenset({403, 404, 408, 425, 429, 500, 502, 503, 504})
"""403 is one of them: it says that the account is locked, and nothing of the job, which goes on. So is 404: it may take
a moment until every replica knows a new job."""
UNKNOWN_FOR = 60.0
"""Seconds for which a job may be unknown before it is given up: it has expired, or was never there."""


class TransientError(Exception):
    """A poll failed, and the next one may not.

    *wait* is the answer's Retry-After in seconds, 0 without one. *unknown* says that the provider knows no such job.
    """

    def __init__(self, message: str, wait: float = 0.0, *, unknown: bool = False) -> None:
        super().__init__(message)
        self.wait, self.unknown = wait, unknown


class Pace:
    """When to look at the job *job_id* next, until *deadline* seconds have passed from now on."""

    def __init__(self, job_id: str, deadline: float, now: Callable[[], float]) -> None:
        self._job_id, self._deadline, self._now = job_id, deadline, now
        self._ends, self._pause, self._at_least, self._last_error = now() + deadline, FIRST_WAIT, 0.0, ""
        self._known = now()

    def pause(self) -> float:
        """Seconds to sleep before the next look; 0 where there is none any more."""
        left = max(0.0, self._ends - self._now())
        pause, self._pause = max(self._pause, self._at_least), min(self._pause * WAIT_GROWTH, LONGEST_WAIT)
        return min(pause, left)

    def failed(self, error: TransientError) -> None:
        """Note that a look failed.

        Raises:
            Refused: for ``UNKNOWN_FOR`` seconds, the provider has known no such job.
        """
        self._last_error, self._at_least = f"; the last poll failed: {error}", error.wait
        if not error.unknown:
            self._known = self._now()
        if self._now() - self._known > UNKNOWN_FOR:
            raise Refused(f"the provider knows no such job (any more): {error}", self._job_id) from error

    def goes_on(self) -> None:
        """Note that a look found the job, which has not ended."""
        self._last_error, self._at_least, self._known = "", 0.0, self._now()

    def late(self) -> StillRunning:
        """What the caller is told when the deadline has passed."""
        return StillRunning(
            f"no result after {self._deadline:g} s, and the job may go on{self._last_error}", self._job_id
        )


def poll(
    fetch_result: Callable[[], Result | None],
    job_id: str,
    deadline: float,
    sleep: Callable[[float], None],
    now: Callable[[], float],
    cancel: Callable[[], object] = lambda: None,
) -> Result:
    """Call *fetch_result* until it gives a result. What it raises is passed on, except :class:`TransientError`.

    At the deadline, *cancel* is called once, and the job looked at a last time: it may have ended meanwhile. It is
    called as well when the user interrupts the program.

    Raises:
        StillRunning: *deadline* seconds have passed.
        Refused: for ``UNKNOWN_FOR`` seconds, the provider has known no such job.
    """
    pace = Pace(job_id, deadline, now)
    try:
        while pause := pace.pause():
            sleep(pause)
            try:
                result = fetch_result()
            except TransientError as error:
                pace.failed(error)
                continue
            if result is not None:
                return result
            pace.goes_on()
    except KeyboardInterrupt:
        with suppress(httpx.HTTPError):
            cancel()
        raise
    with suppress(httpx.HTTPError):
        cancel()
    with suppress(TransientError, ClientError):
        if (result := fetch_result()) is not None:
            return result
    raise pace.late()


async def poll_async(
    fetch_result: Callable[[], Awaitable[Result | None]],
    job_id: str,
    deadline: float,
    sleep: Callable[[float], Awaitable[None]],
    now: Callable[[], float],
    cancel: Callable[[], Awaitable[object]],
) -> Result:
    """As :func:`poll`, for coroutines, which are interrupted by being cancelled."""
    pace = Pace(job_id, deadline, now)
    try:
        while pause := pace.pause():
            await sleep(pause)
            try:
                result = await fetch_result()
            except TransientError as error:
                pace.failed(error)
                continue
            if result is not None:
                return result
            pace.goes_on()
    except asyncio.CancelledError:
        with suppress(httpx.HTTPError):
            await cancel()
        raise
    with suppress(httpx.HTTPError):
        await cancel()
    with suppress(TransientError, ClientError):
        if (result := await fetch_result()) is not None:
            return result
    raise pace.late()


def ask(send: Callable[[], httpx.Response], job_id: str | None = None) -> httpx.Response:
    """The provider's own JSON answer to a request about *job_id* that costs nothing, such as a poll.

    Raises:
        TransientError: there was no such answer, or one that says to ask again.
        Refused: the provider refuses the API key.
    """
    with _asking():
        response = send()
    return _answer(response, job_id)


async def ask_async(send: Callable[[], Awaitable[httpx.Response]], job_id: str | None = None) -> httpx.Response:
    """As :func:`ask`, for coroutines."""
    with _asking():
        response = await send()
    return _answer(response, job_id)


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except httpx.TransportError as error:
        raise TransientError(repr(error)) from error


def _answer(response: httpx.Response, job_id: str | None) -> httpx.Response:
    if response.status_code in TRANSIENT_STATUSES or not isinstance(decoded(response), dict):
        wait = response.headers.get("retry-after", "")
        seconds, unknown = float(wait) if wait.isdecimal() else 0.0, response.status_code == 404
        raise TransientError(f"HTTP {response.status_code} {response.text[:500]}", seconds, unknown=unknown)
    if response.status_code == 401:
        raise Refused(f"the API key is refused, and the job may go on: HTTP 401 {response.text}", job_id)
    return response
