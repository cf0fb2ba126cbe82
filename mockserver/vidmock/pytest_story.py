"""What the plugin tells of each test: properties for JUnit, a page of HTML, annotations and a summary for Actions.

pytest imports it at every start, so the rest of vidmock is imported only where it is needed. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.pytest_worlds import worlds_of

if TYPE_CHECKING:
    from decimal import Decimal

_MOST_TOLD = 20
"""Failed tests whose stories stand in the summary of a job, which has a bound of 1 MiB."""
_MOST_LINES = 40
_WORDS = {"passed": "✓ passed", "failed": "✗ failed", "skipped": "– skipped"}


@dataclass(slots=True)
class _Test:
    """How a test ended, what its mocks were asked and cost, by fixture, and why it failed, if it did."""

    name: str
    outcome: str = "passed"
    failure: str = ""
    file: str = ""
    line: int = 1
    accounts: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Told:
    tests: dict[str, _Test] = field(default_factory=dict)
    jobs: int = 0


TOLD: pytest.StashKey[_Told] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("vidmock").addoption(
        "--vidmock-html", metavar="FILE", help="write a page: each test with its money, jobs and story"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TOLD] = _Told()
    page = config.getoption("vidmock_html")
    if page and not Path(page).absolute().parent.is_dir():
        raise pytest.UsageError(f"--vidmock-html: there is no folder {Path(page).absolute().parent}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    accounts = []
    if call.when == "call" or (call.when == "setup" and call.excinfo is not None):
        accounts = [_account(name, world, seed) for name, (world, seed) in worlds_of(item).items()]
        for account in accounts:
            if account["fixture"] == "vidmock":
                told = ("seed", "jobs", "spent", "wasted")
                item.user_properties += [(f"vidmock_{name}", account[name]) for name in told]
    outcome: Any = yield
    # A process of pytest-xdist sends every member of a report to the one that writes.
    outcome.get_result().vidmock_accounts = accounts


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if _CONFIG.told is None:
        return
    test = _CONFIG.told.tests.setdefault(report.nodeid, _Test(report.nodeid))
    test.accounts += getattr(report, "vidmock_accounts", [])
    if report.failed or (report.skipped and test.outcome == "passed"):
        test.outcome = report.outcome
    if report.failed:
        test.failure = report.longreprtext
        crash = getattr(report.longrepr, "reprcrash", None)
        file, line, _ = report.location
        test.file, test.line = (crash.path, crash.lineno) if crash else (file, (line or 0) + 1)


@dataclass(slots=True)
class _Config:
    """This run's, for the hook that is given none."""

    told: _Told | None = None


_CONFIG = _Config()


def pytest_sessionstart(session: pytest.Session) -> None:
    worker = hasattr(session.config, "workerinput")
    _CONFIG.told = None if worker else session.config.stash[TOLD]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    told, config = session.config.stash[TOLD], session.config
    if hasattr(config, "workerinput"):
        return
    if page := config.getoption("vidmock_html"):
        Path(page).write_text(_page(told), "utf-8")
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and any(test.accounts for test in told.tests.values()):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(_summary(told))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if page := config.getoption("vidmock_html"):
        terminalreporter.write_line(f"vidmock: the page is {page}")
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from vidmock.reports.actions import annotation

    for test in _failed(config.stash[TOLD]):
        told = f"{_last_line(test.failure)}\n{_money(test)}"
        file = _from_here(test.file, os.environ.get("GITHUB_WORKSPACE") or str(config.rootpath), str(config.rootpath))
        terminalreporter.write_line(annotation("error", told, file=file, line=test.line, title=test.name))


def _account(name: str, world: Any, seed: int) -> dict[str, str]:
    ledger = world.ledger
    return {
        "fixture": name,
        "seed": str(seed),
        "jobs": str(len(world.jobs)),
        "spent": f"{ledger.spent:f}",
        "wasted": f"{ledger.wasted:f}",
        "story": world.timeline(),
    }


def _failed(told: _Told) -> list[_Test]:
    return [test for test in told.tests.values() if test.outcome == "failed" and test.accounts]


def _sum(told: _Told, what: str) -> str:
    """Of the tests' own worlds: a wider one is told of by each of its tests."""
    from decimal import Decimal

    own = (
        account[what] for test in told.tests.values() for account in test.accounts if account["fixture"] == "vidmock"
    )
    return _dollars(sum(map(Decimal, own), Decimal(0)))


def _money(test: _Test) -> str:
    return "; ".join(
        f"{each['fixture']}: {_dollars(each['spent'])} spent, {_dollars(each['wasted'])} wasted, seed {each['seed']}"
        for each in test.accounts
    )


def _dollars(amount: str | Decimal) -> str:
    from decimal import Decimal

    from vidmock.schema.dollars import dollars

    return dollars(Decimal(amount))


def _last_line(failure: str) -> str:
    lines = [line[1:].strip() for line in failure.splitlines() if line.startswith("E ")]
    return lines[0] if lines else failure.strip().rpartition("\n")[2]


def _from_here(file: str, *roots: str) -> str:
    for root in roots:
        if Path(file).is_relative_to(root):
            return Path(file).relative_to(root).as_posix()
    return Path(file).as_posix()


def _summary(told: _Told) -> str:
    """Markdown, in which what a test has said stands between fences that it does not have."""
    failed = _failed(told)
    mocked = sum(bool(test.accounts) for test in told.tests.values())
    lines = [
        "## vidmock",
        "",
        "| tests with a mock | failed | spent | wasted |",
        "|--:|--:|--:|--:|",
        f"| {mocked} | {len(failed)} | {_sum(told, 'spent')} | {_sum(told, 'wasted')} |",
        "",
    ]
    for test in failed[:_MOST_TOLD]:
        story = "\n".join(line for each in test.accounts for line in each["story"].splitlines()[-_MOST_LINES:])
        said = f"{_last_line(test.failure)}\n{_money(test)}\n\n{story}"
        fence = "`" * max(4, said.count("`") + 1)
        lines += [f"{fence}text", test.name, said, fence, ""]
    return "\n".join(lines) + "\n"


def _page(told: _Told) -> str:
    from datetime import UTC, datetime

    from vidmock.reports.html_page import html_page, markup, text, wide_table

    shown = [test for test in told.tests.values() if test.accounts or test.outcome == "failed"]
    numbers = (
        ("tests", str(len(told.tests))),
        ("with a mock", str(sum(bool(test.accounts) for test in shown))),
        ("failed", str(sum(test.outcome == "failed" for test in shown))),
        ("spent", _sum(told, "spent")),
        ("wasted", _sum(told, "wasted")),
    )
    tally = markup(
        "dl", *(markup("div", markup("dt", name), markup("dd", said)) for name, said in numbers), class_="tally"
    )
    names = ("Outcome", "Jobs", "Test", "Spent", "Wasted", "Seed")
    rows = (_row(number, test) for number, test in enumerate(shown))
    caption = "The tests that had a mock, and those that failed. Spent is what the providers would have asked for."
    head = markup(
        "header", markup("h1", "vidmock: a run of pytest"), markup("p", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    )
    body = markup(
        "main",
        tally,
        wide_table(text(caption), "The tests", names, rows),
        markup("h2", "Their stories"),
        *(_story(number, test) for number, test in enumerate(shown)),
    )
    return html_page("vidmock: a run of pytest", f"{head}\n{body}")


def _row(number: int, test: _Test) -> str:
    from vidmock.reports.html_page import markup, text

    def cell(what: str, shown: Callable[[str], str] = str) -> str:
        said = "\n".join(shown(account[what]) for account in test.accounts)
        return markup("td", text(said), class_="money")

    return markup(
        "tr",
        markup("th", _WORDS.get(test.outcome, test.outcome), scope="row", class_=test.outcome),
        cell("jobs"),
        markup("td", markup("a", text(test.name), href=f"#t{number}")),
        cell("spent", _dollars),
        cell("wasted", _dollars),
        cell("seed"),
        "\n",
    )


def _story(number: int, test: _Test) -> str:
    from vidmock.reports.html_page import markup, story_cells, text

    tables = []
    for account in test.accounts:
        lines = (map(text, story_cells(line)) for line in account["story"].splitlines())
        rows = (markup("tr", *(markup("td", said) for said in cells)) for cells in lines)
        tables.append(markup("table", markup("caption", text(account["fixture"])), *rows, class_="story"))
    failure = markup("pre", markup("code", text(test.failure))) if test.failure else ""
    summary = markup("summary", text(f"{_WORDS.get(test.outcome, test.outcome)} {test.name}"), class_=test.outcome)
    opened = {"open": "open"} if test.outcome == "failed" else {}
    return markup("details", summary, failure, *tables, id=f"t{number}", **opened)
