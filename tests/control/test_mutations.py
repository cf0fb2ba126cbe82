"""A snapshot that was tampered with is taken whole or refused whole, and a server goes on either way."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import WIRES, House
from tests.control.conftest import Control

if TYPE_CHECKING:
    from tests.conftest import Wire

VIEWS = (
    "/worlds",
    "/clock",
    "/ledger",
    "/jobs?key=a-key",
    "/journal?key=a-key",
    "/journal.har?key=a-key",
    "/deliveries?key=a-key",
    "/faults?key=a-key",
    "/worlds/snapshot?key=a-key",
)
JUNK: list[Any] = [
    *(None, True, -1, 0, 1, 10**12, 10**24, 10**400, 0.5, -1e300, 1e300, 1e12),
    *("", "x", "9" * 30, "☃", "NaN", "Infinity", "-5", "1E+7", "real", "runpod"),
    *([], {}, [[]], [None], [1, 2], {"a": 1}),
]

Way = tuple[str | int, ...]


def _ways(value: Any, way: Way = ()) -> Iterator[Way]:
    yield way
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _ways(item, (*way, name))
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _ways(item, (*way, number))


def _changed(data: Any, way: Way, change: Callable[[Any, Any], None]) -> Any:
    """A copy of *data* in which what holds the last of *way* was changed."""
    inner = data = copy.deepcopy(data)
    for part in way[:-1]:
        inner = inner[part]
    change(inner, way[-1])
    return data


def _put(value: Any) -> Callable[[Any, Any], None]:
    return lambda inner, name: inner.__setitem__(name, value)


def _left_out(inner: Any, name: Any) -> None:
    del inner[name]


def _twice(inner: Any, name: Any) -> None:
    if isinstance(inner, list):
        inner.append(copy.deepcopy(inner[name]))


def _lived() -> tuple[Control, Any]:
    """A server with a past of all kinds, and the snapshot of it."""
    control = Control(House())
    house = control.house
    house.world("other")
    control.do("PUT", "/ledger/budget?key=a-key", {"amount": "500"})
    for fault in ({"effect": "webhook_reordered", "times": 1}, {"effect": "edge_page", "phase": "poll"}):
        control.do("POST", "/faults?key=a-key", fault | {"probability": 0.5})
    house.receiver.statuses = [500]
    for wire in WIRES:
        wire.submit(house, webhook="http://receiver.test/")
        house.post(wire.submit_path, wire.bad_body)
    house.advance(10)
    for effect in ("fail", "stuck"):
        control.do("POST", "/jobs/next/outcome?key=a-key", {"effect": effect})
        WIRES[0].submit(house)
    for wire in WIRES:
        wire.look(house, wire.submit(house, webhook="http://receiver.test/"))
    return control, json.loads(json.dumps(control.get("/worlds/snapshot?key=a-key")))


@pytest.fixture(scope="module")
def lived() -> Iterator[tuple[Control, Any]]:
    control, data = _lived()
    yield control, data
    control.house.close()


def _restore(control: Control, data: Any) -> int:
    answer = control.house.ask("PUT", "/_vidmock/worlds/snapshot", None, content=json.dumps(data))
    return answer.status_code


@settings(max_examples=60)
@given(st.data())
def test_whatever_is_changed_it_is_taken_whole_or_not_at_all(lived: tuple[Control, Any], data: st.DataObject) -> None:
    control, whole = lived
    assert _restore(control, whole) == 200
    way = data.draw(st.sampled_from([way for way in _ways(whole) if way]))
    change = data.draw(st.sampled_from([_left_out, _twice, *map(_put, JUNK)]))
    before = control.get("/worlds/snapshot?key=a-key")
    status = _restore(control, _changed(whole, way, change))
    assert status in (200, 400)
    for view in VIEWS:
        assert control.house.ask("GET", f"/_vidmock{view}", None).status_code == 200, view
    if status == 400:
        assert control.get("/worlds/snapshot?key=a-key") == before
    advanced = control.house.ask("POST", "/_vidmock/clock/advance?key=a-key", None, json={"by": "20m"})
    # The end of time may have come near.
    assert advanced.status_code == 200 or "9999" in advanced.json()["error"]


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("key",), 5),
        (("key",), None),
        (("jobs", 0, "job", "outputs", 0, "container"), "zzz"),
        (("jobs", 0, "job", "outputs", 0, "seconds"), 0),
        (("jobs", 0, "job", "outputs"), {}),
        (("jobs", 0, "job", "outputs"), []),
        (("jobs", -3, "job", "outputs", 0, "id"), "no UUID"),
        (("jobs", 0, "job", "provider"), "nobody"),
        (("jobs", 0, "job", "model"), "nothing"),
        (("jobs", 0, "job", "cost"), "x"),
        (("jobs", 0, "job", "cost"), "1E+7"),
        (("jobs", 0, "job", "timeline"), []),
        (("jobs", 0, "job", "timeline", 1, "at"), "NaN"),
        (("jobs", 0, "job", "timeline", 1, "at"), 0),
        (("jobs", 0, "job", "deadline"), 10**400),
        (("clock", "now"), "NaN"),
        (("clock", "now"), "Infinity"),
        (("clock", "now"), 1e12),
        (("clock", "now"), 1e300),
        (("clock", "mode"), "scaled:1e300"),
        (("faults", "rolls"), 10**24),
        (("faults", "made"), -1),
        (("faults", "rules", 0, "rule", "phase"), ""),
        (("faults", "rules", 0, "rule", "id"), ""),
        (("faults", "rules", 0, "rule", "prompt"), "("),
        (("faults", "rules", 0, "rule", "probability"), float("1e300")),
        (("faults", "rules", 0, "rule", "effect", "name"), "unheard_of"),
        (("journal", "exchanges", 0, "at"), 1e300),
        (("journal", "exchanges", 0, "at"), -1e300),
        (("journal", "exchanges", 0, "took"), 1e300),
        (("ledger", "by_model"), []),
        (("behaviours",), {"runpod.limits": "sometimes"}),
        (("due",), []),
        (("drawn",), True),
        (("limits",), {"x": ["y"]}),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else repr(value)[:12],
)
def test_what_no_server_saved_is_refused_and_changes_nothing(lived: tuple[Control, Any], way: Way, value: Any) -> None:
    control, whole = lived
    assert _restore(control, whole) == 200
    before = [control.ask("GET", view).content for view in VIEWS]
    status, error = control.refused("PUT", "/worlds/snapshot", _changed(whole, way, _put(value)))
    assert status == 400
    assert error["error"]
    assert [control.ask("GET", view).content for view in VIEWS] == before


def test_dice_go_on_from_any_throw_without_the_ones_before(lived: tuple[Control, Any]) -> None:
    control, whole = lived
    assert _restore(control, _changed(whole, ("faults", "rolls"), _put(10**15))) == 200
    assert control.get("/worlds/snapshot?key=a-key")["faults"]["rolls"] == 10**15


def test_a_server_that_keeps_fewer_jobs_keeps_the_newest(controls: Callable[..., Control], wire: Wire) -> None:
    many, few = controls(), controls(keep_jobs=1)
    for _ in range(3):
        wire.submit(many.house)
    many.house.advance(10)
    few.do("PUT", "/worlds/snapshot", many.get("/worlds/snapshot"))
    assert [job["id"] for job in few.get("/jobs")["jobs"]] == [job["id"] for job in many.get("/jobs")["jobs"]][-1:]
    wire.submit(few.house)
    few.house.advance(10)
    assert few.get("/jobs")["total"] == 1
