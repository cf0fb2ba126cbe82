"""Tries a model that somebody has written: what its schema promises must come out for the inputs that it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, get_args

from vidmock.schema.bundle import BundleError
from vidmock.schema.catalog import Model
from vidmock.schema.media_rules import check_media
from vidmock.schema.outputs import output_spec
from vidmock.schema.pointer import Path
from vidmock.schema.pricing import price_of
from vidmock.schema.references import resolve_reference
from vidmock.schema.result import model_result
from vidmock.schema.validate import find_lints, find_violations

_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "x-pricing": ("rates", "seconds", "count", "digits"),
    "x-video": ("seconds", "width", "height", "count", "container", "audio", "prompt"),
}
"""What a model says of prices and of its output."""
_FAILURES: Final = (LookupError, ValueError, TypeError, AttributeError, StopIteration, RecursionError, re.error)
"""What a schema that is written wrong has the code raise that reads it."""
_PLAIN: Final[Mapping[str, Any]] = {
    "string": "a kite over dunes", "integer": 1, "number": 1.5, "boolean": True, "object": {},
}  # fmt: skip
"""A value of each type."""
_MOST_ITEMS: Final = 20
Mistake = tuple[Path, str]
"""A place in a model's file, and what is wrong there."""


def missing_parts(schema: Mapping[str, Any]) -> list[Mistake]:
    """What a whole model has and *schema*, a bundled one, has not."""
    found: list[Mistake] = []
    if schema.get("type") != "object":
        found.append((("type",), 'must be "object": an input is one'))
    if "properties" not in schema:
        found.append((("properties",), "is missing: the parameters of an input"))
    if "x-model" not in schema:
        found.append((("x-model",), "is missing: which model it is (provider, id, name, docs, seconds, x-evidence)"))
    for keyword, parts in _PARTS.items():
        absent = [part for part in parts if part not in schema.get(keyword, {})]
        if absent:
            found.append(((keyword,), f"says nothing of {', '.join(absent)}"))
    for number, entry in enumerate(schema.get("allOf", ())):
        ref = entry.get("$ref", "") if isinstance(entry, dict) else ""
        rule = schema["$defs"].get(ref.removeprefix("#/$defs/"))
        if not isinstance(rule, dict) or "x-rule" not in rule:
            found.append(
                (("allOf", number), "must be the $ref of a file, or of an entry of $defs that is a rule, with x-rule")
            )
    return found


def try_model(model: Model) -> list[Mistake]:
    """What of *model*, which has all its parts, does not work."""
    steps: list[tuple[Path, str, Callable[[], object]]] = [
        ((), "cannot be judged by", lambda: (find_violations(model, {}), find_lints(model, {}))),
        (("x-pricing",), "gives no price where nothing is said: the last of each list must always apply",
         lambda: price_of(model, {})),
    ]  # fmt: skip
    for place, what, step in steps:
        if why := _failure(step):
            return [(place, f"{what} ({why})")]
    try:
        inputs = [sent for sent in trial_inputs(model) if not find_violations(model, sent)]
    except _FAILURES as error:
        return [((), f"cannot be judged by ({_spoken(error)})")]
    for sent in inputs:
        if mistakes := _tried(model, sent):
            return mistakes
    return []


def _tried(model: Model, sent: Mapping[str, Any]) -> list[Mistake]:
    """What does not work for the input *sent*."""
    from vidmock.media.clip import Container

    for place, what, step in (
        ("x-media", "cannot be judged by", lambda: check_media(model, sent)),
        ("x-pricing", "gives no price", lambda: price_of(model, sent)),
        ("x-result", "gives no answer", lambda: model_result(model, sent, [{}])),
        ("x-video", "gives no output", lambda: output_spec(model, sent)),
    ):
        if why := _failure(step):
            return [((place,), f"{what} for {sent} ({why})")]
    made = output_spec(model, sent)
    if made.container not in get_args(Container):
        return [(("x-video", "container"), f"is {made.container!r} for {sent}, which cannot be written")]
    if made.seconds <= 0 or made.count < 0:
        return [(("x-video",), f"asks for {made.count} files of {made.seconds:g} s for {sent}")]
    return []


def trial_inputs(model: Model) -> Iterator[dict[str, Any]]:
    """An input with what is required only, and for each value that a parameter is tried with one that has it as well.

    Not all of them are valid.
    """
    values = {name: _values(model.schema, node) for name, node in model.schema["properties"].items()}
    least = {name: values[name][0] for name in model.schema.get("required", ()) if name in values}
    yield least
    for name, tried in values.items():
        for value in tried:
            yield least | {name: value}


def _values(root: Mapping[str, Any], node: Any) -> list[Any]:
    """Some values that *node* probably takes; at least one."""
    said = _plain(root, node)
    for alternative in (*said.get("anyOf", ()), *said.get("oneOf", ())):
        said = {**_plain(root, alternative), **said}
    found = [said[name] for name in ("const", "default", "minimum", "maximum") if name in said]
    found += [*said.get("examples", ()), *said.get("enum", ())]
    kind = said.get("type", "string")
    if not found and kind == "array":
        return [_values(root, said.get("items"))[:1] * min(max(said.get("minItems", 1), 1), _MOST_ITEMS)]
    return found or [_PLAIN.get(kind if isinstance(kind, str) else kind[0])]


def _plain(root: Mapping[str, Any], node: Any) -> Mapping[str, Any]:
    return resolve_reference(root, node) if isinstance(node, dict) else {}


def _failure(step: Callable[[], object]) -> str:
    """Why *step* fails; "" if it does not."""
    try:
        step()
    except _FAILURES as error:
        return _spoken(error)
    return ""


def _spoken(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "a $ref leads back to itself"
    if isinstance(error, KeyError):
        return f"there is no {error.args[0]!r}"
    return str(error) if isinstance(error, BundleError | ValueError) else "none of the list applies"
