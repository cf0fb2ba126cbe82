"""Every effect on an answer, as its bytes arrive at a client's socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Callable, Iterator
from functools import partialmethod
from typing import Any

import pytest

from vidmock.engine.faults.catalog import EFFECTS, checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.media.probe import probe
from vidmock.server.listener import Listener
from vidmock.server.page_policy import STRANGERS
from vidmock.server.server import ThreadedServer

SUBMIT = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"
BODY = json.dumps({"prompt": "a kite"}).encode()
SECONDS = 60
"""Real ones, after which something hangs."""
DAY = 86_400.0


@pytest.fixture
def server() -> Iterator[ThreadedServer]:
    with ThreadedServer(Settings(clock=Mode("scaled", 100.0))) as mock:
        yield mock


def exchange(server: ThreadedServer, method: str, path: str, body: bytes = b"") -> bytes:
    """All bytes that come back on one connection until it ends; a reset shows as an error."""
    head = f"{method} {path} HTTP/1.1\r\nhost: mock.test\r\nauthorization: Key k\r\nconnection: close\r\n"
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=SECONDS) as raw:
        raw.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        received = b""
        while part := raw.recv(65536):
            received += part
        return received


def add(server: ThreadedServer, phase: Any, name: str, **arguments: Any) -> None:
    async def work() -> None:
        server.engine.worlds.world("k").faults.add(checked_rule(FaultRule(phase, Effect(name, arguments), times=1)))

    server.run(work())


def jobs(server: ThreadedServer) -> int:
    return server.engine.worlds.world("k").ledger.jobs


def split(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}, body


def edge_page(answer: bytes) -> None:
    status, headers, body = split(answer)
    assert (status, headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert b"<h1>502 Bad Gateway</h1>" in body
    assert b"nginx" not in body


def a_status(answer: bytes) -> None:
    assert split(answer)[0] == 500


def nothing(answer: bytes) -> None:
    assert answer == b""


def half(answer: bytes) -> None:
    _, headers, body = split(answer)
    assert len(body) == int(headers["content-length"]) // 2


def half_as_if_whole(answer: bytes) -> None:
    status, headers, body = split(answer)
    assert (status, len(body)) == (200, int(headers["content-length"]))
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(body)


def empty(answer: bytes) -> None:
    status, headers, body = split(answer)
    assert (status, headers["content-length"], body) == (200, "0", b"")


def whole(answer: bytes) -> None:
    status, headers, body = split(answer)
    assert (status, len(body)) == (200, int(headers["content-length"]))
    assert json.loads(body)["status"] == "IN_QUEUE"


def other_type(answer: bytes) -> None:
    assert split(answer)[1]["content-type"] == "text/html"
    whole(answer)


def another_word(answer: bytes) -> None:
    assert json.loads(split(answer)[2])["status"] == "THROTTLED"


def without_status(answer: bytes) -> None:
    body = json.loads(split(answer)[2])
    assert "status" not in body
    assert body["request_id"]


def with_more(answer: bytes) -> None:
    assert json.loads(split(answer)[2])["vidmock_extra"] == {"new": True}


def with_a_field(answer: bytes) -> None:
    body = json.loads(split(answer)[2])
    assert (body["error"], body["status"]) == (None, "IN_QUEUE")


def created(answer: bytes) -> None:
    assert answer.startswith(b"HTTP/1.1 201 Created\r\n")
    assert json.loads(split(answer)[2])["status"] == "IN_QUEUE"


def of_a_stranger(answer: bytes) -> None:
    body = json.loads(split(answer)[2])
    assert body["request_id"] == "00000000-0000-4000-8000-000000000000"
    assert body["status_url"].endswith(f"/requests/{body['request_id']}/status")


def leading_away(answer: bytes) -> None:
    body = json.loads(split(answer)[2])
    assert body["status_url"].startswith("http://mock.test/elsewhere/fal/queue/fal-ai/kling-video/requests/")


def sent_away(answer: bytes) -> None:
    assert answer.startswith(b"HTTP/1.1 307 Temporary Redirect\r\n")
    assert split(answer)[1]["location"].startswith("http://mock.test/elsewhere/fal/queue/")


ANSWERS: dict[str, Callable[[bytes], None]] = {
    "set_field": with_a_field,
    "wrong_status": created,
    "other_job": of_a_stranger,
    "other_urls": leading_away,
    "edge_page": edge_page,
    "redirected": sent_away,
    "status": a_status,
    "lost": nothing,
    "truncated": half,
    "malformed": half_as_if_whole,
    "empty": empty,
    "wrong_type": other_type,
    "unknown_status": another_word,
    "missing_field": without_status,
    "extra_field": with_more,
    "trickle": whole,
    "late": whole,
    "after_webhook": whole,
    "slow_headers": whole,
    "half_closed": nothing,
}
RESET = ("reset", "refused")


def test_every_effect_on_answers_is_shown_here() -> None:
    # At fal, whose answers are shown here.
    shown = {
        name
        for name, effect in EFFECTS.items()
        if effect.kind in ("answer", "body") and not effect.why_not("fal", effect.phases[0])
    }
    assert shown == {*ANSWERS, *RESET, "hang"}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_accepted_job_is_charged_and_its_answer_is(name: str, server: ThreadedServer) -> None:
    add(server, "after", name)
    answer = exchange(server, "POST", SUBMIT, BODY)
    ANSWERS[name](answer)
    # Also where the fault writes the answer itself, in place of the server: it is no page that acts in its name.
    assert answer == b"" or split(answer)[1].items() >= {**STRANGERS, "content-disposition": "attachment"}.items()
    assert jobs(server) == 1


@pytest.mark.parametrize("name", RESET)
def test_an_accepted_job_is_charged_and_the_connection_breaks(name: str, server: ThreadedServer) -> None:
    add(server, "after", name)
    with pytest.raises(ConnectionResetError):
        exchange(server, "POST", SUBMIT, BODY)
    assert jobs(server) == 1


@pytest.mark.parametrize(("phase", "charged"), [("before", 0), ("after", 1)])
def test_an_answer_that_hangs_does_not_come_within_a_day(phase: str, charged: int, server: ThreadedServer) -> None:
    add(server, phase, "hang")
    with talking(server) as raw:
        server.run(until(lambda: [tally.fired for _, tally in server.engine.worlds.world("k").faults] == [1]))
        server.run(server.engine.worlds.world("k").clock.advance(DAY))
        server.run(turns())
        raw.setblocking(False)
        with pytest.raises(BlockingIOError):
            raw.recv(1)
    assert jobs(server) == charged
    whole(exchange(server, "POST", SUBMIT, BODY))


@pytest.mark.parametrize("name", [name for name in (*ANSWERS, *RESET) if "before" in EFFECTS[name].phases])
def test_before_the_side_effect_nothing_is_charged(name: str, server: ThreadedServer) -> None:
    add(server, "before", name)
    if name in RESET:
        with pytest.raises(ConnectionResetError):
            exchange(server, "POST", SUBMIT, BODY)
    else:
        ANSWERS[name](exchange(server, "POST", SUBMIT, BODY))
    assert jobs(server) == 0
    if name == "refused":
        await_port(server)
    whole(exchange(server, "POST", SUBMIT, BODY))
    assert jobs(server) == 1


def await_port(server: ThreadedServer) -> None:
    """Until somebody listens there again."""

    def listens() -> bool:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))).close()
            return True
        return False

    asyncio.run(until(listens))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():
            await asyncio.sleep(0.001)


async def turns() -> None:
    """Let a loop do whatever can be done at once."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_refusing_port_refuses_everybody_until_the_worlds_clock_has_moved_on() -> None:
    with ThreadedServer(Settings(clock=Mode("manual"))) as server:
        add(server, "before", "refused", seconds=60.0)
        with pytest.raises(ConnectionResetError):
            exchange(server, "POST", SUBMIT, BODY)
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                exchange(server, "GET", "/")
        server.run(server.engine.worlds.world("k").clock.advance(60.0))
        await_port(server)
        assert split(exchange(server, "POST", SUBMIT, BODY))[0] == 200


def test_a_port_does_not_refuse_for_longer_than_so_many_real_seconds() -> None:
    with ThreadedServer(Settings(clock=Mode("manual"))) as server:
        add(server, "before", "refused", seconds=0.05)
        with pytest.raises(ConnectionResetError):
            exchange(server, "POST", SUBMIT, BODY)
        await_port(server)


def test_a_server_can_be_left_while_its_port_refuses() -> None:
    with ThreadedServer() as server:
        add(server, "before", "refused", seconds=3600.0)
        with pytest.raises(ConnectionResetError):
            exchange(server, "POST", SUBMIT, BODY)


def talking(server: ThreadedServer) -> socket.socket:
    """A connection over which a job was submitted."""
    raw = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=SECONDS)
    head = f"POST {SUBMIT} HTTP/1.1\r\nhost: mock.test\r\nauthorization: Key k\r\ncontent-length: {len(BODY)}\r\n\r\n"
    raw.sendall(head.encode() + BODY)
    return raw


def test_a_half_closed_connection_still_takes_what_the_client_sends(server: ThreadedServer) -> None:
    add(server, "after", "half_closed")
    with talking(server) as raw:
        assert raw.recv(1) == b""
        # To a connection that is closed on both sides the second of these would fail.
        for _ in range(3):
            raw.sendall(b"POST / HTTP/1.1\r\n")
            assert raw.recv(1) == b""


def is_whole(answer: bytes) -> bool:
    return b"\r\n\r\n" in answer and len(split(answer)[2]) == int(split(answer)[1]["content-length"])


@pytest.mark.parametrize(("name", "begins"), [("slow_headers", b"HTTP/1.1 200"), ("trickle", b"HTTP/1.1 200")])
def test_slow_bytes_come_as_the_worlds_clock_goes(name: str, begins: bytes) -> None:
    with ThreadedServer(Settings(clock=Mode("manual"))) as server:
        add(server, "after", name, seconds=60.0)
        with talking(server) as raw:
            received = raw.recv(65536)
            assert received.startswith(begins)
            for _ in range(59):
                server.run(server.engine.worlds.world("k").clock.advance(1.0))
                raw.settimeout(0.0)
                with contextlib.suppress(BlockingIOError):
                    received += raw.recv(65536)
                assert not is_whole(received), "it was there before its time"
            raw.settimeout(SECONDS)
            server.run(server.engine.worlds.world("k").clock.advance(7200.0))
            while not is_whole(received):
                part = raw.recv(65536)
                assert part, "it broke off"
                received += part
        whole(received)


def test_a_prompt_asks_for_a_fault_of_each_of_its_jobs(server: ThreadedServer) -> None:
    body = json.dumps({"prompt": "a kite [[vidmock: edge_page=504 at=after nginx=true]]"}).encode()
    for _ in range(2):
        status, _, page = split(exchange(server, "POST", SUBMIT, body))
        assert (status, b"nginx" in page) == (504, True)
    assert jobs(server) == 2


def test_a_prompt_says_after_how_many_faults_a_client_gets_through(server: ThreadedServer) -> None:
    body = json.dumps({"prompt": "a kite [[vidmock: edge_page=504 at=after times=1]]"}).encode()
    for status in (504, 200, 504, 200):
        assert split(exchange(server, "POST", SUBMIT, body))[0] == status


def test_a_prompt_has_the_port_refuse_its_own_key_alone() -> None:
    body = json.dumps({"prompt": "a kite [[vidmock: refused=1h at=after]]"}).encode()
    with ThreadedServer(Settings(clock=Mode("manual"))) as server:
        for _ in range(3):
            with pytest.raises(ConnectionResetError):
                exchange(server, "POST", SUBMIT, body)
        assert jobs(server) == 1, "the later ones were never read"
        other = BODY.replace(b"a kite", b"another kite")
        whole(exchange(server, "POST", f"{SUBMIT} HTTP/1.1\r\nauthorization: Key other\r\nx: ", other))
        server.run(server.engine.worlds.world("k").clock.advance(3600.0))
        whole(exchange(server, "POST", SUBMIT, BODY))


def test_a_marker_that_cannot_be_read_is_the_providers_refusal_with_words(server: ThreadedServer) -> None:
    body = json.dumps({"prompt": "a kite [[vidmock: stock]]"}).encode()
    status, _, answer = split(exchange(server, "POST", SUBMIT, body))
    assert status == 422
    assert "Did you mean 'stuck'?" in json.loads(answer)["detail"][0]["msg"]
    assert jobs(server) == 0


def test_prompts_ask_in_vain_where_that_is_switched_off() -> None:
    with ThreadedServer(Settings(magic_inputs=False)) as server:
        body = json.dumps({"prompt": "a kite [[vidmock: lost at=after]]"}).encode()
        whole(exchange(server, "POST", SUBMIT, body))


def cut_file(answer: bytes) -> None:
    half(answer)
    assert b"ftyp" in answer


def page_for_file(answer: bytes) -> None:
    status, headers, body = split(answer)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert body.startswith(b"<html>")


def gone(answer: bytes) -> None:
    assert split(answer)[0] == 403


def moved(answer: bytes) -> None:
    status, headers, _ = split(answer)
    assert (status, headers["location"]) == (302, "?moved=1")


def not_yet(answer: bytes) -> None:
    assert split(answer)[0] == 404


def other_video(answer: bytes) -> None:
    status, headers, body = split(answer)
    assert (status, headers["content-type"]) == (200, "video/mp4")
    known = probe(body)
    assert (known.container, known.seconds) == ("webm", 5.0)


FILES: dict[str, Callable[[bytes], None]] = {
    "media_truncated": cut_file,
    "media_page": page_for_file,
    "media_expired": gone,
    "media_gone": gone,
    "media_moved": moved,
    "media_pending": not_yet,
    "media_other_codec": other_video,
}


def test_every_effect_on_files_is_shown_here() -> None:
    assert {name for name, kind in EFFECTS.items() if kind.kind == "media"} == FILES.keys()


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_broken_once_and_then_whole(name: str, server: ThreadedServer) -> None:
    run = exchange(server, "POST", SUBMIT.replace("/queue/", "/run/"), BODY)
    path = json.loads(split(run)[2])["video"]["url"].removeprefix("http://mock.test")
    add(server, "media", name)
    FILES[name](exchange(server, "GET", path))
    status, headers, body = split(exchange(server, "GET", path))
    assert (status, len(body)) == (200, int(headers["content-length"]))
    assert body[4:8] == b"ftyp"


PROBLEMS = {
    "rate_limit": (429, "concurrent_requests_limit"),
    "no_balance": (403, "Exhausted balance"),
    "locked": (403, "User is locked"),
    "unauthorized": (401, "invalid key credentials"),
    "not_found": (404, "Application 'kling-video' not found"),
    "internal": (500, "internal_error"),
    "unavailable": (503, "runner_scheduling_failure"),
    "upstream_timeout": (504, "request_timeout"),
    "error": (503, "runner_disconnected"),
}
ARGUMENTS = {"error": {"code": "runner_disconnected"}}


def test_every_error_of_a_provider_is_shown_here() -> None:
    assert {name for name, kind in EFFECTS.items() if kind.kind == "problem"} == PROBLEMS.keys()


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_providers_own_error_comes_before_anything_is_charged(name: str, server: ThreadedServer) -> None:
    add(server, "before", name, **ARGUMENTS.get(name, {}))
    status, _, body = split(exchange(server, "POST", SUBMIT, BODY))
    assert status == PROBLEMS[name][0]
    assert PROBLEMS[name][1] in body.decode()
    assert jobs(server) == 0


@pytest.mark.parametrize("effect", ["status=204", "edge_page=304", "status=205", "wrong_status=204"])
def test_a_status_without_a_body_has_none(effect: str, server: ThreadedServer) -> None:
    body = json.dumps({"prompt": f"a kite [[vidmock: {effect} at=after]]"}).encode()
    status, _, rest = split(exchange(server, "POST", SUBMIT, body))
    assert (status, rest) == (int(effect[-3:]), b"")


def test_another_codec_comes_whole_where_a_part_was_asked_for(server: ThreadedServer) -> None:
    run = exchange(server, "POST", SUBMIT.replace("/queue/", "/run/"), BODY)
    path = json.loads(split(run)[2])["video"]["url"].removeprefix("http://mock.test")
    add(server, "media", "media_other_codec")
    status, headers, body = split(exchange(server, "GET", f"{path} HTTP/1.1\r\nrange: bytes=100-199\r\nx: "))
    assert (status, "content-range" in headers, probe(body).container) == (200, False, "webm")


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_client_that_gives_up_on_slow_headers_is_no_error(reset: bool, capfd: pytest.CaptureFixture[str]) -> None:
    with ThreadedServer(Settings(clock=Mode("manual"))) as server:
        add(server, "after", "slow_headers", seconds=20.0)
        with talking(server) as raw:
            assert raw.recv(1)
            if reset:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        clock = server.engine.worlds.world("k").clock
        server.run(clock.advance(DAY))
        server.run(until(lambda: clock.awaited == 0))
        whole(exchange(server, "POST", SUBMIT, BODY))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["hang", "late", "slow_headers", "half_closed"])
def test_a_server_ends_quietly_while_answers_are_held(
    name: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is held is held for longer than any grace.
    monkeypatch.setattr(Listener, "close", partialmethod(Listener.close, grace=0.0))
    with ThreadedServer() as server:
        for _ in range(3):
            add(server, "after", name)
        held = [talking(server) for _ in range(3)]
        server.run(until(lambda: jobs(server) == 3))
    for raw in held:
        raw.close()
    assert capfd.readouterr().err == ""
