"""The job store: jobs, endings, what was told or downloaded, money and index change together, by its operations."""

from __future__ import annotations

from decimal import Decimal

import pytest

from vidmock.engine.jobs.job import Job, Output, State, Step
from vidmock.engine.jobs.store import JobStore

COST = Decimal("0.56")


class Seen:
    """A listing that keeps what it is told."""

    def __init__(self) -> None:
        self.public: list[str] = []
        self.outputs: list[str] = []

    def add(self, job: Job, *, public: bool) -> None:
        self.public += [job.id] * public
        self.outputs += [output.id for output in job.outputs]

    def discard(self, job: Job) -> None:
        self.public = [name for name in self.public if name != job.id]
        self.outputs = [name for name in self.outputs if name not in {output.id for output in job.outputs}]


def job_of(name: str, last: State = State.SUCCEEDED, weight: int = 0) -> Job:
    output = Output(f"file of {name}", 1, 128, 128, 5.0, "mp4", audio=False, cost=COST)
    steps = (Step(0.0, State.QUEUED), Step(1.0, State.RUNNING), Step(2.0, last))
    return Job(name, "fal", "a-model", "key", {}, "", steps, (output,), COST, "w", "http://mock.test", weight=weight)


def store_of(*names: str, keep: int = 100, keep_bytes: int = 1000) -> JobStore:
    store = JobStore(keep, keep_bytes)
    for name in names:
        store.accept(job_of(name), public=True)
    return store


def test_an_accepted_job_is_charged_listed_and_unfinished() -> None:
    store, seen = store_of("before"), Seen()
    store.list_in(seen)
    store.accept(job_of("mine"), public=False)
    assert (list(store), [job.id for job in store.unfinished()]) == (["before", "mine"], ["before", "mine"])
    assert (seen.public, seen.outputs) == (["before"], ["file of before", "file of mine"])
    assert (store.public("before"), store.public("mine")) == (True, False)
    assert store.ledger.charged == 2 * COST
    assert store.output("file of mine")[0].id == "mine"


def test_a_job_that_failed_is_refunded_when_it_ends_and_only_once() -> None:
    store = store_of()
    store.accept(job_of("mine", State.FAILED), public=True)
    assert store.end("mine").id == "mine"
    assert (store.ledger.refunded, store.spent_on("mine"), store.idle) == (COST, Decimal(0), True)
    with pytest.raises(KeyError):
        store.end("mine")
    assert store.ledger.refunded == COST


def test_the_job_that_ended_longest_ago_is_forgotten_with_all_that_is_known_of_it() -> None:
    store, seen = store_of("first", "second", keep=1), Seen()
    store.list_in(seen)
    store.download("first")
    for name in ("first", "second"):
        store.end(name)
    assert (list(store), list(store.ended()), seen.public, seen.outputs) == (
        ["second"],
        ["second"],
        ["second"],
        ["file of second"],
    )
    assert not store.collected("first")
    assert not store.downloaded("first")
    with pytest.raises(KeyError):
        store.output("file of first")
    assert store.ledger.charged == 2 * COST


def test_a_changed_job_keeps_its_place_and_its_outputs() -> None:
    store = store_of("first", "second")
    changed = store.change(job_of("first", State.FAILED))
    assert (list(store), store["first"]) == (["first", "second"], changed)
    with pytest.raises(KeyError):
        store.change(job_of("third"))


def test_a_download_tells_of_the_job_and_being_told_is_no_download() -> None:
    store = store_of("told", "fetched")
    assert store.collect("told")
    assert not store.collect("told"), "nobody heard anything new"
    store.download("fetched")
    assert [(store.collected(name), store.downloaded(name)) for name in ("told", "fetched")] == [
        (True, False),
        (True, True),
    ]


def test_what_did_not_reach_its_client_was_not_told() -> None:
    store = store_of("mine")
    store.download("mine")
    store.take_back("mine")
    assert not store.collected("mine")
    assert not store.downloaded("mine")


def test_what_is_said_of_a_job_that_is_not_known_is_nothing() -> None:
    store = store_of()
    assert not store.collect("nobody's")
    store.download("nobody's")
    assert not store.collected("nobody's")
    assert not store.downloaded("nobody's")


def test_a_job_that_has_not_ended_cannot_be_forgotten() -> None:
    store = store_of("mine")
    with pytest.raises(ValueError, match="not held"):
        store.forget("mine")
    assert "mine" in store
    store.end("mine")
    store.forget("mine")
    assert "mine" not in store
    assert not list(store.ended())
