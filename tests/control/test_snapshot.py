"""A world that was saved and read back goes on as if nothing had been: in its place, on another server, as a fork."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import SETTINGS, WIRES, House

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.engine.snapshot import snapshot
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest

if TYPE_CHECKING:
    import httpx
    from tests.conftest import Wire

HOOK = "http://receiver.test/"
CALL = {"x-request-id": "a-request"}
RULES = (
    FaultRule("before", Effect("rate_limit"), probability=0.5),
    FaultRule("poll", Effect("edge_page"), nth=(2, 4)),
    FaultRule("after", Effect("malformed"), provider="runpod", times=2),
    FaultRule("before", Effect("fail", {"code": "moderated"}), provider="fal", nth=(2,)),
    FaultRule("webhook", Effect("webhook_repeated"), probability=0.5),
)
CANCEL = {
    "runpod": ("POST", "/runpod/v2/kling-video-o1-r2v/cancel/{}"),
    "fal": ("PUT", "/fal/queue/fal-ai/kling-video/requests/{}/cancel"),
}

Step = tuple[str, int]
STEPS = st.tuples(
    st.sampled_from(["submit", "submit", "look", "look", "look", "advance", "advance", "fault", "cancel", "receiver"]),
    st.integers(0, 11),
)


class Story:
    """Calls to a server, drawn by number, and everything that clients and receivers got to see of it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.jobs: list[tuple[Wire, str]] = []
        self.seen: list[object] = []
        self._submitted = 0

    def copy(self, house: House) -> Story:
        """The same story, to be continued at *house*."""
        other = Story(house)
        other.jobs, other._submitted = list(self.jobs), self._submitted
        house.receiver.statuses = list(self.house.receiver.statuses)
        return other

    def tell(self, step: Step) -> None:
        what, number = step
        before = len(self.house.receiver.messages)
        getattr(self, what)(number)
        sent = self.house.receiver.messages[before:]
        self.seen.append([(message.url, message.headers, message.body) for message in sent])

    def submit(self, number: int) -> None:
        wire = WIRES[number % 4]
        body, params = wire.webhook(wire.body, HOOK) if number > 3 else (wire.body, {})
        self._submitted += 1
        if isinstance(body, list):
            body = [body[0] | {"taskUUID": f"00000000-0000-4000-9000-{self._submitted:012}"}]
        held = set(self.house.world().jobs)
        self._see(self.house.post(wire.submit_path, body, params=params, headers=dict(CALL)))
        self.jobs += [(wire, job) for job in self.house.world().jobs if job not in held]

    def look(self, number: int) -> None:
        if self.jobs:
            wire, job = self.jobs[number % len(self.jobs)]
            method, path, body = wire.poll(job)
            more = {} if body is None else {"json": body}
            # Some of fal's clients poll without their key.
            key = None if wire.name == "fal" and number % 2 else "a-key"
            answer = self.house.ask(method, path, key, headers=dict(CALL), **more)
            # What nobody with a key has asked may have headers that are drawn in nobody's world.
            self._see(answer) if key else self.seen.append((answer.status_code, answer.content))

    def cancel(self, number: int) -> None:
        if self.jobs:
            wire, job = self.jobs[number % len(self.jobs)]
            if wire.name in CANCEL:
                method, path = CANCEL[wire.name]
                self._see(self.house.ask(method, path.format(job)))

    def advance(self, number: int) -> None:
        self.house.advance((0.5, 1.0, 2.0, 7.0, 90.0, 4000.0)[number % 6])

    def fault(self, number: int) -> None:
        self.house.world().faults.add(checked_rule(RULES[number % len(RULES)]))

    def receiver(self, number: int) -> None:
        self.house.receiver.statuses = [(200, 500, None, 302)[number % 4]]

    def _see(self, answer: httpx.Response) -> None:
        self.seen.append((answer.status_code, answer.headers.raw, answer.content))


def saved(house: House, key: str = "a-key") -> Any:
    """The snapshot as another machine would read it."""
    return json.loads(json.dumps(snapshot.save_world(house.app.engine, house.world(key))))


def restore(house: House, data: Any, key: str | None = None) -> World:
    async def load() -> World:
        return snapshot.load_world(house.app.engine, data, key)

    return house.run(load())


@settings(max_examples=60)
@given(st.lists(STEPS, max_size=12), st.lists(STEPS, max_size=6), st.lists(STEPS, min_size=1, max_size=10))
def test_a_detour_by_a_snapshot_changes_no_byte_of_what_follows(
    past: list[Step], dropped: list[Step], future: list[Step]
) -> None:
    straight, detour, elsewhere = House(), House(), House()
    for house in (straight, detour, elsewhere):
        # Those who judge what is signed live in the same time.
        house.app.engine.worlds.on_open(lambda world: world.clock.live_by(lambda: True))
    try:
        plain, around = Story(straight), Story(detour)
        for story in (plain, around):
            for step in past:
                story.tell(step)
        data = saved(detour)
        there = around.copy(elsewhere)
        back = around.copy(detour)
        for step in dropped:
            around.tell(step)
        restore(detour, data)
        restore(elsewhere, data)
        back.house.receiver.statuses = list(there.house.receiver.statuses)
        plain.seen.clear()
        for story in (plain, back, there):
            for step in future:
                story.tell(step)
        assert back.seen == plain.seen
        assert there.seen == plain.seen
        assert saved(detour) == saved(straight) == saved(elsewhere)
    finally:
        for house in (straight, detour, elsewhere):
            house.close()


def test_the_two_futures_of_a_fork_do_not_know_each_other(house: House, wire: Wire) -> None:
    job = wire.submit(house)
    restore(house, saved(house), "other")
    house.advance(10)
    assert wire.video(wire.look(house, job).json())
    behind = house.world("other")
    assert behind.jobs[job].state(behind.clock.now()) == "queued"
    assert (behind.ledger.jobs, behind.ledger.spent) == (1, house.world().ledger.spent)
    wire.submit(house)
    assert len(behind.jobs) == 1
    later = wire.submit(house, "other")
    assert later not in house.world().jobs or wire.name == "runware"


def test_a_file_is_there_as_long_as_it_was_made_in_one_of_the_futures(house: House, wires: tuple[Wire, ...]) -> None:
    runpod = next(wire for wire in wires if wire.name == "runpod")
    job = runpod.submit(house)
    restore(house, saved(house), "other")
    house.post(f"/runpod/v2/kling-video-o1-r2v/cancel/{job}")
    house.advance(10, "other")
    url = runpod.video(runpod.look(house, job, "other").json())
    assert house.get(url, key=None).status_code == 200


@pytest.mark.parametrize("effect", [None, "webhook_stale", "webhook_rotated", "webhook_foreign", "webhook_forged"])
def test_deliveries_that_were_planned_are_made_and_signed_as_they_would_have_been(
    houses: Callable[..., House], wires: tuple[Wire, ...], monkeypatch: pytest.MonkeyPatch, effect: str | None
) -> None:
    fal = next(wire for wire in wires if wire.name == "fal")
    messages = []
    for detour in (False, True):
        house = houses()
        monkeypatch.setattr(time, "time", lambda house=house: house.world().clock.now())
        if effect:
            house.world().faults.add(checked_rule(FaultRule("webhook", Effect(effect))))
        house.receiver.statuses = [500]
        fal.submit(house, webhook=HOOK)
        house.advance(3)
        if detour:
            restore(house, saved(house))
        house.advance(3600)
        messages.append([(message.headers, message.body) for message in house.receiver.messages])
    assert messages[0] == messages[1]
    assert len(messages[0]) > 5
    assert len({headers for headers, _ in messages[0]}) > 1


def test_uploads_belong_to_the_snapshot(house: House) -> None:
    begun = house.post(
        "/fal/rest/storage/upload/initiate?storage_type=fal-cdn-v3",
        {"content_type": "image/png", "file_name": "cat.png"},
        headers={"Authorization": "Key a-key"},
    ).json()
    house.ask("PUT", begun["upload_url"], None, content=b"picture", headers={"content-type": "image/png"})
    data = saved(house)
    for upload in house.world().files:
        house.world().files.drop(upload.id)
    assert house.get(begun["file_url"], None).status_code == 404
    restore(house, data)
    assert house.get(begun["file_url"], None).content == b"picture"


def test_ids_of_tasks_that_made_no_job_belong_to_the_snapshot(house: House) -> None:
    task = [{"taskType": "modelSearch", "taskUUID": "22222222-2222-4222-8222-222222222222"}]
    assert house.post("/runware/v1", task).status_code == 200
    restore(house, saved(house))
    assert house.post("/runware/v1", task).json()["errors"][0]["code"] == "conflictTaskUUID"


NOT_SAVED = {
    "settings": "seed, latency, clock and magic_inputs of it are; the rest is the server's",
    "reference": "made anew",
    "by_output": "follows from the jobs",
    "index": "follows from the jobs",
    "listing": "made anew",
    "unfinished": "follows from the jobs that have ended",
    "planned": "follows from what is due",
    "held": "follows from the deliveries",
    "of_job": "follows from the deliveries",
    "of_provider": "follows from the deliveries",
    "losses": "follow from the jobs",
    "id": "follows from the key",
    "holding": "follows from what is held",
    "parts": "of uploads that were not finished",
    "changes": "what a keeper has not kept yet",
}
SAVED_AS = {
    "schedule": "due",
    "newest": "deliveries",
    "counted": "announced",
    "public": "jobs",
    "files": "uploads",
    "remarks": "struck",
}


def test_every_part_of_a_world_is_saved(house: House) -> None:
    """Whoever adds a part to a world must say here whether it is part of a snapshot."""
    world = World("a-key", SETTINGS)
    parts = {name.strip("_") for part in (world, world.jobs, world.outbox) for name in vars(part)}
    parts -= {*NOT_SAVED, "outbox"}
    assert {SAVED_AS.get(name, name) for name in parts} <= {*saved(house)}


def test_money_and_numbers_survive(house: House, wire: Wire) -> None:
    wire.submit(house)
    world = house.world()
    world.ledger.set_budget(Decimal("2.50"))
    spent, seen = world.ledger.spent, world.journal.seen
    again = restore(house, saved(house))
    assert again is not world
    assert (again.ledger.budget, again.ledger.spent, again.journal.seen) == (Decimal("2.50"), spent, seen)
    assert list(again.journal) == list(world.journal)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"form": "something else"}, "'form' must be"),
        ({"jobs": None}, "cannot be read"),
        ({"clock": {"mode": "sideways", "now": 0}}, "no such clock"),
        ({"ended": ["a-stranger"]}, "a-stranger"),
        ({"due": [{"job": "a-stranger"}]}, "a-stranger"),
        ({"budget": "much"}, "budget"),
    ],
    ids=["form", "jobs", "clock", "ended", "due", "budget"],
)
def test_what_is_no_snapshot_changes_nothing(
    house: House, wires: tuple[Wire, ...], change: Mapping[str, Any], said: str
) -> None:
    job = wires[0].submit(house)
    with pytest.raises(BadRequest, match=said):
        restore(house, saved(house) | change)
    assert job in house.world().jobs
    assert wires[0].look(house, job).status_code == 200


def test_a_snapshot_brings_its_seed_along(houses: Callable[..., House], wire: Wire) -> None:
    one, other = houses(seed=1), houses(seed=2)
    restore(other, saved(one))
    assert wire.submit(one) == wire.submit(other) or wire.name == "runware"
    assert replace(one.world().settings, seed=0) == replace(other.world().settings, seed=0) != Settings()


READ_ELSEWHERE = """
import json, sys
from vidmock.engine.snapshot.snapshot import load_world
from vidmock.engine.world.settings import Settings
from vidmock.server.app import App
world = load_world(App(Settings(), None).engine, json.load(sys.stdin))
print(*sorted(type(job.notes).__name__ for job in world.jobs.values()))
"""


def test_a_new_process_knows_what_each_provider_remembers_of_its_jobs(house: House) -> None:
    for wire in WIRES:
        house.post(wire.submit_path, wire.body)
    saved = json.dumps(snapshot.save_world(house.app.engine, house.world()))
    done = subprocess.run(
        [sys.executable, "-c", READ_ELSEWHERE], input=saved, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == sorted(type(job.notes).__name__ for job in house.world().jobs.values())
