"""The same seed and the same calls give the same bytes: in one process, and in two with other hash seeds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from vidmock.engine.jobs.timeline import Latency

if TYPE_CHECKING:
    import httpx
    from tests.conftest import House, Wire


def _bytes(answer: httpx.Response) -> bytes:
    head = b"".join(name + b": " + value + b"\r\n" for name, value in answer.headers.raw)
    return b"%d\r\n%s\r\n%s" % (answer.status_code, head, answer.content)


def _story(house: House, wire: Wire) -> list[bytes]:
    """Everything a client sees of a success, a failure, a cancelled job and a refused call, webhooks included."""
    # What others judge by their own clock is dated by it, which is one of the calls' circumstances.
    house.world().clock.live_by(lambda: True)
    answers = []

    def ask(method: str, path: str, key: str | None = "a-key", body: object = None) -> httpx.Response:
        answers.append(house.ask(method, path, key, **({} if body is None else {"json": body})))
        return answers[-1]

    body, params = wire.webhook(wire.body, "http://receiver.test/")
    if isinstance(body, list):
        body = [body[0] | {"taskUUID": "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11", "includeCost": True}]
    answers.append(house.post(wire.submit_path, body, params=params))
    job = wire.job_id(answers[-1].json())
    for seconds in (0.0, 1.0, 2.0):
        house.advance(seconds)
        ask(*_poll(wire, job))
    answers.append(house.get(wire.video(answers[-1].json())))
    ask("POST", wire.submit_path, None, wire.body)
    ask("POST", wire.submit_path, "a-key", wire.bad_body)
    house.advance(5)
    sent = [message.body + repr(message.headers).encode() for message in house.receiver.messages]
    return [_bytes(answer) for answer in answers] + sent


def _poll(wire: Wire, job: str) -> tuple[str, str, str, object]:
    method, path, body = wire.poll(job)
    return method, path, "a-key", body


def test_two_servers_with_one_seed_say_the_same_bytes(houses: Callable[..., House], wire: Wire) -> None:
    first, second = (_story(houses(seed=42), wire) for _ in range(2))
    assert first == second
    assert len(first) >= 8


def _made(house: House, wire: Wire) -> list[object]:
    """What was drawn for the jobs of a house, as far as the client did not choose it."""
    jobs = house.world().jobs.values()
    ids = [job.id for job in jobs if wire.name != "runware"]
    return [*ids, *(output.id for job in jobs for output in job.outputs), *(job.timeline[-1].at for job in jobs)]


def test_how_often_a_client_asks_changes_no_job(houses: Callable[..., House], wire: Wire) -> None:
    quiet, busy = (houses(seed=42, latency=Latency((0.0, 9.0), (0.0, 9.0))) for _ in range(2))
    job = wire.submit(quiet)
    same = wire.submit(busy)
    for seconds in (0.0, 1.0, 20.0):
        quiet.advance(seconds)
        busy.advance(seconds)
        for asked in (same, "00000000-0000-4000-8000-00000000dead"):
            wire.look(busy, asked)
    assert wire.name == "runware" or job == same
    wire.submit(quiet)
    wire.submit(busy)
    assert _made(quiet, wire) == _made(busy, wire)


def test_another_seed_says_other_ids(houses: Callable[..., House], wire: Wire) -> None:
    assert _story(houses(seed=42), wire) != _story(houses(seed=43), wire)


def test_what_another_key_does_changes_nothing(houses: Callable[..., House], wire: Wire) -> None:
    alone, crowded = houses(seed=42), houses(seed=42)
    for _ in range(3):
        wire.submit(crowded, "somebody-else")
    assert _story(alone, wire) == _story(crowded, wire)


_DRAWS = """
import json
from decimal import Decimal
from vidmock.engine.service.engine import Engine
from vidmock.engine.service.submission import Submission
from vidmock.engine.time.mode import Mode
from vidmock.engine.jobs.video import video_file
from vidmock.engine.world.settings import Settings
from vidmock.engine.service.webhook_sender import WebhookSender
from vidmock.engine.world.registry import WorldRegistry
from vidmock.schema.catalog import find_model

async def nobody(message, timeout): return None
worlds = WorldRegistry(Settings(seed=5, clock=Mode("manual")))
engine = Engine(worlds, WebhookSender({}, nobody))
model = find_model("fal", "fal-ai/kling-video/o1/reference-to-video")
jobs = [engine.submit(Submission(worlds.world("k"), model, {"prompt": "a"}, "http://mock.test")) for _ in range(5)]
files = [video_file(job, job.outputs[0]).hex()[-200:] for job in jobs]
print(json.dumps([repr(jobs), files]))
"""


def test_another_process_with_another_hash_seed_draws_the_same() -> None:
    def drawn(hash_seed: str) -> object:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", _DRAWS], env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        return json.loads(done.stdout)

    assert drawn("1") == drawn("2")
