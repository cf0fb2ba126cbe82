"""Long lists of the control API, page by page."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.server.control import page

if TYPE_CHECKING:
    from tests.conftest import Wire
    from tests.control.conftest import Control

LISTS = {
    "/jobs": "jobs",
    "/journal": "exchanges",
    "/deliveries": "deliveries",
    "/worlds": "worlds",
    "/clock": "clocks",
    "/faults": "faults",
}


@pytest.fixture
def busy(control: Control, wires: tuple[Wire, ...]) -> Control:
    """Some jobs of several keys, and webhooks of two of them."""
    for seconds, key in enumerate(("one", "two", "three", "one", "two", "one")):
        for wire in wires[: 2 - seconds % 2]:
            wire.submit(control.house, key, webhook="http://receiver.test/")
        control.house.advance(1, "one")
        control.house.world(key).faults.add(FaultRule("poll", Effect("edge_page"), nth=(9,)))
    control.house.advance(9, "two")
    return control


@pytest.mark.parametrize(("path", "member"), LISTS.items())
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_all_entries_are_on_one_page_or_another(busy: Control, path: str, member: str, limit: int) -> None:
    whole = busy.get(path)
    assert whole["older"] is None
    shown: list[Any] = []
    answer, asked = busy.get(f"{path}?limit={limit}"), 1
    while answer["older"] is not None:
        assert len(answer[member]) == limit
        shown = answer[member] + shown
        answer, asked = busy.get(f"{path}?limit={limit}&before={answer['older']}"), asked + 1
    assert answer[member] + shown == whole[member]
    assert asked == -(-len(whole[member]) // limit) > 1 or limit == 5


def test_jobs_and_exchanges_of_all_worlds_are_in_the_order_of_time(busy: Control) -> None:
    for member, name in (("jobs", "created"), ("exchanges", "at")):
        path = next(path for path, listed in LISTS.items() if listed == member)
        moments = [entry[name] for entry in busy.get(path)[member]]
        assert len(set(moments)) > 1
        assert all(first <= second for first, second in pairwise(moments))


def test_a_page_of_what_matches_ends_with_what_matches(busy: Control) -> None:
    jobs = busy.get("/jobs?key=one")["jobs"]
    for provider in {job["provider"] for job in jobs}:
        of_one = [job for job in jobs if job["provider"] == provider]
        newest = busy.get(f"/jobs?provider={provider}&key=one&limit=1")
        assert (newest["jobs"], newest["total"]) == (of_one[-1:], len(of_one))


def test_no_page_is_larger_than_the_largest(busy: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "LARGEST_PAGE", 2)
    assert [len(busy.get(f"{path}?limit=50")[member]) for path, member in LISTS.items()] == [2] * len(LISTS)
    assert len(busy.get("/journal.har?limit=50")["log"]["entries"]) == 2


@pytest.mark.parametrize("path", LISTS)
def test_before_what_is_not_there_is_refused(busy: Control, path: str) -> None:
    status, refusal = busy.refused("GET", f"{path}?before=nobody")
    assert (status, refusal["where"]) == (400, "before")


def test_how_many_jobs_are_in_which_state_is_told_of_each_world(busy: Control) -> None:
    for world in busy.get("/worlds")["worlds"]:
        jobs = busy.get(f"/jobs?world={world['id']}")["jobs"]
        assert world["jobs"] == {state: sum(job["state"] == state for job in jobs) for state in world["jobs"]}
        assert sum(world["jobs"].values()) == len(jobs)
        for state in ("queued", "running", "succeeded", "failed"):
            listed = busy.get(f"/jobs?world={world['id']}&state={state}")
            assert listed["total"] == len(listed["jobs"]) == world["jobs"].get(state, 0)
