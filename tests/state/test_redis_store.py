"""A world in Redis belongs to one replica at a time, and what another one writes of it is refused."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.state.redis_server import RedisServer

from vidmock.engine.changes import PartKind
from vidmock.engine.world.world import world_id
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


def put(part: PartKind, name: str, value: Any, *, anew: bool = False) -> PartChange:
    return PartChange("a-key", part, name, json.dumps(value), anew)


def drop(part: PartKind, name: str) -> PartChange:
    return PartChange("a-key", part, name, None)


def job(name: str, *outputs: str, public: bool = True) -> PartChange:
    return put("job", name, {"job": {"outputs": [{"id": output} for output in outputs]}, "public": public})


def test_a_world_is_claimed_with_its_parts_in_the_order_in_which_they_began(redis_server: RedisServer) -> None:
    with replica(redis_server) as store:
        assert store.claim("a-key").parts == ()
        store.write(ChangeBatch((), [put("task", "b", 1), put("task", "a", 1), put("task", "c", 1)]))
        store.write(ChangeBatch((), [put("task", "b", 2, anew=True), put("task", "a", 2), drop("task", "c")]))
    with replica(redis_server, "http://two") as store:
        assert store.claim("a-key").parts == (("task", "a", "2"), ("task", "b", "2"))


def test_a_world_that_is_closed_leaves_nothing_but_what_began_after(redis_server: RedisServer) -> None:
    with replica(redis_server) as store:
        store.claim("a-key")
        store.write(ChangeBatch((), [job("j", "o"), put("due", "job j", {})]))
        store.write(ChangeBatch(("a-key",), [put("task", "a", 1)]))
        assert store.find(["j", "o"]) is None
    with replica(redis_server, "http://two") as store:
        assert store.orphans(10) == []
        assert store.claim("a-key").parts == (("task", "a", "1"),)


def test_the_world_of_a_replica_that_lives_is_at_its_address(redis_server: RedisServer) -> None:
    with replica(redis_server) as one, replica(redis_server, "http://two") as two:
        one.claim("a-key")
        assert two.claim("a-key").owner == "http://one"
        assert two.write(ChangeBatch((), [put("task", "a", 1)])) == ["a-key"]


def test_what_a_replica_writes_whose_world_was_taken_over_is_refused(redis_server: RedisServer) -> None:
    with replica(redis_server) as one, replica(redis_server, "http://two") as two:
        one.claim("a-key")
        one.write(ChangeBatch((), [put("task", "a", 1)]))
        crash(redis_server)
        assert two.claim("a-key").owner == ""
        two.write(ChangeBatch((), [put("task", "a", 2)]))
        assert one.write(ChangeBatch((), [put("task", "a", 3)])) == ["a-key"]
        assert one.renew() == ["a-key"]
        one.let_go("a-key")
        assert one.renew() == []
        assert one.claim("a-key").owner == "http://two"
        crash(redis_server, "http://two")
        assert one.claim("a-key").parts == (("task", "a", "2"),)


def test_a_lease_that_was_over_and_taken_again_costs_nothing_that_nobody_took(redis_server: RedisServer) -> None:
    with replica(redis_server) as one:
        assert one.renew() == []
        one.claim("a-key")
        crash(redis_server)
        assert one.renew() == []
        assert one.write(ChangeBatch((), [put("task", "a", 1)])) == []
        crash(redis_server)
        one.let_go("a-key")
        assert one.renew() == []


def test_a_batch_that_comes_after_a_later_one_is_refused(redis_server: RedisServer) -> None:
    with replica(redis_server) as one:
        one.claim("a-key")
        one.write(ChangeBatch((), [put("task", "a", 1)]))
        # As if that had been given up, and had come late.
        one._batch -= 1
        with pytest.raises(StateLost, match="a later batch was written before"):
            one.write(ChangeBatch((), [put("task", "a", 2)]))


def test_a_world_that_nobody_had_is_owned_by_who_writes_it_first(redis_server: RedisServer) -> None:
    with replica(redis_server) as one, replica(redis_server, "http://two") as two:
        assert one.write(ChangeBatch(("a-key",), [put("task", "a", 1)])) == []
        assert two.claim("a-key").owner == "http://one"
        assert one.write(ChangeBatch((), [put("task", "a", 2)])) == []


def test_what_belongs_to_no_key_is_not_shared(redis_server: RedisServer) -> None:
    with replica(redis_server) as one:
        assert (
            one.write(ChangeBatch(("",), [PartChange("", "task", "a", "1"), PartChange("\n", "world", "", "1")])) == []
        )
        assert list(one.worlds()) == []


def test_a_world_is_found_by_its_public_jobs_outputs_files_and_tickets(redis_server: RedisServer) -> None:
    with replica(redis_server) as one, replica(redis_server, "http://two") as two:
        one.claim("a-key")
        changes = [job("j", "o"), job("own", "p", public=False), put("upload", "u", {}), put("ticket", "t", {})]
        one.write(ChangeBatch((), [*changes, put("world", "", {})]))
        names = ["j", "o", "p", "u", "t", f"world {world_id('a-key')}"]
        assert [two.find([name]) for name in names] == ["a-key"] * len(names)
        assert two.find(["own", "nobody's"]) is None
        one.write(ChangeBatch((), [job("j", "q"), drop("upload", "u")]))
        assert [two.find([name]) for name in ("o", "u")] == [None, None]
        assert two.find(["o", "q"]) == "a-key"


def test_only_worlds_in_which_something_is_due_are_orphans(redis_server: RedisServer) -> None:
    with replica(redis_server) as one, replica(redis_server, "http://two") as two:
        one.claim("a-key")
        one.write(ChangeBatch((), [put("due", "job j", {}), PartChange("b-key", "task", "a", "1")]))
        assert two.orphans(10) == []
        crash(redis_server)
        assert two.orphans(10) == two.orphans(1) == ["a-key"]
        two.claim("a-key")
        two.claim("b-key")
        assert two.orphans(10) == []
        two.write(ChangeBatch((), [drop("due", "job j")]))
        crash(redis_server, "http://two")
        assert one.orphans(10) == []


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
