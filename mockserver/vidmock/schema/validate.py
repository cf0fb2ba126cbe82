"""Finds everything that is wrong with an input of a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from vidmock.problems import did_you_mean
from vidmock.schema import compiled, explain, pointer, references, rules
from vidmock.schema.catalog import Model
from vidmock.schema.violation import Violation, violation_code, violation_evidence

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

__all__ = ["Violation", "find_lints", "find_violations"]


class _Checks(NamedTuple):
    fields: compiled.Verdict
    rules: tuple[rules.Rule, ...]
    lints: tuple[rules.Rule, ...]


def find_violations(model: Model, payload: object) -> tuple[Violation, ...]:
    """Everything that is wrong with *payload* as an input of *model*; empty if nothing is.

    First what is wrong with single places, at most one violation for each, in the order of the schema; then the named
    rules that fail. A rule about a place that is already wrong by itself is left out.
    """
    checks = _checks(model)
    sound = checks.fields(payload)
    failed = [rule for rule in checks.rules if not rule.holds(payload)]
    if sound and not failed:
        return ()
    single = () if sound else tuple(_field_violations(model, payload))
    broken = [violation.path for violation in single]
    return single + tuple(rule.violation(payload) for rule in failed if rule.asked(broken))


def find_lints(model: Model, payload: object) -> tuple[Violation, ...]:
    """What the provider takes but probably not as it was meant: warnings, and parameters that it drops silently."""
    if not isinstance(payload, dict):
        return ()
    named = tuple(rule.violation(payload) for rule in _checks(model).lints if not rule.holds(payload))
    return named + tuple(_dropped(model.schema, payload, model.schema, ()))


@cache
def _checks(model: Model) -> _Checks:
    fields = {key: value for key, value in model.schema.items() if key != "allOf"}
    return _Checks(
        compiled.compile_verdict(fields, model.schema), rules.rules_of(model.schema), rules.lint_rules_of(model.schema)
    )


@cache
def _validator(model: Model) -> Validator:
    # Imported here because it takes longer than everything else together, and a valid input never needs it.
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: compiled.is_type("integer", value))
    strict: Any = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call] # jsonschema's gap
    validator: Validator = strict({key: value for key, value in model.schema.items() if key != "allOf"})
    return validator


def _field_violations(model: Model, payload: Any) -> Iterator[Violation]:
    seen: set[pointer.Path] = set()
    for error in _validator(model).iter_errors(payload):
        for leaf in _leaves(error):
            for violation in _violations(model, leaf):
                if violation.path not in seen:
                    seen.add(violation.path)
                    yield violation


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """What is wrong inside the only alternative that can have been meant; *error* itself where there is no such one."""
    alternatives: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        alternatives.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
    meant = [
        inside
        for inside in alternatives.values()
        if not any(inner.validator == "type" and not inner.relative_path for inner in inside)
    ]
    if len(meant) != 1:
        yield error
        return
    for inner in meant[0]:
        yield from _leaves(inner)


def _violations(model: Model, error: ValidationError) -> Iterator[Violation]:
    keyword, value = str(error.validator), cast("Any", error.instance)
    schema = cast("Mapping[str, Any]", error.schema)
    path = tuple(error.absolute_path)
    chain = _chain(model.schema, error.absolute_schema_path)
    if keyword == "required":
        for name in schema["required"]:
            if name not in value:
                member = schema["properties"][name]
                about = [*chain, member]
                yield Violation(
                    (*path, name),
                    rule=keyword,
                    keyword=keyword,
                    message=explain.explain_missing(member.get("description", "")),
                    code=violation_code(about, keyword, (*path, name)),
                    limits=explain.limits_of(references.resolve_reference(model.schema, member)),
                    evidence=violation_evidence(about),
                )
    elif keyword == "additionalProperties":
        for name in value:
            if name not in schema["properties"]:
                yield Violation(
                    (*path, name),
                    rule=keyword,
                    keyword=keyword,
                    message=explain.explain_unknown(str(name), schema["properties"]),
                    code=violation_code(chain, keyword, (*path, name)),
                    value=value[name],
                    evidence=violation_evidence(chain),
                )
    else:
        yield Violation(
            path,
            rule=keyword,
            keyword=keyword,
            message=explain.explain_violation(keyword, schema, value),
            code=violation_code(chain, keyword, path),
            limits=explain.limits_of(schema),
            value=value,
            evidence=violation_evidence(chain),
        )


def _chain(root: Mapping[str, Any], steps: Iterable[str | int]) -> list[Mapping[str, Any]]:
    """The schemas on the way to a failing keyword, outermost first; ``$ref`` is no step of its own."""
    node: Any = root
    chain = [root]
    for step in list(steps)[:-1]:
        while isinstance(node, Mapping) and step not in node and "$ref" in node:
            node = references.reference_target(root, node)
            chain.append(node)
        node = node[step]
        if isinstance(node, Mapping):
            chain.append(node)
    while "$ref" in node:
        node = references.reference_target(root, node)
        chain.append(node)
    return chain


def _dropped(root: Mapping[str, Any], value: object, node: Any, path: pointer.Path) -> Iterator[Violation]:
    """The members of objects that no schema declares and none forbids."""
    schema = references.resolve_reference(root, node)
    if isinstance(value, dict) and "properties" in schema:
        for name, member in value.items():
            if name in schema["properties"]:
                yield from _dropped(root, member, schema["properties"][name], (*path, name))
            elif schema.get("additionalProperties", True) is not False:
                yield Violation(
                    (*path, name),
                    rule="dropped-parameter",
                    keyword="lint",
                    message=f"is not a parameter of this model: the provider drops it silently."
                    f"{did_you_mean(str(name), schema['properties'])}",
                    value=member,
                    evidence=violation_evidence([root, schema]),
                )
    elif isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from _dropped(root, item, schema["items"], (*path, index))
