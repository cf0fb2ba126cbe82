"""Events by the control API: what happens in the worlds, as it happens, on both clocks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.epoch import EPOCH
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.schema.catalog import ModelCatalog
from vidmock.server.control.live_feed import LiveFeed, Wording
from vidmock.server.control.world_events import WorldEvents
from vidmock.server.server import ThreadedServer

if TYPE_CHECKING:
    from tests.conftest import House, Wire

    from vidmock.engine.world.world import World

LATENCY = Latency((1.0, 1.0), (2.0, 2.0))
RUNPOD = "/runpod/v2/kling-video-o1-r2v/run"
BODY = {"input": {"prompt": "a kite", "images": ["https://pictures.example/cat.png"]}}


class Listener:
    """Reads the events of a server; *ask* uses it meanwhile."""

    def __init__(self, server: ThreadedServer, query: str = "", headers: dict[str, str] | None = None) -> None:
        self._server, self._query, self._headers = server, query, headers or {}
        self.last = ""

    @contextmanager
    def reading(self) -> Iterator[Iterator[tuple[str, Any]]]:
        url = f"{self._server.url}/_vidmock/events{self._query}"
        with httpx.stream("GET", url, headers=self._headers, timeout=60, trust_env=False) as answer:
            answer.raise_for_status()
            events = self._events(answer.iter_lines())
            assert next(events) == ("begun", {})
            yield events

    def _events(self, lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
        kind = ""
        for line in lines:
            name, _, value = line.partition(": ")
            if name == "id":
                self.last = value
            elif name == "event":
                kind = value
            elif name == "data":
                yield kind, json.loads(value)

    def ask(self, method: str, path: str, body: object = None, key: str = "a-key") -> Any:
        headers = {"x-vidmock": "1", "Authorization": f"Bearer {key}"}
        answer = httpx.request(
            method, f"{self._server.url}{path}", json=body, headers=headers, timeout=60, trust_env=False
        )
        answer.raise_for_status()
        return answer.json()

    def submit(self, key: str = "a-key") -> str:
        return str(self.ask("POST", RUNPOD, BODY, key)["id"])

    def control(self, method: str, path: str, body: object = None) -> Any:
        return self.ask(method, f"/_vidmock{path}", body)


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    servers: list[ThreadedServer] = []

    def begin(query: str = "", server: ThreadedServer | None = None, after: str = "", **changes: Any) -> Listener:
        if server is None:
            server = ThreadedServer(Settings(**{"clock": Mode("manual"), "latency": LATENCY, **changes}))
            server.__enter__()
            servers.append(server)
        return Listener(server, query, {"last-event-id": after} if after else {})

    yield begin
    for server in servers:
        server.__exit__(None, None, None)


def take(events: Iterator[tuple[str, Any]], count: int) -> list[tuple[str, Any]]:
    return [next(events) for _ in range(count)]


def words(heard: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [(kind, event.get("what", "")) for kind, event in heard]


def test_a_job_is_followed_from_its_acceptance_to_its_end_on_both_clocks(listen: Callable[..., Listener]) -> None:
    listener = listen()
    with listener.reading() as events:
        job = listener.submit()
        listener.control("POST", "/clock/run-until-idle")
        heard = take(events, 6)
    assert words(heard) == [
        ("world", "made"),
        ("job", "accepted"),
        ("money", "charged"),
        ("job", "began"),
        ("job", "ended"),
        ("clock", ""),
    ]
    accepted, charged, began, ended = (event for kind, event in heard if kind in ("job", "money"))
    assert [event["state"] for event in (accepted, began, ended)] == ["queued", "running", "succeeded"]
    assert [[at, state] for at, state in accepted["timeline"]] == [
        [event["at"], event["state"]] for event in (accepted, began, ended)
    ]
    assert charged == {**charged, "job": job, "amount": "0.56", "spent": "0.56"}
    assert {event["world"] for _, event in heard} == {accepted["world"]}
    assert all(event["iso"].startswith("2026-01-01T00:00:0") and event["real"] for _, event in heard)
    assert heard[-1][1]["at"] == ended["at"] == EPOCH + 3.0


def test_a_forced_outcome_is_a_change_and_its_refund_is_told(listen: Callable[..., Listener]) -> None:
    listener = listen("?kinds=job,money")
    with listener.reading() as events:
        job = listener.submit()
        listener.control("POST", f"/jobs/{job}/outcome", {"effect": "slow", "arguments": {"seconds": 60}})
        listener.control("POST", f"/jobs/{job}/outcome", {"effect": "fail"})
        heard = take(events, 5)
    assert words(heard) == [
        ("job", "accepted"),
        ("money", "charged"),
        ("job", "changed"),
        ("job", "ended"),
        ("money", "refunded"),
    ]
    assert heard[2][1]["ends"] > heard[0][1]["ends"]
    assert (heard[3][1]["state"], heard[4][1]["amount"], heard[4][1]["spent"]) == ("failed", "0.56", "0.00")


class Notebook(LiveFeed):
    """A feed that notes what is published, as those read it who are shown no secrets."""

    def __init__(self, source: WorldEvents) -> None:
        super().__init__(source, "events")
        self.notes: list[tuple[str, Any]] = []
        source.begin(self)

    def publish(self, world: World, kind: str, wording: Wording) -> None:
        self.notes.append((kind, json.loads(wording(reveal=False))))


def test_a_webhook_and_the_fault_that_struck_it_are_told(house: House, wires: tuple[Wire, ...]) -> None:
    """Each attempt, with what its receiver said."""
    notebook = Notebook(WorldEvents(house.app.engine.worlds))
    house.receiver.statuses = [500, 200, 200]
    rule = {"effect": "webhook_repeated", "arguments": {"times": 2}}
    house.post("/_vidmock/faults?key=a-key", rule, key=None)
    fal = next(wire for wire in wires if wire.name == "fal")
    fal.submit(house, webhook="http://receiver.test/?token=hush")
    house.advance(60)
    (struck,) = [event for kind, event in notebook.notes if kind == "fault"]
    assert (struck["effect"], struck["phase"], struck["fault"]) == ("webhook_repeated", "webhook", "fault-1")
    attempts = [event for kind, event in notebook.notes if kind == "webhook"]
    assert [(one["number"], one["attempt"], one["status"], one["accepted"]) for one in attempts] == [
        (1, 1, 500, False),
        (2, 1, 200, True),
        (1, 2, 200, True),
    ]
    assert {one["url"] for one in attempts} == {"http://receiver.test/?token=[hidden]"}


def test_a_price_that_no_source_names_is_no_amount(houses: Callable[..., House]) -> None:
    house = houses(catalog=ModelCatalog(any_model=True))
    notebook = Notebook(WorldEvents(house.app.engine.worlds))
    assert house.post("/fal/queue/fal-ai/any", {"prompt": "a kite"}).is_success
    assert [event["amount"] for kind, event in notebook.notes if kind == "money"] == [None]


def test_a_fault_of_a_call_is_told_with_what_it_struck(listen: Callable[..., Listener]) -> None:
    listener = listen("?kinds=fault")
    with listener.reading() as events:
        rule = listener.control("POST", "/faults?key=a-key", {"effect": "edge_page", "phase": "poll"})
        job = listener.submit()
        with pytest.raises(httpx.HTTPStatusError, match="502"):
            listener.ask("GET", f"{RUNPOD.removesuffix('/run')}/status/{job}")
        ((_, told),) = take(events, 1)
    assert (told["fault"], told["effect"], told["phase"], told["job"]) == (rule["id"], "edge_page", "poll", job)


def test_worlds_come_are_reset_restored_and_their_clocks_are_set(listen: Callable[..., Listener]) -> None:
    listener = listen("?kinds=world,clock")
    with listener.reading() as events:
        listener.control("POST", "/worlds", {"key": "a-key"})
        listener.control("PUT", "/clock", {"mode": "scaled:20"})
        made, clock = take(events, 2)
        listener.submit()
        saved = listener.control("GET", "/worlds/snapshot")
        listener.control("POST", "/worlds/reset?key=a-key")
        listener.control("PUT", "/worlds/snapshot", saved)
        listener.control("POST", "/worlds/fork?key=a-key", {"to": "another"})
        rest = take(events, 3)
    assert (made[1]["what"], clock[1]["mode"]) == ("made", "scaled:20")
    assert words(rest) == [("world", "reset"), ("world", "restored"), ("world", "restored")]
    assert rest[2][1]["world"] != rest[1][1]["world"] == made[1]["world"]


def test_a_clock_that_flows_is_followed_without_being_touched(listen: Callable[..., Listener]) -> None:
    listener = listen("?kinds=job", clock=Mode("scaled", 1000.0), latency=Latency((30.0, 30.0), (60.0, 60.0)))
    with listener.reading() as events:
        listener.submit()
        assert [event["what"] for _, event in take(events, 3)] == ["accepted", "began", "ended"]


def test_a_job_that_was_there_before_is_followed_too_and_only_in_the_world_that_is_meant(
    listen: Callable[..., Listener],
) -> None:
    listener = listen("?kinds=job&key=a-key")
    first = listener.submit()
    with listener.reading() as events:
        listener.submit("another")
        listener.control("POST", "/clock/advance", {"to": "next"})
        listener.control("POST", "/clock/run-until-idle")
        assert [(event["what"], event["id"]) for _, event in take(events, 2)] == [("began", first), ("ended", first)]


def test_a_reader_that_comes_back_goes_on_behind_what_it_had(listen: Callable[..., Listener]) -> None:
    listener = listen("?kinds=job")
    with listener.reading() as events:
        listener.submit()
        take(events, 1)
    listener.control("POST", "/clock/run-until-idle")
    again = listen("?kinds=job", listener._server, listener.last)
    with again.reading() as events:
        assert [event["what"] for _, event in take(events, 2)] == ["began", "ended"]


def test_a_kind_that_there_is_not_is_refused_with_the_nearest(listen: Callable[..., Listener]) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused, listen("?kinds=jobs").reading():
        pass
    assert refused.value.response.status_code == 400
