"""Tells everything that is wrong with an input of a model, and what was probably not meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

from vidmock.schema import explain, pointer, references, rules
from vidmock.schema.catalog import Model
from vidmock.schema.evidence import stated_evidence
from vidmock.schema.findings import MOST_VIOLATIONS, BrokenPlaces, Findings
from vidmock.schema.letter_case import case_lints, in_documented_case
from vidmock.schema.misfits import Misfit, Verdicts, Walk
from vidmock.schema.mistakes import Found, advice_on_rule, one_for_each_mistake
from vidmock.schema.model_checks import checks_of
from vidmock.schema.strays import Stray, meant_by, strays_in
from vidmock.schema.violation import Violation
from vidmock.schema.violation_codes import provider_words, violation_code


def reported_violations(model: Model, payload: Any) -> tuple[Violation, ...]:
    """What is wrong with *payload*, as :func:`vidmock.schema.validate.find_violations` tells it."""
    findings, broken = Findings(), BrokenPlaces()
    for told in _in_fields(model, payload, findings, broken):
        findings.add(partial(_violation, model, told))
    for rule in _rules(model.pattern):
        if not rule.holds(payload) and rule.asked(broken):
            findings.add(partial(_failed, model, rule, payload))
    return findings.violations()


def reported_lints(model: Model, payload: Mapping[str, Any]) -> tuple[Violation, ...]:
    """What of *payload* was probably not meant, as :func:`vidmock.schema.validate.find_lints` tells it."""
    quiet = checks_of(model.pattern).quiet(payload)
    failed = [] if quiet else [rule for rule in _lints(model.pattern) if not rule.holds(payload)]
    cased, dropped = [*case_lints(model, payload)], [stray for stray in strays_in(model, payload) if stray.dropped]
    if not (failed or cased or dropped):
        return ()
    findings, (broken, explained) = Findings(), _what_is_wrong(model, in_documented_case(model, payload))
    for rule in failed:
        if rule.asked(broken):
            findings.add(partial(rule.violation, payload))
    for lint in cased:
        findings.add(partial(_itself, lint))
    for stray in dropped:
        if stray.path not in explained:
            findings.add(partial(_dropped, model, stray, payload))
    return findings.violations()


def _what_is_wrong(model: Model, payload: object) -> tuple[BrokenPlaces, set[pointer.Path]]:
    """The places of *payload* that are wrong, and those of the members that the advice on them is about."""
    broken, explained = BrokenPlaces(), set[pointer.Path]()
    if checks_of(model.pattern).valid(payload):
        return broken, explained
    explained |= {path for told in _in_fields(model, payload, Findings(), broken) for path in told.explains}
    for rule in _rules(model.pattern):
        if not rule.holds(payload) and rule.asked(broken):
            _, about = advice_on_rule(model, payload, rule.reads)
            explained |= about
            broken.add(rule.places[0])
    return broken, explained


def _itself(lint: Violation) -> Violation:
    return lint


@cache
def _verdicts(model: Model) -> Verdicts:
    return Verdicts(model.schema)


@cache
def _rules(model: Model) -> tuple[rules.Rule, ...]:
    return rules.rules_of(checks_of(model))


@cache
def _lints(model: Model) -> tuple[rules.Rule, ...]:
    return rules.lint_rules_of(checks_of(model))


def _in_fields(model: Model, payload: Any, findings: Findings, broken: BrokenPlaces) -> list[Found]:
    """What is wrong with single places, of which more than can be told are counted in *findings*."""
    checks, found = checks_of(model.pattern), list[Found]()
    if checks.sound(payload):
        return found

    def is_enough() -> bool:
        return len(found) >= MOST_VIOLATIONS

    def pass_over(path: pointer.Path, number: int) -> None:
        broken.add(path)
        findings.count(number)

    walk = Walk(_verdicts(model.pattern), is_enough, pass_over)
    for misfit in walk.misfits(checks.fields, payload):
        for path in _places(misfit):
            if not broken.add(path):
                continue
            if is_enough():
                findings.count(1)
            else:
                found.append(Found(path, misfit))
    return one_for_each_mistake(model, payload, found, broken)


def _places(misfit: Misfit) -> Iterator[pointer.Path]:
    """The places that are wrong by *misfit*."""
    match misfit.keyword:
        case "required":
            yield from ((*misfit.path, name) for name in misfit.schema["required"] if name not in misfit.value)
        case "additionalProperties":
            known = misfit.schema.get("properties", {})
            yield from ((*misfit.path, name) for name in misfit.value if name not in known)
        case _:
            yield misfit.path


def _violation(model: Model, found: Found) -> Violation:
    match found.misfit.keyword:
        case "required":
            return _missing(model.schema, found)
        case "additionalProperties":
            return _unknown(found)
        case _:
            return _wrong(model, found.misfit)


def _failed(model: Model, rule: rules.Rule, payload: Any) -> Violation:
    violation = rule.violation(payload)
    advice, _ = advice_on_rule(model, payload, rule.reads)
    return replace(violation, message=f"{violation.message}; {advice}") if advice else violation


def _missing(root: Mapping[str, Any], found: Found) -> Violation:
    misfit, path = found.misfit, found.path
    member = misfit.schema.get("properties", {}).get(path[-1], {})
    about = [*misfit.chain, member]
    said = stated_evidence(about, misfit.keyword)
    return Violation(
        path,
        rule=misfit.keyword,
        keyword=misfit.keyword,
        message=explain.explain_missing(member.get("description", ""), found.advice),
        code=violation_code(about, misfit.keyword, path),
        limits=explain.limits_of(references.resolve_reference(root, member)),
        evidence=said.kind,
        source=said.source,
        says=provider_words(about, misfit.keyword),
    )


def _unknown(found: Found) -> Violation:
    misfit, path = found.misfit, found.path
    said = stated_evidence(misfit.chain, misfit.keyword)
    return Violation(
        path,
        rule=misfit.keyword,
        keyword=misfit.keyword,
        message=explain.explain_unknown(misfit.schema.get("properties", {}), found.advice),
        code=violation_code(misfit.chain, misfit.keyword, path),
        value=misfit.value[path[-1]],
        evidence=said.kind,
        source=said.source,
    )


def _wrong(model: Model, misfit: Misfit) -> Violation:
    takes = _verdicts(model.pattern).of(misfit.schema)
    said = stated_evidence(misfit.chain, misfit.keyword)
    return Violation(
        misfit.path,
        rule=misfit.keyword,
        keyword=misfit.keyword,
        message=explain.explain_violation(
            misfit.keyword, misfit.schema, misfit.value, spare=_is_spare(misfit), takes=takes
        ),
        code=violation_code(misfit.chain, misfit.keyword, misfit.path),
        limits=explain.limits_of(misfit.schema),
        value=misfit.value,
        evidence=said.kind,
        source=said.source,
        says=provider_words(misfit.chain, misfit.keyword),
    )


def _is_spare(misfit: Misfit) -> bool:
    """Whether the object or list around the member at the misfit's place does without it."""
    name = misfit.path[-1] if misfit.path else ""
    if isinstance(name, int):
        return True
    around = next((schema for schema in reversed(misfit.chain) if name in schema.get("properties", {})), None)
    return around is not None and name not in around.get("required", ())


def _dropped(model: Model, stray: Stray, payload: Any) -> Violation:
    meant = meant_by(model, stray, payload)
    said = stated_evidence([model.schema], "additionalProperties")
    advice = f" {meant.advice[:1].upper()}{meant.advice[1:]}" if meant else ""
    return Violation(
        stray.path,
        rule="dropped-parameter",
        keyword="lint",
        message=f"is not a parameter here: the provider drops it silently.{advice}",
        value=stray.value,
        evidence=said.kind,
        source=said.source,
    )
