"""Faults of a WebSocket, at a client's end of it: its handshake, its session, and the frames in the middle of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.providers.test_runware_socket import ACCEPTED, ONE, PONG, SECONDS, SETTINGS, TASK, Site
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from vidmock.engine.faults.catalog import EFFECTS, checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule, Phase

HANDSHAKES = [name for name, effect in EFFECTS.items() if "connect" in effect.phases and effect.kind != "problem"]


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site(SETTINGS)
    yield made
    made.close()


def ask_for(site: Site, name: str, phase: Phase, key: str = "a-key", times: int = 1, **arguments: Any) -> None:
    rule = checked_rule(FaultRule(phase, Effect(name, arguments), "runware", times=times))

    async def add() -> None:
        site.server.engine.worlds.world(key).faults.add(rule)

    site.server.run(add())


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():
            await asyncio.sleep(0.001)


def marked(marker: str) -> dict[str, Any]:
    return TASK | {"positivePrompt": f"a kite [[vidmock: {marker}]]"}


@pytest.mark.parametrize(
    ("name", "arguments", "status", "said"),
    [
        ("edge_page", {"status": 503}, 503, b"<h1>503 Service Temporarily Unavailable</h1>"),
        ("status", {"code": 429, "text": "slow down"}, 429, b"slow down"),
        ("rate_limit", {}, 429, b"rateLimitExceeded"),
        ("unauthorized", {}, 401, b"invalidApiKey"),
    ],
)
def test_a_handshake_is_refused_with_a_status(
    site: Site, name: str, arguments: dict[str, Any], status: int, said: bytes
) -> None:
    ask_for(site, name, "connect", "", **arguments)
    with pytest.raises(InvalidStatus) as refused:
        site.line()
    assert refused.value.response.status_code == status
    assert said in (refused.value.response.body or b"")
    assert site.line().sign_in().is_open()


@pytest.mark.parametrize("name", ["lost", "reset", "half_closed"])
def test_a_handshake_breaks_off(site: Site, name: str) -> None:
    ask_for(site, name, "connect", "")
    with pytest.raises((WebSocketException, OSError, EOFError)):
        site.line()
    assert site.line().sign_in().is_open()


def test_a_handshake_that_hangs_holds_up_nobody_else(site: Site) -> None:
    ask_for(site, "hang", "connect", "")
    with pytest.raises(TimeoutError):
        site.line(open_timeout=0.2)
    assert site.line().sign_in().is_open()
    (shaken,) = [one for one in site.server.engine.worlds.world("").journal if one.operation == "connect"]
    assert (shaken.method, shaken.status, shaken.fault) == ("WS", 0, "fault-1")


def test_a_late_handshake_is_one_after_so_many_seconds(site: Site) -> None:
    ask_for(site, "late", "connect", "", seconds=30.0)
    with pytest.raises(TimeoutError):
        site.line(open_timeout=0.2)
    site.advance(30, "")
    assert site.line().sign_in().is_open()


def test_every_effect_on_an_answer_that_a_handshake_has_is_shown_here() -> None:
    shown = {"edge_page", "status", "lost", "reset", "half_closed", "hang", "late"}
    assert {*HANDSHAKES} == {*shown, "refused"}


@pytest.mark.parametrize(("code", "reason"), [(1011, ""), (1013, "try again later"), (4001, "")])
def test_a_session_is_closed_with_a_code(site: Site, code: int, reason: str) -> None:
    ask_for(site, "socket_closed", "session", code=code, reason=reason)
    line = site.line()
    line.send({"taskType": "authentication", "apiKey": "a-key"})
    with pytest.raises(ConnectionClosed) as closed:
        line.hear()
    assert closed.value.rcvd
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (code, reason)


def test_a_session_is_refused_as_its_provider_would(site: Site) -> None:
    ask_for(site, "no_balance", "session")
    line = site.line()
    (error,) = line.ask({"taskType": "authentication", "apiKey": "a-key"})["errors"]
    assert error["code"] == "insufficientCredits"
    assert line.sign_in().is_open()


@pytest.mark.parametrize("phase", ["before", "after", "poll"])
def test_a_socket_is_closed_in_the_middle_of_a_session_and_resumed(site: Site, phase: str) -> None:
    line = site.line().sign_in()
    line.send(marked(f"socket_closed=1012 at={phase}"))
    if phase == "poll":
        assert line.hear() == {"data": [ACCEPTED]}
        line.send({"taskType": "getResponse", "taskUUID": ONE})
    assert line.closed_with() == 1012
    assert site.jobs() == ([] if phase == "before" else [ONE])
    again = site.line().sign_in(connectionSessionUUID=line.session)
    kept = again.hear()["data"]
    assert kept == [] if phase == "before" else kept[0]["taskUUID"] == ONE


def test_a_socket_is_closed_some_time_after_an_answer(site: Site) -> None:
    line = site.line().sign_in()
    assert line.ask(marked("socket_closed at=after seconds=10")) == {"data": [ACCEPTED]}
    assert line.is_open()
    site.advance(10)
    assert line.closed_with() == 1011


def test_a_silent_socket_answers_nothing_and_stays_open(site: Site) -> None:
    line = site.line().sign_in()
    line.send(marked("socket_silent at=after"))
    site.server.run(until(lambda: any(one.fault for one in site.server.engine.worlds.world("a-key").journal)))
    line.send({"taskType": "ping", "ping": True})
    with pytest.raises(TimeoutError):
        line.connection.recv(0.2)
    again = site.line().sign_in(connectionSessionUUID=line.session)
    assert [again.hear(), again.hear()] == [{"data": [ACCEPTED]}, PONG]
    line.closed_with()


def test_a_frame_comes_more_than_once(site: Site) -> None:
    line = site.line().sign_in()
    assert line.ask(marked("socket_repeated=3 at=after")) == {"data": [ACCEPTED]}
    assert [line.hear() for _ in range(2)] == [{"data": [ACCEPTED]}] * 2
    assert line.is_open()


@pytest.mark.parametrize("marker", ["malformed at=after", "edge_page at=after", "empty at=after"])
def test_a_frame_is_no_json(site: Site, marker: str) -> None:
    line = site.line().sign_in()
    line.send(marked(marker))
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(line.connection.recv(SECONDS))
    assert line.is_open()


def test_a_frame_has_another_jobs_items_and_another_value(site: Site) -> None:
    line = site.line().sign_in()
    stranger, own = line.ask(marked("other_items at=after"))["data"]
    assert (stranger["taskUUID"], own["taskUUID"]) == ("00000000-0000-4000-8000-000000000000", ONE)
    ask_for(site, "set_field", "poll", path="/data/NSFWContent", value=True)
    (item,) = line.poll()["data"]
    assert item["NSFWContent"] is True


def test_what_is_for_http_waits_for_http(site: Site) -> None:
    line = site.line().sign_in()
    ask_for(site, "wrong_status", "other")
    assert line.is_open()
    ((_, tally),) = site.server.engine.worlds.world("a-key").faults
    assert (tally.seen, tally.fired) == (0, 0)


def test_a_ping_is_struck_as_any_other_call(site: Site) -> None:
    line = site.line().sign_in()
    ask_for(site, "internal", "other")
    (error,) = line.ask({"taskType": "ping", "ping": True})["errors"]
    assert error["code"] == "internalServerError"
    assert line.is_open()


def test_a_closed_socket_is_not_closed_again(site: Site) -> None:
    line = site.line().sign_in()
    line.send(marked("socket_closed at=after seconds=10"))
    line.hear()
    line.connection.close()
    site.advance(10)
    assert site.line().sign_in().is_open()


@pytest.mark.parametrize("told", [1005, 1006, 1015, 2000, 999, 5000])
def test_a_code_that_cannot_be_sent_is_refused(site: Site, told: int) -> None:
    line = site.line().sign_in()
    (error,) = line.ask(marked(f"socket_closed={told} at=after"))["errors"]
    assert f"socket_closed's code cannot be '{told}'" in error["message"]
