"""RunPod's dialect: the routes to submit, wait, poll, stream, cancel, retry, purge, and for an endpoint's health."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from vidmock.engine.jobs.job import Job, Output, State, Webhook
from vidmock.engine.service.engine import Engine
from vidmock.engine.service.submission import Submission
from vidmock.engine.webhooks.delivery import Message, RetryPlan, json_body
from vidmock.engine.world.world import World
from vidmock.media.formats import made_kind
from vidmock.problems import AlreadyEnded, BadRequest, TooLarge
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import Handler, operation
from vidmock.providers.exchange.envelope import Credential, bearer, expect, reply
from vidmock.providers.exchange.files import video_response
from vidmock.providers.exchange.gate import Gate
from vidmock.providers.exchange.judging import judged
from vidmock.providers.exchange.surface import surface
from vidmock.providers.runpod import behaviours, request
from vidmock.providers.runpod.errors import BODY_LIMITS, ID_FORMS, render_problem
from vidmock.providers.runpod.jobs import JOB_STATUS, job_body, status_name
from vidmock.providers.runpod.request import Policy, with_images
from vidmock.providers.runpod.traffic import Traffic
from vidmock.providers.runpod.workers import health_body
from vidmock.schema.catalog import Model

WAIT_MS = (1_000, 90_000, 300_000)
"""Least, default and greatest ``?wait``, in milliseconds."""
STREAM_SECONDS = 10.0
"""The longest time that ``/stream`` waits for the job's end, in seconds."""
RUN_RETENTION = 30 * 60.0
"""For how many seconds after its end a job of ``/run`` is kept."""
VIDEO_SECONDS = 7 * 24 * 3600.0
"""For how many seconds after the job's end its video is served."""
RUNPOD_RETRIES = {
    "measured": RetryPlan(delays=(5.0, 10.0), timeout=15.0),
    "documented": RetryPlan(delays=(10.0, 10.0), timeout=15.0),
}


class RunPodDialect:
    name = "runpod"
    render = staticmethod(render_problem)
    retries = RUNPOD_RETRIES[behaviours.WEBHOOK_RETRIES.default]

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._traffic = Traffic()
        self.gate = Gate(self.name, self._check_endpoint)
        api = {
            "run": self._counted("run", self.run),
            "runsync": self._counted("runsync", self.runsync),
            "status": self._counted("status", self.status),
            "status_sync": self._counted("status", self.status_sync),
            "stream": self._counted("stream", self.stream),
            "cancel": self._counted("cancel", self.cancel),
            "retry": self._counted("retry", self.retry),
            "purge_queue": self._counted("purge-queue", self.purge_queue),
            "health": self._counted("health", self.health),
        }
        self._api = surface(self, "api", api)
        self._media = surface(self, "media", {"file": self.media}, base=engine.settings.media_url)
        self.surfaces = (self._api, self._media)

    def credential(self, request: Request) -> Credential | None:
        return Credential.of(bearer(request, "bearer", ""))

    @operation("submit")
    async def run(self, call: Call) -> Response:
        job = await self._submit(call, "run", RUN_RETENTION)
        return reply({"id": job.id, "status": JOB_STATUS[State.QUEUED]})

    @operation("submit")
    async def runsync(self, call: Call) -> Response:
        job = await self._submit(call, "runsync", float(call.world.choice(behaviours.RUNSYNC_RETENTION)))
        return await self._held(call, job)

    @operation("poll")
    async def status(self, call: Call) -> Response:
        world, job = self._job(call)
        job = await call.look(job)
        if ttl := _number(call.request.query_params.get("ttl", "")):
            job = self.engine.keep(world, job, min(ttl, request.TTL_MS[-1]) / 1000)
        return reply(self.body(world, job, call.now))

    @operation("poll")
    async def status_sync(self, call: Call) -> Response:
        _, job = self._job(call)
        return await self._held(call, job)

    @operation("stream")
    async def stream(self, call: Call) -> Response:
        """Wait for the job's end, and answer with an empty list: a video model streams nothing."""
        world, job = self._job(call)
        job = await self._waited(call, job, min(STREAM_SECONDS, _wait(call)))
        if world.choice(behaviours.STREAM) == "array":
            call.receipt.withhold()
            return reply([])
        return reply({"status": status_name(world, job, call.now), "stream": []})

    @operation("cancel")
    async def cancel(self, call: Call) -> Response:
        world, job = self._job(call)
        try:
            job = self.engine.cancel(world, job, call.now)
        except AlreadyEnded:
            call.tell(job)
            return reply(self.body(world, job, call.now))
        return reply({"id": job.id, "status": JOB_STATUS[State.CANCELLED]})

    @operation("retry")
    async def retry(self, call: Call) -> Response:
        world, job = self._job(call)
        if job.state(call.now) is not State.FAILED:
            state = status_name(world, job, call.now)
            raise BadRequest(f"only a failed or timed out job can be retried, not one that is {state}")
        call.retry(world, job, request.terms_of_retry(job, call.now))
        return reply({"id": job.id, "status": JOB_STATUS[State.QUEUED]})

    @operation("purge")
    async def purge_queue(self, call: Call) -> Response:
        world, model, now = call.world, self._model(call), call.now
        remove = self.engine.cancel if world.choice(behaviours.PURGED) == "cancelled" else self.engine.drop
        queued = world.jobs.census(self.name, model.id).queued(now)
        for job in queued:
            remove(world, job, now)
        return reply({"removed": len(queued), "status": "completed"})

    @operation("health")
    async def health(self, call: Call) -> Response:
        return reply(health_body(call.world.jobs.census(self.name, self._model(call).id), call.now))

    @operation("media")
    async def media(self, call: Call) -> Response:
        output = call.request.path_params["output"]
        return video_response(call, self.engine.worlds, output, _file_path, lambda world, job: VIDEO_SECONDS)

    def body(self, world: World, job: Job, now: float) -> dict[str, Any]:
        """*job* at *now* as ``/status`` answers it."""
        return job_body(world, job, now, [self._url(job, output) for output in job.outputs])

    def _url(self, job: Job, output: Output) -> str:
        return self._media.url(job.origin, _file_path(output), made_kind(output.container))

    def messages(self, world: World, job: Job, now: float, outputs: Sequence[Output]) -> tuple[Message, ...]:
        # A job that its time to live ended was deleted, not cancelled: no webhook is sent.
        if job.webhook is None or (job.deadline is not None and job.ends >= job.deadline):
            return ()
        body = self.body(world, job, now) | {"input": job.input, "webhook": job.webhook.url}
        headers = (("content-type", "application/json"), ("user-agent", "Go-http-client/2.0"))
        retries = RUNPOD_RETRIES[world.choice(behaviours.WEBHOOK_RETRIES)]
        return (Message(job.webhook.url, json_body(dict(sorted(body.items()))), headers, retries=retries),)

    def _counted(self, name: str, handler: Handler) -> Handler:
        """*handler* within the limits of the operation *name*."""

        async def checked(call: Call) -> Response:
            with self._traffic.request(call.world, self._model(call).id, name, call.now):
                return await handler(call)

        return operation(getattr(handler, "operation", ""))(checked)

    def _check_endpoint(self, call: Call) -> None:
        """Check that the endpoint in the path, if there is one, is there. Raises UnknownModel."""
        if "endpoint" in call.request.path_params:
            self._model(call)

    def _model(self, call: Call, given: Mapping[str, Any] | None = None) -> Model:
        """The endpoint in the path. Raises UnknownModel."""
        return call.catalog.find(self.name, call.request.path_params["endpoint"], given=given or {})

    async def _submit(self, call: Call, route: str, retention: float) -> Job:
        if len(call.body) > BODY_LIMITS[route]:
            raise TooLarge(BODY_LIMITS[route])
        world, body = call.world, call.object()
        hook = expect(body, "webhook", str, required=False)
        given: dict[str, Any] = expect(body, "input", dict)
        model = self._model(call, given)
        if world.choice(behaviours.IMAGE) == "taken":
            given = with_images(model, given)
        agreed = Policy.read(body, clamp=world.choice(behaviours.POLICY) == "clamp")
        wanted = Submission(
            world,
            model,
            given,
            call.origin,
            lenient=world.choice(behaviours.INVALID_INPUT) == "later",
            id_form=ID_FORMS[route],
            webhook=Webhook(hook) if hook else None,
            terms=agreed.terms(given, retention),
            notes=agreed.notes(),
            weight=call.weight,
            body=body,
        )
        return call.submit(await judged(call, wanted))

    async def _held(self, call: Call, job: Job) -> Response:
        job = await self._waited(call, job, _wait(call))
        return reply(self.body(call.world, job, call.now))

    async def _waited(self, call: Call, job: Job, seconds: float) -> Job:
        """*job* once it has ended, or after *seconds*. Raises NoSuchJob: it was purged or has expired meanwhile."""
        await call.wait(job, seconds)
        _, job = self.engine.find(job.id, call.world, call.now)
        return job

    def _job(self, call: Call) -> tuple[World, Job]:
        model = self._model(call)
        return call.job(call.request.path_params["job"], lambda job: job.model == model.id)


def _wait(call: Call) -> float:
    """The longest time that the request asks to wait, in seconds."""
    least, default, most = WAIT_MS
    wait = _number(call.request.query_params.get("wait", ""))
    return (default if wait is None else min(max(wait, least), most)) / 1000


def _number(text: str) -> int | None:
    """*text* as a number, or ``None``. It is cut off, because ``int`` refuses thousands of digits."""
    return min(int(text[:20]), 10**12) if text.isascii() and text.isdecimal() else None


def _file_path(output: Output) -> str:
    """The path of the file of *output* on the media host."""
    return f"/{output.id}/output.{output.container}"
