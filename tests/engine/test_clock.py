"""One clock: order, cancelling, waiting actions, and modes that flow by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.time.clock import Clock
from vidmock.engine.time.clock_group import ClockGroup
from vidmock.engine.time.epoch import EPOCH, FOREVER
from vidmock.engine.time.mode import Mode
from vidmock.problems import BadRequest

SECONDS = 60
"""Real ones, after which something hangs."""


def _noting(notes: list[str], word: str) -> Callable[[], Awaitable[None] | None]:
    return lambda: notes.append(word)


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("real", Mode("real")),
        ("step", Mode("step")),
        ("manual", Mode("manual")),
        ("scaled:20", Mode("scaled", 20.0)),
        ("scaled:0.5", Mode("scaled", 0.5)),
        ("scaled:1234.5678", Mode("scaled", 1234.5678)),
        ("scaled:1000000", Mode("scaled", 1e6)),
    ],
)
def test_a_mode_reads_back_as_it_prints(text: str, mode: Mode) -> None:
    assert Mode.parse(text) == mode
    assert str(mode) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fast",
        "REAL",
        "scaled",
        "scaled:",
        "scaled:x",
        "scaled:0",
        "scaled:-2",
        "scaled:inf",
        "scaled:nan",
        "scaled:1e300",
        "scaled:1000001",
        "scaled:1e-300",
        "step:2",
    ],
)
def test_a_mode_that_means_nothing_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(BadRequest, match=r"scaled:20"):
        Mode.parse(text)


def test_manual_time_stands_still_and_begins_at_a_fixed_moment() -> None:
    clock = Clock(Mode("manual"))
    assert clock.now() == clock.now() == EPOCH
    asyncio.run(clock.advance(2.5))
    assert clock.now() == EPOCH + 2.5


@pytest.mark.parametrize(("mode", "ahead"), [("manual", 60.0), ("step", 60.0), ("real", 60.0), ("scaled:20", 3.0)])
def test_the_clock_on_the_wall_is_the_machines_unless_programs_live_by_this_one(
    monkeypatch: pytest.MonkeyPatch, mode: str, ahead: float
) -> None:
    clock = Clock(Mode.parse(mode), start=1000.0)
    monkeypatch.setattr("time.monotonic", lambda: 5.0)
    monkeypatch.setattr("time.time", lambda: 7000.0)
    clock.start(1000.0)
    assert (clock.wall(), clock.wall(1060.0)) == (7000.0, 7000.0 + ahead)
    lives = [True]
    clock.live_by(lambda: lives[0])
    assert (clock.wall(), clock.wall(1060.0)) == (1000.0, 1060.0)
    lives.clear()
    lives.append(False)
    assert clock.wall() == 7000.0


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=20), st.floats(0, 120))
def test_everything_due_happens_in_order_and_at_its_own_moment(plan: list[tuple[float, bool]], span: float) -> None:
    clock = Clock(Mode("manual"), start=0.0)
    happened: list[tuple[float, int]] = []
    for number, (delay, cancelled) in enumerate(plan):
        timer = clock.after(delay, lambda number=number: happened.append((clock.now(), number)))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        if cancelled:
            timer.cancel()
    asyncio.run(clock.advance(span))
    due = [(delay, number) for number, (delay, cancelled) in enumerate(plan) if delay <= span and not cancelled]
    assert happened == sorted(due)
    assert clock.now() == span


def test_things_due_at_the_same_moment_happen_as_they_were_planned() -> None:
    clock, notes = Clock(Mode("manual")), list[str]()
    for word in ("first", "second", "third"):
        clock.after(1.0, _noting(notes, word))
    asyncio.run(clock.advance(1.0))
    assert notes == ["first", "second", "third"]


def test_what_an_action_plans_within_the_span_happens_too() -> None:
    clock, notes = Clock(Mode("manual"), start=0.0), list[float]()

    def again() -> None:
        notes.append(clock.now())
        clock.after(2.0, again)

    clock.after(1.0, again)
    asyncio.run(clock.advance(6.0))
    assert notes == [1.0, 3.0, 5.0]
    assert clock.due() == 7.0


def test_a_past_moment_happens_at_the_next_chance_and_time_never_goes_back() -> None:
    clock, notes = Clock(Mode("manual"), start=10.0), list[str]()
    clock.at(3.0, _noting(notes, "late"))
    asyncio.run(clock.advance(0.0))
    assert notes == ["late"]
    asyncio.run(clock.advance_to(4.0))
    assert clock.now() == 10.0


def test_a_cancelled_timer_is_not_due() -> None:
    clock = Clock(Mode("manual"))
    timer = clock.after(1.0, lambda: pytest.fail("it was cancelled"))
    timer.cancel()
    assert clock.due() is None
    asyncio.run(clock.advance(2.0))


def test_advance_waits_for_an_action_so_that_a_retry_counts_from_the_failure() -> None:
    clock, notes = Clock(Mode("manual"), start=0.0), list[str]()

    async def attempt() -> None:
        await asyncio.sleep(0)
        notes.append(f"attempt at {clock.now():g}")
        if len(notes) < 3:
            clock.after(5.0, attempt)

    clock.after(1.0, attempt)
    clock.after(3.0, _noting(notes, "between"))
    asyncio.run(clock.advance(20.0))
    assert notes == ["attempt at 1", "between", "attempt at 6"]


@pytest.mark.parametrize("mode", [Mode("real"), Mode("scaled", 1000.0)], ids=str)
def test_a_flowing_clock_rings_by_itself_in_order(mode: Mode) -> None:
    async def story() -> list[str]:
        clock, notes, last = Clock(mode), list[str](), asyncio.Event()
        # From one moment: between two looks at a clock that flows, any time may pass.
        now = clock.now()
        clock.at(now + 0.020, last.set)
        clock.at(now + 0.010, _noting(notes, "second"))
        clock.at(now + 0.001, _noting(notes, "first"))
        clock.at(now + 0.015, _noting(notes, "never")).cancel()
        await asyncio.wait_for(last.wait(), SECONDS)
        return notes

    assert asyncio.run(story()) == ["first", "second"]


def test_a_scaled_clock_passes_an_hour_in_a_moment() -> None:
    async def story() -> float:
        clock, rung = Clock(Mode("scaled", 1_000_000.0)), asyncio.Event()
        began = clock.now()
        clock.after(3600.0, rung.set)
        await asyncio.wait_for(rung.wait(), SECONDS)
        return clock.now() - began

    assert asyncio.run(story()) >= 3600.0


def test_a_slow_action_does_not_hold_up_the_next_one_when_time_flows() -> None:
    async def story() -> list[str]:
        clock, notes = Clock(Mode("scaled", 1000.0)), list[str]()
        release, quick_one_ran = asyncio.Event(), asyncio.Event()

        async def slow() -> None:
            await release.wait()
            notes.append("slow")

        async def quick() -> None:
            notes.append("quick")
            quick_one_ran.set()

        clock.after(1.0, slow)
        clock.after(2.0, quick)
        await asyncio.wait_for(quick_one_ran.wait(), SECONDS)
        release.set()
        await clock.settle()
        return notes

    assert asyncio.run(story()) == ["quick", "slow"]


def test_a_flowing_clock_can_be_looked_at_without_a_loop() -> None:
    clock = Clock(Mode("real"))
    clock.after(0.0, lambda: None)
    assert clock.due() is not None
    assert clock.now() <= clock.now()


def test_timers_that_were_cancelled_long_before_they_are_due_do_not_pile_up() -> None:
    clock = Clock(Mode("manual"))
    for _ in range(10_000):
        clock.after(3600.0, lambda: None).cancel()
    clock.after(1.0, lambda: None)
    assert len(clock) <= 100


def _group(clock: Clock) -> ClockGroup:
    return ClockGroup(lambda: [clock])


def _broken() -> None:
    raise RuntimeError("this action is broken")


async def _broken_later() -> None:
    await asyncio.sleep(0)
    raise RuntimeError("this action is broken")


BROKEN = pytest.mark.parametrize("broken", [_broken, _broken_later], ids=["at once", "later"])


@BROKEN
def test_a_broken_action_is_told_of_when_all_that_was_due_is_done(
    broken: Callable[[], Awaitable[None] | None], capfd: pytest.CaptureFixture[str]
) -> None:
    for until_idle in (False, True):
        clock, notes = Clock(Mode("manual"), start=0.0), list[str]()
        for delay, word in ((1.0, "first"), (2.0, "second")):
            clock.after(delay, broken)
            clock.after(delay, _noting(notes, word))
        with pytest.raises(RuntimeError, match="is broken"):
            asyncio.run(_group(clock).run_until_idle() if until_idle else clock.advance(3.0))
        assert (notes, clock.now()) == (["first", "second"], 2.0 if until_idle else 3.0)
        assert capfd.readouterr().err.count("Traceback") == 1


@BROKEN
def test_a_clock_that_flows_prints_what_broke_and_goes_on(
    broken: Callable[[], Awaitable[None] | None], capfd: pytest.CaptureFixture[str]
) -> None:
    async def story() -> list[str]:
        clock, notes, last = Clock(Mode("scaled", 1000.0)), list[str](), asyncio.Event()
        now = clock.now()
        clock.at(now + 0.5, broken)
        clock.at(now + 0.6, _noting(notes, "next"))
        clock.at(now + 2.0, last.set)
        await asyncio.wait_for(last.wait(), SECONDS)
        await clock.settle()
        return notes

    assert asyncio.run(story()) == ["next"]
    assert "RuntimeError: this action is broken" in capfd.readouterr().err


def test_a_released_clock_lets_everybody_go_whoever_breaks(capfd: pytest.CaptureFixture[str]) -> None:
    clock, notes = Clock(Mode("manual")), list[str]()
    clock.after(1.0, _broken)
    clock.after(2.0, _noting(notes, "let go"))
    clock.release()
    assert notes == ["let go"]
    assert "RuntimeError" in capfd.readouterr().err


@pytest.mark.parametrize("mode", [Mode("manual"), Mode("scaled", 1e6)], ids=str)
def test_no_clock_shows_a_time_after_the_year_9999(mode: Mode) -> None:
    clock, notes = Clock(mode, start=FOREVER - 1e-9), list[str]()
    for when in (FOREVER + 5.0, float("inf"), float("nan")):
        clock.at(when, _noting(notes, "at the end"))
    with pytest.raises(BadRequest, match="9999"):
        asyncio.run(clock.advance_to(FOREVER + 1.0))
    asyncio.run(clock.advance_to(FOREVER))
    assert (clock.now(), notes) == (FOREVER, ["at the end"] * 3)
