"""Writes what was measured as pages: a table of cases and clients, and what was seen of each that failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tests.scoreboard.clients import CLIENTS

from vidmock.contract.html_page import html_page, markup, story_cells, text, wide_table

CONTRACTS: Final = Path(__file__).resolve().parents[2] / "contracts"
DATA: Final = CONTRACTS / "scoreboard.json"
MARKDOWN: Final = CONTRACTS / "SCOREBOARD.md"
HTML: Final = CONTRACTS / "SCOREBOARD.html"
RED: Final = ("failed", "hung")
_TITLE: Final = "Scoreboard"
_ABOUT: Final = """
Clients that others make, unmodified from their registries, each tried with the cases of vidmock check by an adapter
that maps its errors and nothing else. The provider is an offline stand-in, and all time is its own.

A client that fails a case is not broken: hardly any provider says what clients owe to their callers when answers are
lost. A failure is marked with ○ where no page of the provider is known that asks for this; it is then what a careful
caller wishes.
""".strip().split("\n\n")
_KEY: Final = {
    "passed": "✓",
    "failed": "✗",
    "hung": "✗",
    "not applicable": "–",
    "not exercised": "·",
    "kit error": "?",
}
_SIGNS: Final = (
    "✓ it passed; ✗ it failed, with what was paid for nothing; – the case is not for it; · what was planned never came"
    " about; a blank: the case is younger than the measurement."
)
_NOTES: Final = {client.name: client.note for client in CLIENTS if client.note}
_AGAIN: Final = "python -m tests.scoreboard"


def board() -> dict[str, Any]:
    """What was measured, by the name of the client."""
    found: dict[str, Any] = json.loads(DATA.read_text("utf-8")) if DATA.exists() else {}
    return found


def write_pages() -> None:
    seen = board()
    MARKDOWN.write_text(to_markdown(seen), "utf-8")
    HTML.write_text(to_html(seen), "utf-8")


def to_markdown(seen: dict[str, Any]) -> str:
    lines = [
        f"# {_TITLE}",
        "",
        f"<!-- written by {_AGAIN} -->",
        "",
        *(line for part in _ABOUT for line in (" ".join(part.split()), "")),
    ]
    lines += [_SIGNS, "", "| client | version | provider | measured on | passed | failed | paid for nothing |"]
    lines += ["|---|---|---|---|---|---|---|"]
    lines += [f"| {' | '.join(_summary(name, entry))} |" for name, entry in seen.items()]
    lines += ["", f"| case | | what happens | {' | '.join(seen)} |", f"|---|---|---|{'---|' * len(seen)}"]
    lines += [f"| {case} | {' | '.join(_cells(case, seen))} |" for case in _ids(seen)]
    for name, entry in seen.items():
        lines += ["", f"## {name} {entry['version']}", "", *([note, ""] if (note := _NOTES.get(name)) else [])]
        for case, said in _failures(entry):
            right = f"Right is: {said['must']}{_duty(said, entry)}"
            lines.append(f"- **{case}**{_which(said)}: {_one_line(said['seen'])} {right}")
    lines += ["", "The shortest run that failed, with its times, is in [SCOREBOARD.html](SCOREBOARD.html).", ""]
    return "\n".join(lines)


def to_html(seen: dict[str, Any]) -> str:
    names = ("client", "version", "provider", "measured on", "passed", "failed", "paid for nothing")
    rows = [_line(*_summary(name, entry)) for name, entry in seen.items()]
    head = ["Case", "Severity", "What happens", *seen]
    cases = [_line(case, *_cells(case, seen)) for case in _ids(seen)]
    body = [
        markup("h1", _TITLE),
        *(markup("p", text(part)) for part in _ABOUT),
        wide_table("The clients", "The clients", names, rows),
        markup("h2", "The cases"),
        wide_table(_SIGNS, _SIGNS, head, cases),
        *(part for name, entry in seen.items() for part in _client(name, entry)),
    ]
    return html_page(f"{_TITLE}: vidmock check", markup("main", "\n".join(body)))


def _client(name: str, entry: dict[str, Any]) -> Iterator[str]:
    yield markup("h2", text(f"{name} {entry['version']}"))
    if name in _NOTES:
        yield markup("p", text(_NOTES[name]))
    for case, said in _failures(entry):
        story = [markup("tr", *(markup("td", text(cell)) for cell in story_cells(line))) for line in said["story"]]
        yield markup(
            "details",
            markup("summary", f"{case}{text(_which(said))}: {text(said['asks'])}"),
            markup("p", text(said["seen"])),
            markup("p", text(f"Right is: {said['must']}{_duty(said, entry)}"), class_="soft"),
            markup("table", markup("tbody", *story), class_="story", aria_label="What happened") if story else "",
        )


def _line(name: str, *cells: str) -> str:
    return markup("tr", markup("th", text(name), scope="row"), *(markup("td", text(cell)) for cell in cells), "\n")


def _summary(name: str, entry: dict[str, Any]) -> tuple[str, ...]:
    verdicts = [said["verdict"] for said in entry["cases"].values()]
    failed = sum(verdict in RED for verdict in verdicts)
    lost = sum((Decimal(said.get("lost", "0")) for said in entry["cases"].values()), Decimal(0))
    passed = str(verdicts.count("passed"))
    return name, entry["version"], entry["provider"], entry["date"], passed, str(failed), f"${lost:f}"


def _ids(seen: dict[str, Any]) -> list[str]:
    """The cases, in their order."""
    return [*dict.fromkeys(case for entry in seen.values() for case in entry["cases"])]


def _cells(case: str, seen: dict[str, Any]) -> tuple[str, ...]:
    told = next(entry["cases"][case] for entry in seen.values() if case in entry["cases"])
    return told["severity"], told["asks"], *(_cell(case, entry) for entry in seen.values())


def _cell(case: str, entry: dict[str, Any]) -> str:
    said = entry["cases"].get(case)
    if said is None:
        return ""
    sign = _KEY[said["verdict"]]
    if said["verdict"] not in RED:
        return sign
    lost = f" ${said['lost']}" if Decimal(said["lost"]) else ""
    return f"{sign}{lost}{'' if _duty(said, entry) else ' ○'}"


def _failures(entry: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((case, said) for case, said in entry["cases"].items() if said["verdict"] in RED)


def _which(said: dict[str, Any]) -> str:
    return f" ({said['run']})" if said["run"] else ""


def _duty(said: dict[str, Any], entry: dict[str, Any]) -> str:
    source = said["documented"].get(entry["provider"])
    return f" ({source})" if source else ""


def _one_line(seen: str) -> str:
    """As it stands in Markdown, on a line."""
    plain = " ".join(seen.split()).replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_").replace("|", "\\|")
    return plain if plain.endswith(".") else f"{plain}."
