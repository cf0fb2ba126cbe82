"""The table of cases in docs/contract.md, as contracts/cases has them.

``python -m tests.case_table`` writes it anew.
"""

from __future__ import annotations

import re
from pathlib import Path

from vidmock.contract.case import Case
from vidmock.contract.case_files import shipped_cases
from vidmock.kit.wire import WIRES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "contract.md"
_TABLE = re.compile(r"(<!-- begin: cases[^>]*-->\n).*?(<!-- end: cases -->)", re.DOTALL)


def with_cases(page: str) -> str:
    """*page* with the cases as they are now."""
    rows = ["| case | | what happens | what must hold | with | seen |", "|---|---|---|---|---|---|"]
    rows += [
        f"| {case.id} | {case.severity} | {case.asks} | {case.must} | {_with(case)} | {'; '.join(case.evidence)} |"
        for case in shipped_cases()
    ]
    table = "\n".join(rows)
    return _TABLE.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", page)


def _with(case: Case) -> str:
    """The providers of *case*, unless it is for all, and what a client needs for it."""
    names = {name for script in case.scripts for name in script.providers}
    listed = [] if names == {*WIRES} else [", ".join(sorted(names))]
    return "; ".join([*listed, *(f"`{feature}`" for feature in sorted(case.needs))])


if __name__ == "__main__":
    PAGE.write_text(with_cases(PAGE.read_text("utf-8")), "utf-8")
