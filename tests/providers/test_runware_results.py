"""Several results of one task: each is ready, told, uploaded and paid for at a moment of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import ORIGIN, RUNWARE_TASK, SETTINGS

from vidmock.engine.jobs.job import Job
from vidmock.engine.jobs.timeline import APART
from vidmock.engine.service.submission import Submission, create_job
from vidmock.engine.snapshot import snapshot
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest
from vidmock.providers.runware.jobs import media_path
from vidmock.schema.catalog import find_model
from vidmock.schema.known_media import nothing_known

if TYPE_CHECKING:
    from tests.conftest import House

URL = "/runware/v1"
ONE = "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11"
HOOK = "http://receiver.test/hook"
TASK = RUNWARE_TASK | {"taskUUID": ONE, "numberResults": 4}
SPREAD = "a kite [[vidmock: spread=60]]"
"""Its results are ready at 20 s from each other, the first one where it would have been without it."""


def send(house: House, **more: Any) -> Job:
    answer = house.post(URL, [TASK | more])
    assert answer.json() == {"data": [{"taskType": "videoInference", "taskUUID": ONE}]}
    return house.world().jobs[ONE]


def poll(house: House) -> list[dict[str, Any]]:
    answer = house.post(URL, [{"taskType": "getResponse", "taskUUID": ONE}]).json()
    return [*answer["data"], *answer.get("errors", [])]


def statuses(house: House) -> list[str]:
    return [item["status"] for item in poll(house)]


def advance_to(house: House, moment: float) -> None:
    house.run(house.world().clock.advance_to(moment))
    house.advance(0)


def moments(job: Job) -> list[float]:
    """When the outputs are ready, in their order."""
    return [job.ends if output.ready is None else output.ready for output in job.outputs]


def test_results_are_ready_at_moments_of_their_own_a_little_before_the_end(house: House) -> None:
    job = send(house)
    when = moments(job)
    assert len(set(when)) == 4
    assert max(when) == job.ends == job.created + 3
    assert min(when) >= job.ends - APART * 2


def test_what_is_drawn_besides_the_moments_is_what_was_drawn_without_them() -> None:
    def made(**more: Any) -> Job:
        world, model = World("k", SETTINGS), find_model("runware", str(TASK["model"]))
        submission = Submission(world, model, TASK, ORIGIN, id=ONE, **more)
        return create_job(submission, (), nothing_known, 0.0, Random(7))

    together, apart = made(), made(apart=True)
    assert apart.outputs != together.outputs
    plain = tuple(replace(output, ready=None) for output in apart.outputs)
    assert replace(apart, outputs=plain, apart=False) == together


def test_a_poll_shows_finished_and_unfinished_results_side_by_side(house: House) -> None:
    job = send(house)
    seen: list[dict[str, Any]] = []
    for moment in sorted(moments(job)):
        assert statuses(house).count("success") == len(seen)
        advance_to(house, moment)
        finished = [item for item in poll(house) if item["status"] == "success"]
        assert all(item in finished for item in seen), "what was finished stays as it was"
        assert {item["videoUUID"] for item in finished} == {
            output.id for output, ready in zip(job.outputs, moments(job), strict=True) if ready <= moment
        }
        seen = finished
    assert statuses(house) == ["success"] * 4
    assert [item["videoUUID"] for item in seen] == [output.id for output in job.outputs]


def test_each_webhook_and_upload_goes_out_as_its_result_is_ready(house: House) -> None:
    job = send(house, webhookURL=HOOK, uploadEndpoint="http://bucket.test/clip", positivePrompt=SPREAD)
    for number, moment in enumerate(sorted(moments(job)), 1):
        advance_to(house, moment)
        assert len(house.receiver.messages) == 2 * number
        put, hook = house.receiver.messages[-2:]
        (item,) = json.loads(hook.body)["data"]
        assert (put.method, put.file, hook.tells) == ("PUT", item["videoUUID"], (item["videoUUID"],))
        assert item in poll(house)
        assert house.get(item["videoURL"]).content == put.body
    assert [delivery.attempts[0].at - job.created for delivery in house.world().outbox] == pytest.approx(
        [moment - job.created for moment in sorted(moments(job)) for _ in range(2)]
    )
    house.advance(1000)
    assert len(house.receiver.messages) == 8


def test_a_file_is_there_once_its_result_is_ready(house: House) -> None:
    job = send(house, positivePrompt=SPREAD)
    first, *_, last = sorted(moments(job))
    advance_to(house, first)
    ready, waiting = (next(o for o in job.outputs if (o.ready or job.ends) == moment) for moment in (first, last))
    now, later = (f"/runware/media{media_path(output)}" for output in (ready, waiting))
    assert house.get(now).status_code == 200
    assert house.get(later).status_code == 404
    advance_to(house, last)
    assert house.get(later).status_code == 200


def test_a_client_that_stops_at_the_first_success_wastes_the_others(house: House) -> None:
    job = send(house, positivePrompt=SPREAD)
    while "success" not in statuses(house):
        house.advance(1)
    (item,) = (item for item in poll(house) if item["status"] == "success")
    house.get(item["videoURL"])
    house.advance(1000)
    world = house.world()
    now = world.clock.now()
    (waste,) = tuple(world.jobs.losses.waste(now))
    lost = {output.id for output in job.outputs} - {item["videoUUID"]}
    assert (waste.job, waste.amount, waste.why) == (ONE, Decimal("1.26"), "uncollected")
    assert {*waste.outputs} == lost
    missed = tuple(world.jobs.losses.missed_files(now))
    assert ({one.output for one in missed}, {one.told for one in missed}) == (lost, {False})
    assert not world.jobs.collected(ONE, now)
    poll(house)
    assert tuple(world.jobs.losses.waste(now)) == ()


def test_under_a_stepped_clock_each_poll_is_one_result_further(houses: Callable[..., House]) -> None:
    house = houses(clock=Mode("step"))
    send(house, numberResults=2)
    assert [sorted(statuses(house)) for _ in range(4)] == [
        ["processing", "processing"],
        ["processing", "processing"],
        ["processing", "success"],
        ["success", "success"],
    ]


@pytest.mark.parametrize("effect", ["fail", "cancelled"])
def test_what_was_ready_is_kept_and_paid_for_when_the_rest_comes_to_nothing(house: House, effect: str) -> None:
    job = send(house, webhookURL=HOOK, positivePrompt=SPREAD)
    advance_to(house, sorted(moments(job))[1])
    house.post(f"/_vidmock/jobs/{ONE}/outcome", {"effect": effect}, None)
    house.advance(1000)
    assert sorted(statuses(house)) == ["error", "error", "success", "success"]
    assert house.world().ledger.spent == Decimal("0.84")
    told = [next(iter(json.loads(message.body))) for message in house.receiver.messages]
    assert told == ["data", "data", "errors", "errors"]


def test_a_job_that_is_made_to_succeed_tells_all_at_once_and_each_once(house: House) -> None:
    job = send(house, webhookURL=HOOK, positivePrompt=SPREAD)
    advance_to(house, min(moments(job)))
    house.post(f"/_vidmock/jobs/{ONE}/outcome", {"effect": "succeed"}, None)
    house.advance(0)
    assert statuses(house) == ["success"] * 4
    house.advance(1000)
    told = [json.loads(message.body)["data"][0]["videoUUID"] for message in house.receiver.messages]
    assert sorted(told) == sorted(output.id for output in job.outputs)


def test_a_timer_that_is_late_tells_of_a_result_before_its_job_is_over(house: House) -> None:
    job = send(house, webhookURL=HOOK, positivePrompt=SPREAD)

    async def cancel() -> None:
        house.app.engine.cancel(house.world(), job, now=min(moments(job)) + 1)

    house.run(cancel())
    house.advance(1000)
    told = [next(iter(json.loads(message.body))) for message in house.receiver.messages]
    assert told == ["data", "errors", "errors", "errors"]
    assert house.world().ledger.spent == Decimal("0.42")


def test_a_slow_job_moves_its_results_along(house: House) -> None:
    job = send(house, webhookURL=HOOK, positivePrompt=SPREAD)
    house.post(f"/_vidmock/jobs/{ONE}/outcome", {"effect": "slow", "arguments": {"seconds": 900}}, None)
    slow = house.world().jobs[ONE]
    by = slow.ends - job.ends
    assert moments(slow) == pytest.approx([moment + by for moment in moments(job)])
    advance_to(house, min(moments(slow)) - 0.001)
    assert house.receiver.messages == []
    house.advance(1000)
    assert len(house.receiver.messages) == 4


@pytest.mark.parametrize("passed", [0, 1, 2, 3, 4])
def test_a_snapshot_between_two_results_changes_nothing_of_what_follows(
    houses: Callable[..., House], passed: int
) -> None:
    stories = []
    for detour in (False, True):
        house = houses()
        job = send(house, webhookURL=HOOK, positivePrompt=SPREAD)
        if passed:
            advance_to(house, sorted(moments(job))[passed - 1])
        if detour:

            async def around(house: House = house) -> None:
                data = json.loads(json.dumps(snapshot.save_world(house.app.engine, house.world())))
                snapshot.load_world(house.app.engine, data)

            house.run(around())
        house.advance(1000)
        stories.append((house.receiver.messages, poll(house), house.world().ledger.spent))
    assert stories[0] == stories[1]
    assert len(stories[0][0]) == 4


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["due"].append({"output": "nobody's"}),
        lambda data: data["due"][0].update(output=data["jobs"][0]["job"]["outputs"][0]["id"]),
        lambda data: data["due"].append({}),
        lambda data: data["jobs"][0]["job"].pop("apart"),
        lambda data: data["handover"].pop("told"),
    ],
    ids=["unknown", "two things", "nothing", "not apart", "no handover"],
)
def test_a_snapshot_whose_results_do_not_fit_is_refused(house: House, change: Callable[[Any], object]) -> None:
    send(house)
    data = json.loads(json.dumps(snapshot.save_world(house.app.engine, house.world())))
    change(data)
    with pytest.raises(BadRequest, match="cannot be read"):
        snapshot.load_world(house.app.engine, data)
