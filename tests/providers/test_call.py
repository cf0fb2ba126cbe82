"""The job that a call is about: only where it belongs, or else nothing knows it and no fault meets it."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule, Phase
from vidmock.engine.jobs.job import State

if TYPE_CHECKING:
    import httpx
    from tests.conftest import House, Wire


def _is_unknown(house: House, job: str, answer: httpx.Response) -> None:
    """*answer* knows nothing of *job*, nor does its record; the job goes on, and no fault has met the call."""
    world = house.world()
    exchange = list(world.journal)[-1]
    assert answer.status_code == 404 or answer.json() == {"data": []}
    assert (exchange.job, exchange.jobs, exchange.fault) == ("", (), "")
    assert world.jobs[job].state(world.clock.now()) is State.QUEUED
    assert [tally.seen for _, tally in world.faults] == [0]


@pytest.mark.parametrize("effect", ["fail", "edge_page", "internal"])
def test_a_job_is_not_known_to_another_provider_and_meets_no_fault_there(
    house: House, wire: Wire, wires: tuple[Wire, ...], effect: str
) -> None:
    """The worlds before and after a reset give the same ids, and an old client may still be polling."""
    jobs = [other.submit(house) for other in wires if other is not wire]
    house.world().faults.add(checked_rule(FaultRule("poll", Effect(effect))))
    for job in jobs:
        _is_unknown(house, job, wire.look(house, job))


@pytest.mark.parametrize(("method", "rest", "phase"), [("GET", "", "poll"), ("PUT", "/cancel", "cancel")])
def test_a_job_is_not_known_to_another_app_and_meets_no_fault_there(
    house: House, wires: tuple[Wire, ...], method: str, rest: str, phase: Phase
) -> None:
    job = next(wire for wire in wires if wire.name == "fal").submit(house)
    house.world().faults.add(checked_rule(FaultRule(phase, Effect("edge_page"))))
    answer = house.ask(method, f"/fal/queue/fal-ai/fast-sdxl/requests/{job}{rest}")
    _is_unknown(house, job, answer)


def test_a_compressed_body_is_refused_for_its_encoding(house: House, wire: Wire) -> None:
    answer = house.post(
        wire.submit_path,
        content=gzip.compress(json.dumps(wire.body).encode()),
        headers={"content-encoding": "gzip", "content-type": "application/json"},
    )
    assert 400 <= answer.status_code < 500
    assert "Content-Encoding 'gzip'" in answer.text
