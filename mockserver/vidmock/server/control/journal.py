"""The routes of the journal: exchanges in a list, one by one, and exported as a file."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from starlette.responses import Response

from vidmock.engine.faults.target import check_operation, check_provider
from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.latest_worlds import AsOf
from vidmock.engine.world.world import World
from vidmock.providers.exchange.timestamps import iso
from vidmock.schema.findings import number_of
from vidmock.server.control import secrets
from vidmock.server.control.har import har_archive
from vidmock.server.control.jobs import violation_view
from vidmock.server.control.joining import JoinedArchive, JoinedLines, JoinedList, JoinedSums
from vidmock.server.control.merging import merge_last_first
from vidmock.server.control.page import ListPage, page_of_list
from vidmock.server.control.refusal import ControlProblem, NotFound
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute

_STATUS = re.compile(r"([0-9]{1,3}|[0-9]xx?|[0-9]{2}x)?")


def exchange_line(world: World, exchange: Exchange, *, reveal: bool) -> dict[str, Any]:
    """An exchange in a list, as JSON. ``violations`` and ``lints`` say how many there are in what was submitted."""
    return {
        "number": exchange.number,
        "world": world.id,
        "at": exchange.at,
        "iso": iso(exchange.at),
        "real": iso(exchange.real) if exchange.real else None,
        "provider": exchange.provider,
        "operation": exchange.operation,
        "method": exchange.method,
        "target": secrets.mask_text(exchange.target, reveal),
        "status": exchange.status,
        "jobs": _jobs(exchange),
        "fault": exchange.fault or None,
        "violations": sum(number_of(one.violations) for one in exchange.judged),
        "lints": sum(number_of(one.lints) for one in exchange.judged),
    }


def exchange_view(world: World, exchange: Exchange, *, reveal: bool) -> dict[str, Any]:
    """An exchange with its headers and bodies, and what is wrong with what was submitted in it, as JSON."""
    return exchange_line(world, exchange, reveal=reveal) | {
        "request": {
            "headers": secrets.mask_headers(_headers(exchange.request_headers), reveal),
            "body": body_view(secrets.mask_body(exchange.request_body, reveal)),
        },
        "response": {
            "headers": secrets.mask_headers(_headers(exchange.response_headers), reveal),
            "body": body_view(secrets.mask_body(exchange.response_body, reveal)),
        },
        "submitted": violations_of_exchange(exchange, reveal=reveal),
    }


def violations_of_exchange(exchange: Exchange, *, reveal: bool) -> list[dict[str, Any]]:
    """For each input that was submitted: its model, what breaks its schema, and what is probably a mistake."""
    return [
        {
            "model": judged.model,
            "violations": [violation_view(found, reveal=reveal) for found in judged.violations],
            "lints": [violation_view(found, reveal=reveal) for found in judged.lints],
        }
        for judged in exchange.judged
    ]


def body_view(data: bytes) -> dict[str, str]:
    """The bytes of a body in JSON: as text if they are UTF-8, else in base64."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def find_exchanges(request: ControlRequest) -> ListPage[tuple[World, Exchange]]:
    """The page of those exchanges that match the request's query."""
    check_provider(request.query("provider"))
    check_operation(request.query("operation"))
    since, status = request.count("since", 0), request.query("status").lower()
    if not _STATUS.fullmatch(status):
        raise ControlProblem(
            f"status={status!r} must be a status such as 504, or 5xx for a hundred of them", where="status"
        )
    same = [(name, value) for name in ("provider", "operation", "fault") if (value := request.query(name))]
    method, job, path = request.query("method").upper(), request.query("job"), request.query("path")

    def matches(entry: tuple[World, Exchange]) -> bool:
        exchange = entry[1]
        return (
            all(getattr(exchange, name) == value for name, value in same)
            and method in ("", exchange.method)
            and job in ("", *_jobs(exchange))
            and path in exchange.target
            and str(exchange.status).startswith(status.rstrip("x"))
        )

    worlds = request.latest_worlds(request.engine.worlds.recorded)
    newest_first = merge_last_first((moment, _later(world, since)) for moment, world in worlds)
    return page_of_list(request, filter(matches, newest_first), lambda entry: f"{entry[0].id}-{entry[1].number}")


def _later(world: World, since: int) -> Iterator[tuple[AsOf, tuple[World, Exchange]]]:
    """The exchanges of *world* behind number *since*, the newest first, with their moments."""
    for exchange in reversed(world.journal):
        if exchange.number <= since:
            return
        yield (exchange.at, exchange.real), (world, exchange)


async def list_exchanges(request: ControlRequest) -> object:
    """List the exchanges that match, oldest first, without their bodies."""
    page = find_exchanges(request)
    shown = [exchange_line(world, exchange, reveal=request.reveal) for world, exchange in page.entries]
    return {"exchanges": shown, "older": page.older}


async def show_exchange(request: ControlRequest) -> object:
    """Show everything about one exchange."""
    world = request.world()
    exchange = world.journal.find(request.number("number"))
    if exchange is None:
        said = f"there is no exchange {request.path('number')} (any more)"
        raise NotFound(said, f"curl '{request.url}/journal'")
    return exchange_view(world, exchange, reveal=request.reveal)


async def clear_journal(request: ControlRequest) -> object:
    """Empty the journal; numbers go on."""
    cleared = 0
    for world in request.worlds():
        cleared += len(world.journal)
        world.journal.clear()
    return {"removed": cleared}


async def export_har(request: ControlRequest) -> object:
    """Export the exchanges that match as an HTTP archive."""
    return har_archive(find_exchanges(request).entries, reveal=request.reveal)


async def export_lines(request: ControlRequest) -> object:
    """Export the exchanges that match, each as a line of JSON (a WholeExchange)."""
    lines = (
        json.dumps(exchange_view(*entry, reveal=request.reveal), ensure_ascii=False) + "\n"
        for entry in find_exchanges(request).entries
    )
    return Response("".join(lines), media_type="application/x-ndjson")


def _jobs(exchange: Exchange) -> list[str]:
    return list(exchange.jobs) or ([exchange.job] if exchange.job else [])


def _headers(pairs: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs]


_JOINED: Final = JoinedList("exchanges", lambda one: f"{one['world']}-{one['number']}", lambda one: float(one["at"]))

JOURNAL_ROUTES = (
    ControlRoute("GET", "/journal", list_exchanges, joined=_JOINED),
    ControlRoute("DELETE", "/journal", clear_journal, joined=JoinedSums(("removed",))),
    ControlRoute("GET", "/journal.har", export_har, joined=JoinedArchive()),
    ControlRoute("GET", "/journal.jsonl", export_lines, joined=JoinedLines()),
    ControlRoute("GET", "/journal/{number}", show_exchange, only=True),
)
