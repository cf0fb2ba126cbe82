"""What a prompt asks to go wrong: it belongs to the prompt and its jobs, to no other key, and leaves nothing behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import _fresh

from vidmock.engine.snapshot.snapshot import load_world, save_world
from vidmock.engine.time.mode import Mode

if TYPE_CHECKING:
    import httpx
    from tests.conftest import House, Wire


def asking(wire: Wire, marker: str, **more: Any) -> Any:
    """The wire's submission with a marker in its prompt."""
    text = json.dumps(_fresh(wire.body)).replace("a kite over dunes", f"a kite [[vidmock: {marker}]]")
    return json.loads(text)


def submit(house: House, wire: Wire, marker: str, key: str = "a-key") -> httpx.Response:
    return house.post(wire.submit_path, asking(wire, marker), key)


def accepted(house: House, wire: Wire, marker: str, key: str = "a-key") -> str:
    return wire.job_id(submit(house, wire, marker, key).json())


def looks(house: House, wire: Wire, job: str, count: int) -> list[int]:
    return [wire.look(house, job).status_code for _ in range(count)]


@pytest.mark.parametrize("marker", ["rate_limit", "no_balance", "edge_page=429", "internal times=always"])
def test_a_refusal_strikes_in_every_run_of_a_suite(house: House, wire: Wire, marker: str) -> None:
    statuses = {submit(house, wire, marker, key).status_code for key in ("a-key", "other", "a-key")}
    assert len(statuses) == 1
    assert statuses.pop() >= 402
    assert house.world().ledger.jobs == 0
    assert wire.submit(house)


def test_an_outcome_strikes_in_every_run_of_a_suite(house: House, wire: Wire) -> None:
    for _ in range(2):
        accepted(house, wire, "fail=upstream")
    house.advance(5)
    assert house.world().ledger.charged > 0 == house.world().ledger.spent


def test_a_poll_is_struck_once_for_each_job(house: House, wire: Wire) -> None:
    jobs = [accepted(house, wire, "edge_page=504 at=poll:2") for _ in range(2)]
    house.advance(5)
    for job in jobs:
        assert looks(house, wire, job, 4) == [200, 504, 200, 200]


def test_an_outcome_at_a_poll_is_not_lost_by_what_a_poll_writes(house: House, wire: Wire) -> None:
    job = accepted(house, wire, "slow=60 at=poll")
    house.advance(1.5)
    for _ in range(3):
        wire.look(house, job)
        house.advance(1)
    assert house.world().jobs[job].ends == pytest.approx(house.world().jobs[job].created + 61.5)


def test_nothing_of_it_crosses_to_another_key(house: House, wire: Wire) -> None:
    accepted(house, wire, "edge_page=504 at=poll")
    other = wire.submit(house, "other")
    assert wire.look(house, other, "other").status_code in (200, 400)
    assert [*house.world().faults] == [*house.world("other").faults] == []


def test_nothing_is_left_behind_by_a_thousand_of_them(house: House, wire: Wire) -> None:
    for number in range(100):
        submit(house, wire, f"fail=internal message=x{number}" if number % 2 else f"late={number} at=cancel")
    assert [*house.world().faults] == []
    assert house.world().faults.state()["turns"] == {}


def test_a_webhook_is_struck_once_for_each_job(house: House, wire: Wire) -> None:
    for _ in range(2):
        body, params = wire.webhook(asking(wire, "webhook_repeated=3"), "http://receiver.test/")
        house.post(wire.submit_path, body, params=params)
    house.advance(5)
    assert len(house.receiver.messages) == 6


def test_the_journal_names_it(house: House, wire: Wire) -> None:
    submit(house, wire, "edge_page at=after")
    assert [exchange.fault for exchange in house.world().journal] == ["prompt: edge_page at=after"]


def test_what_was_counted_of_a_job_is_in_its_snapshot(house: House, wire: Wire) -> None:
    job = accepted(house, wire, "edge_page=504 at=poll:3")
    house.advance(5)
    assert looks(house, wire, job, 2) == [200, 200]
    load_world(house.app.engine, json.loads(json.dumps(save_world(house.app.engine, house.world()))))
    assert looks(house, wire, job, 2) == [504, 200]


def test_submits_that_were_counted_are_in_a_snapshot(house: House, wire: Wire) -> None:
    assert submit(house, wire, "edge_page=504 times=2").status_code == 504
    load_world(house.app.engine, json.loads(json.dumps(save_world(house.app.engine, house.world()))))
    assert [submit(house, wire, "edge_page=504 times=2").status_code for _ in range(2)] == [504, 200]


def test_a_key_that_is_cut_off_is_so_after_a_snapshot(house: House, wire: Wire) -> None:
    with pytest.raises(ConnectionResetError):
        submit(house, wire, "refused=60")
    load_world(house.app.engine, json.loads(json.dumps(save_world(house.app.engine, house.world()))))
    with pytest.raises(ConnectionResetError):
        wire.submit(house)
    assert wire.submit(house, "other")
    house.advance(60)
    assert wire.submit(house)


def test_a_key_that_is_cut_off_gets_no_file_either(house: House, wire: Wire) -> None:
    job = wire.submit(house)
    house.advance(5)
    video = wire.video(wire.look(house, job).json())
    with pytest.raises(ConnectionResetError):
        submit(house, wire, "refused=60 at=after")
    with pytest.raises(ConnectionResetError):
        house.get(video, key=None)
    with pytest.raises(ConnectionResetError):
        wire.look(house, job)
    assert [exchange.fault for exchange in house.world().journal][-2:] == ["prompt: refused=60 at=after"] * 2


def test_a_stepped_clock_which_waits_for_calls_refuses_one(houses: Any, wire: Wire) -> None:
    house: House = houses(clock=Mode("step"))
    with pytest.raises(ConnectionResetError):
        submit(house, wire, "refused=60")
    assert wire.submit(house)
