"""Fixtures of all tests: a server in this process whose clock the test moves, and a server on a port."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import httpx
import hypothesis
import pytest
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from tests.browser import PATIENCE, Browser

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode
from vidmock.engine.webhooks.delivery import Message, ReceiverAnswer
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World
from vidmock.server.app import App
from vidmock.server.server import ThreadedServer

# A client of httpx reads all authorities that it trusts, which takes longer than most tests. None of them is met here.
os.environ["SSL_CERT_FILE"] = str(Path(__file__).with_name("no_authority.pem"))

# Neither are five seconds enough for an answer where other programs use the processors too. Those who mean to wait for
# a time say so.
DEFAULT_TIMEOUT_CONFIG.connect = DEFAULT_TIMEOUT_CONFIG.read = DEFAULT_TIMEOUT_CONFIG.write = PATIENCE

# How long an example takes is the machine's business. `--hypothesis-profile=thorough` tries ten times as many.
hypothesis.settings.register_profile("tests", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("tests")
hypothesis.settings.register_profile("thorough", max_examples=1000)

T = TypeVar("T")
STRANGERS = ("evil.test", "rebound.test")
"""Names of no machine that lead to this one in ``browser``."""
ORIGIN = "http://mock.test"
SETTINGS = Settings(seed=1, clock=Mode("manual"), latency=Latency(queue=(1.0, 1.0), run=(2.0, 2.0)))
"""A job is queued for 1 s and runs for 2 s; one with an invalid input fails after running for 0.5 s."""


class Receiver:
    """A webhook receiver without a socket. It answers with *statuses* in turn, and keeps to the last one.

    A status of ``None`` is a refused connection.
    """

    def __init__(self) -> None:
        self.statuses: list[int | None] = [200]
        self.messages: list[Message] = []
        self.timeouts: list[float] = []
        self.sent = self.received = b""

    async def __call__(self, message: Message, timeout: float) -> ReceiverAnswer:
        self.messages.append(message)
        self.timeouts.append(timeout)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return ReceiverAnswer(status, "" if status else "connection refused", self.sent, self.received)


class House:
    """The whole application in this process, without a socket. Each call runs its event loop until it is answered."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.receiver = Receiver()
        self.app = App(settings, self.receiver)
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def ask(self, method: str, path: str, key: str | None = "a-key", **more: Any) -> httpx.Response:
        """Send a request, with *key* as its provider expects it, unless *headers* have credentials already."""
        return self.run(self._ask(method, path, key, more))

    def get(self, path: str, key: str | None = "a-key", **more: Any) -> httpx.Response:
        return self.ask("GET", path, key, **more)

    def post(self, path: str, json: object = None, key: str | None = "a-key", **more: Any) -> httpx.Response:
        if json is not None:
            more["json"] = json
        return self.ask("POST", path, key, **more)

    def begin(self, method: str, path: str, key: str | None = "a-key", **more: Any) -> asyncio.Task[httpx.Response]:
        """Start a request that waits for the clock; ``finish`` returns its answer."""

        async def start() -> asyncio.Task[httpx.Response]:
            task = asyncio.ensure_future(self._ask(method, path, key, more))
            await _let_tasks_run()
            return task

        return self.run(start())

    def finish(self, task: asyncio.Task[httpx.Response]) -> httpx.Response:
        async def done() -> httpx.Response:
            async with asyncio.timeout(60):
                return await task

        return self.run(done())

    def advance(self, seconds: float, key: str = "a-key") -> None:
        async def pass_time() -> None:
            await self.world(key).clock.advance(seconds)
            await _let_tasks_run()

        self.run(pass_time())

    def world(self, key: str = "a-key") -> World:
        return self.app.engine.worlds.world(key)

    def close(self) -> None:
        self.run(self._client.aclose())
        self._runner.close()

    async def _ask(self, method: str, path: str, key: str | None, more: Mapping[str, Any]) -> httpx.Response:
        headers = dict(more.get("headers", {}))
        if key is not None:
            headers.setdefault("Authorization", f"{'Key' if 'fal' in str(path) else 'Bearer'} {key}")
        if str(path).startswith("/_vidmock"):
            headers.setdefault("x-vidmock", "1")
        return await self._client.request(method, path, **{**more, "headers": headers})


async def _let_tasks_run() -> None:
    """Let all tasks run until they wait for the clock or for each other."""
    for _ in range(20):
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Wire:
    """The requests of one provider, for tests over all four providers.

    *poll* gives method, path and body for a job's id; *webhook* gives the body and the query that ask for a webhook.
    """

    name: str
    submit_path: str
    body: Any
    bad_body: Any
    job_id: Callable[[Any], str]
    poll: Callable[[str], tuple[str, str, Any]]
    video: Callable[[Any], str]
    webhook: Callable[[Any, str], tuple[Any, dict[str, str]]]

    def submit(self, house: House, key: str = "a-key", webhook: str | None = None) -> str:
        body, params = self.webhook(self.body, webhook) if webhook else (self.body, {})
        answer = house.post(self.submit_path, _fresh(body), key, params=params)
        assert answer.status_code == 200, answer.text
        return self.job_id(answer.json())

    def look(self, house: House, job: str, key: str | None = "a-key") -> httpx.Response:
        method, path, body = self.poll(job)
        return house.ask(method, path, key, **({} if body is None else {"json": body}))


_RUNS = iter(range(1, 10**9))


def _fresh(body: Any) -> Any:
    """A new taskUUID for each of Runware's tasks, as its clients make them; other bodies stay as they are."""
    if not isinstance(body, list):
        return body
    return [task | {"taskUUID": f"00000000-0000-4000-8000-{next(_RUNS):012}"} for task in body]


RUNPOD = "/runpod/v2/kling-video-o1-r2v"
FAL = "/fal/queue/fal-ai/kling-video"
PICTURE = "https://pictures.example/cat.png"
RUNWARE_TASK: dict[str, Any] = {
    "taskType": "videoInference",
    "model": "klingai:kling@o1-standard",
    "positivePrompt": "a kite over dunes",
    "width": 1280,
    "height": 720,
    "duration": 5,
}
WIRES = (
    Wire(
        "runpod",
        f"{RUNPOD}/run",
        {"input": {"prompt": "a kite over dunes", "images": [PICTURE]}},
        {"input": {"prompt": "no pictures at all"}},
        lambda answer: str(answer["id"]),
        lambda job: ("GET", f"{RUNPOD}/status/{job}", None),
        lambda answer: str(answer["output"]["video_url"]),
        lambda body, url: (body | {"webhook": url}, {}),
    ),
    Wire(
        "runware",
        "/runware/v1",
        [RUNWARE_TASK],
        [RUNWARE_TASK | {"taskUUID": "00000000-0000-4000-8000-ffffffffffff", "duration": 99}],
        lambda answer: str(answer["data"][0]["taskUUID"]),
        lambda job: ("POST", "/runware/v1", [{"taskType": "getResponse", "taskUUID": job}]),
        lambda answer: str(answer["data"][0]["videoURL"]),
        lambda body, url: ([task | {"webhookURL": url} for task in body], {}),
    ),
    Wire(
        "fal",
        f"{FAL}/o1/reference-to-video",
        {"prompt": "a kite over dunes"},
        {"prompt": 5},
        lambda answer: str(answer["request_id"]),
        lambda job: ("GET", f"{FAL}/requests/{job}", None),
        lambda answer: str(answer["video"]["url"]),
        lambda body, url: (body, {"fal_webhook": url}),
    ),
    Wire(
        "eachlabs",
        "/eachlabs/v1/prediction",
        {
            "model": "kling-o1-video-to-video-reference",
            "input": {"prompt": "a kite over dunes", "video_url": "https://clips.example/walk.mp4"},
        },
        {"model": "kling-o1-video-to-video-reference", "input": {"prompt": "no clip at all"}},
        lambda answer: str(answer["predictionID"]),
        lambda job: ("GET", f"/eachlabs/v1/prediction/{job}", None),
        lambda answer: str(answer["output"]),
        lambda body, url: (body | {"webhook_url": url}, {}),
    ),
)


@pytest.fixture
def houses() -> Iterator[Callable[..., House]]:
    """Makes servers in this process with other settings: ``houses(keep_jobs=5)``."""
    opened: list[House] = []

    def make(**changes: Any) -> House:
        opened.append(House(replace(SETTINGS, **changes)))
        return opened[-1]

    yield make
    for house in opened:
        house.close()


@pytest.fixture
def house(houses: Callable[..., House]) -> House:
    """A server in this process with a manual clock: jobs are queued for 1 s and run for 2 s."""
    return houses()


@pytest.fixture(params=WIRES, ids=lambda wire: str(wire.name))
def wire(request: pytest.FixtureRequest) -> Wire:
    """Each provider in turn."""
    made: Wire = request.param
    return made


@pytest.fixture
def wires() -> tuple[Wire, ...]:
    return WIRES


@pytest.fixture
def mock() -> Iterator[ThreadedServer]:
    """A server on a free port, whose jobs take 60 ms."""
    with ThreadedServer(Settings(seed=1, clock=Mode("scaled", 50.0))) as server:
        yield server


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A headless Chromium, for which two names that are not of this machine lead to it."""
    with Browser(tmp_path_factory.mktemp("chromium"), STRANGERS) as browser:
        yield browser


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Runs a coroutine in a new event loop, and returns its result."""
    return asyncio.run
