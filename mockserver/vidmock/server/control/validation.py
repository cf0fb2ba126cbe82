"""The routes of validation: the models that are served, and what is wrong with a request before it costs anything."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from vidmock.engine import money
from vidmock.problems import BadRequest, Invalid
from vidmock.schema.catalog import Model
from vidmock.schema.json_patch import apply_patch
from vidmock.schema.known_media import Probe, media_from_mapping
from vidmock.schema.library import lints, price, suggest, validate
from vidmock.schema.violation import Violation
from vidmock.server.asked_provider import ProviderAnswer, ask_provider
from vidmock.server.control.jobs import violation_view
from vidmock.server.control.refusal import ControlProblem
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute

VALIDATED_BYTES: Final = 2**20
"""The most bytes of a request that is validated, with what is said about its files."""
_MEMBERS: Final = ("provider", "model", "input", "media", "answer")
_EXAMPLE = """-d '{"provider": "runpod", "model": "kling-video-o1-r2v", "input": {"prompt": "a kite"}}'"""


async def list_models(request: ControlRequest) -> object:
    """List the models that are served."""
    provider = request.query("provider") or None
    return {
        "models": [
            {"provider": model.provider, "id": model.id, "name": model.name, "docs": model.docs}
            for model in request.engine.settings.catalog.models(provider)
        ]
    }


async def validate_request(request: ControlRequest) -> object:
    """Say what is wrong with a request, what is odd, what it costs, and which edit makes it valid.

    With the member 'answer', also how the provider would answer. Nothing is submitted. The input may have the
    provider's envelope around it. What is known of the files behind its URLs is what the server was told, or else what
    the member 'media' says.
    """
    body = request.body(*_MEMBERS)
    provider, name = (_text(request, member) for member in ("provider", "model"))
    if "input" not in body:
        raise ControlProblem("'input' is missing", where="input")
    catalog, sent, media = request.engine.settings.catalog, body["input"], _media(request)
    model = catalog.find(provider, name, aliases=True)
    violations = validate(model.provider, model.id, sent, media, catalog=catalog)
    warnings = lints(model.provider, model.id, sent, catalog=catalog)
    answered = body.get("answer", False)
    if not isinstance(answered, bool):
        raise ControlProblem("'answer' must be true or false", where="answer")
    edit = suggest(model.provider, model.id, sent, catalog=catalog) if violations or warnings else None
    return {
        "provider": model.provider,
        "model": model.id,
        "violations": [_finding(found) for found in violations],
        "lints": [_finding(found) for found in warnings],
        "price": None if violations else _price(request, model.provider, model.id, media),
        "suggestion": edit
        and {
            "sentence": edit.sentence,
            "patch": [dict(step) for step in edit.patch],
            "input": apply_patch(sent, edit.patch),
        },
        "answer": await _answer(request, model, media) if answered else None,
    }


def _finding(found: Violation) -> dict[str, Any]:
    return violation_view(found, reveal=True) | {"evidence": found.evidence, "source": found.source}


async def _answer(request: ControlRequest, model: Model, media: Probe) -> dict[str, Any]:
    """What the provider would answer, asked of a server of its own beside the calls of this one."""
    settings = request.engine.settings
    said = await asyncio.to_thread(
        ask_provider, request.make, model, request.body()["input"], media, settings.catalog, settings.behaviours
    )
    return _answer_view(said) | {"later": _answer_view(said.later) if said.later else None}


def _answer_view(said: ProviderAnswer) -> dict[str, Any]:
    return {"status": said.status, "headers": dict(said.headers), "body": said.body.decode("utf-8", "replace")}


def _price(request: ControlRequest, provider: str, model: str, media: Probe) -> dict[str, Any] | None:
    """What the input costs, in USD; ``None`` for several."""
    try:
        cost = price(provider, model, request.body()["input"], media, catalog=request.engine.settings.catalog)
    except (BadRequest, Invalid):
        return None
    return {
        "amount": money.format_amount(cost.amount) if cost.known else None,
        "each": money.format_amount(cost.each) if cost.known else None,
        "count": cost.count,
        "how": cost.how,
        "evidence": cost.evidence,
        "inferred": list(cost.inferred),
    }


def _media(request: ControlRequest) -> Probe:
    if (told := request.body().get("media")) is None:
        return request.engine.settings.media
    if not isinstance(told, dict):
        raise ControlProblem("'media' must be an object: facts by URL", where="media")
    try:
        return media_from_mapping(told)
    except ValueError as wrong:
        raise ControlProblem(str(wrong), where="media") from None


def _text(request: ControlRequest, name: str) -> str:
    value = request.member(name, *_MEMBERS)
    if not isinstance(value, str):
        raise ControlProblem(f"'{name}' must be a string", where=name)
    return value


VALIDATION_ROUTES = (
    ControlRoute("GET", "/models", list_models),
    ControlRoute("POST", "/validate", validate_request, _EXAMPLE, most=VALIDATED_BYTES),
)
