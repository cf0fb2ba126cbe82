"""fal's queue and synchronous API: the queue accepts anything, and says what was wrong on the result."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from vidmock.engine.behaviour import Behaviour
from vidmock.engine.delivery import Message, RetryPlan
from vidmock.engine.desk import Desk, Order
from vidmock.engine.film import film
from vidmock.engine.job import Job, State, Webhook
from vidmock.engine.world import World
from vidmock.problems import (
    AlreadyEnded,
    BadJSON,
    BadRequest,
    Invalid,
    NoRoute,
    NoSuchJob,
    NotReady,
    Problem,
    TooLarge,
    Unauthorized,
    UnknownModel,
    WrongMethod,
)
from vidmock.providers import pydantic_v1
from vidmock.providers.base import Call, bearer, reply, surface
from vidmock.providers.files import video
from vidmock.providers.timestamps import iso
from vidmock.schema.catalog import find

STATUS = {State.QUEUED: "IN_QUEUE", State.RUNNING: "IN_PROGRESS"}
"""Everything else is COMPLETED: fal has no status for failure or cancellation."""

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_ANIMALS = ("elephant", "kangaroo", "koala", "lion", "monkey", "panda", "penguin", "rabbit", "tiger", "zebra")
_NAMESPACES = ("workflows", "comfy")


def app_id(endpoint: str) -> str:
    """The part of an endpoint id that its queue URLs are built from: two segments, three in a namespace."""
    parts = endpoint.split("/")
    return "/".join(parts[: 3 if parts[0] in _NAMESPACES else 2])


class Fal:
    name = "fal"
    behaviours: tuple[Behaviour, ...] = ()
    # Ten retries over two hours are documented; that they double is inferred.
    retries = RetryPlan(delays=tuple(7.0 * 2**n for n in range(10)), timeout=15.0)

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        job = "/{app:path}/requests/{job}"
        queue = {
            f"GET {job}/status": self.status,
            f"PUT {job}/cancel": self.cancel,
            f"GET {job}/response": self.result,
            f"GET {job}": self.result,
            "POST /{endpoint:path}": self.submit,
        }
        run = {"POST /{endpoint:path}": self.run}
        files = {"GET /files/b/{animal}/{file}": self.media}
        self._queue = surface(self, "/fal/queue", ("queue.fal.run", "queue.falrun.com"), queue)
        self._run = surface(self, "/fal/run", ("fal.run", "falrun.com"), run)
        self._media = surface(self, "/fal/media", ("v3b.fal.media", "v3.fal.media"), files)
        self.surfaces = (self._queue, self._run, self._media)

    def key(self, request: Request) -> str | None:
        return bearer(request, "key", "bearer") or request.query_params.get("fal_jwt_token")

    async def submit(self, call: Call) -> Response:
        job = self._submit(call, lenient=True)
        body = self._status(job, job.created) | {"logs": None, "metrics": {}}
        return reply(body, headers=_named(job))

    async def status(self, call: Call) -> Response:
        world, job = self._job(call)
        job = await self.desk.look(world, job)
        now = world.clock.now()
        logs = _logs(job, now) if call.request.query_params.get("logs") in ("1", "true") else None
        body = self._status(job, now) | {"logs": logs}
        return reply(body, 200 if job.ended(now) else 202, _named(job))

    async def result(self, call: Call) -> Response:
        world, job = self._job(call)
        # Some clients poll the result and never the status, so this is a look as well.
        job = await self.desk.look(world, job)
        if not job.ended(world.clock.now()):
            raise NotReady(job.id)
        return self._result(job)

    async def run(self, call: Call) -> Response:
        job = self._submit(call, lenient=False)
        return self._result(await self.desk.wait(call.world, job, float("inf")))

    async def cancel(self, call: Call) -> Response:
        try:
            world, job = self._job(call)
            self.desk.cancel(world, job)
        except AlreadyEnded:
            return reply({"status": "ALREADY_COMPLETED"}, 400)
        except NoSuchJob:
            return reply({"status": "NOT_FOUND"}, 404)
        return reply({"status": "CANCELLATION_REQUESTED"}, 202, _named(job))

    async def media(self, call: Call) -> Response:
        return video(self.desk, call.request.path_params["file"].removesuffix("_output.mp4"), call.request)

    def messages(self, job: Job, now: float) -> tuple[Message, ...]:
        if job.webhook is None:
            return ()
        status, payload = self._outcome(job)
        body = {
            "request_id": job.id,
            "gateway_request_id": job.id,
            "status": "OK" if status == 200 else "ERROR",
            "error": None if status == 200 else f"Invalid status code: {status}",
            "payload": payload,
        }
        headers = (
            ("content-type", "application/json"),
            ("x-fal-webhook-request-id", job.id),
            ("x-fal-webhook-user-id", "vidmock"),
            ("x-fal-webhook-timestamp", str(int(now))),
        )
        # As captured from the live service: sorted keys, a space after each separator.
        return (Message(job.webhook.url, json.dumps(body, sort_keys=True).encode(), headers),)

    def problem(self, problem: Problem, call: Call) -> Response:
        match problem:
            case Unauthorized():
                return reply({"detail": "invalid key credentials"}, 401)
            case Invalid():
                return reply({"detail": pydantic_v1.errors(problem.violations)}, 422, {"x-fal-billable-units": "0"})
            case UnknownModel():
                return reply({"detail": f"Application {problem.name!r} not found. {problem}"}, 404)
            case NoSuchJob():
                return reply({"status": "NOT_FOUND", "detail": str(problem)}, 404)
            case NotReady():
                return reply({"detail": "Request is still in progress"}, 400)
            case NoRoute():
                return reply({"detail": f"Path {problem.path} not found"}, 404, {"x-fal-billable-units": "0"})
            case WrongMethod():
                return reply({"detail": str(problem)}, 405, {"allow": ", ".join(problem.allowed)})
            case BadJSON() | BadRequest():
                item = {"loc": ["body"], "msg": str(problem), "type": "value_error.jsondecode"}
                return reply({"detail": [item]}, 422, {"x-fal-billable-units": "0"})
            case TooLarge():
                return _request_error(413, "bad_request", str(problem))
        return _request_error(500, "internal_error", str(problem))

    def _submit(self, call: Call, *, lenient: bool) -> Job:
        world = call.world
        model = find(self.name, call.request.path_params["endpoint"])
        hook = call.request.query_params.get("fal_webhook")
        return self.desk.submit(
            Order(
                world,
                model,
                call.object() if call.body.strip() else {},
                call.origin,
                lenient=lenient,
                output_id=_file_id,
                webhook=Webhook(hook) if hook else None,
            )
        )

    def _job(self, call: Call) -> tuple[World, Job]:
        job_id = call.request.path_params["job"]
        world, job = call.job(job_id)
        if job.provider != self.name or app_id(call.request.path_params["app"]) != app_id(job.model):
            raise NoSuchJob(job_id)
        return world, job

    def _status(self, job: Job, now: float) -> dict[str, Any]:
        base = self._queue.url(job.origin, f"/{app_id(job.model)}/requests/{job.id}")
        state = job.state(now)
        started = job.since(State.RUNNING)
        body: dict[str, Any] = {
            "status": STATUS.get(state, "COMPLETED"),
            "request_id": job.id,
            "response_url": base,
            "status_url": f"{base}/status",
            "cancel_url": f"{base}/cancel",
            "metrics": {},
        }
        if state is State.QUEUED:
            body["queue_position"] = 0
        if state.ended and started is not None:
            body["metrics"] = {"inference_time": round(job.ends - started, 6)}
        if state is State.CANCELLED:
            body |= {"error": "Request was cancelled", "error_type": "client_cancelled"}
        return body

    def _outcome(self, job: Job) -> tuple[int, dict[str, Any]]:
        """What the model answered once *job* has ended: status and body."""
        if job.failure:
            return 422, {"detail": pydantic_v1.errors(job.failure.violations)}
        if job.state(job.ends) is State.CANCELLED:
            return 499, {"detail": "Request was cancelled", "error_type": "client_cancelled"}
        output = job.outputs[0]
        file = {
            "url": self._media.url(job.origin, f"/files/b/{_animal(output.id)}/{output.id}_output.mp4"),
            "content_type": "video/mp4",
            "file_name": "output.mp4",
            "file_size": len(film(job, output)),
        }
        return 200, {"video": file}

    def _result(self, job: Job) -> Response:
        status, body = self._outcome(job)
        headers = _named(job)
        if status == 200:
            # That a unit is a second of video is inferred from the price being per second.
            headers["x-fal-billable-units"] = f"{job.outputs[0].seconds:g}"
        elif "error_type" in body:
            headers["x-fal-error-type"] = body["error_type"]
        else:
            headers["x-fal-billable-units"] = "0"
        return reply(body, status, headers)


def _named(job: Job) -> dict[str, str]:
    return {"x-fal-request-id": job.id}


def _request_error(status: int, kind: str, detail: str) -> Response:
    return reply({"detail": detail, "error_type": kind}, status, {"x-fal-error-type": kind})


def _file_id(draw: Random) -> str:
    return "".join(draw.choices(_LETTERS, k=21))


def _animal(file_id: str) -> str:
    return _ANIMALS[sum(file_id.encode()) % len(_ANIMALS)]


def _logs(job: Job, now: float) -> list[dict[str, str]]:
    said = {
        State.RUNNING: f"Generating with {job.model}",
        State.SUCCEEDED: "Done",
        State.FAILED: "The input was refused",
        State.CANCELLED: "Cancelled",
    }
    return [
        {"message": said[step.state], "level": "INFO", "source": "USER", "timestamp": iso(step.at)}
        for step in job.timeline
        if step.at <= now and step.state in said
    ]
