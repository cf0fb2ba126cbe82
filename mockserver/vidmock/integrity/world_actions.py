"""What clients do with a whole world: reset, snapshot, restore, fork; and what must be so afterwards."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from random import Random
from typing import Any

from vidmock.integrity.control_client import ControlClient, ControlRefused
from vidmock.integrity.key_session import KeySession

Deed = Callable[[], Awaitable[None]]
_OBSERVED = frozenset({"collected", "downloaded", "waste", "missed_files"})
"""Of which a server that is interrupted may forget the last moments."""


async def reset_world(session: KeySession) -> None:
    """Reset a quiet world; it is empty then."""
    session.report.count("resets")
    if not await session.audit():
        return
    await session.open()
    left = (await session.control.jobs(), (await session.control.ledger())["total"]["jobs"])
    if left != ([], 0):
        session.breach("reset", f"a world that was reset has {len(left[0])} jobs, and {left[1]} in its ledger")


async def reset_in_the_middle(session: KeySession) -> None:
    """Reset a world while its clients use it: what they have begun is in doubt."""
    session.report.count("resets in the middle")
    history = session.history
    session.forget(history.begin_reset())
    await session.control.reset()
    await session.control.set_mode(history.mode)
    if history.budget is not None:
        await session.control.set_budget(history.budget)
    history.doubt()


async def save_and_restore(session: KeySession, deeds: Deed) -> None:
    """Save a quiet world, do something in it, and restore it: all is as it was saved."""
    session.report.count("restores")
    if not await session.audit():
        return
    await session.settle()
    saved, history = await session.control.snapshot(), session.history.save()
    await deeds()
    await session.http.calm()
    await session.settle()
    await session.control.restore(saved)
    session.forget(session.history.restore(history))
    again = await session.control.snapshot()
    for where in differences(saved, again):
        session.breach("restore", f"a snapshot that was restored differs at {where}")
    await session.audit()


async def fork(session: KeySession, random: Random) -> None:
    """Fork a quiet world: both have the same jobs and money, now and after some time has passed in both."""
    session.report.count("forks")
    if not await session.audit():
        return
    await session.settle()
    key = f"{session.key}-fork"
    copy = session.other(key)
    await _copy(session.control, copy, key)
    left_out = _OBSERVED if session.interrupted else frozenset()
    wrong = [*differences(await _view(session.control, left_out), await _view(copy, left_out))]
    broken = session.control.broken, copy.broken
    if not wrong and not any(await _webhooks_to_come(session.control)):
        seconds = random.choice((1.0, 30.0, 300.0))
        await session.control.advance(seconds)
        await copy.advance(seconds)
        later = list(differences(await _view(session.control, left_out), await _view(copy, left_out)))
        if broken != (session.control.broken, copy.broken):
            # Time may have passed twice in one of them.
            later = []
        wrong += [f"{where}, {seconds:g} s later" for where in later]
    await copy.reset()
    for where in wrong:
        session.breach("fork", f"a fork differs from its world at {where}")
    await session.audit()


async def _copy(control: ControlClient, copy: ControlClient, key: str) -> None:
    """Have the world of *key*, which is *copy*'s, be a fork, whatever is there. Raises ControlRefused."""
    while True:
        await copy.reset()
        broken = control.broken
        try:
            await control.fork(key)
        except ControlRefused:
            # It may have been done before, and nobody was told.
            if broken == control.broken:
                raise
        else:
            return


async def _webhooks_to_come(control: ControlClient) -> list[bool]:
    """A truth for each job and delivery, if it has a webhook that is still to be sent: both worlds would send it."""
    jobs = [await control.job(job["id"]) for job in await control.jobs() if job["state"] in ("queued", "running")]
    planned = [delivery["planned"] is not None for delivery in await control.deliveries()]
    return [*(job["webhook"] is not None for job in jobs), *planned]


async def _view(control: ControlClient, left_out: frozenset[str]) -> dict[str, Any]:
    """What there is in a world, without its name and the members *left_out*."""
    ledger = await control.ledger()
    told = {
        "now": (await control.clock())["now"],
        "jobs": await control.jobs(),
        "deliveries": await control.deliveries(),
        "money": {name: ledger[name] for name in ("total", "providers", "models", "waste", "missed_files")},
    }
    return dict(_without(told, left_out | {"world"}))


def _without(value: Any, left_out: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _without(member, left_out) for name, member in value.items() if name not in left_out}
    return [_without(member, left_out) for member in value] if isinstance(value, list) else value


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Where two JSON values differ, and how; at most the first ten places of a list."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            yield from differences(one.get(name), other.get(name), f"{path}/{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{path}/{number}")
    elif one != other:
        yield f"{path}: {json.dumps(one)[:120]} and {json.dumps(other)[:120]}"
