"""What is Redis' own among the stores that replicas share."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.state.redis_server import RedisServer

from vidmock.state.redis_store import RedisStore
from vidmock.state.store import ChangeBatch, PartChange, StateLost


@contextmanager
def replica(server: RedisServer, address: str = "http://one") -> Iterator[RedisStore]:
    store = RedisStore(server.url, seconds=60)
    store.join(address)
    try:
        yield store
    finally:
        store.close()


def crash(server: RedisServer, address: str = "http://one") -> None:
    """Have the lease of the replica at *address* be over."""
    with server.client as client:
        for name in client.scan_iter("vidmock:lease:*"):
            if client.get(name) == address:
                client.delete(name)


def test_a_lease_that_was_asked_for_late_hides_no_loss(redis_server: RedisServer) -> None:
    with replica(redis_server) as one, replica(redis_server, "http://two") as two:
        one.claim("a-key")
        crash(redis_server)
        assert two.claim("a-key").owner == ""
        # What was given up is done now, and nobody reads the answer.
        one._renew(args=[one._id, "http://one", 60_000])
        assert one.renew() == ["a-key"]


def test_a_batch_that_comes_after_a_later_one_is_refused(redis_server: RedisServer) -> None:
    with replica(redis_server) as one:
        one.claim("a-key")
        one.write(ChangeBatch((), [PartChange("a-key", "task", "a", "1")]))
        # As if that had been given up, and had come late.
        one._batch -= 1
        with pytest.raises(StateLost, match="a later batch was written before"):
            one.write(ChangeBatch((), [PartChange("a-key", "task", "a", "2")]))


def test_redis_itself_says_whether_it_keeps_what_it_is_given(redis_server: RedisServer) -> None:
    with replica(redis_server) as one:
        assert one.keeps


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("reddis://127.0.0.1", "'reddis' is no scheme of a Redis. Did you mean 'redis'? Try: redis://127.0.0.1:6379/0"),
        ("redis://:secret@[::1", "is no address of a Redis"),
        ("redis://127.0.0.1:0x1/0", "is no address of a Redis"),
        ("redis://127.0.0.1:6379/0?socket_timeout=soon", "127.0.0.1:6379 is no address of a Redis"),
        ("unix:///nowhere/redis.sock", "the state in the Redis at /nowhere/redis.sock cannot be kept: "),
    ],
)
def test_what_cannot_be_opened_is_told(url: str, said: str) -> None:
    with pytest.raises(StateLost) as lost:
        RedisStore(url)
    assert said in str(lost.value)
    assert "secret" not in str(lost.value)


def test_without_redis_py_the_line_to_type_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = builtins.__import__

    def without(name: str, *given: Any, **more: Any) -> Any:
        if name == "redis":
            raise ImportError
        return real(name, *given, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(StateLost, match="Try: pip install redis"):
        RedisStore(f"unix://{tmp_path}/redis.sock")
