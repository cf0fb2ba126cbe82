"""A world that replicas share belongs to one of them at a time, and what another one writes of it is refused.

The same of each store that can be shared.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from tests.state.redis_server import RedisServer
from tests.state.test_redis_store import crash, replica

from vidmock.engine.changes import PartKind
from vidmock.engine.world.world import world_id
from vidmock.state import shared_file
from vidmock.state.shared_file import SharedFile, share_file
from vidmock.state.sqlite_file import SqliteFile
from vidmock.state.store import ChangeBatch, PartChange, StateLost


class Sharing(Protocol):
    """Replicas of one store."""

    def replica(self, address: str = "http://one") -> Any:
        """The store of the replica at *address*, as a context manager."""

    def crash(self, address: str = "http://one") -> None:
        """Have the lease of that replica be over."""


class OfRedis:
    def __init__(self, server: RedisServer) -> None:
        self._server = server

    def replica(self, address: str = "http://one") -> Any:
        return replica(self._server, address)

    def crash(self, address: str = "http://one") -> None:
        crash(self._server, address)


class OfFile:
    def __init__(self, path: Path) -> None:
        self.path, self.secret = path, share_file(path)
        self._count = 0

    @contextmanager
    def replica(self, address: str = "http://one") -> Iterator[SharedFile]:
        self._count += 1
        store = SharedFile(self.path, self.secret, f"{address} {self._count}")
        store.join(address)
        try:
            yield store
        finally:
            store.close()

    def crash(self, address: str = "http://one") -> None:
        for number in range(1, self._count + 1):
            SharedFile(self.path, self.secret, f"{address} {number}").close()


@pytest.fixture(params=["redis", "file"])
def sharing(request: pytest.FixtureRequest, tmp_path: Path) -> Sharing:
    if request.param == "file":
        return OfFile(tmp_path / "kept")
    return OfRedis(request.getfixturevalue("redis_server"))


def put(part: PartKind, name: str, value: Any, *, anew: bool = False) -> PartChange:
    return PartChange("a-key", part, name, json.dumps(value), anew)


def drop(part: PartKind, name: str) -> PartChange:
    return PartChange("a-key", part, name, None)


def job(name: str, *outputs: str, public: bool = True) -> PartChange:
    return put("job", name, {"job": {"outputs": [{"id": output} for output in outputs]}, "public": public})


def test_a_world_is_claimed_with_its_parts_in_the_order_in_which_they_began(sharing: Sharing) -> None:
    with sharing.replica() as store:
        assert store.claim("a-key").parts == ()
        store.write(ChangeBatch((), [put("task", "b", 1), put("task", "a", 1), put("task", "c", 1)]))
        store.write(ChangeBatch((), [put("task", "b", 2, anew=True), put("task", "a", 2), drop("task", "c")]))
    with sharing.replica("http://two") as store:
        assert store.claim("a-key").parts == (("task", "a", "2"), ("task", "b", "2"))


def test_a_world_that_is_closed_leaves_nothing_but_what_began_after(sharing: Sharing) -> None:
    with sharing.replica() as store:
        store.claim("a-key")
        store.write(ChangeBatch((), [job("j", "o"), put("due", "job j", {})]))
        store.write(ChangeBatch(("a-key",), [put("task", "a", 1)]))
        assert store.find(["j", "o"]) is None
    with sharing.replica("http://two") as store:
        assert store.orphans(10) == []
        assert store.claim("a-key").parts == (("task", "a", "1"),)


def test_the_world_of_a_replica_that_lives_is_at_its_address(sharing: Sharing) -> None:
    with sharing.replica() as one, sharing.replica("http://two") as two:
        one.claim("a-key")
        assert two.claim("a-key").owner == "http://one"
        assert two.write(ChangeBatch((), [put("task", "a", 1)])) == ["a-key"]


def test_replicas_know_each_other_and_the_worlds_of_none(sharing: Sharing) -> None:
    with sharing.replica("http://three") as three:
        for key in ("a-key", "b-key"):
            three.claim(key)
            three.write(ChangeBatch((), [PartChange(key, "task", "a", "1")]))
    with sharing.replica() as one, sharing.replica("http://two") as two:
        assert (one.others(), two.others()) == (["http://two"], ["http://one"])
        assert sorted(two.orphans(10, due=False)) == ["a-key", "b-key"]
        assert (len(two.orphans(1, due=False)), two.orphans(10)) == (1, [])
        one.claim("a-key")
        assert two.orphans(10, due=False) == ["b-key"]
        sharing.crash()
        assert sorted(two.orphans(10, due=False)) == ["a-key", "b-key"]
        assert two.others() == []


def test_a_world_that_its_owner_has_given_up_is_claimed_by_what_that_says(sharing: Sharing) -> None:
    with sharing.replica() as one, sharing.replica("http://two") as two:
        one.claim("a-key")
        assert two.claim("a-key", "somebody 1").owner == "http://one"
        given = one.let_go("a-key")
        assert one.let_go("a-key") == ""
        assert two.claim("a-key", given).owner == ""
        assert one.claim("a-key", given).owner == "http://two"


def test_what_a_replica_writes_whose_world_was_taken_over_is_refused(sharing: Sharing) -> None:
    with sharing.replica() as one, sharing.replica("http://two") as two:
        one.claim("a-key")
        one.write(ChangeBatch((), [put("task", "a", 1)]))
        sharing.crash()
        assert two.claim("a-key").owner == ""
        two.write(ChangeBatch((), [put("task", "a", 2)]))
        assert one.write(ChangeBatch((), [put("task", "a", 3)])) == ["a-key"]
        assert one.renew() == ["a-key"]
        one.let_go("a-key")
        assert one.renew() == []
        assert one.claim("a-key").owner == "http://two"
        sharing.crash("http://two")
        assert one.claim("a-key").parts == (("task", "a", "2"),)


def test_a_lease_that_was_over_and_taken_again_costs_nothing_that_nobody_took(sharing: Sharing) -> None:
    with sharing.replica() as one:
        assert one.renew() == []
        one.claim("a-key")
        sharing.crash()
        assert one.renew() == []
        assert one.write(ChangeBatch((), [put("task", "a", 1)])) == []
        sharing.crash()
        one.let_go("a-key")
        assert one.renew() == []


def test_a_world_that_nobody_had_is_owned_by_who_writes_it_first(sharing: Sharing) -> None:
    with sharing.replica() as one, sharing.replica("http://two") as two:
        assert one.write(ChangeBatch(("a-key",), [put("task", "a", 1)])) == []
        assert two.claim("a-key").owner == "http://one"
        assert one.write(ChangeBatch((), [put("task", "a", 2)])) == []


def test_what_belongs_to_no_key_is_not_shared(sharing: Sharing) -> None:
    with sharing.replica() as one:
        assert (
            one.write(ChangeBatch(("",), [PartChange("", "task", "a", "1"), PartChange("\n", "world", "", "1")])) == []
        )
        assert list(one.worlds()) == []


def test_a_world_is_found_by_its_public_jobs_outputs_files_and_tickets(sharing: Sharing) -> None:
    with sharing.replica() as one, sharing.replica("http://two") as two:
        one.claim("a-key")
        changes = [job("j", "o"), job("own", "p", public=False), put("upload", "u", {}), put("ticket", "t", {})]
        one.write(ChangeBatch((), [*changes, put("world", "", {})]))
        names = ["j", "o", "p", "u", "t", f"world {world_id('a-key')}"]
        assert [two.find([name]) for name in names] == ["a-key"] * len(names)
        assert two.find(["own", "nobody's"]) is None
        one.write(ChangeBatch((), [job("j", "q"), drop("upload", "u")]))
        assert [two.find([name]) for name in ("o", "u")] == [None, None]
        assert two.find(["o", "q"]) == "a-key"


def test_only_worlds_in_which_something_is_due_are_orphans(sharing: Sharing) -> None:
    with sharing.replica() as one, sharing.replica("http://two") as two:
        one.claim("a-key")
        one.write(ChangeBatch((), [put("due", "job j", {}), PartChange("b-key", "task", "a", "1")]))
        assert two.orphans(10) == []
        sharing.crash()
        assert two.orphans(10) == two.orphans(1) == ["a-key"]
        two.claim("a-key")
        two.claim("b-key")
        assert two.orphans(10) == []
        two.write(ChangeBatch((), [drop("due", "job j")]))
        sharing.crash("http://two")
        assert one.orphans(10) == []


def test_what_a_file_had_before_it_was_shared_is_found_claimed_and_due(tmp_path: Path) -> None:
    with closing(SqliteFile(tmp_path / "kept")) as file:
        nobodys = [PartChange("", "due", "job k", "{}"), PartChange("\n", "world", "", "{}")]
        file.write(ChangeBatch((), [job("j", "o"), put("due", "job j", {}), *nobodys]))
    with OfFile(tmp_path / "kept").replica() as store:
        assert store.orphans(10) == ["a-key"]
        assert store.find(["o"]) == "a-key"
        assert [part for part, _, _ in store.claim("a-key").parts] == ["job", "due"]
        assert store.orphans(10) == []


def test_a_file_that_several_share_is_in_use_for_others_and_the_other_way_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_file, "_BUSY_SECONDS", 0.0)
    shared = OfFile(tmp_path / "kept")
    with shared.replica(), pytest.raises(StateLost, match="is in use by another vidmock"):
        SqliteFile(tmp_path / "kept")
    with closing(SqliteFile(tmp_path / "kept")), pytest.raises(StateLost, match="locked"), shared.replica():
        """Nobody gets here."""
    share_file(tmp_path / "kept")
    with pytest.raises(StateLost, match="is in use by another vidmock"), shared.replica():
        """Those who shared it before are strangers now."""


def test_a_lease_that_is_over_is_over_though_nobody_ended_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_file, "WORKER_LEASE_SECONDS", 0.0)
    sharing = OfFile(tmp_path / "kept")
    with sharing.replica() as one, sharing.replica("http://two") as two:
        one.claim("a-key")
        assert two.claim("a-key").owner == ""
        assert one.renew() == ["a-key"]


def test_a_write_waits_for_that_of_another_process(tmp_path: Path) -> None:
    sharing = OfFile(tmp_path / "kept")
    with sharing.replica() as one, sharing.replica("http://two") as two:
        one.claim("a-key")
        with two._writing():
            writing = threading.Thread(target=lambda: one.write(ChangeBatch((), [put("task", "a", 1)])))
            writing.start()
            assert two.world("a-key") == []
        writing.join()
        assert two.world("a-key") == [("task", "a", "1")]


def test_what_cannot_be_written_to_a_shared_file_is_told_and_none_of_it_is_there(tmp_path: Path) -> None:
    with OfFile(tmp_path / "kept").replica() as store:
        store.claim("a-key")
        store._writer.execute("PRAGMA query_only = on")
        for changes in ([], [put("task", "a", 1)]):
            with pytest.raises(StateLost, match="cannot be kept: attempt to write a readonly database"):
                store.write(ChangeBatch((), changes))
        store._writer.execute("PRAGMA query_only = off")
        assert store.world("a-key") == []
        assert store.write(ChangeBatch((), [])) == []
