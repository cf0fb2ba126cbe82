"""Makes the schema of a model that any validator of any language takes: one document that needs nothing else.

It has JSON Schema's own keywords only, no reference to elsewhere, and what the strictest mode of ajv asks for: a schema
of members or items says of which type its value is, and names the members that it requires. What is refused by it is
what the model's own schema refuses; facts of files, prices and lints are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from vidmock.schema.answers import answers_of
from vidmock.schema.catalog import SHIPPED, Model, ModelCatalog, providers
from vidmock.schema.request_body import body_schema
from vidmock.schema.request_schemas import request_schema_of

_TYPED: Final[Mapping[str, frozenset[str]]] = {
    "object": frozenset(
        {"properties", "additionalProperties", "required", "dependentRequired", "minProperties", "maxProperties"}
    ),
    "array": frozenset({"items", "minItems", "maxItems", "uniqueItems"}),
    "string": frozenset({"minLength", "maxLength", "pattern"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
}
"""The keywords that judge values of one type only."""
_OF_SCHEMAS: Final = frozenset({"additionalProperties", "items", "not", "if", "then", "else"})
_OF_LISTS: Final = frozenset({"allOf", "anyOf", "oneOf"})
_OF_NAMED: Final = frozenset({"properties", "$defs"})
_SAME_VALUE: Final = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else"})
"""The keywords whose schemas judge the value that the schema around them judges."""
_LEFT_OUT: Final = frozenset({"format", "$comment"})
"""What judges nothing here, and something elsewhere; and what is for the files' authors."""


def json_schema(provider: str, model_id: str, *, catalog: ModelCatalog = SHIPPED, body: bool = False) -> dict[str, Any]:
    """The input of a model as one JSON Schema of draft 2020-12, in plain dicts and lists that are the caller's own.

    With *body*, the whole body of a request: the input with all that the provider has around it.
    *model_id* is the model's id on the wire or another name of it; *catalog* has the models, where some are the user's
    own: :func:`load_catalog`. Nothing in the schema leads to another document, and its ``$id`` is a name that nothing
    is fetched from.

    Raises:
        UnknownProvider, UnknownModel: there is no such model here.
    """
    model = catalog.find(provider, model_id, aliases=True)
    return portable_schema(body_schema(model) if body else model.schema)


def portable_files(models: Iterable[Model]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Schemas of the input and of the whole body for each of *models*, and two for each provider, with their files.

    A provider's are those of what it takes, whichever the model is, and of all that it answers.
    """
    for model in models:
        yield f"{model.provider}/{model.file.stem}.json", portable_schema(model.schema)
        yield f"bodies/{model.provider}/{model.file.stem}.json", portable_schema(body_schema(model))
    for provider in providers():
        yield f"requests/{provider}.json", portable_schema(request_schema_of(provider).schema)
        yield f"answers/{provider}.json", portable_schema(answers_of(provider).schema)


def portable_schema(bundled: Mapping[str, Any]) -> dict[str, Any]:
    """*bundled*, the schema of a model or of a part of ours with all that it refers to, for any validator."""
    made = _portable(bundled, typed=False)
    return {key: value for key, value in made.items() if key != "$defs" or value}


def members_only(made: Mapping[str, Any]) -> dict[str, Any]:
    """*made*, a portable schema, without the rules over several members, which generators of types cannot express."""
    kept = {key: value for key, value in made.items() if key not in ("allOf", "$defs")}
    definitions, wanted = made.get("$defs", {}), list(_referred(kept))
    named: dict[str, Any] = {}
    while wanted:
        name = wanted.pop()
        if name not in named:
            named[name] = definitions[name]
            wanted += _referred(named[name])
    return {**kept, "$defs": {name: named[name] for name in definitions if name in named}} if named else kept


def _referred(node: Any) -> Iterator[str]:
    """The names of the definitions that *node* refers to."""
    if isinstance(node, Mapping):
        if isinstance(ref := node.get("$ref"), str):
            yield ref.removeprefix("#/$defs/")
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from _referred(item)


def _portable(node: Mapping[str, Any], *, typed: bool) -> dict[str, Any]:
    """*node* for any validator. *typed* tells that a schema around it says of which type the value is."""
    kinds = _kinds(node, typed=typed)
    if len(kinds) > 1:
        node = _apart(node, kinds)
    made: dict[str, Any] = {}
    if "x-rule" in node:
        made |= {"title": node["x-rule"], "description": node["x-message"]}
    if len(kinds) == 1 and "type" not in node:
        # Null passes as it does without a type.
        made["type"] = [*kinds, "null"]
    named = typed or "type" in node or "type" in made
    for key, value in node.items():
        if not key.startswith("x-") and key not in _LEFT_OUT:
            made[key] = _member(key, value, typed=named and key in _SAME_VALUE)
    if "required" in node and "additionalProperties" not in node:
        known = made.get("properties", {})
        made["properties"] = known | {name: True for name in node["required"] if name not in known}
    return made


def _member(key: str, value: Any, *, typed: bool) -> Any:
    if key in _OF_NAMED:
        return {name: _schema(each, typed=False) for name, each in value.items()}
    if key in _OF_LISTS:
        return [_schema(each, typed=typed) for each in value]
    return _schema(value, typed=typed) if key in _OF_SCHEMAS else deepcopy(value)


def _schema(node: Any, *, typed: bool) -> Any:
    return _portable(node, typed=typed) if isinstance(node, Mapping) else node


def _kinds(node: Mapping[str, Any], *, typed: bool) -> list[str]:
    """The types, but null, that *node* names; where nothing around it names one, those that its keywords judge."""
    said = node.get("type", ())
    if said or typed:
        return [said] if isinstance(said, str) else [kind for kind in said if kind != "null"]
    return [kind for kind, keywords in _TYPED.items() if keywords & node.keys()]


def _apart(node: Mapping[str, Any], kinds: Sequence[str]) -> dict[str, Any]:
    """*node*, which takes values of several *kinds*, with an alternative for each of them."""
    null = ["null"] if "null" in node.get("type", ["null"]) else []
    branches = [
        {"type": [kind, *null], **{key: node[key] for key in node if key in _TYPED.get(kind, ())}} for kind in kinds
    ]
    every = frozenset().union(*_TYPED.values()) | {"type"}
    common = {key: value for key, value in node.items() if key not in every}
    return {**common, "allOf": [*node.get("allOf", ()), {"anyOf": branches}]}
