"""fal's dialect: the queue's routes, synchronous runs, streams, storage, platform and proxy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vidmock.engine.jobs.job import Job, Output, State, Webhook
from vidmock.engine.service.engine import Engine
from vidmock.engine.service.submission import Submission
from vidmock.engine.time.durations import HOUR
from vidmock.engine.webhooks.delivery import Message
from vidmock.engine.world.world import World
from vidmock.problems import BadJSON, Coded, Invalid, NoRoute, NoSuchJob, NotReady
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import Surface, operation
from vidmock.providers.exchange.envelope import Credential, reply
from vidmock.providers.exchange.event_stream import EventStream
from vidmock.providers.exchange.gate import Gate
from vidmock.providers.exchange.judging import found_in, judged
from vidmock.providers.exchange.surface import Switch, surface
from vidmock.providers.fal import behaviours, jobs, webhooks
from vidmock.providers.fal.cors import CORS
from vidmock.providers.fal.credentials import Credentials
from vidmock.providers.fal.endpoints import check_application, queued_model, served_model
from vidmock.providers.fal.errors import render_problem
from vidmock.providers.fal.file_paths import file_id
from vidmock.providers.fal.jobs import app_id
from vidmock.providers.fal.keys import SigningKeys
from vidmock.providers.fal.notes import FalNotes
from vidmock.providers.fal.platform import Platform
from vidmock.providers.fal.platform_api.errors import render_platform_problem
from vidmock.providers.fal.platform_api.routes import platform_routes
from vidmock.providers.fal.proxy import Proxy
from vidmock.providers.fal.reading import LIBRARIES, Reading, read_by_pydantic
from vidmock.providers.fal.refusal import RefusedInput, refused_items
from vidmock.providers.fal.request import (
    SHORT_FROM,
    SHORT_RETENTION,
    check_concurrency,
    check_queue,
    lifecycle,
    terms_of,
    waiting_line,
)
from vidmock.providers.fal.storage import FalStorage
from vidmock.providers.fal.stream import STREAM_HEADERS, growing_events, status_events
from vidmock.providers.fal.tokens import Tokens
from vidmock.schema.catalog import Model
from vidmock.schema.result import growth_of

ANONYMOUS_KEY = "vidmock:anonymous"
"""The key of the world that calls without a key enter, where they are accepted."""


class FalDialect:
    name = "fal"
    retries = webhooks.newer_retries(HOUR)
    render = staticmethod(render_problem)

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.keys = SigningKeys(engine.settings.seed)
        worlds = engine.worlds
        tokens = Tokens(
            engine.settings.seed, lambda: (world.key for world in worlds), lambda key: worlds.known(key) is not None
        )
        self._credentials = Credentials(engine.worlds, tokens)
        storage = FalStorage(engine.worlds, tokens, self._media_url, self._upload_url)
        platform = Platform(tokens, self.keys, self._queue_url)
        self.gate = Gate(self.name, check_application)
        queue = {
            "status": self.status,
            "status_stream": self.follow,
            "cancel": self.cancel,
            "response": self.result,
            "result": self.result,
            "endpoint_status": self.status,
            "endpoint_cancel": self.cancel,
            "endpoint_result": self.result,
            "submit": self.submit,
        }
        switches: Mapping[str, Switch] = {
            "fal.response_path": lambda choice: choice(behaviours.RESPONSE_PATH) == "served",
            "fal.poll_path": lambda choice: choice(behaviours.POLL_PATH) == "endpoint",
        }
        self._queue = surface(self, "queue", queue, [CORS], switches)
        self._run = surface(self, "run", {"stream": self.stream, "run": self.run}, [CORS])
        self._media = surface(self, "media", storage.media, [CORS], base=engine.settings.media_url)
        api = platform_routes(self._queue_url, self._run.url, self._outcome)
        others = (
            surface(self, "rest", {**platform.rest, **storage.rest}, [CORS]),
            surface(self, "api", api, [CORS], render=render_platform_problem),
            surface(self, "web", platform.web, [CORS]),
        )
        # The hosts that fal's own proxy allows by default.
        places = {"queue.fal.run": "/fal/queue", "fal.run": "/fal/run", "rest.fal.ai": "/fal/rest"}
        proxy = Surface("/fal/proxy", (), [Route("/", Proxy(engine.settings, places))], [CORS])
        self.surfaces: tuple[Surface, ...] = (self._queue, self._run, self._media, *others, proxy)

    def credential(self, request: Request) -> Credential | None:
        """The key that was sent, or that of a token. Raises as :meth:`Credentials.read`."""
        return self._credentials.read(request)

    @operation("submit")
    async def submit(self, call: Call) -> Response:
        self._admit(call)
        wanted = await self._submission(call, lenient=True)
        check_queue(call)
        job = self._submit(call, wanted)
        body = self._status_body(call.world, job, job.created) | {"logs": None, "gateway_request_id": job.id}
        return reply(body, headers=_named(job))

    @operation("poll")
    async def status(self, call: Call) -> Response:
        world, job = self._job(call)
        job = await call.look(job)
        now = call.now
        logs = jobs.log_entries(world, job, now) if _wants_logs(call) else None
        status = 200 if job.ended(now) else 202
        return reply(self._status_body(world, job, now) | {"logs": logs}, status, _named(job))

    @operation("stream")
    async def follow(self, call: Call) -> Response:
        world, job = self._job(call)
        wanted = _wants_logs(call)

        def body(job: Job, now: float, since: float | None) -> dict[str, Any]:
            call.receipt.tell(world, job, now)
            logs = jobs.log_entries(world, job, now, since) if wanted else None
            return self._status_body(world, job, now) | {"logs": logs}

        return await EventStream.begun(status_events(self.engine, world, job, call.now, body), _streamed(job))

    @operation("result")
    async def result(self, call: Call) -> Response:
        world, job = self._job(call)
        # Some clients poll the result and never the status, so this counts as a poll too.
        job = await call.look(job)
        if not job.ended(call.now):
            raise NotReady(job.id)
        return self._result(world, job)

    @operation("submit")
    async def run(self, call: Call) -> Response:
        return self._result(call.world, await self._ran(call))

    @operation("submit")
    async def stream(self, call: Call) -> Response:
        """Stream a model's growing answer. Raises NoRoute: the model does not stream."""
        grows = growth_of(served_model(call))
        if grows is None:
            raise NoRoute("/stream")
        job = await self._ran(call)
        outcome = self._outcome(call.world, job)
        if outcome.status != 200:
            return self._result(call.world, job)
        return await EventStream.begun(growing_events(outcome.body, grows.grows, grows.meanwhile), _streamed(job))

    @operation("cancel")
    async def cancel(self, call: Call) -> Response:
        try:
            world, job = self._job(call)
        except NoSuchJob:
            raise Coded("nothing-to-cancel") from None
        state = job.state(call.now)
        if state is not State.RUNNING or world.choice(behaviours.CANCEL_RUNNING) == "stops":
            self.engine.cancel(world, job, call.now)
        chosen = world.choice(behaviours.CANCEL)
        if chosen == "success":
            return reply({"success": True}, 200, _named(job))
        if chosen == "removed" and state is State.QUEUED:
            return reply({"status": "OK"}, 200, _named(job))
        return reply({"status": "CANCELLATION_REQUESTED"}, 202, _named(job))

    def messages(self, world: World, job: Job, now: float, outputs: Sequence[Output]) -> tuple[Message, ...]:
        if job.webhook is None:
            return ()
        return (webhooks.fal_message(world, job, self._outcome(world, job), self.keys),)

    def _admit(self, call: Call) -> None:
        """Enter the world of the key, or the anonymous one for a call without a key, if such calls are accepted.

        Raises:
            Unauthorized: no key, and such calls are not accepted.
        """
        anonymous = self.credential(call.request) is None
        if anonymous and call.context().choice(behaviours.ANONYMOUS) == "accepted":
            call.enter(ANONYMOUS_KEY)
        call.authorize()

    def _media_url(self, origin: str, path: str) -> str:
        return self._media.url(origin, path)

    def _upload_url(self, origin: str, path: str) -> str:
        return self._media.url_here(origin, path)

    def _queue_url(self, origin: str, path: str) -> str:
        return self._queue.url(origin, path)

    async def _submission(self, call: Call, *, lenient: bool) -> Submission:
        """What *call* submits, judged. Raises BadJSON, BadRequest, BadHeader: its body, or what is around that."""
        request = call.request
        hook = request.query_params.get("fal_webhook")
        model, failure = queued_model(call) if lenient else (served_model(call), None)
        validation = call.world.choice(behaviours.VALIDATION)
        read = await found_in(call, lambda: self._read(call, model, validation))
        world = call.world
        wanted = Submission(
            world,
            model,
            read.value,
            call.origin,
            lenient=lenient,
            output_id=file_id,
            webhook=Webhook(hook) if hook else None,
            terms=terms_of(request, world),
            line=waiting_line(world) if lenient else None,
            notes=FalNotes(lifecycle(request.headers), read.items),
            weight=call.weight,
            failure=failure,
        )
        return await judged(call, wanted)

    def _submit(self, call: Call, wanted: Submission) -> Job:
        try:
            job = call.submit(wanted)
        except Invalid as problem:
            pydantic = FalNotes.of(wanted.notes).refused
            items = refused_items(pydantic, problem.violations, wanted.input, call.world.choice)
            raise RefusedInput(problem.violations, items) from None
        # Only what is repeated of a bad input makes a result that long.
        if job.failure and len(json.dumps(self._outcome(call.world, job).body)) >= SHORT_FROM:
            job = self.engine.keep(call.world, job, min(job.retention or 0.0, SHORT_RETENTION))
        return job

    def _read(self, call: Call, model: Model, validation: str) -> Reading:
        """The call's body as an input of *model*; an object, valid or not. Raises RefusedInput: it is none."""
        try:
            read = read_by_pydantic(model, call.json() if call.body.strip() else {}, validation)
        except BadJSON as problem:
            item = LIBRARIES[validation].unreadable(problem, call.body.decode(errors="replace"))
            raise RefusedInput((), [item]) from None
        if not isinstance(read.value, dict):
            raise RefusedInput((), read.items)
        return read

    async def _ran(self, call: Call) -> Job:
        self._admit(call)
        wanted = await self._submission(call, lenient=False)
        check_concurrency(call.world, call.now)
        return await call.wait(self._submit(call, wanted), float("inf"))

    def _job(self, call: Call) -> tuple[World, Job]:
        """The job that *call* asks for.

        Raises:
            NoSuchJob: there is none at this path.
            Unauthorized: there is, and it was asked for without a key, which is not accepted.
        """
        addressed = call.request.path_params
        app = addressed.get("app") or f"{addressed['owner']}/{addressed['alias']}"
        # A path below another endpoint of the same application was never seen to work, whatever the switch.
        return call.job(
            addressed["job"],
            lambda job: app in (app_id(job.model), job.model),
            lambda world: world.choice(behaviours.ANONYMOUS) == "accepted",
        )

    def _status_body(self, world: World, job: Job, now: float) -> dict[str, Any]:
        base = self._queue_url(job.origin, f"/{app_id(job.model)}/requests/{job.id}")

        def position() -> int:
            return world.jobs.census(self.name, job.model).queued_before(world.jobs.place(job.id), now)

        return jobs.status_body(world, job, now, base, position)

    def _outcome(self, world: World, job: Job) -> jobs.ModelAnswer:
        return jobs.model_answer(world, job, lambda path: self._media_url(job.origin, path))

    def _result(self, world: World, job: Job) -> Response:
        outcome = self._outcome(world, job)
        return reply(outcome.body, outcome.status, _named(job) | outcome.headers)


def _named(job: Job) -> dict[str, str]:
    return {"x-fal-request-id": job.id}


def _streamed(job: Job) -> dict[str, str]:
    return {**_named(job), **STREAM_HEADERS}


def _wants_logs(call: Call) -> bool:
    return call.request.query_params.get("logs") in ("1", "true")
