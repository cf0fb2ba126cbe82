"""A client at work: it draws what to do next, and does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from vidmock.integrity.actor import Actor
from vidmock.integrity.changes import advance, cancel, force, retry, send_again, upload
from vidmock.integrity.looks import fetch_files, look_at_job, look_elsewhere
from vidmock.integrity.submissions import give_up, submit, submit_again
from vidmock.integrity.world_actions import fork, reset_in_the_middle, reset_world, save_and_restore

FULL = 120
"""Prompts in a world, after which it is reset."""
ClientDeed = Callable[[Actor], Awaitable[object]]


async def _audit(actor: Actor) -> None:
    await actor.session.audit(idle=actor.random.random() < 0.3)


async def _save_and_restore(actor: Actor) -> None:
    async def deeds() -> None:
        for _ in range(actor.random.randrange(4)):
            await _drawn(actor, _SHARED)(actor)

    await save_and_restore(actor.session, deeds)


_SHARED: Mapping[ClientDeed, int] = {
    submit: 30,
    look_at_job: 40,
    fetch_files: 8,
    advance: 12,
    cancel: 4,
    retry: 3,
    submit_again: 3,
    give_up: 3,
    upload: 2,
    look_elsewhere: 4,
    force: 3,
    send_again: 2,
}
"""How often what is drawn that clients of one key may do at once."""
_ALONE: Mapping[ClientDeed, int] = {
    _audit: 60,
    lambda actor: reset_world(actor.session): 6,
    _save_and_restore: 15,
    lambda actor: fork(actor.session, actor.random): 15,
}
"""The same for what needs a quiet world."""


async def act(actor: Actor) -> None:
    """Have *actor* do one thing that is drawn."""
    history, dice = actor.session.history, actor.random.random()
    if len(history) >= FULL:
        async with history.gate.alone():
            await actor.session.audit(idle=actor.random.random() < 0.5)
            await reset_world(actor.session)
    elif dice < 0.02:
        async with history.gate.alone():
            await _drawn(actor, _ALONE)(actor)
    elif dice < 0.022 and not actor.session.interrupted:
        # What had no answer could come into the world that begins.
        async with history.gate.shared():
            await reset_in_the_middle(actor.session)
    else:
        async with history.gate.shared():
            await _drawn(actor, _SHARED)(actor)


def _drawn(actor: Actor, choices: Mapping[ClientDeed, int]) -> ClientDeed:
    return actor.random.choices([*choices], [*choices.values()])[0]
