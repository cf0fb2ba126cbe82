"""A way to Redis that is cut, and one that is held up."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import redis
from tests.state.redis_server import RedisServer
from tests.state.relay import Relay


@pytest.fixture
def relay(redis_server: RedisServer) -> Iterator[Relay]:
    with Relay(redis_server.socket) as relay:
        yield relay


def client_of(relay: Relay) -> redis.Redis:
    return redis.Redis.from_url(relay.url, decode_responses=True, retry=None, socket_timeout=60)


def test_a_way_that_was_cut_refuses_and_then_leads_there_again(relay: Relay) -> None:
    with client_of(relay) as client:
        client.set("a", "1")
        relay.cut()
        for _ in range(2):
            with pytest.raises(redis.ConnectionError):
                client.get("a")
        relay.mend()
        assert client.get("a") == "1"


def test_what_was_held_up_arrives_though_its_sender_has_gone(relay: Relay, redis_server: RedisServer) -> None:
    relay.stop()
    with socket.create_connection(relay.place) as sender:
        sender.sendall(b"RPUSH late 1\r\n")
    with redis_server.client as there:
        assert there.exists("late") == 0
        relay.go_on()
        assert there.blpop(["late"], timeout=60) == ("late", "1")


def test_where_there_is_no_server_the_way_ends(relay: Relay, redis_server: RedisServer) -> None:
    redis_server.kill()
    try:
        with client_of(relay) as client, pytest.raises(redis.ConnectionError):
            client.ping()
    finally:
        redis_server.start()
