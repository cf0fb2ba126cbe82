"""A connection that another process can serve better is that one's, unread; where nobody takes it, it stays."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from vidmock.server.handed_connections import HandedConnections


def test_a_connection_goes_with_all_that_its_client_has_said(tmp_path: Path) -> None:
    async def hand_over() -> bytes:
        taken: asyncio.Queue[socket.socket] = asyncio.Queue()
        one, two = (
            HandedConnections(tmp_path, "one", taken.put_nowait),
            HandedConnections(tmp_path, "two", taken.put_nowait),
        )
        client, connection = socket.socketpair()
        client.sendall(b"GET / HTTP/1.1")
        assert one.hand(connection, "two")
        assert connection.fileno() == -1
        there = await taken.get()
        with client, there:
            for each in (one, two):
                each.close()
            return there.recv(100)

    assert asyncio.run(hand_over()) == b"GET / HTTP/1.1"
    assert [*tmp_path.iterdir()] == []


def test_a_connection_that_nobody_takes_stays_and_one_that_comes_too_late_is_closed(tmp_path: Path) -> None:
    async def hand_over() -> bytes:
        one = HandedConnections(tmp_path, "one", lambda connection: None)
        two = HandedConnections(tmp_path, "two", lambda connection: None)
        client, connection = socket.socketpair()
        with client, connection:
            assert not one.hand(connection, "nobody")
            assert connection.fileno() != -1
            assert one.hand(connection, "two")
            # It has not looked yet.
            two.close()
            said = client.recv(100)
            client, connection = socket.socketpair()
            with client, connection:
                assert not one.hand(connection, "two")
            one.close()
            return said

    assert asyncio.run(hand_over()) == b""
