"""Scripts as they are told to programs, whose time nobody can move: short jobs, and lengths in real seconds."""

from __future__ import annotations

from dataclasses import replace
from time import sleep
from typing import Final

from vidmock.contract.case import ClientScript
from vidmock.contract.not_applicable import NotApplicable
from vidmock.engine.faults.rules import FaultRule
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.durations import to_seconds

SHORTER: Final = 20.0
"""By what jobs are shorter than in virtual time, and limits that a run is to reach."""
PLENTY: Final = 600.0
"""Seconds of a deadline that nobody is to reach, in virtual time."""
SHORT_PLENTY: Final = 60.0
"""The same in real time."""
LEAST_DEADLINE: Final = 5.0
LONGEST_QUEUE: Final = 2.0
"""Seconds: so long, that a client looks while a job waits."""
LONGEST_WAIT: Final = 5.0
"""Seconds that a client is told to wait: longer than clients pause by themselves."""
SOON: Final = 40.0
"""Seconds that a client has to find an end, with pauses of its own."""
MOST_SOON: Final = 120.0
"""Seconds in virtual time, for which those stand."""
LATE: Final = 30.0
"""Seconds that a client has to come back after its deadline."""
MOST_LOOKS: Final = 3
"""Looks that every client makes within a job of some seconds."""


class NotInRealTime(NotApplicable):
    """Whether a client passes shows only after minutes."""

    def __init__(self, why: str) -> None:
        super().__init__(f"not in real time: {why}")


def in_real_time(script: ClientScript) -> ClientScript:
    """*script* in real seconds.

    Raises:
        NotInRealTime: it needs more of them than anybody would wait.
    """
    if script.scenario.clock is not None:
        raise NotInRealTime("it needs a clock that can be moved")
    if "poll" in script.wire.at_most:
        raise NotInRealTime("how often a client looks while minutes pass takes those minutes")
    if any(max(rule.nth, default=0) > MOST_LOOKS for rule in script.scenario.faults):
        raise NotInRealTime("it takes more looks than a client makes in some seconds")
    if any(rule.effect.name == "media_expired" for rule in script.scenario.faults):
        raise NotInRealTime("a file that is there for seconds only is gone between two looks")
    if script.within is not None and MOST_SOON < script.within < script.deadline:
        raise NotInRealTime("that a client stops long before its deadline shows only after minutes")
    latency = script.scenario.latency or Latency()
    deadline = SHORT_PLENTY if script.deadline >= PLENTY else max(LEAST_DEADLINE, script.deadline / SHORTER)
    shorter = SHORTER
    if latency.queue[0] + latency.run[0] > script.deadline:
        if not script.at_once:
            raise NotInRealTime("its job is to outlast its deadline, which minutes do and seconds may not")
        # None of so many ends before their deadline.
        shorter = script.deadline / deadline
    return replace(
        script,
        scenario=replace(
            script.scenario,
            latency=Latency(
                (min(latency.queue[0], LONGEST_QUEUE), min(latency.queue[1], LONGEST_QUEUE)),
                (latency.run[0] / shorter, latency.run[1] / shorter),
            ),
            faults=tuple(_shorter(rule) for rule in script.scenario.faults),
        ),
        varied=False,
        deadline=deadline,
        interrupted=script.interrupted and script.interrupted / SHORTER,
        within=_within(script, deadline),
        wire=replace(script.wire, waits=script.wire.waits and min(script.wire.waits, LONGEST_WAIT)),
    )


def _within(script: ClientScript, deadline: float) -> float:
    """Seconds within which the caller must know: some after the deadline, unless the script says less."""
    if script.within is None:
        return deadline + LATE
    if script.within < script.deadline:
        return min(script.within, SOON)
    return deadline + min(script.within - script.deadline, LATE)


def _shorter(rule: FaultRule) -> FaultRule:
    given = dict(rule.effect.arguments)
    if "seconds" in given:
        given["seconds"] = to_seconds(given["seconds"]) / SHORTER
    if rule.effect.name == "rate_limit" and "retry_after" in given:
        given["retry_after"] = min(to_seconds(given["retry_after"]), LONGEST_WAIT)
    return replace(rule, effect=replace(rule.effect, arguments=given))


def wait_in_real_time(seconds: float) -> None:
    """Wait for as long as so many *seconds* in virtual time are in real time."""
    sleep(seconds / SHORTER)
