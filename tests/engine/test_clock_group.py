"""Several clocks at once: one order, the same time passed on each, and a clock that joins on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.time.clock import Clock
from vidmock.engine.time.clock_group import ClockGroup
from vidmock.engine.time.epoch import EPOCH, FOREVER
from vidmock.engine.time.mode import Mode
from vidmock.problems import BadRequest

Plan = list[tuple[float, list[float]]]


def _manual(start: float = 0.0) -> Clock:
    return Clock(Mode("manual"), start)


def _group(*clocks: Clock) -> ClockGroup:
    return ClockGroup(lambda: clocks)


PLANS = st.lists(st.tuples(st.floats(0, 1e9), st.lists(st.floats(0, 100), max_size=5)), min_size=1, max_size=4)
"""For each clock: what it shows at first, and after how many seconds something is due."""


@given(PLANS, st.floats(0, 120))
def test_everything_due_happens_in_order_while_all_clocks_show_the_same_time_passed(plan: Plan, by: float) -> None:
    clocks = [_manual(start) for start, _ in plan]
    happened: list[float] = []

    def note(clock: Clock, start: float) -> None:
        passed = clock.now() - start
        happened.append(passed)
        assert [each.now() - began for each, (began, _) in zip(clocks, plan, strict=True)] == pytest.approx(
            [passed] * len(plan), abs=1e-6
        )

    for clock, (start, delays) in zip(clocks, plan, strict=True):
        for delay in delays:
            clock.at(start + delay, partial(note, clock, start))
    asyncio.run(_group(*clocks).advance(by))
    moments = ((start, start + delay) for start, delays in plan for delay in delays)
    assert happened == sorted(when - start for start, when in moments if when - start <= by)
    assert [clock.now() for clock in clocks] == [start + by for start, _ in plan]


def test_what_is_planned_on_the_way_comes_before_what_another_clock_does_later() -> None:
    one, other, notes = _manual(), _manual(), list[str]()

    async def attempt() -> None:
        await asyncio.sleep(0)
        notes.append(f"attempt at {one.now():g}")
        if len(notes) < 2:
            one.after(10.0, attempt)

    other.after(15.0, lambda: notes.append("other"))
    one.after(3.0, attempt)
    asyncio.run(_group(other, one).advance(20.0))
    assert notes == ["attempt at 3", "attempt at 13", "other"]


def test_an_action_may_plan_something_for_this_moment_on_another_clock() -> None:
    one, other, notes = _manual(5.0), _manual(100.0), list[float]()

    def plan() -> None:
        other.after(0.0, lambda: notes.append(other.now()))

    one.after(3.0, plan)
    one.after(4.0, lambda: notes.append(one.now()))
    asyncio.run(_group(other, one).run_until_idle())
    assert notes == [103.0, 9.0]


@pytest.mark.parametrize("lead", [None, _manual], ids=["no lead", "lead"])
def test_a_clock_that_is_made_on_the_way_joins_in(lead: Callable[[], Clock] | None) -> None:
    clocks, notes, leader = [_manual()], list[str](), lead and lead()

    def join() -> None:
        clocks.append(_manual(clocks[0].now()))
        clocks[1].after(5.0, lambda: notes.append("joined"))

    clocks[0].after(3.0, join)
    clocks[0].after(9.0, lambda: notes.append("last"))
    asyncio.run(ClockGroup(lambda: clocks, leader).advance(10.0))
    assert notes == ["joined", "last"]
    assert [clock.now() for clock in clocks] == [10.0, 10.0]


def test_a_clock_that_is_made_on_the_way_keeps_a_time_of_its_own() -> None:
    clocks = [_manual()]
    clocks[0].after(3.0, lambda: clocks.append(_manual(1000.0)))
    asyncio.run(ClockGroup(lambda: clocks).advance(10.0))
    assert [clock.now() for clock in clocks] == [10.0, 1007.0]


def test_moments_are_on_the_lead() -> None:
    lead, other = _manual(50.0), _manual(1000.0)
    group = ClockGroup(lambda: [other], lead)
    timer = other.after(7.0, lambda: None)
    other.at(FOREVER, lambda: None)
    lead.after(9.0, lambda: None)
    assert (group.now(), group.furthest(), group.due(), group.due([timer])) == (50.0, 1000.0, 57.0, 59.0)
    asyncio.run(group.advance_to(57.5))
    assert (lead.now(), other.now()) == (57.5, 1007.5)


def test_flowing_clocks_go_at_least_as_far() -> None:
    async def story() -> None:
        manual, flowing, notes = _manual(), Clock(Mode("scaled", 10.0)), list[str]()
        began = flowing.now()
        flowing.after(2000.0, lambda: notes.append("flowing"))
        manual.after(1000.0, lambda: notes.append("first"))
        manual.after(3000.0, lambda: notes.append("last"))
        await _group(flowing, manual).advance(4000.0)
        assert notes == ["first", "flowing", "last"]
        assert manual.now() == 4000.0
        assert flowing.now() >= began + 4000.0

    asyncio.run(story())


def test_what_fails_on_one_clock_holds_up_no_other(capfd: pytest.CaptureFixture[str]) -> None:
    one, other, notes = _manual(), _manual(), list[str]()
    for clock in (one, other):
        clock.after(1.0, lambda: 1 / 0)  # type: ignore[arg-type, return-value]  # it breaks before it returns anything
        clock.after(1.0, lambda: notes.append("at once"))
        clock.after(2.0, lambda: notes.append("later"))
    with pytest.raises(ZeroDivisionError):
        asyncio.run(_group(one, other).advance(3.0))
    assert notes == ["at once", "at once", "later", "later"]
    assert (one.now(), other.now()) == (3.0, 3.0)
    assert capfd.readouterr().err.count("Traceback") == 1


def test_no_clock_is_led_to_the_end_of_time() -> None:
    old, young, notes = _manual(FOREVER - 2.0), _manual(EPOCH), list[str]()
    old.at(FOREVER, lambda: notes.append("never"))
    old.after(1.0, lambda: notes.append("old"))
    young.after(50.0, lambda: notes.append("young"))
    group = _group(old, young)
    with pytest.raises(BadRequest, match="9999"):
        asyncio.run(group.advance(2.0))
    assert (old.now(), young.now(), notes) == (FOREVER - 2.0, EPOCH, [])
    asyncio.run(group.run_until_idle())
    assert notes == ["old", "young"]
    assert old.now() < FOREVER


def test_a_mode_is_set_for_all() -> None:
    clocks = _manual(), Clock(Mode("real"))
    group = _group(*clocks)
    group.set_mode(Mode("step"))
    assert {str(clock.mode) for clock in (*clocks, group.lead)} == {"step"}
    assert str(group.mode) == "step"


def test_requests_that_wait_are_counted_on_all_clocks() -> None:
    one, other = _manual(), _manual()
    with one.awaiting(), other.awaiting():
        assert _group(one, other).awaited == 2


def test_what_is_cancelled_on_the_way_does_not_happen() -> None:
    one, other, notes = _manual(), _manual(), list[str]()
    cancelled = other.after(5.0, lambda: notes.append("cancelled"))
    other.after(7.0, lambda: notes.append("other"))
    one.after(3.0, cancelled.cancel)
    asyncio.run(_group(one, other).run_until_idle())
    assert notes == ["other"]
    assert one.now() == other.now() == 7.0


def test_a_clock_is_led_by_two_groups_at_once() -> None:
    one, other, notes = _manual(), _manual(100.0), list[float]()

    async def story() -> None:
        one.after(1.0, lambda: _group(other).advance(50.0))
        other.after(20.0, lambda: notes.append(other.now()))
        await _group(one, other).advance(2.0)

    asyncio.run(story())
    assert (one.now(), other.now(), notes) == (2.0, 151.0, [120.0])


def test_clocks_are_looked_through_where_one_has_come() -> None:
    clocks, looks = [_manual()], list[int]()

    def all_of_them() -> list[Clock]:
        looks.append(len(clocks))
        return clocks

    for seconds in range(1, 9):
        clocks[0].after(seconds, lambda: None)
    clocks[0].after(4.5, lambda: clocks.append(_manual(4.5)))
    group = ClockGroup(all_of_them, clocks[0], lambda: len(clocks))
    asyncio.run(group.advance(10.0))
    assert [clock.now() for clock in clocks] == [10.0, 10.0]
    assert len(looks) < 5
