"""The control API reads no more of a body than a route can use."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from vidmock.server.control.app import ROUTES
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import BODY_BYTES, SNAPSHOT_BYTES

if TYPE_CHECKING:
    from tests.control.conftest import Control

    from vidmock.server.server import ThreadedServer

MODE = b'{"mode": "manual"}'


async def in_chunks(size: int) -> AsyncIterator[bytes]:
    yield MODE
    yield b" " * (size - len(MODE))


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
def test_a_body_has_a_most(control: Control, more: int, status: int, chunked: bool) -> None:
    size = BODY_BYTES + more
    body = in_chunks(size) if chunked else MODE.ljust(size)
    answer = control.ask("PUT", "/clock", content=body, headers={"x-vidmock": "1"})
    assert answer.status_code == status
    if status == 413:
        assert answer.json()["error"] == f"the body is larger than {BODY_BYTES} bytes"
        assert answer.json()["where"] == "body"
        assert answer.json()["try"].startswith("curl -X PUT")


def test_a_snapshot_may_be_larger(control: Control) -> None:
    assert {one.path for one in ROUTES if one.most > BODY_BYTES} == {"/worlds/snapshot"}
    control.house.world()
    data = json.dumps(control.get("/worlds/snapshot", headers={"x-vidmock": "1"})).encode()
    answer = control.ask("PUT", "/worlds/snapshot", content=data.ljust(BODY_BYTES + 1), headers={"x-vidmock": "1"})
    assert answer.status_code == 200
    assert SNAPSHOT_BYTES > BODY_BYTES


def test_a_body_for_which_there_is_no_memory_is_refused(controls: Callable[..., Control]) -> None:
    control = controls(memory=2**20)
    answer = control.ask("PUT", "/clock", content=MODE.ljust(2**20), headers={"x-vidmock": "1"})
    assert (answer.status_code, answer.json()["where"]) == (503, "body")
    assert control.ask("PUT", "/clock", content=MODE, headers={"x-vidmock": "1"}).status_code == 200
    assert control.get("/memory")["refused"] == 1


def test_a_client_that_leaves_within_its_body_changes_nothing_and_is_no_defect(
    mock: ThreadedServer, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, left = threading.Event(), threading.Event()
    read = ControlRequest.read

    async def watched(self: ControlRequest, most: int) -> None:
        reading.set()
        try:
            await read(self, most)
        finally:
            left.set()

    monkeypatch.setattr(ControlRequest, "read", watched)
    address = urlsplit(mock.url)
    with socket.create_connection((address.hostname, address.port), 60) as client:
        head = f"PUT /_vidmock/clock HTTP/1.1\r\nhost: {address.netloc}\r\nx-vidmock: 1\r\ncontent-length: 100\r\n\r\n"
        client.sendall(head.encode() + MODE)
        assert reading.wait(60)
    assert left.wait(60)
    assert str(mock.engine.worlds.clock.mode) == "scaled:50"
    assert capfd.readouterr().err == ""
