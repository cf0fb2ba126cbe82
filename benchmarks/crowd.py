"""The application in this process among many: jobs that wait or have ended, keys, exchanges, and webhooks."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from vidmock.engine.faults.faults import MOST_RULES
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.engine.time.mode import Mode
from vidmock.engine.webhooks.delivery import Message
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.uploads import MOST_FILES, Upload
from vidmock.engine.world.world import World
from vidmock.server.app import App

KEY = "a-key"
MOST_OF_A_KEY = 9_000
"""Jobs of one key that wait: the product takes 10,000, and the measured submits must still be accepted."""
PROMPT = "a kite over dunes"
RUNPOD, FAL, MODEL = (
    "/runpod/v2/kling-video-o1-r2v",
    "/fal/queue/fal-ai/kling-video",
    "kling-o1-video-to-video-reference",
)
TASK = {
    "taskType": "videoInference",
    "model": "klingai:kling@o1-standard",
    "positivePrompt": PROMPT,
    "width": 1280,
    "height": 720,
    "duration": 5,
}


@dataclass(frozen=True)
class Asked:
    """A request: ``{job}`` in *path* and *body* stands for a job of *provider*, ``{n}`` for a new number.

    *name* is the member of the answer that has the id of a new job. With *first*, that is asked before, and is no part
    of what this costs; its job is the one that this is about, and ``{answer}`` a member of its answer.
    """

    provider: str
    method: str
    path: str
    body: Any = None
    name: str = ""
    key: str | None = KEY
    first: Asked | None = None

    def __str__(self) -> str:
        task = f" {self.body[0]['taskType']}" if isinstance(self.body, list) else ""
        path = self.path.partition("?fal_webhook")[0]
        return f"{self.method} {path}{task}" + ("" if self.key == KEY else f", {self.key or 'no key'}")


HOOK = "https://receiver.test/hook"
SUBMITS = {
    "runpod": Asked(
        "runpod",
        "POST",
        f"{RUNPOD}/run",
        {"input": {"prompt": PROMPT, "images": ["https://p.example/a.png"]}, "webhook": HOOK},
        "id",
    ),
    "runware": Asked(
        "runware",
        "POST",
        "/runware/v1",
        [TASK | {"taskUUID": "00000000-0000-4000-8000-{n}", "webhookURL": HOOK}],
        "taskUUID",
    ),
    "fal": Asked("fal", "POST", f"{FAL}/o1/reference-to-video?fal_webhook={HOOK}", {"prompt": PROMPT}, "request_id"),
    "eachlabs": Asked(
        "eachlabs",
        "POST",
        "/eachlabs/v1/prediction",
        {
            "model": "kling-o1-video-to-video-reference",
            "input": {"prompt": PROMPT, "video_url": "https://clips.example/walk.mp4"},
            "webhook_url": HOOK,
        },
        "predictionID",
    ),
}


@dataclass
class Crowd:
    """The whole application, and a job of each provider in ``jobs`` that the others are copies of."""

    size: int
    app: App = field(init=False)
    jobs: dict[str, str] = field(default_factory=dict)
    number: int = 0

    def __post_init__(self) -> None:
        self.app = App(
            Settings(
                clock=Mode("manual"),
                behaviours={"eachlabs.limits": "off", "runpod.limits": "off", "fal.anonymous": "accepted"},
                keep_jobs=10**9,
                keep_exchanges=max(1_000, self.size),
                keep_bytes=2**40,
                keep_worlds=10**9,
                memory=2**40,
            ),
            _receive,
        )

    @property
    def world(self) -> World:
        return self.app.engine.worlds.world(KEY)

    async def submit(self) -> None:
        """A job of each provider."""
        for provider, asked in SUBMITS.items():
            self.jobs[provider] = _job_in(await self._ask(asked, self._known(asked)), asked)

    async def cost(self, asked: Asked) -> float:
        """CPU seconds of one call."""
        known = self._known(asked) | await self._asked_first(asked.first)
        began = time.process_time()
        await self._ask(asked, known)
        return time.process_time() - began

    async def _asked_first(self, first: Asked | None) -> dict[str, str]:
        """What is known of *first* once it was asked."""
        if first is None:
            return {}
        known = self._known(first) | await self._asked_first(first.first)
        answer = await self._ask(first, known)
        job = _job_in(answer, first) if first.name else known["{job}"]
        return {"{job}": job}

    def _known(self, asked: Asked) -> dict[str, str]:
        self.number += 1
        job = self.jobs.get(asked.provider, self.jobs.get("runpod", ""))
        return {"{job}": job, "{file}": self._file(job), "{n}": f"{self.number:012}"}

    async def _ask(self, asked: Asked, known: Mapping[str, str]) -> bytes:
        """The body of the answer, which must be a good one."""
        body = b"" if asked.body is None else json.dumps(asked.body).encode()
        for name, value in known.items():
            body = body.replace(name.encode(), value.encode())
        path, query = (urlsplit(_filled(asked.path, known))[place] for place in (2, 3))
        status, answer = await _call(self.app, asked, path, query, body, self.number)
        if not 200 <= status < 300:
            raise RuntimeError(f"{asked}: {status} {answer[:200]!r}")
        return answer

    def _file(self, job_id: str) -> str:
        job = self.world.jobs.get(job_id)
        return job.outputs[0].id if job and job.outputs else ""

    def copy(self, number: int, most_of_a_key: int) -> None:
        """*number* more jobs like those in ``jobs``, at most so many of each key."""
        like = [self.world.jobs[job] for job in self.jobs.values()]
        for place in range(number):
            owner = place // most_of_a_key
            world = self.app.engine.worlds.world(f"{KEY} {owner}") if owner else self.world
            job = like[place % len(like)]
            outputs = tuple(replace(output, id=f"{place:08x}-{output.id[9:]}") for output in job.outputs)
            again = replace(job, id=f"{place:08x}-{job.id[9:]}", outputs=outputs)
            world.jobs.accept(again, public=True)
            self.app.engine.plan_end(world, again)

    async def end(self) -> None:
        """Have all jobs end, with their webhooks."""
        await self.app.engine.worlds.clocks().advance(900)


async def waiting(size: int) -> Crowd:
    """Among *size* jobs that wait."""
    crowd = Crowd(size)
    await crowd.submit()
    crowd.copy(size, MOST_OF_A_KEY)
    return crowd


async def ended(size: int) -> Crowd:
    """Among *size* jobs of one key that have ended, each with its webhook."""
    crowd = Crowd(size)
    await crowd.submit()
    crowd.copy(size, size)
    await crowd.end()
    await crowd.submit()
    await crowd.end()
    return crowd


async def keys(size: int) -> Crowd:
    """Among *size* keys that were used."""
    crowd = Crowd(size)
    for place in range(size):
        crowd.app.engine.worlds.world(f"key {place}")
    await crowd.submit()
    return crowd


async def exchanges(size: int) -> Crowd:
    """Among *size* exchanges in the journal."""
    crowd = Crowd(size)
    await crowd.submit()
    (*_, last) = crowd.world.journal
    for _ in range(size):
        crowd.world.journal.record(replace(last, number=0, job="another", jobs=()))
    return crowd


async def rules(size: int) -> Crowd:
    """Among *size* fault rules of one key, each for another prompt: as many of them as the product takes."""
    crowd = Crowd(size)
    await crowd.submit()
    for place in range(min(size, MOST_RULES)):
        crowd.world.faults.add(FaultRule("before", Effect("rate_limit"), prompt=f"a prompt of number {place}"))
    return crowd


async def files(size: int) -> Crowd:
    """Among *size* uploaded files of one key, and places to upload to: as many of them as the product takes."""
    crowd = Crowd(size)
    await crowd.submit()
    for place in range(min(size, MOST_FILES)):
        name = f"{place:08x}-0000-4000-8000-000000000000"
        crowd.world.files.put(Upload(name, KEY, b"", "image/png", "a.png", crowd.world.clock.now()))
    return crowd


async def _receive(message: Message, timeout: float) -> tuple[int | None, str]:
    return 200, ""


def _job_in(answer: bytes, asked: Asked) -> str:
    found = json.loads(answer)
    return str((found["data"][0] if isinstance(asked.body, list) else found)[asked.name])


def _filled(path: str, known: Mapping[str, str]) -> str:
    for name, value in known.items():
        path = path.replace(name, value)
    return path


async def _call(
    app: Callable[..., Any], asked: Asked, path: str, query: str, body: bytes, number: int
) -> tuple[int, bytes]:
    """Status and body of the answer to a request over no socket."""
    status, parts, asked_for = 0, [], iter([body])

    async def receive() -> Mapping[str, Any]:
        for sent in asked_for:
            return {"type": "http.request", "body": sent, "more_body": False}
        return await asyncio.get_running_loop().create_future()

    async def send(message: Mapping[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)
        parts.append(message.get("body", b""))

    headers = [(b"host", b"bench"), (b"content-type", b"application/json"), (b"x-vidmock", b"1")]
    if asked.key:
        key = asked.key.replace("{n}", str(number))
        headers.append((b"authorization", f"{'Key' if asked.provider == 'fal' else 'Bearer'} {key}".encode()))
    scope = {
        "type": "http",
        "method": asked.method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": headers,
        "scheme": "http",
        "server": ("bench", 80),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
        "root_path": "",
        "state": {},
    }
    async with asyncio.timeout(60):
        await app(scope, receive, send)
    return status, b"".join(parts)
