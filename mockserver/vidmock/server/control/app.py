"""The control API as one ASGI application: every route of its parts, its own description, and its errors."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import cache

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vidmock import resources
from vidmock.engine.service.engine import Engine
from vidmock.problems import Problem, report_defect
from vidmock.server.control import clock, deliveries, events, faults, jobs, journal, ledger, scenario, worlds
from vidmock.server.control.guard import check_caller
from vidmock.server.control.refusal import ControlProblem, render
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import PREFIX, ControlRoute
from vidmock.server.last_catch import LastCatch

Endpoint = Callable[[Request], Awaitable[Response]]


async def describe_api(ask: ControlRequest) -> Response:
    """This API in OpenAPI 3.1."""
    return Response(_document(), media_type="application/json")


async def list_routes(ask: ControlRequest) -> object:
    """Every route, for people who look around."""
    return {
        "description": f"{ask.url}/openapi.json",
        "routes": [f"{entry.method} {PREFIX}{entry.path}" for entry in ENTRIES],
    }


ENTRIES: tuple[ControlRoute, ...] = (
    ControlRoute("GET", "/", list_routes),
    ControlRoute("GET", "/openapi.json", describe_api),
    *clock.ENTRIES,
    *jobs.ENTRIES,
    *faults.ENTRIES,
    *events.ENTRIES,
    *journal.ENTRIES,
    *ledger.ENTRIES,
    *worlds.ENTRIES,
    *deliveries.ENTRIES,
    *scenario.ENTRIES,
)
"""Of two that match a path, the first answers."""


def control_app(engine: Engine) -> Starlette:
    """The control API over the engine of *engine*."""

    async def unrouted(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        allowed = (error.headers or {}).get("Allow", "")
        if error.status_code == 405:
            said = f"{request.method} is not allowed here; use {' or '.join(sorted(allowed.split(', ')))}"
            return render(ControlProblem(said, 405), headers={"allow": allowed})
        hint = f"curl '{request.scope['vidmock.origin']}{PREFIX}/'"
        return render(ControlProblem(f"there is nothing at {PREFIX}{request.url.path}", 404, "path", hint))

    routes = [Route(path, _endpoint(entries, engine), methods=[*entries]) for path, entries in _table().items()]
    last_catch = Middleware(LastCatch, refuse=lambda request, defect: render(defect))
    app = Starlette(routes=routes, middleware=[last_catch], exception_handlers={HTTPException: unrouted})
    app.router.redirect_slashes = False
    return app


def _table() -> dict[str, dict[str, ControlRoute]]:
    """The entries by path and method."""
    table: dict[str, dict[str, ControlRoute]] = {}
    for entry in ENTRIES:
        table.setdefault(entry.path, {})[entry.method] = entry
    return table


def _endpoint(entries: Mapping[str, ControlRoute], engine: Engine) -> Endpoint:
    """One path of the API, for each of its methods."""

    async def endpoint(request: Request) -> Response:
        entry = entries["GET" if request.method == "HEAD" else request.method]
        example = f"{request.scope['vidmock.origin']}{PREFIX}{entry.path}"
        option = "" if entry.method == "GET" else f"-X {entry.method} "
        example = f"curl {option}'{example}' {entry.example}".rstrip()
        try:
            check_caller(request, engine.settings.control)
            ask = ControlRequest(request, engine, example)
            await ask.read()
            said = await entry.handler(ask)
            return said if isinstance(said, Response) else JSONResponse(said)
        except Problem as problem:
            return render(problem, example)
        except Exception as error:  # noqa: BLE001 - a defect of ours is still answered, and printed
            return render(report_defect(error), example)

    return endpoint


@cache
def _document() -> bytes:
    """Without the line breaks that are for people: half as long."""
    document = json.loads((resources.folder("schemas") / "control.openapi.json").read_bytes())
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
