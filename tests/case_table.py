"""The tables in docs/contract.md: of the cases in contracts/cases, and of what contracts/not-covered.yaml has.

``python -m tests.case_table`` writes it anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from vidmock import resources
from vidmock.contract.case import Case
from vidmock.contract.case_files import shipped_cases
from vidmock.kit.wire import WIRES
from vidmock.located_file import read_located

PAGE = Path(__file__).resolve().parents[1] / "docs" / "contract.md"


def with_tables(page: str) -> str:
    """*page* with the cases, and what is none, as they are now."""
    reasons = ["| check | why it is no case |", "|---|---|"]
    reasons += [f"| {check} | {reason} |" for check, reason in sorted(not_covered().items())]
    return _with_table("not covered", reasons, _with_table("cases", _cases(), page))


def not_covered() -> Mapping[str, str]:
    """The checks of clients that are no case, and why."""
    reasons, _ = read_located(resources.folder("contracts") / "not-covered.yaml")
    return dict(reasons)


def _with_table(name: str, lines: Sequence[str], page: str) -> str:
    """*page* with *lines* as its table of that *name*."""
    place = re.compile(rf"(<!-- begin: {name} [^>]*-->\n).*?(<!-- end: {name} -->)", re.DOTALL)
    table = "\n".join(lines)
    return place.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", page)


def _cases() -> list[str]:
    rows = ["| case | | what happens | what must hold | with | seen |", "|---|---|---|---|---|---|"]
    rows += [
        f"| {case.id} | {case.severity} | {case.asks} | {case.must} | {_with(case)} | {'; '.join(case.evidence)} |"
        for case in shipped_cases()
    ]
    return rows


def _with(case: Case) -> str:
    """The providers of *case*, unless it is for all, and what a client needs for it."""
    names = {name for script in case.scripts for name in script.providers}
    listed = [] if names == {*WIRES} else [", ".join(sorted(names))]
    return "; ".join([*listed, *(f"`{feature}`" for feature in sorted(case.needs))])


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")
