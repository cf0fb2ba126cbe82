"""Eachlabs' dialect: the routes for predictions, models, executions, the webhook log and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from vidmock.engine.jobs.job import Job, Output, Webhook
from vidmock.engine.service.engine import Engine
from vidmock.engine.service.submission import Submission
from vidmock.engine.webhooks.delivery import Message
from vidmock.engine.world.world import World
from vidmock.problems import Coded, NoSuchFile, NoSuchJob, Unauthorized, UnknownModel, WrongScheme
from vidmock.providers.eachlabs import behaviours, jobs, webhooks
from vidmock.providers.eachlabs.errors import render_problem, request_id
from vidmock.providers.eachlabs.executions import executions_page
from vidmock.providers.eachlabs.models import model_card, model_openapi
from vidmock.providers.eachlabs.quotas import QUOTAS
from vidmock.providers.eachlabs.request import Page
from vidmock.providers.eachlabs.storage import EXPIRY_SECONDS, EachlabsStorage
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import Handler, operation
from vidmock.providers.exchange.envelope import Credential, bearer, expect, is_uuid, reply
from vidmock.providers.exchange.files import video_response
from vidmock.providers.exchange.gate import Gate
from vidmock.providers.exchange.judging import judged
from vidmock.providers.exchange.surface import surface
from vidmock.schema.result import model_result


class EachlabsDialect:
    name = "eachlabs"
    render = staticmethod(render_problem)
    retries = webhooks.RETRY_PLANS[behaviours.WEBHOOK_RETRIES.default]

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.gate = Gate(self.name)
        api: Mapping[str, Handler] = {
            "create": self.create,
            "run": self.run,
            "poll": self.poll,
            "cancel": self.cancel,
            "list_models": self.list_models,
            "one_model": self.one_model,
            "describe": self.describe,
            "executions": self.executions,
            "webhooks": self.webhooks,
            "webhook": self.webhook,
            "presign": self.presign,
            "delete": self.delete,
        }
        self._api = surface(self, "api", {name: self._identified(handler) for name, handler in api.items()})
        self._media = surface(self, "media", {"file": self.media, "put": self.put}, base=engine.settings.media_url)
        self.surfaces = (self._api, self._media)
        self._storage = EachlabsStorage(engine.worlds, self._media)

    def credential(self, request: Request) -> Credential | None:
        """The key of ``X-API-Key`` or of the bearer token; of two keys, the first that is accepted here."""
        own = request.headers.get("x-api-key")
        try:
            borne = bearer(request, "bearer")
        except WrongScheme:
            if not own:
                raise
            borne = None
        sent = [key for key in (own, borne) if key]
        good = (key for key in sent if self.engine.worlds.accepts(key))
        return Credential.of(next(good, sent[0] if sent else None))

    @operation("submit")
    async def create(self, call: Call) -> Response:
        world = call.world
        body = call.object()
        name = expect(body, "model", str)
        # Clients send an empty webhook_url for no webhook.
        hook = expect(body, "webhook_url", str, required=False)
        secret = expect(body, "webhook_secret", str, required=False)
        sent = expect(body, "input", dict)
        model = call.catalog.find(self.name, name, given=sent)
        used = self._storage.published(call, sent)
        wanted = Submission(
            world,
            model,
            used,
            call.origin,
            lenient=world.choice(behaviours.INVALID_INPUT) == "later",
            webhook=Webhook(hook, secret or None) if hook else None,
            quota=QUOTAS[world.choice(behaviours.LIMITS)],
            notes=jobs.EachlabsNotes(None if used == sent else sent),
            weight=call.weight,
            body=body,
        )
        job = call.submit(await judged(call, wanted))
        answer = {"status": "success", "message": "Prediction created successfully", "predictionID": job.id}
        return reply(answer, int(world.choice(behaviours.CREATED_CODE)))

    async def run(self, call: Call) -> Response:
        """Refuse to run a model synchronously: no model here supports it."""
        call.authorize()
        call.catalog.find(self.name, expect(call.object(), "model", str))
        raise Coded("no-synchronous-execution")

    @operation("poll")
    async def poll(self, call: Call) -> Response:
        world, job = self._job(call)
        job = await call.look(job)
        url = self._api.url(job.origin, f"/v1/prediction/{job.id}")
        return reply(jobs.prediction_body(world, job, call.now, self._made(world, job), url))

    @operation("cancel")
    async def cancel(self, call: Call) -> Response:
        try:
            world, job = self._job(call)
        except NoSuchJob:
            if call.world.choice(behaviours.CANCEL_UNKNOWN) == "500":
                raise Coded("not-cancelled") from None
            raise
        self.engine.cancel(world, job, call.now)
        word = world.choice(behaviours.CANCEL_STATUS)
        return reply({"status": word, "message": "Prediction canceled successfully", "predictionID": job.id})

    @operation("list")
    async def list_models(self, call: Call) -> Response:
        query = call.request.query_params
        page, name = Page.read(query, default=50, most=500), query.get("name", "").casefold()
        named = [model for model in call.catalog.models(self.name) if name in model.name.casefold() or name in model.id]
        return reply([model_card(model) for model in page.of(named)])

    @operation("list")
    async def one_model(self, call: Call) -> Response:
        slug = call.request.query_params.get("slug")
        if not slug:
            raise Coded("slug-required")
        try:
            return reply(model_card(call.catalog.find(self.name, slug)))
        except UnknownModel:
            raise Coded("model-not-fetched") from None

    @operation("list")
    async def describe(self, call: Call) -> Response:
        call.authorize()
        model = call.catalog.find(self.name, call.request.path_params["model"])
        return reply(model_openapi(model, self._api.url(call.origin, "")))

    @operation("list")
    async def executions(self, call: Call) -> Response:
        """Those that all filters select, the newest first. The filters are those of the OpenAPI document (2026-08-21).

        Raises:
            Coded: a parameter is wrong; the message has what would be right.
        """
        world, now = call.world, call.now
        shown, totals = executions_page(world, call.request.query_params, now)
        for job in shown:
            call.tell(job)
        rows = [jobs.execution_row(world, job, now, self._made(world, job)) for job in shown]
        return reply({"executions": rows} | totals)

    @operation("list")
    async def webhooks(self, call: Call) -> Response:
        world, page = call.world, Page.read(call.request.query_params, default=50, most=100)
        found = world.outbox.of(self.name)
        entries = list(map(webhooks.webhook_entry, page.of(reversed(found))))
        return reply({"webhooks": entries, "limit": page.limit, "offset": page.offset, "total_count": len(found)})

    @operation("list")
    async def webhook(self, call: Call) -> Response:
        world, job_id = call.world, call.request.path_params["job"]
        if not is_uuid(job_id):
            raise Coded("invalid-execution-id")
        found = (one for one in reversed(world.outbox.about(job_id)) if one.provider == self.name and not one.copied)
        delivery = next(found, None)
        if delivery is None:
            raise Coded("webhook-not-found")
        attempts = webhooks.attempt_entries(delivery, delivery.message.retries or self.retries)
        return reply(webhooks.webhook_entry(delivery) | {"attempts": attempts})

    @operation("upload")
    async def presign(self, call: Call) -> Response:
        return reply(self._storage.presign(call.world, call.object(), call.origin, call.now))

    @operation("upload")
    async def put(self, call: Call) -> Response:
        request = call.request
        ticket = self._storage.ticket(call, request.path_params["file"], request.query_params.get("signature", ""))
        self._storage.put(call.world, ticket, request.headers, call.body)
        return Response(status_code=200)

    @operation("delete")
    async def delete(self, call: Call) -> Response:
        try:
            world, file = call.world, call.request.path_params["file"]
        except Unauthorized:
            raise Coded("delete-unauthorized") from None
        if not is_uuid(file):
            raise Coded("invalid-argument")
        try:
            self._storage.delete(world, file)
        except NoSuchFile:
            if world.choice(behaviours.DELETE_UNKNOWN) == "404":
                raise
        return Response(status_code=204)

    @operation("media")
    async def media(self, call: Call) -> Response:
        file = call.request.path_params["file"]
        if stored := self._storage.find(call, file):
            return await stored.response(call)
        output, kept = file.rpartition(".")[0], EXPIRY_SECONDS[1]
        return video_response(call, self.engine.worlds, output, _file_path, lambda world, job: kept)

    def messages(self, world: World, job: Job, now: float, outputs: Sequence[Output]) -> tuple[Message, ...]:
        message = webhooks.eachlabs_message(world, job, now, self._made(world, job))
        return (message,) if message else ()

    def _identified(self, handler: Handler) -> Handler:
        """*handler* with the request's id as a header of its answers; errors have it from their renderer."""

        async def answered(call: Call) -> Response:
            response = await handler(call)
            response.headers["x-request-id"] = request_id(call.context())
            return response

        return operation(getattr(handler, "operation", ""))(answered)

    def _job(self, call: Call) -> tuple[World, Job]:
        call.authorize()
        return call.job(call.request.path_params["job"])

    def _made(self, world: World, job: Job) -> Any:
        """What *job* of *world* has made: the URL of its file, or of all its files, or a text."""
        urls = [self._media.url(job.origin, _file_path(output)) for output in job.outputs]
        if urls or job.failure:
            return urls if len(urls) > 1 else next(iter(urls), "")
        return model_result(world.settings.catalog.find(self.name, job.model, given=job.input), job.input, ())["output"]


def _file_path(output: Output) -> str:
    """The path of the file of *output* on the media host."""
    return f"/uploads/{output.id}.{output.container}"
