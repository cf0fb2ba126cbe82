"""The providers' own clients tell the same story each time, byte for byte, alone and on a busy machine."""

from __future__ import annotations

import pytest
from tests.testing.stories import PROGRAMS, Program, busy, story

ROUNDS = 4
"""``python -m tests.testing.stories`` runs 200, beside six busy processes."""


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: str(program.__name__))
def test_a_program_tells_the_same_story_however_busy_the_machine(program: Program) -> None:
    alone = story(program)
    assert "Error" not in alone.partition("\n")[0] or "FalClientTimeoutError" in alone.partition("\n")[0]
    with busy(2):
        told = [story(program) for _ in range(ROUNDS)]
    assert told == [alone] * ROUNDS
