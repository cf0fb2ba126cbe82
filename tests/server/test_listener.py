"""The listening port: who may have it, how it closes, and what it makes of bad HTTP."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from functools import partialmethod
from typing import TYPE_CHECKING

import httpx
import pytest

from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.server.listener import Listener
from vidmock.server.port import PortTaken, bind
from vidmock.server.server import ThreadedServer

if TYPE_CHECKING:
    from tests.conftest import Wire

SECONDS = 60
"""Real ones, after which something hangs."""


def _address(mock: ThreadedServer) -> tuple[str, int]:
    url = httpx.URL(mock.url)
    assert url.port
    return url.host, url.port


def _exchange(mock: ThreadedServer, sent: bytes) -> bytes:
    with socket.create_connection(_address(mock), timeout=SECONDS) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as caught:
            bind("127.0.0.1", port)
    message = str(caught.value)
    assert f"cannot listen on 127.0.0.1:{port}: address already in use" in message
    assert "--port 0" in message
    assert "\n" not in message


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"], ids=["not ours", "no such name"])
def test_a_host_that_is_not_ours_is_one_clear_line(host: str) -> None:
    with pytest.raises(PortTaken, match=rf"^cannot listen on {host}:0: [^\n]+$") as caught:
        bind(host, 0)
    assert "--host is an address of this machine" in str(caught.value)
    assert "another port" not in str(caught.value)


def test_a_server_can_come_back_to_the_port_it_had() -> None:
    with ThreadedServer() as mock:
        port = _address(mock)[1]
        assert httpx.get(mock.url).status_code == 200
    with ThreadedServer(port=port) as mock:
        assert httpx.get(mock.url).status_code == 200


def test_two_servers_do_not_know_each_other(wires: tuple[Wire, ...]) -> None:
    wire = wires[0]
    with ThreadedServer() as one, ThreadedServer() as two:
        key = {"authorization": "Bearer k"}
        job = wire.job_id(httpx.post(one.url + wire.submit_path, json=wire.body, headers=key).json())
        _, path, _ = wire.poll(job)
        assert httpx.get(one.url + path, headers=key).status_code == 200
        assert httpx.get(two.url + path, headers=key).status_code == 404


def test_a_connection_serves_many_requests(mock: ThreadedServer) -> None:
    with socket.create_connection(_address(mock), timeout=SECONDS) as connection:
        for _ in range(5):
            connection.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
            answer = b""
            while b"Eachlabs" not in answer:
                answer += connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 ")


def test_pipelined_requests_are_all_answered(mock: ThreadedServer) -> None:
    request = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
    last = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    assert _exchange(mock, request + request + last).count(b"HTTP/1.1 200 ") == 3


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
        b"CONN\r\n\r\n",
    ],
    ids=["words", "version", "no path", "bytes", "nearly connect"],
)
def test_what_is_not_http_gets_a_400_and_the_server_goes_on(mock: ThreadedServer, sent: bytes) -> None:
    answer = _exchange(mock, sent)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert httpx.get(mock.url).status_code == 200


def test_answers_carry_a_date_and_no_server_name(mock: ThreadedServer) -> None:
    for path in ("/", "/runpod/v2/no-such-endpoint/health", "/_vidmock/clock"):
        headers = httpx.get(mock.url + path).headers
        assert [date[-4:] for date in headers.get_list("date")] == [" GMT"]
        assert "server" not in headers


@pytest.mark.parametrize("sent", [b"", b"C", b"POST /runpod/v2/x/run HTTP/1.1\r\ncontent-length: 100\r\n\r\n{"])
def test_a_client_that_goes_away_in_the_middle_leaves_no_trace(
    mock: ThreadedServer, sent: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(_address(mock)) as connection:
        connection.sendall(sent)
    assert httpx.get(mock.url).status_code == 200
    mock.run(_quiet())
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""


async def _quiet() -> None:
    """Let the server's loop notice what has happened to its sockets."""
    for _ in range(20):
        await asyncio.sleep(0)


def _close(server: ThreadedServer) -> None:
    closing = threading.Thread(target=server.__exit__, args=(None, None, None), daemon=True)
    closing.start()
    closing.join(SECONDS)
    assert not closing.is_alive()


def test_it_closes_at_once_though_idle_connections_are_open(monkeypatch: pytest.MonkeyPatch) -> None:
    # The grace is for requests: an hour of it would hang here.
    monkeypatch.setattr(Listener, "close", partialmethod(Listener.close, grace=3600.0))
    mock = ThreadedServer().__enter__()
    with httpx.Client() as client, socket.socket() as silent:
        assert client.get(mock.url).status_code == 200
        silent.connect(_address(mock))
        assert httpx.get(mock.url).status_code == 200, "and so the silent one was accepted before"
        _close(mock)
        with pytest.raises(httpx.ConnectError):
            httpx.get(mock.url)


def test_a_request_that_waits_does_not_hold_up_the_closing(wires: tuple[Wire, ...]) -> None:
    """Under a manual clock a synchronous call waits until somebody advances, which nobody does here."""
    ended: list[str] = []
    wire = wires[0]

    def wait(url: str) -> None:
        try:
            httpx.post(f"{url}{wire.submit_path}sync", json=wire.body, headers={"authorization": "k"}, timeout=SECONDS)
        except httpx.HTTPError as error:
            ended.append(type(error).__name__)
        else:
            ended.append("answered")

    mock = ThreadedServer(Settings(clock=Mode("manual"))).__enter__()
    client = threading.Thread(target=wait, args=(mock.url,))
    client.start()
    mock.run(_until(lambda: bool(mock.engine.worlds.world("k").jobs)))
    _close(mock)
    client.join(SECONDS)
    assert len(ended) == 1


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():
            await asyncio.sleep(0.001)


def test_servers_one_after_another_leave_no_thread() -> None:
    before = threading.active_count()
    for _ in range(20):
        with ThreadedServer():
            pass
    assert threading.active_count() == before
