"""Waiting in virtual time for an answer that is held."""

from __future__ import annotations

import asyncio
from typing import Any

from vidmock.engine.time.clock import Clock

_ITERATIONS = 50
"""Of the event loop, within which every answer comes that does not wait for the clock."""


async def wait_for(task: asyncio.Future[Any], clock: Clock, seconds: float) -> None:
    """Let time pass until *task* is done, or nothing more happens within *seconds*."""
    patient_until = clock.now() + seconds
    while True:
        for _ in range(_ITERATIONS):
            await asyncio.sleep(0)
        due = clock.due()
        if task.done() or due is None or due > patient_until:
            return
        await clock.advance_to(due)
