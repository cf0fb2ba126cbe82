"""The body of a request around a model's input: which members a provider has there, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from vidmock.schema import pointer
from vidmock.schema.catalog import Model
from vidmock.schema.evidence import stated_evidence
from vidmock.schema.letter_case import in_documented_case
from vidmock.schema.request_schemas import request_schema_of
from vidmock.schema.validate import find_lints, find_violations
from vidmock.schema.violation import Violation

_OF_A_MODEL: Final = frozenset({"properties", "required", "additionalProperties", "x-error"})
"""What of a model's schema is about single places of its input."""
_NAME: Final = "model"
"""The member of a body in which a provider is told the model, where the path does not say it."""


def is_whole_body(model: Model, payload: object) -> bool:
    """Whether *payload* is a whole body, and not the model's input alone: it has a member that only a body has."""
    name, declared = model.envelope, model.schema["properties"]
    if not name or name in declared or not isinstance(payload, Mapping):
        return False
    own = request_schema_of(model.provider).schema["properties"].keys() - declared.keys()
    if not own.isdisjoint(payload):
        return True
    wrapped = any(isinstance(member, Mapping) and name in member for member in payload.values())
    return wrapped and declared.keys().isdisjoint(payload)


def whole_body(model: Model) -> Model:
    """The body of a request to *model*, as a model by itself: rules over several members of its input are left out."""
    return _whole(model.pattern)


def find_in_body(model: Model, body: Mapping[str, Any]) -> Iterator[Violation]:
    """What is wrong with *body*, a whole one: in the input single places, and then what breaks a rule."""
    name, whole = str(model.envelope), whole_body(model)
    given = body.get(name)
    meant = in_documented_case(model, given)
    for found in find_violations(whole, body if meant is given else {**body, name: meant}):
        inside = found.path[:1] == (name,) and len(found.path) > 1
        yield found if inside else replace(found, code=_refusal(model, "bad_request"))
    if wrong := wrong_model(model, body):
        yield wrong
    if isinstance(given, dict):
        for found in find_violations(model, meant):
            if found.keyword == "rule":
                yield replace(found, path=(name, *found.path))


def find_body_lints(model: Model, body: Mapping[str, Any]) -> Iterator[Violation]:
    """What of *body*, a whole one, the provider takes but probably not as it was meant."""
    name = str(model.envelope)
    if isinstance(given := body.get(name), dict):
        for found in find_lints(model, given):
            if found.rule != "dropped-parameter":
                yield replace(found, path=(name, *found.path))
    yield from _of_the_body(model, body)


def find_lints_beside(model: Model, body: Mapping[str, Any]) -> Iterator[Violation]:
    """What of *body*, a whole one, the provider drops or does not use beside the input."""
    return (found for found in _of_the_body(model, body) if found.path[:1] != (model.envelope,))


def _of_the_body(model: Model, body: Mapping[str, Any]) -> Iterator[Violation]:
    around = request_schema_of(model.provider)
    yield from (found for found in find_lints(around, dict(body)) if found.rule != "dropped-parameter")
    yield from find_lints(whole_body(model), dict(body))


def is_beside(model: Model, item: object) -> bool:
    """Whether *item* of an array of inputs is for the provider itself, and no input."""
    return model.batch is not None and isinstance(item, Mapping) and item.get("taskType") in model.batch.besides


def find_in_batch(model: Model, read: object) -> Iterator[Violation]:
    """What is wrong with *read*, if it is an array of inputs, beside its inputs by themselves."""
    if model.batch is None or not isinstance(read, list):
        return
    beside = [(number, item) for number, item in enumerate(read) if is_beside(model, item)]
    for number, item in beside:
        for found in find_violations(request_schema_of(model.provider), [item]):
            yield replace(found, path=(number, *found.path[1:]))
        if number:
            yield _wrong(model, (number,), "belongs at the beginning of the array, before all others", item)
    if len(beside) == len(read):
        yield _wrong(model, (), f"holds no request for {model.id}: put one into the array", read)
    yield from _repeated(model, read)


def no_object(model: Model, item: object) -> Violation:
    """The violation of an *item* of an array of inputs that can be none."""
    from vidmock.schema.explain import explain_violation

    return _wrong(model, (), explain_violation("type", {"type": "object"}, item), item, "type")


def _repeated(model: Model, read: Sequence[object]) -> Iterator[Violation]:
    """A violation for each input with the id of one before it."""
    seen = set[str]()
    name = model.batch.id if model.batch else ""
    for number, sent in enumerate(read):
        said = sent.get(name) if isinstance(sent, dict) and not is_beside(model, sent) else None
        if isinstance(said, str) and said in seen:
            message = "is that of an earlier one: each needs its own"
            found = _wrong(model, (number, name), message, said, "repeated")
            yield replace(found, code=_refusal(model, "duplicate"))
        elif isinstance(said, str):
            seen.add(said)


def _wrong(model: Model, path: pointer.Path, message: str, value: Any, rule: str = "array") -> Violation:
    keyword, code = rule if rule == "type" else "rule", _refusal(model, "bad_request")
    return Violation(path, rule=rule, keyword=keyword, message=message, code=code, value=value)


def _refusal(model: Model, word: str) -> str:
    """The code of the provider's error that is called *word*."""
    from vidmock.schema.errors import refusal_words

    return refusal_words(model.provider)[word].code


def wrong_model(model: Model, body: Mapping[str, Any]) -> Violation | None:
    """The violation of a *body* that does not ask for *model*, where a body says for which model it is."""
    around, said = request_schema_of(model.provider).schema, body.get(_NAME)
    named = around["properties"].get(_NAME)
    if named is None or said == model.id or (_NAME in body and not isinstance(said, str)):
        return None
    from vidmock.schema.explain import display_value, explain_missing, explain_violation

    keyword = "const" if _NAME in body else "required"
    stated = stated_evidence([around, named], keyword)
    add = f"write {display_value({_NAME: model.id})[1:-1]}"
    absent = explain_missing(named["description"], add)
    return Violation(
        (_NAME,),
        rule=keyword,
        keyword=keyword,
        message=explain_violation("const", {"const": model.id}, said) if _NAME in body else absent,
        code=_refusal(model, "no_such_model" if _NAME in body else "bad_request"),
        limits={"allowedValues": [model.id]},
        value=said,
        evidence=stated.kind,
        source=stated.source,
    )


def body_schema(model: Model) -> dict[str, Any]:
    """The schema of a whole request body to *model*, rules included.

    Where it is an array, each item but the key is a request to the model.
    """
    around = request_schema_of(model.provider).schema
    inside = {key: said for key, said in model.schema.items() if key not in ("$schema", "$id", "$defs")}
    head = {"$schema": model.schema["$schema"], "$id": f"{model.schema['$id'].removesuffix('.json')}/body.json"}
    if model.batch is not None:
        key = {"type": "object", "required": ["taskType"], "properties": {"taskType": {"enum": [*model.batch.besides]}}}
        item = {"type": "object", "if": key, "then": around["items"]["then"], "else": inside}
        return {
            **head,
            "type": "array",
            "minItems": 1,
            "items": item,
            "$defs": {**around["$defs"], **model.schema["$defs"]},
        }
    if model.envelope is None:
        return {**model.schema, **head}
    own = {key: said for key, said in around.items() if key not in ("x-lints", "$defs")}
    properties = {**own["properties"], model.envelope: {**inside, **own["properties"][model.envelope]}}
    if _NAME in properties:
        properties[_NAME] = {**properties[_NAME], "const": model.id}
    return {**own, **head, "properties": properties, "$defs": model.schema["$defs"]}


@cache
def _whole(model: Model) -> Model:
    around = request_schema_of(model.provider).schema
    name = str(model.envelope)
    inside = {key: said for key, said in model.schema.items() if key in _OF_A_MODEL}
    properties = {**around["properties"], name: {**inside, **around["properties"][name]}}
    own = {key: said for key, said in around.items() if key not in ("x-lints", "$defs")}
    # Whether it asks for this model is judged beside: a schema for each name of an unknown model would be too many.
    needed = [each for each in around["required"] if each != _NAME]
    schema = {**own, "required": needed, "properties": properties, "$defs": model.schema["$defs"]}
    return replace(model, schema=MappingProxyType(schema), envelope=None, batch=None, like=None)
