"""Scripts as they are told to programs: in real seconds, and not at all where those would be minutes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vidmock.contract.case import ClientScript
from vidmock.contract.case_files import shipped_cases
from vidmock.contract.real_time import NotInRealTime, in_real_time
from vidmock.engine.scenario.scenario import scenario_from_json

SHIPPED = [script for case in shipped_cases() for script in case.scripts]


def named(case: str, script: str = "") -> ClientScript:
    (found,) = (each for every in shipped_cases() if every.id == case for each in every.scripts if each.name == script)
    return found


def tellable() -> Iterator[tuple[ClientScript, ClientScript]]:
    for script in SHIPPED:
        try:
            yield script, in_real_time(script)
        except NotInRealTime:
            continue


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("POLL-10", "how often a client looks while minutes pass"),
        ("POLL-07", "it takes more looks"),
        ("POLL-06", "long before its deadline shows only after minutes"),
    ],
)
def test_what_takes_minutes_is_not_told(case: str, why: str) -> None:
    with pytest.raises(NotInRealTime, match=why):
        in_real_time(named(case))


def test_a_clock_that_must_be_moved_is_not_there() -> None:
    from dataclasses import replace

    script = named("VAL-03")
    moved = replace(script, scenario=scenario_from_json({"about": "a", "clock": "manual"}, "a"))
    with pytest.raises(NotInRealTime, match="a clock that can be moved"):
        in_real_time(moved)


def test_every_run_ends_within_a_minute_or_two() -> None:
    for script, told in tellable():
        latency = told.scenario.latency
        assert latency is not None
        assert told.deadline <= 60, script.name
        # Calls at once are given up before their jobs end.
        assert (latency.queue[1] + latency.run[1] < told.deadline) is not script.at_once, script.name
        assert told.within is not None
        assert told.within <= told.deadline + 30


def test_what_a_client_is_told_to_wait_is_in_its_own_seconds() -> None:
    told = in_real_time(named("POLL-09"))
    assert told.wire.waits == told.scenario.faults[0].effect.arguments["retry_after"] == 5


def test_limits_after_a_deadline_stay_after_it_and_those_before_it_before_it() -> None:
    for script, told in tellable():
        if script.within is not None and told.within is not None:
            assert (script.within < script.deadline) == (told.within < told.deadline), script.name


def test_the_faults_are_the_same() -> None:
    for script, told in tellable():
        assert [rule.effect.name for rule in script.scenario.faults] == [
            rule.effect.name for rule in told.scenario.faults
        ]
