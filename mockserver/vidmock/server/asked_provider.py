"""Asks a provider: what it answers to a request, refused or not, as a server of its own in this process has it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Protocol

import httpx
from starlette.types import Receive, Scope, Send

from vidmock import strict_json
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.service.engine import Engine
from vidmock.engine.service.webhook_sender import Post
from vidmock.engine.time.mode import Mode
from vidmock.engine.webhooks.delivery import Message, ReceiverAnswer
from vidmock.engine.world.behaviours import check_behaviours
from vidmock.engine.world.settings import Settings
from vidmock.schema.catalog import Model, ModelCatalog
from vidmock.schema.known_media import Listing, Probe, media_from_mapping
from vidmock.schema.request_body import is_whole_body
from vidmock.server.held_answer import wait_for
from vidmock.server.page_policy import STRANGERS
from vidmock.server.sample_calls import SAMPLE_KEY, SAMPLES

_LATENCY: Final = Latency(queue=(1.0, 1.0), run=(2.0, 2.0))
_CODES: Final = ("code", "type", "error_code")
_PATIENCE: Final = 3700.0
"""Seconds of the mock's clock after which an answer that is held does not come."""
_OUR_OWN: Final = frozenset({*STRANGERS, "content-disposition"})
"""The headers by which this server keeps browsers from taking an answer for a page."""


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """An HTTP answer. *later* is that to the poll which finds the job ended.

    It is ``None`` where no job was accepted, and where the answer has its result.

    *codes* are the provider's own words for what is wrong, in the order of the body: at Runware and fal each error has
    one, at Eachlabs a failed job, and RunPod has none.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    later: ProviderAnswer | None = None

    @property
    def json(self) -> Any:
        """The body, read as JSON. Raises BadJSON: it is none."""
        return strict_json.loads(self.body)

    @property
    def last(self) -> ProviderAnswer:
        """The answer that tells what became of the request: *later*, or this one."""
        return self.later or self

    @property
    def codes(self) -> tuple[str, ...]:
        body = self.last.json
        told = body.get("errors") or body.get("detail") or [body] if isinstance(body, dict) else []
        words = ([each[name] for name in _CODES if name in each] for each in told if isinstance(each, dict))
        # Runware's errors have the type that is asked for beside their code.
        return tuple(found[0] for found in words if found and isinstance(found[0], str))


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    url: str
    body: Any = None


class InProcess(Protocol):
    """All providers as one ASGI application."""

    @property
    def engine(self) -> Engine: ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


MakeInProcess = Callable[[Settings, Post], InProcess]


def ask_provider(
    make: MakeInProcess,
    model: Model,
    payload: object,
    media: Probe | Listing,
    catalog: ModelCatalog,
    behaviours: Mapping[str, str],
) -> ProviderAnswer:
    """What the provider of *model*, one of *catalog*, answers: see :func:`vidmock.provider_answer`.

    It is asked of the application that *make* makes.
    """
    read = strict_json.loads(payload) if isinstance(payload, str | bytes) else payload
    settings = Settings(
        clock=Mode("manual"),
        latency=_LATENCY,
        behaviours=check_behaviours(behaviours),
        media=media if callable(media) else media_from_mapping(media),
        catalog=catalog,
        magic_inputs=False,
    )
    # In a thread of its own: whoever asks may be in a running loop.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(_asked(make(settings, _unsent), model, read))).result()


async def _asked(app: InProcess, model: Model, payload: object) -> ProviderAnswer:
    name, form = SAMPLES[model.provider].key_header
    headers = {name: form.format(key=SAMPLE_KEY), "content-type": "application/json"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), headers=headers) as client:
        world = app.engine.worlds.world(SAMPLE_KEY)

        async def send(call: _Call) -> httpx.Response:
            content = None if call.body is None else json.dumps(call.body)
            asking = asyncio.ensure_future(client.request(call.method, call.url, content=content))
            await wait_for(asking, world.clock, _PATIENCE)
            return await asking

        answer = await send(_submit(model, payload))
        job = next(iter(world.jobs), None)
        if job is None or world.jobs[job].ended(world.clock.now()):
            return _as_answer(answer)
        await world.clock.advance_to(world.jobs[job].ends)
        return _as_answer(answer, _as_answer(await send(_poll(model, job))))


def _as_answer(answer: httpx.Response, later: ProviderAnswer | None = None) -> ProviderAnswer:
    headers = {name: value for name, value in answer.headers.items() if name not in _OUR_OWN}
    return ProviderAnswer(answer.status_code, headers, answer.content, later)


def _submit(model: Model, payload: object) -> _Call:
    """The request that submits *payload*, with the provider's envelope or without."""
    wrapped = is_whole_body(model, payload)
    match model.provider:
        case "runpod":
            body = payload if wrapped else {"input": payload}
            return _Call("POST", f"https://api.runpod.ai/v2/{model.id}/run", body)
        case "runware":
            return _Call("POST", "https://api.runware.ai/v1", payload if isinstance(payload, list) else [payload])
        case "fal":
            return _Call("POST", f"https://queue.fal.run/{model.id}", payload)
        case _:
            body = payload if wrapped else {"model": model.id, "input": payload}
            return _Call("POST", "https://api.eachlabs.ai/v1/prediction/", body)


def _poll(model: Model, job: str) -> _Call:
    """The request that asks for the result of *job*."""
    match model.provider:
        case "runpod":
            return _Call("GET", f"https://api.runpod.ai/v2/{model.id}/status/{job}")
        case "runware":
            return _Call("POST", "https://api.runware.ai/v1", [{"taskType": "getResponse", "taskUUID": job}])
        case "fal":
            return _Call("GET", f"https://queue.fal.run/{'/'.join(model.id.split('/')[:2])}/requests/{job}")
        case _:
            return _Call("GET", f"https://api.eachlabs.ai/v1/prediction/{job}")


async def _unsent(message: Message, timeout: float) -> ReceiverAnswer:
    return ReceiverAnswer(200)
