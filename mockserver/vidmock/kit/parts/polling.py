"""Polls a job: at growing intervals, until a deadline, also after errors that may be over at the next poll."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

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
    ends, pause, at_least, last_error = now() + deadline, FIRST_WAIT, 0.0, ""
    known = now()
    while (left := ends - now()) > 0:
        try:
            sleep(min(max(pause, at_least), left))
        except KeyboardInterrupt:
            with suppress(httpx.HTTPError):
                cancel()
            raise
        pause = min(pause * WAIT_GROWTH, LONGEST_WAIT)
        try:
            result = fetch_result()
        except TransientError as error:
            last_error, at_least = f"; the last poll failed: {error}", error.wait
            known = known if error.unknown else now()
            if now() - known > UNKNOWN_FOR:
                raise Refused(f"the provider knows no such job (any more): {error}", job_id) from error
            continue
        if result is not None:
            return result
        last_error, at_least, known = "", 0.0, now()
    with suppress(httpx.HTTPError):
        cancel()
    with suppress(TransientError, ClientError):
        if (result := fetch_result()) is not None:
            return result
    raise StillRunning(f"no result after {deadline:g} s, and the job may go on{last_error}", job_id)


def ask(send: Callable[[], httpx.Response], job_id: str | None = None) -> httpx.Response:
    """The provider's own JSON answer to a request about *job_id* that costs nothing, such as a poll.

    Raises:
        TransientError: there was no such answer, or one that says to ask again.
        Refused: the provider refuses the API key.
    """
    try:
        response = send()
    except httpx.TransportError as error:
        raise TransientError(repr(error)) from error
    if response.status_code in TRANSIENT_STATUSES or not isinstance(decoded(response), dict):
        wait = response.headers.get("retry-after", "")
        seconds, unknown = float(wait) if wait.isdecimal() else 0.0, response.status_code == 404
        raise TransientError(f"HTTP {response.status_code} {response.text[:500]}", seconds, unknown=unknown)
    if response.status_code == 401:
        raise Refused(f"the API key is refused, and the job may go on: HTTP 401 {response.text}", job_id)
    return response
