"""Time passes in a world as on one server, whichever of three replicas is asked, and whichever of them ends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.state.redis_server import RedisServer
from tests.state.replica_process import SECONDS, Replica
from tests.state.test_redis_store import crash
from tests.state.test_replicas import JOBS, SUBMIT, replicas

if TYPE_CHECKING:
    from tests.conftest import House

BY_HAND = (0.1, 0.7, 3.0, 0.05, 2.25, 1 / 3, 60.0)


@pytest.fixture(scope="module")
def three(one_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[Replica]]:
    folder: Path = tmp_path_factory.mktemp("certificates")
    with one_redis.client as client:
        client.flushall()
    with replicas(one_redis, folder, 3) as servers:
        yield servers


class User:
    """Uses *key* at the one of *servers* whose turn it is, the first one first."""

    def __init__(self, http: httpx.Client, servers: Sequence[Replica], key: str) -> None:
        self._http, self._key = http, key
        self._urls = cycle([server.url for server in servers])

    def ask(self, method: str, path: str, json: object = None) -> Any:
        headers = {"authorization": f"Key {self._key}", "x-vidmock": "1", "x-vidmock-key": self._key}
        answer = self._http.request(method, f"{next(self._urls)}{path}", json=json, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def clock(self, method: str = "GET", path: str = "", json: object = None) -> float:
        """What the clock shows after that."""
        [clock] = self.ask(method, f"/_vidmock/clock{path}", json)["clocks"]
        return float(clock["now"])

    def poll(self, job: str) -> str:
        return str(self.ask("GET", f"{JOBS}/{job}/status")["status"])


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=SECONDS) as client:
        yield client


def killed_and_replaced(redis: RedisServer, server: Replica) -> None:
    server.kill()
    crash(redis, server.url)
    server.again()


def test_a_clock_by_hand_shows_the_same_as_on_one_server(
    three: Sequence[Replica], http: httpx.Client, house: House, one_redis: RedisServer
) -> None:
    user = User(http, three, "by-hand")
    begun = user.clock("PUT", json={"mode": "manual"})
    house.world().clock.start(begun)
    shown, right = [], []
    for number, seconds in enumerate(BY_HAND):
        shown.append(user.clock("POST", "/advance", {"by": seconds}))
        house.advance(seconds)
        right.append(house.world().clock.now())
        if number == 3:
            # That by which the world was first asked for.
            killed_and_replaced(one_redis, three[0])
    assert shown == right
    assert user.clock() == right[-1]


def test_what_is_due_happens_at_its_moment_at_whichever_replica(
    three: Sequence[Replica], http: httpx.Client, one_redis: RedisServer
) -> None:
    user = User(http, three, "due")
    user.clock("PUT", json={"mode": "manual"})
    job = user.ask("POST", SUBMIT, {"prompt": "a kite"})["request_id"]
    ends = user.ask("GET", f"/_vidmock/jobs/{job}")["ends"]
    killed_and_replaced(one_redis, three[0])
    # As near to its end as a number can be.
    user.clock("POST", "/advance", {"by": ends - user.clock() - 0.001})
    assert user.poll(job) == "IN_PROGRESS"
    assert user.clock("POST", "/advance", {"to": "next"}) == ends
    assert user.poll(job) == "COMPLETED"


def test_polls_move_a_stepped_clock_as_on_one_server(
    three: Sequence[Replica], http: httpx.Client, house: House, one_redis: RedisServer
) -> None:
    User(http, three, "steps").clock("PUT", json={"mode": "step"})
    # It has one connection, and its world is at another replica.
    user = User(http, three[1:2], "steps")
    house.ask("PUT", "/_vidmock/clock", json={"mode": "step"})
    here = house.post(SUBMIT, {"prompt": "a kite"}).json()["request_id"]
    job = user.ask("POST", SUBMIT, {"prompt": "a kite"})["request_id"]
    right = [house.get(f"{JOBS}/{here}/status").json()["status"] for _ in range(3)]
    assert [user.poll(job) for _ in range(2)] == right[:2]
    killed_and_replaced(one_redis, three[0])
    # Who looks from a new place is shown first what there is.
    assert [user.poll(job) for _ in range(2)] == right[1:]


def test_a_clock_that_runs_has_lost_no_time_when_another_replica_takes_it(
    three: Sequence[Replica], http: httpx.Client, one_redis: RedisServer
) -> None:
    user = User(http, three, "runs")

    def kept() -> tuple[float, float]:
        """What the clock of the world has shown, and that of the machine, when it was kept last."""
        with one_redis.client as client:
            state = json.loads(str(client.hget("vidmock:value:runs", "world\n")))["clock"]
        return state["now"], state["real"]

    user.clock("PUT", json={"mode": "scaled:100"})
    now, real = kept()
    killed_and_replaced(one_redis, three[0])
    user.clock("PUT", json={"mode": "scaled:100"})
    later, really = kept()
    # It was read a moment after the machine's, however long that is here.
    assert later - now == pytest.approx(100 * (really - real), rel=0.3)
