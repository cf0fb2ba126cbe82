"""Answers whose JSON an effect changes: as a whole, or event by event."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from starlette.responses import Response

from vidmock.engine.faults.bodies import changed_body, told_in
from vidmock.engine.faults.rules import Effect
from vidmock.providers.exchange.envelope import reply
from vidmock.providers.exchange.event_stream import EventStream
from vidmock.providers.exchange.faulty_answers import AnsweredCall, with_body

_DATA = "data: "


def change_body(effect: Effect, response: Response, call: AnsweredCall) -> tuple[Response, bool]:
    """*response* with its JSON as *effect* has it, and whether that hides from the client what became of its job.

    What is no JSON, or nothing, becomes what the effect makes of nothing.
    """
    jobs = tuple(job.id for job in call.jobs)
    if isinstance(response, EventStream):
        return response.with_events(_changed_events(response.events, effect, jobs)), False
    try:
        body = json.loads(bytes(response.body))
    except ValueError:
        body = None
    changed = changed_body(effect, body, jobs)
    if body is None:
        if changed is None:
            return response, False
        return reply(changed, response.status_code if response.body else 200), False
    text = json.dumps(changed, ensure_ascii=False, separators=(",", ":"))
    return with_body(response, text.encode()), not told_in(body) <= told_in(changed)


async def _changed_events(events: AsyncGenerator[str], effect: Effect, jobs: tuple[str, ...]) -> AsyncGenerator[str]:
    async with aclosing(events):
        async for event in events:
            yield _changed_event(event, effect, jobs)


def _changed_event(event: str, effect: Effect, jobs: tuple[str, ...]) -> str:
    """*event* with its data changed; a comment stays as it is."""
    if not event.startswith(_DATA):
        return event
    body: Any = changed_body(effect, json.loads(event.removeprefix(_DATA)), jobs)
    return f"{_DATA}{json.dumps(body, separators=(',', ':'))}\n\n"
