"""A line of jobs: each is where the plain definition below places it, though only what was changed is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidmock.engine.jobs.job import Failure, Job, Line, State, Step
from vidmock.engine.jobs.store import JobStore
from vidmock.engine.jobs.timeline import bound_timeline
from vidmock.engine.time.epoch import FOREVER
from vidmock.problems import OverQuota


def place_in_line(job: Job, ahead: Sequence[Job], now: float) -> Job:
    """The definition: *job* with its run moved to where its turn is behind the jobs *ahead*."""
    start = job.since(State.RUNNING)
    if job.line is None or start is None or start <= now:
        return job
    waiting = (other.since(State.RUNNING) for other in ahead if other.model == job.model and other.line)
    last = max((begins for begins in waiting if begins is not None and begins > now), default=now)
    ends = sorted((other.ends for other in ahead if other.since(State.RUNNING) is not None), reverse=True)
    at_once = job.line.at_once
    free = 0.0 if at_once is None or len(ends) < at_once else ends[at_once - 1]
    turn = max(job.line.ready, now, last, free)
    if turn == start:
        return job
    moved = tuple(Step(step.at if step.at <= now else turn + (step.at - start), step.state) for step in job.timeline)
    steps, failure = bound_timeline(moved, job.failure, job.wait_limit, job.run_limit, job.deadline)
    return replace(job, timeline=steps, failure=failure)


def moved_up(jobs: Sequence[Job], now: float) -> list[Job]:
    """The definition: all that have not ended, each placed behind those before it."""
    moved = [*jobs]
    for place, job in enumerate(jobs):
        moved[place] = place_in_line(job, moved[:place], now)
    return moved


class Account:
    """The jobs of one provider by the store's line, and once more in a list by the definition."""

    def __init__(self, at_once: int | None) -> None:
        self.at_once = at_once
        self.now = 100.0
        self.store = JobStore(1000, 1000)
        self.plain: list[Job] = []

    @property
    def active(self) -> list[Job]:
        return [job for job in self.plain if not job.ended(self.now)]

    def submit(self, model: str, wait: float, run: float, limit: float | None, *, lined: bool) -> None:
        """A job that begins after *wait* and runs for *run* seconds; without *run*, one that is stuck."""
        now, name = self.now, f"job {len(self.store)}"
        works = (Step(now + wait, State.RUNNING), Step(now + wait + run, State.SUCCEEDED))
        drawn = (Step(now, State.QUEUED), *(works if run else (Step(FOREVER, State.FAILED),)))
        line = Line(self.at_once) if lined else None
        steps, failure = bound_timeline(drawn, None, limit, None, None)
        job = Job(
            *(name, "fal", model, "key", {}, "", steps, (), Decimal(0), "w", "http://mock.test"),
            failure=failure,
            wait_limit=limit,
            line=line,
        )
        if line and (start := job.since(State.RUNNING)) is not None:
            self.plain.append(place_in_line(replace(job, line=replace(line, ready=start)), self.active, now))
        else:
            self.plain.append(job)
        self.store.accept(self.store.line("fal").join(job, now), public=True)

    def change(self, which: int, seconds: float) -> None:
        """One of the jobs is cancelled, put off by *seconds*, or gives up at once."""
        if not (active := self.active):
            return
        job = active[which % len(active)]
        if seconds > 0:
            changed = job.put_off(seconds, self.now)
        elif which % 2:
            changed = job.cancelled_at(self.now)
        else:
            failed = (*(step for step in job.timeline if step.at <= self.now), Step(self.now, State.FAILED))
            changed = replace(job.turned(failed, self.now), failure=Failure("internal"))
        self.plain[self.plain.index(job)] = changed
        if self.at_once is not None:
            by_id = {moved.id: moved for moved in moved_up(self.active, self.now)}
            self.plain = [by_id.get(job.id, job) for job in self.plain]
        place = self.store.place(job.id)
        self.store.change(changed)
        self.end_what_is_over()
        for moved in self.store.moved_up("fal", place, self.now):
            self.store.change(moved)

    def end_what_is_over(self) -> None:
        for job in list(self.store.unfinished()):
            if job.ended(self.now):
                self.store.end(job.id)

    def check(self) -> None:
        """The store's jobs, and all that it answers, are those of the definition."""
        now, active = self.now, self.active
        assert list(self.store.values()) == self.plain
        line = self.store.line("fal")
        assert line.at_work(now) == sum(job.since(State.RUNNING) is not None for job in active)
        if active:
            with pytest.raises(OverQuota) as caught:
                line.check_at_once(len(active), now)
            wait = min(job.ends for job in active) - now
            assert caught.value.retry_after == (wait if wait < 24 * 3600 else None)
        line.check_at_once(len(active) + 1, now)
        for model in "ab":
            self._check_model(model, now)
            self._check_model(model, now - 1.5)

    def _check_model(self, model: str, now: float) -> None:
        jobs, census = [job for job in self.plain if job.model == model], self.store.census("fal", model)
        waiting = [job for job in jobs if job.state(now) is State.QUEUED]
        assert census.queued(now) == waiting
        for number, job in enumerate(waiting):
            assert census.queued_before(self.store.place(job.id), now) == number
        states = Counter(job.state(now) for job in jobs)
        assert {state: census.count(state, now) for state in State} == {state: states[state] for state in State}
        assert [job for _, job in census.newest(now)] == jobs[::-1]
        assert [job for _, job in census.newest(now, (State.RUNNING,))] == [
            job for job in reversed(jobs) if job.state(now) is State.RUNNING
        ]
        ran = [job for job in jobs if job.since(State.RUNNING) is not None]
        assert census.ended_within(2.0, now) == sum(now - 2.0 < job.ends <= now for job in ran)


SECONDS = st.sampled_from([0.5, 1.0, 1.5, 3.0])
SUBMITS = st.tuples(
    st.just("submit"),
    st.sampled_from("ab"),
    SECONDS,
    st.sampled_from([0.0, 1.0, 2.0, 4.0]),
    st.sampled_from([None, 2.0]),
)
STORY = st.lists(
    st.one_of(
        SUBMITS,
        SUBMITS,
        st.tuples(st.just("run"), st.sampled_from("ab"), SECONDS, SECONDS, st.none()),
        st.tuples(st.just("pass"), st.sampled_from([0.25, 0.5, 1.0, 2.0])),
        st.tuples(st.just("late"), st.sampled_from([0.25, 1.0])),
        st.tuples(st.just("change"), st.integers(0, 9), st.sampled_from([0.0, 0.0, 1.0])),
    ),
    max_size=20,
)


@settings(max_examples=300)
@given(STORY, st.sampled_from([None, 1, 2, 3]), st.booleans())
def test_each_job_is_where_the_definition_places_it(
    story: list[tuple[object, ...]], at_once: int | None, asked: bool
) -> None:
    account = Account(at_once)
    for what, *arguments in story:
        match what, arguments:
            case (("submit" | "run"), [str(model), float(wait), float(run), limit]):
                assert limit is None or isinstance(limit, float)
                account.submit(model, wait, run, limit, lined=what == "submit")
            case (("pass" | "late"), [float(seconds)]):
                account.now += seconds
                if what == "pass":
                    account.end_what_is_over()
            case "change", [int(which), float(seconds)]:
                account.change(which, seconds)
        if asked:
            account.check()
    account.check()
