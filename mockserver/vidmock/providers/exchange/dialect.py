"""What every dialect is made of: surfaces it is reached at, calls it answers, problems it words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vidmock.engine.faults.rules import Struck
from vidmock.engine.service.webhook_sender import Announcer
from vidmock.problems import Problem, report_defect
from vidmock.providers.exchange.call import Call, KeyedProvider
from vidmock.providers.exchange.renderers import ErrorContext


@dataclass(frozen=True, slots=True)
class Surface:
    """A part of a provider: under *prefix* on our own origin, or at any of its real *hosts*.

    The first host is the one that the provider's own answers name.
    """

    prefix: str
    hosts: tuple[str, ...]
    routes: Sequence[BaseRoute]
    middleware: Sequence[Middleware] = ()

    def url(self, origin: str, path: str) -> str:
        """The absolute URL of *path* for a client that came by *origin*.

        *origin* is ``http://host:port`` (perhaps with a path) for clients that address us, and just ``https:`` for
        those that believe they address the provider, whose URLs must then name the provider's hosts.
        """
        return f"{origin}//{self.hosts[0]}{path}" if origin.endswith(":") else f"{origin}{self.prefix}{path}"


class Dialect(Announcer, KeyedProvider, Protocol):
    """A provider's wire format."""

    @property
    def surfaces(self) -> Sequence[Surface]: ...

    def render(self, problem: Problem, context: ErrorContext) -> Response:
        """The provider's own answer to any problem. It changes nothing."""


Handler = Callable[[Call], Awaitable[Response]]

H = TypeVar("H", bound=Callable[..., Awaitable[Response]])


def operation(name: str) -> Callable[[H], H]:
    """Say what a handler does in the field's terms: submit, poll, result, cancel, stream, media, upload."""

    def mark(handler: H) -> H:
        handler.operation = name  # type: ignore[attr-defined]  # functions take attributes; their type does not say so
        return handler

    return mark


def answer(dialect: Dialect, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """*handler* as a Starlette endpoint: body read, problems worded, exchange recorded."""
    marked: str = getattr(handler, "operation", "")

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
            response = dialect.render(problem, call.context())
        return await call.suffer(response)

    async def endpoint(request: Request) -> Response:
        call = Call(request, dialect, marked)
        try:
            response = await respond(call)
        except ClientDisconnect:
            # Nobody is there to be answered, and nothing has been done.
            return Response(status_code=400)
        except Exception as error:  # noqa: BLE001 - a defect of ours is still answered, and printed
            response = dialect.render(report_defect(error), call.context())
        call.record(response)
        return response

    return endpoint


def surface(
    dialect: Dialect,
    prefix: str,
    hosts: tuple[str, ...],
    table: Mapping[str, Handler],
    middleware: Sequence[Middleware] = (),
) -> Surface:
    """A surface whose routes are *table*: ``"GET|POST /path"`` to handler."""
    routes: list[BaseRoute] = []
    for line, handler in table.items():
        methods, path = line.split(" ", 1)
        routes.append(Route(path, answer(dialect, handler), methods=methods.split("|")))
    return Surface(prefix, hosts, routes, middleware)
