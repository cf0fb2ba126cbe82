"""fal's dialect: the queue's routes, synchronous runs, streams, storage, platform and proxy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vidmock.engine.jobs.job import Job, Output, State, Webhook
from vidmock.engine.service.engine import Engine
from vidmock.engine.service.submission import Submission
from vidmock.engine.webhooks.delivery import Message
from vidmock.engine.world.world import World
from vidmock.problems import AlreadyEnded, NoRoute, NoSuchJob, NotReady, Unauthorized, WrongScheme
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import Surface, operation, surface
from vidmock.providers.exchange.envelope import Credential, bearer, reply
from vidmock.providers.exchange.event_stream import EventStream
from vidmock.providers.fal import behaviours, jobs, webhooks
from vidmock.providers.fal.cors import CORS
from vidmock.providers.fal.errors import render_problem
from vidmock.providers.fal.file_paths import file_id
from vidmock.providers.fal.jobs import app_id
from vidmock.providers.fal.keys import SigningKeys
from vidmock.providers.fal.platform import Platform
from vidmock.providers.fal.platform_api.errors import render_platform_problem
from vidmock.providers.fal.platform_api.routes import platform_routes
from vidmock.providers.fal.proxy import Proxy
from vidmock.providers.fal.request import (
    SHORT_FROM,
    SHORT_RETENTION,
    FalNotes,
    check_concurrency,
    check_queue,
    lifecycle,
    terms_of,
)
from vidmock.providers.fal.storage import FalStorage
from vidmock.providers.fal.stream import STREAM_HEADERS, growing_events, status_events
from vidmock.providers.fal.tokens import Tokens
from vidmock.providers.fal.wrong_methods import wrong_method_routes
from vidmock.schema.catalog import find_model
from vidmock.schema.result import growth_of

ANONYMOUS_KEY = "vidmock:anonymous"
"""The key of the world that calls without a key enter, where they are accepted."""


class FalDialect:
    name = "fal"
    retries = webhooks.OLDER_RETRIES
    render = staticmethod(render_problem)

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.keys = SigningKeys(engine.settings.seed)
        self._tokens = Tokens(engine.settings.seed, lambda: (world.key for world in engine.worlds))
        storage = FalStorage(engine.worlds, self._tokens, self._media_url)
        platform = Platform(self._tokens, self.keys, self._queue_url)
        job = "/{app:path}/requests/{job}"
        queue = {
            f"GET {job}/status": self.status,
            f"GET {job}/status/stream": self.follow,
            f"PUT {job}/cancel": self.cancel,
            f"GET {job}/response": self.result,
            f"GET {job}": self.result,
            **wrong_method_routes(job),
            "POST /{endpoint:path}": self.submit,
        }
        run = {"POST /{endpoint:path}/stream": self.stream, "POST /{endpoint:path}": self.run}
        self._queue = surface(self, "/fal/queue", ("queue.fal.run", "queue.falrun.com"), queue, [CORS])
        self._run = surface(self, "/fal/run", ("fal.run", "falrun.com"), run, [CORS])
        hosts, base = ("v3b.fal.media", "v3.fal.media"), engine.settings.media_url
        self._media = surface(self, "/fal/media", hosts, storage.media, [CORS], base=base)
        rest = {**platform.rest, **storage.rest}
        api = platform_routes(self._queue_url, self._run.url, self._outcome)
        others = (
            surface(self, "/fal/rest", ("rest.fal.ai", "rest.alpha.fal.ai"), rest, [CORS]),
            surface(self, "/fal/api", ("api.fal.ai",), api, [CORS], render_platform_problem),
            surface(self, "/fal/web", ("fal.ai",), platform.web, [CORS]),
        )
        # The hosts that fal's own proxy allows by default.
        places = {"queue.fal.run": "/fal/queue", "fal.run": "/fal/run", "rest.fal.ai": "/fal/rest"}
        proxy = Surface("/fal/proxy", (), [Route("/", Proxy(engine.settings, places))], [CORS])
        self.surfaces: tuple[Surface, ...] = (self._queue, self._run, self._media, *others, proxy)

    def credential(self, request: Request) -> Credential | None:
        """The key that was sent, or the key of a token that was issued here.

        Raises:
            Unauthorized: the token's key is not known, or a token was sent as a key, or one for uploads was sent.
            WrongScheme: a bearer token that was not issued here.
        """
        scheme = request.headers.get("authorization", "").strip().partition(" ")[0].lower()
        if scheme not in ("", "bearer"):
            key = bearer(request, "key")
            # Only a key with two dots can be a token: reading every key as one would cost time in each call.
            if key and key.count(".") == 2 and self._tokens.read(key) is not None:
                raise Unauthorized(missing=False)
            return Credential.of(key)
        token = bearer(request, "bearer") or request.query_params.get("fal_jwt_token")
        if not token:
            return None
        claims = self._tokens.read(token)
        if claims is None:
            raise WrongScheme("bearer", ["Key <key>"])
        if claims["use"] == "upload":
            raise Unauthorized(missing=False)
        return Credential(str(claims["key"]), claims["until"])

    @operation("submit")
    async def submit(self, call: Call) -> Response:
        self._admit(call)
        check_queue(call, self.engine)
        job = self._submit(call, lenient=True)
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
        grows = growth_of(find_model(self.name, call.request.path_params["endpoint"]))
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
            return reply({"status": "NOT_FOUND"}, 404)
        state = job.state(call.now)
        if state is not State.RUNNING or world.choice(behaviours.CANCEL_RUNNING) == "stops":
            try:
                self.engine.cancel(world, job, call.now)
            except AlreadyEnded:
                ended = {"status": "ALREADY_COMPLETED"}
                if world.choice(behaviours.CANCEL_ENDED) == "detail":
                    ended = {"detail": "Request already completed"}
                return reply(ended, 400, _named(job))
        chosen = world.choice(behaviours.CANCEL)
        if chosen == "success":
            return reply({"success": True}, 200, _named(job))
        if chosen == "removed" and state is State.QUEUED:
            return reply({"status": "OK"}, 200, _named(job))
        return reply({"status": "CANCELLATION_REQUESTED"}, 202, _named(job))

    def messages(self, world: World, job: Job, now: float, outputs: Sequence[Output]) -> tuple[Message, ...]:
        if job.webhook is None:
            return ()
        return (webhooks.fal_message(world, job, now, self._outcome(world, job), self.keys),)

    def _admit(self, call: Call) -> None:
        """Enter the anonymous world for a call without a key, if such submissions are accepted. Polls need no key."""
        if self.credential(call.request) is None and call.context().choice(behaviours.ANONYMOUS) == "accepted":
            call.enter(ANONYMOUS_KEY)

    def _media_url(self, origin: str, path: str) -> str:
        return self._media.url(origin, path)

    def _queue_url(self, origin: str, path: str) -> str:
        return self._queue.url(origin, path)

    def _submit(self, call: Call, *, lenient: bool) -> Job:
        world, request = call.world, call.request
        model = find_model(self.name, request.path_params["endpoint"])
        hook = request.query_params.get("fal_webhook")
        job = call.submit(
            Submission(
                world,
                model,
                call.object() if call.body.strip() else {},
                call.origin,
                lenient=lenient,
                output_id=file_id,
                webhook=Webhook(hook) if hook else None,
                terms=terms_of(request, world),
                notes=FalNotes(lifecycle(request.headers)),
            )
        )
        # Only a long list of violations makes a result that long.
        if job.failure and len(json.dumps(self._outcome(world, job).body)) >= SHORT_FROM:
            job = self.engine.keep(world, job, min(job.retention or 0.0, SHORT_RETENTION))
        return job

    async def _ran(self, call: Call) -> Job:
        self._admit(call)
        check_concurrency(self.engine, call.world, call.now)
        return await call.wait(self._submit(call, lenient=False), float("inf"))

    def _job(self, call: Call) -> tuple[World, Job]:
        app = app_id(call.request.path_params["app"])
        return call.job(call.request.path_params["job"], lambda job: app_id(job.model) == app)

    def _status_body(self, world: World, job: Job, now: float) -> dict[str, Any]:
        base = self._queue_url(job.origin, f"/{app_id(job.model)}/requests/{job.id}")

        def position() -> int:
            return [other.id for other in jobs.jobs_in_queue(self.engine, world, job.model, now)].index(job.id)

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
