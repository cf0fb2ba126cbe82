"""An examination as SARIF 2.1.0, the format in which code hosts take what tools have found."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from vidmock.contract.case import Case
from vidmock.contract.examination import Examination
from vidmock.contract.verdict import BAD, CaseReport, ScriptReport
from vidmock.reports.legal_text import legal
from vidmock.reports.sarif import file_place, sarif_log, sarif_message

_LEVELS: Final[Mapping[str, str]] = {"S1": "error", "S2": "error", "S3": "warning", "S4": "note"}
"""By the severity of a case."""


def to_sarif(told: Examination) -> dict[str, Any]:
    """As a log with a run: a rule for each case, and a result for each run of the client that went wrong.

    What was known to fail is suppressed. A defect of the kit is no result, but a notification of its own.
    """
    results = [
        _result(told, number, report, script)
        for number, report in enumerate(told.reports)
        for script in report.scripts
        if script.verdict in BAD and script.verdict != "kit error"
    ]
    broken = [
        f"{report.case.id}: {script.why}"
        for report in told.reports
        for script in report.scripts
        if script.verdict == "kit error"
    ]
    return sarif_log("vidmock check", [_rule(report.case) for report in told.reports], results, broken)


def _rule(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "shortDescription": sarif_message(case.asks),
        "fullDescription": sarif_message(case.must),
        "help": sarif_message(f"{case.must}\nSeen: {'; '.join(case.evidence)}."),
        "defaultConfiguration": {"level": _LEVELS[case.severity]},
        "properties": {"severity": case.severity},
    }


def _result(told: Examination, number: int, report: CaseReport, script: ScriptReport) -> dict[str, Any]:
    case, name = report.case, script.script.name
    said = [f"{finding.seen}: {finding}" for finding in script.findings] or [script.why]
    money = [f"{script.lost} USD were paid for nothing"] if script.lost else []
    happened = f"{case.asks} ({name})" if name else case.asks
    known = [{"kind": "external", "justification": "it is known to fail"}] if case.id in told.expected else []
    return {
        "ruleId": case.id,
        "ruleIndex": number,
        "level": _LEVELS[case.severity],
        "message": sarif_message("\n".join([happened, *said, *money, f"must: {case.must}"])),
        "locations": [_location(told.name)],
        "partialFingerprints": {"caseAndRun/v1": sha256(f"{told.name} {case.id} {name}".encode()).hexdigest()},
        "suppressions": known,
        "properties": {"lost": str(script.lost), "story": legal(script.story)},
    }


def _location(name: str) -> dict[str, Any]:
    """Where the client *name* is: its file, where it is named by one."""
    file, _, _ = name.rpartition(":")
    place: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": name}]}
    if file.endswith(".py"):
        place["physicalLocation"] = file_place(file)
    return place
