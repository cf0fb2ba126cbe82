"""Runware's WebSocket: authentication, sessions that are resumed, a frame for each task, silence and junk."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.providers.runware.request import MOST_TASKS
from vidmock.server.server import ThreadedServer

if TYPE_CHECKING:
    from tests.conftest import House

SETTINGS = Settings(seed=1, clock=Mode("manual"), latency=Latency(queue=(1.0, 1.0), run=(2.0, 2.0)))
SECONDS = 60
"""What an answer may take before the test fails."""
ONE = "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11"
TWO = "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a22"
TASK: dict[str, Any] = {
    "taskType": "videoInference",
    "taskUUID": ONE,
    "model": "klingai:kling@o1-standard",
    "positivePrompt": "a kite over dunes",
    "width": 1280,
    "height": 720,
}
ACCEPTED = {"taskType": "videoInference", "taskUUID": ONE}
PING = {"taskType": "ping", "ping": True}
PONG = {"data": [{"taskType": "ping", "pong": True}]}


class Line:
    """A client's end of one connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.session = ""

    def send(self, *tasks: object) -> None:
        self.connection.send(json.dumps(tasks))

    def hear(self) -> Any:
        return json.loads(self.connection.recv(SECONDS))

    def ask(self, *tasks: object) -> Any:
        self.send(*tasks)
        return self.hear()

    def sign_in(self, key: str = "a-key", **more: str) -> Line:
        answer = self.ask({"taskType": "authentication", "apiKey": key, **more})
        (item,) = answer["data"]
        assert set(item) == {"taskType", "connectionSessionUUID"}
        self.session = item["connectionSessionUUID"]
        return self

    def poll(self, task_id: str = ONE) -> Any:
        return self.ask({"taskType": "getResponse", "taskUUID": task_id})

    def closed_with(self) -> int:
        """The code that the server closes with; waits for it."""
        with pytest.raises(ConnectionClosed) as closed:
            self.connection.recv(SECONDS)
        assert closed.value.rcvd
        return closed.value.rcvd.code

    def is_open(self) -> bool:
        return bool(self.ask(PING) == PONG)


class Site:
    """A server, its clock, and the lines to it."""

    def __init__(self, settings: Settings) -> None:
        self._opened = ExitStack()
        self.server = self._opened.enter_context(ThreadedServer(settings))

    def line(self, path: str = "/runware/v1", **options: Any) -> Line:
        url = self.server.url.replace("http", "ws") + path
        return Line(self._opened.enter_context(connect(url, proxy=None, **options)))

    def advance(self, seconds: float, key: str = "a-key") -> None:
        async def work() -> None:
            await self.server.engine.worlds.world(key).clock.advance(seconds)

        self.server.run(work())

    def jobs(self, key: str = "a-key") -> list[str]:
        return list(self.server.engine.worlds.world(key).jobs)

    def close(self) -> None:
        self._opened.close()


@pytest.fixture
def sites() -> Iterator[Callable[..., Site]]:
    opened: list[Site] = []

    def make(**changes: Any) -> Site:
        opened.append(Site(replace(SETTINGS, **changes)))
        return opened[-1]

    yield make
    for site in opened:
        site.close()


@pytest.fixture
def site(sites: Callable[..., Site]) -> Site:
    """A server whose clock stands still: a task is queued for 1 s and runs for 2 s."""
    return sites()


def test_a_task_from_submission_to_its_video(site: Site) -> None:
    line = site.line().sign_in()
    assert line.ask(TASK) == {"data": [ACCEPTED]}
    (item,) = line.poll()["data"]
    assert item == ACCEPTED | {"status": "processing", "videoUUID": item["videoUUID"]}
    site.advance(3)
    (done,) = line.poll()["data"]
    assert (done["status"], done["videoUUID"]) == ("success", item["videoUUID"])
    assert done["videoURL"].startswith(f"{site.server.url}/runware/media/video/")


@pytest.mark.parametrize("path", ["/runware/v1", "/runware/v1/", "/runware/v1?sdk=js&version=1.3.2"])
def test_every_spelling_of_the_address_is_taken(site: Site, path: str) -> None:
    assert site.line(path).sign_in().is_open()


def test_under_the_providers_own_name_urls_name_the_provider(site: Site) -> None:
    host, port = site.server.url.removeprefix("http://").split(":")
    with connect("ws://ws-api.runware.ai/v1", sock=socket.create_connection((host, int(port))), proxy=None) as opened:
        line = Line(opened).sign_in()
        line.ask(TASK)
        site.advance(3)
        assert line.poll()["data"][0]["videoURL"].startswith("http://vm.runware.ai/video/")


def test_the_ids_of_sessions_are_drawn_from_the_seed(sites: Callable[..., Site]) -> None:
    first, again, other = (sites(seed=seed).line().sign_in().session for seed in (1, 1, 2))
    assert first == again != other


def test_each_task_of_a_batch_is_a_frame_and_errors_have_their_own(site: Site) -> None:
    line = site.line().sign_in()
    line.send(TASK, TASK | {"taskUUID": TWO, "duration": 99}, PING, {"taskType": "getResponse", "taskUUID": ONE})
    assert line.hear() == {"data": [ACCEPTED]}
    refused = line.hear()
    assert set(refused) == {"errors"}
    (error,) = refused["errors"]
    assert (error["code"], error["taskUUID"]) == ("unsupportedDuration", TWO)
    assert line.hear() == PONG
    assert line.hear()["data"][0]["status"] == "processing"


def test_the_key_and_tasks_may_come_in_one_frame(site: Site) -> None:
    line = site.line()
    line.send({"taskType": "authentication", "apiKey": "a-key"}, TASK)
    assert line.hear()["data"][0]["taskType"] == "authentication"
    assert line.hear() == {"data": [ACCEPTED]}


def test_a_task_of_which_nothing_is_known_is_an_empty_frame(site: Site) -> None:
    assert site.line().sign_in().poll(TWO) == {"data": []}


def test_a_failed_generation_is_a_frame_of_errors(site: Site) -> None:
    line = site.line().sign_in()
    line.ask(TASK | {"positivePrompt": "a kite [[vidmock: fail=upstream]]"})
    site.advance(3)
    (error,) = line.poll()["errors"]
    assert (error["code"], error["status"], error["taskUUID"]) == ("providerError", "error", ONE)


def test_both_ways_in_are_one_account(site: Site) -> None:
    line, other = site.line().sign_in(), site.line().sign_in()
    line.ask(TASK)
    assert other.ask(TASK)["errors"][0]["code"] == "conflictTaskUUID"
    assert site.line().sign_in("another-key").ask(TASK) == {"data": [ACCEPTED]}


def test_a_dry_run_checks_and_does_nothing(site: Site) -> None:
    line = site.line("/runware/v1?sdk=js&version=1.3.2&dryRun=1").sign_in()
    assert line.ask(TASK) == {"data": [ACCEPTED]}
    assert line.ask(TASK | {"duration": 99})["errors"][0]["code"] == "unsupportedDuration"
    assert site.jobs() == []


@pytest.mark.parametrize(
    ("authentication", "code"),
    [
        ({"apiKey": "vidmock-invalid"}, "invalidApiKey"),
        ({"apiKey": ""}, "missingApiKey"),
        ({"apiKey": 5}, "missingApiKey"),
        ({}, "missingApiKey"),
    ],
    ids=["refused", "empty", "number", "absent"],
)
def test_a_key_that_is_no_good_leaves_the_socket_open(site: Site, authentication: dict[str, Any], code: str) -> None:
    line = site.line()
    (error,) = line.ask({"taskType": "authentication", **authentication})["errors"]
    assert (error["code"], error["parameter"], error["taskType"]) == (code, "apiKey", "authentication")
    assert "taskUUID" not in error
    assert line.sign_in().is_open()


def test_it_can_be_closed_on_a_bad_key(sites: Callable[..., Site]) -> None:
    line = sites(behaviours={"runware.refused_socket": "closed"}).line()
    assert line.ask({"taskType": "authentication", "apiKey": "vidmock-invalid"})["errors"]
    assert line.closed_with() == 1008


def test_tasks_before_the_key_are_refused_by_name_and_the_socket_stays_open(site: Site) -> None:
    line = site.line()
    (error,) = line.ask(TASK)["errors"]
    assert (error["code"], error["taskUUID"]) == ("missingApiKey", ONE)
    assert line.sign_in().ask(TASK) == {"data": [ACCEPTED]}


@pytest.mark.parametrize(
    "junk",
    ["", "nonsense", "[{]", "{}", "5", '[{"taskType": NaN}]', b"\xff\xfe", b"[]\x00"],
    ids=["empty", "word", "cut", "object", "number", "nan", "binary", "null"],
)
def test_junk_is_answered_and_survived(site: Site, junk: str | bytes) -> None:
    line = site.line().sign_in()
    line.connection.send(junk)
    assert line.hear()["errors"][0]["code"] in ("invalidJSON", "invalidRequest")
    assert line.is_open()
    body = junk.encode() if isinstance(junk, str) else junk
    worlds = site.server.engine.worlds
    assert [body in [exchange.request_body for exchange in worlds.world(key).journal] for key in ("a-key", "")] == [
        True,
        False,
    ]


def test_junk_before_the_key_is_nobodys(site: Site) -> None:
    line = site.line()
    line.connection.send("nonsense")
    assert line.hear()["errors"]
    assert [exchange.request_body for exchange in site.server.engine.worlds.world("").journal] == [b"nonsense"]


@pytest.mark.parametrize("task", [{"taskType": "test"}, {}, 5, None, [TASK]], ids=["kind", "none", "5", "null", "list"])
def test_a_task_that_is_none_is_an_error_and_survived(site: Site, task: object) -> None:
    line = site.line().sign_in()
    assert line.ask(task)["errors"]
    assert line.is_open()


def test_an_empty_batch_is_an_empty_frame(site: Site) -> None:
    assert site.line().sign_in().ask() == {"data": []}


def test_a_binary_frame_of_json_is_read(site: Site) -> None:
    line = site.line().sign_in()
    line.connection.send(json.dumps([PING]).encode())
    assert line.hear() == PONG


def test_an_answer_that_was_lost_is_sent_again_in_the_resumed_session(site: Site) -> None:
    line = site.line().sign_in()
    line.send(TASK | {"positivePrompt": "a kite [[vidmock: lost at=after]]"})
    with pytest.raises(ConnectionClosed):
        line.hear()
    assert site.jobs() == [ONE]
    again = site.line().sign_in(connectionSessionUUID=line.session)
    assert again.session == line.session
    assert again.hear() == {"data": [ACCEPTED]}
    assert again.is_open()


@pytest.mark.parametrize(("away", "kept"), [(120.0, True), (121.0, False)], ids=["in time", "too late"])
def test_what_was_not_delivered_is_kept_for_two_minutes(site: Site, away: float, kept: bool) -> None:
    line = site.line().sign_in()
    line.send(TASK | {"positivePrompt": "a kite [[vidmock: lost at=after]]"})
    with pytest.raises(ConnectionClosed):
        line.hear()
    site.advance(away)
    again = site.line().sign_in(connectionSessionUUID=line.session)
    assert (again.session == line.session) == kept
    assert again.ask(PING) == ({"data": [ACCEPTED]} if kept else PONG)


@pytest.mark.parametrize("session", ["00000000-0000-4000-8000-000000000000", "no uuid", ""])
def test_a_session_that_is_not_there_is_a_new_one(site: Site, session: str) -> None:
    line = site.line().sign_in(connectionSessionUUID=session)
    assert line.session
    assert line.session != session


class Wire:
    """A connection in this process on which nothing gets through after *frames* frames."""

    def __init__(self, frames: int) -> None:
        self.heard: list[Any] = []
        self._frames = frames
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._said.put_nowait({"type": "websocket.connect"})
        self.done = asyncio.Event()

    def say(self, *tasks: object) -> None:
        self._said.put_nowait({"type": "websocket.receive", "text": json.dumps(tasks)})

    async def receive(self) -> Any:
        return await self._said.get()

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.send":
            if len(self.heard) == self._frames:
                self.done.set()
                raise OSError("the connection is gone")
            self.heard.append(json.loads(message["text"]))


def test_a_frame_that_did_not_get_through_is_sent_in_the_resumed_session(house: House) -> None:
    scope = {"type": "websocket", "path": "/runware/v1", "scheme": "ws", "headers": [], "query_string": b""}

    async def talk(frames: int, *tasks: object) -> Wire:
        wire = Wire(frames)
        for task in tasks:
            wire.say(task)
        serving = asyncio.ensure_future(house.app(dict(scope), wire.receive, wire.send))
        await asyncio.wait([serving, asyncio.ensure_future(wire.done.wait())], return_when=asyncio.FIRST_COMPLETED)
        await serving
        return wire

    key = {"taskType": "authentication", "apiKey": "a-key"}
    lost = house.run(talk(1, key, TASK, PING))
    session = lost.heard[0]["data"][0]["connectionSessionUUID"]
    resumed = house.run(talk(3, key | {"connectionSessionUUID": session}, PING, PING))
    assert resumed.heard[1] == {"data": [ACCEPTED]}
    assert resumed.heard[2] == PONG


def test_nobody_resumes_the_session_of_another_key(site: Site) -> None:
    line = site.line().sign_in()
    assert site.line().sign_in("another-key", connectionSessionUUID=line.session).session != line.session
    assert line.is_open()


def test_a_session_resumed_elsewhere_leaves_its_old_socket(site: Site) -> None:
    line = site.line().sign_in()
    again = site.line().sign_in(connectionSessionUUID=line.session)
    assert line.closed_with() == 1001
    assert again.is_open()


def test_signing_in_twice_keeps_the_socket(site: Site) -> None:
    line = site.line().sign_in()
    before = line.session
    assert line.sign_in(connectionSessionUUID=before).session == before
    assert line.sign_in("another-key").session != before
    line.ask(TASK)
    assert (site.jobs(), site.jobs("another-key")) == ([], [ONE])


def test_a_silent_socket_is_closed_after_two_minutes_and_any_message_counts(site: Site) -> None:
    line = site.line().sign_in()
    site.advance(119)
    assert line.is_open()
    site.advance(119)
    assert line.is_open()
    site.advance(120)
    assert line.closed_with() == 1001


def test_a_socket_that_never_says_who_it_is_is_closed_too(site: Site) -> None:
    line = site.line()
    site.advance(120, "")
    assert line.closed_with() == 1001


def test_silence_can_be_allowed(sites: Callable[..., Site]) -> None:
    site = sites(behaviours={"runware.idle": "never"})
    line = site.line().sign_in()
    site.advance(10_000)
    assert line.is_open()


def test_a_fast_clock_does_not_hurry_the_clients_pings(sites: Callable[..., Site]) -> None:
    # 120 s of this clock are over in 12 µs: before any message can come.
    line = sites(clock=Mode("scaled", 10_000_000.0)).line().sign_in()
    assert all(line.is_open() for _ in range(3))


def test_a_late_answer_holds_up_no_other(site: Site) -> None:
    line = site.line().sign_in()
    line.send(TASK | {"positivePrompt": "a kite [[vidmock: late=30 at=after]]"})
    assert line.is_open()
    site.advance(30)
    assert line.hear() == {"data": [ACCEPTED]}


def test_a_hanging_answer_never_comes(site: Site) -> None:
    line = site.line().sign_in()
    line.send(TASK | {"positivePrompt": "a kite [[vidmock: hang at=after]]"})
    assert line.is_open()
    assert site.jobs() == [ONE]


def test_a_key_that_is_cut_off_has_no_session_and_no_answer(site: Site) -> None:
    keys = ("a-key", "a-key", "a-key", "another-key")
    line, one, two, other = (site.line().sign_in(key) for key in keys)
    line.send(TASK | {"positivePrompt": "a kite [[vidmock: refused=60 at=after]]"})
    for struck, ask in (
        (line, None),
        (one, TASK),
        (two, 5),
        (site.line(), {"taskType": "authentication", "apiKey": "a-key"}),
    ):
        if ask:
            struck.send(ask)
        with pytest.raises(ConnectionClosed):
            struck.hear()
    assert other.is_open()
    assert site.jobs() == [ONE]
    site.advance(60)
    assert site.line().sign_in().poll()["data"]


def test_a_client_that_does_not_read_is_not_worked_for_and_holds_up_nobody_else(site: Site) -> None:
    # Compressed, all of its answers would fit into the buffers on the way.
    deaf, other = site.line(compression=None).sign_in("deaf-key"), site.line().sign_in()
    tasks = [{"taskType": "x" * 250, "taskUUID": "y" * 250}] * 40_000

    def shout() -> None:
        with suppress(ConnectionClosed, OSError):
            for _ in range(3):
                deaf.send(*tasks)

    shouting = threading.Thread(target=shout, daemon=True)
    shouting.start()
    while site.server.engine.worlds.world("deaf-key").journal.seen < 2:
        assert other.is_open()
    assert all(other.is_open() for _ in range(200))
    assert other.ask(TASK) == {"data": [ACCEPTED]}
    assert site.server.engine.worlds.world("deaf-key").journal.seen < len(tasks)
    deaf.connection.socket.shutdown(socket.SHUT_RDWR)
    shouting.join(SECONDS)
    assert not shouting.is_alive()


def test_a_file_of_20_megabytes_comes_in_one_frame(site: Site) -> None:
    data = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20 * 2**20)).decode()
    line = site.line().sign_in()
    (item,) = line.ask({"taskType": "imageUpload", "taskUUID": ONE, "image": data})["data"]
    assert item["imageURL"].endswith(f"{item['imageUUID']}.png")


def test_no_frame_is_larger_than_clients_take(site: Site) -> None:
    line = site.line().sign_in()
    line.send(TASK, {"taskType": "ping", "ping": True, "note": "x" * 2**20})
    assert (line.hear(), line.hear()) == ({"data": [ACCEPTED]}, PONG)
    line.send({"taskType": "getTaskDetails", "taskUUID": ONE})
    text = line.connection.recv(SECONDS)
    assert len(text) < 2**20
    (error,) = json.loads(text)["errors"]
    assert error["taskUUID"] == ONE


def test_tasks_that_come_by_socket_are_in_the_journal(site: Site) -> None:
    site.line("/runware/v1?sdk=js").sign_in().ask(TASK)
    exchanges = list(site.server.engine.worlds.world("a-key").journal)
    assert [(one.method, one.target, one.status, one.operation) for one in exchanges] == [
        ("WS", "/runware/v1?sdk=js", 200, "authenticate"),
        ("WS", "/runware/v1?sdk=js", 200, "submit"),
    ]
    assert json.loads(exchanges[1].request_body) == [TASK]
    assert json.loads(exchanges[1].response_body) == {"data": [ACCEPTED]}


def test_a_message_of_very_many_tasks_is_refused_as_a_whole(site: Site) -> None:
    line = site.line().sign_in()
    (error,) = line.ask(*[PING] * (MOST_TASKS + 1))["errors"]
    assert error == {
        "code": "requestTooLarge",
        "message": f"A request has at most {MOST_TASKS} tasks, not {MOST_TASKS + 1}.",
    }
    assert line.is_open(), "nothing else is answered"
