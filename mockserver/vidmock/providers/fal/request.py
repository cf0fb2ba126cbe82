"""The headers and query parameters of a submission: time limits, retention, lifecycle, length of the queue."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from vidmock import strict_json
from vidmock.engine.jobs.job import Line, State
from vidmock.engine.jobs.timeline import Terms
from vidmock.engine.time.durations import DAY, HOUR
from vidmock.engine.world.world import World
from vidmock.problems import BadJSON, OverQuota
from vidmock.providers.exchange.call import Call
from vidmock.providers.fal import behaviours
from vidmock.providers.fal.errors import BadHeader, QueueFull

SHORT_RETENTION = 360.0
"""Seconds for which a large result is kept."""
SHORT_FROM = 10 * 1024
"""Bytes from which on a result is large."""
_LEAST_TIMEOUT = 0.1
_LIFECYCLES = ("x-fal-object-lifecycle", "x-fal-object-lifecycle-preference")


def terms_of(request: Request, world: World) -> Terms:
    """The terms of the job: how long it may wait, and how long its result is kept.

    Raises:
        BadHeader: a timeout is not a number of seconds above 0.1.
    """
    wait = None
    # If both are sent, the newer name wins.
    for name in ("x-fal-request-start-timeout", "x-fal-request-timeout"):
        if (text := request.headers.get(name)) is not None and wait is None:
            wait = _seconds(name, text)
    wanted = request.headers.get("x-fal-store-io", "1").strip() != "0"
    stored = wanted and world.choice(behaviours.RETENTION) == "stored"
    return Terms(wait=wait, retention=30 * DAY if stored else HOUR)


def lifecycle(headers: Mapping[str, str]) -> float | None:
    """For how many seconds the client asks to keep its files; ``None`` if it does not ask.

    Raises:
        BadHeader: the header is not a JSON object, or its duration is not a positive number.
    """
    for name in _LIFECYCLES:
        if (text := headers.get(name)) is None:
            continue
        try:
            wish = strict_json.loads(text)
        except BadJSON as problem:
            raise BadHeader(f"{name} is not JSON: {problem}") from None
        if not isinstance(wish, dict):
            raise BadHeader(f"{name} must be a JSON object")
        seconds: Any = wish.get("expiration_duration_seconds")
        if seconds is None:
            return None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 1e12:
            raise BadHeader(f"{name} needs expiration_duration_seconds above 0")
        return float(seconds)
    return None


def file_lifetime(wish: float | None, world: World) -> float:
    """For how many seconds a file is served: as *wish* says, or else the world's behaviour."""
    if wish is not None:
        return wish
    return 7 * DAY if world.choice(behaviours.MEDIA_LIFE) == "7d" else math.inf


def check_queue(call: Call) -> None:
    """Check the length of the model's queue against the client's ``fal_max_queue_length``.

    Raises:
        QueueFull: more requests are waiting.
        BadHeader: it is not a whole number.
    """
    request, model = call.request, call.request.path_params["endpoint"]
    text = request.query_params.get("fal_max_queue_length")
    if text is None:
        return
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadHeader("fal_max_queue_length must be a whole number")
    if call.world.jobs.census("fal", model).count(State.QUEUED, call.now) > int(text):
        raise QueueFull(int(text), None)


def waiting_line(world: World) -> Line:
    """The line in which the queue's jobs wait: in their order, and for the account's limit of jobs at work."""
    limit = world.choice(behaviours.CONCURRENCY)
    return Line(None if limit == "unlimited" else int(limit))


def check_concurrency(world: World, now: float) -> None:
    """Check the account's limit of jobs at work, for calls that do not queue. Whoever waits has a place before them.

    Raises:
        OverQuota: as many have begun already, or will before this one.
    """
    limit = waiting_line(world).at_once
    if limit is None:
        return
    if world.jobs.line("fal").at_work(now) >= limit:
        raise OverQuota(limit, None)


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not _LEAST_TIMEOUT < seconds < math.inf:
        raise BadHeader(f"{name} must be a number of seconds above {_LEAST_TIMEOUT}")
    return seconds
