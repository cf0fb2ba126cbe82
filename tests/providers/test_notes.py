"""What a provider remembers of a request: a typed value in the house, and plain data in a snapshot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.engine.jobs.notes import Notes, read_notes
from vidmock.engine.snapshot import snapshot
from vidmock.problems import BadRequest
from vidmock.providers.eachlabs.jobs import EachlabsNotes
from vidmock.providers.fal.notes import FalNotes
from vidmock.providers.runpod.request import RunPodNotes
from vidmock.providers.runware.request import RunwareNotes

if TYPE_CHECKING:
    from tests.conftest import House, Wire

KINDS: dict[str, type[Notes]] = {
    "runpod": RunPodNotes,
    "runware": RunwareNotes,
    "fal": FalNotes,
    "eachlabs": EachlabsNotes,
}
PLAIN = {
    "runpod": {"executionTimeout": 600_000, "lowPriority": False},
    "fal": {"file_seconds": None},
    "eachlabs": {},
}
"""As every snapshot has them; Runware's hold the batch."""


def saved(house: House) -> Any:
    return json.loads(json.dumps(snapshot.save_world(house.app.engine, house.world())))


def restore(house: House, data: Any) -> None:
    async def load() -> None:
        snapshot.load_world(house.app.engine, data)

    house.run(load())


def test_they_are_of_the_providers_own_type_before_and_after_a_snapshot(house: House, wire: Wire) -> None:
    job = wire.submit(house)
    before = house.world().jobs[job].notes
    assert type(before) is KINDS[wire.name]
    restore(house, saved(house))
    after = house.world().jobs[job].notes
    assert (type(after), after) == (type(before), before)


def test_a_snapshot_has_them_as_plain_data(house: House, wire: Wire) -> None:
    wire.submit(house)
    (held,) = saved(house)["jobs"]
    if wire.name == "runware":
        assert held["job"]["notes"].keys() == {"batch"}
        assert held["job"]["notes"]["batch"] == [held["job"]["input"]]
    else:
        assert held["job"]["notes"] == PLAIN[wire.name]


def test_a_snapshot_without_them_is_read(house: House, wire: Wire) -> None:
    job = wire.submit(house)
    data = saved(house)
    data["jobs"][0]["job"]["notes"] = {}
    restore(house, data)
    assert house.world().jobs[job].notes == KINDS[wire.name]()
    house.advance(5)
    assert wire.look(house, job).status_code == 200


@pytest.mark.parametrize(
    ("name", "notes", "said"),
    [
        ("runpod", {"executionTimeout": "long"}, "executionTimeout: 'long' is not of type int"),
        ("runware", {"batch": 5}, "batch: 5 is not a list"),
        ("fal", {"file_seconds": "a day"}, "file_seconds: 'a day' is not a number"),
        ("eachlabs", {"input": [1]}, r"input: \[1\] is not an object"),
    ],
)
def test_a_snapshot_in_which_they_are_wrong_changes_nothing(
    house: House, wires: tuple[Wire, ...], name: str, notes: object, said: str
) -> None:
    wire = next(wire for wire in wires if wire.name == name)
    job = wire.submit(house)
    data = saved(house)
    data["jobs"][0]["job"]["notes"] = notes
    with pytest.raises(BadRequest, match=said):
        restore(house, data)
    assert type(house.world().jobs[job].notes) is KINDS[name]


def test_a_refused_repetition_is_remembered_across_a_snapshot(house: House, wires: tuple[Wire, ...]) -> None:
    runware = next(wire for wire in wires if wire.name == "runware")
    job = runware.submit(house)
    refused = house.post(runware.submit_path, [runware.body[0] | {"taskUUID": job}]).json()["errors"]
    restore(house, saved(house))
    (told,) = house.post("/runware/v1", [{"taskType": "getTaskDetails", "taskUUID": job}]).json()["data"]
    assert told["response"] == {"errors": refused}
    runware.look(house, job)
    assert house.world().jobs[job].notes == RunwareNotes(RunwareNotes.of(house.world().jobs[job].notes).batch)


def test_the_id_of_another_providers_job_is_taken_too(house: House, wires: tuple[Wire, ...]) -> None:
    runpod, runware = (next(wire for wire in wires if wire.name == name) for name in ("runpod", "runware"))
    job = runpod.submit(house)
    answer = house.post(runware.submit_path, [runware.body[0] | {"taskUUID": job.removesuffix("-u1")}])
    assert answer.status_code == 200
    eachlabs = next(wire for wire in wires if wire.name == "eachlabs").submit(house)
    answer = house.post(runware.submit_path, [runware.body[0] | {"taskUUID": eachlabs}])
    assert [error["code"] for error in answer.json()["errors"]] == ["conflictTaskUUID"]
    assert house.world().jobs[eachlabs].notes == EachlabsNotes()


def test_notes_of_nobody_known_stay_plain() -> None:
    assert read_notes("nobody", {"a": 1}) == {"a": 1}
