"""A call in which nothing goes wrong, before programs are tried with what does."""

from __future__ import annotations

from typing import Final

from vidmock.contract.case import ClientScript
from vidmock.contract.process_group import ProgramNotStarted
from vidmock.contract.program_clients import ProgramClients
from vidmock.contract.program_lines import NoAnswer
from vidmock.contract.script_run import run_script
from vidmock.contract.watched_thread import Hangs
from vidmock.engine.scenario.scenario import Scenario
from vidmock.problems import BadRequest

REHEARSAL_DEADLINE: Final = 200.0
"""Seconds in virtual time: a program that answers nothing at all is found soon."""


def rehearse(programs: ProgramClients) -> None:
    """Have a copy of the program make an ordinary call, and answer it, with whatever it likes.

    Raises:
        BadRequest: it does not start, or does not answer.
    """
    script = ClientScript(
        "rehearsal", (programs.provider,), Scenario("rehearsal", ""), ("video",), {}, deadline=REHEARSAL_DEADLINE
    )
    try:
        (outcome,) = run_script(script, programs.provider, programs).outcomes
    except Hangs as hangs:
        raise BadRequest(f"the program did not answer an ordinary call: {hangs}") from hangs
    if isinstance(outcome.answer, ProgramNotStarted | NoAnswer):
        raise BadRequest(str(outcome.answer)) from outcome.answer
