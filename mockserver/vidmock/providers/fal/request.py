"""The headers and query parameters of a submission: time limits, retention, lifecycle, length of the queue."""

from __future__ import annotations

import math
from collections.abc import Mapping

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
from vidmock.schema.catalog import as_model
from vidmock.schema.request_schemas import request_schema_of
from vidmock.schema.validate import find_violations

SHORT_RETENTION = 360.0
"""Seconds for which a large result is kept."""
SHORT_FROM = 10 * 1024
"""Bytes from which on a result is large."""
_TIMEOUTS = ("x-fal-request-start-timeout", "x-fal-request-timeout")
_LIFECYCLES = ("x-fal-object-lifecycle", "x-fal-object-lifecycle-preference")
_REQUESTS = request_schema_of("fal")
_LIFECYCLE = as_model(_REQUESTS.file, _REQUESTS.schema["$defs"]["lifecycle"])


def terms_of(request: Request, world: World) -> Terms:
    """The terms of the job: how long it may wait, and how long its result is kept.

    Raises:
        BadHeader: a timeout is not a number of seconds above 0.1.
    """
    # If both are sent, the newer name wins.
    waits = (_said("headers", name, request.headers) for name in _TIMEOUTS)
    wait = next((float(text) for text in waits if text is not None), None)
    wanted = request.headers.get("x-fal-store-io", "1").strip() != "0"
    stored = wanted and world.choice(behaviours.RETENTION) == "stored"
    return Terms(wait=wait, retention=30 * DAY if stored else HOUR)


def lifecycle(headers: Mapping[str, str]) -> float | None:
    """For how many seconds the client asks to keep its files; ``None`` if it does not ask.

    Raises:
        BadHeader: the header is not a JSON object, or its duration is not a positive number.
    """
    for name in _LIFECYCLES:
        if (text := _said("headers", name, headers)) is None:
            continue
        try:
            wish = strict_json.loads(text)
        except BadJSON as problem:
            raise BadHeader(f"{name} is not JSON: {problem}") from None
        if wrong := find_violations(_LIFECYCLE, wish):
            raise BadHeader(f"{name}, {wrong[0]}")
        seconds: float | None = wish.get("expiration_duration_seconds")
        return None if seconds is None else float(seconds)
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
    text = _said("query", "fal_max_queue_length", request.query_params)
    if text is None:
        return
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


def _said(part: str, name: str, values: Mapping[str, str]) -> str | None:
    """The text *name* of *values*, a *part* of a request, ``None`` if it is absent.

    Raises:
        BadHeader: it is not what the schema of requests asks for.
    """
    text = values.get(name)
    if text is not None and (wrong := find_violations(_REQUESTS, {part: {name: text}})):
        raise BadHeader(f"{name} {wrong[0].message}")
    return text
