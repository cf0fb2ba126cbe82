"""Uploaded files: bounded for each world by number and by bytes, found over all, and gone with their world."""

from __future__ import annotations

import pytest

from vidmock.engine.memory import Holding
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.uploads import LONGEST_URL, Files, Upload
from vidmock.engine.world.world import World


def upload(name: str, key: str = "mine", data: bytes = b"", expires: float | None = None) -> Upload:
    return Upload(name, key, f"{name}.png", "image/png", data, expires)


def test_the_oldest_files_of_a_world_make_room_for_its_newest() -> None:
    holding = Holding(base=0)
    files = Files(3 * upload("a").size + 5, holding)
    for name in "abcd":
        files.put(upload(name))
    assert [one.id for one in files] == ["b", "c", "d"]
    files.put(upload("b", data=b"again"))
    assert [one.id for one in files] == ["c", "d", "b"], "put again, it is the newest"
    files.put(upload("e", data=b"x" * 10**6))
    assert [one.id for one in files] == ["e"], "the newest was taken, however large it is"
    assert holding.held == upload("e").size + 10**6
    for _ in range(2):
        files.drop("e")
        assert (holding.held, files.oldest, files.get("e")) == (0, None, None)


def test_a_world_has_so_many_files_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidmock.engine.world.uploads.MOST_FILES", 2)
    files = Files(10**6, Holding())
    for name in "abc":
        files.put(upload(name))
    assert [one.id for one in files] == ["b", "c"]


def ids(worlds: WorldRegistry) -> list[str]:
    return [one.id for world in worlds for one in world.files]


def test_files_are_found_over_all_worlds_and_are_gone_with_theirs() -> None:
    worlds = WorldRegistry(Settings(memory=10**6))
    assert worlds.upload_at("http://mock.test/files/of-mine.png") is None
    for key in ("mine", "yours"):
        worlds.world(key).files.put(upload(f"of-{key}", key, b"x" * 1000, expires=5.0))
    found = worlds.upload("of-mine")
    assert found is not None
    assert found[0] is worlds.world("mine")
    assert found[1] is worlds.upload_at("http://mock.test/files/of-mine.png?x")
    assert [found[1].expired(now) for now in (4.0, 5.0)] == [False, True]
    assert worlds.upload_at("http://mock.test/" + "x" * LONGEST_URL + "/of-mine") is None
    held = worlds.memory.held
    worlds.open(World("mine", worlds.settings))
    assert (worlds.upload("of-mine"), ids(worlds)) == (None, ["of-yours"])
    assert worlds.memory.held == held - upload("of-mine").size - 1000


def test_worlds_that_share_the_id_of_a_file_have_one_each() -> None:
    worlds = WorldRegistry(Settings())
    for key in ("mine", "fork"):
        worlds.world(key).files.put(upload("same", key, key.encode()))
    found = worlds.upload("same")
    assert found is not None
    assert found[1].data == b"mine"
    worlds.world("mine").files.drop("same")
    found = worlds.upload("same")
    assert found is not None
    assert found[1].data == b"fork"


def test_files_of_a_world_that_was_not_there_are_found_once_it_is() -> None:
    worlds = WorldRegistry(Settings())
    world = worlds.visited("mine")
    world.files.put(upload("early"))
    assert worlds.upload("early") is None
    worlds.keep(world)
    assert worlds.upload("early") is not None


def test_the_files_of_the_idlest_key_go_when_all_keys_hold_too_much() -> None:
    worlds = WorldRegistry(Settings(memory=10**6))
    for number in range(40):
        worlds.world(f"key-{number // 4}").files.put(upload(f"file-{number}", data=b"x" * 50_000))
        assert worlds.memory.held <= 10**6
    kept = ids(worlds)
    assert kept == [f"file-{number}" for number in range(40 - len(kept), 40)]
    assert worlds.memory.dropped == {"files": 40 - len(kept)}


def test_parts_of_uploads_count_beside_the_files() -> None:
    worlds = WorldRegistry(Settings(memory=10**6))
    worlds.world("mine").parts.put(upload("file/1", data=b"x" * 1000))
    assert worlds.upload("file/1") is None
    assert [one.id for one in worlds.world("mine").parts] == ["file/1"]
    assert worlds.world("mine").holding.held > 1000
