"""What tests of the state share: one Redis for all of them, empty for each."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser import PATIENCE
from tests.state.redis_server import RedisServer

from vidmock.state import redis_store


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """How soon Redis has its file on a busy disk is the machine's business."""
    monkeypatch.setattr(redis_store, "_ANSWER_SECONDS", PATIENCE)


@pytest.fixture(scope="session")
def one_redis() -> Iterator[RedisServer]:
    # The path of a socket has at most a hundred characters or so.
    with tempfile.TemporaryDirectory(prefix="vm") as folder, RedisServer(Path(folder)) as server:
        yield server


@pytest.fixture
def redis_server(one_redis: RedisServer) -> RedisServer:
    with one_redis.client as client:
        client.flushall()
    return one_redis
