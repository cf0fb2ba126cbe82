"""A call costs as much among many as among few: counted in steps of Python's virtual machine, not in time."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.engine.webhooks.delivery import Delivery, Message
from vidmock.engine.webhooks.outbox import Outbox

if TYPE_CHECKING:
    from types import FrameType

    from tests.conftest import House, Wire

    from vidmock.engine.time.clock_group import ClockGroup

FEW, MANY = 10, 1000
UNLIMITED = {"eachlabs.limits": "off"}
CONTROL = "/_vidmock"
LOOKS = (
    f"{CONTROL}/jobs?limit=5",
    f"{CONTROL}/jobs?limit=5&provider=fal&state=queued",
    f"{CONTROL}/worlds?limit=5",
    f"{CONTROL}/clock?limit=5",
    f"{CONTROL}/journal?limit=5",
    f"{CONTROL}/deliveries?limit=5",
    f"{CONTROL}/deliveries?job=nobody",
    "/eachlabs/v1/executions?limit=5",
    "/eachlabs/v1/executions?limit=5&status=created,success",
    f"{CONTROL}/journal/1",
    f"{CONTROL}/ledger?limit=5",
    "/runpod/v2/kling-video-o1-r2v/health",
)

ENDED_LOOKS = (
    "/fal/api/v1/models/usage?limit=5&expand=time_series,summary",
    "/fal/api/v1/models/billing-events?limit=5",
    "/fal/api/v1/models/requests/by-endpoint?limit=5&endpoint_id=fal-ai/kling-video/o1/reference-to-video",
    "/eachlabs/v1/executions?limit=5",
    "/eachlabs/v1/webhooks?limit=5",
    "/runpod/v2/kling-video-o1-r2v/health",
    f"{CONTROL}/jobs?limit=5&state=succeeded",
    f"{CONTROL}/deliveries?limit=5",
    f"{CONTROL}/ledger?limit=5",
)
DETAILS = {"taskType": "accountManagement", "operation": "getDetails"}


def steps_of(work: Callable[[], object]) -> int:
    """How many steps *work* takes."""
    count, before = 0, sys.gettrace()

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        count += event == "opcode"
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def least_steps_of(work: Callable[[], object]) -> int:
    """The least that *work* takes of some times, of which the first brings up to date what has changed since."""
    work()
    return min(steps_of(work) for _ in range(3))


def add_jobs(house: House, job_id: str, number: int) -> None:
    """*number* more jobs that have not ended, like the one of *job_id*."""
    world = house.world()
    job = world.jobs[job_id]
    for _ in range(number):
        name = f"{job_id}-{len(world.jobs)}"
        outputs = tuple(replace(output, id=f"{name}-{output.id}") for output in job.outputs)
        like = replace(job, id=name, outputs=outputs)
        world.jobs.accept(like, public=True)
        house.app.engine.plan_end(world, like)


def assert_no_more(few: int, many: int) -> None:
    assert many <= few * 4 / 3, f"{few} steps among {FEW}, and {many} among {MANY}"


def assert_flat_among_keys(house: House, work: Callable[[], object]) -> None:
    """*work* takes as many steps where many keys were used as where few were."""
    counts = []
    for number in (FEW, MANY):
        for key in range(number):
            house.world(f"key {key}")
        counts.append(least_steps_of(work))
    assert_no_more(*counts)


OVER_ALL_KEYS = (
    "/jobs?limit=5",
    "/jobs?limit=5&state=queued",
    "/worlds?limit=5",
    "/clock?limit=5",
    "/journal?limit=5",
    "/deliveries?limit=5",
    "/ledger?limit=5",
    "/memory",
    "/metrics",
)


def test_a_look_over_all_keys_takes_as_many_steps_among_many_of_them(house: House, wires: tuple[Wire, ...]) -> None:
    jobs = [wire.submit(house, webhook="http://receiver.test/") for wire in wires]
    world = house.world().id
    paths = (*OVER_ALL_KEYS, f"/jobs/{jobs[0]}?world={world}")
    few: list[int] = []
    many: list[int] = []
    for found, number in ((few, FEW), (many, MANY)):
        for key in range(number):
            house.world(f"key {key}")
        found += [least_steps_of(partial(house.get, f"{CONTROL}{path}")) for path in paths]
    for path, least, most in zip(paths, few, many, strict=True):
        assert most <= least * 4 / 3, f"{path}: {least} steps among {FEW} keys, and {most} among {MANY}"


def test_a_list_takes_as_many_steps_among_many_keys_that_have_jobs(house: House, wires: tuple[Wire, ...]) -> None:
    counts: dict[str, list[int]] = {path: [] for path in ("/jobs", "/journal", "/deliveries", "/clock", "/worlds")}
    for number in (FEW, 10 * FEW):
        for key in range(number):
            wires[key % len(wires)].submit(house, f"key {number} {key}", webhook="http://receiver.test/")
            house.advance(10, f"key {number} {key}")
        for path, found in counts.items():
            found.append(least_steps_of(partial(house.get, f"{CONTROL}{path}?limit=5")))
    for path, (few, many) in counts.items():
        assert many <= few * 4 / 3, f"{path}: {few} steps among {FEW} keys, and {many} among {10 * FEW}"


def test_steps_are_counted() -> None:
    assert steps_of(lambda: [number + 1 for number in range(1000)]) > 3000


@pytest.mark.parametrize("what", ["submit", "poll", "health"])
def test_a_call_takes_as_many_steps_among_many_jobs(houses: Callable[..., House], wire: Wire, what: str) -> None:
    house = houses(behaviours=UNLIMITED)
    job = wire.submit(house)
    work: Callable[[], object] = {
        "submit": lambda: wire.submit(house),
        "poll": lambda: wire.look(house, job),
        "health": lambda: house.get("/runpod/v2/kling-video-o1-r2v/health"),
    }[what]
    add_jobs(house, job, FEW)
    few = least_steps_of(work)
    add_jobs(house, job, MANY)
    assert_no_more(few, least_steps_of(work))


@pytest.mark.parametrize("path", LOOKS)
def test_a_look_takes_as_many_steps_among_many_jobs(
    houses: Callable[..., House], wires: tuple[Wire, ...], path: str
) -> None:
    house = houses(behaviours=UNLIMITED)
    jobs = [wire.submit(house, webhook="http://receiver.test/") for wire in wires]
    few = 0
    for number in (FEW, MANY):
        for job in jobs:
            add_jobs(house, job, number)
        found = least_steps_of(lambda: house.get(path))
        few = few or found
    assert_no_more(few, found)


def test_a_look_takes_as_many_steps_among_many_jobs_that_have_ended(
    houses: Callable[..., House], wires: tuple[Wire, ...]
) -> None:
    house = houses(behaviours=UNLIMITED)
    jobs = [wire.submit(house, webhook="http://receiver.test/") for wire in wires]
    numbers = itertools.count()

    def look(path: str) -> None:
        assert house.get(path).status_code == 200

    def details() -> None:
        task = DETAILS | {"taskUUID": f"00000000-0000-4000-9000-{next(numbers):012}"}
        assert house.post("/runware/v1", [task]).status_code == 200

    works = {path: partial(look, path) for path in ENDED_LOOKS} | {"getDetails": details}
    counts: dict[str, list[int]] = {name: [] for name in works}
    for number in (FEW, MANY // 4):
        for job in jobs:
            add_jobs(house, job, number)
        house.advance(900)
        for name, work in works.items():
            counts[name].append(least_steps_of(work))
    for name, (few, many) in counts.items():
        assert many <= few * 4 / 3, f"{name}: {few} steps among {FEW}, and {many} among {MANY // 4}"


def test_a_job_is_forgotten_in_as_many_steps_among_many(houses: Callable[..., House], wire: Wire) -> None:
    house, counts = houses(behaviours=UNLIMITED), []
    job = wire.submit(house)
    for number in (FEW, MANY):
        add_jobs(house, job, number)
        house.advance(900)
        (*_, last) = house.world().jobs.ended()
        counts.append(steps_of(partial(house.world().jobs.forget, last)))
    assert_no_more(*counts)


def test_a_list_of_fault_rules_takes_as_many_steps_among_many(house: House) -> None:
    faults = house.world().faults
    counts: dict[str, list[int]] = {"/faults?limit=5": [], "/worlds": []}
    for number in (FEW, MANY):
        for place in range(number):
            faults.add(FaultRule("poll", Effect("edge_page"), prompt=f"{number} {place}"))
        for path, found in counts.items():
            found.append(least_steps_of(partial(house.get, f"{CONTROL}{path}")))
    for few, many in counts.values():
        assert_no_more(few, many)


def test_deliveries_of_a_job_and_held_ones_take_as_many_steps_to_find_among_many() -> None:
    outbox, counts = Outbox(MANY, 2**30), []
    mine = outbox.add(Delivery("mine", Message("http://receiver.test/", b"{}"), held=True))
    outbox.plan(mine, 1.0)
    for number in (FEW, MANY // 2):
        for job in range(number):
            outbox.plan(outbox.add(Delivery(f"{number}-{job}", mine.message)), 2.0)
        assert outbox.about("mine") == outbox.held == (mine,)
        counts.append(steps_of(lambda: (outbox.about("mine"), outbox.held)))
    assert_no_more(*counts)


def test_a_token_takes_as_many_steps_among_many_keys(house: House) -> None:
    answer = house.post("/fal/rest/tokens/", {"allowed_apps": None})
    token = answer.json()
    headers = {"authorization": f"Bearer {token}"}

    def ask() -> None:
        found = house.get("/fal/queue/fal-ai/kling-video/requests/nobody/status", None, headers=headers)
        assert found.status_code == 404

    assert_flat_among_keys(house, ask)


def test_a_file_is_put_in_as_many_steps_among_many_keys(house: House) -> None:
    begun = house.post("/eachlabs/v1/upload/presign", {"content_type": "image/png"})
    signed = begun.json()
    headers = {"content-type": "image/png"} | signed["required_headers"]

    def put() -> None:
        answer = house.ask("PUT", signed["presigned_url"], None, content=b"a cat", headers=headers)
        assert answer.status_code == 200, answer.text

    assert_flat_among_keys(house, put)


def test_a_token_of_a_key_that_is_used_no_more_is_refused(house: House) -> None:
    token = house.post("/fal/rest/tokens/", {"allowed_apps": None}).json()
    headers = {"authorization": f"Bearer {token}"}
    path = "/fal/queue/fal-ai/kling-video/requests/nobody/status"
    assert house.get(path, None, headers=headers).status_code == 404
    house.app.engine.worlds.close("a-key")
    assert house.get(path, None, headers=headers).status_code == 401
    house.world("a-key")
    assert house.get(path, None, headers=headers).status_code == 404


def _pass_time(house: House, clocks: ClockGroup) -> None:
    house.run(clocks.advance(900))


def test_time_that_passes_for_all_keys_takes_as_many_steps_for_each(houses: Callable[..., House], wire: Wire) -> None:
    counts = []
    for keys in (FEW, 10 * FEW):
        house = houses(behaviours=UNLIMITED)
        for key in range(keys):
            wire.submit(house, f"key {key}")
        clocks = house.app.engine.worlds.clocks()
        counts.append(steps_of(partial(_pass_time, house, clocks)) // keys)
    assert_no_more(*counts)
