"""Who may import whom: the one place that says it, which tests enforce and the tables of pages are written from.

``python -m tests.import_rules`` writes the tables anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
PAGES = (TOP / "README.md", TOP / "ARCHITECTURE.md")
_TABLE = re.compile(r"(<!-- begin: (\w+) imports[^>]*-->\n).*?(<!-- end: \2 imports -->)", re.DOTALL)


@dataclass(frozen=True)
class Part:
    """What a part of the package *knows*, and the parts of *ours* and packages of *theirs* that it may import.

    A part may always import itself. *why* is what a reader should know of the rule.
    """

    knows: str
    ours: frozenset[str] = frozenset()
    theirs: frozenset[str] = frozenset()
    why: str = ""


def _part(knows: str, ours: str = "", theirs: str = "", why: str = "") -> Part:
    return Part(knows, frozenset(ours.split()), frozenset(theirs.split()), why)


PARTS: Mapping[str, Part] = {
    "problems": _part("what can go wrong, as one family of exceptions"),
    "resources": _part("where schemas, contracts and fixtures are, in a wheel and in a checkout"),
    "strict_json": _part("JSON without NaN, Infinity and duplicate keys", "problems"),
    "user_files": _part("JSON that people write, and what to tell them of it", "problems strict_json"),
    "located_file": _part("files that people write, with the line of each part", "user_files problems strict_json"),
    "reports": _part("what tools report, as SARIF and as JUnit's XML"),
    "progress": _part("the line on a terminal that says how far something is"),
    "media": _part("how to write MP4, MOV and WebM, and to read the headers of clips and pictures", "resources"),
    "schema": _part(
        "models, rules, prices, errors, behaviours",
        "media problems resources strict_json user_files located_file",
        "hypothesis",
    ),
    "strategies": _part("requests for property tests", "schema", "hypothesis"),
    "importer": _part(
        "providers' pages of models, and how they become schema files",
        "media problems resources schema strict_json",
        why="loaded by `vidmock import` alone",
    ),
    "engine": _part(
        "time, jobs, money, faults, deliveries; no wire format",
        "schema media problems resources strict_json located_file",
    ),
    "providers": _part(
        "wire formats, one package a provider", "engine schema media problems strict_json", "starlette cryptography"
    ),
    "interception": _part("the variables and preloads that lead unmodified programs here"),
    "state": _part("what keeps worlds outside of the process", "engine problems", "redis"),
    "server": _part(
        "sockets, and the control API",
        "interception state providers engine schema media problems resources strict_json",
        "starlette uvicorn uvloop httptools httpx websockets cryptography prometheus_client",
    ),
    "testing": _part(
        "handles, assertions and virtual time for Python",
        "interception server engine schema problems",
        "httpx cryptography",
    ),
    "kit": _part(
        "how to drive a client",
        "problems schema",
        "httpx hypothesis",
        "never the engine, so it also runs against a remote server",
    ),
    "integrity": _part(
        "many clients of a server at once, and what must hold of it, judged from outside",
        "kit media progress",
        "httpx",
        "never the engine, so it also judges a remote server",
    ),
    "contract": _part(
        "cases that a client must survive, and the runs that try them",
        "kit testing providers engine schema media problems resources strict_json located_file reports",
        "httpx hypothesis",
        why="the only part that knows both how to drive a client and the mock that it is driven against",
    ),
    "cli": _part(
        "commands",
        "interception server state providers engine schema media problems user_files located_file contract kit importer"
        " resources strict_json reports progress",
    ),
}
"""By top-level name, from the ground up."""

ROOMS: Mapping[str, Mapping[str, Part]] = {
    "engine": {
        "money": _part("amounts in USD as text"),
        "changes": _part("what has changed in a world since it was kept"),
        "codec": _part("values as JSON-able data and back", "money"),
        "memory": _part("how much all worlds hold, and its bound", "changes"),
        "bounded_log": _part("the newest of something, bounded by number and bytes", "memory"),
        "time": _part("clocks, what is planned on them, lengths of time as people write them", "changes"),
        "jobs": _part(
            "a job, its timeline, its video; the job store and the ledger", "changes time codec money memory"
        ),
        "faults": _part("effects, rules, and the ways in which people write them", "changes jobs time codec"),
        "webhooks": _part(
            "deliveries, their outbox, and what a fault makes of a message", "faults codec memory bounded_log"
        ),
        "world": _part(
            "all that belongs to one key, and the registry of all worlds",
            "changes webhooks faults jobs time codec memory bounded_log",
        ),
        "service": _part("what providers call: submit, find, wait, cancel, retry", "world webhooks faults jobs time"),
        "scenario": _part("files that set up a world", "world faults jobs time"),
        "snapshot": _part("a world as plain data, and back", "changes service world webhooks faults jobs time codec"),
    },
    "providers": {
        "exchange": _part("what one request and its answer are made of"),
        "fal": _part("fal's queue, streams, storage, platform", "exchange"),
        "runpod": _part("RunPod's queue endpoints", "exchange"),
        "runware": _part("Runware's tasks, by REST and WebSocket", "exchange"),
        "eachlabs": _part("Eachlabs' predictions", "exchange"),
    },
}
"""The rooms inside of a part, each with the other rooms of that part that it may import."""


def table(name: str) -> str:
    """The rows of *name*: ``part`` for all parts, else the rooms of that part."""
    parts = PARTS if name == "part" else ROOMS[name]
    lines = [f"| {'package' if name == 'part' else 'room'} | knows | may import |", "|---|---|---|"]
    below: set[str] = set()
    for title, part in parts.items():
        lines.append(f"| `{title}` | {part.knows} | {_told(part, below)}{part.why and ': '}{part.why} |")
        below.add(title)
    return "\n".join(lines) + "\n"


def _told(part: Part, below: set[str]) -> str:
    ours = "all of these" if part.ours == below and below else ", ".join(f"`{name}`" for name in sorted(part.ours))
    return ", ".join(filter(None, (ours, ", ".join(sorted(part.theirs))))) or "nothing"


def with_tables(page: str) -> str:
    """*page* with each generated table as it is now."""
    return _TABLE.sub(lambda match: f"{match[1]}\n{table(match[2])}\n{match[3]}", page)


if __name__ == "__main__":
    for file in PAGES:
        file.write_text(with_tables(file.read_text("utf-8")), "utf-8")
