"""``vidmock check``: finds out where a client loses money or videos, offline."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vidmock.cli.checked_model import add_checked_model_options, checked_model
from vidmock.cli.client_under_test import add_client_options, client_name, client_under_test
from vidmock.cli.output import legible, say
from vidmock.contract import report as reports
from vidmock.contract.asked_model import asking
from vidmock.contract.case import Case, Feature
from vidmock.contract.case_files import find_cases, read_cases, shipped_cases
from vidmock.contract.examination import Examination, examine
from vidmock.contract.history_files import save_history
from vidmock.contract.html_report import to_html
from vidmock.contract.paid_calls import PaidCall
from vidmock.contract.sarif_report import to_sarif
from vidmock.contract.standing_sets import required_cases
from vidmock.contract.tried import RunsScripts, Tried
from vidmock.contract.verdict import BAD, CaseReport
from vidmock.kit.wire import WIRES
from vidmock.problems import BadRequest
from vidmock.progress import Progress
from vidmock.reports.legal_text import well_formed
from vidmock.user_files import read_user_file

if TYPE_CHECKING:
    from vidmock.contract.search import HistorySearch

_HISTORIES = 100
"""Drawn by a search where nobody says another number."""
SEVERITIES = ("S1", "S2", "S3", "S4")
_KIT_ERROR = 3
"""The exit code where the kit itself is wrong: that says nothing of the client."""
EXAMPLES = (
    "vidmock check client.py:Client --provider fal --case POLL-01",
    'vidmock check --run "python app.py" --provider fal --case POLL-01',
    "vidmock check client.py:Client --provider fal --case SPEND-01 --junit report.xml",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument_group(
        "exit codes",
        "0: nothing is wrong but what was expected; 1: something is; 2: it cannot be tried; 3: the kit is wrong",
    )
    add_client_options(parser)
    parser.add_argument("--provider", required=True, choices=sorted(WIRES), help="the API that the client speaks")
    add_checked_model_options(parser)
    option = parser.add_argument_group("which cases").add_argument
    option(
        "--case",
        action="append",
        metavar="ID",
        help="only this case, or those of a kind: POLL-01, POLL (may be repeated)",
    )
    option("--cases", metavar="FILE", help="the cases of this file, and not those that come with vidmock")
    option(
        "--search",
        nargs="?",
        type=_count,
        const=_HISTORIES,
        metavar="N",
        help=f"also draw N histories ({_HISTORIES}): failures, delays, deadlines and calls in a row; needs Hypothesis",
    )
    option("--severity", choices=SEVERITIES, default="S4", help="only cases that are at least so severe")
    option(
        "--expected-failures",
        metavar="FILE",
        help="the ids of cases that are known to fail, a line each; # begins a comment",
    )
    option(
        "--requirements",
        metavar="SET",
        help="only the cases of this set, which later versions do not add to: 2026-11",
    )
    option = parser.add_argument_group("reports").add_argument
    option("--stories", action="store_true", help="tell each run that failed, with its times")
    option("--json", metavar="FILE", help="write a report for programs; - for standard output, and nothing else")
    option("--junit", metavar="FILE", help="write a report for CI services")
    option("--sarif", metavar="FILE", help="write a report in SARIF 2.1.0, for code hosts")
    option("--html", metavar="FILE", help="write a page that needs nothing but itself, to be published")
    option("--save", metavar="FOLDER", help="write a scenario for each run that failed, to be played by serve")


def run(arguments: argparse.Namespace) -> int:
    known = read_cases(Path(arguments.cases)) if arguments.cases else shipped_cases()
    cases = _wanted(arguments, known)
    expected = _expected(arguments.expected_failures, cases, known)
    paid = checked_model(arguments)
    cases = tuple(asking(case, paid) for case in cases) if paid else cases
    with client_under_test(arguments, paid) as (tried, features), Progress(sys.stderr) as progress:
        told = _examined(arguments, tried, features, cases, expected, paid, progress)
    if arguments.json != "-":
        for line in reports.closing_lines(told):
            say(line)
    if told.of("kit error"):
        return _KIT_ERROR
    return 1 if told.failures or told.stale else 0


def _examined(
    arguments: argparse.Namespace,
    tried: Tried,
    features: frozenset[Feature],
    cases: tuple[Case, ...],
    expected: frozenset[str],
    paid: PaidCall | None,
    progress: Progress,
) -> Examination:
    """Try all of *cases*, and what is drawn, with a line for each as it is done; write the reports."""
    search = _search(arguments, tried, features, paid) if arguments.search else None
    quiet, count, done, failed = arguments.json == "-", len(cases) + bool(search), 0, 0
    progress.show(f"check: 0 of {count} cases")

    def tell(report: CaseReport) -> None:
        nonlocal done, failed
        done += 1
        is_expected = report.case.id in expected
        failed += report.verdict in BAD and not is_expected
        if not quiet:
            progress.erase()
            stories = arguments.stories or done > len(cases)
            for line in reports.case_lines(report, done, count, expected=is_expected, stories=stories):
                print(legible(line), flush=True)
        progress.show(f"check: {done} of {count} cases{f', {failed} failed' if failed else ''}")

    told = examine(client_name(arguments), arguments.provider, tried, features, cases, expected, tell)
    if search:
        found = search.run(arguments.search)
        tell(found)
        told = replace(told, reports=(*told.reports, found))
    progress.erase()
    _write(told, arguments)
    if arguments.save and search and search.told:
        for file in save_history(search.told, arguments.client, arguments.provider, Path(arguments.save)):
            if not quiet:
                say(f"what the search found: {file}")
    return told


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of histories, from 1 on")
    return int(text)


def _search(
    arguments: argparse.Namespace, tried: Tried, features: frozenset[Feature], paid: PaidCall | None
) -> HistorySearch:
    if arguments.client is None or isinstance(tried, RunsScripts):
        raise BadRequest("--search is for a client in Python: a history may take minutes of real time")
    try:
        from vidmock.contract.search import HistorySearch
    except ImportError as missing:
        raise BadRequest(f"--search needs Hypothesis ({missing}): pip install hypothesis") from missing
    return HistorySearch(arguments.provider, tried, features, paid)


def _wanted(arguments: argparse.Namespace, known: tuple[Case, ...]) -> tuple[Case, ...]:
    named = [case for wanted in arguments.case or () for case in find_cases(wanted, known)]
    severe = SEVERITIES[: SEVERITIES.index(arguments.severity) + 1]
    found = tuple(case for case in known if case.severity in severe and (case in named or not arguments.case))
    if arguments.requirements:
        required = required_cases(arguments.requirements)
        found = tuple(case for case in found if case.id in required)
    if not found:
        among = f" and in {arguments.requirements}" if arguments.requirements else ""
        raise BadRequest(f"no case that is asked for is {arguments.severity} or worse{among}")
    return found


def _expected(file: str | None, cases: tuple[Case, ...], known: tuple[Case, ...]) -> frozenset[str]:
    """The ids in *file*, as far as they are of *cases*. Raises BadRequest: there is no such case."""
    if file is None:
        return frozenset()
    lines = read_user_file(Path(file)).decode("utf-8", "replace").splitlines()
    there = {case.id for case in known}
    ids = {word: number for number, line in enumerate(lines, 1) if (word := line.partition("#")[0].strip())}
    for word, number in ids.items():
        if word not in there:
            raise BadRequest(f"{file}, line {number}: there is no case {word!r}")
    return frozenset(ids) & {case.id for case in cases}


def _write(told: Examination, arguments: argparse.Namespace) -> None:
    if arguments.json:
        text = well_formed(json.dumps(reports.to_json(told), indent=2, ensure_ascii=False))
        if arguments.json == "-":
            say(text)
        else:
            Path(arguments.json).write_text(text + "\n", "utf-8")
    if arguments.junit:
        Path(arguments.junit).write_text(reports.to_junit(told), "utf-8", "replace")
    if arguments.sarif:
        Path(arguments.sarif).write_text(
            json.dumps(to_sarif(told), indent=2, ensure_ascii=False) + "\n", "utf-8", "replace"
        )
    if arguments.html:
        Path(arguments.html).write_text(to_html(told, datetime.now(UTC).date()), "utf-8", "replace")
    if arguments.save:
        for file in reports.save_scenarios(told, Path(arguments.save)):
            if arguments.json != "-":
                say(f"to play it: vidmock serve --scenario {file}")
