"""An examination as text, as JSON, as JUnit's XML, and its failures as scenarios that a server plays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vidmock.contract.examination import Examination
from vidmock.contract.verdict import BAD, VERDICTS, CaseReport, CaseVerdict, ScriptReport
from vidmock.reports.junit import JUnitCase, junit_suite

_WORD = re.compile(r"[^a-z0-9]+")
_MARKS: dict[CaseVerdict, str] = {"failed": "FAILED", "hung": "HUNG", "kit error": "KIT ERROR"}


def case_lines(report: CaseReport, number: int, count: int, *, expected: bool, stories: bool) -> Iterator[str]:
    """What is said of a case as it is done: of one that passed, a line."""
    verdict = _MARKS.get(report.verdict, report.verdict)
    lost = f", {report.lost} USD for nothing" if report.lost else ""
    known = ", as expected" if expected and report.verdict in BAD else ""
    yield f"[{number:>2}/{count}] {report.case.severity} {report.case.id:<9} {verdict}{known}{lost}"
    if report.why:
        yield f"         {report.why}"
    for script in report.scripts:
        if script.verdict == "passed":
            continue
        yield f"         {script.script.name or report.case.asks}{f': {script.why}' if script.why else ''}"
        yield from (f"           {finding.seen}: {finding}" for finding in script.findings)
        if stories and script.story:
            yield from (f"           | {line}" for line in script.story.splitlines())
    if report.verdict in BAD:
        yield f"         must: {report.case.must}"


def closing_lines(told: Examination) -> Iterator[str]:
    """The last lines: how many of each verdict, and what was paid for nothing."""
    counted = ", ".join(f"{len(found)} {verdict}" for verdict in VERDICTS if (found := told.of(verdict)))
    if told.stale:
        yield f"expected to fail, and did not; take out of the file: {', '.join(told.stale)}"
    yield f"{told.name} with {told.provider}: {counted}; {told.lost} USD for nothing, in {told.seconds:.0f} s"


def to_json(told: Examination) -> dict[str, Any]:
    """All of it, for programs."""
    return {
        "client": told.name,
        "provider": told.provider,
        "seconds": round(told.seconds, 3),
        "lost": str(told.lost),
        "stale": [*told.stale],
        "cases": [
            {
                "id": report.case.id,
                "severity": report.case.severity,
                "verdict": report.verdict,
                "wire": report.side("wire"),
                "told": report.side("told"),
                "expected": report.case.id in told.expected,
                "lost": str(report.lost),
                "why": report.why,
                "must": report.case.must,
                "evidence": [*report.case.evidence],
                "scripts": [_script_json(script) for script in report.scripts],
            }
            for report in told.reports
        ],
    }


def _script_json(script: ScriptReport) -> dict[str, Any]:
    return {
        "name": script.script.name,
        "verdict": script.verdict,
        "why": script.why,
        "findings": [{"seen": finding.seen, "what": finding.what} for finding in script.findings],
        "spent": str(script.spent),
        "lost": str(script.lost),
        "story": script.story,
    }


def to_junit(told: Examination) -> str:
    """As JUnit's XML, which CI services show."""
    cases = []
    for report in told.reports:
        case = JUnitCase(told.name, report.case.id, skipped=_skipped(report, told))
        if report in told.failures:
            details = "\n".join(case_lines(report, 1, 1, expected=False, stories=True))
            case = JUnitCase(told.name, report.case.id, report.case.must, details)
        cases.append(case)
    return junit_suite(f"vidmock check, {told.provider}", cases, told.seconds)


def _skipped(report: CaseReport, told: Examination) -> str:
    """Why a case says nothing; empty where it does."""
    if report.verdict in BAD:
        return "fails, as expected" if report.case.id in told.expected else ""
    return report.verdict if report.verdict != "passed" else ""


def save_scenarios(told: Examination, folder: Path) -> list[Path]:
    """A file for each script that failed, which ``vidmock serve --scenario FILE`` plays; returns them."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for report in told.reports:
        for script in report.scripts:
            if script.verdict in BAD:
                name = _WORD.sub("-", f"{report.case.id} {script.script.name}".lower()).strip("-")
                file = folder / f"{name}.json"
                file.write_text(json.dumps({"name": name, **script.script.played}, indent=2) + "\n", "utf-8")
                files.append(file)
    return files
