"""Effects on what a JSON body says, of an answer as of a webhook: a field has another value, is missing, or is new."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, Final

from vidmock.engine.faults.arguments import Text
from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.definition import EffectGroup, Reach
from vidmock.engine.faults.field_path import FieldPath, objects_in, with_field, without_field
from vidmock.engine.faults.json_values import JsonObject, JsonValue
from vidmock.engine.faults.rules import Effect, Phase

STRANGER: Final = "00000000-0000-4000-8000-000000000000"
"""The UUID of a job that was never submitted."""

BodyHandler = Callable[Concatenate[Any, tuple[str, ...], ...], Any]
"""Makes the body that is sent from the one that is meant, which is about the jobs of these ids. It changes neither."""
BODIES: Final[EffectGroup[BodyHandler]] = EffectGroup("body", ("body", "jobs"), EFFECTS.add)
_OF_A_JOB: Final[tuple[Phase, ...]] = ("after", "poll", "cancel", "stream", "webhook")
_PHASES: Final[tuple[Phase, ...]] = (*_OF_A_JOB, "upload", "other", "session")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def changed_body(effect: Effect, body: Any, jobs: tuple[str, ...]) -> Any:
    """*body*, which is about the jobs of these ids, as *effect* has it."""
    return BODIES[effect.name].handler(body, jobs, **effect.arguments)


@BODIES.effect(
    "set_field",
    "a field has another value, which may be any JSON",
    _PHASES,
    path=FieldPath("error"),
    value=JsonValue(None),
    also=JsonObject("an object of further paths with their values"),
)
def _set_field(body: Any, jobs: tuple[str, ...], *, path: str, value: object, also: object) -> Any:
    assert isinstance(also, Mapping)
    for place, new in {path: value, **also}.items():
        body = with_field(body, place, new)
    return body


@BODIES.effect(
    "unknown_status", "a status word that no client knows", _PHASES, word=Text("THROTTLED", "a word", ".{1,200}")
)
def _unknown_status(body: Any, jobs: tuple[str, ...], *, word: str) -> Any:
    return with_field(body, "status", word)


@BODIES.effect("missing_field", "a field is left out, wherever it stands", _PHASES, name=FieldPath("status"))
def _missing_field(body: Any, jobs: tuple[str, ...], *, name: str) -> Any:
    return without_field(body, name)


@BODIES.effect(
    "extra_field",
    "a field more than documented",
    _PHASES,
    name=Text("vidmock_extra", "the name of a field", ".{1,200}"),
)
def _extra_field(body: Any, jobs: tuple[str, ...], *, name: str) -> Any:
    return _extended(body if isinstance(body, dict | list) else {}, name)


def _extended(body: Any, name: str) -> Any:
    if isinstance(body, list):
        return [_extended(item, name) for item in body]
    if isinstance(body, dict):
        return {key: _extended(member, name) for key, member in body.items()} | {name: {"new": True}}
    return body


@BODIES.effect("other_job", "the body names a job that was never submitted, in the place of its own", _OF_A_JOB)
def _other_job(body: Any, jobs: tuple[str, ...]) -> Any:
    text = json.dumps(body)
    for job in jobs:
        text = text.replace(job, _UUID.sub(STRANGER, job))
    return json.loads(text)


@BODIES.effect(
    "other_items",
    "items of a job that was never submitted come before the answer's own",
    ("after", "poll", "upload", "other"),
    only=(Reach(("runware",), "only Runware answers with lists of items"),),
)
def _other_items(body: Any, jobs: tuple[str, ...]) -> Any:
    listed = body if isinstance(body, dict) else {}
    items = listed.get("data") or [{"taskType": "videoInference", "status": "success"}]
    return {**listed, "data": [{**items[0], "taskUUID": STRANGER, "videoUUID": STRANGER}, *listed.get("data", ())]}


def told_in(body: Any) -> set[str]:
    """What a client learns from *body* about its jobs: the words of their state, and addresses."""
    statuses = {f"status {found['status']}" for found in objects_in(body) if "status" in found}
    return statuses | set(re.findall(r'"(https?://[^"]*)"', json.dumps(body)))
