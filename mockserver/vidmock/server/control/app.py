"""The control API as one ASGI application: all routes, its own description in OpenAPI, and its errors."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, compile_path

from vidmock import resources
from vidmock.engine.service.engine import Engine
from vidmock.problems import Problem, report_defect
from vidmock.providers.exchange.envelope import arrival_of
from vidmock.server.asked_provider import MakeInProcess
from vidmock.server.control.clock import CLOCK_ROUTES
from vidmock.server.control.deliveries import DELIVERY_ROUTES
from vidmock.server.control.events import LIVE_ROUTES, live_feeds
from vidmock.server.control.faults import FAULT_ROUTES
from vidmock.server.control.guard import check_caller, check_page
from vidmock.server.control.jobs import JOB_ROUTES
from vidmock.server.control.journal import JOURNAL_ROUTES
from vidmock.server.control.ledger import LEDGER_ROUTES
from vidmock.server.control.live_feed import LiveFeeds
from vidmock.server.control.memory import MEMORY_ROUTES
from vidmock.server.control.metrics import METRICS_ROUTES
from vidmock.server.control.page_files import PAGE_ROUTES, page_response
from vidmock.server.control.prefix import PREFIX
from vidmock.server.control.refusal import ControlProblem, render_problem
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute
from vidmock.server.control.scenario import SCENARIO_ROUTES
from vidmock.server.control.validation import VALIDATION_ROUTES
from vidmock.server.control.worlds import WORLD_ROUTES
from vidmock.server.last_catch import LastCatch
from vidmock.server.pages import asks_for_page

Endpoint = Callable[[Request], Awaitable[Response]]


async def describe_api(request: ControlRequest) -> Response:
    """Describe this API in OpenAPI 3.1."""
    return Response(_document(), media_type="application/json")


async def list_routes(request: ControlRequest) -> object:
    """List every route. A browser gets the page that uses them."""
    if asks_for_page(request.http.scope, "/"):
        return page_response()
    return {
        "description": f"{request.url}/openapi.json",
        "routes": [f"{route.method} {PREFIX}{route.path}" for route in ROUTES],
    }


async def give_certificate(request: ControlRequest) -> Response:
    """Give the certificate of the authority that TLS clients must trust, also to other machines."""
    if request.certificate is None:
        raise ControlProblem("this server is used in process, without TLS", 404, "path")
    return Response(request.certificate().read_bytes(), media_type="application/x-pem-file")


async def tell_health(request: ControlRequest) -> object:
    """Tell that the server answers, to whoever waits for it or watches it, also on other machines."""
    return {"status": "ok"}


ROUTES: tuple[ControlRoute, ...] = (
    ControlRoute("GET", "/", list_routes),
    ControlRoute("GET", "/openapi.json", describe_api),
    ControlRoute("GET", "/ca.pem", give_certificate, "-o ca.pem", public=True),
    ControlRoute("GET", "/health", tell_health, public=True),
    *PAGE_ROUTES,
    *CLOCK_ROUTES,
    *JOB_ROUTES,
    *FAULT_ROUTES,
    *LIVE_ROUTES,
    *JOURNAL_ROUTES,
    *LEDGER_ROUTES,
    *WORLD_ROUTES,
    *MEMORY_ROUTES,
    *METRICS_ROUTES,
    *DELIVERY_ROUTES,
    *SCENARIO_ROUTES,
    *VALIDATION_ROUTES,
)
"""Of two that match a path, the first one answers."""


def control_app(engine: Engine, make: MakeInProcess, certificate: Callable[[], Path] | None = None) -> Starlette:
    """Make the application of the control API over *engine*; *certificate* gives the file of the authority to trust.

    *make* makes an application of all providers, which is asked how one would answer.
    """

    async def unrouted(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        allowed = (error.headers or {}).get("Allow", "")
        if error.status_code == 405:
            said = f"{request.method} is not allowed here; use {' or '.join(sorted(allowed.split(', ')))}"
            return render_problem(ControlProblem(said, 405), headers={"allow": allowed})
        hint = f"curl '{arrival_of(request.scope).origin}{PREFIX}/'"
        return render_problem(ControlProblem(f"there is nothing at {PREFIX}{request.url.path}", 404, "path", hint))

    live = live_feeds(engine.worlds)
    routes = [
        Route(path, _endpoint(by_method, engine, live, make, certificate), methods=[*by_method])
        for path, by_method in _by_path().items()
    ]
    last_catch = Middleware(LastCatch, refuse=lambda request, defect: render_problem(defect))
    app = Starlette(routes=routes, middleware=[last_catch], exception_handlers={HTTPException: unrouted})
    app.router.redirect_slashes = False
    return app


def find_route(method: str, path: str) -> ControlRoute | None:
    """The route of *method* that *path* leads to, behind the prefix and without a slash at its end."""
    for pattern, route in _patterns():
        if route.method == method and pattern.fullmatch(path or "/"):
            return route
    return None


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], ControlRoute], ...]:
    return tuple((compile_path(route.path)[0], route) for route in ROUTES)


def _by_path() -> dict[str, dict[str, ControlRoute]]:
    """The routes by path, and by method below that."""
    routes: dict[str, dict[str, ControlRoute]] = {}
    for route in ROUTES:
        routes.setdefault(route.path, {})[route.method] = route
    return routes


def _endpoint(
    by_method: Mapping[str, ControlRoute],
    engine: Engine,
    live: LiveFeeds,
    make: MakeInProcess,
    certificate: Callable[[], Path] | None,
) -> Endpoint:
    """Make what answers the requests for one path."""

    async def endpoint(request: Request) -> Response:
        route = by_method["GET" if request.method == "HEAD" else request.method]
        example = route.curl(f"{arrival_of(request.scope).origin}{PREFIX}{route.path}")
        try:
            control_request = ControlRequest(request, engine, live, example, make, certificate)
            if asks_for_page(request.scope, request.url.path):
                check_page(request, engine.settings)
            elif not route.public:
                check_caller(request, engine.settings, guarded=route.guarded or control_request.reveal)
            await control_request.read(route.most)
            said = await route.handler(control_request)
            return said if isinstance(said, Response) else JSONResponse(said)
        except Problem as problem:
            return render_problem(problem, example)
        except ClientDisconnect:
            # The client left before its body was read: nothing was done.
            return Response(status_code=400)
        except Exception as error:  # noqa: BLE001 - a defect of ours is still answered, and printed
            return render_problem(report_defect(error), example)

    return endpoint


@cache
def _document() -> bytes:
    """The description without line breaks and indentation, which are half of the file."""
    document = json.loads((resources.folder("schemas") / "control.openapi.json").read_bytes())
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
