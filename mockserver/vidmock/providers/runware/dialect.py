"""Runware's dialect: a route and a WebSocket for batches of tasks, files, and the catalogue of models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from vidmock.engine.jobs.job import Job, Output
from vidmock.engine.service.engine import Engine
from vidmock.engine.webhooks.delivery import Message
from vidmock.engine.world.world import World
from vidmock.media.formats import made_kind
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import operation
from vidmock.providers.exchange.envelope import Credential, bearer, reply
from vidmock.providers.exchange.files import video_response
from vidmock.providers.exchange.gate import Gate
from vidmock.providers.exchange.surface import surface
from vidmock.providers.runware import jobs
from vidmock.providers.runware.catalogue import Catalogue
from vidmock.providers.runware.errors import render_problem
from vidmock.providers.runware.handshake import shake_hands
from vidmock.providers.runware.request import TaskAnswer, in_turns, tasks_of
from vidmock.providers.runware.session import Sessions
from vidmock.providers.runware.socket import Socket
from vidmock.providers.runware.storage import RunwareStorage
from vidmock.providers.runware.tasks import Tasks, is_authentication
from vidmock.providers.runware.webhooks import RUNWARE_RETRIES, upload_messages, webhook_messages


class RunwareDialect:
    name = "runware"
    render = staticmethod(render_problem)
    retries = RUNWARE_RETRIES

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.gate = Gate(self.name)
        files = {"video": self.media, "image": self.media, "audio": self.media, "stored": self.stored}
        self._media = surface(self, "media", files, base=engine.settings.media_url)
        self._storage = RunwareStorage(engine, self._media)
        self._tasks = Tasks(engine, self._storage, self._results)
        self._sessions = Sessions()
        api, catalogue = surface(self, "api", {"batch": self.batch}), Catalogue()
        socket = WebSocketRoute("/v1", self.socket)
        self.surfaces = (
            replace(api, routes=[*api.routes, socket]),
            self._media,
            surface(self, "schemas", catalogue.schemas),
            surface(self, "content", catalogue.content),
        )

    def credential(self, request: Request) -> Credential | None:
        return Credential.of(bearer(request, "bearer"))

    async def batch(self, call: Call) -> Response:
        """Answer a batch of tasks: 200 if it is empty or any task succeeded, else the status of the first task."""
        batch = tasks_of(call.json(), "The request body")
        only_a_key = len(batch) == 1 and is_authentication(batch[0])
        if batch and is_authentication(batch[0]):
            key = batch.pop(0).get("apiKey")
            call.enter(key if isinstance(key, str) else None)
        call.authorize()
        outcomes = [await self._tasks.work(call, task, batch) async for task in in_turns(batch)]
        if only_a_key:
            session = {"taskType": "authentication", "connectionSessionUUID": call.label}
            outcomes.append(TaskAnswer((session,)))
        accepted = not outcomes or any(outcome.status == 200 for outcome in outcomes)
        body = {"data": [item for outcome in outcomes for item in outcome.data]}
        # Runware's own client takes any "errors" key as failure, even an empty one.
        if errors := [error for outcome in outcomes for error in outcome.errors]:
            body["errors"] = errors
        return reply(body, 200 if accepted else outcomes[0].status)

    async def socket(self, socket: WebSocket) -> None:
        nobody = self.engine.worlds.world("")

        def new_call(request: Request, body: bytes) -> Call:
            return Call(request, self, body=body)

        if await shake_hands(socket, nobody, new_call):
            await Socket(socket, self._tasks, self._sessions, nobody, new_call).serve()

    @operation("media")
    async def media(self, call: Call) -> Response:
        output_id = call.request.path_params["file"].rsplit(".", 1)[0]

        def kept(world: World, job: Job) -> float:
            return float(job.input.get("ttl", math.inf))

        return video_response(call, self.engine.worlds, output_id, jobs.media_path, kept)

    @operation("media")
    async def stored(self, call: Call) -> Response:
        return await self._storage.serve(call)

    def messages(self, world: World, job: Job, now: float, outputs: Sequence[Output]) -> tuple[Message, ...]:
        results = jobs.task_answer(world, job, outputs, now, self._link(job))
        return (*upload_messages(job, outputs, now), *webhook_messages(world, job, results))

    def _results(self, world: World, job: Job, now: float, task_type: str = "") -> TaskAnswer:
        """The results of *job* of *world* at *now*, as items of *task_type*."""
        return jobs.task_answer(world, job, job.outputs, now, self._link(job), task_type)

    def _link(self, job: Job) -> jobs.LinkOf:
        return lambda output: self._media.url(job.origin, jobs.media_path(output), made_kind(output.container))
