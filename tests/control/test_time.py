"""Clocks by the control API: time passes as it is told, and everything due in it happens in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.engine.time.epoch import EPOCH, FOREVER

if TYPE_CHECKING:
    from tests.conftest import Wire
    from tests.control.conftest import Control

HOOK = "http://receiver.test/"


def test_two_hours_hold_a_job_its_webhook_and_every_retry(control: Control, wires: tuple[Wire, ...]) -> None:
    fal = next(wire for wire in wires if wire.name == "fal")
    control.house.receiver.statuses = [500]
    fal.submit(control.house, webhook=HOOK)
    clock = control.do("POST", "/clock/advance", {"by": "2h"})["clocks"][0]
    assert clock["iso"] == "2026-01-01T02:00:00.000000Z"
    (delivery,) = control.get("/deliveries")["deliveries"]
    attempts = [attempt["at"] for attempt in delivery["attempts"]]
    assert len(attempts) > 9
    assert attempts == sorted(attempts)
    assert attempts[0] == control.get("/jobs")["jobs"][0]["ends"]


def test_until_idle_is_the_last_thing_that_is_due(control: Control, wire: Wire) -> None:
    wire.submit(control.house)
    assert control.get("/clock")["clocks"][0]["due"] == 1767225603.0
    clock = control.do("POST", "/clock/run-until-idle")["clocks"][0]
    assert (clock["now"], clock["due"]) == (1767225603.0, None)


def test_what_never_ends_does_not_keep_time_going(control: Control, wire: Wire) -> None:
    control.house.world()
    control.do("POST", "/jobs/next/outcome", {"effect": "stuck"})
    wire.submit(control.house)
    clock = control.do("POST", "/clock/run-until-idle")["clocks"][0]
    # RunPod deletes a job after a day, whatever its state.
    day = 2 if wire.name == "runpod" else 1
    assert (clock["iso"], clock["due"]) == (f"2026-01-0{day}T00:00:00.000000Z", None)


def test_another_mode_goes_on_from_where_time_is(control: Control, wires: tuple[Wire, ...]) -> None:
    job = wires[0].submit(control.house)
    control.do("POST", "/clock/advance", {"by": 1.5})
    assert control.do("PUT", "/clock", {"mode": "step"})["clocks"][0]["now"] == 1767225601.5
    assert [wires[0].look(control.house, job).json()["status"] for _ in range(2)] == ["IN_PROGRESS", "COMPLETED"]
    assert control.do("PUT", "/clock", {"mode": "scaled:20"})["clocks"][0]["now"] >= 1767225603.0
    now = control.do("PUT", "/clock", {"mode": "manual"})["clocks"][0]["now"]
    assert control.get("/clock")["clocks"][0]["now"] == now


def test_a_flowing_clock_finds_what_has_come_nearer(controls: Callable[..., Control], wires: tuple[Wire, ...]) -> None:
    """The loop's own timer was set for a time that is not right any more, once time has leapt."""
    from vidmock.engine.jobs.timeline import Latency
    from vidmock.engine.time.mode import Mode

    control = controls(clock=Mode("scaled", 100.0), latency=Latency((0.0, 0.0), (300.0, 300.0)))
    job = wires[0].submit(control.house)
    control.do("POST", "/clock/advance", {"by": 298})
    answer = control.house.get(f"/runpod/v2/kling-video-o1-r2v/status-sync/{job}?wait=60000")
    assert answer.json()["status"] == "COMPLETED"


def test_without_a_key_all_clocks_go_on(control: Control) -> None:
    for key in ("one", "two"):
        control.house.world(key)
    assert {c["now"] for c in control.do("POST", "/clock/advance", {"by": "1m"})["clocks"]} == {1767225660.0}
    assert len(control.do("POST", "/clock/advance?key=one", {"by": "1m"})["clocks"]) == 1
    assert {c["now"] for c in control.get("/clock")["clocks"]} == {1767225660.0, 1767225720.0}


def test_time_that_passed_before_a_world_was_made_has_passed_there_as_well(control: Control, wire: Wire) -> None:
    control.do("POST", "/clock/advance", {"by": "1h"})
    control.do("PUT", "/clock", {"mode": "step"})
    wire.submit(control.house)
    (clock,) = control.get("/clock")["clocks"]
    assert (clock["now"], clock["mode"]) == (EPOCH + 3600, "step")
    assert control.get("/clock?key=unused")["clocks"][0]["now"] == EPOCH + 3600


def test_time_begins_anew_where_all_worlds_are_reset_and_goes_on_where_one_is(control: Control, wire: Wire) -> None:
    wire.submit(control.house)
    control.do("POST", "/clock/advance", {"by": "1h"})
    assert control.do("POST", "/worlds/reset?key=a-key")["worlds"][0]["now"] == EPOCH + 3600
    assert control.do("POST", "/worlds/reset")["worlds"][0]["now"] == EPOCH
    wire.submit(control.house, "another-key")
    assert {clock["now"] for clock in control.get("/clock")["clocks"]} == {EPOCH}


def test_time_ends_with_the_year_9999(control: Control, wire: Wire) -> None:
    control.house.world().clock.start(FOREVER - 2.0)
    control.house.world("other")
    status, error = control.refused("POST", "/clock/advance", {"by": 2})
    assert (status, error["where"]) == (400, "by")
    assert "the year 9999" in error["error"]
    assert control.get("/clock?key=other")["clocks"][0]["now"] == EPOCH
    job = wire.submit(control.house)
    assert control.get(f"/jobs/{job}?key=a-key")["timeline"][-1]["iso"] == "9999-12-31T23:59:59.000000Z"
    assert wire.look(control.house, job).status_code < 500


@pytest.mark.parametrize("factor", ["1e300", "1e12", "1000001", "1e-300", "9" * 400])
def test_a_speed_that_would_be_over_at_once_is_refused(control: Control, factor: str) -> None:
    control.house.world()
    status, error = control.refused("PUT", "/clock", {"mode": f"scaled:{factor}"})
    assert (status, "at most a million" in error["error"]) == (400, True)
    assert control.get("/clock")["clocks"][0]["mode"] == "manual"


@pytest.mark.parametrize(
    ("path", "body", "where", "said"),
    [
        ("/clock/advance", {"by": "2x"}, "", "'1h30m'"),
        ("/clock/advance", {"by": -1}, "", "0 or more"),
        ("/clock/advance", {"by": 1e15}, "", "a hundred years"),
        ("/clock/advance", {"by": "9" * 400 + "h"}, "", "'1h30m'"),
        ("/clock/advance", {"bye": 1}, "bye", "Did you mean 'by'?"),
        ("/clock/advance", {}, "by", "missing"),
        ("/clock/advance", [], "", "an object"),
    ],
    ids=["unit", "negative", "endless", "digits", "unknown", "missing", "array"],
)
def test_what_is_no_length_of_time_says_what_is(control: Control, path: str, body: Any, where: str, said: str) -> None:
    control.house.world()
    status, error = control.refused("POST", path, body)
    assert (status, error["where"]) == (400, where)
    assert said.removeprefix("an ") in error["error"]
    assert error["try"] == "curl -X POST -H x-vidmock:1 'http://mock.test/_vidmock/clock/advance' -d '{\"by\": \"2h\"}'"


def test_the_time_of_worlds_to_come_is_shown_before_there_is_one(control: Control) -> None:
    shown = control.do("PUT", "/clock", {"mode": "manual"})
    assert shown["clocks"] == []
    begun = shown["new_worlds"]["now"]
    control.do("POST", "/clock/advance", {"by": "1h"})
    shown = control.get("/clock")
    assert (shown["new_worlds"]["mode"], shown["new_worlds"]["now"]) == ("manual", begun + 3600)
    control.do("POST", "/worlds", {"key": "new"})
    assert control.get("/clock")["clocks"][0]["now"] == begun + 3600
