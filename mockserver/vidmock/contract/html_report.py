"""An examination as a page of HTML: the cases and their runs, and of each run its story, with times and money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

import vidmock
from vidmock.contract.examination import Examination
from vidmock.contract.verdict import BAD, VERDICTS, CaseReport, CaseVerdict, ScriptReport
from vidmock.reports.html_page import html_page, markup, story_cells, text, wide_table
from vidmock.schema.dollars import dollars

_SIGNS: Final[dict[CaseVerdict, str]] = {"passed": "✓", "failed": "✗", "hung": "✗"}
"""Beside the word, so that no colour has to be seen."""
_SEVERITY: Final = (
    "S1: money or secrets are lost. S2: a result is lost or wrong. S3: it hangs, or asks too often. S4: a poor message."
)


def to_html(told: Examination, day: date) -> str:
    """As a page that can be published, of the *day* on which it was made."""
    title = f"{told.name} with {told.provider}"
    head = markup(
        "header",
        markup("h1", text(title)),
        markup("p", text(f"What vidmock {vidmock.__version__} saw it do on {day}, offline, where a provider fails.")),
        _tally(told),
    )
    tried = [report for report in told.reports if report.scripts]
    main = markup("main", _matrix(told), markup("h2", "The runs"), *(_case(report) for report in tried))
    return html_page(f"{title}: vidmock check", f"{head}\n{main}")


def _tally(told: Examination) -> str:
    counted = [(verdict, str(len(found))) for verdict in VERDICTS if (found := told.of(verdict))]
    shown = [*counted, ("paid for nothing", dollars(told.lost))]
    return markup(
        "dl", *(markup("div", markup("dt", name), markup("dd", value)) for name, value in shown), class_="tally"
    )


def _matrix(told: Examination) -> str:
    names = ("Case", "Severity", "What happens", "Verdict", "Wire", "Told", "Paid for nothing", "Runs")
    caption = f"{_SEVERITY} Wire is by calls and money alone, told is what the caller learned."
    rows = (_row(report, told) for report in told.reports)
    return markup("section", markup("h2", "The cases"), wide_table(caption, "The cases", names, rows))


def _row(report: CaseReport, told: Examination) -> str:
    case = report.case
    name = markup("a", case.id, href=f"#{case.id}") if report.scripts else case.id
    runs = markup("ul", *(markup("li", _link(report, script)) for script in report.scripts), class_="runs")
    return markup(
        "tr",
        markup("th", name, scope="row"),
        markup("td", case.severity),
        markup("td", text(case.asks)),
        markup("td", _verdict(report.verdict, expected=case.id in told.expected)),
        markup("td", _verdict(report.side("wire"))),
        markup("td", _verdict(report.side("told"))),
        markup("td", dollars(report.lost) if report.lost else "", class_="money"),
        markup("td", runs if report.scripts else markup("span", text(report.why), class_="soft")),
        "\n",
    )


def _link(report: CaseReport, script: ScriptReport) -> str:
    name = script.script.name or "as it is"
    return markup("a", f"{_SIGNS.get(script.verdict, '–')} {text(name)}", href=f"#{_anchor(report, script)}")


def _case(report: CaseReport) -> str:
    case = report.case
    return markup(
        "section",
        markup("h3", f"{case.id}: {text(case.asks)}"),
        markup("p", text(case.must), " ", markup("span", text(f"Seen: {'; '.join(case.evidence)}."), class_="soft")),
        *(_run(report, script) for script in report.scripts),
        "\n",
        id=case.id,
    )


def _run(report: CaseReport, script: ScriptReport) -> str:
    money = f", {dollars(script.spent)} paid" if script.spent else ""
    lost = f", {dollars(script.lost)} of it for nothing" if script.lost else ""
    name = script.script.name or "the run"
    opened = {"open": "open"} if script.verdict in BAD else {}
    return markup(
        "details",
        markup("summary", text(f"{name}: "), _verdict(script.verdict), text(f"{money}{lost}")),
        markup("p", text(script.why)) if script.why else "",
        markup("ul", *(markup("li", text(f"{finding.seen}: {finding}")) for finding in script.findings))
        if script.findings
        else "",
        markup("table", markup("tbody", *_story(script.story)), class_="story", aria_label=f"What happened: {name}")
        if script.story
        else "",
        id=_anchor(report, script),
        **opened,
    )


def _story(story: str) -> Iterator[str]:
    for line in story.splitlines():
        moment, what = story_cells(line)
        kind = "fault" if "   fault " in what else "charge" if " is charged " in what else ""
        yield markup("tr", markup("td", text(moment)), markup("td", text(what)), class_=kind)


def _verdict(verdict: CaseVerdict, *, expected: bool = False) -> str:
    sign = f"{_SIGNS[verdict]} " if verdict in _SIGNS else ""
    known = ", as expected" if expected and verdict in BAD else ""
    return markup("span", f"{sign}{verdict}{known}", class_=verdict.replace(" ", "-"))


def _anchor(report: CaseReport, script: ScriptReport) -> str:
    number = next(number for number, each in enumerate(report.scripts, 1) if each is script)
    return f"{report.case.id}.{number}"
