"""A defect of ours, wherever it strikes: the client is answered in the form it knows, and the reason printed once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from vidmock.engine.service.engine import Engine
from vidmock.providers.exchange import files
from vidmock.providers.exchange.call import Call
from vidmock.providers.fal import stream
from vidmock.providers.fal.dialect import FalDialect
from vidmock.providers.runware.socket import Socket
from vidmock.server.control import worlds
from vidmock.server.last_catch import LastCatch
from vidmock.server.origin import ClientAddress

if TYPE_CHECKING:
    from tests.conftest import House, Wire

    from vidmock.server.server import ThreadedServer

SAID = "vidmock failed while answering; its log has the reason"
REASON = "RuntimeError: a screw is loose"
TASK: dict[str, Any] = {
    "taskType": "videoInference",
    "taskUUID": "00000000-0000-4000-8000-0000000000aa",
    "model": "klingai:kling@o1-standard",
    "positivePrompt": "a kite over dunes",
    "width": 1280,
    "height": 720,
}
KEY = {"taskType": "authentication", "apiKey": "a-key"}
SECONDS = 10
"""What an answer may take before the test fails."""


def defective(*args: Any, **more: Any) -> Any:
    raise RuntimeError("a screw is loose")


def in_own_form(provider: str, answer: httpx.Response) -> None:
    assert answer.status_code == 500
    told = answer.json()
    match provider:
        case "runpod":
            assert told == {"status": 500, "title": "Internal Server Error", "detail": SAID}
        case "runware":
            assert told["data"] == []
            assert [(error["code"], error["message"]) for error in told["errors"]] == [("internalServerError", SAID)]
        case "fal":
            assert told == {"detail": SAID, "error_type": "internal_error"}
            assert answer.headers["x-fal-needs-retry"] == "1"
        case "eachlabs":
            message = "Internal server error"
            assert told == {"status": "error", "message": message, "details": SAID, "error": message}
            assert answer.headers["x-request-id"]


@pytest.fixture
def reported(capfd: pytest.CaptureFixture[str]) -> Callable[[], int]:
    """How often the reason was printed since the last time that this was asked."""

    def count() -> int:
        printed = capfd.readouterr().err
        assert ("Traceback (most recent call last)" in printed) == (REASON in printed)
        return printed.count(REASON)

    return count


@pytest.fixture
def loose(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str], None]:
    """Has a part of us raise an error from now on."""
    return lambda owner, name: monkeypatch.setattr(owner, name, defective)


Loosen = Callable[[Any, str], None]
Reported = Callable[[], int]


@pytest.mark.parametrize("broken", ["submit", "strike"])
def test_a_submit_is_answered_and_recorded(
    house: House, wire: Wire, loose: Loosen, reported: Reported, broken: str
) -> None:
    loose(Engine, broken)
    answer = house.post(wire.submit_path, wire.body)
    in_own_form(wire.name, answer)
    assert reported() == 1
    (exchange,) = house.world().journal
    assert (exchange.status, exchange.response_body) == (500, answer.content)


def test_a_poll_is_answered(house: House, wire: Wire, loose: Loosen, reported: Reported) -> None:
    job = wire.submit(house)
    loose(Engine, "find")
    in_own_form(wire.name, wire.look(house, job))
    assert reported() == 1


def test_a_file_is_answered(house: House, wire: Wire, loose: Loosen, reported: Reported) -> None:
    job = wire.submit(house)
    house.advance(5)
    video = wire.video(wire.look(house, job).json())
    loose(files, "video_file")
    in_own_form(wire.name, house.get(video, key=None))
    assert reported() == 1


@pytest.mark.parametrize("broken", ["record", "suffer", "read"])
def test_it_is_answered_where_the_exchange_itself_breaks(
    house: House, wire: Wire, loose: Loosen, reported: Reported, broken: str
) -> None:
    loose(Call, broken)
    in_own_form(wire.name, house.post(wire.submit_path, wire.body))
    assert reported() == 1


def test_a_path_that_is_not_there_is_answered(house: House, wire: Wire, loose: Loosen, reported: Reported) -> None:
    loose(Call, "record")
    in_own_form(wire.name, house.get(f"/{wire.name}{'/queue' if wire.name == 'fal' else ''}/a/b/c/d"))
    assert reported() == 1


def test_pages_in_browsers_may_read_it(house: House, wires: tuple[Wire, ...], loose: Loosen) -> None:
    (fal,) = (wire for wire in wires if wire.name == "fal")
    loose(Call, "record")
    answer = house.post(fal.submit_path, fal.body, headers={"origin": "https://app.example"})
    assert answer.status_code == 500
    assert answer.headers["access-control-allow-origin"]


def test_each_task_of_a_batch_has_an_answer_of_its_own(
    house: House, monkeypatch: pytest.MonkeyPatch, reported: Reported
) -> None:
    submit = Engine.submit

    def moody(engine: Engine, submission: Any, now: float) -> Any:
        return defective() if "red" in submission.input["positivePrompt"] else submit(engine, submission, now)

    monkeypatch.setattr(Engine, "submit", moody)
    other = TASK | {"taskUUID": "00000000-0000-4000-8000-0000000000bb", "positivePrompt": "a red kite"}
    answer = house.post("/runware/v1", [other, TASK])
    assert answer.status_code == 200
    told = answer.json()
    assert [item["taskUUID"] for item in told["data"]] == [TASK["taskUUID"]]
    assert [(error["taskUUID"], error["code"]) for error in told["errors"]] == [
        (other["taskUUID"], "internalServerError")
    ]
    assert reported() == 1


def test_a_stream_that_cannot_begin_is_answered(
    house: House, wires: tuple[Wire, ...], loose: Loosen, reported: Reported
) -> None:
    (fal,) = (wire for wire in wires if wire.name == "fal")
    job = fal.submit(house)
    loose(FalDialect, "_status_body")
    in_own_form("fal", house.get(f"/fal/queue/fal-ai/kling-video/requests/{job}/status/stream"))
    assert reported() == 1
    assert list(house.world().journal)[-1].status == 500


def _one_event_then_none(monkeypatch: pytest.MonkeyPatch) -> None:
    event, told = stream.event_text, iter(["the first"])

    def text(data: object) -> str:
        return event(data) if next(told, None) else defective()

    monkeypatch.setattr(stream, "event_text", text)


def test_a_stream_that_breaks_half_way_is_broken_off(
    mock: ThreadedServer, wires: tuple[Wire, ...], monkeypatch: pytest.MonkeyPatch, reported: Reported
) -> None:
    (fal,) = (wire for wire in wires if wire.name == "fal")
    _one_event_then_none(monkeypatch)
    with httpx.Client(base_url=mock.url, headers={"authorization": "Key a-key"}, trust_env=False) as client:
        job = fal.job_id(client.post(fal.submit_path, json=fal.body).json())
        url = f"/fal/queue/fal-ai/kling-video/requests/{job}/status/stream"
        with client.stream("GET", url) as answer:
            assert answer.status_code == 200
            with pytest.raises(httpx.RemoteProtocolError):
                answer.read()
    assert reported() == 1


def test_in_process_a_stream_that_breaks_half_way_is_a_broken_connection(
    house: House, wires: tuple[Wire, ...], monkeypatch: pytest.MonkeyPatch, reported: Reported
) -> None:
    (fal,) = (wire for wire in wires if wire.name == "fal")
    job = fal.submit(house)
    house.advance(0.5)
    _one_event_then_none(monkeypatch)
    streaming = house.begin("GET", f"/fal/queue/fal-ai/kling-video/requests/{job}/status/stream")
    house.advance(5)
    with pytest.raises(ConnectionResetError):
        house.finish(streaming)
    assert reported() == 1


@pytest.mark.parametrize(("owner", "broken"), [(Engine, "submit"), (Call, "enter"), (Call, "context")])
def test_a_task_over_a_socket_is_answered_and_the_next_one_too(
    mock: ThreadedServer, monkeypatch: pytest.MonkeyPatch, reported: Reported, owner: Any, broken: str
) -> None:
    with connect(f"{mock.url.replace('http', 'ws')}/runware/v1", proxy=None) as line:
        line.send(json.dumps([KEY]))
        assert json.loads(line.recv(SECONDS))["data"]
        whole = getattr(owner, broken)
        times = iter(["once"])

        def fails_once(*args: Any, **more: Any) -> Any:
            return defective() if next(times, None) else whole(*args, **more)

        monkeypatch.setattr(owner, broken, fails_once)
        line.send(json.dumps([TASK | ({"model": "nobody's"} if broken == "context" else {})]))
        (error,) = json.loads(line.recv(SECONDS))["errors"]
        assert (error["code"], error["message"]) == ("internalServerError", SAID)
        assert error["taskUUID"] == TASK["taskUUID"]
        assert reported() == 1
        line.send(json.dumps([TASK]))
        assert json.loads(line.recv(SECONDS))["data"] == [{"taskType": "videoInference", "taskUUID": TASK["taskUUID"]}]


def test_a_frame_that_cannot_be_looked_at_is_answered(mock: ThreadedServer, loose: Loosen, reported: Reported) -> None:
    with connect(f"{mock.url.replace('http', 'ws')}/runware/v1", proxy=None) as line:
        loose(Call, "json")
        line.send(json.dumps([KEY]))
        (error,) = json.loads(line.recv(SECONDS))["errors"]
        assert (error["code"], error["message"]) == ("internalServerError", SAID)
        assert reported() == 1


def test_an_answer_that_a_fault_holds_back_is_answered_all_the_same(
    mock: ThreadedServer, loose: Loosen, reported: Reported
) -> None:
    rule = {"effect": "late", "arguments": {"seconds": 1}, "phase": "after"}
    httpx.post(f"{mock.url}/_vidmock/faults?key=a-key", json=rule, trust_env=False).raise_for_status()
    with connect(f"{mock.url.replace('http', 'ws')}/runware/v1", proxy=None) as line:
        line.send(json.dumps([KEY]))
        line.recv(SECONDS)
        loose(Call, "suffer")
        line.send(json.dumps([TASK]))
        (error,) = json.loads(line.recv(SECONDS))["errors"]
        assert error["code"] == "internalServerError"
        assert reported() == 1


def test_a_socket_that_cannot_be_served_is_closed_with_the_code_for_that(
    mock: ThreadedServer, loose: Loosen, reported: Reported
) -> None:
    loose(Socket, "_watch")
    with connect(f"{mock.url.replace('http', 'ws')}/runware/v1", proxy=None) as line:
        with pytest.raises(ConnectionClosed) as closed:
            line.recv(SECONDS)
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 1011
    assert reported() == 1


def test_the_control_api_answers_in_json(house: House, loose: Loosen, reported: Reported) -> None:
    house.world()
    loose(worlds, "world_view")
    answer = house.get("/_vidmock/worlds", key=None)
    assert answer.status_code == 500
    assert answer.json() == {
        "error": SAID,
        "where": "",
        "try": "curl 'http://mock.test/_vidmock/worlds'",
    }
    assert reported() == 1


def test_the_control_api_tells_of_what_failed_while_time_passed(house: House, reported: Reported) -> None:
    house.world().clock.after(1.0, defective)
    answer = house.post("/_vidmock/clock/advance", {"by": "5s"}, key=None)
    assert (answer.status_code, answer.json()["error"]) == (500, SAID)
    assert reported() == 1


def test_events_that_cannot_begin_are_answered_in_json(house: House, loose: Loosen, reported: Reported) -> None:
    loose(type(house.app.engine.worlds), "listen")
    answer = house.get("/_vidmock/journal/live", key=None)
    assert (answer.status_code, answer.json()["error"]) == (500, SAID)
    assert reported() == 1


def test_the_front_door_answers_in_words(house: House, loose: Loosen, reported: Reported) -> None:
    loose(ClientAddress, "of")
    answer = house.get("/", key=None)
    assert (answer.status_code, answer.text) == (500, f"{SAID}\n")
    assert reported() == 1


def test_a_request_that_is_cancelled_is_cancelled(house: House, wires: tuple[Wire, ...]) -> None:
    (runpod,) = (wire for wire in wires if wire.name == "runpod")
    waiting = house.begin("POST", f"{runpod.submit_path}sync", json=runpod.body)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        house.finish(waiting)
    assert waiting.cancelled()


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, asyncio.CancelledError, ConnectionResetError])
def test_what_is_no_defect_is_let_through(end: type[BaseException], reported: Reported) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise end

    async def serve() -> None:
        caught = LastCatch(app, lambda request, defect: PlainTextResponse("x"))
        await caught({"type": "http"}, None, None)  # type: ignore[arg-type]  # the app asks for neither

    with pytest.raises(end):
        asyncio.run(serve())
    assert reported() == 0
