"""Shows what a fault does at a provider: runs a sample program against a server of its own in this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import httpx

from vidmock.engine.faults.catalog import EFFECTS, effect_kind, why_not
from vidmock.engine.faults.problems import at_provider
from vidmock.engine.faults.rules import FaultRule
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.epoch import EPOCH
from vidmock.engine.time.mode import Mode
from vidmock.engine.webhooks.delivery import Message, ReceiverAnswer
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World
from vidmock.server.app import App
from vidmock.server.held_answer import wait_for
from vidmock.server.sample_calls import SAMPLE_KEY, SAMPLE_TASK_ID, SAMPLES, Sample, SampleCall
from vidmock.server.sample_socket import SampleSocket

DEMONSTRATION_ORIGIN = "http://localhost:8787"
_SETTINGS = Settings(clock=Mode("manual"), latency=Latency(queue=(1.0, 1.0), run=(2.0, 2.0)))
_WHILE_RUNNING, _ENDED, _LATE, _LATER = 1.5, 4.0, 60.0, 3700.0
"""Seconds after the submission at which the program polls: jobs wait for 1 s and run for 2."""


@dataclass(frozen=True, slots=True)
class ShownExchange:
    """One exchange or delivery, *at* seconds after the beginning.

    *status* is 0 where no answer came, and ``None`` for what the provider sends by itself.
    """

    at: float
    line: str
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    struck: bool


@dataclass(frozen=True, slots=True)
class Demonstration:
    """All exchanges and deliveries as *scenes*, and what was *charged* for jobs and *refunded*, in USD."""

    provider: str
    scenes: tuple[ShownExchange, ...]
    charged: Decimal
    refunded: Decimal


def demonstrate(provider: str, rule: FaultRule) -> Demonstration | None:
    """Run the sample program of *provider* with *rule*; nothing where it has no request that the rule could strike."""
    sample = SAMPLES[provider]
    if why_not(rule, provider):
        return None
    with asyncio.Runner() as runner:
        return runner.run(_Run(sample, rule).perform())


class _Run:
    def __init__(self, sample: Sample, rule: FaultRule) -> None:
        self._sample, self._rule = sample, replace(rule, times=rule.times or 1)
        self._app = App(_SETTINGS, self._received)
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url=DEMONSTRATION_ORIGIN)
        self._sent: list[ShownExchange] = []
        self._job = ""
        self._streamed: dict[int, bytes] = {}

    async def perform(self) -> Demonstration:
        world, known = self._world(), EFFECTS[self._rule.effect.name]
        phase = self._rule.phase
        outcome = effect_kind(at_provider(self._rule.effect, self._sample.name, phase)) == "outcome"
        self._struck_world().faults.add(self._rule)
        async with self._client:
            if known.by == "socket" or phase in ("connect", "session"):
                await self._talk()
            elif phase in ("upload", "other"):
                await self._send(getattr(self._sample, phase))
            else:
                await self._send(self._sample.submit)
                if phase in ("cancel", "stream"):
                    await self._send(getattr(self._sample, phase))
                if outcome or phase == "poll":
                    await self._poll_at(_WHILE_RUNNING, _ENDED, _LATE)
                elif phase == "webhook":
                    await world.clock.advance(_ENDED)
                    await world.clock.advance(_LATER)
                elif phase == "media":
                    await self._fetch()
        totals = world.ledger.total
        # What was sent at the moment of an answer went out before it.
        told = (*self._exchanges(self._app.engine.worlds.nobody), *self._exchanges(world))
        scenes = sorted((*told, *self._sent), key=lambda scene: scene.at)
        return Demonstration(self._sample.name, tuple(scenes), totals.charged, totals.refunded)

    def _world(self) -> World:
        return self._app.engine.worlds.world(SAMPLE_KEY)

    def _struck_world(self) -> World:
        return self._app.engine.worlds.world("") if self._rule.phase == "connect" else self._world()

    async def _talk(self) -> None:
        """Say by WebSocket what is to be struck: the key, and a task with what comes before it."""
        sample, phase = self._sample, self._rule.phase
        calls = {"poll": (sample.submit, sample.poll), "upload": (sample.upload,), "other": (sample.other,)}
        said: list[Any] = [[{"taskType": "authentication", "apiKey": SAMPLE_KEY}]]
        if phase not in ("connect", "session"):
            said += [call.body for call in calls.get(phase, (sample.submit,)) if call]
        socket = SampleSocket(self._app, sample.submit.path, self._heard)
        serving = asyncio.ensure_future(socket.serve())
        for tasks in said:
            socket.say(json.loads(json.dumps(tasks).replace("{job}", SAMPLE_TASK_ID)))
            await wait_for(serving, self._struck_world().clock, _LATE)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    def _heard(self, line: str, body: bytes) -> None:
        now = self._world().clock.now() - EPOCH
        self._sent.append(ShownExchange(now, line, None, (), body, struck=False))

    async def _send(self, call: SampleCall | None) -> Any:
        """Send *call*; the answer as JSON, or nothing where it is none."""
        assert call is not None
        name, value = self._sample.key_header
        body = None if call.body is None else json.dumps(call.body).replace("{job}", self._job)
        request = self._client.request(
            call.method,
            call.path.replace("{job}", self._job),
            content=body,
            headers={name: value.format(key=SAMPLE_KEY), "content-type": "application/json"},
        )
        answer = await self._answer_to(request)
        if answer:
            # The journal has an answer as it begins, and of a stream no more than its headers.
            self._streamed[self._world().journal.seen] = answer.content
        if call is self._sample.submit and self._world().jobs:
            self._job = next(iter(self._world().jobs))
        try:
            return answer.json() if answer else None
        except ValueError:
            return None

    async def _answer_to(self, request: Coroutine[Any, Any, httpx.Response]) -> httpx.Response | None:
        """Let time pass until *request* is answered; nothing where it never is."""
        task = asyncio.ensure_future(request)
        await wait_for(task, self._world().clock, _LATER)
        if not task.done():
            task.cancel()
        try:
            return await task
        except (ConnectionError, asyncio.CancelledError):
            return None

    async def _poll_at(self, *moments: float) -> None:
        for moment in moments:
            await self._world().clock.advance_to(EPOCH + moment)
            await self._send(self._sample.poll)

    async def _fetch(self) -> None:
        await self._world().clock.advance(_ENDED)
        found = await self._send(self._sample.poll)
        for step in self._sample.file_at:
            found = found[step]
        for _ in range(2):
            await self._answer_to(self._client.get(found))

    async def _received(self, message: Message, timeout: float) -> ReceiverAnswer:
        now = self._world().clock.now() - EPOCH
        self._sent.append(
            ShownExchange(now, f"{message.method} {message.url}", None, message.headers, message.body, struck=False)
        )
        return ReceiverAnswer(200)

    def _exchanges(self, world: World) -> Iterator[ShownExchange]:
        for exchange in world.journal:
            headers = tuple(
                (name.decode("latin-1"), text.decode("latin-1")) for name, text in exchange.response_headers
            )
            line, struck = f"{exchange.method} {exchange.target}", bool(exchange.fault)
            body = exchange.response_body or self._streamed.get(exchange.number, b"")
            yield ShownExchange(exchange.at - EPOCH, line, exchange.status, headers, body, struck)
