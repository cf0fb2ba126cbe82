"""RunPod's queue endpoints: invalid input is accepted with 200 and becomes a FAILED job a moment later."""

from __future__ import annotations

from collections import Counter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from vidmock.engine.behaviour import Behaviour
from vidmock.engine.delivery import Message, RetryPlan, as_json
from vidmock.engine.desk import Desk, Order
from vidmock.engine.job import Job, State, Webhook
from vidmock.engine.world import World
from vidmock.problems import (
    AlreadyEnded,
    BadJSON,
    BadRequest,
    NoRoute,
    NoSuchJob,
    Problem,
    TooLarge,
    Unauthorized,
    UnknownModel,
    WrongMethod,
)
from vidmock.providers.base import Call, bearer, expect, reply, surface
from vidmock.providers.files import video
from vidmock.schema.catalog import find

STATUS = {
    State.QUEUED: "IN_QUEUE",
    State.RUNNING: "IN_PROGRESS",
    State.SUCCEEDED: "COMPLETED",
    State.FAILED: "FAILED",
    State.CANCELLED: "CANCELLED",
}
WAIT_MS = (1_000, 90_000, 300_000)
"""Least, default and greatest ``?wait`` of /runsync, in milliseconds."""


class RunPod:
    name = "runpod"
    behaviours: tuple[Behaviour, ...] = ()
    retries = RetryPlan(delays=(5.0, 10.0), timeout=15.0)

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        endpoint = "/v2/{endpoint}"
        api = {
            f"POST {endpoint}/run": self.run,
            f"POST {endpoint}/runsync": self.runsync,
            f"GET|POST {endpoint}/status/{{job}}": self.status,
            f"POST {endpoint}/cancel/{{job}}": self.cancel,
            f"GET {endpoint}/health": self.health,
        }
        files = {"GET /{output}/{file}": self.media}
        self._api = surface(self, "/runpod", ("api.runpod.ai", "dev-api.runpod.ai"), api)
        self._media = surface(self, "/runpod/media", ("video.runpod.ai", "image.runpod.ai"), files)
        self.surfaces = (self._api, self._media)

    def key(self, request: Request) -> str | None:
        return bearer(request, "bearer")

    async def run(self, call: Call) -> Response:
        job = self._submit(call, "{}-u1")
        return reply({"id": job.id, "status": STATUS[State.QUEUED]})

    async def runsync(self, call: Call) -> Response:
        job = self._submit(call, "sync-{}-u1")
        job = await self.desk.wait(call.world, job, _wait(call) / 1000)
        return reply(self.body(job, call.world.clock.now()))

    async def status(self, call: Call) -> Response:
        world, job = self._job(call)
        job = await self.desk.look(world, job)
        return reply(self.body(job, world.clock.now()))

    async def cancel(self, call: Call) -> Response:
        world, job = self._job(call)
        try:
            job = self.desk.cancel(world, job)
        except AlreadyEnded:
            return reply(self.body(job, world.clock.now()))
        return reply({"id": job.id, "status": STATUS[State.CANCELLED]})

    async def health(self, call: Call) -> Response:
        model = find(self.name, call.request.path_params["endpoint"])
        now = call.world.clock.now()
        jobs = Counter(job.state(now) for job in call.world.jobs.values() if job.model == model.id)
        busy = jobs[State.RUNNING]
        return reply(
            {
                "jobs": {
                    "completed": jobs[State.SUCCEEDED],
                    "failed": jobs[State.FAILED],
                    "inProgress": busy,
                    "inQueue": jobs[State.QUEUED],
                    "retried": 0,
                },
                "workers": {
                    "idle": 0 if busy else 1,
                    "initializing": 0,
                    "ready": 0 if busy else 1,
                    "running": busy,
                    "throttled": 0,
                    "unhealthy": 0,
                },
            }
        )

    async def media(self, call: Call) -> Response:
        return video(self.desk, call.request.path_params["output"], call.request)

    def body(self, job: Job, now: float) -> dict[str, Any]:
        """A job as /status shows it: absent keys rather than nulls, integer milliseconds, sorted as seen live."""
        state = job.state(now)
        body: dict[str, Any] = {"id": job.id, "status": STATUS[state]}
        started = job.since(State.RUNNING)
        if state in (State.QUEUED, State.CANCELLED) or started is None:
            return body
        body |= {"delayTime": round((started - job.created) * 1000), "workerId": job.worker}
        if state.ended:
            body["executionTime"] = round((job.ends - started) * 1000)
        if state is State.SUCCEEDED:
            url = self._media.url(job.origin, f"/{job.outputs[0].id}/output.mp4")
            # The pages say video_url, the live service says result: clients in the field read either.
            body["output"] = {"cost": float(job.cost), "result": url, "video_url": url}
        elif job.failure:
            body["error"] = job.failure.message
        return dict(sorted(body.items()))

    def messages(self, job: Job, now: float) -> tuple[Message, ...]:
        if job.webhook is None:
            return ()
        body = self.body(job, now) | {"input": job.input, "webhook": job.webhook.url}
        headers = (("content-type", "application/json"), ("user-agent", "Go-http-client/2.0"))
        return (Message(job.webhook.url, as_json(dict(sorted(body.items()))), headers),)

    def problem(self, problem: Problem, call: Call) -> Response:
        match problem:
            case Unauthorized():
                return _envelope(401, "Unauthorized", "no token provided" if problem.missing else "invalid token")
            case UnknownModel():
                return _envelope(404, "Not Found", "endpoint not found")
            case NoSuchJob():
                return _envelope(404, "Not Found", "job not found")
            case NoRoute():
                return _envelope(404, "Not Found", str(problem))
            case WrongMethod():
                return _envelope(405, "Method Not Allowed", str(problem))
            case BadJSON():
                return _envelope(400, "Bad Request", f"bad request: body: {problem}")
            case TooLarge():
                return _envelope(
                    400, "Bad Request", f"bad request: body: exceeded max body size of {problem.limit // 2**20}MiB"
                )
            case BadRequest():
                return _envelope(400, "Bad Request", f"bad request: {problem}")
        return _envelope(500, "Internal Server Error", str(problem))

    def _submit(self, call: Call, id_form: str) -> Job:
        # The endpoint is looked up before the key is checked: without either, the answer is 404.
        model = find(self.name, call.request.path_params["endpoint"])
        world = call.world
        body = call.object()
        hook = expect(body, "webhook", str, required=False)
        return self.desk.submit(
            Order(
                world,
                model,
                expect(body, "input", dict),
                call.origin,
                lenient=True,
                id_form=id_form,
                webhook=Webhook(hook) if hook else None,
            )
        )

    def _job(self, call: Call) -> tuple[World, Job]:
        model = find(self.name, call.request.path_params["endpoint"])
        job_id = call.request.path_params["job"]
        if not self.key(call.request):
            raise Unauthorized(missing=True)
        world, job = call.job(job_id)
        if job.provider != self.name or job.model != model.id:
            raise NoSuchJob(job_id)
        return world, job


def _wait(call: Call) -> int:
    least, default, most = WAIT_MS
    text = call.request.query_params.get("wait", "")
    if not text.isdecimal():
        return default
    # Python reads no number of thousands of digits.
    return most if len(text) > 9 else min(max(int(text), least), most)


def _envelope(status: int, title: str, detail: str) -> Response:
    return reply({"status": status, "title": title, "detail": detail}, status)
