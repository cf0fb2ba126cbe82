"""Every effect that a fault can have on an answer, by name, and the answer that it leaves."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from vidmock.engine.faults.bodies import BODIES
from vidmock.engine.faults.catalog import effect_kind
from vidmock.engine.faults.definition import EffectDefinition
from vidmock.engine.faults.rules import Effect
from vidmock.providers.exchange.changed_answers import CHANGES
from vidmock.providers.exchange.changed_bodies import change_body
from vidmock.providers.exchange.faulty_answers import ANSWERS, AnsweredCall, AnswerHandler
from vidmock.providers.exchange.faulty_frames import FRAMES
from vidmock.providers.exchange.faulty_media import MEDIA

_EFFECTS: Mapping[str, EffectDefinition[AnswerHandler]] = {**ANSWERS, **CHANGES, **FRAMES, **MEDIA}


def changes_answers(effect: Effect) -> bool:
    """Whether *effect* is on answers; others are on jobs and webhooks."""
    return effect_kind(effect) in ("answer", "body", "media")


async def apply_answer_effect(effect: Effect, response: Response, call: AnsweredCall) -> tuple[Response, bool]:
    """*response* as *effect* leaves it, and whether its content is kept from the client."""
    if effect.name in BODIES:
        return change_body(effect, response, call)
    known = _EFFECTS[effect.name]
    changed = await known.handler(response, call, **effect.arguments)
    return (response, False) if changed is None else (changed, known.keeps_back)
