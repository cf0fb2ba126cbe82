"""A dialect: the wire format of one provider, with the surfaces at which it answers calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import BaseRoute

from vidmock.engine.faults.rules import Struck
from vidmock.engine.faults.target import Operation
from vidmock.engine.service.webhook_sender import Announcer
from vidmock.problems import Problem, report_defect
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.envelope import header_text
from vidmock.providers.exchange.gate import Gate, Visit
from vidmock.providers.exchange.keyed_provider import KeyedProvider
from vidmock.providers.exchange.renderers import ErrorContext
from vidmock.providers.exchange.written import Written, unless_missed
from vidmock.schema.routes import KeyUse

Render = Callable[[Problem, ErrorContext], Response]


@dataclass(frozen=True, slots=True)
class Surface:
    """A part of a provider's API: under *prefix* on this server, or at any of the provider's real *hosts*.

    The first host is that of the URLs in the provider's answers, but for files of one of the *kinds*, which have hosts
    of their own; with a *base*, such as ``http://host:port``, those of files begin with that, however the client came.
    *key* is how unknown paths use a key, and *render* answers problems where this part of the API words them otherwise
    than the dialect.
    """

    prefix: str
    hosts: tuple[str, ...]
    routes: Sequence[BaseRoute]
    middleware: Sequence[Middleware] = ()
    key: KeyUse = "none"
    render: Render | None = None
    base: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)

    def url(self, origin: str, path: str, kind: str = "") -> str:
        """The absolute URL of *path*, a file of that *kind*, for whoever is shown it by a client that used *origin*."""
        return f"{self.base}{self.prefix}{path}" if self.base else self.url_here(origin, path, kind)

    def url_here(self, origin: str, path: str, kind: str = "") -> str:
        """The absolute URL of *path* for the client itself that used *origin*, as where it is to send a file.

        *origin* is ``http://host:port`` (perhaps with a path) for clients that address this server, and ``https:``
        alone for clients that address the provider and are redirected here: their URLs have the provider's host.
        """
        if not origin.endswith(":"):
            return f"{origin}{self.prefix}{path}"
        return f"{origin}//{self.kinds.get(kind, self.hosts[0])}{path}"


class Dialect(Announcer, KeyedProvider, Protocol):
    """A provider's wire format."""

    @property
    def surfaces(self) -> Sequence[Surface]: ...

    @property
    def gate(self) -> Gate: ...

    def render(self, problem: Problem, context: ErrorContext) -> Response:
        """The provider's answer to *problem*, of any class. It changes no state."""


NOTICE_HEADER = "x-vidmock-notice"
"""Says that a refusal is this server's own, whose body is the provider's: the model or path is only not here."""
Handler = Callable[[Call], Awaitable[Response]]
UrlOf = Callable[[str, str], str]
"""The absolute URL of a path, for a client that used an origin: ``UrlOf(origin, path)``, as :meth:`Surface.url`."""

H = TypeVar("H", bound=Callable[..., Awaitable[Response]])


def operation(name: Operation | Literal[""]) -> Callable[[H], H]:
    """Mark a handler with its operation; the empty one is of those that no fault is aimed at."""

    def mark(handler: H) -> H:
        handler.operation = name  # type: ignore[attr-defined]  # functions take attributes; their type does not say so
        return handler

    return mark


async def answer(
    dialect: Dialect, call: Call, visit: Visit, handler: Handler, render: Render | None = None
) -> Response:
    """The answer of *handler* to *call*: reads the body, renders problems, applies faults, records the exchange.

    *handler* is called once the gate of *dialect* has let *visit* through.
    """
    marked: str = getattr(handler, "operation", "")
    call.perform(marked)
    render = render or dialect.render

    async def respond() -> Response:
        try:
            await call.read()
            dialect.gate.admit(call, visit)
            response = await handler(call)
            call.answered()
            call.fetched()
        except Struck as struck:
            call.meet(struck.effect)
            response = Response()
        except Problem as problem:
            call.notice(problem)
            call.receipt.withhold()
            response = render(problem, call.context())
        return await call.suffer(response)

    try:
        with call.room:
            response = await respond()
    except ClientDisconnect:
        # The client left before its body was read: nothing was done, and nothing is recorded.
        return Response(status_code=400)
    except Exception as error:  # noqa: BLE001 - a defect of this server is printed, and answered in the dialect
        call.receipt.withhold()
        response = render(report_defect(error), call.context())
    response = unless_missed(response, call.arrival.transport, late=call.late)
    if call.noticed:
        response.headers[NOTICE_HEADER] = header_text(f"not here: {call.noticed}")
    world = call.record(response)
    return Written(response, call.receipt, world.clock)


async def refuse(dialect: Dialect, call: Call, key: KeyUse, refusal: Problem, render: Render | None = None) -> Response:
    """The answer to *call*, whose path or method no route accepts: *refusal*, or what is checked before that."""

    async def raising(call: Call) -> Response:
        raise refusal

    return await answer(dialect, call, Visit(key, refusal), raising, render)
