"""What every dialect is made of: surfaces it is reached at, calls it answers, problems it words."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from vidmock import strict_json
from vidmock.engine.behaviour import Behaviour
from vidmock.engine.delivery import Announcer
from vidmock.engine.desk import Desk
from vidmock.engine.effects import kind_of as kind_of_effect
from vidmock.engine.faults import Effect, Moment, Phase, Struck
from vidmock.engine.job import Job
from vidmock.engine.order import Order
from vidmock.engine.world import World
from vidmock.problems import BadRequest, Problem, TooLarge, Unauthorized
from vidmock.providers.effects import distorted
from vidmock.providers.kinds import KINDS
from vidmock.providers.kinds import kind_of as kind_of
from vidmock.providers.trace import SERVED, Trace

BODY_LIMIT = 100 * 2**20
"""Bytes read of any request: as many as Eachlabs takes of an upload, and no provider here takes more."""


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


class Dialect(Announcer, Protocol):
    """A provider's wire format. ``problem`` words every :class:`Problem` as the provider would."""

    @property
    def name(self) -> str: ...

    @property
    def desk(self) -> Desk: ...

    @property
    def behaviours(self) -> Sequence[Behaviour]: ...

    @property
    def surfaces(self) -> Sequence[Surface]: ...

    def key(self, request: Request) -> str | None:
        """The API key that the request carries, if any."""

    def problem(self, problem: Problem, call: Call) -> Response: ...


class Call:
    """One request on its way through a dialect."""

    def __init__(self, request: Request, dialect: Dialect, operation: str = "") -> None:
        self.request = request
        self.body = b""
        self.operation = operation
        self.effect: Effect | None = None
        self._trace = Trace()
        self._dialect = dialect
        self._world: World | None = None

    @property
    def origin(self) -> str:
        """How the client addressed us, for :meth:`Surface.url`."""
        origin: str = self.request.scope["vidmock.origin"]
        return origin

    @property
    def world(self) -> World:
        """The world of the key that was sent.

        Raises:
            Unauthorized: no key, or a refused one.
        """
        if self._world is None:
            self.enter(self._dialect.key(self.request))
        assert self._world is not None
        return self._world

    @property
    def entered(self) -> World | None:
        """The world that this call is in, if it has been told yet."""
        return self._world

    def enter(self, key: str | None) -> None:
        """Take *key* for this call, wherever the dialect found it."""
        desk = self._dialect.desk
        if not key:
            raise Unauthorized(missing=True)
        if not desk.settings.accepts(key):
            raise Unauthorized(missing=False)
        self._world = desk.worlds.world(key)

    def submit(self, order: Order) -> Job:
        """Hand in *order*; a fault on the answer to it is kept for when there is one.

        Raises:
            Invalid, Duplicate, TooMany: as the desk does.
            Problem, Struck: a fault has it so, before anything was done.
        """
        with self._trace.ordering(order):
            job = self._dialect.desk.submit(order)
        self._trace.follow(order.world, job.id)
        self._strike("after", order.world, job)
        return job

    def job(self, job_id: str) -> tuple[World, Job]:
        """The job of that id, for callers with or without a key: some real clients poll without one.

        Raises:
            NoSuchJob, Unauthorized
            Problem: a fault has it so.
        """
        known = self._world or self._dialect.key(self.request)
        world, job = self._dialect.desk.find(job_id, self.world if known else None)
        self._world = self._world or world
        self._trace.follow(world, job.id)
        if phase := PHASES.get(self.operation):
            effect = self._strike(phase, world, job)
            if effect and kind_of_effect(effect) == "outcome":
                job = self._dialect.desk.force(world, job, effect)
        return world, job

    def fetched(self) -> None:
        """Let a fault strike the file of a job that was just served. Raises Problem."""
        if served := self.request.scope.get(SERVED):
            self._world, job, told = served
            self._trace.follow(self.world, job.id, told=told)
            self._strike("media", self.world, job)

    def _strike(self, phase: Phase, world: World, job: Job) -> Effect | None:
        moment = Moment(phase, job.provider, self.operation, job.model, job.id, job.prompt)
        with self._trace.blaming():
            self.effect = self._trace.blame(self._dialect.desk.strike(world, moment))
        return self.effect

    def json(self) -> Any:
        """The body as strict JSON. Raises BadJSON."""
        return strict_json.loads(self.body)

    def object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises BadJSON, BadRequest."""
        value = self.json()
        if not isinstance(value, dict):
            raise BadRequest(f"the body must be a JSON object, not {kind_of(value)}")
        return value

    async def read(self) -> None:
        chunks: list[bytes] = []
        size = 0
        async for chunk in self.request.stream():
            size += len(chunk)
            if size > BODY_LIMIT:
                raise TooLarge(BODY_LIMIT)
            chunks.append(chunk)
        self.body = b"".join(chunks)

    def mislay(self, response: Response) -> None:
        """Take back that the job's result was collected by this call, where a fault kept the answer from the client."""
        self._trace.mislay(self.world, response)

    def record(self, response: Response) -> None:
        """Write this exchange into the journal of its world (the nameless one, where there was no valid key)."""
        world = self._world or self._dialect.desk.worlds.world("")
        name, worlds = self._dialect.name, self._dialect.desk.worlds
        worlds.record(world, self._trace.exchange(world, name, self.operation, self.request, self.body, response))


Handler = Callable[[Call], Awaitable[Response]]

PHASES: Mapping[str, Phase] = {
    "poll": "poll",
    "result": "poll",
    "cancel": "cancel",
    "stream": "stream",
    "media": "media",
    "upload": "upload",
}
"""The phase in which faults strike a call that follows a job, by its operation."""

H = TypeVar("H", bound=Callable[..., Awaitable[Response]])


def operation(name: str) -> Callable[[H], H]:
    """Say what a handler does in the field's terms: submit, poll, result, cancel, stream, media, upload."""

    def mark(handler: H) -> H:
        handler.operation = name  # type: ignore[attr-defined]  # functions take attributes; their type does not say so
        return handler

    return mark


def answer(dialect: Dialect, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """*handler* as a Starlette endpoint: body read, problems worded, exchange recorded."""

    async def endpoint(request: Request) -> Response:
        call = Call(request, dialect, getattr(handler, "operation", ""))
        try:
            await call.read()
            response = await handler(call)
            call.fetched()
        except Struck as struck:
            call.effect, response = struck.effect, Response()
        except Problem as problem:
            response = dialect.problem(problem, call)
        except ClientDisconnect:
            # Nobody is there to be answered, and nothing has been done.
            return Response(status_code=400)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            response = dialect.problem(Problem("vidmock failed while answering; its log has the reason"), call)
        if call.effect:
            response = await distorted(call.effect, response, call.world)
            call.mislay(response)
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


def bearer(request: Request, *schemes: str) -> str | None:
    """The credentials of the Authorization header, without any of *schemes* (lower case) in front."""
    header = request.headers.get("authorization", "").strip()
    scheme, _, rest = header.partition(" ")
    if scheme.lower() in schemes:
        header = rest.strip()
    return header or None


def reply(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body, status, headers)


def expect(body: Mapping[str, Any], name: str, kind: type[Any], *, required: bool = True) -> Any:
    """Field *name* of an envelope, checked to be of *kind*; ``None`` where it may be absent and is.

    Raises:
        BadRequest: absent or of another type, naming the field and what was expected.
    """
    value = body.get(name)
    if value is None and not required:
        return None
    if name not in body:
        raise BadRequest(f"'{name}' is missing", name)
    if not isinstance(value, kind):
        raise BadRequest(f"'{name}' must be {KINDS[kind]}, not {kind_of(value)}", name)
    return value
