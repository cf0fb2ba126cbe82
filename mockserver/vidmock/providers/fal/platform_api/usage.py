"""``/v1/models/usage``, ``billing-events`` and ``requests/by-endpoint``: what the ledger of the key's world says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from vidmock.engine.jobs.job import Job, State
from vidmock.engine.jobs.ledger import LedgerLine
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
from vidmock.schema.catalog import find_model

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
    lines = sorted(_paid(world, asked, listed(query, "endpoint_id")), key=lambda line: line.at)

    def bucket(line: LedgerLine) -> str:
        return _begin(line.at, frame, zone).isoformat()

    buckets = [{"bucket": name, "results": _items(list(inside), expand)} for name, inside in groupby(lines, key=bucket)]
    page, cursor = page_of(buckets, query)
    body: dict[str, Any] = {"time_series": page} if "time_series" in expand else {}
    if "summary" in expand:
        body["summary"] = _items(lines, expand)
    return reply(body | cursor)


async def billing_events(call: Call) -> Response:
    """One event for each job that was paid for, the newest first. Raises Unauthorized, Forbidden, BadRequest."""
    world, query = authorized(call), call.request.query_params
    expand = expansions(query, AUTH)
    asked = stretch_of(query, call.now + 1, most=LONGEST_STRETCH + 1)
    wanted = listed(query, "request_id")
    lines = [
        line for line in reversed(_paid(world, asked, listed(query, "endpoint_id"))) if not wanted or line.job in wanted
    ]
    page, cursor = page_of(lines, query)
    return reply({"billing_events": [_event(line) | _auth(expand) for line in page]} | cursor)


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
        names = [find_model("fal", name).id for name in listed(query, "endpoint_id")]
        if not names:
            raise BadRequest("endpoint_id: is required", "endpoint_id")
        expand = expansions(query, ("payloads",))
        status = one_of(query, "status", ("success", "error", "user_error"))
        order = one_of(query, "sort_by", ("ended_at", "duration")) or "ended_at"
        wanted = query.get("request_id")
        asked = stretch_of(query, call.now + 1, LONGEST_STRETCH if wanted else DAY)
        found = [
            job
            for job in world.jobs.values()
            if job.provider == "fal" and job.model in names and wanted in (None, job.id)
            if job.ended(call.now) and job.ends in asked
            if status is None or status == _status(self._outcome(world, job).status)
        ]
        found.sort(key=lambda job: (_duration(job) if order == "duration" else job.ends, job.ends), reverse=True)
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


def _started(job: Job) -> float:
    return job.since(State.RUNNING) or job.created


def _duration(job: Job) -> float:
    return job.ends - _started(job)


def _status(code: int) -> str:
    return "success" if code < 400 else "user_error" if code < 500 else "error"


def _paid(world: World, asked: Stretch, names: list[str]) -> list[LedgerLine]:
    return [
        line
        for line in world.ledger.lines()
        if line.provider == "fal" and line.spent and line.at in asked and (not names or line.model in names)
    ]


def _items(lines: Iterable[LedgerLine], expand: list[str]) -> list[dict[str, Any]]:
    spent: dict[str, Decimal] = {}
    for line in lines:
        spent[line.model] = spent.get(line.model, Decimal(0)) + line.spent
    return [
        {
            "endpoint_id": name,
            "unit": UNIT,
            **_cost(name, cost, "quantity"),
            "cost": float(cost),
            "currency": "USD",
            **_auth(expand),
        }
        for name, cost in spent.items()
    ]


def _event(line: LedgerLine) -> dict[str, Any]:
    return {
        "request_id": line.job,
        "endpoint_id": line.model,
        "timestamp": iso(line.at),
        **_cost(line.model, line.spent, "output_units"),
        "cost_estimate_nano_usd": int(line.spent * 10**9),
    }


def _cost(model: str, spent: Decimal, units: str) -> dict[str, Any]:
    price = unit_price(find_model("fal", model))
    return {
        units: float(spent / price),
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
    last = _begin(asked.end, frame, zone)
    # A step of 31 days from the first of a month, or of one of the others, is within the next frame.
    step = {"minute": 60.0, "hour": 3600.0, "day": DAY, "week": 7 * DAY, "month": 31 * DAY}[frame]
    end = _begin(last.timestamp() + step + step / 24, frame, zone)
    return Stretch(_begin(asked.start, frame, zone).timestamp(), end.timestamp())
