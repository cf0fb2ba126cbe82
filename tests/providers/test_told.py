"""Which answers and messages tell a client of a result, by all ways that lead to one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import RUNPOD, RUNWARE_TASK, WIRES

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule

if TYPE_CHECKING:
    from tests.conftest import House, Wire

HOOK = "http://127.0.0.1:9/hook"
UPLOAD = "https://bucket.example/kite.mp4"
HOUSES = Callable[..., "House"]
RUNPOD_WIRE, RUNWARE_WIRE, _, EACHLABS_WIRE = WIRES


def facts(house: House) -> tuple[bool, bool]:
    """Whether the only job was collected, and whether its files were downloaded."""
    world = house.world()
    (job,) = world.jobs.values()
    now = world.clock.now()
    return world.jobs.collected(job.id, now), world.jobs.downloaded(job.id, now)


def test_a_poll_tells_only_once_there_is_a_result(house: House, wire: Wire) -> None:
    job = wire.submit(house)
    wire.look(house, job)
    house.advance(10)
    assert facts(house) == (False, False)
    wire.look(house, job)
    assert facts(house) == (True, False)
    house.get(wire.video(wire.look(house, job).json()))
    assert facts(house) == (True, True)


def test_a_webhook_tells_who_accepts_it(house: House, wire: Wire) -> None:
    house.receiver.statuses = [500, 200]
    wire.submit(house, webhook=HOOK)
    house.advance(3.1)
    assert len(house.receiver.messages) == 1
    assert facts(house) == (False, False)
    house.advance(60)
    assert facts(house) == (True, False)


@pytest.mark.parametrize("effect", ["webhook_malformed", "webhook_foreign"])
def test_a_webhook_that_says_something_else_tells_nothing(house: House, wire: Wire, effect: str) -> None:
    house.world().faults.add(checked_rule(FaultRule("webhook", Effect(effect, {}))))
    wire.submit(house, webhook=HOOK)
    house.advance(60)
    assert house.receiver.messages
    assert facts(house) == (False, False)


def test_a_file_that_the_clients_own_place_accepts_is_downloaded(house: House) -> None:
    house.receiver.statuses = [500, 200]
    for number in (1, 2):
        task = RUNWARE_TASK | {"taskUUID": f"00000000-0000-4000-8000-00000000000{number}"}
        house.post("/runware/v1", [task | {"uploadEndpoint": UPLOAD}])
        house.advance(10)
    world = house.world()
    now = world.clock.now()
    assert [(world.jobs.collected(job, now), world.jobs.downloaded(job, now)) for job in world.jobs] == [
        (False, False),
        (True, True),
    ]


ELSEWHERE: dict[str, tuple[Any, Callable[[str], tuple[str, str, Any]], bool]] = {
    "a cancel that comes too late": (RUNPOD_WIRE, lambda job: ("POST", f"{RUNPOD}/cancel/{job}", None), True),
    "a list of executions": (EACHLABS_WIRE, lambda job: ("GET", "/eachlabs/v1/executions", None), True),
    "an archived answer": (
        RUNWARE_WIRE,
        lambda job: ("POST", "/runware/v1", [{"taskType": "getTaskDetails", "taskUUID": job}]),
        True,
    ),
    "a stream that says what it has": (RUNPOD_WIRE, lambda job: ("GET", f"{RUNPOD}/stream/{job}", None), True),
    "the health of an endpoint": (RUNPOD_WIRE, lambda job: ("GET", f"{RUNPOD}/health", None), False),
}


@pytest.mark.parametrize("case", ELSEWHERE.values(), ids=ELSEWHERE)
def test_an_answer_tells_what_is_in_it(house: House, case: tuple[Any, Any, bool]) -> None:
    wire, ask, tells = case
    job = wire.submit(house)
    house.advance(10)
    method, path, body = ask(job)
    answer = house.ask(method, path, **({} if body is None else {"json": body}))
    assert answer.status_code == 200, answer.text
    assert facts(house) == (tells, False)


def test_an_empty_list_tells_nothing(houses: HOUSES) -> None:
    house = houses(behaviours={"runpod.stream": "array"})
    job = RUNPOD_WIRE.submit(house)
    house.advance(10)
    assert house.get(f"{RUNPOD}/stream/{job}").json() == []
    assert facts(house) == (False, False)


def test_each_job_of_a_batch_is_told_and_each_kept_back(house: House) -> None:
    jobs = [RUNWARE_WIRE.submit(house), RUNWARE_WIRE.submit(house)]
    house.advance(10)
    polls = [{"taskType": "getResponse", "taskUUID": job} for job in jobs]
    world = house.world()
    world.faults.add(checked_rule(FaultRule("poll", Effect("edge_page", {}), times=1)))
    told = []
    for _ in range(2):
        house.post("/runware/v1", polls)
        told.append([world.jobs.collected(job, world.clock.now()) for job in jobs])
    assert told == [[False, False], [True, True]]


def test_an_error_in_the_place_of_a_file_hands_over_nothing_of_it(house: House, wire: Wire) -> None:
    job = wire.submit(house)
    house.advance(10)
    video = wire.video(wire.look(house, job).json())
    house.world().faults.add(checked_rule(FaultRule("media", Effect("internal", {}), times=1)))
    refused = house.get(video)
    assert refused.status_code == 500
    rest = house.ask("GET", video, headers={"range": f"bytes={len(refused.content)}-"})
    assert rest.status_code == 206
    assert facts(house) == (True, False)
