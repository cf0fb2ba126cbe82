"""Judges what a call has submitted, beside other calls where its body is a large one, before the engine is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from vidmock.engine.service.submission import Submission
from vidmock.providers.exchange.beside import WORKED_AT_ONCE, beside
from vidmock.providers.exchange.call import Call

T = TypeVar("T")


async def found_in(call: Call, work: Callable[[], T]) -> T:
    """What *work* finds in the body of *call*; it reads nothing that may change.

    With a large body it is a later moment then. What is known of the world, its caller is to ask for again.
    """
    size = len(call.body)
    found = await beside(size, work)
    if size > WORKED_AT_ONCE:
        call.resume()
    return found


async def judged(call: Call, submission: Submission) -> Submission:
    """*submission* with its verdict, in the world of *call*: for :meth:`Call.submit`, without a wait between."""
    if len(call.body) > WORKED_AT_ONCE:
        await found_in(call, submission.judged.judge)
    return submission if submission.world is call.world else replace(submission, world=call.world)
