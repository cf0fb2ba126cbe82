"""A world per key: apart from each other, bounded, and found without a key where real clients send none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World, new_id

if TYPE_CHECKING:
    from tests.conftest import House, Wire


def test_two_keys_cannot_see_each_other_in_any_total(house: House, wire: Wire) -> None:
    mine, yours = wire.submit(house, "mine"), wire.submit(house, "yours")
    assert mine != yours
    house.advance(10, "mine")
    assert [len(list(house.world(key).jobs.unfinished())) for key in ("mine", "yours")] == [0, 1]
    assert [house.world(key).ledger.jobs for key in ("mine", "yours")] == [1, 1]
    assert set(house.world("mine").jobs) == {mine}
    assert all(b"mine" not in exchange.response_body for exchange in house.world("yours").journal)


def test_a_client_made_id_means_another_job_in_each_world(house: House) -> None:
    task = {
        "taskType": "videoInference",
        "taskUUID": "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11",
        "model": "klingai:kling@o1-standard",
        "positivePrompt": "a kite over dunes",
        "width": 1280,
        "height": 720,
    }
    for key in ("mine", "yours"):
        assert house.post("/runware/v1", [task], key).status_code == 200
    house.advance(3, "mine")
    poll = [{"taskType": "getResponse", "taskUUID": task["taskUUID"]}]
    said = [house.post("/runware/v1", poll, key).json()["data"] for key in ("mine", "yours", "theirs")]
    assert [[item["status"] for item in items] for items in said] == [["success"], ["processing"], []]


def test_a_thousand_ids_over_many_worlds_are_all_different(
    houses: Callable[..., House], wires: tuple[Wire, ...]
) -> None:
    house = houses(seed=7)
    ids = {wire.submit(house, f"key-{number}") for number in range(250) for wire in wires}
    assert len(ids) == 1000
    outputs = [output.id for world in house.app.engine.worlds for job in world.jobs.values() for output in job.outputs]
    assert len(outputs) == len(set(outputs)) == 1000


ANONYMOUS = {"fal.anonymous": "accepted"}


def test_fal_jobs_are_found_without_a_key(houses: Callable[..., House], wires: tuple[Wire, ...]) -> None:
    house = houses(behaviours=ANONYMOUS)
    fal = next(wire for wire in wires if wire.name == "fal")
    job = fal.submit(house)
    house.advance(3)
    assert fal.look(house, job, key=None).status_code == 200


def test_files_are_found_without_a_key(house: House, wire: Wire) -> None:
    job = wire.submit(house)
    house.advance(3)
    url = wire.video(wire.look(house, job).json())
    answer = house.get(url, key=None)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "video/mp4"


def test_a_file_does_not_exist_before_its_job_has_succeeded(house: House, wire: Wire) -> None:
    job = wire.submit(house)
    output = house.world().jobs[job].outputs[0]
    house.advance(3)
    url = wire.video(wire.look(house, job).json())
    assert output.id in url
    later = wire.submit(house)
    not_yet = house.world().jobs[later].outputs[0]
    answer = house.get(url.replace(output.id, not_yet.id), key=None)
    assert answer.status_code == 404


def test_idle_worlds_are_forgotten_and_busy_ones_are_not(houses: Callable[..., House], wires: tuple[Wire, ...]) -> None:
    house, fal = houses(keep_worlds=2, behaviours=ANONYMOUS), next(wire for wire in wires if wire.name == "fal")
    idle, busy = fal.submit(house, "idle"), fal.submit(house, "busy")
    house.advance(3, "idle")
    third = fal.submit(house, "third")
    assert [world.key for world in house.app.engine.worlds] == ["busy", "third"]
    assert fal.look(house, idle, None).status_code == 404
    assert {fal.look(house, job, None).status_code for job in (busy, third)} == {400}


def test_a_new_world_is_let_in_though_all_others_are_busy(houses: Callable[..., House], wire: Wire) -> None:
    house = houses(keep_worlds=1)
    jobs = {key: wire.submit(house, key) for key in ("one", "two", "three")}
    for key, job in jobs.items():
        house.advance(3, key)
        assert wire.video(wire.look(house, job, key).json())


def test_the_world_used_longest_ago_goes_first() -> None:
    worlds = WorldRegistry(Settings(keep_worlds=2))
    first = worlds.world("first")
    worlds.world("second")
    assert worlds.world("first") is first
    worlds.world("third")
    assert {world.key for world in worlds} == {"first", "third"}
    assert worlds.world("first") is first


def test_ended_jobs_are_forgotten_oldest_first_with_their_files(houses: Callable[..., House], wire: Wire) -> None:
    house = houses(keep_jobs=2)
    jobs = [wire.submit(house) for _ in range(3)]
    house.advance(3)
    gone, *held = jobs
    assert list(house.world().jobs) == held
    for job in held:
        assert house.get(wire.video(wire.look(house, job).json())).status_code == 200
    answer = wire.look(house, gone)
    assert answer.status_code == 404 or answer.json() == {"data": []}


def test_running_jobs_are_never_forgotten(houses: Callable[..., House], wire: Wire) -> None:
    house = houses(keep_jobs=1, behaviours={"eachlabs.limits": "off"})
    jobs = [wire.submit(house) for _ in range(20)]
    assert set(house.world().jobs) == set(jobs)


def test_a_forgotten_job_of_another_world_does_not_take_a_public_id_along(
    houses: Callable[..., House], wires: tuple[Wire, ...]
) -> None:
    """A Runware client may, by chance or malice, choose the id that a fal job in another world already has."""
    house, fal = houses(keep_jobs=0, behaviours=ANONYMOUS), next(wire for wire in wires if wire.name == "fal")
    public = fal.submit(house, "mine")
    task = {"taskType": "videoInference", "taskUUID": public, "model": "klingai:kling@o1-standard"}
    size = {"positivePrompt": "a kite", "width": 1280, "height": 720}
    assert house.post("/runware/v1", [task | size], "yours").status_code == 200
    house.advance(3, "yours")
    assert fal.look(house, public, key=None).json() == {"detail": "Request is still in progress"}


@pytest.mark.parametrize("key", ["", "a", "ключ"], ids=["empty", "ascii", "cyrillic"])
def test_draws_depend_on_seed_key_and_count_alone(key: str) -> None:
    def ids(seed: int) -> list[str]:
        world = World(key, Settings(seed=seed))
        return [new_id(world.draw()) for _ in range(5)]

    assert ids(1) == ids(1)
    assert len({*ids(1), *ids(2)}) == 10


def test_a_world_may_be_forgotten_once_its_last_job_has_ended(houses: Callable[..., House], wire: Wire) -> None:
    house = houses(keep_worlds=2)
    for key in ("one", "two", "three"):
        wire.submit(house, key)
    assert {world.key for world in house.app.engine.worlds} == {"one", "two", "three"}, "all are at work"
    house.advance(4, "two")
    house.world("four")
    assert {world.key for world in house.app.engine.worlds} == {"one", "three", "four"}
    wire.submit(house, "four")
    house.advance(4, "three")
    wire.submit(house, "three")
    house.world("five")
    assert {world.key for world in house.app.engine.worlds} == {"one", "three", "four", "five"}, "at work again"


def test_two_keys_whose_ids_are_equal_have_worlds_of_their_own() -> None:
    worlds = WorldRegistry(Settings())
    # Found by trying: the eight digits are of 32 bits.
    first, second = worlds.world("key-8337"), worlds.world("key-15029")
    assert first.id == second.id
    assert worlds.of_id(first.id) is second
    worlds.close("key-15029")
    worlds.close("key-8337")
    assert worlds.of_id(first.id) is None
    assert not len(worlds)
