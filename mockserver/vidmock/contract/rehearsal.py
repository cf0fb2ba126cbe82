"""A call in which nothing goes wrong, before clients are tried with what does."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from vidmock.contract.case import ClientScript
from vidmock.contract.given_result import NoResult
from vidmock.contract.paid_calls import PaidCall
from vidmock.contract.process_group import ProgramNotStarted
from vidmock.contract.program_clients import ProgramClients
from vidmock.contract.program_lines import NoAnswer
from vidmock.contract.script_run import run_script
from vidmock.contract.watched_thread import Hangs
from vidmock.engine.scenario.scenario import Scenario
from vidmock.kit.client import MakeClient, Result
from vidmock.problems import BadRequest

REHEARSAL_DEADLINE: Final = 200.0
"""Seconds in virtual time: a program that answers nothing at all is found soon."""


def rehearse(programs: ProgramClients, paid: PaidCall | None = None) -> None:
    """Have a copy of the program make an ordinary call, for *paid* if given, and answer it with whatever it likes.

    Raises:
        BadRequest: it does not start, or does not answer.
    """
    try:
        answer = _answer(programs.provider, programs, paid)
    except Hangs as hangs:
        raise BadRequest(f"the program did not answer an ordinary call: {hangs}") from hangs
    if isinstance(answer, ProgramNotStarted | NoAnswer):
        raise BadRequest(str(answer)) from answer


def rehearse_client(provider: str, make: MakeClient, paid: PaidCall | None = None) -> None:
    """Have a client in Python make an ordinary call, which may end in any error: that is what the cases are for.

    Raises:
        BadRequest: it gives what is no result, and would in every case.
    """
    answer = None
    with suppress(Exception):
        # Who hangs, and what is wrong with the kit, is told of each case.
        answer = _answer(provider, make, paid)
    if isinstance(answer, NoResult):
        raise BadRequest(f"nothing went wrong, and {answer}") from answer


def _answer(provider: str, make: MakeClient, paid: PaidCall | None) -> Result | BaseException:
    """What a client that *make* makes gives for a call in which nothing goes wrong. Raises Hangs."""
    script = ClientScript(
        "rehearsal", (provider,), Scenario("rehearsal", ""), ("video",), {}, deadline=REHEARSAL_DEADLINE, paid=paid
    )
    (outcome,) = run_script(script, provider, make).outcomes
    return outcome.answer
