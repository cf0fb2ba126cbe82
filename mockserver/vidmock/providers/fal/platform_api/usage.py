"""``/v1/models/usage``, ``billing-events`` and ``requests/by-endpoint``: what the ledger of the key's world says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from vidmock.engine.jobs.job import Job, State
from vidmock.engine.jobs.ledger_line import LedgerLine
from vidmock.engine.jobs.spending import ModelKey
from vidmock.engine.time.durations import DAY
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.envelope import reply
from vidmock.providers.exchange.timestamps import iso
from vidmock.providers.fal import behaviours
from vidmock.providers.fal.jobs import ModelAnswer
from vidmock.providers.fal.platform_api.errors import Forbidden
from vidmock.providers.fal.platform_api.prices import UNIT, unit_price
from vidmock.providers.fal.platform_api.query import Stretch, expansions, listed, one_of, page_of, stretch_of

LONGEST_STRETCH = 90 * DAY
"""How much time one request for billing events may span."""
MOST_REQUESTS = 100
"""Requests on a page of ``requests/by-endpoint``, at most."""
TIMEFRAMES: Mapping[str, float] = {
    "minute": 2 * 3600.0,
    "hour": 2 * DAY,
    "day": 64 * DAY,
    "week": 183 * DAY,
    "month": float("inf"),
}
"""The timeframes, and the seconds below which each is chosen where a request does not say."""
AUTH = ("auth_method", "auth_method_structured")


def authorized(call: Call) -> World:
    """The world of a key that may see the account.

    Raises:
        Unauthorized: no key, or a refused one.
        Forbidden: the world has it that its key is no admin key.
    """
    world = call.world
    if world.choice(behaviours.ADMIN_ROUTES) == "refused":
        raise Forbidden
    return world


async def usage(call: Call) -> Response:
    """What was used, by time, endpoint and price. Raises Unauthorized, Forbidden, BadRequest."""
    world, query = authorized(call), call.request.query_params
    expand = expansions(query, ("time_series", "summary", *AUTH), ["time_series"])
    zone = _zone(query.get("timezone", "UTC"))
    asked = stretch_of(query, call.now)
    frame = one_of(query, "timeframe", tuple(TIMEFRAMES)) or _frame_for(asked)
    if one_of(query, "bound_to_timeframe", ("true", "false")) != "false":
        asked = _aligned(asked, frame, zone)
    models = _charged(world, listed(query, "endpoint_id"))
    page, cursor = page_of(_buckets(world, asked, models, frame, zone), query)
    body: dict[str, Any] = {}
    if "time_series" in expand:
        body["time_series"] = [
            {"bucket": begin.isoformat(), "results": _items(world, inside, models, expand)} for begin, inside in page
        ]
    if "summary" in expand:
        body["summary"] = _items(world, asked, models, expand)
    return reply(body | cursor)


async def billing_events(call: Call) -> Response:
    """One event for each job that was paid for, the newest first. Raises Unauthorized, Forbidden, BadRequest."""
    world, query = authorized(call), call.request.query_params
    expand = expansions(query, AUTH)
    asked = stretch_of(query, call.now + 1, most=LONGEST_STRETCH + 1)
    wanted = listed(query, "request_id")
    models = _charged(world, listed(query, "endpoint_id"))
    if wanted:
        named = filter(None, map(world.ledger.line, dict.fromkeys(wanted)))
        kept = [line for line in named if line.spent and line.at in asked and (line.provider, line.model) in models]
        lines: Iterable[LedgerLine] = sorted(kept, key=lambda line: line.at, reverse=True)
    else:
        lines = world.ledger.spending.paid(asked.start, asked.end, models, newest_first=True)
    page, cursor = page_of(lines, query)
    return reply({"billing_events": [_event(world, line) | _auth(expand) for line in page]} | cursor)


class Requests:
    """The handler of ``requests/by-endpoint``; *outcome* gives the result of an ended job."""

    def __init__(self, outcome: Callable[[World, Job], ModelAnswer]) -> None:
        self._outcome = outcome

    async def by_endpoint(self, call: Call) -> Response:
        """The ended requests of the endpoints, the newest first.

        Raises:
            Unauthorized: no key, or a refused one.
            BadRequest: no endpoint, or a parameter that is wrong.
            UnknownModel: an endpoint is not here.
        """
        world, query = call.world, call.request.query_params
        names = list(dict.fromkeys(call.catalog.find("fal", name).id for name in listed(query, "endpoint_id")))
        if not names:
            raise BadRequest("endpoint_id: is required", "endpoint_id")
        expand = expansions(query, ("payloads",))
        status = one_of(query, "status", ("success", "error", "user_error"))
        order = one_of(query, "sort_by", ("ended_at", "duration")) or "ended_at"
        wanted = query.get("request_id")
        asked = stretch_of(query, call.now + 1, LONGEST_STRETCH if wanted else DAY)
        found: Iterable[Job] = (
            job
            for job in _ended(world, names, asked, call.now, wanted)
            if status is None or status == _status(self._outcome(world, job).status)
        )
        if order == "duration":
            found = sorted(found, key=lambda job: (_duration(job), job.ends), reverse=True)
        page, cursor = page_of(found, query, MOST_REQUESTS)
        return reply({"items": [self._item(world, job, expand) for job in page]} | cursor)

    def _item(self, world: World, job: Job, expand: list[str]) -> dict[str, Any]:
        outcome = self._outcome(world, job)
        item = {
            "request_id": job.id,
            "endpoint_id": job.model,
            "sent_at": iso(job.created),
            "started_at": iso(_started(job)),
            "ended_at": iso(job.ends),
            "status_code": outcome.status,
            "duration": _duration(job),
        }
        return item | ({"json_input": job.input, "json_output": outcome.body} if "payloads" in expand else {})


def _ended(world: World, names: list[str], asked: Stretch, now: float, wanted: str | None) -> Iterator[Job]:
    """The jobs of the endpoints *names* that have ended by *now*, in *asked*, the newest first; or only *wanted*."""
    if wanted is None:
        yield from world.jobs.last_ended("fal", names, asked.start, min(asked.end, math.nextafter(now, math.inf)))
        return
    job = world.jobs.get(wanted)
    if job and job.provider == "fal" and job.model in names and job.ended(now) and job.ends in asked:
        yield job


def _started(job: Job) -> float:
    return job.since(State.RUNNING) or job.created


def _duration(job: Job) -> float:
    return job.ends - _started(job)


def _status(code: int) -> str:
    return "success" if code < 400 else "user_error" if code < 500 else "error"


def _charged(world: World, names: list[str]) -> list[ModelKey]:
    """The endpoints of *names*, or all, that were charged for."""
    return [
        (provider, model)
        for provider, model in world.ledger.by_model
        if provider == "fal" and (not names or model in names)
    ]


def _buckets(
    world: World, asked: Stretch, models: list[ModelKey], frame: str, zone: ZoneInfo
) -> Iterator[tuple[datetime, Stretch]]:
    """Each *frame* in which something was paid for, by its beginning, with what of it was *asked* for."""
    start = asked.start
    while line := next(world.ledger.spending.paid(start, asked.end, models), None):
        begin = _begin(line.at, frame, zone)
        end = _next_begin(begin, frame, zone).timestamp()
        yield begin, Stretch(max(begin.timestamp(), asked.start), min(end, asked.end))
        start = end


def _items(world: World, asked: Stretch, models: list[ModelKey], expand: list[str]) -> list[dict[str, Any]]:
    found = world.ledger.spending.totals(asked.start, asked.end)
    return [
        {
            "endpoint_id": model,
            "unit": UNIT,
            **_cost(world, model, cost, "quantity"),
            "cost": float(cost),
            "currency": "USD",
            **_auth(expand),
        }
        for (provider, model), totals in found.items()
        if (provider, model) in models and (cost := totals.spent)
    ]


def _event(world: World, line: LedgerLine) -> dict[str, Any]:
    return {
        "request_id": line.job,
        "endpoint_id": line.model,
        "timestamp": iso(line.at),
        **_cost(world, line.model, line.spent, "output_units"),
        "cost_estimate_nano_usd": int(line.spent * 10**9),
    }


def _cost(world: World, model: str, spent: Decimal, units: str) -> dict[str, Any]:
    price = unit_price(world.settings.catalog.find("fal", model))
    return {
        units: float(spent / price) if price else 0.0,
        "unit_price": float(price),
        "percent_discount": None,
        "cost_subtotal": float(spent),
        "cost_discount": 0,
        "cost_total": float(spent),
    }


def _auth(expand: list[str]) -> dict[str, Any]:
    methods: dict[str, Any] = {"auth_method": "Key 1", "auth_method_structured": {"detail": "Key 1"}}
    return {name: method for name, method in methods.items() if name in expand}


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise BadRequest(f"timezone: {name[:40]!r} is no time zone such as UTC or Europe/Vienna", "timezone") from None


def _frame_for(asked: Stretch) -> str:
    return next(frame for frame, below in TIMEFRAMES.items() if asked.end - asked.start < below)


def _begin(moment: float, frame: str, zone: ZoneInfo) -> datetime:
    """The beginning of the *frame* that *moment* is in."""
    at = datetime.fromtimestamp(moment, UTC).astimezone(zone).replace(second=0, microsecond=0)
    if frame != "minute":
        at = at.replace(minute=0)
    if frame in ("day", "week", "month"):
        at = at.replace(hour=0)
    if frame == "week":
        return at - timedelta(days=at.weekday())
    return at.replace(day=1) if frame == "month" else at


def _aligned(asked: Stretch, frame: str, zone: ZoneInfo) -> Stretch:
    """*asked*, from the beginning of its first *frame* to the end of its last."""
    end = _next_begin(_begin(asked.end, frame, zone), frame, zone)
    return Stretch(_begin(asked.start, frame, zone).timestamp(), end.timestamp())


def _next_begin(begin: datetime, frame: str, zone: ZoneInfo) -> datetime:
    """The beginning of the *frame* behind the one that begins at *begin*."""
    # A step of 31 days from the first of a month, or of one of the others, is within the next frame.
    step = {"minute": 60.0, "hour": 3600.0, "day": DAY, "week": 7 * DAY, "month": 31 * DAY}[frame]
    return _begin(begin.timestamp() + step + step / 24, frame, zone)
