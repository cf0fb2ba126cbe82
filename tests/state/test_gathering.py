"""Several processes answer the control API as one does, where a request names no key."""

from __future__ import annotations

import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final, cast

import httpx
import pytest
from starlette.responses import JSONResponse
from tests.conftest import House
from tests.state.redis_server import RedisServer
from tests.state.replica_process import Replica as Process
from tests.state.test_redis_store import crash
from tests.state.test_workers import KEYS, SECONDS, SUBMIT, Workers, submit

from vidmock.integrity.world_actions import differences
from vidmock.server.forwarding import Answered
from vidmock.server.replica import Replica
from vidmock.server.request_start import RequestStart

OPTIONS: Final = ("--clock", "manual", "--seed", "3")
PATHS: Final = (
    "/jobs",
    "/jobs?provider=fal",
    "/worlds",
    "/clock",
    "/clock/due",
    "/clock/due?limit=4",
    "/journal",
    "/journal?operation=submit",
    "/deliveries",
    "/faults",
    "/ledger",
    "/ledger/worlds",
    "/ledger/labels",
    "/ledger/waste",
    "/ledger/missed_files",
)
OTHERWISE: Final = frozenset({"real", "older", "held", "iso"})
"""Members that differ between any two servers."""


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    workers = Workers(tmp_path_factory.mktemp("several"), "--workers", "3", *OPTIONS)
    yield workers
    said = workers.end()
    assert "Traceback" not in said, said


@pytest.fixture
def fresh(several: Workers) -> Workers:
    """Three processes, without a world."""
    while worlds := several.ask("GET", "/_vidmock/worlds?secrets=1").json()["worlds"]:
        for world in worlds:
            several.ask("DELETE", f"/_vidmock/worlds?world={world['id']}")
    return several


def told(workers: Workers) -> dict[str, Any]:
    """What each list says, without an order: that of several worlds is the order of their moments, which are equal."""
    return {path: plain(workers.ask("GET", f"/_vidmock{path}").json()) for path in PATHS}


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if name not in OTHERWISE}
    if isinstance(value, list):
        return sorted((plain(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


def use(workers: Workers) -> dict[str, Any]:
    """Do something in six worlds, and then what is about all of them; return what was told on the way."""
    seen: dict[str, Any] = {}
    for key in KEYS:
        workers.ask("POST", "/_vidmock/worlds", json={"key": key, "label": f"label {len(key) % 2}"})
        submit(workers, key)
    workers.ask("POST", f"/_vidmock/faults?key={KEYS[0]}", json={"phase": "poll", "effect": "edge_page", "id": "f"})
    seen["begun"] = told(workers)
    moves: list[tuple[str, str, Any]] = [
        ("POST", "/clock/advance", {"to": "next"}),
        ("POST", "/clock/advance", {"by": "5m"}),
        ("POST", "/clock/run-until-idle", {}),
        ("DELETE", "/faults/f", None),
        ("DELETE", "/faults/f", None),
        ("PUT", "/clock", {"mode": "manual"}),
        ("PUT", "/clock", {"mode": "sideways"}),
        ("POST", "/faults", {"phase": "poll", "effect": "edge_page"}),
    ]
    for method, path, body in moves:
        answer = workers.ask(method, f"/_vidmock{path}", json=body)
        said = plain(answer.json())
        if "error" in said:
            said = said["error"].partition("There is")[0]
        seen[f"{len(seen)} {method} {path}"] = (answer.status_code, said)
    seen["ended"] = told(workers)
    archive = workers.ask("GET", "/_vidmock/journal.har").text.replace(workers.url.removeprefix("http://"), "HOST")
    seen["har"] = plain(json.loads(archive)["log"]["entries"])
    seen["lines"] = len(workers.ask("GET", "/_vidmock/journal.jsonl").text.splitlines())
    seen["cleared"] = workers.ask("DELETE", "/_vidmock/journal").json()
    seen["reset"] = plain(workers.ask("POST", "/_vidmock/worlds/reset").json())
    seen["over"] = told(workers)
    return seen


def test_three_processes_say_what_one_says_of_all_worlds(fresh: Workers, tmp_path: Path) -> None:
    one = Workers(tmp_path, *OPTIONS)
    alone = use(one)
    one.end()
    # The processes have a memory each, and so is what they hold; all else is equal.
    found = [*differences(use(fresh), alone)]
    assert not found, "\n".join(found)


def test_a_list_of_all_worlds_is_paged(fresh: Workers) -> None:
    made = {submit(fresh, key) for key in KEYS for _ in range(3)}
    found: list[str] = []
    before = ""
    while True:
        page = fresh.ask("GET", f"/_vidmock/jobs?limit=4{before and f'&before={before}'}").json()
        assert page["total"] == len(made)
        found += [job["id"] for job in page["jobs"]]
        if not page["older"]:
            break
        before = page["older"]
    assert (len(found), {*found}) == (len(made), made)
    refused = fresh.ask("GET", f"/_vidmock/jobs?before={found[0]}")
    assert (refused.status_code, refused.json()["where"]) == (400, "before")


def test_a_change_without_a_key_is_of_the_only_world_wherever_that_is(fresh: Workers) -> None:
    submit(fresh, "any")
    for _ in range(6):
        added = fresh.ask("POST", "/_vidmock/faults", json={"phase": "poll", "effect": "edge_page"})
        assert added.status_code == 200, added.text
    assert len(fresh.ask("GET", "/_vidmock/faults?key=any").json()["faults"]) == 6
    submit(fresh, "other")
    for _ in range(6):
        refused = fresh.ask("POST", "/_vidmock/faults", json={"phase": "poll", "effect": "edge_page"})
        assert (refused.status_code, "whose world?" in refused.text) == (400, True)
        assert ("(any)" in refused.text, "(other)" in refused.text) == (True, True)


def test_the_world_of_calls_without_a_key_is_named_by_the_empty_one(fresh: Workers) -> None:
    submit(fresh, "any")
    for _ in range(4):
        assert fresh.ask("GET", "/_vidmock/jobs?key=").json()["jobs"] == []


class OneOther:
    """The keeper of a replica that has no world; another one has the only one."""

    secret, address = "a secret", "http://one"

    async def others(self) -> list[str]:
        return ["http://two"]

    async def unowned(self) -> list[str]:
        return []

    async def find(self, names: object) -> None:
        """Nothing is known by a name."""


class Asked:
    """Answers for the other replica; ``lived`` is whether it still was one while it was waited for."""

    lived: bool | None = None

    async def ask(self, *asked: object) -> Answered:
        said = json.dumps({"worlds": [{"id": "a", "key": "any"}], "older": None}).encode()
        return Answered(200, ((b"content-type", b"application/json"),), said)

    async def forward(self, owner: str, start: RequestStart, lives: Callable[[], Awaitable[bool]]) -> bool:
        self.lived = await lives()
        await JSONResponse({"at": owner})(start.scope, start.receive, start.send)
        return True


def test_a_change_that_takes_long_at_the_only_world_is_waited_for(house: House) -> None:
    asked = Asked()
    house.app.wrap(lambda inner: Replica(house.app, inner, cast("Any", OneOther()), cast("Any", asked)))
    answer = house.ask("POST", "/_vidmock/faults", None, json={"phase": "poll", "effect": "edge_page"})
    assert (answer.json(), asked.lived) == ({"at": "http://two"}, True)


def events_at(url: str, seen: list[str], begun: threading.Event) -> None:
    """Read what happens, until it is said that some of it was missed."""
    with httpx.stream("GET", f"{url}/_vidmock/events", timeout=SECONDS) as stream:
        for line in stream.iter_lines():
            begun.set()
            seen.append(line)
            if line == 'data: {"events": null}':
                return


def test_one_stream_has_what_happens_at_all_replicas_and_says_when_one_has_gone(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    one, two = (Process(redis_server.url, tmp_path, lease=60, more=OPTIONS).begin() for _ in range(2))
    seen: list[str] = []
    begun = threading.Event()
    reading = threading.Thread(target=events_at, args=(one.url, seen, begun))
    reading.start()
    try:
        assert begun.wait(SECONDS)
        made = {at_replica(replica, key) for replica in (one, two) for key in (f"{replica.url} 1", f"{replica.url} 2")}
        while any(all(job not in line for line in seen) for job in made):
            assert reading.is_alive()
        assert {job["id"] for job in httpx.get(f"{two.url}/_vidmock/jobs").json()["jobs"]} == made
        two.kill()
        reading.join(SECONDS)
        assert not reading.is_alive()
        crash(redis_server, two.url)
        # Its worlds are at the other one now, which shows them.
        assert {job["id"] for job in httpx.get(f"{one.url}/_vidmock/jobs").json()["jobs"]} == made
    finally:
        two.end()
        one.end()


def at_replica(replica: Process, key: str) -> str:
    answer = httpx.post(f"{replica.url}/{SUBMIT}", json={"prompt": "a kite"}, headers={"Authorization": f"Key {key}"})
    return str(answer.json()["request_id"])


def test_worlds_that_were_kept_are_listed_before_anybody_has_used_their_keys(tmp_path: Path) -> None:
    options = ("--workers", "2", "--state", str(tmp_path / "kept"), *OPTIONS)
    workers = Workers(tmp_path, *options)
    made = {submit(workers, key) for key in KEYS}
    workers.end()
    workers = Workers(tmp_path, *options)
    try:
        assert {job["id"] for job in workers.ask("GET", "/_vidmock/jobs").json()["jobs"]} == made
    finally:
        workers.end()
