"""Finds everything that is wrong with an input of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

from vidmock.problems import did_you_mean
from vidmock.schema import compiled, explain, pointer, references, rules
from vidmock.schema.catalog import Model
from vidmock.schema.findings import BrokenPlaces, Findings
from vidmock.schema.letter_case import case_lints
from vidmock.schema.misfits import Misfit, Verdicts, Walk
from vidmock.schema.violation import Violation, provider_words, violation_code, violation_evidence

__all__ = ["Violation", "find_lints", "find_violations"]


class _Checks(NamedTuple):
    fields: Mapping[str, Any]
    sound: compiled.Verdict
    verdicts: Verdicts
    rules: tuple[rules.Rule, ...]
    lints: tuple[rules.Rule, ...]


def find_violations(model: Model, payload: object) -> tuple[Violation, ...]:
    """What is wrong with *payload* as an input of *model*; empty if nothing is.

    First what is wrong with single places, at most one violation for each, in the order of the schema; then the named
    rules that fail. A rule about a place that is already wrong by itself is left out. Of more than ``MOST_VIOLATIONS``,
    the last entry tells the number.
    """
    checks = _checks(model)
    sound = checks.sound(payload)
    failed = [rule for rule in checks.rules if not rule.holds(payload)]
    if sound and not failed:
        return ()
    findings, broken = Findings(), BrokenPlaces()
    if not sound:
        _find_in_fields(model, payload, findings, broken)
    for rule in failed:
        if rule.asked(broken):
            findings.add(partial(rule.violation, payload))
    return findings.violations()


def find_lints(model: Model, payload: object) -> tuple[Violation, ...]:
    """What the provider takes but probably not as it was meant: warnings, and parameters that it drops silently.

    Of more than ``MOST_VIOLATIONS``, the last entry tells the number.
    """
    if not isinstance(payload, dict):
        return ()
    findings = Findings()
    for rule in _checks(model).lints:
        if not rule.holds(payload):
            findings.add(partial(rule.violation, payload))
    for lint in case_lints(model, payload):
        findings.add(partial(_itself, lint))
    for make in _dropped(model.schema, payload, model.schema, ()):
        findings.add(make)
    return findings.violations()


def _itself(lint: Violation) -> Violation:
    return lint


@cache
def _checks(model: Model) -> _Checks:
    fields = {key: value for key, value in model.schema.items() if key != "allOf"}
    verdicts = Verdicts(model.schema)
    return _Checks(
        fields, verdicts.of(fields), verdicts, rules.rules_of(model.schema), rules.lint_rules_of(model.schema)
    )


def _find_in_fields(model: Model, payload: Any, findings: Findings, broken: BrokenPlaces) -> None:
    def pass_over(path: pointer.Path, number: int) -> None:
        broken.add(path)
        findings.count(number)

    checks = _checks(model)
    walk = Walk(checks.verdicts, lambda: findings.full, pass_over)
    for misfit in walk.misfits(checks.fields, payload):
        for path, make in _places(misfit, model.schema):
            if broken.add(path):
                findings.add(make)


def _places(misfit: Misfit, root: Mapping[str, Any]) -> Iterator[tuple[pointer.Path, Callable[[], Violation]]]:
    """The places that are wrong by *misfit*, each with a function that says how."""
    match misfit.keyword:
        case "required":
            for name in misfit.schema["required"]:
                if name not in misfit.value:
                    yield (*misfit.path, name), partial(_missing, misfit, name, root)
        case "additionalProperties":
            for name in misfit.value:
                if name not in misfit.schema.get("properties", {}):
                    yield (*misfit.path, name), partial(_unknown, misfit, name)
        case _:
            yield misfit.path, partial(_wrong, misfit)


def _missing(misfit: Misfit, name: str, root: Mapping[str, Any]) -> Violation:
    member, path = misfit.schema.get("properties", {}).get(name, {}), (*misfit.path, name)
    about = [*misfit.chain, member]
    return Violation(
        path,
        rule=misfit.keyword,
        keyword=misfit.keyword,
        message=explain.explain_missing(member.get("description", "")),
        code=violation_code(about, misfit.keyword, path),
        limits=explain.limits_of(references.resolve_reference(root, member)),
        evidence=violation_evidence(about),
        says=provider_words(about, misfit.keyword),
    )


def _unknown(misfit: Misfit, name: str) -> Violation:
    path = (*misfit.path, name)
    return Violation(
        path,
        rule=misfit.keyword,
        keyword=misfit.keyword,
        message=explain.explain_unknown(str(name), misfit.schema.get("properties", {})),
        code=violation_code(misfit.chain, misfit.keyword, path),
        value=misfit.value[name],
        evidence=violation_evidence(misfit.chain),
    )


def _wrong(misfit: Misfit) -> Violation:
    return Violation(
        misfit.path,
        rule=misfit.keyword,
        keyword=misfit.keyword,
        message=explain.explain_violation(misfit.keyword, misfit.schema, misfit.value),
        code=violation_code(misfit.chain, misfit.keyword, misfit.path),
        limits=explain.limits_of(misfit.schema),
        value=misfit.value,
        evidence=violation_evidence(misfit.chain),
        says=provider_words(misfit.chain, misfit.keyword),
    )


def _dropped(
    root: Mapping[str, Any], value: object, node: Any, path: pointer.Path
) -> Iterator[Callable[[], Violation]]:
    """The members of objects that no schema declares and none forbids."""
    schema = references.resolve_reference(root, node)
    if isinstance(value, dict) and "properties" in schema:
        for name, member in value.items():
            if name in schema["properties"]:
                yield from _dropped(root, member, schema["properties"][name], (*path, name))
            elif schema.get("additionalProperties", True) is not False:
                yield partial(_dropped_member, root, schema, (*path, name), member)
    elif isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from _dropped(root, item, schema["items"], (*path, index))


def _dropped_member(root: Mapping[str, Any], schema: Mapping[str, Any], path: pointer.Path, value: Any) -> Violation:
    return Violation(
        path,
        rule="dropped-parameter",
        keyword="lint",
        message=f"is not a parameter of this model: the provider drops it silently."
        f"{did_you_mean(str(path[-1]), schema['properties'])}",
        value=value,
        evidence=violation_evidence([root, schema]),
    )
