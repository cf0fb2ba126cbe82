"""Runware: one route, a list of tasks, each of which succeeds or fails on its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from vidmock.engine.behaviour import Behaviour
from vidmock.engine.delivery import Message, RetryPlan, as_json
from vidmock.engine.desk import Desk, Order
from vidmock.engine.job import Job, Output, State, Webhook
from vidmock.engine.world import new_id
from vidmock.problems import BadRequest, NoSuchJob, Problem
from vidmock.providers import runware_errors
from vidmock.providers.base import Call, bearer, kind_of, reply, surface
from vidmock.providers.files import video
from vidmock.schema.catalog import find

Task = Mapping[str, Any]
Items = list[dict[str, Any]]


class Runware:
    name = "runware"
    behaviours: tuple[Behaviour, ...] = ()
    # A quarter of a second, doubling, at most eight, is documented; how many attempts is not: five is inferred.
    retries = RetryPlan(delays=(0.25, 0.5, 1.0, 2.0), timeout=5.0)

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        api = {"POST /v1": self.tasks, "POST /": self.tasks}
        files = {"GET /video/os/{os}/ws/{ws}/vi/{file}": self.media}
        self._api = surface(self, "/runware", ("api.runware.ai", "ws-api.runware.ai"), api)
        self._media = surface(self, "/runware/media", ("vm.runware.ai", "im.runware.ai"), files)
        self.surfaces = (self._api, self._media)
        self._kinds = {
            "videoInference": self._video_inference,
            "getResponse": self._get_response,
            "ping": self._ping,
        }

    def key(self, request: Request) -> str | None:
        return bearer(request, "bearer")

    async def tasks(self, call: Call) -> Response:
        """Work through a batch: 200 when any task was accepted, else the status of the first error."""
        body = call.json()
        if not isinstance(body, list):
            raise BadRequest(f"The request body must be an array of tasks, not {kind_of(body)}.")
        authentication = None
        if body and isinstance(body[0], dict) and body[0].get("taskType") == "authentication":
            authentication, *body = body
            key = authentication.get("apiKey")
            call.enter(key if isinstance(key, str) else None)
        world = call.world
        data: Items = []
        errors: Items = []
        status = 200
        for task in body:
            try:
                data += await self._task(call, task)
            except Problem as problem:
                at, found = runware_errors.render(problem, task if isinstance(task, dict) else {})
                status = status if errors else at
                errors += found
        if authentication is not None and not body:
            data.append({"taskType": "authentication", "connectionSessionUUID": new_id(world.draw())})
        # An "errors" key, even an empty one, reads as failure to the vendor's own client: only send a full one.
        envelope = {"data": data, "errors": errors} if errors else {"data": data}
        return reply(envelope, status if errors and not data else 200)

    async def media(self, call: Call) -> Response:
        return video(self.desk, call.request.path_params["file"].rsplit(".", 1)[0], call.request)

    def messages(self, job: Job, now: float) -> tuple[Message, ...]:
        """One call per result, wrapped as the polls are."""
        if job.webhook is None or job.state(now) is not State.SUCCEEDED:
            return ()
        return tuple(
            Message(job.webhook.url, as_json({"data": [self._item(job, output, now)]})) for output in job.outputs
        )

    def problem(self, problem: Problem, call: Call) -> Response:
        status, errors = runware_errors.render(problem, {})
        return reply({"data": [], "errors": errors}, status)

    async def _task(self, call: Call, task: object) -> Items:
        if not isinstance(task, dict):
            raise BadRequest(f"Each task must be an object, not {kind_of(task)}.")
        kind = task.get("taskType")
        handler = self._kinds.get(kind) if isinstance(kind, str) else None
        if handler is None:
            raise BadRequest(
                f"Unsupported task type {kind!r}. Supported here: {', '.join(self._kinds)}, authentication.", "taskType"
            )
        return await handler(call, task)

    async def _video_inference(self, call: Call, task: Task) -> Items:
        model = task.get("model")
        if not isinstance(model, str):
            raise BadRequest(_wrong_type("model", model), "model")
        hook = task.get("webhookURL")
        self.desk.submit(
            Order(
                call.world,
                find(self.name, model),
                task,
                call.origin,
                id=task.get("taskUUID"),
                webhook=Webhook(hook) if hook else None,
                notes={"includeCost": task.get("includeCost") is True},
            )
        )
        return [{"taskType": "videoInference", "taskUUID": task["taskUUID"]}]

    async def _get_response(self, call: Call, task: Task) -> Items:
        """One item per result; nothing at all for an id that is not known (yet)."""
        task_id = task.get("taskUUID")
        if not isinstance(task_id, str):
            raise BadRequest(_wrong_type("taskUUID", task_id), "taskUUID")
        try:
            world, job = self.desk.find(task_id, call.world)
        except NoSuchJob:
            return []
        if job.provider != self.name:
            return []
        job = await self.desk.look(world, job)
        return [self._item(job, output, world.clock.now()) for output in job.outputs]

    async def _ping(self, call: Call, task: Task) -> Items:
        return [{"taskType": "ping", "pong": True}]

    def _item(self, job: Job, output: Output, now: float) -> dict[str, Any]:
        item: dict[str, Any] = {"taskType": "videoInference", "taskUUID": job.id, "status": "processing"}
        # The older Python client drops items without it and then idles for half a minute.
        item["videoUUID"] = output.id
        if job.state(now) is not State.SUCCEEDED:
            return item
        digits = int(output.id.replace("-", ""), 16)
        path = f"/video/os/a{digits % 24 + 1:02}d{digits // 24 % 24 + 1:02}/ws/5/vi/{output.id}.{output.container}"
        item |= {"status": "success", "videoURL": self._media.url(job.origin, path), "seed": output.seed}
        if job.notes["includeCost"]:
            item["cost"] = float(output.cost)
        return item


def _wrong_type(parameter: str, value: object) -> str:
    return f"Invalid value for '{parameter}' parameter. It must be a string, not {kind_of(value)}."
