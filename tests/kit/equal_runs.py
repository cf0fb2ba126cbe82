"""Tries clients again and again, and says which verdicts were not the same each time: those are defects of the kit.

``python -m tests.kit.equal_runs 20`` tries the four reference clients with all cases, twenty times each, in minutes;
``--client`` others, which fail, and should fail in the same way each time.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from vidmock.contract.case import Case
from vidmock.contract.case_files import find_cases, shipped_cases
from vidmock.contract.examination import examine
from vidmock.contract.script_run import features_of
from vidmock.contract.verdict import CaseReport
from vidmock.kit.loading import load_client
from vidmock.kit.wire import WIRES

CLIENTS = Path(__file__).resolve().parents[2] / "contracts" / "clients"
REFERENCES: Mapping[str, str] = {f"{CLIENTS / name}.py:Client": name for name in WIRES}

Told = tuple[str, str, str]
"""The id of a case, the name of one of its runs, and what was said of it: its verdict, and by what it was seen."""


def told_of(spec: str, provider: str, cases: Sequence[Case]) -> frozenset[Told]:
    """What is said of the client *spec* in one examination."""
    make = load_client(spec)
    reports = examine(spec, provider, make, features_of(provider, make), cases).reports
    return frozenset(said for report in reports for said in _told(report))


def _told(report: CaseReport) -> Iterator[Told]:
    for script in report.scripts:
        # The ids of jobs and the moments in texts may differ; what is wrong, and by what it is seen, may not.
        seen = " ".join(sorted({finding.seen for finding in script.findings}))
        yield report.case.id, script.script.name, f"{script.verdict} {seen}".strip()


def differences(runs: Sequence[frozenset[Told]]) -> tuple[str, ...]:
    """A line for each thing that was said in some of *runs* only."""
    often = Counter(said for run in runs for said in run)
    return tuple(
        f"{case} {name}: {said}, {times} of {len(runs)} times".replace(" :", ":")
        for (case, name, said), times in sorted(often.items())
        if times != len(runs)
    )


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kit.equal_runs", description=__doc__)
    parser.add_argument("times", nargs="?", type=int, default=20, metavar="N", help="how often: 20")
    parser.add_argument("--client", metavar="SPEC", help="as vidmock check takes it, instead of the reference clients")
    parser.add_argument("--provider", choices=sorted(WIRES), help="of that client, or of one reference client")
    parser.add_argument("--case", action="append", default=[], metavar="ID", help="as for vidmock check")
    asked = parser.parse_args(words)
    if asked.client and not asked.provider:
        parser.error("--client also needs --provider")
    known = shipped_cases()
    cases = [case for wanted in asked.case for case in find_cases(wanted, known)] or known
    tried = {asked.client: asked.provider} if asked.client else REFERENCES
    unequal = False
    for spec, provider in tried.items():
        if asked.provider in (None, provider):
            runs = [told_of(spec, provider, cases) for _ in range(asked.times)]
            found = differences(runs)
            unequal = unequal or bool(found)
            said = "equal" if not found else "NOT EQUAL"
            sys.stdout.write(f"{Path(spec).name} with {provider}, cases: {len(cases)}, times: {asked.times}: {said}\n")
            sys.stdout.writelines(f"  {line}\n" for line in found)
            sys.stdout.flush()
    return int(unequal)


if __name__ == "__main__":
    sys.exit(main())
