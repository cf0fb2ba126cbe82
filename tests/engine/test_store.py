"""The job store: jobs, endings, what was told or downloaded, money and index change together, by its operations."""

from __future__ import annotations

from dataclasses import replace
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

    def rest(self, *, idle: bool) -> None:
        self.idle = idle

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
    assert (store.ledger.refunded, store.ledger.spent_on("mine"), store.idle) == (COST, Decimal(0), True)
    with pytest.raises(KeyError):
        store.end("mine")
    assert store.ledger.refunded == COST


def test_the_job_that_ended_longest_ago_is_forgotten_with_all_that_is_known_of_it() -> None:
    store, seen = store_of("first", "second", keep=1), Seen()
    store.list_in(seen)
    store.download("file of first", 0, 10, 10)
    for name in ("first", "second"):
        store.end(name)
    assert (list(store), list(store.ended()), seen.public, seen.outputs) == (
        ["second"],
        ["second"],
        ["second"],
        ["file of second"],
    )
    assert not store.collected("first", 9.0)
    assert not store.downloaded("first", 9.0)
    assert not store.handover.downloaded("file of first")
    with pytest.raises(KeyError):
        store.output("file of first")
    assert store.ledger.charged == 2 * COST


def test_a_changed_job_keeps_its_place_and_its_outputs() -> None:
    store = store_of("first", "second")
    changed = store.change(job_of("first", State.FAILED))
    assert (list(store), store["first"]) == (["first", "second"], changed)
    with pytest.raises(KeyError):
        store.change(job_of("third"))


def test_being_told_is_one_fact_and_a_download_another() -> None:
    store = store_of("told", "fetched")
    store.collect(["file of told"])
    store.download("file of fetched", 0, 10, 10)
    assert [(store.collected(name, 9.0), store.downloaded(name, 9.0)) for name in ("told", "fetched")] == [
        (True, False),
        (False, True),
    ]
    assert not store.collected("told", 1.0), "nothing was made by then"


def test_what_is_said_of_a_job_that_is_not_known_is_nothing() -> None:
    store = store_of()
    store.collect(["nobody's"])
    store.download("nobody's", 0, 1, 1)
    assert not store.collected("nobody's", 9.0)
    assert not store.downloaded("nobody's", 9.0)
    assert store.handover.state() == {"told": [], "downloaded": [], "begun": {}}


def test_the_success_of_a_job_without_files_is_told_by_its_id() -> None:
    store = store_of()
    store.accept(replace(job_of("words"), outputs=()), public=True)
    assert (store.collected("words", 9.0), store.downloaded("words", 9.0)) == (False, False)
    store.collect(["words"])
    assert (store.collected("words", 9.0), store.downloaded("words", 9.0)) == (True, False)


def test_a_job_that_has_not_ended_cannot_be_forgotten() -> None:
    store = store_of("mine")
    with pytest.raises(ValueError, match="not held"):
        store.forget("mine")
    assert "mine" in store
    store.end("mine")
    store.forget("mine")
    assert "mine" not in store
    assert not list(store.ended())
