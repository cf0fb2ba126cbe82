"""A dialect: the wire format of one provider, with the surfaces at which it answers calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vidmock.engine.faults.rules import Struck
from vidmock.engine.faults.target import Operation
from vidmock.engine.service.webhook_sender import Announcer
from vidmock.problems import Problem, report_defect
from vidmock.providers.exchange.call import Call, KeyedProvider
from vidmock.providers.exchange.envelope import arrival_of
from vidmock.providers.exchange.renderers import ErrorContext
from vidmock.providers.exchange.written import Written, unless_missed

Render = Callable[[Problem, ErrorContext], Response]


@dataclass(frozen=True, slots=True)
class Surface:
    """A part of a provider's API: under *prefix* on this server, or at any of the provider's real *hosts*.

    The first host is the one in the URLs of the provider's answers; with a *base*, such as ``http://host:port``, they
    begin with that, however the client came. *render* answers problems where this part of the API words them otherwise
    than the dialect.
    """

    prefix: str
    hosts: tuple[str, ...]
    routes: Sequence[BaseRoute]
    middleware: Sequence[Middleware] = ()
    render: Render | None = None
    base: str = ""

    def url(self, origin: str, path: str) -> str:
        """The absolute URL of *path* for a client that used *origin*.

        *origin* is ``http://host:port`` (perhaps with a path) for clients that address this server, and ``https:``
        alone for clients that address the provider and are redirected here: their URLs have the provider's host.
        """
        if self.base:
            return f"{self.base}{self.prefix}{path}"
        return f"{origin}//{self.hosts[0]}{path}" if origin.endswith(":") else f"{origin}{self.prefix}{path}"


class Dialect(Announcer, KeyedProvider, Protocol):
    """A provider's wire format."""

    @property
    def surfaces(self) -> Sequence[Surface]: ...

    def render(self, problem: Problem, context: ErrorContext) -> Response:
        """The provider's answer to *problem*, of any class. It changes no state."""


Handler = Callable[[Call], Awaitable[Response]]

H = TypeVar("H", bound=Callable[..., Awaitable[Response]])


def operation(name: Operation | Literal[""]) -> Callable[[H], H]:
    """Mark a handler with its operation; the empty one is of those that no fault is aimed at."""

    def mark(handler: H) -> H:
        handler.operation = name  # type: ignore[attr-defined]  # functions take attributes; their type does not say so
        return handler

    return mark


def answer(
    dialect: Dialect, handler: Handler, render: Render | None = None
) -> Callable[[Request], Awaitable[Response]]:
    """*handler* as a Starlette endpoint: it reads the body, renders problems, applies faults, records the exchange."""
    marked: str = getattr(handler, "operation", "")
    render = render or dialect.render

    async def respond(call: Call) -> Response:
        try:
            await call.read()
            response = await handler(call)
            if marked == "upload":
                call.uploaded()
            call.fetched()
        except Struck as struck:
            call.meet(struck.effect)
            response = Response()
        except Problem as problem:
            call.notice(problem)
            response = render(problem, call.context())
        return await call.suffer(response)

    async def endpoint(request: Request) -> Response:
        call = Call(request, dialect, marked)
        try:
            response = await respond(call)
        except ClientDisconnect:
            # The client left before its body was read: nothing was done, and nothing is recorded.
            return Response(status_code=400)
        except Exception as error:  # noqa: BLE001 - a defect of this server is printed, and answered in the dialect
            response = render(report_defect(error), call.context())
        response = unless_missed(response, arrival_of(request.scope).transport)
        call.record(response)
        return Written(response, call.receipt)

    return endpoint


def surface(
    dialect: Dialect,
    prefix: str,
    hosts: tuple[str, ...],
    table: Mapping[str, Handler],
    middleware: Sequence[Middleware] = (),
    render: Render | None = None,
    base: str = "",
) -> Surface:
    """A surface with the routes of *table*, which maps ``"GET|POST /path"`` to a handler."""
    routes: list[BaseRoute] = []
    for line, handler in table.items():
        methods, path = line.split(" ", 1)
        routes.append(Route(path, answer(dialect, handler, render), methods=methods.split("|")))
    return Surface(prefix, hosts, routes, middleware, render, base)
