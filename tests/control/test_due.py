"""What is due next by the control API, soonest first; and letting time pass until it has happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from vidmock.engine.time.epoch import EPOCH, FOREVER
from vidmock.engine.time.mode import Mode

if TYPE_CHECKING:
    from tests.conftest import Wire
    from tests.control.conftest import Control

HOOK = "http://receiver.test/"


def due(control: Control, query: str = "") -> list[tuple[float, str]]:
    return [(one["at"] - EPOCH, one["what"]) for one in control.get(f"/clock/due{query}")["due"]]


def test_what_is_due_is_what_then_happens_one_after_the_other(control: Control, wire: Wire) -> None:
    job = wire.submit(control.house, webhook=HOOK)
    (begin, end, *_) = control.get("/clock/due")["due"]
    timeline = control.get(f"/jobs/{job}")["timeline"]
    assert [(begin["what"], begin["at"]), (end["what"], end["at"])] == [
        ("begin", timeline[1]["at"]),
        ("end", timeline[2]["at"]),
    ]
    assert begin["job"] == end["job"] == job
    for state, moment in (("running", begin["at"]), ("succeeded", end["at"])):
        assert control.do("POST", "/clock/advance", {"to": "next"})["clocks"][0]["now"] == moment
        assert control.get(f"/jobs/{job}")["state"] == state
    assert len(control.get("/deliveries")["deliveries"][0]["attempts"]) == 1


def test_a_webhook_that_is_tried_again_is_due(control: Control, wires: tuple[Wire, ...]) -> None:
    fal = next(wire for wire in wires if wire.name == "fal")
    control.house.receiver.statuses = [500]
    job = fal.submit(control.house, webhook=HOOK)
    for _ in range(2):
        control.do("POST", "/clock/advance", {"to": "next"})
    (first, *_) = control.get("/clock/due")["due"]
    assert (first["what"], first["job"], first["delivery"]) == ("webhook", job, 1)
    assert first["left"] == first["at"] - control.get("/clock")["clocks"][0]["now"]


def test_an_ended_job_is_due_to_be_forgotten(control: Control, wires: tuple[Wire, ...]) -> None:
    runpod = next(wire for wire in wires if wire.name == "runpod")
    job = runpod.submit(control.house)
    control.do("POST", "/clock/run-until-idle")
    ((at, what),) = due(control)
    assert (what, at) == ("forget", 3.0 + 1800)
    control.do("POST", "/clock/advance", {"to": "next"})
    assert runpod.look(control.house, job).status_code == 404
    assert due(control) == []


def test_an_upload_is_due_to_expire(control: Control) -> None:
    from vidmock.engine.world.uploads import Upload

    world = control.house.world()
    world.files.put(Upload("file-1", world.key, "a.png", "image/png", b"x", EPOCH + 60))
    (one,) = control.get("/clock/due")["due"]
    assert (one["what"], one["upload"], one["left"]) == ("expire", "file-1", 60)


def test_nothing_is_due_where_nothing_is_and_no_time_passes(control: Control, wire: Wire) -> None:
    control.house.world()
    control.do("POST", "/jobs/next/outcome", {"effect": "stuck"})
    wire.submit(control.house)
    for _ in due(control):
        control.do("POST", "/clock/advance", {"to": "next"})
    now = control.get("/clock")["clocks"][0]["now"]
    assert now < FOREVER
    assert due(control) == []
    assert control.do("POST", "/clock/advance", {"to": "next"})["clocks"][0]["now"] == now


def test_only_so_much_is_listed_and_of_one_world_if_that_is_named(control: Control, wire: Wire) -> None:
    for key in ("one", "one", "two"):
        wire.submit(control.house, key)
    listed = due(control)
    assert listed == sorted(listed)
    assert due(control, "?limit=2") == listed[:2]
    assert len(due(control, "?key=two")) < len(listed)
    assert len(due(control, "?limit=0")) == 0


def test_worlds_at_other_times_go_on_together_to_what_is_due_first(control: Control, wire: Wire) -> None:
    wire.submit(control.house, "one")
    control.do("POST", "/clock/advance?key=two", {"by": "1h"})
    control.do("POST", "/clock/advance", {"to": "next"})
    one, two = (control.get(f"/clock?key={key}")["clocks"][0]["now"] for key in ("one", "two"))
    assert one > EPOCH
    assert two - one == pytest.approx(3600)
    assert control.get("/jobs")["jobs"][0]["state"] == "running"


def test_a_clock_that_flows_goes_there_at_once(controls: Callable[..., Control], wire: Wire) -> None:
    from vidmock.engine.jobs.timeline import Latency

    control = controls(clock=Mode("real"), latency=Latency((3600.0, 3600.0), (900.0, 900.0)))
    wire.submit(control.house)
    control.do("POST", "/clock/advance", {"to": "next"})
    assert control.get("/jobs")["jobs"][0]["state"] == "running"


@pytest.mark.parametrize(
    ("body", "where", "said"),
    [
        ({"to": "noon"}, "to", "until what is due next has happened"),
        ({"to": "next", "by": "1s"}, "by", "or 'to'"),
        ({}, "by", "is missing"),
    ],
    ids=["word", "both", "neither"],
)
def test_what_time_cannot_pass_to_says_what_it_can(
    control: Control, body: dict[str, str], where: str, said: str
) -> None:
    control.house.world()
    status, error = control.refused("POST", "/clock/advance", body)
    assert (status, error["where"]) == (400, where)
    assert said in error["error"]
