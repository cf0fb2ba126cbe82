"""Eachlabs' prediction API: invalid input is refused with 400; results and failures are seen when polling."""

from __future__ import annotations

from collections.abc import Mapping
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
    Invalid,
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
from vidmock.schema.catalog import Model, find, models

STATUS = {
    State.QUEUED: "created",
    State.RUNNING: "processing",
    State.SUCCEEDED: "success",
    State.FAILED: "error",
    State.CANCELLED: "cancelled",
}
MODELS_LIMIT = (1, 50, 500)
"""Least, default and greatest ``limit`` of the model list."""


class Eachlabs:
    name = "eachlabs"
    behaviours: tuple[Behaviour, ...] = ()
    retries = RetryPlan(delays=(10.0, 10.0), timeout=30.0)

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        api = {
            "POST /v1/prediction": self.create,
            "GET /v1/prediction/{job}": self.poll,
            "POST /v1/prediction/{job}/cancel": self.cancel,
            "GET /v1/models": self.list_models,
            "GET /v1/model": self.one_model,
        }
        self._api = surface(self, "/eachlabs", ("api.eachlabs.ai",), api)
        self._media = surface(self, "/eachlabs/media", ("cdn-us.eachlabs.ai",), {"GET /uploads/{file}": self.media})
        self.surfaces = (self._api, self._media)

    def key(self, request: Request) -> str | None:
        return request.headers.get("x-api-key") or bearer(request, "bearer")

    async def create(self, call: Call) -> Response:
        world = call.world
        body = call.object()
        model = find(self.name, expect(body, "model", str))
        # Clients send an empty webhook_url to say that they want none.
        hook = expect(body, "webhook_url", str, required=False)
        secret = expect(body, "webhook_secret", str, required=False)
        job = self.desk.submit(
            Order(
                world,
                model,
                expect(body, "input", dict),
                call.origin,
                webhook=Webhook(hook, secret or None) if hook else None,
            )
        )
        return reply({"status": "success", "message": "Prediction created successfully", "predictionID": job.id})

    async def poll(self, call: Call) -> Response:
        world, job = self._job(call)
        job = await self.desk.look(world, job)
        return reply(self._prediction(job, world.clock.now()))

    async def cancel(self, call: Call) -> Response:
        world, job = self._job(call)
        self.desk.cancel(world, job)
        return reply({"status": "success", "message": "Prediction canceled successfully", "predictionID": job.id})

    async def list_models(self, call: Call) -> Response:
        query = call.request.query_params
        least, default, most = MODELS_LIMIT
        limit, offset = query.get("limit", str(default)), query.get("offset", "0")
        # Python reads no number of thousands of digits.
        if not (limit.isdecimal() and len(limit) < 10 and least <= int(limit) <= most):
            return reply({"error": "invalid limit parameter"}, 400)
        if not (offset.isdecimal() and len(offset) < 10):
            return reply({"error": "invalid offset parameter"}, 400)
        name = query.get("name", "").casefold()
        named = [model for model in models(self.name) if name in model.name.casefold() or name in model.id]
        return reply([_card(model) for model in named[int(offset) :][: int(limit)]])

    async def one_model(self, call: Call) -> Response:
        slug = call.request.query_params.get("slug")
        if not slug:
            return reply({"error": "slug parameter is required"}, 400)
        try:
            return reply(_card(find(self.name, slug)))
        except UnknownModel:
            return reply({"error": "Failed to fetch model: model not found"}, 404)

    async def media(self, call: Call) -> Response:
        return video(self.desk, call.request.path_params["file"].removesuffix(".mp4"), call.request)

    def messages(self, job: Job, now: float) -> tuple[Message, ...]:
        state = job.state(now)
        if job.webhook is None or state is State.CANCELLED:
            return ()
        body: dict[str, Any] = {"exec_id": job.id, "flow_id": None, "status": "succeeded", "output": None, "error": ""}
        if state is State.SUCCEEDED:
            body["output"] = self._url(job)
        else:
            reason = job.failure.message if job.failure else ""
            body |= {"status": "failed", "output": [{"id": "", "status": "", "output": "", "error": reason}]}
        secret = (("x-webhook-secret", job.webhook.secret),) if job.webhook.secret else ()
        headers = (("content-type", "application/json"), *secret)
        return (Message(job.webhook.url, as_json(body), headers),)

    def problem(self, problem: Problem, call: Call) -> Response:
        match problem:
            case Unauthorized():
                return _error(401, "Invalid or missing API key")
            case UnknownModel():
                return _error(404, "Model not found", str(problem))
            case NoSuchJob():
                return _error(404, "Prediction not found", str(problem))
            case Invalid():
                return _error(400, "Invalid input for model", str(problem))
            case BadJSON():
                return _error(422, "The body is not valid JSON", str(problem))
            case BadRequest():
                return _error(400, f"{problem.parameter or 'body'} field is invalid", str(problem))
            case AlreadyEnded():
                return _error(400, "Prediction has already finished", str(problem))
            case TooLarge():
                return _error(413, "Request body is too large", str(problem))
            case NoRoute():
                return _error(404, "Not found", str(problem))
            case WrongMethod():
                return _error(405, "Method not allowed", str(problem))
        return _error(500, "Internal server error", str(problem))

    def _job(self, call: Call) -> tuple[World, Job]:
        job_id = call.request.path_params["job"]
        if not self.key(call.request):
            raise Unauthorized(missing=True)
        world, job = call.job(job_id)
        if job.provider != self.name:
            raise NoSuchJob(job_id)
        return world, job

    def _url(self, job: Job) -> str:
        return self._media.url(job.origin, f"/uploads/{job.outputs[0].id}.mp4")

    def _prediction(self, job: Job, now: float) -> dict[str, Any]:
        """What the pages and the captured bodies show, taken together: each names keys that the other lacks."""
        state = job.state(now)
        url = self._api.url(job.origin, f"/v1/prediction/{job.id}")
        done = state is State.SUCCEEDED
        return {
            "id": job.id,
            "predictionID": job.id,
            "input": job.input,
            "status": STATUS[state],
            "output": self._url(job) if done else None,
            "logs": None,
            "metrics": {
                "predict_time": round(job.ends - job.created, 6) if done else 0,
                "cost": float(job.cost) if done else 0,
            },
            "urls": {"get": url, "cancel": f"{url}/cancel"},
        }


def _card(model: Model) -> Mapping[str, Any]:
    return {
        "title": model.name,
        "slug": model.id,
        "version": "0.0.1",
        "output_type": "video",
        "request_schema": dict(model.schema),
    }


def _error(status: int, message: str, details: str = "") -> Response:
    return reply({"status": "error", "message": message, "details": details, "error": message}, status)
