"""What was found in requests, in the forms that people and CI services read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from vidmock.cli.output import legible
from vidmock.cli.request_files import UnreadRequest
from vidmock.schema.errors import known_error, refusal_words
from vidmock.schema.findings import MORE
from vidmock.schema.suggestion import Suggestion
from vidmock.schema.violation import Violation

if TYPE_CHECKING:
    from vidmock.server.asked_provider import ProviderAnswer


@dataclass(frozen=True, slots=True)
class JudgedRequest:
    """The request *name* of *file* with its *violations* and *lints*, each with its line, and an edit that mends it.

    *answer* is the provider's, where it was asked for.
    """

    file: str
    name: str
    line: int
    violations: Sequence[tuple[int, Violation]]
    lints: Sequence[tuple[int, Violation]]
    suggestion: Suggestion | None = None
    answer: ProviderAnswer | None = None


@dataclass(frozen=True, slots=True)
class RequestVerdicts:
    """All that was judged for *model* of *provider*, and what could not be read; *single*: one was asked for.

    With *answers* they are the provider's own answers.
    """

    provider: str
    model: str
    judged: Sequence[JudgedRequest]
    unread: Sequence[UnreadRequest]
    single: bool
    answers: bool


def _as_text(told: RequestVerdicts) -> str:
    """A line for each fault and each warning; of several requests, with their places, and how many are wrong."""
    lines = []
    for request in told.judged:
        name = "" if told.single else f"{request.name}: "
        for line, violation in request.violations:
            place = "" if told.single else f"{request.file}:{line}: "
            code = f" [{violation.code}]" if violation.code else ""
            lines.append(f"{place}{violation}{_rule(violation)}{code}")
        if not request.violations:
            lines.append(f"{name}valid")
        for line, found in request.lints:
            place = "" if told.single else f"{request.file}:{line}: "
            lines.append(f"{place}warning: {found}{_rule(found)}")
        if request.suggestion:
            lines.append(f"{name}suggestion: {request.suggestion.sentence}")
        if request.answer:
            lines += [f"{name}{line}" for line in _told(told.provider, request.answer)]
    if not told.single:
        unread = f", and {len(told.unread)} that cannot be read" if told.unread else ""
        wrong = sum(bool(request.violations) for request in told.judged)
        noun = "answers" if told.answers else "requests"
        lines.append(f"{len(told.judged)} {noun}, {wrong} of them invalid{unread}")
    return "\n".join(lines)


def _as_json(told: RequestVerdicts) -> str:
    """An object for one request, and a list of them for several."""
    each = [
        ({} if told.single else {"file": request.file, "line": request.line})
        | {
            "valid": not request.violations,
            "violations": [_to_json(violation, told) for _, violation in request.violations],
            "lints": [_to_json(found, told) for _, found in request.lints],
        }
        | ({"suggestion": asdict(request.suggestion)} if request.suggestion else {})
        | ({"provider_answer": _answered(request.answer)} if request.answer else {})
        for request in told.judged
    ]
    unread = [{"file": one.file, "line": one.line, "error": one.why} for one in told.unread]
    return json.dumps(each[0] if told.single else [*each, *unread], indent=2, ensure_ascii=False, default=str)


def _as_github(told: RequestVerdicts) -> str:
    """Commands for GitHub's runner, which shows each fault at its line."""
    lines = [
        _command(level, request.file, line, f"{violation.rule}", f"{violation}")
        for request in told.judged
        for level, found in (("error", request.violations), ("warning", request.lints))
        for line, violation in found
    ]
    return "\n".join([*lines, *(_command("error", one.file, one.line, "unreadable", one.why) for one in told.unread)])


def _as_sarif(told: RequestVerdicts) -> str:
    """A log with a rule for each that was broken."""
    from hashlib import sha256

    from vidmock.reports.sarif import file_place, sarif_log, sarif_message

    def location(request: JudgedRequest, line: int) -> dict[str, Any]:
        place: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": request.name}]}
        return place if request.file == "-" else place | {"physicalLocation": file_place(request.file, line)}

    def digest(request: JudgedRequest, violation: Violation) -> str:
        return sha256(f"{request.name} {violation.pointer} {violation.rule}".encode()).hexdigest()

    found = [
        (request, line, violation, level)
        for request in told.judged
        for level, listed in (("error", request.violations), ("warning", request.lints))
        for line, violation in listed
    ]
    names = sorted({violation.rule for _, _, violation, _ in found})
    rules = [{"id": name, "shortDescription": sarif_message(f"the rule {name} of {told.model}")} for name in names]
    results = [
        {
            "ruleId": violation.rule,
            "ruleIndex": names.index(violation.rule),
            "level": level,
            "message": sarif_message(str(violation)),
            "locations": [location(request, line)],
            "partialFingerprints": {"placeAndRule/v1": digest(request, violation)},
        }
        for request, line, violation, level in found
    ]
    log = sarif_log("vidmock validate", rules, results, [one.why for one in told.unread])
    return json.dumps(log, indent=2, ensure_ascii=False)


def _as_junit(told: RequestVerdicts) -> str:
    """A suite with a case for each request."""
    from vidmock.reports.junit import JUnitCase, junit_suite

    cases = []
    for request in told.judged:
        said = [f"line {line}: {violation}{_rule(violation)}" for line, violation in request.violations]
        cases.append(JUnitCase(told.model, request.name, said[0] if said else "", "\n".join(said)))
    cases += [JUnitCase(told.model, f"{one.file}:{one.line}", "it cannot be read", one.why) for one in told.unread]
    return junit_suite(f"vidmock validate, {told.provider}", cases, 0).rstrip("\n")


REPORT_FORMATS: Final[Mapping[str, Callable[[RequestVerdicts], str]]] = {
    "text": _as_text,
    "json": _as_json,
    "github": _as_github,
    "sarif": _as_sarif,
    "junit": _as_junit,
}
"""Each form of a report, by the name that ``--format`` takes."""


def _rule(violation: Violation) -> str:
    return "" if violation.keyword == MORE else f" ({violation.rule})"


def _to_json(violation: Violation, told: RequestVerdicts) -> dict[str, Any]:
    return {
        "path": violation.pointer,
        "rule": violation.rule,
        "message": violation.message,
        "code": violation.code,
        "evidence": violation.evidence,
        "source": violation.source,
        "answer": None if told.answers or violation.keyword == "lint" else _answer(violation.code, told.provider),
    }


def _told(provider: str, answer: ProviderAnswer) -> list[str]:
    """What *provider* would answer, and what a poll finds at the job's end, as lines for people."""
    lines = [f"{provider} answers {answer.status} {legible(answer.body.decode())}"]
    if later := answer.later:
        lines.append(f"once the job has ended, {provider} answers {later.status} {legible(later.body.decode())}")
    return lines


def _answered(answer: ProviderAnswer) -> dict[str, Any]:
    told = {"status": answer.status, "headers": dict(answer.headers), "body": answer.json}
    return told | ({"later": _answered(answer.later)} if answer.later else {})


def _answer(code: str | None, provider: str) -> dict[str, Any] | None:
    """What the provider's catalogue of errors has for *code*, or for any invalid input, if it has either."""
    known = known_error(code, provider) if code else refusal_words(provider).get("invalid")
    if known is None:
        return None
    return {"error": known.name, "status": known.status, "in": list(known.places), "evidence": str(known.evidence)}


def _command(level: str, file: str, line: int, title: str, message: str) -> str:
    place = f"file={_property(file)},line={line}," if file != "-" else ""
    return f"::{level} {place}title={_property(title)}::{_data(legible(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
