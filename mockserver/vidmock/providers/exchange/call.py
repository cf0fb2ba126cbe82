"""One request on its way through a dialect: its key and world, its job, the fault that strikes it, its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from vidmock import strict_json
from vidmock.engine.faults.catalog import effect_kind
from vidmock.engine.faults.definition import EffectDefinition
from vidmock.engine.faults.rules import Effect, Moment, Phase
from vidmock.engine.jobs.job import Job
from vidmock.engine.jobs.timeline import Terms
from vidmock.engine.service.engine import Engine
from vidmock.engine.service.submission import Submission
from vidmock.engine.world.world import World
from vidmock.problems import BadJSON, BadRequest, NoSuchJob, TooLarge, Unauthorized
from vidmock.providers.exchange.changed_answers import CHANGES
from vidmock.providers.exchange.faulty_answers import ANSWERS, AnsweredCall, AnswerHandler
from vidmock.providers.exchange.faulty_media import MEDIA
from vidmock.providers.exchange.json_types import json_type
from vidmock.providers.exchange.renderers import ErrorContext
from vidmock.providers.exchange.trace import SERVED, Trace

BODY_LIMIT = 100 * 2**20
"""Bytes read of any request: as many as Eachlabs takes of an upload, and no provider here takes more."""
FAULT_PHASES: Mapping[str, Phase] = {
    "poll": "poll",
    "result": "poll",
    "cancel": "cancel",
    "stream": "stream",
    "media": "media",
    "upload": "upload",
}
"""The phase in which faults strike a call that follows a job, by its operation."""
_ANSWER_EFFECTS: Mapping[str, EffectDefinition[AnswerHandler]] = {**ANSWERS, **CHANGES, **MEDIA}


class Provider(Protocol):
    """As much of a provider as a call has to know."""

    @property
    def name(self) -> str: ...

    @property
    def engine(self) -> Engine: ...

    def key(self, request: Request) -> str | None:
        """The API key that the request carries, if any. Raises Unauthorized: what it carries is known to be none."""


class Call:
    """One request on its way through a dialect."""

    def __init__(self, request: Request, provider: Provider, operation: str = "") -> None:
        self.request = request
        self.body = b""
        self.operation = operation
        self.effect: Effect | None = None
        self._struck: list[Job] = []
        self._trace = Trace()
        self._provider = provider
        self._world: World | None = None
        self._home: tuple[World, int] | None = None

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
        self.authorize()
        assert self._world is not None
        return self._world

    def authorize(self) -> None:
        """Have the call be in a world. Raises Unauthorized: no key, or a refused one."""
        if self._world is None:
            self.enter(self._provider.key(self.request))

    @property
    def label(self) -> str:
        """A UUID of this call and no other."""
        home, number = self._at_home()
        return home.label(number)

    def context(self, task: object = None) -> ErrorContext:
        """What the answer to a problem of this call, or of one *task* of it, depends on."""
        home, _ = self._at_home()
        return ErrorContext(self.request, home.choice, self.label, task if isinstance(task, dict) else {})

    def enter(self, key: str | None) -> None:
        """Take *key* for this call, wherever the dialect found it."""
        engine = self._provider.engine
        if not key:
            raise Unauthorized(missing=True)
        if not engine.worlds.accepts(key):
            raise Unauthorized(missing=False)
        self._enter(engine.worlds.world(key))

    def submit(self, order: Submission) -> Job:
        """Hand in *order*; a fault on the answer to it is kept for when there is one.

        Raises:
            Invalid, Duplicate, TooMany: as the desk does.
            Problem, Struck: a fault has it so, before anything was done.
        """
        with self._trace.ordering(order):
            job = self._provider.engine.submit(replace(order, weight=len(self.body)))
        self._trace.follow(order.world, job.id)
        self._strike("after", order.world, job)
        return job

    def retry(self, world: World, job: Job, terms: Terms) -> Job:
        """Run *job* again; faults strike that as they strike a submit. Raises as the desk does."""
        with self._trace.blaming():
            again = self._provider.engine.retry(world, job, terms)
        self._strike("after", world, again)
        return again

    def uploaded(self) -> None:
        """Let a fault strike the answer to an upload that was just taken. Raises Problem."""
        if self._world:
            self._strike("upload", self._world)

    def job(self, job_id: str, fits: Callable[[Job], bool] = lambda job: True) -> tuple[World, Job]:
        """The provider's job of that id, for callers with or without a key: some real clients poll without one.

        One that does not belong where it is asked for, as *fits* has it, is not known there, and no fault strikes it.

        Raises:
            NoSuchJob, Unauthorized
            Problem: a fault has it so.
        """
        known = self._world or self._provider.key(self.request)
        world, job = self._provider.engine.find(job_id, self.world if known else None)
        if job.provider != self._provider.name or not fits(job):
            raise NoSuchJob(job_id)
        if self._world is None:
            self._enter(world)
        self._trace.follow(world, job.id)
        if phase := FAULT_PHASES.get(self.operation):
            effect = self._strike(phase, world, job)
            if effect and effect_kind(effect) == "outcome":
                job = self._provider.engine.force(world, job, effect)
        return world, job

    def fetched(self) -> None:
        """Let a fault strike the file that was just served, a job's or one that was uploaded. Raises Problem."""
        if served := self.request.scope.get(SERVED):
            world, job, told = served
            self._enter(world)
            if job:
                self._trace.follow(self.world, job.id, told=told)
            self._strike("media", self.world, job)

    def _at_home(self) -> tuple[World, int]:
        """The world that this call is written down in, and its number there: each call is counted once in a world."""
        if self._home is None:
            world = self._known_world() or self._provider.engine.worlds.world("")
            self._home = world, world.number_call()
        return self._home

    def _known_world(self) -> World | None:
        """The world of the key that was sent, where it is a good one that was used before."""
        try:
            key = self._provider.key(self.request)
        except Unauthorized:
            return None
        engine = self._provider.engine
        return engine.worlds.known(key) if key and engine.worlds.accepts(key) else None

    def _enter(self, world: World) -> None:
        if world is not self._world:
            self._home = world, world.number_call()
        self._world = world
        self._trace.enter(world)

    def _strike(self, phase: Phase, world: World, job: Job | None = None) -> Effect | None:
        about = (job.model, job.id, job.prompt) if job else ()
        moment = Moment(phase, self._provider.name, self.operation, *about)
        with self._trace.blaming():
            self.effect = self._trace.blame(self._provider.engine.strike(world, moment))
        if self.effect and job:
            self._struck.append(job)
        return self.effect

    def json(self) -> Any:
        """The body as strict JSON. Raises BadJSON."""
        try:
            return strict_json.loads(self.body)
        except BadJSON:
            encoding = self.request.headers.get("content-encoding", "identity")
            if encoding == "identity":
                raise
            raise BadJSON(f"the body has Content-Encoding {encoding[:40]!r}; send it without") from None

    def object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises BadJSON, BadRequest."""
        value = self.json()
        if not isinstance(value, dict):
            raise BadRequest(f"the body must be a JSON object, not {json_type(value)}")
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

    async def suffer(self, response: Response) -> Response:
        """What the fault that has struck makes of *response*; what it keeps from the client was not collected."""
        if self.effect is None or effect_kind(self.effect) not in ("answer", "media"):
            return response
        known = _ANSWER_EFFECTS[self.effect.name]
        answered = AnsweredCall(self._provider.engine, self.world, tuple(self._struck))
        changed = await known.handler(response, answered, **self.effect.arguments)
        if changed is None:
            return response
        if known.keeps_back:
            self._trace.mislay(self.world)
        return changed

    def record(self, response: Response) -> None:
        """Write this exchange into the journal of its world (the nameless one, where there was no valid key)."""
        world, _ = self._at_home()
        name, worlds = self._provider.name, self._provider.engine.worlds
        worlds.record(world, self._trace.exchange(world, name, self.operation, self.request, self.body, response))
