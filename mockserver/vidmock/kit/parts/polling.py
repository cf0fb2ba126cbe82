"""Asks again and again: at growing intervals, until a deadline, and not put off by passing trouble."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from vidmock.kit.client import Refused, Result, StillRunning
from vidmock.kit.parts.posting import decoded

FIRST, GROWTH, LONGEST = 1.0, 1.5, 10.0
"""Seconds before the first look, how much longer each next wait is, and the longest wait."""
PASSING = frozenset({404, 408, 425, 429, 500, 502, 503, 504})
"""A 404 passes too: a job may take a moment until every replica knows it. The deadline ends what does not pass."""


class Passing(Exception):
    """A look that told nothing; *wait* is how many seconds the provider wants to be left alone."""

    def __init__(self, trouble: str, wait: float = 0.0) -> None:
        super().__init__(trouble)
        self.wait = wait


def poll(
    look: Callable[[], Result | None],
    job_id: str,
    deadline: float,
    sleep: Callable[[float], None],
    now: Callable[[], float],
) -> Result:
    """Look until there is a result. What *look* raises ends it, except :class:`Passing`.

    Raises:
        StillRunning: *deadline* seconds have passed.
    """
    ends, pause, at_least, trouble = now() + deadline, FIRST, 0.0, ""
    while (left := ends - now()) > 0:
        sleep(min(max(pause, at_least), left))
        pause = min(pause * GROWTH, LONGEST)
        try:
            result = look()
        except Passing as passing:
            trouble, at_least = f"; the last look failed: {passing}", passing.wait
            continue
        if result is not None:
            return result
        trouble, at_least = "", 0.0
    raise StillRunning(f"no result after {deadline:g} s, and the job goes on{trouble}", job_id)


def ask(send: Callable[[], httpx.Response]) -> httpx.Response:
    """An answer with a JSON body in which the provider itself speaks.

    Raises:
        Passing: it is worth asking again.
        Refused: it is not, as the key is turned down.
    """
    try:
        response = send()
    except httpx.TransportError as error:
        raise Passing(repr(error)) from error
    if response.status_code in PASSING or decoded(response) is None:
        wait = response.headers.get("retry-after", "")
        raise Passing(f"HTTP {response.status_code}", float(wait) if wait.isdecimal() else 0.0)
    if response.status_code in (401, 403):
        raise Refused(f"the key is turned down: HTTP {response.status_code} {response.text}")
    return response
