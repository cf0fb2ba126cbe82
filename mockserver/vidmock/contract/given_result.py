"""What a client gave in place of a video: a result of the right form, or what is wrong with it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Final

from vidmock.kit.client import Result

RESULT_FORM: Final = (
    "vidmock.kit.client.Result(videos, job_id, cost): a tuple of bytes or Paths, a str, and a Decimal or None"
)
"""What a client gives, in words."""


class NoResult(Exception):
    """A call ended with something that is no result; ``str()`` says what, and what would be one."""

    def __init__(self, found: str) -> None:
        super().__init__(f"{found}. Right is {RESULT_FORM}")


def as_result(given: object) -> Result | NoResult:
    """*given*, if it is a result that can be looked at."""
    if not isinstance(given, Result):
        return NoResult(f"the call gave {_a(given)}, and no Result")
    if not isinstance(given.videos, tuple | list):
        return NoResult(f"the result's videos are {_a(given.videos)}")
    for video in given.videos:
        if not isinstance(video, bytes | Path):
            return NoResult(f"one of the result's videos is {_a(video)}")
    if not isinstance(given.job_id, str):
        return NoResult(f"the result's job_id is {_a(given.job_id)}")
    if isinstance(given.cost, float):
        return NoResult(f"the result's cost is the float {given.cost!r}, and must be Decimal('{given.cost!r}')")
    if not isinstance(given.cost, Decimal | None):
        return NoResult(f"the result's cost is {_a(given.cost)}")
    return given


def _a(value: object) -> str:
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
