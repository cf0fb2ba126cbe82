"""Several servers that share a Redis are one: each world is at one of them, and goes on at another where that ends."""

from __future__ import annotations

import asyncio
import json
import queue
import signal
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import SETTINGS, House
from tests.control.test_snapshot import STEPS, Story
from tests.state.redis_server import RedisServer
from tests.state.replica_process import SECONDS, Replica, balanced
from tests.state.test_keeper import timeless
from tests.state.test_redis_store import crash
from websockets.asyncio.client import connect

from vidmock.engine.world.settings import Settings
from vidmock.server.replica import join_replicas
from vidmock.state.redis_store import RedisStore
from vidmock.testing.local_server import LocalHTTPServer

if TYPE_CHECKING:
    from tests.conftest import Wire

SUBMIT = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"
JOBS = "/fal/queue/fal-ai/kling-video/requests"
KEY = {"authorization": "Key any"}


@contextmanager
def joined(
    server: RedisServer, address: str = "http://nowhere", seconds: float = 60, options: Settings = SETTINGS
) -> Iterator[House]:
    """A house with those *options* that is a replica, whose lease is so many *seconds*."""
    house = timeless(House(options))
    stack = AsyncExitStack()
    house.run(join_replicas(house.app, RedisStore(server.url, seconds), address, print, stack))
    try:
        yield house
    finally:
        house.run(stack.aclose())
        house.close()


def test_whoever_runs_it_is_told_of_a_redis_that_keeps_nothing(
    redis_server: RedisServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with joined(redis_server):
        assert capsys.readouterr().out == ""
    redis_server.client.config_set("appendonly", "no")
    try:
        with joined(redis_server, "http://elsewhere"):
            assert "appendonly yes" in capsys.readouterr().out
    finally:
        redis_server.client.config_set("appendonly", "yes")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=1, max_size=12), st.lists(STEPS, min_size=1, max_size=12))
def test_clients_and_receivers_see_no_take_over(redis_server: RedisServer, before: list[Any], after: list[Any]) -> None:
    with redis_server.client as client:
        client.flushall()
    whole = timeless(House())
    in_one = Story(whole)
    for step in (*before, *after):
        in_one.tell(step)
    with joined(redis_server) as house:
        story = Story(house)
        house.get("/_vidmock/clock?key=a-key")
        for step in before:
            story.tell(step)
    with joined(redis_server) as house:
        again = story.copy(house)
        house.get("/_vidmock/clock?key=a-key")
        for step in after:
            again.tell(step)
    assert story.seen + again.seen == in_one.seen
    whole.close()


def test_a_client_without_a_key_finds_its_file_where_its_world_has_gone(redis_server: RedisServer, wire: Wire) -> None:
    with joined(redis_server) as house:
        job = wire.submit(house)
        house.advance(600)
        video = wire.video(wire.look(house, job).json())
        there = house.ask("GET", video, None)
    with joined(redis_server) as house:
        again = house.ask("GET", video, None)
        assert (again.status_code, again.content) == (200, there.content)


def test_nothing_leaves_a_replica_that_has_lost_the_world(redis_server: RedisServer, wire: Wire) -> None:
    with joined(redis_server) as one, joined(redis_server) as two:
        job = wire.submit(one)
        crash(redis_server, "http://nowhere")
        assert wire.look(two, job).status_code != 503
        refused = one.post("/_vidmock/clock/advance?key=a-key", {"by": 60})
        assert (refused.status_code, one.app.engine.worlds.known("a-key")) == (503, None)


class Inbox(BaseHTTPRequestHandler):
    """Takes webhooks."""

    def do_POST(self) -> None:
        INBOX.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


INBOX: queue.Queue[Any] = queue.Queue()


def test_a_world_that_is_lost_costs_no_other_one_its_webhook(redis_server: RedisServer) -> None:
    with joined(redis_server) as one, joined(redis_server) as two:
        for key in ("a-key", "b-key"):
            assert one.post(f"{SUBMIT}?fal_webhook=http://127.0.0.1/{key}", {"prompt": "a kite"}, key).is_success
        crash(redis_server, "http://nowhere")
        two.get("/_vidmock/clock?key=b-key")
        one.run(one.app.engine.worlds.clocks().advance(600))
        assert one.app.engine.worlds.known("b-key") is None
        assert [message.url for message in one.receiver.messages] == ["http://127.0.0.1/a-key"]
        [delivery] = one.world("a-key").outbox
        assert [attempt.status for attempt in delivery.attempts] == [200]


LEASE = 12.0
"""Real seconds: so long that none is over because a machine is busy. That of a replica that was killed is ended."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@contextmanager
def replicas(server: RedisServer, folder: Path, count: int = 2) -> Iterator[Sequence[Replica]]:
    started = [Replica(server.url, folder, lease=LEASE) for _ in range(count)]
    try:
        yield [replica.begin() for replica in started]
    finally:
        for replica in started:
            assert "Traceback" not in replica.end()


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(headers=KEY, timeout=SECONDS) as client:
        yield client


def submit(http: httpx.Client, url: str, **more: str) -> str:
    answer = http.post(f"{url}{SUBMIT}", json={"prompt": "a kite"}, params=more)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["request_id"])


def result(http: httpx.Client, url: str, job: str) -> Any:
    """The job's result, once it has ended."""
    while (answer := http.get(f"{url}{JOBS}/{job}/status")).status_code == 202:
        pass
    assert answer.json()["status"] == "COMPLETED", answer.text
    return http.get(f"{url}{JOBS}/{job}").json()


def test_whichever_replica_is_asked_the_world_is_the_same(
    redis_server: RedisServer, folder: Path, http: httpx.Client
) -> None:
    with replicas(redis_server, folder) as (one, two):
        job = submit(http, one.url)
        assert {submit(http, one.url), submit(http, two.url)} <= {
            each["id"] for each in http.get(f"{two.url}/_vidmock/jobs?key=any").json()["jobs"]
        }
        video = result(http, two.url, job)["video"]
        # A file needs no key.
        plain = httpx.get(two.url + httpx.URL(video["url"]).path)
        assert (plain.headers["content-type"], len(plain.content)) == ("video/mp4", video["file_size"])
        key = {"taskType": "authentication", "apiKey": "any"}
        ping = {"taskType": "ping", "ping": True}
        pong = {"data": [{"taskType": "ping", "pong": True}]}
        assert httpx.post(f"{two.url}/runware/v1", json=[key, ping]).json() == pong

        async def by_socket() -> Any:
            async with connect(f"ws{two.url[4:]}/runware/v1", proxy=None) as there:
                await there.send(json.dumps([key]))
                await there.recv()
                await there.send(json.dumps([ping]))
                return json.loads(await there.recv())

        assert asyncio.run(by_socket()) == pong


def test_a_world_is_copied_to_a_key_whose_world_is_at_another_replica(
    redis_server: RedisServer, folder: Path, http: httpx.Client
) -> None:
    with replicas(redis_server, folder) as (one, two):
        job = submit(http, one.url)
        control: dict[str, Any] = {"headers": {"x-vidmock": "1"}}
        for url, key in ((two.url, "there"), (one.url, "here")):
            assert http.post(f"{url}/_vidmock/worlds", json={"key": key}, **control).status_code == 201
        # Asked at the one or the other, which has one world, both or none of the two.
        for url, key in ((one.url, "there"), (two.url, "here"), (two.url, "nobody's")):
            answer = http.post(f"{url}/_vidmock/worlds/fork?key=any", json={"to": key}, **control)
            assert answer.status_code == 200, answer.text
            for each in (one.url, two.url):
                found = http.get(f"{each}/_vidmock/jobs?key={key}").json()["jobs"]
                assert [one["id"] for one in found] == [job]
            refused = http.post(f"{url}/_vidmock/worlds/fork?key=any", json={"to": key}, **control)
            assert refused.status_code == 409


def test_a_replica_that_is_killed_loses_nothing_and_its_webhooks_are_sent(
    redis_server: RedisServer, folder: Path, http: httpx.Client
) -> None:
    with LocalHTTPServer(Inbox) as inbox, replicas(redis_server, folder) as (one, two):
        job = submit(http, one.url, fal_webhook=inbox.origin)
        one.kill()
        crash(redis_server, one.url)
        told = INBOX.get(timeout=SECONDS)
        assert told["request_id"] == job
        assert told["payload"]["video"]["file_size"] == result(http, two.url, job)["video"]["file_size"]
        assert http.get(f"{two.url}/_vidmock/ledger?key=any").json()["total"]["jobs"] == 1


def test_a_replica_that_was_stopped_beyond_its_lease_comes_back_without_its_worlds(
    redis_server: RedisServer, folder: Path, http: httpx.Client
) -> None:
    with replicas(redis_server, folder) as (one, two):
        job = submit(http, one.url)
        one.send(signal.SIGSTOP)
        # It is asked while it cannot answer, and another one does.
        assert result(http, two.url, job)["video"]
        later = submit(http, two.url)
        one.send(signal.SIGCONT)
        assert result(http, one.url, later)["video"]
        assert http.get(f"{one.url}/_vidmock/ledger?key=any").json()["total"]["jobs"] == 2


def test_while_redis_is_gone_nothing_is_accepted_and_then_all_is_there(
    redis_server: RedisServer, folder: Path, http: httpx.Client
) -> None:
    with replicas(redis_server, folder) as (one, two):
        job = submit(http, one.url)
        redis_server.kill()
        try:
            refused = [http.post(f"{each.url}{SUBMIT}", json={"prompt": "a kite"}).status_code for each in (one, two)]
        finally:
            redis_server.start()
        assert refused == [503, 503]
        while http.get(f"{two.url}{JOBS}/{job}/status").status_code == 503:
            pass
        assert result(http, two.url, job)["video"]
        while http.post(f"{one.url}{SUBMIT}", json={"prompt": "a kite"}).status_code == 503:
            pass
        assert http.get(f"{one.url}/_vidmock/health").json() == {"status": "ok"}


def test_the_shipped_configuration_of_haproxy_makes_one_server_of_three(
    redis_server: RedisServer, folder: Path, http: httpx.Client
) -> None:
    with replicas(redis_server, folder, 3) as servers, balanced([each.url for each in servers]) as url:
        jobs = [submit(http, url) for _ in range(6)]
        servers[0].kill()
        crash(redis_server, servers[0].url)
        assert all(result(http, url, job)["video"] for job in jobs)
