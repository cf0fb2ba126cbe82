"""What went for nothing is what a look at every job would find, whatever happened since it was asked for last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.jobs.job import Failure, Job, Output, State, Step
from vidmock.engine.jobs.ledger_line import ZERO
from vidmock.engine.jobs.losses import LostMoney
from vidmock.engine.jobs.store import JobStore
from vidmock.engine.jobs.waste import MissedFile, Waste

MODELS = ("one", "other")
STEPS = st.tuples(
    st.sampled_from(
        ["accept", "accept", "pass", "pass", "end", "tell", "tell", "fetch", "cancel", "forget", "drop", "ask"]
    ),
    st.integers(0, 7),
)


def job_of(number: int, now: float, how: int) -> Job:
    """A job with two videos, of which the first may be ready before and the second may fail; or with none."""
    files = tuple(
        Output(
            f"file {number}-{place}",
            1,
            128,
            128,
            5.0,
            "mp4",
            audio=False,
            cost=Decimal(place + 1),
            failure=Failure("moderated") if place and how % 3 == 0 else None,
            ready=None if place or how % 2 else now + 1,
        )
        for place in range(2)
    )
    steps = (Step(now, State.QUEUED), Step(now + 1, State.RUNNING), Step(now + 2, State.SUCCEEDED))
    asked = {"prompt": "abc"[how % 3], "taskUUID": str(number)}
    outputs = () if how == 5 else files
    return Job(str(number), "fal", MODELS[how % 2], "key", asked, "", steps, outputs, Decimal(3), "w", "http://m.test")


def expected_waste(jobs: JobStore, now: float) -> Iterator[Waste]:
    """By a look at every job."""
    groups = defaultdict[tuple[str, object], list[Job]](list)
    charged = [job for job in jobs.values() if jobs.ledger.spent_on(job.id)]
    for job in charged:
        groups[job.model, job.input["prompt"]].append(job)
    for job in reversed(charged):
        again = groups[job.model, job.input["prompt"]]
        meant = next((one for one in again if any(map(jobs.handover.told, one.results(now)))), again[0])
        lost = [output for output in job.made_outputs(now) if not jobs.handover.told(output.id)]
        if job is not meant:
            yield Waste(job.id, jobs.ledger.spent_on(job.id), "duplicate", meant.id)
        elif lost:
            names = tuple(output.id for output in lost)
            yield Waste(job.id, sum((output.cost for output in lost), ZERO), "uncollected", outputs=names)


def expected_missed_files(jobs: JobStore, now: float) -> Iterator[MissedFile]:
    for job in reversed([*jobs.values()]):
        for output in reversed(job.made_outputs(now)):
            if jobs.ledger.spent_on(job.id) and not jobs.handover.downloaded(output.id):
                told = jobs.handover.told(output.id)
                yield MissedFile(job.id, output.id, f"{output.id}.mp4", output.cost, told)


def assert_found(jobs: JobStore, now: float) -> None:
    waste, missed = list(expected_waste(jobs, now)), list(expected_missed_files(jobs, now))
    assert list(jobs.losses.waste(now)) == waste
    assert list(jobs.losses.missed_files(now)) == missed
    lost = LostMoney()
    for part in jobs.losses.sums(now).values():
        lost.add(part)
    assert lost == LostMoney(sum((one.amount for one in waste), ZERO), sum((one.amount for one in missed), ZERO))


@given(st.lists(STEPS, max_size=40))
def test_what_is_found_is_what_a_look_at_every_job_finds(steps: list[tuple[str, int]]) -> None:
    store, now = JobStore(5, 10**9), 0.0
    for number, (what, choice) in enumerate(steps):
        names = list(store)
        job = store[names[choice % len(names)]] if names else None
        if what == "accept":
            store.accept(job_of(number, now, choice), public=True)
        elif what == "pass":
            now += choice / 2
            for each in list(store.unfinished()):
                if each.ended(now):
                    store.end(each.id)
        elif what == "ask":
            assert_found(store, now)
        elif job is None:
            continue
        elif what == "tell":
            store.collect(job.results(now)[choice % 2 :])
        elif what == "fetch":
            for output in job.made_outputs(now)[choice % 2 :]:
                store.download(output.id, 0, 10, 10 + choice // 4)
        elif what == "drop":
            store.ledger.drop_line(names[0])
            store.change(store[names[0]])
        elif what == "cancel" and not job.ended(now):
            store.change(job.cancelled_at(now))
            store.end(job.id)
        elif what == "forget" and job.ended(now):
            store.forget(job.id)
    assert_found(store, now)


def test_a_job_that_is_run_again_under_its_id_is_another_one() -> None:
    store = JobStore(5, 10**9)
    store.accept(job_of(1, 0.0, 1), public=True)
    store.end("1")
    assert_found(store, 9.0)
    store.forget("1")
    assert_found(store, 9.0)
    store.accept(job_of(1, 9.0, 1), public=True)
    assert_found(store, 10.0)
    store.end("1")
    assert_found(store, 12.0)


def test_a_sum_does_not_show_what_was_taken_away_again() -> None:
    sums = LostMoney(Decimal("0.7"), Decimal("0.56"))
    for times in (1, -1):
        sums.add(LostMoney(times * Decimal("0.125"), -times * Decimal("0.56")))
    sums.add(LostMoney(ZERO, Decimal("-0.56")))
    assert (str(sums.wasted), str(sums.undownloaded)) == ("0.7", "0")
