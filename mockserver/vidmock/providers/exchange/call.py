"""A call: one request on its way through a dialect, with its key, world, moment, job and fault."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from vidmock.engine.faults.catalog import effect_kind
from vidmock.engine.faults.rules import Effect, Phase, Struck
from vidmock.engine.jobs.job import Job
from vidmock.engine.jobs.timeline import Terms
from vidmock.engine.service.submission import Submission
from vidmock.engine.world.world import World
from vidmock.problems import NoSuchJob, Problem, Unauthorized
from vidmock.providers.exchange.body_reader import BodyReader
from vidmock.providers.exchange.broken import Broken
from vidmock.providers.exchange.call_faults import ASKED, OF_A_JOB, SOCKET_METHOD, CallFaults
from vidmock.providers.exchange.envelope import arrival_of
from vidmock.providers.exchange.keyed_provider import KeyedProvider
from vidmock.providers.exchange.missing import tell_missing
from vidmock.providers.exchange.receipt import Receipt, Served
from vidmock.providers.exchange.renderers import ErrorContext
from vidmock.providers.exchange.trace import Trace
from vidmock.providers.exchange.whereabouts import Whereabouts
from vidmock.schema.catalog import ModelCatalog


class Call:
    """One request on its way through a dialect.

    A handler reads it, and asks the engine through it, so that faults can strike and the journal is complete.
    """

    def __init__(self, request: Request, provider: KeyedProvider, operation: str = "", body: bytes = b"") -> None:
        self.request = request
        self.arrival = arrival_of(request.scope)
        self.operation = operation
        self._reader = BodyReader(body, request.headers)
        self.noticed, self.receipt = "", Receipt()
        self.room = provider.engine.worlds.memory.lease()
        self._trace = Trace()
        self._faults = CallFaults(provider.engine, provider.name, self._trace, socket=request.method == SOCKET_METHOD)
        self._in_parts = self._waited = False
        self._provider, self._place = provider, Whereabouts(request, provider)
        self._served: Served | None = None

    @property
    def effect(self) -> Effect | None:
        return self._faults.effect

    @property
    def late(self) -> bool:
        """Whether the answer was kept waiting: for a job, or by a fault."""
        return self._waited or self.effect is not None

    @property
    def origin(self) -> str:
        """The origin under which the client reached this server, for :meth:`Surface.url`."""
        return self.arrival.origin

    def notice(self, problem: Problem) -> None:
        """Tell whoever runs the server of a model or path that is not here, though the provider may well have it."""
        self.noticed = tell_missing(self.arrival, self._provider.name, problem) or self.noticed

    @property
    def world(self) -> World:
        """The world of the key that was sent.

        Raises:
            Unauthorized: no key, or a refused one.
        """
        if self._place.world is None:
            self.authorize()
            assert self._place.world is not None
        return self._place.world

    @property
    def now(self) -> float:
        """The moment of this call, in seconds since the epoch on the clock of its world.

        The clock is read when the call enters its world, and again after the call has waited, so that everything in an
        answer is of the same moment. Raises Unauthorized, as :attr:`world` does.
        """
        self.authorize()
        return self._place.now

    @property
    def catalog(self) -> ModelCatalog:
        """The models of the world of this call, also before it has entered that."""
        return self._place.settings.catalog

    @property
    def body(self) -> bytes:
        """The body. Raises TooLarge: it was too large to be read."""
        return self._reader.body

    @property
    def weight(self) -> int:
        """What the values of the body take, in bytes, once it was read as JSON."""
        return self._reader.weight

    def authorize(self, *, missing: bool = False) -> None:
        """Enter the world of the key that was sent; with *missing*, none need be. Raises Unauthorized."""
        if self._place.world is None:
            credential = self._provider.credential(self.request)
            if credential:
                self.enter(credential.key, credential.until)
            elif not missing:
                raise Unauthorized(missing=True)

    @property
    def label(self) -> str:
        """A UUID of this call, the same whenever it is asked for."""
        return self._place.label

    def context(self, task: object = None) -> ErrorContext:
        """What renderers need to answer a problem of this call, or of one *task* of it."""
        return self._place.context(task)

    def enter(self, key: str | None, until: float = math.inf) -> None:
        """Enter the world of *key*, valid *until* then on its clock. Raises Unauthorized: none, refused, or expired."""
        self.join(*self._place.find(key, until))

    def join(self, world: World, now: float) -> None:
        """Enter *world*, whose clock says *now*. Raises Struck: a fault has cut off its key."""
        self._place.move(world, now)
        self._trace.begin(world.clock, now)
        if now < (cut := world.faults.cut_off).until:
            with self._trace:
                raise Struck(Effect("reset", rule=cut.rule))

    def resume(self) -> None:
        """Go on after the call has waited: at a later moment, and in another world where its own was closed."""
        world = self._place.world
        if world and world.closed:
            world = self._provider.engine.worlds.world(world.key)
            self.join(world, world.clock.now())
        elif world:
            self._place.stay(world, world.clock.now())

    def perform(self, operation: str) -> None:
        """Set the *operation* of the call, where its route does not tell."""
        self.operation = operation

    def meet(self, effect: Effect | None) -> None:
        """Set the *effect* on the answer; it replaces any other."""
        self._faults.meet(effect)

    def submit(self, submission: Submission) -> Job:
        """Hand *submission*, a judged one, to the engine; return its job. A fault ``after`` is left for :meth:`suffer`.

        Raises:
            Invalid, Duplicate, TooMany: as :meth:`Engine.submit`.
            Problem, Struck: by a fault of phase ``before``; there is no job.
        """
        self._trace.submit(submission)
        with self._trace:
            job = self._provider.engine.submit(submission, self.now)
        self._trace.accept(submission, job.id)
        return self._struck_after(submission.world, job)

    def retry(self, world: World, job: Job, terms: Terms) -> Job:
        """Run *job* again. Faults strike a retry as they strike a submit. Raises as :meth:`Engine.retry`."""
        with self._trace:
            again = self._provider.engine.retry(world, job, terms, self.now)
        return self._struck_after(world, again)

    def _struck_after(self, world: World, job: Job) -> Job:
        self._strike("after", world, job)
        return world.jobs.get(job.id, job)

    def answered(self, *, part: bool = False) -> None:
        """Let a fault strike a call about no job, which has done its work, or a *part*. Raises Problem: the fault's."""
        if self._in_parts <= part and self.operation not in OF_A_JOB:
            self._in_parts = part
            self.meet_in(
                "upload" if self.operation == "upload" else "other", self._place.world or self._place.home()[0]
            )

    def meet_in(self, phase: Phase, world: World) -> None:
        """Let a fault of *phase* in *world* strike a call that is about no job. Raises Problem: the fault's."""
        if self._strike(phase, world) and self._place.world is None:
            self._place.stay(world, world.clock.now())

    def job(
        self,
        job_id: str,
        fits: Callable[[Job], bool] = lambda job: True,
        is_public: Callable[[World], bool] = lambda world: False,
    ) -> tuple[World, Job]:
        """The provider's job of that id, with its world.

        *fits* says whether the job may be asked for at this route, and *is_public* whether those of a world may be
        asked for without a key. No fault strikes a job that may not.

        Raises:
            NoSuchJob: not known to this provider and key, or *fits* says no.
            Unauthorized: no key was sent, and *is_public* says no, or a key was sent, and it is refused.
            Problem: a fault's.
        """
        engine = self._provider.engine
        if self._place.world or self._provider.credential(self.request):
            world, now = self.world, self.now
        elif found := engine.worlds.find(job_id):
            world, now = found[0], found[0].clock.now()
        else:
            raise NoSuchJob(job_id)
        _, job = engine.find(job_id, world, now)
        if job.provider != self._provider.name or not fits(job):
            raise NoSuchJob(job_id)
        if self._place.world is None:
            if not is_public(world):
                raise Unauthorized(missing=True)
            self.join(world, now)
        self._trace.follow(job.id)
        if phase := ASKED.get(self.operation):
            effect = self._strike(phase, world, job)
            job = world.jobs.get(job.id, job)  # What its prompt asks for was counted.
            if effect and effect_kind(effect) == "outcome":
                job = engine.force(world, job, effect, now)
        return world, job

    async def look(self, job: Job, *, tell: bool = True) -> Job:
        """*job* as a poll finds it. Under a stepped clock, the second poll on a connection finds its next state."""
        job, now = await self._provider.engine.look(self.world, job, self.now, self.arrival.transport)
        self._place.stay(self.world, now)
        if tell:
            self.tell(job)
        return job

    async def wait(self, job: Job, seconds: float) -> Job:
        """*job* once it has ended, or after *seconds* of the world's clock, whichever comes first."""
        self._waited = True
        job, now = await self._provider.engine.wait(self.world, job, seconds, self.now)
        self._place.stay(self.world, now)
        self.tell(job)
        return job

    def tell(self, job: Job) -> None:
        """Note that the answer says what *job* has made so far."""
        self.receipt.tell(self.world, job, self.now)

    def moment_in(self, world: World) -> float:
        """The moment of this call on the clock of *world*, which need not be the world of the call."""
        return self._place.moment_in(world)

    def serve(self, world: World, now: float, job: Job | None = None) -> None:
        """Note that the answer is a file of *world*, where it is *now*: of *job*, or an uploaded file without one."""
        self._served = Served(world, now, job)

    def fetched(self) -> None:
        """Let a fault of phase ``media`` strike, if :meth:`serve` noted a file. Raises Problem: the fault's."""
        if served := self._served:
            if served.job:
                self._trace.follow(served.job.id)
            self.join(served.world, served.now)
            self._strike("media", served.world, served.job)

    def _strike(self, phase: Phase, world: World, job: Job | None = None) -> Effect | None:
        try:
            return self._faults.strike(phase, self.operation, world, job)
        finally:
            if self._trace.struck:
                self._place.keep()

    def json(self) -> Any:
        """The body as strict JSON. Raises BadJSON, TooLarge."""
        return self._reader.json()

    def object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises BadJSON, BadRequest, TooLarge."""
        return self._reader.object()

    async def read(self, body: bytes | None = None) -> None:
        """Read the body, or take *body* for it; a large one is parsed now, beside other calls."""
        self._reader = await BodyReader.of(self.request, self.room, body)

    async def suffer(self, response: Response) -> Response:
        """*response* as the call's effect changes it. What that keeps from the client, it is not told."""
        if not self._faults.changes_answer:
            return response
        changed, kept_back = await self._faults.suffer(response, self.world, self.now, self.request)
        self._place.stay(self.world, self.world.clock.now())
        if kept_back:
            self.receipt.withhold(begins_the_same=isinstance(changed, Broken))
        return changed

    def record(self, response: Response) -> World:
        """Record this exchange in the journal of its home, and give the world that it was in."""
        world, _ = self._place.home()
        provider, worlds, body = self._provider, self._provider.engine.worlds, self._reader.sent
        if world is worlds.nobody:
            worlds.world("")  # There is something in it now, so it is listed from now on.
        exchange = self._trace.exchange(world, provider.name, self.operation, self.request, body, response, self.weight)
        worlds.record(world, exchange)
        return self._place.world or world
