"""Writes what was measured as pages: a table of cases and clients, and what was seen of each that failed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tests.scoreboard.clients import CLIENTS, NOT_TRIED

from vidmock.reports.html_page import html_page, markup, story_cells, text, wide_table

CONTRACTS: Final = Path(__file__).resolve().parents[2] / "contracts"
DATA: Final = CONTRACTS / "scoreboard.json"
MARKDOWN: Final = CONTRACTS / "SCOREBOARD.md"
HTML: Final = CONTRACTS / "SCOREBOARD.html"
RED: Final = ("failed", "hung")
_TITLE: Final = "Scoreboard"
_ABOUT: Final = """
Clients that others make, unmodified from their registries, each tried with the cases of vidmock check by an adapter
that maps its errors and nothing else. The provider is an offline stand-in. Clients in its own Python live by its clock;
the others are programs in real time, where jobs take seconds, and cases that would take minutes are not for them.

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
    numbered = [*enumerate(seen.items(), 1)]
    lines = [
        f"# {_TITLE}",
        "",
        f"<!-- written by {_AGAIN} -->",
        "",
        *(line for part in _ABOUT for line in (" ".join(part.split()), "")),
    ]
    lines += ["| | client | version | provider | measured on | passed | failed | paid for nothing |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    lines += [f"| {number} | {' | '.join(_summary(name, entry))} |" for number, (name, entry) in numbered]
    lines += ["", "Not tried:", "", *(f"- {name}: {why}" for name, why in NOT_TRIED.items())]
    heads = (str(number) for number, _ in numbered)
    lines += ["", _SIGNS, "", f"| case | | what happens | {' | '.join(heads)} |", f"|---|---|---|{'---|' * len(seen)}"]
    lines += [f"| {case} | {' | '.join((*_asks(case, seen), *_cells(case, seen)))} |" for case in _ids(seen)]
    for number, (name, entry) in numbered:
        note = _NOTES.get(name)
        lines += ["", f"## {number}. {name} {entry['version']}", "", *([note, ""] if note else [])]
        for case, said in _failures(entry):
            right = f"Right is: {said['must']}{_duty(said, entry)}"
            lines.append(f"- **{case}**{_which(said)}: {_one_line(said['seen'])} {right}")
    lines += ["", "The shortest run that failed, with its times, is in [SCOREBOARD.html](SCOREBOARD.html).", ""]
    return "\n".join(lines)


def to_html(seen: dict[str, Any]) -> str:
    names = ("client", "version", "provider", "measured on", "passed", "failed", "paid for nothing")
    rows = [_line(_link(name), *(text(cell) for cell in rest)) for name, *rest in map(_summary, seen, seen.values())]
    body = [
        markup("h1", _TITLE),
        *(markup("p", text(part)) for part in _ABOUT),
        wide_table("The clients", "The clients", names, rows, class_="clients"),
        markup("p", "Not tried:"),
        markup("ul", *(markup("li", text(f"{name}: {why}")) for name, why in NOT_TRIED.items())),
        markup("h2", "The cases"),
        wide_table(_SIGNS, "The cases", ("Case", *seen), [_row(case, seen) for case in _ids(seen)], class_="board"),
        *(part for name, entry in seen.items() for part in _client(name, entry)),
    ]
    return html_page(f"{_TITLE}: vidmock check", markup("main", "\n".join(body)))


def _row(case: str, seen: dict[str, Any]) -> str:
    severity, asks = _asks(case, seen)
    head = f"{text(case)} {text(severity)} {markup('span', text(asks), class_='soft')}"
    return _line(head, *(_html_cell(cell) for cell in _cells(case, seen)))


def _html_cell(cell: str) -> str:
    sign, found, lost = cell.partition(" $")
    shown = markup("b", text(sign), class_="failed") if "✗" in sign else text(sign)
    return f"{shown} {markup('small', text(f'${lost}'))}" if found else shown


def _client(name: str, entry: dict[str, Any]) -> Iterator[str]:
    yield markup("h2", text(f"{name} {entry['version']}"), id=_anchor(name))
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


def _link(name: str) -> str:
    return markup("a", text(name), href=f"#{_anchor(name)}")


def _anchor(name: str) -> str:
    return re.sub(r"\W+", "-", name).strip("-")


def _line(name: str, *cells: str) -> str:
    """A row of HTML, which *name* and *cells* are."""
    return markup("tr", markup("th", name, scope="row"), *(markup("td", cell) for cell in cells), "\n")


def _summary(name: str, entry: dict[str, Any]) -> tuple[str, ...]:
    verdicts = [said["verdict"] for said in entry["cases"].values()]
    failed = sum(verdict in RED for verdict in verdicts)
    lost = sum((Decimal(said.get("lost", "0")) for said in entry["cases"].values()), Decimal(0))
    passed = str(verdicts.count("passed"))
    return name, entry["version"], entry["provider"], entry["date"], passed, str(failed), f"${lost:f}"


def _ids(seen: dict[str, Any]) -> list[str]:
    """The cases, in their order."""
    return [*dict.fromkeys(case for entry in seen.values() for case in entry["cases"])]


def _asks(case: str, seen: dict[str, Any]) -> tuple[str, str]:
    """How severe *case* is, and what happens."""
    told = next(entry["cases"][case] for entry in seen.values() if case in entry["cases"])
    return told["severity"], told["asks"]


def _cells(case: str, seen: dict[str, Any]) -> tuple[str, ...]:
    return tuple(_cell(case, entry) for entry in seen.values())


def _cell(case: str, entry: dict[str, Any]) -> str:
    said = entry["cases"].get(case)
    if said is None:
        return ""
    sign = _KEY[said["verdict"]]
    if said["verdict"] not in RED:
        return sign
    lost = f" ${said['lost']}" if Decimal(said["lost"]) else ""
    return f"{sign}{'' if _duty(said, entry) else '○'}{lost}"


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
